"""What requests say and answers repeat: conditions, checksums, metadata, encryption, tags, names."""

import base64
import hashlib
import os
from datetime import timedelta

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError


def code_of(call):
    with pytest.raises(ClientError) as refused:
        call()
    response = refused.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_write_may_depend_on_what_is_there(s3, bucket):
    """S3 User Guide, "How to prevent object overwrites with conditional writes"."""
    made = s3.put_object(Bucket=bucket, Key="k", Body=b"one", IfNoneMatch="*")
    assert code_of(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"two", IfNoneMatch="*")) == (
        "PreconditionFailed",
        412,
    )
    s3.put_object(Bucket=bucket, Key="k", Body=b"two", IfMatch=made["ETag"])
    assert code_of(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"3", IfMatch=made["ETag"]))[1] == 412
    assert code_of(lambda: s3.put_object(Bucket=bucket, Key="none", Body=b"3", IfMatch=made["ETag"]))[1] == 404
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"two"


def test_a_read_may_depend_on_what_is_known(cloud, s3, bucket):
    e_tag = s3.put_object(Bucket=bucket, Key="k", Body=b"one")["ETag"]
    assert code_of(lambda: s3.get_object(Bucket=bucket, Key="k", IfNoneMatch=e_tag)) == ("304", 304)
    assert code_of(lambda: s3.head_object(Bucket=bucket, Key="k", IfMatch='"other"')) == ("412", 412)
    later = cloud.clock() + timedelta(hours=1)
    assert code_of(lambda: s3.get_object(Bucket=bucket, Key="k", IfModifiedSince=later))[1] == 304
    assert s3.get_object(Bucket=bucket, Key="k", IfUnmodifiedSince=later)["Body"].read() == b"one"
    assert code_of(lambda: s3.get_object(Bucket=bucket, Key="k", Range="bytes=3-")) == ("InvalidRange", 416)


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:4566", "https://127.0.0.1:4567"])
def test_a_checksum_is_verified_and_shown(cloud, bucket, algorithm, endpoint):
    """Over TLS boto3 sends it behind the body, in a trailer."""
    client = cloud.client("s3", endpoint_url=endpoint)
    data = os.urandom(100_000)
    made = client.put_object(Bucket=bucket, Key="k", Body=data, ChecksumAlgorithm=algorithm)
    got = client.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got["Body"].read() == data
    assert got[f"Checksum{algorithm}"] == made[f"Checksum{algorithm}"]
    assert client.get_object_attributes(Bucket=bucket, Key="k", ObjectAttributes=["Checksum"])["Checksum"] == {
        f"Checksum{algorithm}": made[f"Checksum{algorithm}"],
        "ChecksumType": "FULL_OBJECT",
    }


def test_a_wrong_checksum_is_refused(s3, bucket):
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    call = s3.put_object
    assert code_of(lambda: call(Bucket=bucket, Key="k", Body=b"bytes", ChecksumSHA256=wrong)) == ("BadDigest", 400)
    assert code_of(lambda: s3.head_object(Bucket=bucket, Key="k"))[1] == 404


def test_headers_come_back_as_they_were_sent(s3, bucket):
    """django-storages sends CacheControl and Expires with every file."""
    s3.put_object(
        Bucket=bucket, Key="k", Body=b"x", CacheControl="max-age=94608000", Expires="Thu, 31 Dec 2099 20:00:00 GMT",
        ContentType="text/css", ContentEncoding="gzip", ContentDisposition="inline", ContentLanguage="ko",
        Metadata={"Name": "v"}, StorageClass="STANDARD_IA",
    )  # fmt: skip
    head = s3.head_object(Bucket=bucket, Key="k")
    assert head["CacheControl"] == "max-age=94608000"
    assert head["ResponseMetadata"]["HTTPHeaders"]["expires"] == "Thu, 31 Dec 2099 20:00:00 GMT"
    assert (head["ContentType"], head["ContentEncoding"], head["ContentLanguage"]) == ("text/css", "gzip", "ko")
    assert head["Metadata"] == {"name": "v"}
    assert head["StorageClass"] == "STANDARD_IA"
    assert head["ServerSideEncryption"] == "AES256"
    got = s3.get_object(Bucket=bucket, Key="k", ResponseContentType="text/plain")
    assert got["ContentType"] == "text/plain"


def test_only_the_customers_key_opens_what_it_closed(s3, cloud, bucket):
    client = cloud.client("s3", endpoint_url="https://127.0.0.1:4567")
    key, other = os.urandom(32), os.urandom(32)
    client.put_object(Bucket=bucket, Key="k", Body=b"secret", SSECustomerAlgorithm="AES256", SSECustomerKey=key)
    got = client.get_object(Bucket=bucket, Key="k", SSECustomerAlgorithm="AES256", SSECustomerKey=key)
    assert got["Body"].read() == b"secret"
    assert code_of(lambda: client.get_object(Bucket=bucket, Key="k")) == ("InvalidRequest", 400)
    wrong = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": other}
    assert code_of(lambda: client.get_object(Bucket=bucket, Key="k", **wrong)) == ("AccessDenied", 403)


def test_tags_of_objects_and_buckets(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=1&b=2%203")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [
        {"Key": "a", "Value": "1"},
        {"Key": "b", "Value": "2 3"},
    ]
    assert s3.head_object(Bucket=bucket, Key="k")["TagCount"] == 2
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": [{"Key": "c", "Value": ""}]})
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "c", "Value": ""}]
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    assert code_of(lambda: s3.get_bucket_tagging(Bucket=bucket)) == ("NoSuchTagSet", 404)
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "team", "Value": "x"}]})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "team", "Value": "x"}]
    eleven = "&".join(f"k{n}=v" for n in range(11))
    assert code_of(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"", Tagging=eleven)) == ("BadRequest", 400)


