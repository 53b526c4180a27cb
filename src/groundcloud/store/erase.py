"""Removing a range of a store, a little at a time, so that others get their turn in between."""

from groundcloud.store import Store, Transaction

AT_ONCE = 200
"""Entries in one transaction."""


def erase(store: Store, low: bytes, high: bytes) -> None:
    """Remove everything with low <= key < high. It blocks: for controllers."""

    def work(tx: Transaction) -> int:
        pairs = tx.table.range(low, high, AT_ONCE, False)
        for place, _ in pairs:
            tx.table.delete(place)
        return len(pairs)

    while store.write(work) == AT_ONCE:
        pass
