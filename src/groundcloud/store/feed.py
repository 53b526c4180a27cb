"""The change feed: what was put or deleted, in the order of commits, readable again from any position."""

from typing import NamedTuple

from groundcloud.store.keys import Key, unpack


class Change(NamedTuple):
    """A record of `table` with this key was put or deleted at `revision`; read the store to see which."""

    revision: int
    table: str
    key: Key


def change_of(revision: int, packed: bytes) -> Change:
    table, *key = unpack(packed)
    return Change(revision, str(table), tuple(key))
