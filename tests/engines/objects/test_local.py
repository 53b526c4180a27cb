"""What is particular to bytes in files."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.engines.objects import Damaged, Missing, Unavailable, chunks
from groundcloud.engines.objects.local import LocalObjects

KEY = bytes(range(32))


async def pieces_of(data: bytes, step: int = 50_000) -> AsyncIterator[bytes]:
    for at in range(0, len(data), step):
        yield data[at : at + step]


async def whole(engine: LocalObjects, blob: str, size: int, offset: int = 0, count: int | None = None) -> bytes:
    reading = engine.open(blob, KEY, size)
    return b"".join([piece async for piece in reading.pieces(offset, size if count is None else count)])


def files(folder) -> list:
    return [path for path in folder.rglob("*") if path.is_file()]


def run(work):
    return asyncio.run(work)


@given(st.integers(0, 3 * chunks.CHUNK + 2), st.data())
def test_any_range_of_any_size_comes_out_of_its_chunks(size, data):
    offset = data.draw(st.integers(0, size))
    count = data.draw(st.integers(0, size - offset))
    plain = os.urandom(size)
    sealed = chunks.seal(KEY, "blob", plain)
    assert len(sealed) == chunks.sealed_size(size)
    assert chunks.unseal(KEY, "blob", sealed, size, offset, count) == plain[offset : offset + count]


def test_nothing_of_the_content_is_readable_on_the_disk(tmp_path):
    engine = LocalObjects(tmp_path)
    stored = run(engine.put(pieces_of(b"secret words " * 20_000), KEY))
    (file,) = files(tmp_path)
    assert b"secret words" not in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    assert run(whole(engine, stored.blob, stored.size)) == b"secret words " * 20_000


def test_chunks_that_are_swapped_or_cut_off_are_an_error(tmp_path):
    engine = LocalObjects(tmp_path)
    stored = run(engine.put(pieces_of(os.urandom(3 * chunks.CHUNK)), KEY))
    (file,) = files(tmp_path)
    data = file.read_bytes()
    first, second, rest = data[: chunks.SEALED], data[chunks.SEALED : 2 * chunks.SEALED], data[2 * chunks.SEALED :]
    file.write_bytes(second + first + rest)
    with pytest.raises(Damaged):
        run(whole(engine, stored.blob, stored.size))
    file.write_bytes(first + second)
    with pytest.raises(Damaged):
        run(whole(engine, stored.blob, stored.size))
    with pytest.raises(Damaged):  # a record that was changed to fit the shorter file
        run(whole(engine, stored.blob, 2 * chunks.CHUNK))


def test_a_full_disk_refuses_the_upload_and_leaves_nothing(tmp_path, monkeypatch):
    real, written = os.write, [0]

    def full(descriptor: int, data: bytes) -> int:
        if len(data) > 1000:
            written[0] += len(data)
            if written[0] > 2_000_000:
                raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, data)

    engine = LocalObjects(tmp_path)
    kept = run(engine.put(pieces_of(b"before" * 50_000), KEY))
    monkeypatch.setattr(os, "write", full)
    with pytest.raises(Unavailable):
        run(engine.put(pieces_of(os.urandom(5_000_000)), KEY))
    monkeypatch.undo()
    assert len(files(tmp_path)) == 1
    assert run(whole(engine, kept.blob, kept.size)) == b"before" * 50_000


def test_a_reader_keeps_what_it_has_opened(tmp_path):
    async def read_while_it_goes() -> bytes:
        engine = LocalObjects(tmp_path)
        stored = await engine.put(pieces_of(b"y" * 5_000_000), KEY)
        reading = engine.open(stored.blob, KEY, stored.size)
        await engine.delete([stored.blob])
        with pytest.raises(Missing):
            engine.open(stored.blob, KEY, stored.size)
        return b"".join([piece async for piece in reading.pieces(0, stored.size)])

    assert run(read_while_it_goes()) == b"y" * 5_000_000
