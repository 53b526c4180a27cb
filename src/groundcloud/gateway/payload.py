"""A request's body as an operation with a streaming input reads it: decoded, and checked against what was signed."""

import base64
import binascii
import hashlib
import zlib
from collections.abc import AsyncIterator

from groundcloud.errors import AwsError
from groundcloud.gateway.http import Body, Request
from groundcloud.gateway.signature import STREAMING, ChunkDecoder, Claim, body_hash_of


def complete_body(request: Request, limit: int) -> bytes:
    """A body that has arrived, without waiting for it."""
    reading = request.body.read(limit)
    try:
        reading.send(None)
    except StopIteration as done:
        return bytes(done.value)
    raise RuntimeError("a complete body made its reader wait")


def without_chunking(headers: dict[str, str]) -> dict[str, str]:
    """The headers of a body as it is once decoded: `aws-chunked` is the transport's encoding, not the object's."""
    encoding = headers.get("content-encoding", "")
    if "aws-chunked" not in encoding:
        return headers
    others = [each.strip() for each in encoding.split(",") if each.strip() != "aws-chunked"]
    kept = {name: value for name, value in headers.items() if name != "content-encoding"}
    return {**kept, "content-encoding": ",".join(others)} if others else kept


class BadDigest(AwsError, status=400):
    """The Content-MD5 you specified did not match what we received."""


class InvalidDigest(AwsError, status=400):
    """The Content-MD5 you specified was invalid."""


def check_md5(body: bytes, header: str) -> None:
    """Content-MD5 of a body that is there. Raises S3's `BadDigest` and `InvalidDigest`."""
    try:
        wanted = base64.b64decode(header, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidDigest(content_md5=header) from error
    if len(wanted) != 16:
        raise InvalidDigest(content_md5=header)
    computed = hashlib.md5(body).digest()
    if wanted != computed:
        raise BadDigest(expected_digest=wanted.hex(), calculated_digest=base64.b64encode(computed).decode())


class InvalidCompression(AwsError, code="InvalidRequest", status=400):
    """The request body is not {encoding} data, or it is too large once decompressed."""


def inflated(body: bytes, encoding: str, limit: int) -> bytes:
    """A body that the client has compressed (SDKs do so for large requests of some services), at most `limit` bytes.

    Raises `InvalidCompression`. Source: the Smithy trait `requestCompression`, which has gzip only.
    """
    if encoding.strip().lower() != "gzip":
        return body
    decompressor = zlib.decompressobj(wbits=31)
    try:
        data = decompressor.decompress(body, limit)
    except zlib.error as error:
        raise InvalidCompression(encoding="gzip") from error
    if not decompressor.eof or decompressor.unused_data:
        raise InvalidCompression(encoding="gzip")
    return data


class Payload:
    """The bytes that the client means, without its chunk framing.

    Bytes come before their signature has been seen: what is made of them counts only when the iteration has ended
    without an error. `trailers` is there by then.
    """

    def __init__(self, body: Body, claim: Claim | None, headers: dict[str, str], signing_key: bytes) -> None:
        self._body = body
        self._hash = body_hash_of(claim) if claim is not None else None
        self._decoder: ChunkDecoder | None = None
        self._announced = ""
        self.length: int | None = body.length
        """Bytes to come, where the client says so."""
        if claim is not None and claim.payload_hash in STREAMING:
            self._decoder = ChunkDecoder(claim, headers, signing_key)
            self._announced = headers.get("x-amz-trailer", "")
            self.length = int(headers["x-amz-decoded-content-length"])

    @property
    def trailers(self) -> dict[str, str]:
        """Trailing headers, such as checksums, by their lower-case names."""
        return self._decoder.trailers if self._decoder is not None else {}

    @property
    def announced(self) -> str:
        """The names of the trailing headers that are to come, as the client lists them."""
        return self._announced

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Raises AWS's errors for bodies that are not what was signed or announced."""
        decoder, digest = self._decoder, self._hash
        async for piece in self._body:
            if decoder is not None:
                for decoded in decoder.feed(piece):
                    yield decoded
            else:
                if digest is not None:
                    digest.update(piece)
                yield piece
        if decoder is not None:
            decoder.finish()
        elif digest is not None:
            digest.finish()
