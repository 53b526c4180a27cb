"""A table as the item operations use it: its keys and indexes ready for reading and writing.

Tables are read anew in every transaction, which costs one lookup; what is made of a table is kept as long as its
stored bytes are the same.
"""

from collections import OrderedDict
from copy import copy

from groundcloud.context import Context
from groundcloud.resource import Resource
from groundcloud.services.dynamodb import errors
from groundcloud.services.dynamodb.cipher import Cipher
from groundcloud.services.dynamodb.encryption import cipher_of
from groundcloud.services.dynamodb.errors import invalid
from groundcloud.services.dynamodb.history import prefix_of
from groundcloud.services.dynamodb.keys import KeyShape
from groundcloud.services.dynamodb.records import Index, KeySchemaElement, Table
from groundcloud.services.dynamodb.throttling import TAG, Meter, meter_of
from groundcloud.services.dynamodb.values import Item, kind_of
from groundcloud.store import Store, Transaction
from groundcloud.store.keys import pack
from groundcloud.store.records import decode

PLANE = "dynamodb"
_KEPT = 4096


class IndexShape:
    """An index: its key, and what it holds of an item."""

    __slots__ = ("attributes", "index", "key", "name")

    def __init__(self, table: Table, index: Index, base: KeyShape) -> None:
        self.index = index
        self.name = index.index_name
        self.key = key_shape(table, index.key_schema, index.number)
        self.attributes: frozenset[str] | None = None
        """The attributes that are projected; None for all."""
        if index.projection.projection_type != "ALL":
            extra = index.projection.non_key_attributes or ()
            self.attributes = frozenset((*base.names, *self.key.names, *extra))

    def project(self, item: Item) -> Item:
        wanted = self.attributes
        return item if wanted is None else {name: value for name, value in item.items() if name in wanted}

    def check(self, item: Item) -> None:
        """Attributes that are the index's keys have its types. Raises `ValidationException`."""
        for name, kind in ((self.key.hash_name, self.key.hash_type), (self.key.range_name, self.key.range_type)):
            value = item.get(name) if name else None
            if value is None:
                continue
            found = kind_of(value)
            if found != kind:
                raise errors.invalid_value(
                    f"Type mismatch for Index Key {name} Expected: {kind} Actual: {found} IndexName: {self.name}"
                )
            if kind != "N" and not value[kind]:
                what = "string" if kind == "S" else "binary"
                raise invalid(
                    "One or more parameter values are not valid. A value specified for a secondary index key is not "
                    f"supported. The AttributeValue for a key attribute cannot contain an empty {what} value. "
                    f"IndexName: {self.name}, IndexKey: {name}"
                )


class Schema:
    """A table, ready for use."""

    __slots__ = ("by_name", "cipher", "history", "indexes", "key", "meter", "needs_old", "table", "ttl_prefix")

    def __init__(self, table: Table) -> None:
        self.table = table
        self.key = key_shape(table, table.key_schema, 0)
        self.indexes = [
            IndexShape(table, index, self.key) for index in table.secondary_indexes if index.status != "DELETING"
        ]
        self.by_name = {index.name: index for index in self.indexes}
        self.ttl_prefix = item_prefix(table.table_id, table.ttl_number) if table.ttl_enabled else b""
        self.history = b"" if table.history_since is None else prefix_of(table.table_id, table.history_number)
        """Where earlier states of the items are kept, if they are."""
        self.needs_old = bool(self.indexes or table.stream_view or self.ttl_prefix)
        """Whether a write has to know what was there before."""
        self.cipher: Cipher | None = None
        """What its items are encrypted by, where its table has a key and a caller who may use it."""

        self.meter: Meter | None = None
        """What counts and throttles a call, where the table asks for it."""

    def under(self, cipher: Cipher | None, meter: Meter | None = None) -> "Schema":
        """The same for a caller, or a controller, who may open the items."""
        if cipher is None and meter is None:
            return self
        made = copy(self)
        made.cipher, made.meter = cipher, meter
        return made

    def kept(self, size: int, document: bytes) -> bytes:
        """An entry as it is stored: the item's size in four bytes, and the item, encrypted where the table is."""
        return size.to_bytes(4, "big") + (document if self.cipher is None else self.cipher.close(document))

    def opened(self, data: bytes) -> bytes:
        """The document of an entry."""
        return data[4:] if self.cipher is None else self.cipher.open(data[4:])

    def index(self, name: str) -> IndexShape:
        """Raises `ValidationException` for an index that the table has not."""
        found = self.by_name.get(name)
        if found is None:
            raise invalid(f"The table does not have the specified index: {name}")
        if found.index.status == "CREATING":
            raise invalid(f"Cannot read from backfilling global secondary index: {name}")
        return found

    def arn(self, index: str = "") -> str:
        table = self.table
        arn = f"arn:aws:dynamodb:{table.region}:{table.account}:table/{table.table_name}"
        return f"{arn}/index/{index}" if index else arn


