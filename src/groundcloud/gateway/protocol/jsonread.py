"""Reading JSON values by the model: for json and rest-json bodies, event payloads, and (decoded) for CBOR.

Types are checked as AWS's servers do; unknown members are ignored, null members are absent.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from groundcloud.gateway.protocol import scalars
from groundcloud.gateway.protocol.errors import Malformed
from groundcloud.gateway.protocol.values import Read, apart, wire_name
from groundcloud.names import snake

MAX_DEPTH = 128
_decode = msgspec.json.Decoder().decode
_NAMES = {str: "STRING_VALUE", int: "NUMBER_VALUE", float: "NUMBER_VALUE", bool: "TRUE_VALUE"}


def decode(body: bytes) -> Any:
    """A JSON document as plain values; no deeper than MAX_DEPTH."""
    try:
        value = _decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise Malformed("Could not parse the request body as JSON") from None
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        check_depth(value)
    return value


def check_depth(value: Any) -> None:
    """Refuse nesting beyond MAX_DEPTH, level by level and so without recursion."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        below: list[Any] = []
        for one in level:  # plain loops: a batch of ten thousand events passes here
            kind = type(one)
            for item in one.values() if kind is dict else one if kind is list else ():
                inner = type(item)
                if inner is dict or inner is list:
                    below.append(item)
        if not below:
            return
        level = below
    raise Malformed("The request body is nested too deeply")


def unexpected(value: Any, wanted: str) -> Malformed:
    """What AWS's servers say of a value of another type."""
    if type(value) is list:
        return Malformed("Start of list found where not expected")
    if type(value) is dict:
        return Malformed("Start of structure or map found where not expected")
    name = "FALSE_VALUE" if value is False else _NAMES.get(type(value), "NULL_VALUE")
    return Malformed(f"{name} can not be converted to {wanted}")


class JsonReaders:
    """Compiles shapes of one service to readers of decoded JSON; structures are shared and may be recursive."""

    def __init__(self, as_is: frozenset[str] = frozenset()) -> None:
        self.structures: dict[str, Read] = {}
        self.as_is = as_is

    def reader(self, shape: Any) -> Read:
        """The reader of one shape."""
        kind = shape.type_name
        if shape.name in self.as_is:
            return array_as_is if kind == "list" else object_as_is
        if kind == "structure":
            return self.structure(shape)
        if kind == "list":
            return list_reader(self.reader(shape.member), sparse(shape))
        if kind == "map":
            return map_reader(self.reader(shape.value), sparse(shape))
        return self.scalar(shape)

    def scalar(self, shape: Any) -> Read:
        kind = shape.type_name
        if kind in scalars.RANGES:
            return integer_reader(*scalars.RANGES[kind])
        return SCALARS.get(kind, string)

    def structure(self, shape: Any) -> Read:
        if shape.is_document_type:
            return lambda value: value
        found = self.structures.get(shape.name)
        if found is not None:
            return found
        table: dict[str, tuple[str, Read]] = {}
        read = self.structures[shape.name] = structure_reader(table)
        self.fill(table, shape)
        return read

    def fill(self, table: dict[str, tuple[str, Read]], shape: Any) -> None:
        for member, member_shape in shape.members.items():
            if apart(member_shape):
                continue
            table[wire_name(member_shape, member)] = (snake(member), self.reader(member_shape))


def object_as_is(value: Any) -> dict[str, Any]:
    """An object whose inside is the service's to read."""
    if type(value) is dict:
        return value
    raise unexpected(value, "a structure")


def array_as_is(value: Any) -> list[Any]:
    """A list whose inside is the service's to read."""
    if type(value) is list:
        return value
    raise unexpected(value, "a list")


def sparse(shape: Any) -> bool:
    """Whether the model lets null stand in a list or map (botocore keeps the trait only in its raw model)."""
    return bool(shape._shape_model.get("sparse"))


def structure_reader(table: dict[str, tuple[str, Read]]) -> Read:
    """A reader of the members in `table`: wire name to name and reader."""

    def read(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise unexpected(value, "a structure")
        out = {}
        for wire, item in value.items():
            entry = table.get(wire)
            if entry is not None and item is not None:
                out[entry[0]] = entry[1](item)
        return out

    return read


def list_reader(item: Read, nulls: bool) -> Read:
    """A reader of lists; null items only where the model has them."""

    def read(value: Any) -> list[Any]:
        if type(value) is not list:
            raise unexpected(value, "a list")
        if None in value:
            if not nulls:
                raise Malformed("NULL_VALUE found in a list where not expected")
            return [None if one is None else item(one) for one in value]
        return [item(one) for one in value]

    return read


def map_reader(item: Read, nulls: bool) -> Read:
    """A reader of maps; the keys are the user's own."""

    def read(value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise unexpected(value, "a map")
        out = {}
        for key, one in value.items():
            if type(key) is not str:
                raise unexpected(key, "a String")
            if one is not None:
                out[key] = item(one)
            elif nulls:
                out[key] = None
        return out

    return read


def string(value: Any) -> str:
    if type(value) is str:
        return value
    raise unexpected(value, "a String")


def integer_reader(low: int, high: int) -> Callable[[Any], int]:
    """A reader of integers in a range; 5.0 is an integer, 5.5 is none."""

    def read(value: Any) -> int:
        if type(value) is float and value.is_integer():
            value = int(value)
        if type(value) is int and low <= value <= high:
            return value
        raise unexpected(value, "an Integer" if high < 2**32 else "a Long")

    return read


def number(value: Any) -> float:
    """A float; NaN and the infinities are strings in JSON."""
    if type(value) is float:
        return value
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            raise unexpected(value, "a Double") from None
    if type(value) is str and value in ("NaN", "Infinity", "-Infinity"):
        return float(value)
    raise unexpected(value, "a Double")


def boolean(value: Any) -> bool:
    if type(value) is bool:
        return value
    raise unexpected(value, "a Boolean")


def blob(value: Any) -> bytes:
    if type(value) is str:
        return scalars.blob_from_text(value)
    if type(value) is bytes:
        return value  # CBOR
    raise unexpected(value, "a Blob")


def timestamp(value: Any) -> datetime:
    if type(value) is int or type(value) is float:
        return scalars.timestamp_from_number(value)
    if type(value) is str:
        return scalars.timestamp_from_text(value)
    if isinstance(value, datetime):
        return value  # CBOR
    raise unexpected(value, "a Timestamp")


SCALARS: dict[str, Read] = {
    "string": string,
    "character": string,
    "float": number,
    "double": number,
    "boolean": boolean,
    "blob": blob,
    "timestamp": timestamp,
}
