"""What the items of a table were before each change, kept while point-in-time recovery is on.

An entry is written in the transaction of its change, under the time of it: the state at an earlier moment is the items
as they are with all later entries undone, newest first. So turning recovery on copies nothing.
"""

from datetime import datetime, timedelta

from groundcloud.services.dynamodb.errors import InvalidRestoreTime, NoPointInTimeRecovery
from groundcloud.services.dynamodb.keys import after
from groundcloud.services.dynamodb.records import Erasure, Export, Restore, Table
from groundcloud.store import Store, Transaction
from groundcloud.store.erase import AT_ONCE
from groundcloud.store.keys import pack

LONGEST = 35
"""Days that AWS keeps, where nothing else is said."""
_COUNTER = 0
_PLACE = 4
"""Bytes of the length of an item's place in an entry."""


def prefix_of(table_id: str, number: int) -> bytes:
    """Where the entries of a table lie; each time that recovery is turned on they have a new place (from 1 on)."""
    return pack(("dynamodb.history", table_id)) + number.to_bytes(4, "big")


def microseconds(moment: datetime) -> int:
    """A moment as entries are ordered by it."""
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond


def note(tx: Transaction, prefix: bytes, table: Table, place: bytes, start: int, now: datetime) -> None:
    """Keep what is at a place before it changes. `start` is the length of the places' own prefix. Entries stand in the
    order in which they were written, whatever the clock does."""
    counter = prefix_of(table.table_id, _COUNTER)
    last = tx.table.get(counter) or bytes(16)
    moment = max(microseconds(now), int.from_bytes(last[:8], "big"))
    position = moment.to_bytes(8, "big") + (int.from_bytes(last[8:], "big") + 1).to_bytes(8, "big")
    tx.table.set(counter, position)
    suffix = place[start:]
    tx.table.set(prefix + position, len(suffix).to_bytes(_PLACE, "big") + suffix + (tx.table.get(place) or b""))


def latest(tx: Transaction, table: Table, now: datetime) -> int:
    """The moment after which nothing has changed yet."""
    last = tx.table.get(prefix_of(table.table_id, _COUNTER)) or bytes(16)
    return max(microseconds(now), int.from_bytes(last[:8], "big"))


def undo(store: Store, seen: Transaction, table: Table, moment: int, target: bytes) -> None:
    """Bring a copy of the items, below `target`, to what they were at a moment. `seen` is the view that was copied."""
    prefix = prefix_of(table.table_id, table.history_number)
    low, high = prefix + (moment + 1).to_bytes(8, "big"), after(prefix)
    while pairs := seen.table.range(low, high, AT_ONCE, True):
        high = pairs[-1][0]
        store.write(lambda tx, pairs=pairs: _undo(tx, pairs, target))  # type: ignore[misc]  # bound by default


def _undo(tx: Transaction, pairs: list[tuple[bytes, bytes]], target: bytes) -> None:
    for _, entry in pairs:
        end = _PLACE + int.from_bytes(entry[:_PLACE], "big")
        place, data = target + entry[_PLACE:end], entry[end:]
        if data:
            tx.table.set(place, data)
        else:
            tx.table.delete(place)


def earliest(table: Table, now: datetime) -> datetime:
    """The first moment that can be restored, of a table that has recovery on."""
    assert table.history_since is not None
    return max(table.history_since, now - timedelta(days=table.history_days))


def moment_of(tx: Transaction, table: Table, wanted: datetime | None, now: datetime) -> int:
    """A moment to restore or export, the latest where none is wanted.

    Raises `PointInTimeRecoveryUnavailableException`, `InvalidRestoreTimeException`.
    """
    if table.history_since is None:
        raise NoPointInTimeRecovery(table_name=table.table_name)
    if wanted is None:
        return latest(tx, table, now)
    if not earliest(table, now) <= wanted <= now:
        raise InvalidRestoreTime()
    return microseconds(wanted)


def forget(tx: Transaction, table: Table) -> None:
    """Have the entries of a table removed."""
    prefix = prefix_of(table.table_id, table.history_number)
    tx.put(Erasure(low=prefix, high=after(prefix)))


def in_use(tx: Transaction, table: Table) -> bool:
    """Whether a restore or an export still reads a table's entries."""
    place = (table.account, table.region)
    return any(one.moment >= 0 and one.source_table == table.table_name for one in tx.scan(Restore, *place)) or any(
        one.status == "IN_PROGRESS" for one in tx.scan(Export, *place, table.table_name)
    )
