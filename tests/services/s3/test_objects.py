import os

import pytest
from botocore.exceptions import ClientError


def error_of(call):
    with pytest.raises(ClientError) as caught:
        call()
    return caught.value.response["Error"]["Code"]


def test_an_object_comes_back_as_it_was_put(s3, bucket):
    for size in (0, 1, 64 * 1024, 64 * 1024 + 1, 3_000_000):
        data = os.urandom(size)
        s3.put_object(Bucket=bucket, Key="a/b.bin", Body=data)
        got = s3.get_object(Bucket=bucket, Key="a/b.bin")
        assert got["Body"].read() == data
        assert got["ContentLength"] == size


def test_a_range_of_a_large_object_is_read(s3, bucket):
    data = os.urandom(700_000)
    s3.put_object(Bucket=bucket, Key="k", Body=data)
    got = s3.get_object(Bucket=bucket, Key="k", Range="bytes=131070-262150")
    assert got["Body"].read() == data[131070:262151]
    assert got["ContentRange"] == "bytes 131070-262150/700000"
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206


def test_an_object_that_is_deleted_is_gone(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 100_000)
    s3.delete_object(Bucket=bucket, Key="k")
    assert error_of(lambda: s3.get_object(Bucket=bucket, Key="k")) == "NoSuchKey"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_no_file_is_left_of_what_was_replaced_or_deleted(s3, bucket, tmp_path):
    for _ in range(3):
        s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 100_000)
    files = [path for path in (tmp_path / "objects").rglob("*") if path.is_file()]
    assert len(files) == 1
    s3.delete_object(Bucket=bucket, Key="k")
    assert not files[0].exists()


def test_a_list_rolls_up_keys_behind_a_delimiter(s3, bucket):
    for key in ("a", "b/1", "b/2", "c/1/2", "d"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    found = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert [each["Key"] for each in found["Contents"]] == ["a", "d"]
    assert [each["Prefix"] for each in found["CommonPrefixes"]] == ["b/", "c/"]
    first = s3.list_objects_v2(Bucket=bucket, Delimiter="/", MaxKeys=2)
    assert first["IsTruncated"]
    rest = s3.list_objects_v2(Bucket=bucket, Delimiter="/", ContinuationToken=first["NextContinuationToken"])
    assert [each["Prefix"] for each in rest["CommonPrefixes"]] == ["c/"]
    assert [each["Key"] for each in rest["Contents"]] == ["d"]
