"""The messages of a standard queue: put, take, change, remove. All of it inside one transaction.

A receipt names the row of V where its receive put the message. When that row is gone, the message was deleted,
received again, or moved by ChangeMessageVisibility, which leaves word in C.
"""

from collections.abc import Callable
from struct import Struct

from groundcloud.services.sqs.layout import (
    CHANGED,
    CONTENT,
    VISIBLE,
    Content,
    Taken,
    Visibility,
    after,
    base,
    content,
    encode,
    head,
    number8,
    set_head,
    two,
    visibility,
)
from groundcloud.services.sqs.receipts import Receipt
from groundcloud.services.sqs.records import Queue
from groundcloud.store import Transaction

_change = Struct(">QIQ")

DeadLetters = Callable[[Transaction, Content, int, int], bool]
"""Takes a message that was received too often, its receives and the time; False where there is no such queue."""


class Standard:
    """The rows of one standard queue in one transaction."""

    def __init__(self, tx: Transaction, queue: Queue, now: int) -> None:
        self._tx = tx
        self._table = tx.table
        self._queue = queue
        self._now = now
        self._prefix = base(queue.number)
        self._visible = self._prefix + VISIBLE

    def put(self, sent: Content, delay: int, first: int = 0) -> int:
        """Add a message that can be received after `delay` seconds; its sequence number."""
        sequence, count = head(self._tx, self._prefix)
        set_head(self._tx, self._prefix, sequence + 1, count + 1)
        self._table.set(self._prefix + CONTENT + number8.pack(sequence), encode(sent))
        state = Visibility(self._now + delay * 1000, sent.sent, 0, first)
        self._table.set(self._visible + two.pack(state.at, sequence), state.packed())
        return sequence

    def next_at(self) -> int | None:
        """When the next message can be received; None for an empty queue."""
        found = self._table.range(self._visible, after(self._visible), 1, False)
        return int(number8.unpack_from(found[0][0], len(self._visible))[0]) if found else None

    def take(self, most: int, timeout: int, dead_letters: DeadLetters) -> list[Taken]:
        """Up to `most` messages, which nobody else gets for `timeout` seconds."""
        taken: list[Taken] = []
        low, high = self._visible, self._visible + number8.pack(self._now + 1)
        while len(taken) < most:
            wanted = most - len(taken)
            rows = self._table.range(low, high, wanted, False)
            for place, data in rows:
                found = self._take(place, visibility(data), timeout, dead_letters)
                if found is not None:
                    taken.append(found)
            if len(rows) < wanted:
                break
            low = rows[-1][0] + b"\0"
        return taken

    def _take(self, place: bytes, state: Visibility, timeout: int, dead_letters: DeadLetters) -> Taken | None:
        sequence = int(two.unpack_from(place, len(self._visible))[1])
        found = content(self._tx, self._prefix, sequence)
        if found is None or state.sent + self._queue.seconds("MessageRetentionPeriod") * 1000 <= self._now:
            self._drop(place, sequence)
            return None
        most = self._queue.most_receives
        if most and state.receives >= most and dead_letters(self._tx, found, state.receives, state.first):
            self._drop(place, sequence)
            return None
        self._table.delete(place)
        state = Visibility(self._now + timeout * 1000, state.sent, state.receives + 1, state.first or self._now)
        self._table.set(self._visible + two.pack(state.at, sequence), state.packed())
        return Taken(sequence, found, state, self._now)

    def remove(self, receipt: Receipt) -> bool:
        """Delete what was received. An old receipt deletes nothing, and that is no error (API reference)."""
        found = self._find(receipt)
        if found is not None:
            self._drop(found[0], receipt.sequence)
        return True

    def change(self, receipt: Receipt, timeout: int) -> Visibility | None:
        """Let a message that is in flight come back after `timeout` seconds; None when there is none for the receipt.
        The state that it had."""
        found = self._find(receipt)
        if found is None:
            return None
        place, state = found
        if state.at <= self._now:
            return state
        moved = state._replace(at=self._now + timeout * 1000)
        self._table.delete(place)
        self._table.set(self._visible + two.pack(moved.at, receipt.sequence), moved.packed())
        word = _change.pack(receipt.at, receipt.receives, moved.at)
        self._table.set(self._prefix + CHANGED + number8.pack(receipt.sequence), word)
        return state

    def has_expired(self) -> bool:
        """Whether there is anything that was kept long enough."""
        return bool(self._old(1))

    def _old(self, most: int) -> list[tuple[bytes, bytes]]:
        kept = self._queue.seconds("MessageRetentionPeriod") * 1000
        return self._table.range(self._visible, self._visible + number8.pack(max(0, self._now - kept)), most, False)

    def expire(self, most: int) -> int:
        """Remove some of what was kept long enough; how many."""
        rows = self._old(most)
        for place, _ in rows:
            self._drop(place, int(two.unpack_from(place, len(self._visible))[1]))
        return len(rows)

    def counts(self) -> tuple[int, int, int]:
        """Messages that can be received, that are in flight, and that are delayed."""
        flying = delayed = 0
        low, high = self._visible + number8.pack(self._now + 1), after(self._visible)
        while True:
            rows = self._table.range(low, high, 1024, False)
            for _, data in rows:
                if visibility(data).receives:
                    flying += 1
                else:
                    delayed += 1
            if len(rows) < 1024:
                break
            low = rows[-1][0] + b"\0"
        return max(0, head(self._tx, self._prefix)[1] - flying - delayed), flying, delayed

    def oldest(self, most: int) -> list[tuple[Content, Visibility]]:
        """Take some that can be received out of the queue for good."""
        rows = self._table.range(self._visible, self._visible + number8.pack(self._now + 1), most, False)
        found = []
        for place, data in rows:
            sequence = int(two.unpack_from(place, len(self._visible))[1])
            if (sent := content(self._tx, self._prefix, sequence)) is not None:
                found.append((sent, visibility(data)))
            self._drop(place, sequence)
        return found

    def _find(self, receipt: Receipt) -> tuple[bytes, Visibility] | None:
        place = self._visible + two.pack(receipt.at, receipt.sequence)
        data = self._table.get(place)
        if data is None:
            word = self._table.get(self._prefix + CHANGED + number8.pack(receipt.sequence))
            if word is None:
                return None
            at, count, moved = _change.unpack(word)
            if (at, count) != (receipt.at, receipt.receives):
                return None
            place = self._visible + two.pack(moved, receipt.sequence)
            data = self._table.get(place)
            if data is None:
                return None
        state = visibility(data)
        return (place, state) if state.receives == receipt.receives else None

    def _drop(self, place: bytes, sequence: int) -> None:
        self._table.delete(place)
        packed = number8.pack(sequence)
        if self._table.get(self._prefix + CONTENT + packed) is not None:
            self._table.delete(self._prefix + CONTENT + packed)
            following, count = head(self._tx, self._prefix)
            set_head(self._tx, self._prefix, following, count - 1)
        self._table.delete(self._prefix + CHANGED + packed)
