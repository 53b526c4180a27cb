"""What every engine for bytes promises: whole and verified, or an error and nothing left."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest

from groundcloud.engines.objects import Damaged, Missing, chunks
from tests.engines.objects.conftest import Kept, settled

KEY = bytes(range(32))


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Uploads to a cluster in parts of S3's smallest size, so that the tests' blobs have several."""
    monkeypatch.setattr("groundcloud.engines.objects.cluster._PART", 5 << 20)


async def pieces_of(data: bytes, step: int = 50_000) -> AsyncIterator[bytes]:
    for at in range(0, len(data), step):
        yield data[at : at + step]


async def range_of(kept: Kept, blob: str, size: int, offset: int, count: int) -> bytes:
    return b"".join([piece async for piece in kept.engine.open(blob, KEY, size).pieces(offset, count)])


def put(kept: Kept, data: bytes) -> chunks.NamedTuple:
    return asyncio.run(kept.engine.put(pieces_of(data), KEY))


def whole(kept: Kept, blob: str, size: int) -> bytes:
    return asyncio.run(range_of(kept, blob, size, 0, size))


@pytest.mark.parametrize("size", [0, 1, chunks.CHUNK, 400_000, 12_000_000])
def test_what_goes_in_comes_out(kept, size):
    data = os.urandom(size)
    stored = put(kept, data)
    assert stored.size == size
    assert whole(kept, stored.blob, size) == data
    assert list(kept.read()) == [stored.blob]


def test_any_range_can_be_read(kept):
    data = os.urandom(1_000_000)
    stored = put(kept, data)
    for offset, count in ((0, 1), (999_999, 1), (131_071, 2), (131_072, 131_072), (5, 900_000), (7, 0)):
        assert asyncio.run(range_of(kept, stored.blob, stored.size, offset, count)) == data[offset : offset + count]


def test_nothing_of_the_content_is_readable_at_rest(kept):
    put(kept, b"secret words " * 20_000)
    (sealed,) = kept.read().values()
    assert b"secret words" not in sealed


@pytest.mark.parametrize("place", [0, 70_000, chunks.SEALED, -1])
def test_a_flipped_bit_is_an_error_and_is_not_served(kept, place):
    stored = put(kept, os.urandom(400_000))
    data = bytearray(kept.read()[stored.blob])
    kept.engine.check(*stored)
    data[place] ^= 1
    kept.write(stored.blob, bytes(data))
    with pytest.raises(Damaged):
        whole(kept, stored.blob, stored.size)
    with pytest.raises(Damaged):
        kept.engine.check(*stored)


def test_bytes_that_are_cut_off_are_an_error(kept):
    stored = put(kept, os.urandom(3 * chunks.CHUNK))
    kept.write(stored.blob, kept.read()[stored.blob][: 2 * chunks.SEALED])
    with pytest.raises(Damaged):
        whole(kept, stored.blob, stored.size)
    with pytest.raises(Damaged):
        asyncio.run(range_of(kept, stored.blob, stored.size, 2 * chunks.CHUNK, 10))
    with pytest.raises(Damaged):
        kept.engine.check(stored.blob, stored.size, "")


def test_a_blob_that_is_not_there_is_missing(kept):
    with pytest.raises(Missing):
        whole(kept, "a" * 32, 10)
    with pytest.raises(Missing):
        kept.engine.check("a" * 32, 10, "")


@pytest.mark.parametrize("size", [3_000_000, 12_000_000])
def test_a_source_that_breaks_off_leaves_nothing(kept, size):
    async def broken() -> AsyncIterator[bytes]:
        async for piece in pieces_of(bytes(size)):
            yield piece
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        asyncio.run(kept.engine.put(broken(), KEY))
    settled(lambda: list(kept.engine.scan()) == [])
    assert kept.read() == {}


def test_deleted_blobs_are_gone_and_may_be_deleted_again(kept):
    stored = put(kept, bytes(100))
    asyncio.run(kept.engine.delete([stored.blob]))
    kept.engine.remove([stored.blob])
    assert kept.read() == {}


def test_blobs_are_found_with_the_time_of_their_writing(kept):
    stored = put(kept, bytes(100))
    (found,) = kept.engine.scan()
    assert found.blob == stored.blob
    assert found.written.tzinfo is not None


def test_a_reader_that_goes_away_harms_nobody(kept):
    async def glance() -> bytes:
        stored = await kept.engine.put(pieces_of(b"y" * 3_000_000), KEY)
        reading = kept.engine.open(stored.blob, KEY, stored.size).pieces(0, stored.size)
        first = await anext(reading)
        await reading.aclose()
        return bytes(first) + await range_of(kept, stored.blob, stored.size, 0, 1)

    assert set(asyncio.run(glance())) == {ord("y")}


def test_uploads_that_end_together_are_all_kept(kept):
    async def many() -> list[bytes]:
        stored = await asyncio.gather(*(kept.engine.put(pieces_of(bytes([n]) * 100_000), KEY) for n in range(8)))
        return [await range_of(kept, each.blob, each.size, 0, each.size) for each in stored]

    assert asyncio.run(many()) == [bytes([n]) * 100_000 for n in range(8)]


def test_an_id_that_is_none_leads_nowhere(kept):
    with pytest.raises(ValueError, match="no id"):
        kept.engine.open("../../../etc/passwd/aaaaaaaaaaaa", KEY, 1)
