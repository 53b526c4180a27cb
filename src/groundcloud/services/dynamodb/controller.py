"""What happens to tables by itself: back-fill of new indexes, removal of old ones, time to live, counts.

All of it in short transactions, so that calls get their turn in between.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from groundcloud.controllers import Outcome
from groundcloud.errors import AwsError
from groundcloud.services.dynamodb import history, items
from groundcloud.services.dynamodb.cipher import CLOSED, Cipher
from groundcloud.services.dynamodb.encryption import TableKeys
from groundcloud.services.dynamodb.keys import after
from groundcloud.services.dynamodb.records import Stream, Table
from groundcloud.services.dynamodb.schema import Schema, find_schema, item_prefix
from groundcloud.services.dynamodb.streams import KEPT, prefix_of, time_of
from groundcloud.store import Key, Store, Transaction
from groundcloud.store.erase import erase

_AT_ONCE = 200
"""Entries in one transaction."""
_COUNT_EVERY = timedelta(hours=6)
"""AWS: "DynamoDB updates this value approximately every six hours"."""
_EXPIRE_EVERY = 10.0
_LOOK_EVERY = 60.0
"""How often the key of an encrypted table is tried."""
_TRIM_EVERY = 3600.0
_LONGEST_RESTORE = timedelta(days=1)
"""A restore that has begun may still need what has just gone out of reach."""
_GRACE = timedelta(days=5 * 365)
"""Items that ended longer ago are left alone (developer guide, "Time to Live": formatting the attribute)."""


class Streams:
    """Removes what streams have kept for a day, and then the streams that have ended."""

    name = "dynamodb.streams"
    kind = Stream

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def reconcile(self, key: Key, wanted: Stream | None) -> Outcome:
        if wanted is None:
            return Outcome()
        prefix = prefix_of(wanted.table_id, wanted.number)
        oldest = (self._clock() - KEPT).timestamp()
        if wanted.ended is not None and wanted.ended.timestamp() <= oldest:
            erase(self._store, prefix, after(prefix))
            return Outcome(write=lambda tx: tx.delete(wanted))

        def trim(tx: Transaction) -> int:
            pairs = tx.table.range(prefix, after(prefix), _AT_ONCE, False)
            old = [place for place, data in pairs if time_of(data) < oldest]
            for place in old:
                tx.table.delete(place)
            return len(old)

        while self._store.write(trim) == _AT_ONCE:
            pass
        return Outcome(again=_TRIM_EVERY)


class Histories:
    """Removes earlier states of items that point-in-time recovery no longer reaches."""

    name = "dynamodb.histories"
    kind = Table

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def reconcile(self, key: Key, wanted: Table | None) -> Outcome:
        if wanted is None or wanted.history_since is None:
            return Outcome()
        prefix = history.prefix_of(wanted.table_id, wanted.history_number)
        oldest = self._clock() - timedelta(days=wanted.history_days) - _LONGEST_RESTORE
        erase(self._store, prefix, prefix + history.microseconds(oldest).to_bytes(8, "big"))
        return Outcome(again=_TRIM_EVERY)


class Tables:
    """Brings tables to what their records say."""

    name = "dynamodb.tables"
    kind = Table

    def __init__(self, store: Store, clock: Callable[[], datetime], keys: TableKeys) -> None:
        self._store = store
        self._clock = clock
        self._keys = keys

    def reconcile(self, key: Key, wanted: Table | None) -> Outcome:
        if wanted is None:
            return Outcome()
        again = _COUNT_EVERY.total_seconds()
        try:
            cipher = self._keys.cipher(wanted)
        except AwsError:
            return self._inaccessible(wanted)
        if wanted.encryption is not None:
            again = _LOOK_EVERY
            if wanted.encryption.pending:
                for number in (0, *(index.number for index in wanted.secondary_indexes)):
                    self._encrypt(item_prefix(wanted.table_id, number), cipher)
        for index in wanted.secondary_indexes:
            if index.status == "CREATING":
                self._walk(wanted, cipher, partial(_fill, index.index_name))
            elif index.status == "DELETING":
                prefix = item_prefix(wanted.table_id, index.number)
                erase(self._store, prefix, after(prefix))
        if wanted.ttl_enabled:
            if not wanted.ttl_indexed:
                self._walk(wanted, cipher, _order)
            while self._expire(wanted, cipher) == _AT_ONCE:
                pass
            again = _EXPIRE_EVERY
        counts = self._counts(wanted) if self._is_due(wanted) else None
        return Outcome(write=lambda tx: self._settle(tx, wanted, counts), again=again)

    def _inaccessible(self, seen: Table) -> Outcome:
        """Nothing can be done for a table whose key cannot be used, but to note since when."""

        def work(tx: Transaction) -> None:
            table = tx.get(Table, seen.account, seen.region, seen.table_name)
            if table is not None and table.encryption is not None and table.encryption.inaccessible_since is None:
                table.encryption.inaccessible_since = self._clock().replace(microsecond=0)
                tx.put(table)

        return Outcome(write=work, again=_LOOK_EVERY)

    def _encrypt(self, low: bytes, cipher: Cipher | None) -> None:
        """Encrypt what lies below a prefix as it came, before its table had a key."""
        assert cipher is not None
        high = after(low)

        def work(tx: Transaction) -> bytes:
            pairs = tx.table.range(low, high, _AT_ONCE, False)
            for place, data in pairs:
                if data[4] != CLOSED:
                    tx.table.set(place, data[:4] + cipher.close(data[4:]))
            return pairs[-1][0] + b"\0" if len(pairs) == _AT_ONCE else b""

        while low:
            low = self._store.write(work)

    def _is_due(self, table: Table) -> bool:
        return self._clock() - (table.counted or table.created) >= _COUNT_EVERY

    def _settle(self, tx: Transaction, seen: Table, counts: dict[int, tuple[int, int]] | None) -> None:
        """Write down what was done; what has changed meanwhile is looked at again."""
        table = tx.get(Table, seen.account, seen.region, seen.table_name)
        if table is None or table.table_id != seen.table_id:
            return
        filled = {index.number for index in seen.secondary_indexes if index.status == "CREATING"}
        gone = {index.number for index in seen.secondary_indexes if index.status == "DELETING"}
        table.secondary_indexes = [index for index in table.secondary_indexes if index.number not in gone]
        for index in table.secondary_indexes:
            if index.number in filled and index.status == "CREATING":
                index.status = "ACTIVE"
        if table.encryption is not None and seen.encryption is not None:
            table.encryption.inaccessible_since = None
            table.encryption.pending = table.encryption.pending and not seen.encryption.pending
        if table.ttl_number == seen.ttl_number and seen.ttl_enabled:
            table.ttl_indexed = True
        if counts is not None:
            table.counted = self._clock().replace(microsecond=0)
            table.item_count, table.size_bytes = counts[0]
            for index in table.secondary_indexes:
                index.item_count, index.size_bytes = counts.get(index.number, (0, 0))
        tx.put(table)

    def _schema(self, tx: Transaction, seen: Table, cipher: Cipher | None) -> Schema | None:
        """The table as it is now; one whose key is new since it was looked at waits for the next look."""
        found = find_schema(tx, seen.account, seen.region, seen.table_name)
        if found is None or (found.table.encryption is not None and cipher is None):
            return None
        return found.under(cipher)

    def _walk(
        self, seen: Table, cipher: Cipher | None,
        visit: Callable[[Transaction, Schema, bytes, items.Stored], None],
    ) -> None:  # fmt: skip
        """Visit every item of a table, a little at a time; the table is read anew each time."""
        position = b""

        def work(tx: Transaction) -> bytes:
            schema = self._schema(tx, seen, cipher)
            if schema is None:
                return b""
            low = position + b"\0" if position else schema.key.prefix
            pairs = tx.table.range(low, schema.key.end(), _AT_ONCE, False)
            for place, data in pairs:
                visit(tx, schema, place, items.stored(schema, data))
            return pairs[-1][0] if len(pairs) == _AT_ONCE else b""

        while position := self._store.write(work):
            pass

    def _expire(self, seen: Table, cipher: Cipher | None) -> int:
        """Remove some items whose time has come; how many were looked at."""
        now = int(self._clock().timestamp())
        oldest = max(0, now - int(_GRACE.total_seconds()))

        def work(tx: Transaction) -> int:
            schema = self._schema(tx, seen, cipher)
            if schema is None or not schema.ttl_prefix:
                return 0
            low = schema.ttl_prefix + oldest.to_bytes(8, "big")
            high = schema.ttl_prefix + now.to_bytes(8, "big")
            pairs = tx.table.range(low, high, _AT_ONCE, False)
            for entry, _ in pairs:
                place = schema.key.prefix + entry[len(schema.ttl_prefix) + 8 :]
                found = items.get(tx, schema, place)
                if found is not None:
                    items.remove(tx, schema, place, found.item, self._clock(), expired=True)
                tx.table.delete(entry)
            return len(pairs)

        return self._store.write(work)

    def _counts(self, table: Table) -> dict[int, tuple[int, int]]:
        """Items and bytes of the table (0) and of each index."""
        found = {}
        for number in (0, *(index.number for index in table.secondary_indexes)):
            low = item_prefix(table.table_id, number)
            high = after(low)
            count = size = 0
            while True:
                with self._store.snapshot() as tx:
                    pairs = tx.table.range(low, high, 1000, False)
                count += len(pairs)
                size += sum(int.from_bytes(data[:4], "big") for _, data in pairs)
                if len(pairs) < 1000:
                    break
                low = pairs[-1][0] + b"\0"
            found[number] = (count, size)
        return found


def _fill(name: str, tx: Transaction, schema: Schema, place: bytes, found: items.Stored) -> None:
    """Put an item into an index; one whose attributes have other types than the index's key is left out."""
    index = schema.by_name.get(name)
    if index is None:
        return
    item = found.item
    for attribute, kind in ((index.key.hash_name, index.key.hash_type), (index.key.range_name, index.key.range_type)):
        if attribute and not item.get(attribute, {}).get(kind):
            return
    made = items.entry(index, place, item, len(schema.key.prefix))
    if made is not None:
        items.put_entry(tx, schema, made)


def _order(tx: Transaction, schema: Schema, place: bytes, found: items.Stored) -> None:
    """Put an item into the order of ends."""
    if schema.ttl_prefix and (entry := items.ttl_entry(schema, place, found.item)) is not None:
        tx.table.set(entry, b"")
