"""Operations that stream, tried on a service of the tests' own: S3's wire, bytes in memory, nothing held whole."""

import hashlib
from types import ModuleType

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from groundcloud.context import Context
from groundcloud.operation import Service, operation
from groundcloud.services.iam.service import service as iam_service
from tests.cloud import Keys, TestCloud

KEPT: dict[str, list[bytes]] = {}

objects = ModuleType("objects")


@operation(on="{bucket}/{key}", harmless=("ChecksumAlgorithm", "ChecksumCRC32", "ContentType"))
async def put_object(ctx: Context, bucket: str, key: str, body: object = None):
    pieces = [piece async for piece in body]  # type: ignore[attr-defined]
    KEPT[key] = pieces
    return {"e_tag": hashlib.md5(b"".join(pieces)).hexdigest()}


@operation(on="{bucket}/{key}", read=True, harmless=("ChecksumMode",))
async def get_object(ctx: Context, bucket: str, key: str):
    async def pieces():
        for piece in KEPT[key]:
            yield piece

    return {"body": pieces(), "content_length": sum(map(len, KEPT[key]))}


for function in (put_object, get_object):
    function.__module__ = "objects"
    setattr(objects, function.__name__, function)


@pytest.fixture()
def cloud(tmp_path):
    KEPT.clear()
    services = {"s3": Service("s3", objects, arn_prefix="arn:aws:s3:::"), "iam": iam_service}
    made = TestCloud(tmp_path, services=services)
    yield made
    made.close()


def s3(cloud: TestCloud, **config):
    return cloud.client("s3", config=Config(s3={"addressing_style": "path", **config}))


def test_a_body_streams_in_and_out(cloud):
    data = bytes(range(256)) * 40
    s3(cloud).put_object(Bucket="b", Key="k", Body=data)
    assert len(KEPT["k"]) > 1
    assert s3(cloud).get_object(Bucket="b", Key="k")["Body"].read() == data


def test_chunks_with_a_trailer_are_decoded(cloud):
    """boto3 over TLS sends STREAMING-UNSIGNED-PAYLOAD-TRAILER with a checksum behind the body."""
    client = cloud.client(
        "s3",
        endpoint_url="https://127.0.0.1:4567",
        config=Config(s3={"addressing_style": "path"}, request_checksum_calculation="when_supported"),
    )
    data = b"some content" * 1000
    client.put_object(Bucket="b", Key="k", Body=data)
    assert b"".join(KEPT["k"]) == data


def test_a_body_that_is_not_the_signed_one_is_refused(cloud):
    client = s3(cloud)

    def swap(request, **_):
        request.body = b"other bytes!"

    client.meta.events.register_first("before-send.s3", swap)
    with pytest.raises(ClientError, match="XAmzContentSHA256Mismatch"):
        client.put_object(Bucket="b", Key="k", Body=b"signed bytes")
    assert "k" not in KEPT


def test_who_may_not_is_refused_before_the_body_is_read(cloud):
    iam = cloud.client("iam")
    iam.create_user(UserName="alice")
    alice = Keys.of(iam.create_access_key(UserName="alice")["AccessKey"])
    with pytest.raises(ClientError, match="AccessDenied"):
        cloud.client("s3", alice, config=Config(s3={"addressing_style": "path"})).put_object(
            Bucket="b", Key="k", Body=b"x"
        )
    assert "k" not in KEPT
