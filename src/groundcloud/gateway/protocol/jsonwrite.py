"""Results as trees of plain values by the output shape, ready for the JSON encoder (or, with other scalars, CBOR's)."""

from collections.abc import Callable
from datetime import datetime
from math import isfinite
from typing import Any

import msgspec

from groundcloud.gateway.protocol import scalars
from groundcloud.gateway.protocol.values import Write, apart, is_mapping, timestamp_format, wire_name
from groundcloud.names import snake

_encode = msgspec.json.Encoder().encode


def encode(value: Any) -> bytes:
    """A JSON document of plain values. A text that UTF-8 cannot hold gets U+FFFD in place of what it cannot."""
    try:
        return _encode(value)
    except UnicodeEncodeError:
        return _encode(without_surrogates(value))


def without_surrogates(value: Any) -> Any:
    """The same values with lone surrogates replaced."""
    if type(value) is str:
        return value.encode("utf-8", "replace").decode("utf-8")
    if type(value) is dict:
        return {without_surrogates(key): without_surrogates(one) for key, one in value.items()}
    if type(value) is list:
        return [without_surrogates(one) for one in value]
    return value


class TreeWriters:
    """Compiles shapes of one service to writers; structures are shared and may be recursive."""

    def __init__(self, scalar: Callable[[Any], Write], as_is: frozenset[str] = frozenset()) -> None:
        self.scalar = scalar
        self.as_is = as_is
        self.structures: dict[str, Write] = {}

    def writer(self, shape: Any) -> Write:
        """The writer of one shape: takes a result, gives what the encoder takes."""
        kind = shape.type_name
        if shape.name in self.as_is:
            return _as_is
        if kind == "structure":
            return self.structure(shape)
        if kind == "list":
            return list_writer(self.writer(shape.member))
        if kind == "map":
            return map_writer(self.writer(shape.value))
        return self.scalar(shape)

    def structure(self, shape: Any) -> Write:
        if shape.is_document_type:
            return lambda value: value
        found = self.structures.get(shape.name)
        if found is not None:
            return found
        table: list[tuple[str, str, Write]] = []
        write = self.structures[shape.name] = structure_writer(table)
        for member, member_shape in shape.members.items():
            if not apart(member_shape):
                table.append((snake(member), wire_name(member_shape, member), self.writer(member_shape)))
        return write


def structure_writer(table: list[tuple[str, str, Write]]) -> Write:
    """A writer of the members in `table`: name, wire name, writer."""

    def write(value: Any) -> dict[str, Any]:
        out = {}
        if is_mapping(type(value)):
            for name, wire, member in table:
                one = value.get(name)
                if one is not None:
                    out[wire] = member(one)
            return out
        for name, wire, member in table:
            one = getattr(value, name, None)
            if one is not None:
                out[wire] = member(one)
        return out

    return write


def _as_is(value: Any) -> Any:
    """What is in the wire's form already: plain values, or `msgspec.Raw` where it is even encoded."""
    return value


def list_writer(item: Write) -> Write:
    return lambda value: [None if one is None else item(one) for one in value]


def map_writer(item: Write) -> Write:
    return lambda value: {_text(key): None if one is None else item(one) for key, one in value.items()}


def _text(value: Any) -> str:
    return value if type(value) is str else str(value)


def _number(value: Any) -> float | str:
    return value if isfinite(value) else scalars.float_to_text(value)


_JSON: dict[str, Write] = {
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": _number,
    "double": _number,
    "blob": scalars.blob_to_text,
}


def json_scalar(shape: Any) -> Write:
    """JSON's spelling of a scalar: epoch seconds, base64; NaN and the infinities are strings."""
    kind = shape.type_name
    if kind == "timestamp":
        return scalars.TIMESTAMP_WRITERS[timestamp_format(shape, "unixtimestamp")]
    return _JSON.get(kind, _text)


_CBOR: dict[str, Write] = {
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "blob": lambda value: value.encode() if type(value) is str else bytes(value),
}


def cbor_scalar(shape: Any) -> Write:
    """CBOR's: datetimes and bytes as they are."""
    if shape.type_name == "timestamp":
        return _milliseconds
    return _CBOR.get(shape.type_name, _text)


def _milliseconds(value: Any) -> datetime:
    at = scalars.as_datetime(value)
    return at.replace(microsecond=at.microsecond // 1000 * 1000)
