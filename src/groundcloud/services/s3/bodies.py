"""The bytes of objects between the wire and their rest: received once and checked, read in ranges, removed at last.

Few bytes lie in the store, so that many small objects share one commit; more of them are a file of the engine's. No
object is ever held whole.
"""

import hashlib
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from groundcloud.context import Context
from groundcloud.engines.objects import Damaged, Digest, Objects, Unavailable, chunks
from groundcloud.services.s3 import errors
from groundcloud.services.s3.records import Blob, Condemned, Content, Layout, Segment
from groundcloud.services.s3.rules import checksums
from groundcloud.services.s3.rules.checksums import Algorithm, Claimed
from groundcloud.store import Transaction

INLINE = 64 * 1024
"""Bytes of the largest object that lies in the store."""
LARGEST = 5 * 1024**3
"""Bytes of the largest object or part that one request brings ("Amazon S3 multipart upload limits")."""
_OPENED_AT_ONCE = 32
"""Parts of an object that are opened when it is asked for: their bytes come whatever happens to it meanwhile."""
_AT_ONCE = 1 << 20
"""Bytes of a body that is read whole before it is answered: a damaged one is then a clean error."""


Piece = bytes | memoryview
P = TypeVar("P", bytes, Piece)


class Payload(Protocol):
    """A request's body, as the gateway hands it over."""

    length: int | None

    @property
    def trailers(self) -> dict[str, str]: ...
    @property
    def announced(self) -> str: ...

    def __aiter__(self) -> AsyncIterator[bytes]: ...


class Taken(NamedTuple):
    """A body that was received, checked, and is (or will be, with its record) on the disk."""

    blob: Blob
    e_tag: str
    algorithm: str
    checksum: str


def engine(ctx: Context) -> Objects:
    found: Objects = ctx.world.engines["objects"]
    return found


def new_body_id(ctx: Context) -> str:
    return ctx.random(16).hex()


# -- receiving


async def receive(
    ctx: Context,
    payload: Payload | bytes | None,
    key: bytes,
    content_md5: str | None = None,
    claimed: Claimed | None = None,
    algorithm: Algorithm = checksums.DEFAULT,
) -> Taken:
    """Take a body in, under an object's key. Its checksum is the one that the client claims, before or behind the body,
    and then it must be right; else one of `algorithm`. Raises `BadDigest` and its like; then nothing is left."""
    length = _length(payload)
    if content_md5 is not None:
        checksums.content_md5(content_md5)
    used = claimed.algorithm if claimed is not None else algorithm
    md5, running = hashlib.md5(), used.start()
    body = new_body_id(ctx)
    source = _source(payload)
    first, more = await _beginning(source)
    if more:
        blob = await _stored(ctx, body, key, _both(first, source), (md5, running), length)
    else:
        md5.update(first)
        running.update(first)
        sealed = chunks.seal(key, body, first)
        blob = Blob(body=body, size=len(first), sealed=sealed, digest=chunks.digest_of(sealed))
    found = checksums.encoded(running)
    try:
        if length is not None and blob.size != length:
            raise errors.IncompleteBody()
        if content_md5 is not None:
            checksums.check_content_md5(content_md5, md5.digest())
        if claimed is not None:
            trailers: dict[str, str] = getattr(payload, "trailers", {})
            value = claimed.value or trailers.get(used.header, "")
            checksums.check_value(used, value)
            checksums.check_match(used, value, found)
    except BaseException:
        await forget(ctx, blob)
        raise
    return Taken(blob, md5.hexdigest(), used.name, found)


async def _stored(
    ctx: Context,
    body: str,
    key: bytes,
    source: AsyncIterator[bytes],
    digests: Sequence[Digest],
    length: int | None,
) -> Blob:
    """A body as a file of the engine. Raises `ServiceUnavailable`."""
    try:
        stored = await engine(ctx).put(source, key, digests, length)
    except Unavailable as error:
        raise errors.ServiceUnavailable() from error
    return Blob(body=body, size=stored.size, file=stored.blob, digest=stored.digest)


async def forget(ctx: Context, blob: Blob) -> None:
    """Remove the bytes of a body that no record names."""
    if blob.file:
        await engine(ctx).delete((blob.file,))


def _length(payload: Payload | bytes | None) -> int | None:
    if payload is None or isinstance(payload, bytes):
        return len(payload or b"")
    if payload.length is None:
        if getattr(payload, "framed", False):
            return None
        raise errors.MissingContentLength()
    if payload.length > LARGEST:
        raise errors.EntityTooLarge(proposed_size=payload.length, max_size_allowed=LARGEST)
    return payload.length


def _source(payload: Payload | bytes | None) -> AsyncIterator[bytes]:
    if payload is None or isinstance(payload, bytes):
        return _once(payload or b"")
    return aiter(payload)


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _beginning(source: AsyncIterator[bytes]) -> tuple[bytes, bool]:
    """The bytes up to the end, or up to more than what lies inline; whether there may be more."""
    pieces = []
    size = 0
    async for piece in source:
        pieces.append(piece)
        size += len(piece)
        if size > INLINE:
            return b"".join(pieces), True
    return pieces[0] if len(pieces) == 1 else b"".join(pieces), False


