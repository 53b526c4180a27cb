"""Where the bytes of objects lie: one narrow interface, on local files (`local.py`) or in a cluster (`cluster.py`).

A blob is written once, under an id that the engine draws, and never changed. Everything on the disk is encrypted under
the key that the caller gives, in chunks that are authenticated one by one (`chunks.py`): what comes out is what went
in, or an error. Names, buckets and who may read what are the service's affair.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from groundcloud.engines.objects.chunks import Damaged


class Digest(Protocol):
    """What is computed over the plain bytes while they pass; hashlib's objects fit."""

    def update(self, data: bytes, /) -> None: ...


class Stored(NamedTuple):
    """A blob that is on the disk for good."""

    blob: str
    size: int
    digest: str = ""
    """Of the bytes at rest, for `check`."""


class Found(NamedTuple):
    """A blob that lies there, as the scrubber sees it."""

    blob: str
    written: datetime


class Unavailable(Exception):
    """The disk or the cluster did not take the bytes (full, gone), or does not answer. Nothing of them is left."""


class Missing(Exception):
    """There is no such blob."""


class Reading(Protocol):
    """An open blob: it can be read to its end even if it is deleted meanwhile."""

    def pieces(self, offset: int, count: int) -> AsyncIterator[memoryview]:
        """The bytes of a range, verified, in pieces of a mebibyte or less. Raises `Damaged`; where the bytes are
        far away, before the first piece also `Missing`, and `Unavailable`."""
        ...


class Objects(Protocol):
    """What an engine for bytes offers."""

    async def put(
        self, source: AsyncIterator[bytes], key: bytes, digests: Sequence[Digest] = (), size: int | None = None
    ) -> Stored:
        """Keep what `source` brings, under `key` (32 bytes); `size` is how many bytes it says to bring. When this
        returns it survives a crash. An exception of `source` passes through and leaves nothing. Raises
        `Unavailable`."""
        ...

    def open(self, blob: str, key: bytes, size: int) -> Reading:
        """Raises `Missing`."""
        ...

    async def delete(self, blobs: Iterable[str]) -> None:
        """Remove blobs; those that are not there are no error."""
        ...

    def remove(self, blobs: Iterable[str]) -> None:
        """The same for threads that may block."""
        ...

    def check(self, blob: str, size: int, digest: str) -> None:
        """Read a blob as it lies there and compare it with what `put` has said; no key is needed. It may block.
        Raises `Missing`, `Damaged`, `Unavailable`."""
        ...

    def scan(self) -> Iterator[Found]:
        """Every blob, in no particular order. It may block: not for the event loop."""
        ...


__all__ = ["Damaged", "Digest", "Found", "Missing", "Objects", "Reading", "Stored", "Unavailable"]
