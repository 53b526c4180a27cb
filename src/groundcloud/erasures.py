"""What a deleted table, log group or queue leaves in its store, and the one controller that removes it.

A service writes a record with the range's two ends in the transaction that deletes; the rest happens later, a little at
a time."""

from typing import Generic, Protocol, TypeVar

from groundcloud.controllers import Outcome
from groundcloud.store import Key, Store, Transaction
from groundcloud.store.erase import erase


class Range(Protocol):
    """The record: everything with low <= key < high is to go, and then the record."""

    @property
    def low(self) -> bytes: ...
    @property
    def high(self) -> bytes: ...
    @property
    def table(self) -> str: ...


R = TypeVar("R", bound=Range)


class Erasures(Generic[R]):
    """Implements `Controller` for one service's records of this kind, in its own store."""

    def __init__(self, store: Store, kind: type[R]) -> None:
        self.name = f"{kind.table}s"
        self.kind = kind
        self._store = store

    def reconcile(self, key: Key, wanted: R | None) -> Outcome:
        if wanted is None:
            return Outcome()
        erase(self._store, wanted.low, wanted.high)
        return Outcome(write=lambda tx: _forget(tx, wanted))


def _forget(tx: Transaction, done: Range) -> None:
    tx.delete(done)  # type: ignore[arg-type]  # a service's record, which has a range besides
