"""A store as an asynchronous operation sees it that runs in a thread of its own, beside the server's event loop.

A store's `submit` belongs to one loop: the server's. A controller that needs an asynchronous operation of another
service (PutObject) runs it in a loop of its own, over this.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from groundcloud.store import Change, Store, Transaction

T = TypeVar("T")


class Beside:
    """Implements `Store` over another one."""

    reads_block = True

    def __init__(self, store: Store) -> None:
        self._store = store

    def snapshot(self) -> AbstractContextManager[Transaction]:
        return self._store.snapshot()

    def rest(self) -> None:
        self._store.rest()

    def write(self, work: Callable[[Transaction], T]) -> T:
        return self._store.write(work)

    async def submit(self, work: Callable[[Transaction], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(None, self._store.write, work)

    def changes(self, after: int) -> list[Change]:
        return self._store.changes(after)

    def revision(self) -> int:
        return self._store.revision()

    def on_commit(self, listener: Callable[[], None]) -> None:
        self._store.on_commit(listener)

    def close(self) -> None:
        """The store belongs to somebody else, who closes it."""
