"""Events in the store: one entry for each batch that came, in the order of the batches' first events.

An entry's key is its stream, the time of its first event and its number; its value begins with the time of its last
event, so that a batch that is too old is passed over without being read. Batches may overlap in time; readers merge.
"""

from collections.abc import Callable, Iterator, Sequence
from struct import Struct
from typing import NamedTuple

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from groundcloud.services.logs.records import LogGroup, LogStream
from groundcloud.store import Transaction
from groundcloud.store.keys import after_prefix, pack

_HEAD = Struct(">Bqq")
"""The number of the data key (0: none), the time of the last event, the time of arrival."""
OpenKey = Callable[[int], bytes]
"""Gives a group's data key by its number."""
_AT_ONCE = 16
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(tuple[list[int], list[str]]).decode


class Place(NamedTuple):
    """Where an event is: its time, its batch's number, its place in the batch. Events are ordered by this."""

    timestamp: int
    number: int
    at: int


class Event(NamedTuple):
    """One event as it is read."""

    place: Place
    message: str
    ingestion_time: int


FIRST = Place(0, 0, 0)
LAST = Place(2**62, 0, 0)


def group_prefix(group_id: str) -> bytes:
    return pack(("logs.events", group_id))


def prefix_of(group_id: str, stream_id: str) -> bytes:
    return pack(("logs.events", group_id, stream_id))


def write(
    tx: Transaction,
    group: LogGroup,
    stream: LogStream,
    timestamps: Sequence[int],
    messages: Sequence[str],
    now: int,
    key_number: int,
    open_key: OpenKey,
    nonce: bytes,
) -> None:
    """Keep a batch, in the order of its times, encrypted where it has a key."""
    first, last = timestamps[0], timestamps[-1]
    place = prefix_of(group.group_id, stream.stream_id) + first.to_bytes(8, "big") + stream.chunks.to_bytes(8, "big")
    body = _encode((timestamps, messages))
    if key_number:
        body = nonce + AESGCM(open_key(key_number)).encrypt(nonce, body, place)
    tx.table.set(place, _HEAD.pack(key_number, last, now) + body)
    stream.chunks += 1
    stream.longest_span = max(stream.longest_span, last - first)


class Chunk(NamedTuple):
    """An entry that is not opened yet."""

    place: bytes
    data: bytes
    first: int
    number: int
    last: int

    def events(self, open_key: OpenKey) -> list[Event]:
        """Its events."""
        key_number, _, arrived = _HEAD.unpack_from(self.data)
        body = self.data[_HEAD.size :]
        if key_number:
            body = AESGCM(open_key(key_number)).decrypt(body[:12], body[12:], self.place)
        timestamps, messages = _decode(body)
        number = self.number
        return [
            Event(Place(timestamp, number, index), message, arrived)
            for index, (timestamp, message) in enumerate(zip(timestamps, messages, strict=True))
        ]


def _chunk(place: bytes, data: bytes) -> Chunk:
    return Chunk(
        place, data, int.from_bytes(place[-16:-8], "big"), int.from_bytes(place[-8:], "big"), _HEAD.unpack_from(data)[1]
    )


def chunks(tx: Transaction, prefix: bytes, low: int, high: int, reverse: bool = False) -> Iterator[Chunk]:
    """Batches whose first event is from `low` until before `high`, in order."""
    begin = prefix + max(0, low).to_bytes(8, "big")
    end = min(prefix + max(0, high).to_bytes(8, "big"), after_prefix(prefix)) if high < 2**62 else after_prefix(prefix)
    limit = 2
    while True:
        pairs = tx.table.range(begin, end, limit, reverse)
        for place, data in pairs:
            yield _chunk(place, data)
        if len(pairs) < limit:
            return
        if reverse:
            end = pairs[-1][0]
        else:
            begin = pairs[-1][0] + b"\0"
        limit = min(limit * 2, _AT_ONCE)


def forward(
    tx: Transaction, group: LogGroup, stream: LogStream, low: Place, high: Place, open_key: OpenKey
) -> Iterator[Event]:
    """Events from `low` until before `high`, in order. What a batch leaves over waits for the next one's beginning."""
    waiting: list[Event] = []
    prefix = prefix_of(group.group_id, stream.stream_id)
    for chunk in chunks(tx, prefix, low.timestamp - stream.longest_span, high.timestamp + 1):
        if chunk.last < low.timestamp:
            continue
        begins = Place(chunk.first, chunk.number, 0)
        cut = _before(waiting, begins)
        yield from waiting[:cut]
        found = [event for event in chunk.events(open_key) if low <= event.place < high]
        over = waiting[cut:]
        waiting = sorted(over + found) if over else found
    yield from waiting


def backward(
    tx: Transaction, group: LogGroup, stream: LogStream, low: Place, high: Place, open_key: OpenKey
) -> Iterator[Event]:
    """The same from the last to the first."""
    waiting: list[Event] = []
    prefix = prefix_of(group.group_id, stream.stream_id)
    low_chunk = low.timestamp - stream.longest_span
    for chunk in chunks(tx, prefix, low_chunk, high.timestamp + 1, reverse=True):
        # what comes now and later begins no later than this batch, and reaches no further than the longest one
        reaches = Place(min(chunk.first + stream.longest_span, 2**62) + 1, 0, 0)
        while waiting and waiting[-1].place >= reaches:
            yield waiting.pop()
        if chunk.last < low.timestamp:
            continue
        found = [event for event in chunk.events(open_key) if low <= event.place < high]
        waiting = sorted(found + waiting)
    yield from reversed(waiting)


def one(tx: Transaction, group: LogGroup, stream: LogStream, place: Place, open_key: OpenKey) -> Event | None:
    """The event at a place."""
    found = next(forward(tx, group, stream, place, Place(place.timestamp, place.number, place.at + 1), open_key), None)
    return found if found is not None and found.place == place else None


def expired(tx: Transaction, prefix: bytes, before: int, most: int) -> list[bytes]:
    """Places of some of the batches whose events are all older than a time."""
    pairs = tx.table.range(prefix, prefix + max(0, before).to_bytes(8, "big"), most, False)
    return [place for place, data in pairs if _HEAD.unpack_from(data)[1] < before]


def _before(events: list[Event], place: Place) -> int:
    """How many of the events (in order) come before a place."""
    low, high = 0, len(events)
    while low < high:
        middle = (low + high) // 2
        if events[middle].place < place:
            low = middle + 1
        else:
            high = middle
    return low
