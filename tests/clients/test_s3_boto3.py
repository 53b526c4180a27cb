"""boto3's higher ways to S3 on real sockets: transfers in parts, forms, signed addresses."""

import io
import os
import urllib.request

import pytest
from boto3.s3.transfer import TransferConfig

from tests.clients.conftest import S3User

pytestmark = pytest.mark.clients


@pytest.fixture(scope="module")
def bucket(s3_cloud) -> str:
    s3_cloud[1].client("s3").create_bucket(Bucket="of-boto3")
    return "of-boto3"


def test_files_go_up_and_down_in_parts_by_many_threads(user: S3User, bucket: str):
    data = os.urandom(21 << 20)
    seen: list[int] = []
    config = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20, max_concurrency=4)
    user.s3.upload_fileobj(io.BytesIO(data), bucket, "large", Callback=seen.append, Config=config)
    assert sum(seen) == len(data)
    head = user.s3.head_object(Bucket=bucket, Key="large")
    assert head["ETag"].endswith('-5"')
    back = io.BytesIO()
    user.s3.download_fileobj(bucket, "large", back, Config=config)
    assert back.getvalue() == data
    user.s3.copy({"Bucket": bucket, "Key": "large"}, bucket, "copy", Config=config)
    assert user.bytes_of(bucket, "copy") == data


def test_a_browsers_form_is_taken_as_its_policy_allows(user: S3User, bucket: str):
    """`curl -F` sends what a browser sends."""
    post = user.s3.generate_presigned_post(
        bucket, "forms/${filename}", Conditions=[["content-length-range", 1, 100]], ExpiresIn=60
    )
    fields = [argument for name, value in post["fields"].items() for argument in ("-F", f"{name}={value}")]
    (user.folder / "note.txt").write_text("from a form")
    (user.folder / "long.txt").write_text("x" * 101)

    def send(name: str) -> str:
        return user.run("curl", "-s", "-w", "%{http_code}", *fields, "-F", f"file=@{name}", post["url"])

    assert send("note.txt").endswith("204")
    assert user.bytes_of(bucket, "forms/note.txt") == b"from a form"
    refused = send("long.txt")
    assert refused.endswith("400")
    assert "EntityTooLarge" in refused


def test_signed_addresses_are_for_anybody(user: S3User, bucket: str):
    url = user.s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "signed"}, ExpiresIn=60)
    (user.folder / "body").write_text("by an address")
    user.run("curl", "-sf", "-T", "body", url)
    url = user.s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "signed"}, ExpiresIn=60)
    with urllib.request.urlopen(url, timeout=20) as answer:
        assert answer.read() == b"by an address"
