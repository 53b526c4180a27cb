"""Copies items: of a table into a backup, as they are at one moment, and of a backup into a new table.

A copy that a crash interrupts is begun again; the table of a restore is there only when it has all its items.
"""

from collections.abc import Callable
from datetime import datetime

from groundcloud.controllers import Outcome
from groundcloud.services.dynamodb import items
from groundcloud.services.dynamodb.encryption import TableKeys
from groundcloud.services.dynamodb.history import undo
from groundcloud.services.dynamodb.keys import after
from groundcloud.services.dynamodb.records import Backup, Erasure, Restore, Table
from groundcloud.services.dynamodb.schema import Schema, item_prefix
from groundcloud.store import Key, Store, Transaction
from groundcloud.store.erase import AT_ONCE, erase
from groundcloud.store.keys import after_prefix, pack

_LOOK_EVERY = 86_400.0
Pairs = list[tuple[bytes, bytes]]


class Backups:
    """Implements `Controller` for backups."""

    name = "dynamodb.backups"
    kind = Backup

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def reconcile(self, key: Key, wanted: Backup | None) -> Outcome:
        if wanted is None:
            return Outcome()
        if wanted.status != "CREATING":
            return self._until_its_end(wanted)
        count, size = copy_items(self._store, wanted.definition, wanted.prefix)
        return Outcome(write=lambda tx: self._settle(tx, key, count, size))

    def _until_its_end(self, wanted: Backup) -> Outcome:
        if wanted.expires is None:
            return Outcome()
        left = (wanted.expires - self._clock()).total_seconds()
        if left > 0:
            return Outcome(again=min(left, _LOOK_EVERY))

        def work(tx: Transaction) -> None:
            tx.delete(wanted)
            tx.put(Erasure(low=wanted.prefix, high=after(wanted.prefix)))

        return Outcome(write=work)

    def _settle(self, tx: Transaction, key: Key, count: int, size: int) -> None:
        found = tx.get(Backup, *key)
        if found is not None:
            found.status, found.item_count, found.size_bytes = "AVAILABLE", count, size
            tx.put(found)
            if found.expires is not None:
                low = pack(("dynamodb.item", found.definition.table_id))
                tx.put(Erasure(low=low, high=after_prefix(low)))


def copy_items(store: Store, table: Table, target: bytes, moment: int = -1) -> tuple[int, int]:
    """Copy a table's items below `target`, as they are or were at one moment (microseconds since 1970); how many the
    table has now, and their bytes. What a copy that was interrupted has left is removed."""
    erase(store, target, after(target))
    source = item_prefix(table.table_id, 0)
    count = size = 0
    low = source
    with store.snapshot() as seen:  # one view for all of it, however long the copy takes
        while pairs := seen.table.range(low, after(source), AT_ONCE, False):
            copied = [(target + place[len(source) :], data) for place, data in pairs]
            store.write(lambda tx, copied=copied: _set(tx, copied))  # type: ignore[misc]  # bound by default
            count += len(pairs)
            size += sum(int.from_bytes(data[:4], "big") for _, data in pairs)
            low = pairs[-1][0] + b"\0"
        if moment >= 0:
            undo(store, seen, table, moment, target)
    return count, size


def _set(tx: Transaction, pairs: Pairs) -> None:
    for place, data in pairs:
        tx.table.set(place, data)


class Restores:
    """Implements `Controller` for restores."""

    name = "dynamodb.restores"
    kind = Restore

    def __init__(self, store: Store, clock: Callable[[], datetime], keys: TableKeys) -> None:
        self._store = store
        self._clock = clock
        self._keys = keys

    def reconcile(self, key: Key, wanted: Restore | None) -> Outcome:
        if wanted is None or wanted.import_id:
            return Outcome()
        account, region = wanted.account, wanted.region
        with self._store.snapshot() as tx:
            backup = tx.get(Backup, account, region, wanted.source_table, wanted.backup_id)
            table = tx.get(Table, account, region, wanted.source_table)
        old = backup.definition if backup is not None else table
        schemas = [Schema(one).under(self._keys.cipher(one)) for one in (old, wanted.definition) if one is not None]
        scratch = pack(("dynamodb.restored", wanted.definition.table_id))
        source = backup.prefix if backup is not None else b""
        if wanted.moment >= 0 and table is not None:
            source = scratch
            copy_items(self._store, table, source, wanted.moment)
        low = source
        while low:
            low = self._copy(schemas[0], schemas[-1], source, low)
        if source == scratch:
            erase(self._store, scratch, after(scratch))
        return Outcome(write=lambda tx: self._settle(tx, key))

    def _copy(self, old: Schema, schema: Schema, source: bytes, low: bytes) -> bytes:
        """Some items, as `old` opens them, into the table and its indexes; where the next ones begin, or nothing."""

        def work(tx: Transaction) -> bytes:
            pairs = tx.table.range(low, after(source), AT_ONCE, False)
            for place, data in pairs:
                found = items.stored(old, data)
                at = schema.key.prefix + place[len(source) :]
                items.put(tx, schema, at, found.item, found.size, None, self._clock())
            return pairs[-1][0] + b"\0" if len(pairs) == AT_ONCE else b""

        return self._store.write(work)

    def _settle(self, tx: Transaction, key: Key) -> None:
        found = tx.get(Restore, *key)
        if found is not None:
            if tx.get(Table, *key) is None:
                tx.put(found.definition)
            tx.delete(found)