@pytest.mark.parametrize(
    "key",
    [
        "../../etc/passwd",
        "a//b",
        "//",
        "/",
        "a/../b",
        ".",
        "..",
        "\x01\x7f",
        "ü/日本/🙂",
        "a b+c%20&=?#",
        "x" * 1024,
        "a/",
    ],
)
def test_every_name_is_a_name(s3, bucket, key, tmp_path):
    """S3 User Guide, "Naming Amazon S3 objects": any UTF-8, up to 1,024 bytes."""
    before = set(tmp_path.rglob("*"))
    s3.put_object(Bucket=bucket, Key=key, Body=b"x" * 70_000)
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"x" * 70_000
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=bucket)["Contents"]] == [key]
    assert all(
        (tmp_path / "objects") in path.parents or path.name == "objects" for path in set(tmp_path.rglob("*")) - before
    )
    s3.delete_object(Bucket=bucket, Key=key)
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_name_may_be_too_long(s3, bucket):
    assert code_of(lambda: s3.put_object(Bucket=bucket, Key="x" * 1025, Body=b""))[0] == "KeyTooLongError"


def test_the_old_list_goes_on_from_its_marker(s3, bucket):
    """The seeds' book lists with MaxKeys, Marker and Prefix."""
    for number in range(5):
        s3.put_object(Bucket=bucket, Key=f"p/{number}", Body=b"")
    s3.put_object(Bucket=bucket, Key="q", Body=b"")
    first = s3.list_objects(Bucket=bucket, MaxKeys=2, Prefix="p/")
    assert [each["Key"] for each in first["Contents"]] == ["p/0", "p/1"]
    assert first["IsTruncated"]
    assert "NextMarker" not in first
    rest = s3.list_objects(Bucket=bucket, Marker="p/1", Prefix="p/")
    assert [each["Key"] for each in rest["Contents"]] == ["p/2", "p/3", "p/4"]
    rolled = s3.list_objects(Bucket=bucket, MaxKeys=1, Delimiter="/")
    assert rolled["NextMarker"] == "p/"
    rest = s3.list_objects(Bucket=bucket, Marker="p/", Delimiter="/")
    assert [each["Key"] for each in rest["Contents"]] == ["q"]
    assert "CommonPrefixes" not in rest


def test_a_page_of_a_large_bucket_goes_on_where_it_ended(s3, bucket):
    for number in range(30):
        s3.put_object(Bucket=bucket, Key=f"{number // 10}/{number:02}", Body=b"")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 7})
    found = [each["Key"] for page in pages for each in page["Contents"]]
    assert found == [f"{number // 10}/{number:02}" for number in range(30)]
    s3.delete_object(Bucket=bucket, Key="1/12")
    after = s3.list_objects_v2(Bucket=bucket, StartAfter="1/11", MaxKeys=1)
    assert [each["Key"] for each in after["Contents"]] == ["1/13"]
    gone = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in found], "Quiet": True})
    assert "Errors" not in gone
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_chunks_signed_one_by_one_are_taken(cloud, bucket):
    client = cloud.client("s3", config=Config(s3={"payload_signing_enabled": True}))
    data = os.urandom(300_000)
    client.put_object(Bucket=bucket, Key="k", Body=data)
    assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == data


def test_settings_are_kept_as_given(s3, bucket):
    s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "Requester"
    encryption = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert encryption["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
    assert s3.head_bucket(Bucket=bucket)["BucketRegion"] == "us-east-1"
    assert s3.get_bucket_acl(Bucket=bucket)["Grants"][0]["Permission"] == "FULL_CONTROL"
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
    assert code_of(lambda: s3.get_bucket_website(Bucket=bucket)) == ("NoSuchWebsiteConfiguration", 404)
    assert code_of(lambda: s3.get_bucket_policy(Bucket=bucket)) == ("NoSuchBucketPolicy", 404)
    assert code_of(lambda: s3.head_bucket(Bucket="nobody-has-this")) == ("404", 404)
    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == [bucket]


def test_a_bucket_has_many_metrics_by_their_ids(s3, bucket):
    for number in ("b", "a"):
        s3.put_bucket_metrics_configuration(
            Bucket=bucket, Id=number, MetricsConfiguration={"Id": number, "Filter": {"Prefix": "p/"}}
        )
    found = s3.list_bucket_metrics_configurations(Bucket=bucket)
    assert [each["Id"] for each in found["MetricsConfigurationList"]] == ["a", "b"]
    one = s3.get_bucket_metrics_configuration(Bucket=bucket, Id="a")["MetricsConfiguration"]
    assert one == {"Id": "a", "Filter": {"Prefix": "p/"}}
    s3.delete_bucket_metrics_configuration(Bucket=bucket, Id="a")
    assert code_of(lambda: s3.get_bucket_metrics_configuration(Bucket=bucket, Id="a")) == ("NoSuchConfiguration", 404)


def test_a_configuration_that_was_damaged_on_its_way_is_refused(s3, bucket):
    tagging = {"TagSet": [{"Key": "a", "Value": "b"}]}
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    call = s3.put_bucket_tagging
    assert code_of(lambda: call(Bucket=bucket, Tagging=tagging, ContentMD5=wrong)) == ("BadDigest", 400)
    assert code_of(lambda: call(Bucket=bucket, Tagging=tagging, ContentMD5="?")) == ("InvalidDigest", 400)
    assert code_of(lambda: s3.get_bucket_tagging(Bucket=bucket)) == ("NoSuchTagSet", 404)
