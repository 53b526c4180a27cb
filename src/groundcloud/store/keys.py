"""Order-preserving keys: a tuple of strings, bytes and integers as one byte string.

Tuples sort as their packed bytes do, and a packed prefix of a tuple is a prefix of its bytes, so that a list call
is one range read. The form is that of FoundationDB's tuple layer, less what is not needed here.
"""

from collections.abc import Sequence

Element = str | bytes | int
Key = tuple[Element, ...]

_BYTES, _STRING, _INTEGER = b"\x01", b"\x02", b"\x15"
_BIAS = 1 << 63


def pack(elements: Sequence[Element]) -> bytes:
    """The bytes of a tuple. Integers must fit in 64 bits, signed."""
    try:  # nearly all keys are plain strings: one join does for them what the loop below does for all
        joined = "\0\x02".join(elements)  # type: ignore[arg-type]  # other elements raise TypeError
        if joined.count("\0") == len(elements) - 1:
            return f"\x02{joined}\0".encode()
    except (TypeError, UnicodeEncodeError):
        pass
    return _pack_each(elements)


def _pack_each(elements: Sequence[Element]) -> bytes:
    parts = []
    for element in elements:
        if type(element) is str:
            data = element.encode("utf-8", "surrogatepass")
            parts.append(b"\x02" + (data.replace(b"\0", b"\0\xff") if b"\0" in data else data) + b"\0")
        elif type(element) is int:
            parts.append(_INTEGER + (element + _BIAS).to_bytes(8, "big"))
        elif type(element) is bytes:
            parts.append(_BYTES + element.replace(b"\0", b"\0\xff") + b"\0")
        else:
            raise TypeError(f"a key has no place for {element!r}")
    return b"".join(parts)


def unpack(data: bytes) -> Key:
    """The tuple that was packed."""
    elements: list[Element] = []
    at = 0
    while at < len(data):
        kind, at = data[at : at + 1], at + 1
        if kind == _INTEGER:
            elements.append(int.from_bytes(data[at : at + 8], "big") - _BIAS)
            at += 8
            continue
        end = _end_of_text(data, at)
        text = data[at:end].replace(b"\0\xff", b"\0")
        elements.append(text.decode("utf-8", "surrogatepass") if kind == _STRING else text)
        at = end + 1
    return tuple(elements)


def after_prefix(packed: bytes) -> bytes:
    """The end of the range of all keys that begin with `packed`: no element begins with the byte 0xff."""
    return packed + b"\xff"


def _end_of_text(data: bytes, at: int) -> int:
    end = data.index(b"\0", at)
    while data[end + 1 : end + 2] == b"\xff":
        end = data.index(b"\0", end + 2)
    return end
