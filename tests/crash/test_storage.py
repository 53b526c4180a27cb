"""What a running cloud does when its disk is full, when bytes rot, and when its cluster comes and goes."""

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.clouds import CommandLine


@pytest.fixture()
def command(tmp_path: Path) -> Iterator[CommandLine]:
    made = CommandLine(tmp_path / "home")
    yield made
    made.close()


def status_of(refused) -> int:
    status: int = refused.value.response["ResponseMetadata"]["HTTPStatusCode"]
    return status


def body_of(s3, key: str) -> bytes:
    body: bytes = s3.get_object(Bucket="files", Key=key)["Body"].read()
    return body


def test_a_disk_that_takes_no_more_fails_the_upload_and_hurts_nothing_else(command, tmp_path):
    """The limit of the process's files stands for the disk's end: a write past it fails as one on a full disk does."""
    cloud = command.up(tmp_path / "cloud", "--no-demo")
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="files")
    data = os.urandom(1 << 20)
    s3.put_object(Bucket="files", Key="before", Body=data)
    resource.prlimit(cloud.pid, resource.RLIMIT_FSIZE, (16 << 20, resource.RLIM_INFINITY))
    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket="files", Key="before", Body=bytes(20 << 20))
    assert status_of(refused) == 503
    s3.put_object(Bucket="files", Key="small", Body=b"small")
    assert (body_of(s3, "before"), body_of(s3, "small")) == (data, b"small")
    assert len([path for path in (tmp_path / "cloud" / "objects").rglob("*") if path.is_file()]) == 1
    resource.prlimit(cloud.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    s3.put_object(Bucket="files", Key="before", Body=bytes(20 << 20))
    assert body_of(s3, "before") == bytes(20 << 20)


def test_status_shows_an_object_whose_bytes_have_changed(command, tmp_path):
    cloud = command.up(tmp_path / "cloud", "--no-demo")
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="files")
    s3.put_object(Bucket="files", Key="hurt", Body=os.urandom(100_000))
    command("down", "--data", tmp_path / "cloud")
    (file,) = (path for path in (tmp_path / "cloud" / "objects").rglob("*") if path.is_file())
    data = bytearray(file.read_bytes())
    data[50_000] ^= 1
    file.write_bytes(data)
    cloud = command.up(tmp_path / "cloud")
    with pytest.raises(ClientError, match="InternalError"):
        body_of(cloud.client("s3"), "hurt")
    for _ in range(50):  # the verifier begins a moment after the start
        (*_, shown) = command("status", "--data", tmp_path / "cloud", "--json").json["troubles"] or [{"error": ""}]
        if shown["error"]:
            break
    assert "s3://files/hurt" in shown["error"]


def test_a_clouds_bytes_can_lie_in_another_s3(command, tmp_path):
    """The other one is a second Groundcloud; what it is asked is what every S3-compatible cluster answers."""
    cluster = command.up(tmp_path / "cluster", "--no-demo")
    cluster.client("s3").create_bucket(Bucket="bytes")
    keys = {
        "AWS_ACCESS_KEY_ID": cluster.printed["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": cluster.printed["secret_access_key"],
    }
    place = ("--objects", f"s3://bytes/here?endpoint={cluster.endpoint}")
    cloud = command.up(tmp_path / "cloud", "--no-demo", *place, **keys)
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="files")
    data = os.urandom(20 << 20)
    s3.put_object(Bucket="files", Key="large", Body=data)
    s3.put_object(Bucket="files", Key="small", Body=b"small")
    s3.copy_object(Bucket="files", Key="copy", CopySource={"Bucket": "files", "Key": "large"})
    assert not list((tmp_path / "cloud").rglob("objects/*"))
    cloud.kill()
    s3 = command.up(tmp_path / "cloud", *place, **keys).client("s3")
    assert (body_of(s3, "large"), body_of(s3, "copy"), body_of(s3, "small")) == (data, data, b"small")
    assert (
        s3.get_object(Bucket="files", Key="large", Range="bytes=9000000-9000009")["Body"].read()
        == data[9000000:9000010]
    )
    s3.delete_object(Bucket="files", Key="copy")
    listed = cluster.client("s3").list_objects_v2(Bucket="bytes")["Contents"]
    assert len([each for each in listed if not each["Key"].endswith("owner")]) == 1
    command("down", "--data", tmp_path / "cluster")
    with pytest.raises(ClientError) as refused:
        body_of(s3, "large")
    assert status_of(refused) == 503
    assert body_of(s3, "small") == b"small"
    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket="files", Key="large", Body=b"x" * 100_000)
    assert status_of(refused) == 503
    port = cluster.endpoint.rpartition(":")[2]
    command.up(tmp_path / "cluster", "--port", port)
    assert body_of(s3, "large") == data
