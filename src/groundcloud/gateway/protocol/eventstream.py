"""Frames of `application/vnd.amazon.eventstream` (Amazon event stream specification): bytes both ways, no sockets.

What the headers and payloads mean is events.py's.
"""

from binascii import crc32
from collections.abc import Mapping
from datetime import datetime
from struct import Struct, error
from typing import Any, NamedTuple
from uuid import UUID

from groundcloud.gateway.protocol.errors import Malformed
from groundcloud.gateway.protocol.scalars import EPOCH, timestamp_from_number

CONTENT_TYPE = "application/vnd.amazon.eventstream"
MAX_FRAME = 24 * 1024 * 1024
MAX_HEADERS = 128 * 1024
_PRELUDE = Struct(">III")
_U32, _U16, _I16, _I32, _I64 = Struct(">I"), Struct(">H"), Struct(">h"), Struct(">i"), Struct(">q")
_FIXED: dict[int, tuple[Struct, int]] = {2: (Struct(">b"), 1), 3: (_I16, 2), 4: (_I32, 4), 5: (_I64, 8)}


class Frame(NamedTuple):
    """One message: typed headers and a payload."""

    headers: dict[str, Any]
    payload: bytes


class Long(int):
    """An integer that is written in 64 bits; a plain one takes 32."""


def encode_frame(headers: Mapping[str, Any], payload: bytes) -> bytes:
    """A message with its prelude and both checksums."""
    head = b"".join(_header(name, value) for name, value in headers.items())
    prelude = _U32.pack(16 + len(head) + len(payload)) + _U32.pack(len(head))
    message = b"".join((prelude, _U32.pack(crc32(prelude)), head, payload))
    return message + _U32.pack(crc32(message))


def _header(name: str, value: Any) -> bytes:
    raw = name.encode()
    return bytes((len(raw),)) + raw + _typed(value)


def _typed(value: Any) -> bytes:
    if isinstance(value, bool):
        return b"\x00" if value else b"\x01"
    if isinstance(value, Long):
        return b"\x05" + _I64.pack(value)
    if isinstance(value, int):
        return b"\x04" + _I32.pack(value)
    if isinstance(value, datetime):
        return b"\x08" + _I64.pack(round((value - EPOCH).total_seconds() * 1000))
    kind, raw = (b"\x06", value) if isinstance(value, bytes) else (b"\x07", str(value).encode("utf-8", "replace"))
    return kind + _U16.pack(len(raw)) + raw


class FrameDecoder:
    """Takes bytes as they come and gives the frames that are complete; raises Malformed for what cannot be one."""

    def __init__(self) -> None:
        self.buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """All frames that `data` completes."""
        self.buffer += data
        frames = []
        at = 0
        while len(self.buffer) - at >= 12:
            total, head, checksum = _PRELUDE.unpack_from(self.buffer, at)
            if crc32(self.buffer[at : at + 8]) != checksum:
                raise Malformed("The prelude checksum of an event does not match")
            if not 16 + head <= total <= MAX_FRAME or head > MAX_HEADERS:
                raise Malformed("The length of an event is out of range")
            if len(self.buffer) - at < total:
                break
            frames.append(decode_frame(bytes(self.buffer[at : at + total]), head))
            at += total
        del self.buffer[:at]
        return frames

    @property
    def pending(self) -> bool:
        """Whether the bytes so far end within a frame."""
        return bool(self.buffer)


def decode_frame(message: bytes, head: int) -> Frame:
    """One whole message whose prelude has been checked; `head` is the length of its headers."""
    if crc32(message[:-4]) != _U32.unpack(message[-4:])[0]:
        raise Malformed("The checksum of an event does not match")
    end = 12 + head
    headers: dict[str, Any] = {}
    at = 12
    try:
        while at < end:
            length = message[at]
            name = message[at + 1 : at + 1 + length].decode("utf-8")
            headers[name], at = _value(message, at + 1 + length)
    except (error, IndexError, UnicodeDecodeError):
        raise Malformed("The headers of an event are malformed") from None
    if at != end:
        raise Malformed("The headers of an event are malformed")
    return Frame(headers, message[end:-4])


def _value(message: bytes, at: int) -> tuple[Any, int]:
    kind, at = message[at], at + 1
    if kind < 2:
        return kind == 0, at
    if kind in _FIXED:
        struct, size = _FIXED[kind]
        return struct.unpack_from(message, at)[0], at + size
    if kind in (6, 7):
        (length,) = _U16.unpack_from(message, at)
        raw = message[at + 2 : at + 2 + length]
        if len(raw) != length:
            raise Malformed("The headers of an event are malformed")
        return raw if kind == 6 else raw.decode("utf-8"), at + 2 + length
    if kind == 8:
        return timestamp_from_number(_I64.unpack_from(message, at)[0] / 1000), at + 8
    if kind == 9 and len(message) >= at + 16:
        return UUID(bytes=message[at : at + 16]), at + 16
    raise Malformed("The headers of an event are malformed")
