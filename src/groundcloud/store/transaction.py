"""What happens inside one transaction: typed reads and writes on an ordered table of bytes."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from groundcloud.store.keys import Element, Key, after_prefix, pack
from groundcloud.store.records import Record, decode, encode

R = TypeVar("R", bound=Record)
T = TypeVar("T")


class Table(Protocol):
    """The ordered table of bytes that a database gives to a transaction."""

    def get(self, key: bytes) -> bytes | None: ...
    def set(self, key: bytes, value: bytes) -> None: ...
    def delete(self, key: bytes) -> None: ...
    def range(self, low: bytes, high: bytes, limit: int, reverse: bool) -> list[tuple[bytes, bytes]]:
        """Up to `limit` pairs with low <= key < high, in order of keys."""
        ...

    def through(self, low: bytes, high: bytes, limit: int, reverse: bool) -> list[tuple[bytes, bytes | None]]:
        """The same rows of an index, each with the value that the key has which is its own value."""
        ...

    def many(self, keys: Sequence[bytes]) -> dict[bytes, bytes]:
        """The values of those of the keys that are there."""
        ...


_MOST_REMEMBERED = 10_000
_FIRST_READ = 64
"""Rows that a scan asks for first. What an index names of them is read when its turn comes, because who asks for one
record by an index takes no more; with the following rows it is read at once."""
_FEW = 4
"""Records that are not worth being read at once."""


class ReadOnly(Exception):
    """An operation that is marked as reading tried to write."""


class Transaction:
    """Reads and writes of records. The database commits it or rolls it back; nobody holds on to it."""

    __slots__ = ("changed", "memo", "table", "writable")

    def __init__(self, table: Table, writable: bool) -> None:
        self.table = table
        self.writable = writable
        self.changed: dict[bytes, None] = {}
        """Packed (table, *key) of the watched records that were put or deleted, in order."""
        self.memo: dict[Any, Any] = {}
        """What readers worked out from these data, by keys of their own (`remembered`)."""

    def get(self, kind: type[R], *key: Element) -> R | None:
        """The record, a copy of the caller's own. Readers of one snapshot share the bytes that were found."""
        packed = pack((kind.table, *key))
        if self.writable:
            data = self.table.get(packed)
        else:
            try:
                data = self.memo[packed]
            except KeyError:
                data = self.table.get(packed)
                if len(self.memo) < _MOST_REMEMBERED:
                    self.memo[packed] = data
        return None if data is None else decode(kind, data)

    def read_ahead(self, kind: type[Record], keys: Iterable[Key]) -> None:
        """Have the records of these keys at hand for `get`, all read at once. For readers of one snapshot alone: what a
        transaction writes changes under it."""
        if self.writable:
            return
        wanted = [packed for key in keys if (packed := pack((kind.table, *key))) not in self.memo]
        if _FEW < len(wanted) <= _MOST_REMEMBERED - len(self.memo):
            found = self.table.many(wanted)
            self.memo.update((packed, found.get(packed)) for packed in wanted)

    def put(self, record: R) -> R:
        """Insert or replace; indexes follow. What did not change is not written."""
        if not self.writable:
            raise ReadOnly(record.table)
        kind = type(record)
        primary = pack((kind.table, *record.key_values()))
        data = encode(record)
        old_data = self.table.get(primary)
        if old_data == data:
            return record
        old = None if old_data is None or not kind.indexes else decode(kind, old_data)
        self.table.set(primary, data)
        for name in kind.indexes:
            before = set(_index_entries(old, name, primary)) if old is not None else set()
            now = set(_index_entries(record, name, primary))
            for entry in before - now:
                self.table.delete(entry)
            for entry in now - before:
                self.table.set(entry, primary)
        if kind.watched:
            self.changed[primary] = None
        return record

    def delete(self, record: Record) -> None:
        """Remove a record, as it was last put or read, and its index entries. One that is not there is no error."""
        if not self.writable:
            raise ReadOnly(record.table)
        kind = type(record)
        primary = pack((kind.table, *record.key_values()))
        data = self.table.get(primary)
        if data is None:
            return
        stored = decode(kind, data)
        for name in kind.indexes:
            for entry in _index_entries(stored, name, primary):
                self.table.delete(entry)
        self.table.delete(primary)
        if kind.watched:
            self.changed[primary] = None

    def scan(
        self, kind: type[R], *prefix: Element, index: str = "", after: bytes = b"", reverse: bool = False
    ) -> Iterator[R]:
        """Records in order of their key, or of an index, lazily. `after` is a position given by `scan_from`."""
        for _, record in self.scan_from(kind, *prefix, index=index, after=after, reverse=reverse):
            yield record

    def scan_from(
        self, kind: type[R], *prefix: Element, index: str = "", after: bytes = b"", reverse: bool = False
    ) -> Iterator[tuple[bytes, R]]:
        """The same with each record's position: whoever begins `after` it sees what follows, whatever changed."""
        low = pack((f"{kind.table}/{index}" if index else kind.table, *prefix))
        high = after_prefix(low)
        base = len(low)
        if after:
            low, high = (low, low + after) if reverse else (low + after + b"\0", high)
        limit = _FIRST_READ
        while True:
            one_by_one = bool(index) and (self.writable or limit == _FIRST_READ)
            read = self.table.through if index and not one_by_one else self.table.range
            pairs = read(low, high, limit, reverse)
            for position, data in pairs:
                found = self.table.get(data) if one_by_one and data else data
                if found is not None:
                    yield position[base:], decode(kind, found)
            if len(pairs) < limit:
                return
            low, high = (low, pairs[-1][0]) if reverse else (pairs[-1][0] + b"\0", high)
            limit = min(limit * 4, 1024)

    def remembered(self, key: Hashable, work: Callable[[], T]) -> T:
        """What `work` gives for these data, worked out once for all who share a snapshot. The result must not be
        changed by anybody. A transaction that writes remembers nothing: its data change under it."""
        if self.writable:
            return work()
        try:
            found: T = self.memo[key]
        except KeyError:
            found = self.memo[key] = work()
        return found

    def exists(self, kind: type[Record], *prefix: Element, index: str = "") -> bool:
        """Whether any record has this prefix of its key, or of an index."""
        low = pack((f"{kind.table}/{index}" if index else kind.table, *prefix))
        return bool(self.table.range(low, after_prefix(low), 1, False))


def _index_entries(record: Record, name: str, primary: bytes) -> list[bytes]:
    return [pack((f"{record.table}/{name}", *key)) + primary for key in record.index_keys(name)]


__all__ = ["Key", "ReadOnly", "Table", "Transaction"]
