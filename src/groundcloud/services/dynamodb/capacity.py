"""Capacity units as DynamoDB counts them, and how answers show them.

Source: "DynamoDB provisioned capacity mode" in the developer guide: a write unit for each KB begun, a read unit for
each 4 KB begun, half as much for eventually consistent reads, twice as much in transactions.
"""

from collections.abc import Mapping
from typing import Any

from groundcloud.services.dynamodb.items import entry
from groundcloud.services.dynamodb.schema import Schema
from groundcloud.services.dynamodb.values import Item


def read_units(size: int, consistent: bool) -> float:
    """Units of a read of so many bytes; looking for nothing costs one step too."""
    steps = max(1, -(-size // 4096))
    return float(steps) if consistent else steps / 2


def write_units(size: int) -> float:
    return float(max(1, -(-size // 1024)))


def index_write_units(schema: Schema, place: bytes, old: Item | None, new: Item | None) -> dict[str, float]:
    """What a write costs in each index: one write to add, remove or change an entry, two to move it."""
    found: dict[str, float] = {}
    for index in schema.indexes:
        before = entry(index, place, old, len(schema.key.prefix))
        now = entry(index, place, new, len(schema.key.prefix))
        if before == now:
            continue
        sizes = [one.size for one in (before, now) if one is not None]
        moved = before is not None and now is not None and before.place != now.place
        found[index.name] = sum(map(write_units, sizes)) if moved else write_units(max(sizes))
    return found


def shown(
    schema: Schema, wanted: str, units: float, indexes: Mapping[str, float] = {}, table_units: float | None = None
) -> dict[str, Any] | None:
    """ConsumedCapacity in the detail that was asked for (NONE, TOTAL, INDEXES)."""
    if wanted not in ("TOTAL", "INDEXES"):
        return None
    found: dict[str, Any] = {"table_name": schema.table.table_name, "capacity_units": units + sum(indexes.values())}
    if wanted == "INDEXES":
        found["table"] = {"capacity_units": units if table_units is None else table_units}
        for local, member in ((True, "local_secondary_indexes"), (False, "global_secondary_indexes")):
            of_kind = {
                name: {"capacity_units": one}
                for name, one in indexes.items()
                if schema.by_name[name].index.local is local
            }
            if of_kind:
                found[member] = of_kind
    return found
