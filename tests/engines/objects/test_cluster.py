"""What is particular to bytes in a cluster: whose they are, and what happens when it does not answer."""

import asyncio
from collections.abc import AsyncIterator

import boto3
import pytest
from botocore.config import Config

from groundcloud.engines.objects import Unavailable
from groundcloud.engines.objects.cluster import ClusterObjects, owner_of
from groundcloud.engines.objects.place import Place
from tests.engines.objects.conftest import CLUSTER, in_cluster

KEY = bytes(range(32))


async def some(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield bytes(500_000)


def test_an_upload_that_a_killed_process_left_is_found_and_removed(cloud):
    kept, s3 = in_cluster(cloud), cloud.client("s3")
    s3.create_multipart_upload(Bucket="cluster", Key=f"blobs/{'a' * 32}")
    (found,) = kept.engine.scan()
    kept.engine.remove([found.blob])
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="cluster")
    assert list(kept.engine.scan()) == []


def test_a_place_that_belongs_to_another_installation_is_not_touched(cloud):
    kept = in_cluster(cloud)
    asyncio.run(kept.engine.put(some(1), KEY))
    stranger = ClusterObjects(CLUSTER, "somebody else", lambda: cloud.client("s3"))
    with pytest.raises(Unavailable, match="another installation"):
        list(stranger.scan())
    with pytest.raises(Unavailable, match="another installation"):
        asyncio.run(stranger.put(some(1), KEY))


def test_the_name_of_an_owner_does_not_give_its_key_away():
    assert owner_of(KEY) != owner_of(KEY[::-1])
    assert KEY.hex() not in owner_of(KEY)


def test_a_cluster_that_does_not_answer_is_unavailable_and_may_come_back(cloud):
    away = boto3.client(
        "s3", endpoint_url="http://127.0.0.1:9", region_name="us-east-1",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        config=Config(retries={"max_attempts": 0}, connect_timeout=1),
    )  # fmt: skip
    back = cloud.client("s3")
    back.create_bucket(Bucket="cluster")
    reached = [away]
    engine = ClusterObjects(CLUSTER, "owner", lambda: reached[-1])
    with pytest.raises(Unavailable):
        asyncio.run(engine.put(some(1), KEY))
    reached.append(back)
    assert asyncio.run(engine.put(some(1), KEY)).size == 500_000
    engine._threads.shutdown()


def test_a_refusal_of_the_cluster_in_the_middle_leaves_nothing(cloud, monkeypatch):
    monkeypatch.setattr("groundcloud.engines.objects.cluster._PART", 5 << 20)
    kept = in_cluster(cloud)
    real = kept.engine.call

    def call(operation, **arguments):
        if arguments.get("PartNumber") == 2:
            raise Unavailable("no room")
        return real(operation, **arguments)

    monkeypatch.setattr(kept.engine, "call", call)
    with pytest.raises(Unavailable, match="no room"):
        asyncio.run(kept.engine.put(some(30), KEY))
    kept.engine._threads.shutdown()
    assert list(kept.engine.scan()) == []


def test_a_place_is_read_from_its_setting():
    assert Place.of("s3://bucket/some/where/?endpoint=https://rgw.example.com:7480&region=eu-west-1") == Place(
        "bucket", "some/where/", "https://rgw.example.com:7480", "eu-west-1"
    )
    assert Place.of("s3://bucket") == Place("bucket")
