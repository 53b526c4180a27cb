"""The change feed: what was put or deleted, in the order of commits, readable again from any position."""

from typing import NamedTuple

from groundcloud.store.keys import Key, unpack

KEPT = 200_000
"""Changes that a store keeps, about; who follows the feed and is further behind looks at everything again."""
TRIM_EVERY = 20_000


class Change(NamedTuple):
    """A record of `table` with this key was put or deleted at `revision`; read the store to see which."""

    revision: int
    table: str
    key: Key


def change_of(revision: int, packed: bytes) -> Change:
    table, *key = unpack(packed)
    return Change(revision, str(table), tuple(key))
