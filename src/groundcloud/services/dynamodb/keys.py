"""Keys of items as bytes that sort as DynamoDB sorts: by a hash of the partition key, by the key itself, by sort key.

The hash in front is what a parallel scan divides among its segments. Strings sort by their UTF-8 bytes, numbers by
value, binaries as unsigned bytes (API reference, Query).
"""

from base64 import b64decode
from typing import Any, NamedTuple
from zlib import crc32

from groundcloud.services.dynamodb import numbers
from groundcloud.services.dynamodb.errors import invalid, invalid_value
from groundcloud.services.dynamodb.values import Item, Value, check_value, kind_of

LONGEST_HASH = 2048
LONGEST_RANGE = 1024


def element(kind: str, value: Any) -> bytes:
    """One key value as bytes that end by themselves."""
    if kind == "N":
        return numbers.ordered(value)
    return raw(kind, value).replace(b"\0", b"\0\xff") + b"\0"


def raw(kind: str, value: Any) -> bytes:
    """A string's or a binary's own bytes."""
    return value.encode() if kind == "S" else b64decode(value)


def prefixed(kind: str, value: Any) -> tuple[bytes, bytes]:
    """The range of all key values that begin with a string or with bytes."""
    low = raw(kind, value).replace(b"\0", b"\0\xff")
    return low, after(low)


def after(prefix: bytes) -> bytes:
    """The end of all byte strings that begin with `prefix`."""
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes((stripped[-1] + 1,)) if stripped else b"\xff" * (LONGEST_HASH * 2 + 8)


class KeyShape(NamedTuple):
    """The attributes of a key, their types, and where its entries are in the store."""

    prefix: bytes
    hash_name: str
    hash_type: str
    range_name: str = ""
    range_type: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return (self.hash_name, self.range_name) if self.range_name else (self.hash_name,)

    def partition(self, value: Value) -> bytes:
        """Where the items of one partition key begin."""
        encoded = element(self.hash_type, value[self.hash_type])
        return self.prefix + crc32(encoded).to_bytes(4, "big") + encoded

    def of(self, item: Item) -> bytes:
        """The place of an item that has the key's attributes."""
        encoded = element(self.hash_type, item[self.hash_name][self.hash_type])
        place = self.prefix + crc32(encoded).to_bytes(4, "big") + encoded
        if not self.range_name:
            return place
        return place + element(self.range_type, item[self.range_name][self.range_type])

    def of_index(self, item: Item) -> bytes | None:
        """The same in an index; None where the item lacks the attributes and so is not in it."""
        found = item.get(self.hash_name)
        if found is None or (self.range_name and self.range_name not in item):
            return None
        return self.of(item)

    def end(self) -> bytes:
        """The end of all entries."""
        return after(self.prefix)

    def segment(self, number: int, total: int) -> tuple[bytes, bytes]:
        """The part of a parallel scan's segment, by the hash of the partition key."""
        low = self.prefix + (number * 2**32 // total).to_bytes(4, "big")
        if number + 1 == total:
            return low, self.end()
        return low, self.prefix + ((number + 1) * 2**32 // total).to_bytes(4, "big")

    def pick(self, item: Item) -> Item:
        """The key's attributes of an item."""
        if self.range_name:
            return {self.hash_name: item[self.hash_name], self.range_name: item[self.range_name]}
        return {self.hash_name: item[self.hash_name]}

    # -- checks

    def check_item(self, item: Item) -> None:
        """An item to store has its key. Raises `ValidationException`."""
        for name, kind in ((self.hash_name, self.hash_type), (self.range_name, self.range_type)):
            if not name:
                continue
            value = item.get(name)
            if value is None:
                raise invalid_value(f"Missing the key {name} in the item")
            if kind not in value:
                raise invalid_value(f"Type mismatch for key {name} expected: {kind} actual: {kind_of(value)}")
            self._check_length(name, kind, value)

    def check_key(self, key: Item) -> None:
        """A key has just the key's attributes, which are checked here. Raises `ValidationException`."""
        if len(key) != (2 if self.range_name else 1):
            raise invalid("The provided key element does not match the schema")
        for name, kind in ((self.hash_name, self.hash_type), (self.range_name, self.range_type)):
            if not name:
                continue
            value = key.get(name)
            if value is None:
                raise invalid("The provided key element does not match the schema")
            check_value(value)
            if kind not in value:
                raise invalid("The provided key element does not match the schema")
            self._check_length(name, kind, value)

    def _check_length(self, name: str, kind: str, value: Value) -> None:
        if kind == "N":
            return
        inner = value[kind]
        if not inner:
            what = "string" if kind == "S" else "binary"
            raise invalid(
                "One or more parameter values are not valid. "
                f"The AttributeValue for a key attribute cannot contain an empty {what} value. Key: {name}"
            )
        if len(inner) > 255:
            check_key_length(len(raw(kind, inner)), name == self.hash_name)


def check_key_length(length: int, is_hash: bool) -> None:
    if is_hash and length > LONGEST_HASH:
        raise invalid_value(f"Size of hashkey has exceeded the maximum size limit of{LONGEST_HASH} bytes")
    if not is_hash and length > LONGEST_RANGE:
        raise invalid_value(f"Aggregated size of all range keys has exceeded the size limit of {LONGEST_RANGE} bytes")
