"""What is to be delivered: written in the transaction that causes it, carried out by `publishing`, gone when done.

A parcel that is written is delivered at least once, whatever happens to the process in between.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

from groundcloud.store import Key, Record, Transaction

ARN, SUBSCRIPTION, MAIL, PHONE, LOG = "arn", "sns", "mail", "phone", "log"
"""The kinds of parcels: straight to the resource of an ARN, to a subscription of a topic, a letter, a message to a
phone, or a line for CloudWatch Logs."""


def _by_due(parcel: "Parcel") -> Iterable[Key]:
    return [(int(parcel.slow), parcel.due, parcel.parcel_id)]


def _by_lane(parcel: "Parcel") -> Iterable[Key]:
    return [(parcel.lane, parcel.parcel_id)] if parcel.lane else []


class Parcel(Record):
    """One delivery. Times are milliseconds since 1970; ids grow with time."""

    table = "outbox.parcel"
    key = ("parcel_id",)
    indexes = {"by_due": _by_due, "by_lane": _by_lane}
    watched = False

    parcel_id: str
    kind: str
    target: str
    payload: bytes
    due: int
    made: int
    attempts: int = 0
    lane: str = ""
    """Parcels of one lane are delivered one after another, in the order of their ids."""
    slow: bool = False
    """Whether the receiver is outside of this cloud: it may keep others of its like waiting, and nobody else."""


class Notice(msgspec.Struct, omit_defaults=True):
    """A message of a service to a queue or topic. Whether it may come there is for the target's policy to say, which
    sees the service as the principal, and `aws:SourceArn` and `aws:SourceAccount`."""

    service: str
    """The principal: `s3.amazonaws.com`."""
    source_arn: str
    source_account: str
    message: str
    subject: str = ""
    group: str = ""
    deduplication_id: str = ""
    attributes: dict[str, tuple[str, str | None, bytes | None]] = {}
    """Data type, text and bytes of message attributes."""
    by_protocol: dict[str, str] = {}
    """For topics: what subscriptions over a protocol (`email`) get in the message's place."""
    as_owner: bool = False
    """Whether `AWS:SourceOwner` is shown too: the usual policy of a topic lets in who acts for its owner by that."""


class Origin(Protocol):
    """The part of a context that a sender has: its transaction, its time, its chance."""

    @property
    def tx(self) -> Transaction: ...

    def random(self, length: int) -> bytes: ...

    @property
    def milliseconds(self) -> int: ...


def parcel_id(milliseconds: int, chance: bytes) -> str:
    return f"{milliseconds:012x}{chance.hex()}"


def notify(origin: Origin, target_arn: str, notice: Notice) -> None:
    """Let the queue or topic have the notice once this transaction is on the disk."""
    now = origin.milliseconds
    origin.tx.put(
        Parcel(
            parcel_id=parcel_id(now, origin.random(8)),
            kind=ARN,
            target=target_arn,
            payload=msgspec.msgpack.encode(notice),
            due=now,
            made=now,
        )
    )


class Posted(msgspec.Struct, omit_defaults=True):
    """Whose mail it is, for what becomes of it: sent by an account's call, at a time in milliseconds since 1970."""

    account: str
    region: str
    message_id: str
    source: str
    at: int
    caller: str = ""
    source_ip: str = ""
    configuration_set: str = ""
    tags: dict[str, list[str]] = {}


class Letter(msgspec.Struct, omit_defaults=True):
    """A mail for the mail engine: who sends, who receives, and the message (RFC 5322)."""

    sender: str
    recipients: tuple[str, ...]
    message: bytes
    posted: Posted | None = None
    """None for mail of the cloud itself."""


def mail(
    origin: Origin, sender: str, recipients: tuple[str, ...], message: bytes, posted: Posted | None = None
) -> None:
    """Let a mail leave once this transaction is on the disk."""
    now = origin.milliseconds
    origin.tx.put(
        Parcel(
            parcel_id=parcel_id(now, origin.random(8)), kind=MAIL, target=", ".join(recipients),
            payload=msgspec.msgpack.encode(Letter(sender, recipients, message, posted)), due=now, made=now, slow=True,
        )
    )  # fmt: skip


class Line(msgspec.Struct):
    """A line for a log group in CloudWatch Logs, which a role lets a service write."""

    service: str
    """The principal that takes the role: `sns.amazonaws.com`."""
    role_arn: str
    account: str
    region: str
    group: str
    milliseconds: int
    text: str


def log_line(tx: Transaction, now: int, chance: bytes, line: Line) -> None:
    """Let a log group have a line once this transaction is on the disk."""
    payload = msgspec.msgpack.encode(line)
    tx.put(Parcel(parcel_id(now, chance), LOG, line.group, payload, due=now, made=now))


class Call(msgspec.Struct):
    """The operation that a delivery to an ARN is, in the words of the service."""

    service: str
    operation: str
    region: str
    arguments: dict[str, object]


def call_of(target_arn: str, notice: Notice) -> Call | None:
    """None for an ARN of a service that takes no notices."""
    parts = target_arn.split(":", 5)
    if len(parts) != 6 or parts[2] not in ("sqs", "sns"):
        return None
    attributes = {
        name: {"data_type": kind, **({"binary_value": data} if data is not None else {"string_value": text})}
        for name, (kind, text, data) in notice.attributes.items()
    }
    arguments: dict[str, object] = {"message_attributes": attributes} if attributes else {}
    if notice.group:
        arguments["message_group_id"] = notice.group
    if notice.deduplication_id:
        arguments["message_deduplication_id"] = notice.deduplication_id
    if parts[2] == "sqs":
        arguments |= {"queue_url": f"{parts[4]}/{parts[5]}", "message_body": notice.message}
        return Call("sqs", "SendMessage", parts[3], arguments)
    arguments |= {"topic_arn": target_arn, "message": notice.message}
    if notice.by_protocol:
        document = {"default": notice.message, **notice.by_protocol}
        arguments |= {"message": msgspec.json.encode(document).decode(), "message_structure": "json"}
    if notice.subject:
        arguments["subject"] = notice.subject
    return Call("sns", "Publish", parts[3], arguments)


def facts_of(notice: Notice) -> Mapping[str, str]:
    """The condition keys that the target's policy sees."""
    found = {"aws:sourcearn": notice.source_arn, "aws:sourceaccount": notice.source_account}
    return {**found, "aws:sourceowner": notice.source_account} if notice.as_owner else found
