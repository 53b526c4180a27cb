"""The records of a table's stream, written in the transaction of the change that they tell of."""

from groundcloud.services.dynamodb.schema import Schema
from groundcloud.services.dynamodb.values import Item
from groundcloud.store import Transaction


def note_change(tx: Transaction, schema: Schema, old: Item | None, new: Item | None, expired: bool = False) -> None:
    """Add a record where the table has a stream and the item has changed."""
