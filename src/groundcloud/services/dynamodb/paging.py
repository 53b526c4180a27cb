"""Reading a range of the store as DynamoDB reads one: in steps of at most 1 MB, after a starting key, up to a limit."""

from typing import Any, NamedTuple

import msgspec

from groundcloud.services.dynamodb import items
from groundcloud.services.dynamodb.errors import ValidationException, invalid
from groundcloud.services.dynamodb.expressions.paths import Steps, project
from groundcloud.services.dynamodb.items import Stored
from groundcloud.services.dynamodb.key_conditions import Bounds
from groundcloud.services.dynamodb.keys import KeyShape
from groundcloud.services.dynamodb.requests import Holds
from groundcloud.services.dynamodb.schema import IndexShape, Schema
from groundcloud.services.dynamodb.values import Item
from groundcloud.store import Transaction

PAGE = 1024 * 1024


class Wanted(NamedTuple):
    """What to read and what to show of it."""

    bounds: Bounds
    forward: bool
    limit: int | None
    start: Item | None
    condition: Holds | None
    paths: tuple[Steps, ...] | None
    count_only: bool
    from_table: bool
    """Whether an index's entries lack what is wanted, so that each item is read from the table."""


class Read(NamedTuple):
    """One page."""

    shown: Any
    """A list of items, or the encoded list."""
    matched: int
    scanned: int
    size: int
    fetched: int
    """Bytes that were read from the table for an index's entries."""
    last: Item | None


def start_place(schema: Schema, index: IndexShape | None, start: Item, bounds: Bounds, scan: bool) -> bytes:
    """The place of an ExclusiveStartKey. Raises `ValidationException`."""
    shape = schema.key if index is None else index.key
    names = {*schema.key.names, *shape.names}
    if start.keys() != names:
        if len(start) != len(names) and index is None:
            raise invalid("The provided starting key is invalid: The provided key element does not match the schema")
        raise invalid("The provided starting key is invalid")
    for one in (schema.key, shape):
        try:
            one.check_key(one.pick(start))
        except ValidationException as error:
            raise invalid(f"The provided starting key is invalid: {error.message}") from None
    place = schema.key.of(start)
    if index is not None:
        place = shape.of(start) + place[len(schema.key.prefix) :]
    if not bounds.low <= place < bounds.high:
        raise invalid(
            "The provided starting key is invalid"
            if scan
            else "The provided starting key is outside query boundaries based on provided conditions"
        )
    return place


def read(tx: Transaction, schema: Schema, index: IndexShape | None, wanted: Wanted, after: bytes | None) -> Read:
    """One page of a range."""
    low, high = wanted.bounds
    if after is not None:
        low, high = (after + b"\0", high) if wanted.forward else (low, after)
    page = _Page(tx, schema, index, wanted)
    whole = wanted.condition is None and wanted.paths is None and not wanted.from_table
    take = page.take_whole if whole else page.take
    step = 64
    while True:
        if wanted.limit is not None:
            step = min(step, wanted.limit - page.scanned)
        pairs = tx.table.range(low, high, step, not wanted.forward)
        if not take(pairs):
            return page.result()
        if len(pairs) < step:
            page.last = None
            return page.result()
        low, high = (pairs[-1][0] + b"\0", high) if wanted.forward else (low, pairs[-1][0])
        step = min(1024, max(16, 2 * (PAGE - page.size) // (page.size // page.scanned + 1)))


class _Page:
    """Items as they come, until the page is full."""

    __slots__ = ("count", "documents", "fetched", "index", "last", "scanned", "schema", "shown", "size", "tx", "wanted")

    def __init__(self, tx: Transaction, schema: Schema, index: IndexShape | None, wanted: Wanted) -> None:
        self.tx = tx
        self.schema = schema
        self.index = index
        self.wanted = wanted
        self.shown: list[Any] = []
        self.documents: list[bytes] = []
        """Whole items, as they are stored."""
        self.count = self.scanned = self.size = self.fetched = 0
        self.last: Stored | None = None

    def take_whole(self, pairs: list[tuple[bytes, bytes]]) -> bool:
        """Show entries as they are stored, which is what most queries want; False when the page is full."""
        size, number, limit = self.size, self.scanned, self.wanted.limit
        opened = self.schema.opened
        data = b""
        for _, entry in pairs:
            one = int.from_bytes(entry[:4], "big")
            if size + one > PAGE and number:
                break
            data = entry
            size += one
            number += 1
            self.documents.append(opened(entry))
        full = number - self.scanned < len(pairs) or number == limit
        self.count += number - self.scanned
        self.size, self.scanned = size, number
        if data:
            self.last = items.stored(self.schema, data)
        return not full

    def take(self, pairs: list[tuple[bytes, bytes]]) -> bool:
        """Look at entries one by one; False when the page is full."""
        return all(self._take(data) for _, data in pairs)

    def _take(self, data: bytes) -> bool:
        wanted = self.wanted
        found = items.stored(self.schema, data)
        if self.scanned and self.size + found.size > PAGE:
            return False
        self.size += found.size
        self.scanned += 1
        self.last = found
        if wanted.from_table:
            found = self._from_table(found)
        self._test(found.item)
        return self.scanned != wanted.limit

    def _test(self, item: Item) -> None:
        wanted = self.wanted
        if wanted.condition is None or wanted.condition(item):
            self.count += 1
            if not wanted.count_only:
                self.shown.append(item if wanted.paths is None else project(item, wanted.paths))

    def _from_table(self, found: Stored) -> Stored:
        whole = items.get(self.tx, self.schema, self.schema.key.of(found.item))
        if whole is None:
            return found
        self.fetched += whole.size
        return whole

    def result(self) -> Read:
        last = None
        if self.last is not None:
            item = self.last.item
            last = self.schema.key.pick(item)
            if self.index is not None:
                last |= self.index.key.pick(item)
        shown: Any = self.shown
        if self.documents and not self.wanted.count_only:
            shown = msgspec.Raw(b"[" + b",".join(self.documents) + b"]")
        return Read(shown, self.count, self.scanned, self.size, self.fetched, last)


def everything(shape: KeyShape) -> Bounds:
    return Bounds(shape.prefix, shape.end())
