"""One write of one item inside a transaction: read what is there, ask the condition, store, follow with the indexes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from groundcloud.services.dynamodb import capacity, items
from groundcloud.services.dynamodb.errors import ConditionalCheckFailed, invalid_value
from groundcloud.services.dynamodb.keys import after
from groundcloud.services.dynamodb.requests import Document, Holds
from groundcloud.services.dynamodb.schema import Schema
from groundcloud.services.dynamodb.values import Item, check_item, equal
from groundcloud.store import Transaction


class Write(NamedTuple):
    """What a call wants done to one item. `item` is set by a put, `change` by an update; neither by a delete."""

    item: Item | None = None
    size: int = 0
    change: Callable[[Item], Item] | None = None
    key: Item | None = None
    condition: Holds | None = None
    return_old_on_failure: str = "NONE"
    checks_only: bool = False


class Written(NamedTuple):
    """What a write found and left."""

    place: bytes
    old: Item | None
    new: Item | None
    old_size: int
    new_size: int


def place_of(schema: Schema, wanted: Write) -> bytes:
    """Where the item is. Raises `ValidationException` for a key that is not the table's."""
    if wanted.item is not None:
        schema.key.check_item(wanted.item)
        return schema.key.of(wanted.item)
    assert wanted.key is not None
    schema.key.check_key(wanted.key)
    return schema.key.of(wanted.key)


def perform(tx: Transaction, schema: Schema, wanted: Write, look: bool, now: datetime) -> Written:
    """Do it. `look` says that the answer needs the old item. Raises `ConditionalCheckFailedException`, and what
    throttling answers."""
    if schema.meter is None:
        return _perform(tx, schema, wanted, look, now)
    schema.meter.admit_write()
    written = _perform(tx, schema, wanted, True, now)
    units = capacity.write_units(max(written.old_size, written.new_size))
    schema.meter.charge_write(units, capacity.index_write_units(schema, written.place, written.old, written.new))
    return written


def _perform(tx: Transaction, schema: Schema, wanted: Write, look: bool, now: datetime) -> Written:
    place = place_of(schema, wanted)
    plain_put = wanted.item is not None and wanted.condition is None and not schema.needs_old and not look
    found = None if plain_put else items.get(tx, schema, place)
    old = found.item if found is not None else None
    old_size = found.size if found is not None else 0
    if wanted.condition is not None and not wanted.condition(old or {}):
        shown = wanted.return_old_on_failure == "ALL_OLD" and old is not None
        raise ConditionalCheckFailed(**({"item": old} if shown else {}))
    if wanted.checks_only:
        return Written(place, old, old, old_size, old_size)
    if wanted.item is not None:
        return _put(tx, schema, place, wanted.item, wanted.size, old, old_size, now)
    if wanted.change is not None:
        return _update(tx, schema, place, wanted, old, old_size, now)
    if old is not None:
        items.remove(tx, schema, place, old, now)
    return Written(place, old, None, old_size, 0)


def _put(
    tx: Transaction,
    schema: Schema,
    place: bytes,
    item: Item,
    size: int,
    old: Item | None,
    old_size: int,
    now: datetime,
) -> Written:
    items.check_size(size)
    for index in schema.indexes:
        index.check(item)
    items.put(tx, schema, place, item, size, old, now)
    return Written(place, old, item, old_size, size)


def _update(
    tx: Transaction, schema: Schema, place: bytes, wanted: Write, old: Item | None, old_size: int, now: datetime
) -> Written:
    assert wanted.change is not None
    assert wanted.key is not None
    base = old if old is not None else wanted.key
    new = wanted.change(base)
    for name in schema.key.names:
        value = new.get(name)
        if value is None or not equal(value, wanted.key[name]):
            raise invalid_value(f"Cannot update attribute {name}. This attribute is part of the key")
    size = check_item(new)
    items.check_size(size, update=True)
    for index in schema.indexes:
        index.check(new)
    items.put(tx, schema, place, new, size, old, now)
    return Written(place, old, new, old_size, size)


def written_units(schema: Schema, written: Written, wanted: str) -> Document | None:
    """ConsumedCapacity of one write: what the larger of the two items costs, and each index."""
    if wanted == "NONE":
        return None
    units = capacity.write_units(max(written.old_size, written.new_size))
    indexes = capacity.index_write_units(schema, written.place, written.old, written.new)
    return capacity.shown(schema, wanted, units, indexes)


def collection_metrics(tx: Transaction, schema: Schema, item: Item, wanted: str) -> Document | None:
    """ItemCollectionMetrics: the size of the partition, where the table has a local index."""
    if wanted != "SIZE" or not any(index.index.local for index in schema.indexes):
        return None
    name = schema.key.hash_name
    total = 0
    shapes = [schema.key, *(index.key for index in schema.indexes if index.index.local)]
    for shape in shapes:
        low = shape.partition(item[name])
        high = after(low)
        while pairs := tx.table.range(low, high, 256, False):
            total += sum(int.from_bytes(data[:4], "big") for _, data in pairs)
            low = pairs[-1][0] + b"\0"
    gigabytes = total // 2**30
    return {
        "item_collection_key": {name: item[name]},
        "size_estimate_range_gb": [float(gigabytes), float(gigabytes + 1)],
    }


def changed_attributes(before: Item | None, after_: Item | None, paths: list[Any] | None, wanted: str) -> Item | None:
    """ReturnValues' UPDATED_OLD and UPDATED_NEW: what the update's paths name, in the item before or after it."""
    from groundcloud.services.dynamodb.expressions.paths import project

    source = before if wanted == "UPDATED_OLD" else after_
    return project(source, paths or []) if source is not None else None
