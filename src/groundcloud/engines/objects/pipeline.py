"""What the engines share: bytes go from the event loop to threads and back, a piece ahead of whoever waits.

How a piece is written or read is the engine's affair.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

from groundcloud.engines.objects.chunks import Span

BATCH = 512 * 1024
"""Bytes that go to a thread at once."""
_WHOLE = 1 << 20
"""Bytes of a blob that goes to a thread once, all of it: to wake one costs as much as sealing a mebibyte."""
_SECONDS_OF_FOLDER = 16
"""Blobs that come together share the beginning of their ids, and on a disk their folder: one sync serves them all."""


def new_id() -> str:
    """The id of a new blob."""
    return f"{int(time.time()) // _SECONDS_OF_FOLDER & 0xFFFF:04x}{os.urandom(14).hex()}"


def checked(blob: str) -> str:
    """An id as it may stand in a path. Raises `ValueError`."""
    if len(blob) != 32 or not blob.isalnum():
        raise ValueError(f"no id of a blob: {blob!r}")
    return blob


class Writer(Protocol):
    """A blob being written; every method blocks."""

    def write(self, pieces: list[bytes]) -> None: ...
    def finish(self, pieces: list[bytes]) -> None: ...
    def abandon(self) -> None: ...


async def fill(
    threads: ThreadPoolExecutor, writer: Writer, source: AsyncIterator[bytes], size: int | None = None
) -> None:
    """Write what a source brings, one batch after the other; if that fails, leave nothing. `size` is how much it says
    to bring."""
    batch = _WHOLE + 1 if size is not None and size <= _WHOLE else BATCH
    job: Future[None] | None = None
    try:
        pieces: list[bytes] = []
        held = 0
        async for piece in source:
            pieces.append(piece)
            held += len(piece)
            if held >= batch:
                if job is not None:
                    await asyncio.wrap_future(job)
                job = threads.submit(writer.write, pieces)
                pieces, held = [], 0
        if job is not None:
            await asyncio.wrap_future(job)
        job = threads.submit(writer.finish, pieces)
        await asyncio.wrap_future(job)
    except BaseException:
        if job is None:
            threads.submit(writer.abandon)
        else:  # a thread may still be writing
            job.add_done_callback(lambda _: threads.submit(writer.abandon))
        raise


async def ahead(
    threads: ThreadPoolExecutor, read: Callable[[Span], memoryview], spans: Iterable[Span]
) -> AsyncIterator[memoryview]:
    """Read spans in threads, one of them ahead of the reader."""
    loop = asyncio.get_running_loop()
    before: asyncio.Future[memoryview] | None = None
    for span in spans:
        coming = loop.run_in_executor(threads, read, span)
        if before is not None:
            yield await before
        before = coming
    if before is not None:
        yield await before