async def _both(first: P, rest: AsyncIterator[P]) -> AsyncIterator[P]:
    yield first
    async for piece in rest:
        yield piece


# -- reading


class Source(NamedTuple):
    """Bytes that are ready to be read, whatever happens to their records."""

    opened: Any
    """A `Reading` of the engine, or the sealed bytes of a small blob."""
    body: str
    key: bytes
    offset: int
    size: int


def sources(ctx: Context, content: Content, key: bytes, offset: int, count: int) -> list[Source]:
    """What a range of an object is read from. To be asked in the transaction that the record was read in.

    Raises `Missing` when a file is gone, and `InternalError` when a record is.
    """
    if not content.parts:
        return [_opened(ctx, Segment(1, 0, content.size, content.body), key)]
    layout = ctx.tx.get(Layout, content.body)
    if layout is None:
        raise errors.InternalError()
    end = offset + count
    wanted = [each for each in layout.segments if each.offset < end and each.offset + each.size > offset]
    now, later = wanted[:_OPENED_AT_ONCE], wanted[_OPENED_AT_ONCE:]
    return [*(_opened(ctx, each, key) for each in now), *(_later(each, key) for each in later)]


def _opened(ctx: Context, segment: Segment, key: bytes) -> Source:
    blob = ctx.tx.get(Blob, segment.body)
    if blob is None:
        raise errors.InternalError()
    opened = engine(ctx).open(blob.file, key, blob.size) if blob.file else blob.sealed
    return Source(opened, segment.body, key, segment.offset, segment.size)


def inline(ctx: Context, content: Content, key: bytes) -> bytes | None:
    """All bytes of an object that lies in the store; None for others. Raises `InternalError` for what is damaged."""
    if content.parts or content.size > INLINE:
        return None
    blob = ctx.tx.get(Blob, content.body)
    if blob is None or blob.file:
        return None
    try:
        return chunks.unseal(key, content.body, blob.sealed, content.size, 0, content.size)
    except Damaged as error:
        raise errors.InternalError() from error


def _later(segment: Segment, key: bytes) -> Source:
    """A part that is opened when its turn comes: ten thousand open files are too many."""
    return Source(None, segment.body, key, segment.offset, segment.size)


async def read(ctx: Context, found: list[Source], offset: int, count: int) -> Piece | AsyncIterator[Piece]:
    """The bytes of a range; at once where they are few. Raises `InternalError` for bytes that are damaged, and
    `Missing` when the object has gone since it was looked up."""
    if count == 0:
        return b""
    pieces = _pieces(ctx, found, offset, count)
    try:
        first = await anext(pieces)
        if len(first) == count:
            return first
        if len(first) < count <= _AT_ONCE:
            return b"".join([first, *[piece async for piece in pieces]])
        return _both(first, pieces)
    except Damaged as error:
        raise errors.InternalError() from error
    except Unavailable as error:
        raise errors.ServiceUnavailable() from error


async def _pieces(ctx: Context, found: list[Source], offset: int, count: int) -> AsyncIterator[Piece]:
    end = offset + count
    for source in found:
        if source.opened is None:
            with ctx.snapshot() as inner:
                source = _opened(inner, Segment(0, source.offset, source.size, source.body), source.key)
        start = max(0, offset - source.offset)
        length = min(end, source.offset + source.size) - source.offset - start
        if isinstance(source.opened, bytes):
            yield chunks.unseal(source.key, source.body, source.opened, source.size, start, length)
        else:
            async for piece in source.opened.pieces(start, length):
                yield piece


# -- removing


def discard(tx: Transaction, content: Content) -> list[str]:
    """Remove the records of an object's bytes; the files that are to go once this is committed."""
    if not content.body:
        return []
    if content.parts:
        layout = tx.get(Layout, content.body)
        if layout is not None:
            tx.delete(layout)
            return discard_bodies(tx, content.body, [segment.body for segment in layout.segments])
        return []
    return discard_bodies(tx, content.body, [content.body])


_MOST_IN_PASSING = 100


def discard_bodies(tx: Transaction, name: str, bodies: Sequence[str]) -> list[str]:
    """The same for bodies by their ids; many of them are left to the controller, under `name`."""
    if len(bodies) > _MOST_IN_PASSING:
        tx.put(Condemned(body=name, bodies=list(bodies)))
        return []
    files = []
    for body in bodies:
        blob = tx.get(Blob, body)
        if blob is not None:
            tx.delete(blob)
            if blob.file:
                files.append(blob.file)
    return files


def discard_some(tx: Transaction, name: str, bodies: Sequence[str]) -> None:
    """Remove the records of condemned bodies whose files are gone already, and forget them in their list."""
    for body in bodies:
        if (blob := tx.get(Blob, body)) is not None:
            tx.delete(blob)
    condemned = tx.get(Condemned, name)
    if condemned is None:
        return
    condemned.bodies = [body for body in condemned.bodies if body not in frozenset(bodies)]
    if condemned.bodies:
        tx.put(condemned)
    else:
        tx.delete(condemned)


async def remove_files(ctx: Context, files: Iterable[str]) -> None:
    """Remove the files of what is gone from the records."""
    await engine(ctx).delete(files)
