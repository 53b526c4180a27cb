"""Where the rows of a queue's messages lie, and what is in them. Times are milliseconds since 1970.

    H                            the next sequence number, and how many messages there are
    M sequence                   what was sent; never rewritten
    V time sequence              standard queues: in the order in which messages can be received next
    C sequence                   standard queues: where a message went whose visibility was changed by hand
    G group sequence             FIFO queues: the messages of a group in order
    S group                      FIFO queues: when a group can be received from next
    R time sequence group        FIFO queues: the groups in the order of these times
    D period id                  FIFO queues: what was sent in the last minutes, by deduplication id
    A period id                  FIFO queues: what was received in the last minutes, by attempt id

A receive reads the beginning of V or R and is as quick with a million messages as with one.
"""

from hashlib import sha256
from struct import Struct
from typing import NamedTuple

import msgspec

from groundcloud.store import Transaction
from groundcloud.store.keys import pack

HEAD, CONTENT, VISIBLE, CHANGED = b"H", b"M", b"V", b"C"
GROUP, STATE, READY, SENT_IDS, ATTEMPTS = b"G", b"S", b"R", b"D", b"A"

number8 = Struct(">Q")
two = Struct(">QQ")
_state = Struct(">QQIQ")


def base(queue_number: int) -> bytes:
    """What all rows of a queue begin with."""
    return pack(("sqs", queue_number))


def after(prefix: bytes) -> bytes:
    """The end of the range of all keys with a prefix: what follows are letters, and numbers far below 2**63."""
    return prefix + b"\xff"


class Content(msgspec.Struct, array_like=True, gc=False):
    """A message as it was sent. `body` has the text and the attributes, sealed unless the queue has no encryption."""

    message_id: str
    sent: int
    sender: str
    body: bytes
    md5: str
    sealed: bool = True
    data_key: bytes = b""
    """Of KMS, wrapped; empty for the installation's own key."""
    data_key_arn: str = ""
    """The queue that the data key was made for."""
    group: str = ""
    deduplication_id: str = ""
    trace: str = ""
    source_arn: str = ""
    """The queue that it left for this dead-letter queue."""
    earlier: int = 0
    """Receives in the queues that it was in before."""


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Content).decode


class Visibility(NamedTuple):
    """The state of a message: from when on it can be received, and what was so far."""

    at: int
    sent: int
    receives: int = 0
    first: int = 0
    """When it was received first."""

    def packed(self) -> bytes:
        return _state.pack(*self)


def visibility(data: bytes) -> Visibility:
    return Visibility(*_state.unpack(data))


class Taken(NamedTuple):
    """A message as it is handed out. `group` is its group's place in a FIFO queue."""

    sequence: int
    content: Content
    state: Visibility
    received: int
    group: bytes = b""


def group_place(group: str) -> bytes:
    """Sixteen bytes for a group: names may be long."""
    return sha256(group.encode()).digest()[:16]


def head(tx: Transaction, prefix: bytes) -> tuple[int, int]:
    """The next sequence number, and how many messages there are."""
    data = tx.table.get(prefix + HEAD)
    return two.unpack(data) if data is not None else (1, 0)


def set_head(tx: Transaction, prefix: bytes, following: int, count: int) -> None:
    tx.table.set(prefix + HEAD, two.pack(following, max(0, count)))


def content(tx: Transaction, prefix: bytes, sequence: int) -> Content | None:
    data = tx.table.get(prefix + CONTENT + number8.pack(sequence))
    return None if data is None else decode(data)
