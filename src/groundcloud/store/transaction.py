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
_MOST_BYTES = 8 << 20
"""Of records, and of what was made of them, that a transaction remembers."""


class ReadOnly(Exception):
    """An operation that is marked as reading tried to write."""


class Transaction:
    """Reads and writes of records. The database commits it or rolls it back; nobody holds on to it."""

    __slots__ = ("_held", "_loud", "_quiet", "changed", "memo", "table", "writable")

    def __init__(self, table: Table, writable: bool) -> None:
        self.table = table
        self.writable = writable
        self.changed: dict[bytes, None] = {}
        """Packed (table, *key) of the watched records that were put or deleted, in order."""
        self.memo: dict[Any, Any] = {}
        """Records by their packed keys, as they are now; and what readers worked out from these data, by keys of their
        own (`remembered`)."""
        self._held = 0
        self._quiet = False
        self._loud = False

    @property
    def quiet(self) -> bool:
        """Whether it has written records that nobody waits for, and no others."""
        return self._quiet and not self._loud

    def get(self, kind: type[R], *key: Element) -> R | None:
        """The record, a copy of the caller's own. Readers of one snapshot share the bytes that were found."""
        data = self._bytes(pack((kind.table, *key)))
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
            self._held += sum(map(len, found.values()))

    def _bytes(self, packed: bytes) -> bytes | None:
        """A record's bytes, which are looked up once: only this transaction changes them."""
        try:
            found: bytes | None = self.memo[packed]
        except KeyError:
            found = self.table.get(packed)
            size = 0 if found is None else len(found)
            if len(self.memo) < _MOST_REMEMBERED and self._held + size <= _MOST_BYTES:
                self.memo[packed] = found
                self._held += size
        return found

    def view(self, kind: type[R], *key: Element) -> R | None:
        """The same for who only looks: all readers of a snapshot share one record, which nobody may change."""
        if self.writable:
            return self.get(kind, *key)
        place = (kind, key)
        try:
            return self.memo[place]  # type: ignore[no-any-return]  # put there below
        except KeyError:
            found = self.get(kind, *key)
            if len(self.memo) < _MOST_REMEMBERED:
                self.memo[place] = found
            return found

    def put(self, record: R) -> R:
        """Insert or replace; indexes follow. What did not change is not written."""
        if not self.writable:
            raise ReadOnly(record.table)
        kind = type(record)
        primary = pack((kind.table, *record.key_values()))
        data = encode(record)
        old_data = self._bytes(primary)
        if old_data == data:
            return record
        old = None if old_data is None or not kind.indexes else decode(kind, old_data)
        self.table.set(primary, data)
        if primary in self.memo:
            self.memo[primary] = data
        for name in kind.indexes:
            before = old.index_keys(name) if old is not None else []
            now = record.index_keys(name)
            if before == now:
                continue
            gone, made = set(before), set(now)
            for key in gone - made:
                self.table.delete(_index_entry(kind, name, key, primary))
            for key in made - gone:
                self.table.set(_index_entry(kind, name, key, primary), primary)
        self._note(kind, primary)
        return record

    def _note(self, kind: type[Record], primary: bytes) -> None:
        if kind.watched:
            self.changed[primary] = None
        if kind.quiet:
            self._quiet = True
        else:
            self._loud = True

    def delete(self, record: Record) -> None:
        """Remove a record, as it was last put or read, and its index entries. One that is not there is no error."""
        if not self.writable:
            raise ReadOnly(record.table)
        kind = type(record)
        primary = pack((kind.table, *record.key_values()))
        data = self._bytes(primary)
        if data is None:
            return
        if kind.indexes:
            stored = decode(kind, data)
            for name in kind.indexes:
                for index_key in stored.index_keys(name):
                    self.table.delete(_index_entry(kind, name, index_key, primary))
        self.table.delete(primary)
        if primary in self.memo:
            self.memo[primary] = None
        self._note(kind, primary)

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
        found: T | None = self.recall(key)
        if found is None:
            found = work()
            self.keep(key, found)
        return found

    def recall(self, key: Hashable) -> Any:
        """What was kept for these data under a key; None for nothing."""
        return None if self.writable else self.memo.get(key)

    def keep(self, key: Hashable, found: Any, size: int = 0) -> None:
        """Remember what was worked out from these data, for all who share the snapshot; `size` are its bytes, if they
        are many."""
        if not self.writable and len(self.memo) < _MOST_REMEMBERED and self._held + size <= _MOST_BYTES:
            self.memo[key] = found
            self._held += size

    def exists(self, kind: type[Record], *prefix: Element, index: str = "") -> bool:
        """Whether any record has this prefix of its key, or of an index."""
        low = pack((f"{kind.table}/{index}" if index else kind.table, *prefix))
        return bool(self.table.range(low, after_prefix(low), 1, False))


def _index_entry(kind: type[Record], name: str, key: Key, primary: bytes) -> bytes:
    return pack((f"{kind.table}/{name}", *key)) + primary


__all__ = ["Key", "ReadOnly", "Table", "Transaction"]
