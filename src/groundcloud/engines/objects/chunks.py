"""The form of bytes at rest: chunks of 128 KiB, each sealed with AES-256-GCM. Pure functions, no files.

The key of a blob is derived from its object's key and its own id, and the nonce of a chunk is its number and whether it
is the last: no nonce is used twice, and chunks that are swapped, cut off or flipped do not open. Any range can be read
by opening only the chunks that it touches. Decision record: docs/decisions/0004-object-bytes.md.
"""

import hmac
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import xxhash
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from groundcloud.lent import take

CHUNK = 128 * 1024
"""Plain bytes of a chunk."""
TAG = 16
"""Bytes that each chunk has more on the disk."""
SEALED = CHUNK + TAG


Bytes = bytes | bytearray | memoryview


class Damaged(Exception):
    """The bytes are not those that were written, or the key is not theirs."""


class Cipher:
    """Seals and opens the chunks of one blob."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes, blob: str) -> None:
        self._cipher = AESGCM(hmac.digest(key, b"blob " + blob.encode(), "sha256"))

    def seal(self, number: int, data: bytes, last: bool) -> bytes:
        return self._cipher.encrypt(_nonce(number, last), data, None)

    def seal_into(self, number: int, data: Bytes, out: Bytes) -> None:
        """A chunk that is not the last, into a buffer that is a tag longer: large ones are not copied about."""
        self._cipher.encrypt_into(_nonce(number, False), data, None, out)

    def open_into(self, number: int, sealed: Bytes, last: bool, out: Bytes) -> None:
        """Raises `Damaged`."""
        try:
            self._cipher.decrypt_into(_nonce(number, last), sealed, None, out)
        except (InvalidTag, ValueError) as error:
            raise Damaged(f"chunk {number}") from error


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if last else b"\0")


def count_of(size: int) -> int:
    """Chunks of a blob; an empty one has one, so that it cannot be forged either."""
    return max(1, -(-size // CHUNK))


def sealed_size(size: int) -> int:
    """Bytes on the disk of a blob of `size` bytes."""
    return size + count_of(size) * TAG


def check(pieces: Iterable[bytes], size: int, digest: str) -> None:
    """Whether the bytes at rest of a blob are those that were written, without its key: their digest, or, where none
    was kept, their number. Raises `Damaged`."""
    found, length = xxhash.xxh3_64(), 0
    for piece in pieces:
        found.update(piece)
        length += len(piece)
    if length != sealed_size(size):
        raise Damaged(f"{length} bytes of {sealed_size(size)}")
    if digest and found.hexdigest() != digest:
        raise Damaged("the bytes at rest are not those that were written")


def digest_of(sealed: bytes) -> str:
    """The digest of a small blob, as `check` wants it."""
    return xxhash.xxh3_64_hexdigest(sealed)


class Sealing:
    """Turns plain bytes, in pieces of any size, into sealed chunks. Holds less than one chunk between calls."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher
        self._held = b""
        self._number = 0
        self._digest = xxhash.xxh3_64()
        self.size = 0

    @property
    def digest(self) -> str:
        """Of what was sealed, once it is finished: `digest_of` of the whole blob."""
        return self._digest.hexdigest()

    def feed(self, data: Bytes, room: Bytes | None = None) -> memoryview:
        """The chunks that are complete now, in one row; the one that may be the last is kept back. The row lies in
        `room`, if that is large enough."""
        self.size += len(data)
        count = (len(self._held) + len(data) - 1) // CHUNK if data else 0
        if not count:
            self._held += data
            return memoryview(b"")
        length = count * SEALED
        row = memoryview(room if room is not None and len(room) >= length else bytearray(length))[:length]
        view = memoryview(data)
        at = -len(self._held)
        for each in range(count):
            chunk = view[at : at + CHUNK] if at >= 0 else self._held + view[: at + CHUNK]
            self._cipher.seal_into(self._number, chunk, row[each * SEALED : (each + 1) * SEALED])
            self._number += 1
            at += CHUNK
        self._digest.update(row)
        self._held = bytes(view[at:])
        return row

    def finish(self) -> bytes:
        """The last chunk."""
        sealed = self._cipher.seal(self._number, self._held, last=True)
        self._digest.update(sealed)
        return sealed


def seal(key: bytes, blob: str, data: bytes) -> bytes:
    """A whole small blob at once."""
    sealing = Sealing(Cipher(key, blob))
    return bytes(sealing.feed(data)) + sealing.finish()


class Span(NamedTuple):
    """Chunks that lie side by side on the disk, and what of their plain bytes is wanted."""

    first: int
    """The number of the first chunk."""
    offset: int
    """Where it begins on the disk."""
    length: int
    """Bytes on the disk."""
    skip: int
    """Plain bytes to leave out at the beginning."""
    take: int
    """Plain bytes wanted."""


def spans(size: int, offset: int, count: int, chunks: int) -> Iterator[Span]:
    """How to read a range of a blob of `size` bytes, at most so many chunks at a time."""
    end = offset + count
    total = sealed_size(size)
    while offset < end:
        first, skip = divmod(offset, CHUNK)
        start = first * SEALED
        take = min(end - offset, chunks * CHUNK - skip)
        stop = min(total, (-(-(offset + take) // CHUNK)) * SEALED)
        yield Span(first, start, stop - start, skip, take)
        offset += take


def open_span(cipher: Cipher, span: Span, sealed: bytes | memoryview, size: int) -> memoryview:
    """The plain bytes of a span. Raises `Damaged`, also when the disk has fewer bytes than it should."""
    if len(sealed) != span.length:
        raise Damaged(f"chunk {span.first}: {len(sealed)} bytes of {span.length}")
    last = count_of(size) - 1
    count = -(-span.length // SEALED)
    view, out = memoryview(sealed), take(span.length - count * TAG)
    for each in range(count):
        number = span.first + each
        plain = out[each * CHUNK : (each + 1) * CHUNK]
        cipher.open_into(number, view[each * SEALED : (each + 1) * SEALED], number == last, plain)
    return out[span.skip : span.skip + span.take]


def unseal(key: bytes, blob: str, sealed: bytes, size: int, offset: int, count: int) -> bytes:
    """A range of a small blob that is at hand. Raises `Damaged`."""
    cipher = Cipher(key, blob)
    return b"".join(
        open_span(cipher, span, sealed[span.offset : span.offset + span.length], size)
        for span in spans(size, offset, count, 64)
    )
