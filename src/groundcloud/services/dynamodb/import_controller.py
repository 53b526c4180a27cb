"""Reads a new table's items from the objects of a bucket; the table is there when it has all of them.

Source: "Amazon S3 import formats for DynamoDB" in the developer guide. What is no item of the table is counted and left
out. An import that a crash interrupts is begun again.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

import msgspec

from groundcloud.context import Context
from groundcloud.controllers import Act, Outcome
from groundcloud.errors import AwsError
from groundcloud.services.dynamodb import items
from groundcloud.services.dynamodb.encryption import own_cipher
from groundcloud.services.dynamodb.records import Erasure, Import, Restore, Table
from groundcloud.services.dynamodb.schema import Schema, plane
from groundcloud.services.dynamodb.transfers import fail
from groundcloud.services.dynamodb.values import Item, check_item
from groundcloud.store import Key, Store, Transaction
from groundcloud.store.erase import AT_ONCE, erase
from groundcloud.store.keys import after_prefix, pack


class _Line(msgspec.Struct):
    item: dict[str, Any] = msgspec.field(name="Item")


_line = msgspec.json.Decoder(_Line).decode


class Imports:
    """Implements `Controller` for imports."""

    name = "dynamodb.imports"
    kind = Import

    def __init__(self, store: Store, clock: Callable[[], datetime], act: Act) -> None:
        self._store = store
        self._clock = clock
        self._act = act

    def reconcile(self, key: Key, wanted: Import | None) -> Outcome:
        if wanted is None or wanted.status != "IN_PROGRESS":
            return Outcome()
        with self._store.snapshot() as tx:
            place = tx.get(Restore, *key[:3])
        assert place is not None
        low = pack(("dynamodb.item", wanted.table_id))
        erase(self._store, low, after_prefix(low))
        wanted.processed_bytes = wanted.processed_items = wanted.imported_items = wanted.failed_items = 0
        table = place.definition
        try:
            self._act(wanted.account, wanted.region, "dynamodb", "", lambda ctx: self._read(ctx, wanted, table))
            wanted.status = "COMPLETED"
        except AwsError as error:
            fail(wanted, error, self._clock())
        wanted.ended = self._clock().replace(microsecond=0)
        return Outcome(write=lambda tx: _settle(tx, wanted, place))

    async def _read(self, ctx: Context, wanted: Import, table: Table) -> None:
        """All objects below the prefix. Raises S3's errors."""
        schema = Schema(table).under(own_cipher(ctx, table))
        bucket, token = wanted.source.s3_bucket, None
        while True:
            with ctx.snapshot() as inner:
                page = inner.call(
                    "s3", "list_objects_v2", bucket=bucket, prefix=wanted.source.s3_key_prefix,
                    **({"continuation_token": token} if token else {}),
                )  # fmt: skip
            for entry in page.get("contents") or ():
                answer = await ctx.wait("s3", "get_object", bucket=bucket, key=entry["key"])
                body = answer["body"]
                data = body if isinstance(body, bytes) else b"".join([bytes(piece) async for piece in body])
                found = _candidates(wanted, schema, data)
                while some := list(islice(found, AT_ONCE)):
                    await self._put(ctx, wanted, schema, some)
                wanted.processed_bytes += len(data)
            token = page.get("next_continuation_token")
            if not token:
                return

    async def _put(self, ctx: Context, wanted: Import, schema: Schema, some: list[Item | None]) -> None:
        """Items into the table and its indexes; one of the same key replaces the one before."""
        good: list[tuple[Item, int]] = []
        for item in some:
            size = _checked(schema, item) if item is not None else 0
            if item is not None and size:
                good.append((item, size))
        now = self._clock()

        def work(tx: Transaction) -> None:
            for item, size in good:
                place = schema.key.of(item)
                old = items.get(tx, schema, place)
                items.put(tx, schema, place, item, size, None if old is None else old.item, now)

        await plane(ctx).submit(work)
        wanted.processed_items += len(some)
        wanted.imported_items += len(good)
        wanted.failed_items += len(some) - len(good)


def _settle(tx: Transaction, done: Import, place: Restore) -> None:
    tx.put(done)
    tx.delete(place)
    if done.status == "COMPLETED":
        table: Table = place.definition
        tx.put(table)
    else:
        low = pack(("dynamodb.item", done.table_id))
        tx.put(Erasure(low=low, high=after_prefix(low)))


def _checked(schema: Schema, item: Item) -> int:
    """An item's size; 0 for one that the table cannot have."""
    try:
        size = check_item(item)
        items.check_size(size)
        schema.key.check_item(item)
        for index in schema.indexes:
            index.check(item)
    except AwsError:
        return 0
    return size


def _candidates(wanted: Import, schema: Schema, data: bytes) -> Iterator[Item | None]:
    """What an object's lines say; None for one that is no item."""
    if wanted.compression == "GZIP":
        try:
            data = gzip.decompress(data)
        except (OSError, EOFError, zlib.error):
            yield None
            return
    if wanted.input_format == "CSV":
        yield from _rows(wanted, schema, data)
        return
    for line in data.splitlines():
        if line.strip():
            try:
                yield _line(line).item
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                yield None


def _rows(wanted: Import, schema: Schema, data: bytes) -> Iterator[Item | None]:
    """Rows as items: keys have the types that the table says, everything else is a string."""
    options = wanted.options.csv if wanted.options is not None else None
    delimiter = options.delimiter if options is not None else ","
    rows = csv.reader(io.StringIO(data.decode("utf-8", "replace"), newline=""), delimiter=delimiter)
    header = options.header_list if options is not None and options.header_list else next(rows, [])
    types = {one.attribute_name: one.attribute_type for one in schema.table.attribute_definitions}
    try:
        for row in rows:
            if len(row) == len(header):
                yield {name: {types.get(name, "S"): text} for name, text in zip(header, row, strict=True)}
            elif row:
                yield None
    except csv.Error:  # a field of more than 128 KB: where it ends is not to be known
        yield None
