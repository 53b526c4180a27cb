"""CBOR (RFC 8949) as Smithy's rpc-v2-cbor uses it: a strict decoder of untrusted bytes and the encoder.

Tags other than timestamps, and simple values other than booleans and null, are refused: nothing is constructed
from what a client sends, nothing refers back, and no length is believed before the bytes are there.
"""

from collections.abc import Callable
from datetime import datetime
from struct import unpack_from
from typing import Any

import cbor2

from groundcloud.gateway.protocol.errors import Malformed
from groundcloud.gateway.protocol.scalars import timestamp_from_number

MAX_DEPTH = 128
_BREAK = object()
_SIMPLE = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: (">e", 2), 26: (">f", 4), 27: (">d", 8)}


def encode(value: Any) -> bytes:
    """Plain values, bytes and aware datetimes (tag 1, a whole number of seconds or a double)."""
    return cbor2.dumps(value, datetime_as_timestamp=True)


def decode(data: bytes) -> Any:
    """One data item that fills `data`."""
    reader = _Reader(data)
    try:
        value = reader.item(0)
    except (IndexError, UnicodeDecodeError):
        raise Malformed("The request body is not valid CBOR") from None
    if value is _BREAK or reader.at != len(data):
        raise Malformed("The request body is not valid CBOR")
    return value


class _Reader:
    """The position in the bytes, and one method per major type."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def item(self, depth: int) -> Any:
        first = self.data[self.at]
        self.at += 1
        major, info = first >> 5, first & 31
        if major == 7:
            return self.simple(info)
        if depth > MAX_DEPTH:
            raise Malformed("The request body is nested too deeply")
        if info == 31:
            if major in (0, 1, 6):
                raise Malformed("The request body is not valid CBOR")
            return self.indefinite(major, depth)
        return _MAJOR[major](self, self.argument(info), depth)

    def argument(self, info: int) -> int:
        if info < 24:
            return info
        if info > 27:
            raise Malformed("The request body is not valid CBOR")
        return int.from_bytes(self.take(1 << (info - 24)), "big")

    def take(self, count: int) -> bytes:
        start = self.at
        self.at = start + count
        if self.at > len(self.data):
            raise Malformed("The request body ends too early")
        return self.data[start : self.at]

    def simple(self, info: int) -> Any:
        if info in _SIMPLE:
            return _SIMPLE[info]
        if info in _FLOATS:
            form, size = _FLOATS[info]
            return unpack_from(form, self.take(size))[0]
        if info == 31:
            return _BREAK
        raise Malformed("The request body has an unsupported CBOR simple value")

    def positive(self, count: int, _: int) -> int:
        return count

    def negative(self, count: int, _: int) -> int:
        return -1 - count

    def text(self, count: int, _: int) -> str:
        return self.take(count).decode("utf-8")

    def bytes(self, count: int, _: int) -> bytes:
        return self.take(count)

    def array(self, count: int, depth: int) -> list[Any]:
        if count > len(self.data) - self.at:
            raise Malformed("The request body ends too early")
        return [self.value(depth) for _ in range(count)]

    def map(self, count: int, depth: int) -> dict[str, Any]:
        if count > len(self.data) - self.at:
            raise Malformed("The request body ends too early")
        return {self.key(depth): self.value(depth) for _ in range(count)}

    def value(self, depth: int) -> Any:
        value = self.item(depth + 1)
        if value is _BREAK:
            raise Malformed("The request body is not valid CBOR")
        return value

    def key(self, depth: int) -> str:
        key = self.item(depth + 1)
        if type(key) is not str:
            raise Malformed("The keys of a CBOR map must be text")
        return key

    def tag(self, number: int, depth: int) -> datetime:
        value = self.value(depth)
        if number != 1 or type(value) not in (int, float):
            raise Malformed("The request body has an unsupported CBOR tag")
        return timestamp_from_number(value)

    def indefinite(self, major: int, depth: int) -> Any:
        """Items up to the break: chunks of one type for texts and bytes, any items for arrays and maps."""
        items: list[Any] = []
        while (item := self.item(depth + 1)) is not _BREAK:
            items.append(item)
        if major == 4:
            return items
        if major == 5:
            keys, values = items[::2], items[1::2]
            if len(keys) != len(values) or any(type(key) is not str for key in keys):
                raise Malformed("The keys of a CBOR map must be text")
            return dict(zip(keys, values, strict=True))
        kind = str if major == 3 else bytes
        if any(type(item) is not kind for item in items):
            raise Malformed("The request body is not valid CBOR")
        return "".join(items) if kind is str else b"".join(items)


_MAJOR: dict[int, Callable[[_Reader, int, int], Any]] = {
    0: _Reader.positive,
    1: _Reader.negative,
    2: _Reader.bytes,
    3: _Reader.text,
    4: _Reader.array,
    5: _Reader.map,
    6: _Reader.tag,
}
