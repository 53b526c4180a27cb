"""SendMessage and SendMessageBatch."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.operation import operation
from groundcloud.services.sqs import batches, bodies, errors
from groundcloud.services.sqs.bodies import MessageAttributeValue
from groundcloud.services.sqs.encryption import DataKey, data_key, sealed
from groundcloud.services.sqs.errors import invalid_value
from groundcloud.services.sqs.fifo import Fifo
from groundcloud.services.sqs.layout import Content
from groundcloud.services.sqs.lookup import find, plane, queue
from groundcloud.services.sqs.records import Queue
from groundcloud.services.sqs.standard import Standard
from groundcloud.services.sqs.waiting import bells
from groundcloud.store import Part, Store, Transaction

_FIRST_SEQUENCE = 18849496460467696128
"""Sequence numbers have twenty digits and grow (SendMessage in the API reference)."""
_LARGEST_BATCH = 1048576
_NOT_FOR_THIS = "The request include parameter that is not valid for this queue type."


class SendMessageBatchRequestEntry(Part):
    id: str
    message_body: str
    delay_seconds: int | None = None
    message_attributes: dict[str, MessageAttributeValue] = {}
    message_system_attributes: dict[str, MessageAttributeValue] = {}
    message_deduplication_id: str | None = None
    message_group_id: str | None = None


class Ready(NamedTuple):
    """A message that was checked and sealed."""

    content: Content
    delay: int
    answer: dict[str, Any]


@operation(on=queue, data_event=True)
async def send_message(
    ctx: Context,
    queue_url: str,
    message_body: str,
    delay_seconds: int | None = None,
    message_attributes: Mapping[str, MessageAttributeValue] = {},
    message_system_attributes: Mapping[str, MessageAttributeValue] = {},
    message_deduplication_id: str | None = None,
    message_group_id: str | None = None,
) -> dict[str, Any]:
    store = plane(ctx)
    with store.snapshot() as tx:
        target = find(ctx, tx, queue_url)
    entry = SendMessageBatchRequestEntry(
        "", message_body, delay_seconds, dict(message_attributes), dict(message_system_attributes),
        message_deduplication_id, message_group_id,
    )  # fmt: skip
    ready = _ready(ctx, target, entry, data_key(ctx, target))
    await _put(ctx, store, target, [ready])
    return ready.answer


@operation(on=queue, action="sqs:SendMessage", data_event=True)
async def send_message_batch(
    ctx: Context, queue_url: str, entries: Sequence[SendMessageBatchRequestEntry]
) -> dict[str, Any]:
    store = plane(ctx)
    with store.snapshot() as tx:
        target = find(ctx, tx, queue_url)
    batches.check_entries(entries, "SendMessageBatchRequestEntry")
    size = sum(len(entry.message_body.encode()) for entry in entries)
    if size > _LARGEST_BATCH:
        raise errors.BatchRequestTooLong(size=size)
    key = data_key(ctx, target)
    found: list[Ready] = []
    answer: dict[str, list[dict[str, Any]]] = {"successful": [], "failed": []}
    for entry in entries:
        try:
            ready = _ready(ctx, target, entry, key)
        except AwsError as error:
            answer["failed"].append(batches.failed(entry.id, error))
        else:
            ready.answer["id"] = entry.id
            answer["successful"].append(ready.answer)
            found.append(ready)
    if found:
        await _put(ctx, store, target, found)
    return answer


async def _put(ctx: Context, store: Store, target: Queue, messages: list[Ready]) -> None:
    """All of them in one transaction; then whoever waits is woken."""
    now = ctx.milliseconds

    def work(tx: Transaction) -> None:
        if tx.get(Queue, target.account, target.region, target.name) is None:
            raise errors.QueueDoesNotExist()
        if target.fifo:
            groups = Fifo(tx, target, now)
            for message in messages:
                put = groups.put(message.content, message.delay)
                message.answer["sequence_number"] = str(_FIRST_SEQUENCE + put.sequence)
                message.answer["message_id"] = put.message_id
        else:
            rows = Standard(tx, target, now)
            for message in messages:
                rows.put(message.content, message.delay)

    await store.submit(work)
    bells(store).ring(target.number, len(messages))


def _ready(ctx: Context, target: Queue, entry: SendMessageBatchRequestEntry, key: DataKey | None) -> Ready:
    """Check a message by the queue's rules, and seal it."""
    _check_kind(target, entry)
    attributes, system = entry.message_attributes, entry.message_system_attributes
    bodies.check(entry.message_body, attributes, target.seconds("MaximumMessageSize"))
    if unknown := system.keys() - {"AWSTraceHeader"}:
        raise errors.InvalidParameterValue(reason=f"Message system attribute name '{min(unknown)}' is invalid.")
    payload = bodies.payload(entry.message_body, attributes)
    body, is_sealed = sealed(ctx, target, key, bodies.encode(payload))
    digest = bodies.digest(entry.message_body)
    trace = system.get("AWSTraceHeader")
    content = Content(
        message_id=ctx.new_uuid(),
        sent=ctx.milliseconds,
        sender=ctx.principal.user_id or ctx.account or ctx.principal.service,
        body=body,
        md5=digest,
        sealed=is_sealed,
        data_key=key.wrapped if key is not None else b"",
        data_key_arn=key.arn if key is not None else "",
        group=entry.message_group_id or "",
        deduplication_id=_deduplication_id(target, entry),
        trace=(trace.string_value or "") if trace is not None else "",
    )
    answer = {
        "message_id": content.message_id,
        "md5_of_message_body": digest,
        "md5_of_message_attributes": bodies.digest_of_attributes(payload.attributes),
        "md5_of_message_system_attributes": bodies.digest_of_attributes(bodies.payload("", system).attributes),
    }
    delay = entry.delay_seconds if entry.delay_seconds is not None else target.seconds("DelaySeconds")
    return Ready(content, delay, answer)


def _check_kind(target: Queue, entry: SendMessageBatchRequestEntry) -> None:
    """What goes with a FIFO queue only, and what goes with a standard one only."""
    delay = entry.delay_seconds
    if delay is not None and not 0 <= delay <= 900:
        raise invalid_value(delay, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900.")
    if target.fifo:
        if not entry.message_group_id:
            raise errors.MissingParameter(name="MessageGroupId")
        if delay:
            raise invalid_value(delay, "DelaySeconds", _NOT_FOR_THIS)
    elif entry.message_deduplication_id:
        raise invalid_value(entry.message_deduplication_id, "MessageDeduplicationId", _NOT_FOR_THIS)
    for name, value in (
        ("MessageGroupId", entry.message_group_id),
        ("MessageDeduplicationId", entry.message_deduplication_id),
    ):
        if value is not None and not (0 < len(value) <= 128 and value.isascii() and value.isprintable()):
            raise invalid_value(
                value,
                name,
                f"{name} can only include alphanumeric and punctuation characters. 1 to 128 in length.",
            )


def _deduplication_id(target: Queue, entry: SendMessageBatchRequestEntry) -> str:
    if not target.fifo:
        return ""
    if entry.message_deduplication_id:
        return entry.message_deduplication_id
    if not target.is_on("ContentBasedDeduplication"):
        raise errors.InvalidParameterValue(
            reason="The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
            "explicitly"
        )
    return bodies.content_id(entry.message_body)


def sequence_text(sequence: int) -> str:
    """A sequence number as the API shows it."""
    return str(_FIRST_SEQUENCE + sequence)