def item_prefix(table_id: str, number: int) -> bytes:
    """Where the entries of a table (number 0) or of one of its indexes begin."""
    return pack(("dynamodb.item", table_id)) + number.to_bytes(2, "big")


def key_shape(table: Table, elements: list[KeySchemaElement], number: int) -> KeyShape:
    types = {one.attribute_name: one.attribute_type for one in table.attribute_definitions}
    hashes = [one.attribute_name for one in elements if one.key_type == "HASH"]
    ranges = [one.attribute_name for one in elements if one.key_type == "RANGE"]
    name = ranges[0] if ranges else ""
    return KeyShape(item_prefix(table.table_id, number), hashes[0], types[hashes[0]], name, types.get(name, ""))


_schemas: OrderedDict[bytes, tuple[bytes, Schema]] = OrderedDict()


def find_schema(tx: Transaction, account: str, region: str, name: str) -> Schema | None:
    """A table by its name, as this transaction sees it."""
    return tx.remembered(("dynamodb.table", account, region, name), lambda: _read(tx, account, region, name))


def _read(tx: Transaction, account: str, region: str, name: str) -> Schema | None:
    key = pack((Table.table, account, region, name))
    data = tx.table.get(key)
    if data is None:
        return None
    known = _schemas.get(key)
    if known is not None and known[0] == data:
        return known[1]
    schema = Schema(decode(Table, data))
    _schemas[key] = (data, schema)
    if len(_schemas) > _KEPT:
        _schemas.popitem(last=False)
    return schema


def named(ctx: Context, table_name: str) -> tuple[str, str, str]:
    """Account, region and name of a table that is given by its name or its ARN. Raises `ValidationException`."""
    if not table_name.startswith("arn:"):
        return ctx.account, ctx.region, table_name
    parts = table_name.split(":", 5)
    if len(parts) != 6 or parts[2] != "dynamodb" or not parts[5].startswith("table/"):
        raise invalid(f"Invalid table ARN: {table_name}")
    return parts[4], parts[3], parts[5].split("/")[1]


def schema_of(ctx: Context, tx: Transaction, table_name: str) -> Schema:
    """The table that a call names. Raises `ResourceNotFoundException`, and `AccessDeniedException` where the caller may
    not use the key of KMS that the table is encrypted under."""
    found = find_schema(tx, *named(ctx, table_name))
    if found is None:
        raise errors.ResourceNotFound()
    encryption = found.table.encryption
    return found.under(
        None if encryption is None else cipher_of(ctx, encryption),
        meter_of(plane(ctx), found.table, ctx.world.clock().timestamp()) if TAG in found.table.tags else None,
    )


def plane(ctx: Context) -> Store:
    """DynamoDB's own store."""
    return ctx.world.plane(PLANE)


def resource(ctx: Context, table_name: str, part: str = "") -> Resource:
    """A table (or an index of it) as policies see it, with its tags and its policy."""
    account, region, name = named(ctx, table_name)
    with plane(ctx).snapshot() as tx:
        found = find_schema(tx, account, region, name)
    arn = f"arn:aws:dynamodb:{region}:{account}:table/{name}{part}"
    owner = "" if account == ctx.account else account
    if found is None:
        return Resource(arn, owner)
    return Resource(arn, owner, tags=found.table.tags, policy=found.table.policy or None)
