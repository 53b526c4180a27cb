"""Copies items: of a table into a backup, as they are at one moment, and of a backup into a new table.

A copy that a crash interrupts is begun again; the table of a restore is there only when it has all its items.
"""

from collections.abc import Callable
from datetime import datetime

from groundcloud.controllers import Outcome
from groundcloud.services.dynamodb import items
from groundcloud.services.dynamodb.keys import after
from groundcloud.services.dynamodb.records import Backup, Restore, Table
from groundcloud.services.dynamodb.schema import Schema, item_prefix
from groundcloud.store import Key, Store, Transaction
from groundcloud.store.erase import AT_ONCE, erase

Pairs = list[tuple[bytes, bytes]]


class Backups:
    """Implements `Controller` for backups."""

    name = "dynamodb.backups"
    kind = Backup

    def __init__(self, store: Store) -> None:
        self._store = store

    def reconcile(self, key: Key, wanted: Backup | None) -> Outcome:
        if wanted is None or wanted.status != "CREATING":
            return Outcome()
        erase(self._store, wanted.prefix, after(wanted.prefix))
        source = item_prefix(wanted.definition.table_id, 0)
        count = size = 0
        low = source
        with self._store.snapshot() as seen:  # one moment for all of it, however long the copy takes
            while pairs := seen.table.range(low, after(source), AT_ONCE, False):
                copied = [(wanted.prefix + place[len(source) :], data) for place, data in pairs]
                self._store.write(lambda tx, copied=copied: _set(tx, copied))  # type: ignore[misc]  # bound by default
                count += len(pairs)
                size += sum(int.from_bytes(data[:4], "big") for _, data in pairs)
                low = pairs[-1][0] + b"\0"
        return Outcome(write=lambda tx: self._settle(tx, key, count, size))

    def _settle(self, tx: Transaction, key: Key, count: int, size: int) -> None:
        found = tx.get(Backup, *key)
        if found is not None:
            found.status, found.item_count, found.size_bytes = "AVAILABLE", count, size
            tx.put(found)


def _set(tx: Transaction, pairs: Pairs) -> None:
    for place, data in pairs:
        tx.table.set(place, data)


class Restores:
    """Implements `Controller` for restores."""

    name = "dynamodb.restores"
    kind = Restore

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def reconcile(self, key: Key, wanted: Restore | None) -> Outcome:
        if wanted is None:
            return Outcome()
        schema = Schema(wanted.definition)
        account, region = wanted.account, wanted.region
        with self._store.snapshot() as tx:
            backup = tx.get(Backup, account, region, wanted.source_table, wanted.backup_id)
        if backup is not None:
            low = backup.prefix
            while low:
                low = self._copy(schema, backup.prefix, low)
        return Outcome(write=lambda tx: self._settle(tx, key))

    def _copy(self, schema: Schema, source: bytes, low: bytes) -> bytes:
        """Some items into the table and its indexes; where the next ones begin, or nothing."""

        def work(tx: Transaction) -> bytes:
            pairs = tx.table.range(low, after(source), AT_ONCE, False)
            for place, data in pairs:
                found = items.stored(data)
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
