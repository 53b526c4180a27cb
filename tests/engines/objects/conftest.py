"""Both implementations of the engine, with a way to reach what they keep."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from groundcloud.engines.objects import Objects
from groundcloud.engines.objects.cluster import ClusterObjects
from groundcloud.engines.objects.local import LocalObjects
from groundcloud.engines.objects.place import Place
from tests.cloud import TestCloud

CLUSTER = Place("cluster", "blobs/")


class Kept:
    """An engine and the bytes at rest behind it, by their ids."""

    def __init__(self, engine: Objects, read: Callable[[], dict[str, bytes]], write: Callable[[str, bytes], None]):
        self.engine = engine
        self.read = read
        self.write = write


def on_files(folder: Path) -> Kept:
    def path_of(blob: str) -> Path:
        return folder / blob[:2] / blob[2:4] / blob

    def read() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    return Kept(LocalObjects(folder), read, lambda blob, data: path_of(blob).write_bytes(data) and None)


def in_cluster(cloud: TestCloud) -> Kept:
    """The cluster is another cloud in this process."""
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="cluster")

    def read() -> dict[str, bytes]:
        listed = s3.list_objects_v2(Bucket="cluster", Prefix="blobs/").get("Contents", [])
        keys = [each["Key"] for each in listed if not each["Key"].endswith("owner")]
        return {key[6:]: s3.get_object(Bucket="cluster", Key=key)["Body"].read() for key in keys}

    def write(blob: str, data: bytes) -> None:
        s3.put_object(Bucket="cluster", Key=f"blobs/{blob}", Body=data)

    return Kept(ClusterObjects(CLUSTER, "owner", lambda: s3), read, write)


@pytest.fixture(params=["local", "cluster"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    if request.param == "local":
        yield on_files(tmp_path)
        return
    cloud = TestCloud(tmp_path)
    yield in_cluster(cloud)
    cloud.close()


def settled(true: Callable[[], Any]) -> None:
    """Wait for what an engine's threads do in passing."""
    for _ in range(500):
        if true():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came")
