"""The records of a table's stream, written in the transaction of the change that they tell of.

Source: "Change data capture for DynamoDB Streams" in the developer guide. A stream has one shard; its records are kept
for 24 hours, also after it is disabled or its table deleted.
"""

from datetime import datetime, timedelta
from struct import Struct
from typing import Any

import msgspec

from groundcloud.services.dynamodb.cipher import CLOSED, Cipher
from groundcloud.services.dynamodb.records import Stream, Table
from groundcloud.services.dynamodb.schema import Schema
from groundcloud.services.dynamodb.values import Item, equal, item_size
from groundcloud.store import Transaction
from groundcloud.store.keys import pack

KEPT = timedelta(hours=24)


class Entry(msgspec.Struct, omit_defaults=True):
    """One record as it is stored."""

    name: str
    """INSERT, MODIFY or REMOVE."""
    at: float
    keys: Item
    size: int
    new: Item | None = None
    old: Item | None = None
    expired: bool = False


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Entry).decode
_TIME = Struct(">Bd")
"""What stands before an encrypted record: it goes by its time when nobody opens it."""


def time_of(data: bytes) -> float:
    """When a stored record was made, whether or not it is encrypted."""
    return float(_TIME.unpack_from(data)[1]) if data[0] == CLOSED else _decode(data).at


def opened(data: bytes, cipher: Cipher | None) -> Entry:
    return _decode(data if cipher is None or data[0] != CLOSED else cipher.open(data[_TIME.size :]))


def _stored(entry: Entry, cipher: Cipher | None) -> bytes:
    document = _encode(entry)
    return document if cipher is None else _TIME.pack(CLOSED, entry.at) + cipher.close(document)


def prefix_of(table_id: str, number: int) -> bytes:
    """Where the records of a table's stream begin; behind it stands the sequence number."""
    return pack(("dynamodb.stream", table_id)) + number.to_bytes(2, "big")


def note_change(
    tx: Transaction, schema: Schema, old: Item | None, new: Item | None, at: datetime, expired: bool = False
) -> None:
    """Add a record where the table has a stream and the item has changed."""
    table = schema.table
    if not table.stream_view or (old is not None and new is not None and equal({"M": old}, {"M": new})):
        return
    view = table.stream_view
    changed = new if new is not None else old
    assert changed is not None
    keys = schema.key.pick(changed)
    shown_new = new if view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES") else None
    shown_old = old if view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES") else None
    size = item_size(keys) + sum(item_size(one) for one in (shown_new, shown_old) if one is not None)
    name = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
    entry = Entry(name, at.timestamp() // 1, keys, size, shown_new, shown_old, expired)
    tx.table.set(
        prefix_of(table.table_id, table.stream_number) + _next(tx, table).to_bytes(8, "big"),
        _stored(entry, schema.cipher),
    )


def _next(tx: Transaction, table: Table) -> int:
    """The next sequence number of a table; it is never given twice."""
    counter = prefix_of(table.table_id, 0)
    data = tx.table.get(counter)
    number = 1 + (int.from_bytes(data, "big") if data is not None else 0)
    tx.table.set(counter, number.to_bytes(8, "big"))
    return number


def last_number(tx: Transaction, table_id: str) -> int:
    """The newest sequence number of a table."""
    data = tx.table.get(prefix_of(table_id, 0))
    return int.from_bytes(data, "big") if data is not None else 0


def sequence_text(number: int) -> str:
    """A sequence number as AWS shows one: decimal digits that sort like numbers of one length."""
    return f"{number + 10**20}"


def follow_table(tx: Transaction, before: Table | None, after: Table | None, now: datetime) -> None:
    """Keep the record of a stream in step with its table, which was made, changed or deleted."""
    if before is not None and before.stream_view and (after is None or not after.stream_view):
        found = tx.get(Stream, before.account, before.region, before.table_name, before.stream_label)
        if found is not None:
            found.ended = now
            found.last = last_number(tx, before.table_id)
            tx.put(found)
    if after is not None and after.stream_view and (before is None or not before.stream_view):
        tx.put(
            Stream(
                account=after.account,
                region=after.region,
                table_name=after.table_name,
                label=after.stream_label,
                table_id=after.table_id,
                number=after.stream_number,
                view=after.stream_view,
                key_schema=after.key_schema,
                created=now,
                first=last_number(tx, after.table_id) + 1,
                encryption=after.encryption,
            )
        )
    elif after is not None and after.stream_view and before is not None and before.encryption != after.encryption:
        found = tx.get(Stream, after.account, after.region, after.table_name, after.stream_label)
        if found is not None:
            found.encryption = after.encryption
            tx.put(found)


def shown(entry: Entry, number: int, stream: Stream) -> dict[str, Any]:
    """A record as GetRecords shows it."""
    found: dict[str, Any] = {
        "event_id": f"{stream.table_id.replace('-', '')[:16]}{number:016x}",
        "event_name": entry.name,
        "event_version": "1.1",
        "event_source": "aws:dynamodb",
        "aws_region": stream.region,
        "dynamodb": {
            "approximate_creation_date_time": entry.at,
            "keys": entry.keys,
            "new_image": entry.new,
            "old_image": entry.old,
            "sequence_number": sequence_text(number),
            "size_bytes": entry.size,
            "stream_view_type": stream.view,
        },
    }
    if entry.expired:
        found["user_identity"] = {"principal_id": "dynamodb.amazonaws.com", "type": "Service"}
    return found
