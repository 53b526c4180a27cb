"""Decodes bodies with Content-Encoding aws-chunked, and verifies each chunk and the trailers.

A state machine over bytes: it holds one unfinished line at most, never a chunk. Sources: AWS's pages "Signature
calculations for the authorization header: transferring payload in multiple chunks" and "... including trailing
headers".
"""

import hashlib
import hmac
from enum import Enum, auto

from groundcloud.gateway.signature.claim import ALGORITHM, Claim
from groundcloud.gateway.signature.errors import ErrorStyle, Failure, SignatureError
from groundcloud.gateway.signature.verify import EMPTY_SHA256, STREAMING, mismatch_elements

LINE_LIMIT = 4096
SMALLEST_CHUNK = 8192
TRAILER_SIGNATURE = "x-amz-trailer-signature"
MAX_TRAILERS = 16


class IncompleteBody(SignatureError, status=400):
    """The request body terminated unexpectedly"""


class InvalidChunkSizeError(SignatureError, status=403):
    """Only the last chunk is allowed to have a size less than 8192 bytes"""


class MalformedTrailerError(SignatureError, status=400):
    """The request contained trailing data that was not well-formed or did not conform to our published schema."""


class MissingContentLength(SignatureError, status=411):
    """You must provide the Content-Length HTTP header."""


class _State(Enum):
    SIZE = auto()
    DATA = auto()
    DATA_END = auto()
    TRAILERS = auto()
    DONE = auto()


class ChunkDecoder:
    """Feed it the body as it arrives; it hands back the decoded bytes.

    Bytes come out before the signature of their chunk has been seen: what is made of them counts only after `finish`
    has returned. `trailers` is filled by then (names in lower case, without the signature's own).
    """

    def __init__(self, claim: Claim, headers: dict[str, str], signing_key: bytes) -> None:
        """`claim` is verified already and its payload hash is one of `STREAMING`. Raises MissingContentLength."""
        mode = claim.payload_hash
        if mode not in STREAMING:
            raise ValueError(f"not a chunked payload: {mode}")
        length = headers.get("x-amz-decoded-content-length", "")
        if not (length.isascii() and length.isdigit()) or len(length) > 18:
            raise MissingContentLength()
        self.trailers: dict[str, str] = {}
        self._signed = "UNSIGNED" not in mode
        names = headers.get("x-amz-trailer", "") if mode.endswith("-TRAILER") else ""
        self._declared = [name.strip().lower() for name in names.split(",") if name.strip()][:MAX_TRAILERS]
        self._trailing = mode.endswith("-TRAILER")
        self._missing = int(length)
        self._claim = claim
        self._key = signing_key
        self._scope = f"{claim.timestamp}\n{claim.date}/{claim.region}/{claim.service}/aws4_request"
        self._previous = claim.signature
        self._state = _State.SIZE
        self._line = b""
        self._chunk = 0
        self._left = self._size = 0
        self._sent = ""
        self._trailer_signature = ""
        self._hash = hashlib.sha256()

    def feed(self, data: bytes) -> list[bytes]:
        """The decoded pieces in `data`. Raises IncompleteBody (bad framing), SignatureDoesNotMatch, ..."""
        pieces = []
        position, end = 0, len(data)
        while position < end:
            if self._state is _State.DATA:
                piece = data[position : position + self._left]
                position += len(piece)
                self._take(piece)
                pieces.append(piece)
                continue
            if self._state is _State.DONE and data[position:].strip(b"\r\n"):
                raise IncompleteBody()
            stop = data.find(b"\n", position)
            self._line += data[position:] if stop < 0 else data[position:stop]
            if len(self._line) > LINE_LIMIT:
                raise IncompleteBody()
            if stop < 0:
                break
            position = stop + 1
            line, self._line = self._line.removesuffix(b"\r"), b""
            self._on_line(line)
        return pieces

    def finish(self) -> None:
        """Call at the end of the body. Raises IncompleteBody unless all of it was there."""
        if self._state is _State.TRAILERS and not self._line:
            # Some clients leave out the empty line after the last trailer.
            self._check_trailers()
            self._state = _State.DONE
        if self._state is not _State.DONE or self._missing:
            raise IncompleteBody()

    def _take(self, piece: bytes) -> None:
        self._left -= len(piece)
        if self._signed:
            self._hash.update(piece)
        if not self._left:
            self._state = _State.DATA_END

    def _on_line(self, line: bytes) -> None:
        if self._state is _State.SIZE:
            self._on_size(line)
        elif self._state is _State.DONE:
            return
        elif self._state is _State.DATA_END:
            if line:
                raise IncompleteBody()
            if self._signed:
                self._check_chunk()
            self._state = _State.SIZE if self._size else _State.DONE
        elif line:
            self._on_trailer(line)
        elif self.trailers or not self._declared:
            self._check_trailers()
            self._state = _State.DONE
        # Else the empty line that some clients write between the last chunk and the trailers.

    def _on_size(self, line: bytes) -> None:
        text, _, extension = line.decode("latin-1").partition(";")
        text = text.strip(" ")
        if not text or len(text) > 16 or text.strip("0123456789abcdefABCDEF"):
            raise IncompleteBody()
        size = int(text, 16)
        if self._chunk and size and self._size < SMALLEST_CHUNK:
            raise InvalidChunkSizeError({"Chunk": str(self._chunk), "BadChunkSize": str(self._size)})
        if size > self._missing:
            raise IncompleteBody()
        self._chunk += 1
        self._size = self._left = size
        self._missing -= size
        if self._signed:
            name, _, self._sent = extension.partition("=")
            if name.strip(" ") != "chunk-signature":
                raise IncompleteBody()
            self._hash = hashlib.sha256()
        if size:
            self._state = _State.DATA
        elif self._trailing:
            if self._signed:
                self._check_chunk()
            self._state = _State.TRAILERS
        else:
            self._state = _State.DATA_END

    def _on_trailer(self, line: bytes) -> None:
        name, colon, value = line.decode("latin-1").partition(":")
        name = name.strip(" ").lower()
        if name == TRAILER_SIGNATURE and self._signed:
            self._trailer_signature = value.strip(" ")
        elif colon and name in self._declared and name not in self.trailers:
            self.trailers[name] = value.strip(" ")
        else:
            raise MalformedTrailerError()

    def _check_trailers(self) -> None:
        if len(self.trailers) != len(set(self._declared)):
            raise MalformedTrailerError()
        # Without trailers there is nothing that a signature of theirs would protect.
        if self._signed and (self.trailers or self._trailer_signature):
            text = "".join(f"{name}:{self.trailers[name]}\n" for name in sorted(self.trailers))
            digest = hashlib.sha256(text.encode("latin-1")).hexdigest()
            self._sent = self._trailer_signature
            self._check(f"{ALGORITHM}-TRAILER\n{self._scope}\n{self._previous}\n{digest}")

    def _check_chunk(self) -> None:
        digest = self._hash.hexdigest()
        self._check(f"{ALGORITHM}-PAYLOAD\n{self._scope}\n{self._previous}\n{EMPTY_SHA256}\n{digest}")

    def _check(self, text: str) -> None:
        computed = hmac.digest(self._key, text.encode("latin-1", "replace"), "sha256").hex()
        if not hmac.compare_digest(computed.encode(), self._sent.strip(" ").encode("latin-1", "replace")):
            elements = mismatch_elements(self._claim, text, None) | {"SignatureProvided": self._sent}
            raise ErrorStyle.S3.error(Failure.MISMATCH, elements)
        self._previous = computed
