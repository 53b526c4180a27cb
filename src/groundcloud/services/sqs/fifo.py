"""The messages of a FIFO queue: what a standard queue does, in the order of each message group.

A group hands out nothing while any of its messages is in flight. Those in flight are always the first of their group,
ten at most, so that its state follows from a look at its first rows.
Source: "FIFO delivery logic" and "Exactly-once processing in Amazon SQS" in the developer guide.
"""

from hashlib import sha256
from typing import NamedTuple

import msgspec

from groundcloud.services.sqs.errors import invalid_value
from groundcloud.services.sqs.layout import (
    ATTEMPTS,
    CONTENT,
    GROUP,
    READY,
    SENT_IDS,
    STATE,
    Content,
    Taken,
    Visibility,
    after,
    base,
    content,
    decode,
    encode,
    group_place,
    head,
    number8,
    set_head,
    two,
    visibility,
)
from groundcloud.services.sqs.receipts import Receipt
from groundcloud.services.sqs.records import Queue
from groundcloud.services.sqs.standard import DeadLetters
from groundcloud.store import Transaction

PERIOD = 300_000
"""Milliseconds of the deduplication interval, and for which a receive can be tried again."""
_MOST_IN_FLIGHT = 10


class _Sent(msgspec.Struct, array_like=True):
    at: int
    message_id: str
    sequence: int


class _Received(msgspec.Struct, array_like=True):
    at: int
    messages: list[tuple[int, bytes, int]]
    """Sequence, group and receive count of each."""


class Put(NamedTuple):
    sequence: int
    message_id: str
    """That of the first one, for a duplicate."""


