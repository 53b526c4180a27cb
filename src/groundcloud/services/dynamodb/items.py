"""Items in the store: one entry under the table's key, one under the key of each index that the item is in.

An entry is the item's size in four bytes and the item as JSON in the wire's form, so that an answer that wants the
whole item copies bytes; in an encrypted table the schema closes and opens the document.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from groundcloud.services.dynamodb.errors import invalid
from groundcloud.services.dynamodb.history import note
from groundcloud.services.dynamodb.schema import IndexShape, Schema
from groundcloud.services.dynamodb.streams import note_change
from groundcloud.services.dynamodb.values import LARGEST_ITEM, Item, item_size
from groundcloud.store import Transaction

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, dict[str, Any]]).decode


class Stored(NamedTuple):
    """An entry as it was read."""

    size: int
    document: bytes

    @property
    def item(self) -> Item:
        return _decode(self.document)

    @property
    def raw(self) -> msgspec.Raw:
        return msgspec.Raw(self.document)


def stored(schema: Schema, data: bytes) -> Stored:
    return Stored(int.from_bytes(data[:4], "big"), schema.opened(data))


def get(tx: Transaction, schema: Schema, place: bytes) -> Stored | None:
    """The item at a place."""
    data = tx.table.get(place)
    return None if data is None else Stored(int.from_bytes(data[:4], "big"), schema.opened(data))


def check_size(size: int, update: bool = False) -> None:
    """Raises `ValidationException` for an item above 400 KB."""
    if size > LARGEST_ITEM:
        to_update = " to update" if update else ""
        raise invalid(f"Item size{to_update} has exceeded the maximum allowed size")


def put(tx: Transaction, schema: Schema, place: bytes, item: Item, size: int, old: Item | None, now: datetime) -> None:
    """Store an item. `old` is what was there; where the schema does not need it, it may be left out."""
    if schema.history:
        note(tx, schema.history, schema.table, place, len(schema.key.prefix), now)
    tx.table.set(place, schema.kept(size, _encode(item)))
    if schema.needs_old:
        _follow_all(tx, schema, place, old, item)
        note_change(tx, schema, old, item, now)


def remove(tx: Transaction, schema: Schema, place: bytes, old: Item, now: datetime, expired: bool = False) -> None:
    """Remove an item that is there. `expired` says in the stream that time to live did it."""
    if schema.history:
        note(tx, schema.history, schema.table, place, len(schema.key.prefix), now)
    tx.table.delete(place)
    if schema.needs_old:
        _follow_all(tx, schema, place, old, None)
        note_change(tx, schema, old, None, now, expired)


def _follow_all(tx: Transaction, schema: Schema, place: bytes, old: Item | None, new: Item | None) -> None:
    for index in schema.indexes:
        _follow(tx, schema, index, place, old, new)
    if schema.ttl_prefix:
        before, now = ttl_entry(schema, place, old), ttl_entry(schema, place, new)
        if before is not None and before != now:
            tx.table.delete(before)
        if now is not None and before != now:
            tx.table.set(now, b"")


def ttl_entry(schema: Schema, place: bytes, item: Item | None) -> bytes | None:
    """An item's place in the order of ends; None where its attribute is no number of seconds."""
    value = item.get(schema.table.ttl_attribute) if item is not None else None
    if value is None or "N" not in value:
        return None
    seconds = int(Decimal(value["N"]))
    if not 0 <= seconds < 2**63:
        return None
    return schema.ttl_prefix + seconds.to_bytes(8, "big") + place[len(schema.key.prefix) :]


class Entry(NamedTuple):
    """What an index holds of an item, and where."""

    place: bytes
    size: int
    document: bytes


def entry(index: IndexShape, place: bytes, item: Item | None, prefix: int) -> Entry | None:
    """An item's entry in an index: behind the index's key stands the table's, less its prefix."""
    at = None if item is None else index.key.of_index(item)
    if at is None or item is None:
        return None
    kept = index.project(item)
    return Entry(at + place[prefix:], item_size(kept), _encode(kept))


def _follow(
    tx: Transaction, schema: Schema, index: IndexShape, place: bytes, old: Item | None, new: Item | None
) -> None:
    prefix = len(schema.key.prefix)
    before, now = entry(index, place, old, prefix), entry(index, place, new, prefix)
    if before == now:
        return
    if before is not None and (now is None or before.place != now.place):
        tx.table.delete(before.place)
    if now is not None:
        put_entry(tx, schema, now)


def put_entry(tx: Transaction, schema: Schema, made: Entry) -> None:
    tx.table.set(made.place, schema.kept(made.size, made.document))
