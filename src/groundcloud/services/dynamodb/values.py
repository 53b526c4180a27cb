"""Attribute values in the form of the wire, `{"S": "text"}`: checked, measured, compared.

Every value that a request brings goes through `check_item` or `check_value` once; what is stored has been there.
Sizes are those of "DynamoDB item sizes and formats" in the developer guide.
"""

from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from groundcloud.services.dynamodb import numbers
from groundcloud.services.dynamodb.errors import SerializationException, invalid, invalid_value

Value = dict[str, Any]
Item = dict[str, Value]

LARGEST_ITEM = 400 * 1024
DEEPEST = 32


def check_item(item: Any, what: str = "item") -> int:
    """Check an item's attributes and write their numbers as DynamoDB does; the item's size in bytes."""
    size = 0
    for name, value in item.items():
        if type(value) is dict and len(value) == 1:  # the usual case of `check_value`, without a call
            text = value.get("S")
            if type(text) is str:
                size += _length(name) + _length(text)
                continue
        size += _length(name) + check_value(value, 1)
    return size


def _length(text: str) -> int:
    if text.isascii():
        return len(text)
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        raise SerializationException(message="Strings must be valid Unicode") from None


def check_value(value: Any, depth: int = 1) -> int:
    """Check one value, write its numbers as DynamoDB does, and give its size."""
    if type(value) is not dict:
        raise SerializationException(message="Unexpected value type in payload")
    if len(value) != 1 or next(iter(value)) not in _CHECKS:
        value = _only(value)
    kind, inner = next(iter(value.items()))
    return _CHECKS[kind](value, inner, depth)


def _only(value: Value) -> Value:
    """A value with null and unknown members; just as many datatypes as one. It is brought to its plain form."""
    found = [kind for kind, inner in value.items() if kind in _CHECKS and inner is not None]
    if not found:
        raise invalid("Supplied AttributeValue is empty, must contain exactly one of the supported datatypes")
    if len(found) > 1:
        raise invalid(
            "Supplied AttributeValue has more than one datatypes set, "
            "must contain exactly one of the supported datatypes"
        )
    for kind in [kind for kind in value if kind != found[0]]:
        del value[kind]
    return value


def _wrong(value: Any, wanted: str) -> SerializationException:
    if type(value) is list:
        return SerializationException(message="Start of list found where not expected")
    if type(value) is dict:
        return SerializationException(message="Start of structure or map found where not expected")
    if value is None:
        return SerializationException(message=f"NULL_VALUE cannot be converted to {wanted}")
    names = {str: "STRING_VALUE", bool: str(value).upper() + "_VALUE", int: "NUMBER_VALUE", float: "DECIMAL_VALUE"}
    return SerializationException(message=f"{names[type(value)]} cannot be converted to {wanted}")


def _text(value: Value, inner: Any, depth: int) -> int:
    if type(inner) is not str:
        raise _wrong(inner, "String")
    return _length(inner)


def _number(value: Value, inner: Any, depth: int) -> int:
    if type(inner) is not str:
        raise _wrong(inner, "String")
    value["N"] = text = numbers.canonical(inner)
    return number_size(text)


def number_size(text: str) -> int:
    """About one byte for two significant digits, and one."""
    digits = text.replace(".", "").lstrip("-0").rstrip("0")
    return (len(digits) + 1) // 2 + 1 + text.startswith("-") if digits else 1


def _binary(value: Value, inner: Any, depth: int) -> int:
    if type(inner) is not str:
        raise _wrong(inner, "Blob")
    try:
        return len(b64decode(inner, validate=True))
    except (NoBase64, ValueError):
        raise SerializationException(
            message="Base64 encoded length is expected a multiple of 4 bytes but found: " + str(len(inner))
            if len(inner) % 4
            else "Invalid Base64 character in a binary value"
        ) from None


def _boolean(value: Value, inner: Any, depth: int) -> int:
    if type(inner) is not bool:
        raise _wrong(inner, "Boolean")
    return 1


def _null(value: Value, inner: Any, depth: int) -> int:
    if type(inner) is not bool:
        raise _wrong(inner, "Boolean")
    if not inner:
        raise invalid_value("Null attribute value types must have the value of true")
    return 1


def _set(kind: str, empty: str, check: Callable[[Value, Any, int], int]) -> Callable[[Value, Any, int], int]:
    def of(value: Value, inner: Any, depth: int) -> int:
        if type(inner) is not list:
            raise _wrong(inner, "a set")
        if not inner:
            raise invalid_value(empty)
        size = 0
        plain = []
        for one in inner:
            cell = {kind: one}
            size += check(cell, one, depth)
            plain.append(cell[kind])
        if len(set(plain)) != len(plain):
            shown = "" if kind == "B" else f" [{', '.join(inner)}]"
            raise invalid_value(f"Input collection{shown or ' of type BS'} contains duplicates.")
        value[kind + "S"] = plain
        return size

    return of


def _list(value: Value, inner: Any, depth: int) -> int:
    if type(inner) is not list:
        raise _wrong(inner, "a list")
    _check_depth(depth)
    return 3 + sum(1 + check_value(one, depth + 1) for one in inner)


def _map(value: Value, inner: Any, depth: int) -> int:
    if type(inner) is not dict:
        raise _wrong(inner, "a map")
    _check_depth(depth)
    return 3 + sum(1 + _length(name) + check_value(one, depth + 1) for name, one in inner.items())


def _check_depth(depth: int) -> None:
    if depth > DEEPEST:
        raise invalid(
            "Nesting Levels have exceeded supported limits: "
            "Attributes in the item have nested levels beyond supported limit"
        )


_CHECKS: dict[str, Callable[[Value, Any, int], int]] = {
    "S": _text,
    "N": _number,
    "B": _binary,
    "BOOL": _boolean,
    "NULL": _null,
    "SS": _set("S", "An string set  may not be empty", _text),
    "NS": _set("N", "An number set  may not be empty", _number),
    "BS": _set("B", "Binary sets should not be empty", _binary),
    "L": _list,
    "M": _map,
}


# -- comparing


def kind_of(value: Value) -> str:
    """The datatype's descriptor: S, N, B, ..."""
    return next(iter(value))


def equal(left: Value, right: Value) -> bool:
    """Whether two values are the same; the order of a set says nothing."""
    if left == right:
        return True
    kind, first = next(iter(left.items()))
    other, second = next(iter(right.items()))
    if kind != other:
        return False
    if kind in ("SS", "NS", "BS"):
        return set(first) == set(second)
    if kind == "L":
        return len(first) == len(second) and all(map(equal, first, second))
    if kind == "M":
        return first.keys() == second.keys() and all(equal(first[name], second[name]) for name in first)
    return False


def sort_key(value: Value) -> Any:
    """What the values of one kind are ordered by: bytes for S and B, the number for N; None for other kinds."""
    kind, inner = next(iter(value.items()))
    if kind == "S":
        return inner.encode()
    if kind == "N":
        return Decimal(inner)
    return b64decode(inner) if kind == "B" else None


def size_of(value: Value) -> int | None:
    """What `size()` says: bytes of S and B, elements of sets, lists and maps; None for others."""
    kind, inner = next(iter(value.items()))
    if kind == "S":
        return len(inner.encode())
    if kind == "B":
        return len(b64decode(inner))
    return len(inner) if kind in ("SS", "NS", "BS", "L", "M") else None


def item_size(item: Item) -> int:
    """The size of an item that has been checked."""
    return sum(len(name.encode()) + check_value(value) for name, value in item.items())