class Fifo:
    """The rows of one FIFO queue in one transaction."""

    def __init__(self, tx: Transaction, queue: Queue, now: int) -> None:
        self._tx = tx
        self._table = tx.table
        self._queue = queue
        self._now = now
        self._prefix = base(queue.number)
        self._ready = self._prefix + READY

    def put(self, sent: Content, delay: int, *, once: bool = True) -> Put:
        """Add a message behind the others of its group, unless its deduplication id came in the last five minutes."""
        known = self._sent_place(sent)
        if once and (before := self._sent_before(known)) is not None:
            return Put(before.sequence, before.message_id)
        sequence, count = head(self._tx, self._prefix)
        set_head(self._tx, self._prefix, sequence + 1, count + 1)
        place = group_place(sent.group)
        state = Visibility(self._now + delay * 1000, sent.sent)
        self._table.set(self._prefix + CONTENT + number8.pack(sequence), encode(sent))
        self._table.set(self._prefix + GROUP + place + number8.pack(sequence), state.packed())
        if once:
            row = msgspec.msgpack.encode(_Sent(self._now, sent.message_id, sequence))
            self._table.set(self._period(SENT_IDS, 0) + known, row)
        if self._table.get(self._prefix + STATE + place) is None:
            self._set_ready(place, state.at, sequence)
        return Put(sequence, sent.message_id)

    def next_at(self) -> int | None:
        """When the next message can be received; None for an empty queue."""
        found = self._table.range(self._ready, after(self._ready), 1, False)
        return int(number8.unpack_from(found[0][0], len(self._ready))[0]) if found else None

    def take(self, most: int, timeout: int, dead_letters: DeadLetters) -> list[Taken]:
        """Up to `most` messages, as many of one group as there are before those of the next."""
        taken: list[Taken] = []
        low, high = self._ready, self._ready + number8.pack(self._now + 1)
        while len(taken) < most:
            rows = self._table.range(low, high, most, False)
            for row, _ in rows:
                if len(taken) < most:
                    taken += self._take_group(row[-16:], most - len(taken), timeout, dead_letters)
            if len(rows) < most:
                break
            low = rows[-1][0] + b"\0"
        return taken

    def _take_group(self, place: bytes, most: int, timeout: int, dead_letters: DeadLetters) -> list[Taken]:
        taken: list[Taken] = []
        prefix = self._prefix + GROUP + place
        low, waits = prefix, False
        while len(taken) < most and not waits:
            rows = self._table.range(low, after(prefix), _MOST_IN_FLIGHT, False)
            for row, data in rows:
                state = visibility(data)
                waits = state.at > self._now
                if waits or len(taken) == most:
                    break
                found = self._take(row, state, place, timeout, dead_letters)
                if found is not None:
                    taken.append(found)
            if len(rows) < _MOST_IN_FLIGHT:
                break
            low = rows[-1][0] + b"\0"
        self._settle(place)
        return taken

    def _take(
        self, row: bytes, state: Visibility, place: bytes, timeout: int, dead_letters: DeadLetters
    ) -> Taken | None:
        sequence = int(number8.unpack(row[-8:])[0])
        found = content(self._tx, self._prefix, sequence)
        if found is None or state.sent + self._queue.seconds("MessageRetentionPeriod") * 1000 <= self._now:
            self._drop(place, sequence)
            return None
        most = self._queue.most_receives
        if most and state.receives >= most and dead_letters(self._tx, found, state.receives, state.first):
            self._drop(place, sequence)
            return None
        state = Visibility(self._now + timeout * 1000, state.sent, state.receives + 1, state.first or self._now)
        self._table.set(row, state.packed())
        return Taken(sequence, found, state, self._now, place)

    # -- an attempt that is made again

    def attempt(self, attempt_id: str, timeout: int) -> list[Taken] | None:
        """What this attempt received before, hidden anew; None for a new attempt. Raises `InvalidParameterValue` when
        one of the messages was deleted, or may be had by others again."""
        name = sha256(attempt_id.encode()).digest()
        row = self._table.get(self._period(ATTEMPTS, 0) + name) or self._table.get(self._period(ATTEMPTS, 1) + name)
        if row is None:
            return None
        before = msgspec.msgpack.decode(row, type=_Received)
        if self._now - before.at >= PERIOD:
            return None
        taken = []
        for sequence, place, count in before.messages:
            key = self._prefix + GROUP + place + number8.pack(sequence)
            data, found = self._table.get(key), content(self._tx, self._prefix, sequence)
            state = visibility(data) if data is not None else None
            if found is None or state is None or state.receives != count or state.at <= self._now:
                raise invalid_value(
                    attempt_id,
                    "ReceiveRequestAttemptId",
                    "The receiveRequestAttemptId is not valid anymore since the receive call is not retryable.",
                )
            state = state._replace(at=self._now + timeout * 1000)
            self._table.set(key, state.packed())
            taken.append(Taken(sequence, found, state, self._now, place))
        for place in {each.group for each in taken}:
            self._settle(place)
        return taken

    def remember(self, attempt_id: str, taken: list[Taken]) -> None:
        """Keep what an attempt received, for when it is made again."""
        messages = [(each.sequence, each.group, each.state.receives) for each in taken]
        name = sha256(attempt_id.encode()).digest()
        self._table.set(self._period(ATTEMPTS, 0) + name, msgspec.msgpack.encode(_Received(self._now, messages)))

    # -- what was received

    def remove(self, receipt: Receipt) -> bool:
        """Delete what was received; False for a receipt whose time is over."""
        state = self._state(receipt)
        if state is None:
            return True
        if state.receives != receipt.receives or state.at <= self._now:
            return False
        self._drop(receipt.group, receipt.sequence)
        self._settle(receipt.group)
        return True

    def change(self, receipt: Receipt, timeout: int) -> Visibility | None:
        """Let a message that is in flight come back after `timeout` seconds; None when there is none for the receipt.
        The state that it had."""
        state = self._state(receipt)
        if state is None or state.receives != receipt.receives:
            return None
        if state.at > self._now:
            key = self._prefix + GROUP + receipt.group + number8.pack(receipt.sequence)
            self._table.set(key, state._replace(at=self._now + timeout * 1000).packed())
            self._settle(receipt.group)
        return state

    def _state(self, receipt: Receipt) -> Visibility | None:
        data = self._table.get(self._prefix + GROUP + receipt.group + number8.pack(receipt.sequence))
        return None if data is None else visibility(data)

    # -- by itself

    def has_expired(self) -> bool:
        """Whether there is anything that was kept long enough, or need not be remembered."""
        kept = self._queue.seconds("MessageRetentionPeriod") * 1000
        first = self._table.range(self._prefix + CONTENT, after(self._prefix + CONTENT), 1, False)
        return any(decode(data).sent + kept <= self._now for _, data in first) or any(
            self._table.range(self._prefix + kind, self._period(kind, 1), 1, False) for kind in (SENT_IDS, ATTEMPTS)
        )

    def expire(self, most: int) -> int:
        """Remove some of what was kept long enough, and what need not be remembered; how many."""
        kept = self._queue.seconds("MessageRetentionPeriod") * 1000
        rows = self._table.range(self._prefix + CONTENT, after(self._prefix + CONTENT), most, False)
        gone = 0
        for key, data in rows:
            found = decode(data)
            if found.sent + kept > self._now:
                break
            place = group_place(found.group)
            self._drop(place, int(number8.unpack(key[-8:])[0]))
            self._settle(place)
            gone += 1
        for kind in (SENT_IDS, ATTEMPTS):
            for key, _ in self._table.range(self._prefix + kind, self._period(kind, 1), most, False):
                self._table.delete(key)
                gone += 1
        return gone

    def counts(self) -> tuple[int, int, int]:
        """Messages that can be received or wait for others of their group, that are in flight, and that are delayed."""
        flying = 0
        low, high = self._ready + number8.pack(self._now + 1), after(self._ready)
        while True:
            rows = self._table.range(low, high, 1024, False)
            flying += sum(len(self._in_flight(row[-16:])) for row, _ in rows)
            if len(rows) < 1024:
                break
            low = rows[-1][0] + b"\0"
        delayed = self._delayed() if self._queue.seconds("DelaySeconds") else 0
        return max(0, head(self._tx, self._prefix)[1] - flying - delayed), flying, delayed

    def _delayed(self) -> int:
        oldest = self._now - self._queue.seconds("DelaySeconds") * 1000
        low, high = self._prefix + CONTENT, after(self._prefix + CONTENT)
        count = 0
        while True:
            rows = self._table.range(low, high, 100, True)
            young = sum(decode(data).sent > oldest for _, data in rows)
            count += young
            if young < 100:
                return count
            high = rows[-1][0]

    def oldest(self, most: int) -> list[tuple[Content, Visibility]]:
        """Take some that can be received out of the queue for good."""
        found = self.take(most, 1, lambda *_: False)
        for taken in found:
            self._drop(taken.group, taken.sequence)
            self._settle(taken.group)
        return [(taken.content, taken.state) for taken in found]

    # -- the state of a group

    def _in_flight(self, place: bytes) -> list[Visibility]:
        prefix = self._prefix + GROUP + place
        rows = self._table.range(prefix, after(prefix), _MOST_IN_FLIGHT, False)
        states = [visibility(data) for _, data in rows]
        return [state for state in states if state.receives and state.at > self._now]

    def _settle(self, place: bytes) -> None:
        """Work out anew when a group can be received from."""
        prefix = self._prefix + GROUP + place
        first = self._table.range(prefix, after(prefix), 1, False)
        self._clear_ready(place)
        if not first:
            return
        key, data = first[0]
        flying = self._in_flight(place)
        at = max(state.at for state in flying) if flying else visibility(data).at
        self._set_ready(place, at, int(number8.unpack(key[-8:])[0]))

    def _set_ready(self, place: bytes, at: int, sequence: int) -> None:
        packed = two.pack(at, sequence)
        self._table.set(self._prefix + STATE + place, packed)
        self._table.set(self._ready + packed + place, b"")

    def _clear_ready(self, place: bytes) -> None:
        packed = self._table.get(self._prefix + STATE + place)
        if packed is not None:
            self._table.delete(self._prefix + STATE + place)
            self._table.delete(self._ready + packed + place)

    def _drop(self, place: bytes, sequence: int) -> None:
        packed = number8.pack(sequence)
        self._table.delete(self._prefix + GROUP + place + packed)
        if self._table.get(self._prefix + CONTENT + packed) is not None:
            self._table.delete(self._prefix + CONTENT + packed)
            following, count = head(self._tx, self._prefix)
            set_head(self._tx, self._prefix, following, count - 1)

    # -- deduplication

    def _sent_place(self, sent: Content) -> bytes:
        scope = sent.group if self._queue.attributes.get("DeduplicationScope") == "messageGroup" else ""
        return sha256(f"{scope}\0{sent.deduplication_id}".encode()).digest()

    def _sent_before(self, known: bytes) -> _Sent | None:
        for back in (0, 1):
            row = self._table.get(self._period(SENT_IDS, back) + known)
            if row is not None:
                before = msgspec.msgpack.decode(row, type=_Sent)
                if self._now - before.at < PERIOD:
                    return before
        return None

    def _period(self, kind: bytes, back: int) -> bytes:
        """The rows of these five minutes, or of those before."""
        return self._prefix + kind + number8.pack(self._now // PERIOD - back)
