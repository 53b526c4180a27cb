"""What happens to bytes when the disk or the process fails."""

import os

import pytest
from botocore.exceptions import ClientError

from groundcloud.controllers import Loop, troubles
from groundcloud.engines.objects import Unavailable
from groundcloud.services.s3.controller import CondemnedBytes, Scrubber
from groundcloud.services.s3.records import Blob, Damage
from groundcloud.services.s3.verifier import DamagedBytes, Verifier


def files(tmp_path) -> list:
    return [path for path in (tmp_path / "objects").rglob("*") if path.is_file()]


@pytest.fixture()
def engine(cloud):
    return cloud.cloud.world.engines["objects"]


def test_a_full_disk_is_a_server_error_and_leaves_the_object_that_was_there(s3, bucket, engine, monkeypatch, tmp_path):
    s3.put_object(Bucket=bucket, Key="k", Body=b"a" * 200_000)

    async def full(*_):
        raise Unavailable("No space left on device")

    monkeypatch.setattr(engine, "put", full)
    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket=bucket, Key="k", Body=b"b" * 200_000)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"a" * 200_000
    assert len(files(tmp_path)) == 1


def test_a_body_that_is_not_the_announced_one_leaves_nothing(s3, bucket, tmp_path):
    with pytest.raises(ClientError, match="BadDigest"):
        s3.put_object(Bucket=bucket, Key="k", Body=b"a" * 200_000, ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")
    assert files(tmp_path) == []
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_damaged_bytes_are_an_error(cloud, s3, bucket, tmp_path):
    s3.put_object(Bucket=bucket, Key="large", Body=b"a" * 200_000)
    s3.put_object(Bucket=bucket, Key="small", Body=b"a" * 200)
    (file,) = files(tmp_path)
    data = bytearray(file.read_bytes())
    data[100] ^= 4
    file.write_bytes(data)

    def flip(tx):
        for blob in list(tx.scan(Blob)):
            if blob.sealed:
                blob.sealed = bytes([blob.sealed[0] ^ 1]) + blob.sealed[1:]
                tx.put(blob)

    cloud.store.write(flip)
    for key in ("large", "small"):
        with pytest.raises(ClientError, match="InternalError"):
            s3.get_object(Bucket=bucket, Key=key)


def test_the_scrubber_removes_files_that_no_record_names_once_they_are_old(cloud, s3, bucket, engine, tmp_path):
    """A process that is killed between the file and its record leaves the file."""
    s3.put_object(Bucket=bucket, Key="k", Body=b"a" * 200_000)
    (named,) = files(tmp_path)
    orphan = named.with_name(named.name[:-4] + "0000")
    orphan.write_bytes(named.read_bytes())
    scrubber = Scrubber(cloud.store, engine, cloud.clock)
    assert scrubber.scrub(cloud.clock()) == 0
    cloud.clock.advance(hours=25)
    assert scrubber.scrub(cloud.clock()) == 1
    assert files(tmp_path) == [named]


def test_the_parts_of_a_large_object_go_bit_by_bit(cloud, s3, bucket, engine, tmp_path, monkeypatch):
    monkeypatch.setattr("groundcloud.services.s3.bodies._MOST_IN_PASSING", 1)
    monkeypatch.setattr("groundcloud.services.s3.controller._AT_ONCE", 1)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    parts = []
    for number in (1, 2):
        made = s3.upload_part(
            Bucket=bucket, Key="k", UploadId=upload, PartNumber=number, Body=os.urandom(5 * 1024 * 1024)
        )
        parts.append({"PartNumber": number, "ETag": made["ETag"]})
    s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": parts})
    s3.delete_object(Bucket=bucket, Key="k")
    assert len(files(tmp_path)) == 2
    Loop(cloud.store, [CondemnedBytes(cloud.store, engine)], now=cloud.clock).settle()
    assert files(tmp_path) == []
    with cloud.store.snapshot() as tx:
        assert list(tx.scan(Blob)) == []


# -- the verifier


@pytest.fixture()
def loop(cloud, engine):
    seconds = lambda: cloud.clock().timestamp()  # noqa: E731 - time that the test moves
    controllers = [Verifier(cloud.store, engine, cloud.clock), DamagedBytes(cloud.store, engine)]
    return Loop(cloud.store, controllers, now=cloud.clock, monotonic=seconds)


def rounds(cloud, loop, **time) -> list[str]:
    """Let the controllers work for a while; the errors that `groundcloud status` shows then."""
    for _ in range(12):
        loop.settle()
        cloud.clock.advance(**{unit: amount / 12 for unit, amount in time.items()})
    loop.settle()
    with cloud.store.snapshot() as tx:
        return [each.error for each in troubles(tx)]


def flip_file(path) -> bytes:
    """Flip a bit of a file; its bytes before."""
    before = path.read_bytes()
    path.write_bytes(bytes([before[0] ^ 1]) + before[1:])
    return before


def test_damage_is_found_shown_with_its_object_and_forgotten_once_it_is_mended(cloud, s3, bucket, loop, tmp_path):
    s3.put_object(Bucket=bucket, Key="whole", Body=b"a" * 200)
    s3.put_object(Bucket=bucket, Key="hurt", Body=b"a" * 200_000)
    assert rounds(cloud, loop, minutes=1) == []
    (file,) = files(tmp_path)
    before = flip_file(file)
    (error,) = rounds(cloud, loop, days=8)
    assert "s3://photos/hurt" in error
    assert file.name in error
    file.write_bytes(before)
    assert rounds(cloud, loop, minutes=10) == []
    with cloud.store.snapshot() as tx:
        assert list(tx.scan(Damage)) == []


def test_a_file_that_is_gone_and_a_small_object_that_is_damaged_are_found(cloud, s3, bucket, loop, tmp_path):
    s3.put_object(Bucket=bucket, Key="gone", Body=b"a" * 200_000)
    s3.put_object(Bucket=bucket, Key="small", Body=b"a" * 200)
    (file,) = files(tmp_path)
    file.unlink()

    def flip(tx):
        for blob in list(tx.scan(Blob)):
            if blob.sealed:
                blob.sealed = bytes([blob.sealed[0] ^ 1]) + blob.sealed[1:]
                tx.put(blob)

    cloud.store.write(flip)
    found = " ".join(rounds(cloud, loop, minutes=1))
    assert "s3://photos/gone" in found
    assert "s3://photos/small" in found
    s3.delete_object(Bucket=bucket, Key="gone")
    s3.delete_object(Bucket=bucket, Key="small")
    assert rounds(cloud, loop, minutes=10) == []


def test_a_part_is_named_by_the_object_that_it_became(cloud, s3, bucket, loop, tmp_path):
    upload = s3.create_multipart_upload(Bucket=bucket, Key="joined")["UploadId"]
    part = s3.upload_part(Bucket=bucket, Key="joined", UploadId=upload, PartNumber=1, Body=b"a" * 200_000)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    s3.complete_multipart_upload(Bucket=bucket, Key="joined", UploadId=upload, MultipartUpload=parts)
    (file,) = files(tmp_path)
    flip_file(file)
    (error,) = rounds(cloud, loop, minutes=1)
    assert "s3://photos/joined" in error


def test_the_verifier_goes_bit_by_bit_and_not_faster_than_its_rate(cloud, s3, bucket, engine, monkeypatch):
    monkeypatch.setattr("groundcloud.services.s3.verifier._AT_ONCE", 100_000)
    monkeypatch.setattr("groundcloud.services.s3.verifier.RATE", 100_000)
    for number in range(3):
        s3.put_object(Bucket=bucket, Key=str(number), Body=b"a" * 200_000)
    seen: list[str] = []
    monkeypatch.setattr(engine, "check", lambda blob, size, digest: seen.append(blob))
    seconds = lambda: cloud.clock().timestamp()  # noqa: E731 - time that the test moves
    loop = Loop(cloud.store, [Verifier(cloud.store, engine, cloud.clock)], now=cloud.clock, monotonic=seconds)
    for count in (1, 1, 2, 2, 3, 3, 3):
        loop.settle()
        assert len(seen) == count
        cloud.clock.advance(seconds=1)
    again = Loop(cloud.store, [Verifier(cloud.store, engine, cloud.clock)], now=cloud.clock, monotonic=seconds)
    again.settle()
    assert len(seen) == 3
    cloud.clock.advance(days=8)
    again.settle()
    cloud.clock.advance(hours=2)
    again.settle()
    assert len(set(seen)) == 3
    assert len(seen) == 4
