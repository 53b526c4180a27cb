"""The store: typed records in one transactional table, on SQLite or PostgreSQL.

A write that was acknowledged is on the disk. Start with `transaction.py` (what an operation sees), then `sqlite.py`
(how many writes share one fsync). What lies in files of its own (objects, messages) is not here.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol, TypeVar

from groundcloud.store.feed import Change
from groundcloud.store.keys import Element, Key
from groundcloud.store.records import NewerData, Part, Record
from groundcloud.store.transaction import ReadOnly, Transaction

T = TypeVar("T")

FORMAT = 1
"""The version of the tables' layout; a store of a newer one is refused, one of an older one is brought forward."""


class StoreUnavailable(Exception):
    """The database could not take the write (disk full, server gone). Nothing of it was kept."""


class Store(Protocol):
    """What both databases offer."""

    reads_block: bool
    """Whether a read waits for another machine: the gateway then leaves the event loop for it."""

    def snapshot(self) -> AbstractContextManager[Transaction]:
        """A consistent, read-only view, for any thread."""
        ...

    def rest(self) -> None:
        """Let go of what this thread holds for speed; to be called now and then on the event loop."""
        ...

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Run `work` in a transaction of its own; when this returns, it is on the disk. For any thread."""
        ...

    async def submit(self, work: Callable[[Transaction], T]) -> T:
        """The same from the event loop; waiting writes share one commit. An exception of `work` undoes its own
        writes only. `work` may be run more than once and must touch nothing but its transaction."""
        ...

    def changes(self, after: int) -> list[Change]:
        """What was committed after a revision, in order. Raises `FeedTrimmed` when that is no longer known."""
        ...

    def revision(self) -> int:
        """The newest revision of the change feed."""
        ...

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Call `listener` after commits of this process, unless they have but quiet records: a hint that `changes` has
        news. It must not block."""
        ...

    def close(self) -> None: ...


class FeedTrimmed(Exception):
    """The changes asked for are older than the feed keeps: look at everything again."""


def open_store(url: str) -> Store:
    """`postgresql://...`, or the path of an SQLite file. Raises `NewerData`, `StoreUnavailable`."""
    if url.startswith(("postgresql:", "postgres:")):
        from groundcloud.store.postgres import PostgresStore

        return PostgresStore(url)
    from groundcloud.store.sqlite import SqliteStore

    return SqliteStore(Path(url))


__all__ = [
    "FORMAT",
    "Change",
    "Element",
    "FeedTrimmed",
    "Key",
    "NewerData",
    "Part",
    "ReadOnly",
    "Record",
    "Store",
    "StoreUnavailable",
    "Transaction",
    "open_store",
]
