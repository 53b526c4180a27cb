"""ReceiveMessage: messages that nobody else gets for a while, waiting for them if there are none."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.sqs import bodies
from groundcloud.services.sqs.encryption import opened
from groundcloud.services.sqs.errors import InvalidParameterValue, invalid_value
from groundcloud.services.sqs.fifo import Fifo
from groundcloud.services.sqs.layout import Content, Taken
from groundcloud.services.sqs.lookup import find, messages, plane, queue
from groundcloud.services.sqs.receipts import Receipt, handle
from groundcloud.services.sqs.records import Queue
from groundcloud.services.sqs.sending import sequence_text
from groundcloud.services.sqs.standard import DeadLetters
from groundcloud.services.sqs.waiting import LOOK_AGAIN, bells
from groundcloud.store import Store, Transaction

_SYSTEM = frozenset(
    (
        "All", "SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp",
        "SequenceNumber", "MessageDeduplicationId", "MessageGroupId", "AWSTraceHeader", "DeadLetterQueueSourceArn",
    )
)  # fmt: skip


class _Wanted(NamedTuple):
    """What a receive asks for; times in seconds."""

    queue_url: str
    most: int
    timeout: int
    waits: int
    attempt: str | None


@operation(on=queue, data_event=True)
async def receive_message(
    ctx: Context,
    queue_url: str,
    attribute_names: Sequence[str] = (),
    message_system_attribute_names: Sequence[str] = (),
    message_attribute_names: Sequence[str] = (),
    max_number_of_messages: int = 1,
    visibility_timeout: int | None = None,
    wait_time_seconds: int | None = None,
    receive_request_attempt_id: str | None = None,
) -> dict[str, Any]:
    store = plane(ctx)
    with store.snapshot() as tx:
        target = find(ctx, tx, queue_url)
    system = frozenset((*attribute_names, *message_system_attribute_names))
    _check(target, max_number_of_messages, visibility_timeout, wait_time_seconds, receive_request_attempt_id, system)
    timeout = visibility_timeout if visibility_timeout is not None else target.seconds("VisibilityTimeout")
    waits = wait_time_seconds if wait_time_seconds is not None else target.seconds("ReceiveMessageWaitTimeSeconds")
    wanted = _Wanted(queue_url, max_number_of_messages, timeout, waits, receive_request_attempt_id)
    target, taken = await _wait_for(ctx, store, wanted)
    found = [_shown(ctx, target, each, system, message_attribute_names) for each in taken]
    return {"messages": found or None}


def _check(
    target: Queue, most: int, timeout: int | None, waits: int | None, attempt: str | None, system: frozenset[str]
) -> None:
    if not 1 <= most <= 10:
        raise invalid_value(most, "MaxNumberOfMessages", "Must be between 1 and 10, if provided.")
    if timeout is not None and not 0 <= timeout <= 43200:
        raise invalid_value(timeout, "VisibilityTimeout", "Must be between 0 and 43200, if provided.")
    if waits is not None and not 0 <= waits <= 20:
        raise invalid_value(waits, "WaitTimeSeconds", "Must be >= 0 and <= 20, if provided.")
    if attempt is not None and not target.fifo:
        raise invalid_value(
            attempt,
            "ReceiveRequestAttemptId",
            "The request include parameter that is not valid for this queue type.",
        )
    if unknown := system - _SYSTEM:
        raise InvalidParameterValue(reason=f"Unknown Attribute {min(unknown)}.")


async def _wait_for(ctx: Context, store: Store, wanted: _Wanted) -> tuple[Queue, list[Taken]]:
    """What there is, or what comes in time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + wanted.waits
    while True:
        now = ctx.milliseconds
        with store.snapshot() as tx:
            target = find(ctx, tx, wanted.queue_url)
            following = messages(tx, target, now).next_at()
        if wanted.attempt is not None or (following is not None and following <= now):
            target, taken = await store.submit(_taking(ctx, wanted, now))
            if taken:
                return target, taken
        left = end - loop.time()
        if left <= 0:
            return target, []
        due = LOOK_AGAIN if following is None or following <= now else min(LOOK_AGAIN, (following - now) / 1000)
        await bells(store).wait(target.number, min(left, due))


def _taking(ctx: Context, wanted: _Wanted, now: int) -> Callable[[Transaction], tuple[Queue, list[Taken]]]:
    def work(tx: Transaction) -> tuple[Queue, list[Taken]]:
        target = find(ctx, tx, wanted.queue_url)
        rows = messages(tx, target, now)
        attempt = wanted.attempt
        if attempt is not None and isinstance(rows, Fifo):
            before = rows.attempt(attempt, wanted.timeout)
            if before is not None:
                return target, before
        taken = rows.take(wanted.most, wanted.timeout, dead_letters(target, now))
        if attempt is not None and isinstance(rows, Fifo) and taken:
            rows.remember(attempt, taken)
        return target, taken

    return work


def dead_letters(source: Queue, now: int) -> DeadLetters:
    """Moves a message to the dead-letter queue, where there is one."""

    def move(tx: Transaction, content: Content, count: int, first: int) -> bool:
        target = tx.get(Queue, source.account, source.region, source.dead_letters)
        if target is None:
            return False
        content.source_arn = source.arn
        content.earlier += count
        if target.fifo:
            content.sent = now  # a FIFO queue counts the retention anew; a standard one goes by the first sending
            Fifo(tx, target, now).put(content, 0, once=False)
        else:
            rows = messages(tx, target, now)
            assert not isinstance(rows, Fifo)
            rows.put(content, 0, first)
        return True

    return move


def _shown(ctx: Context, target: Queue, taken: Taken, system: frozenset[str], names: Sequence[str]) -> dict[str, Any]:
    """A message as the API shows it."""
    content = taken.content
    payload = bodies.decode(opened(ctx, target, content))
    receipt = Receipt(target.number, taken.sequence, taken.state.at, taken.state.receives, taken.received, taken.group)
    shown: dict[str, Any] = {
        "message_id": content.message_id,
        "receipt_handle": handle(ctx.world.sealer, receipt),
        "md5_of_body": content.md5,
        "body": payload.text,
    }
    if system:
        known = _system(target, taken)
        shown["attributes"] = known if "All" in system else {k: v for k, v in known.items() if k in system}
    if names and (attributes := bodies.chosen(payload.attributes, names)):
        shown["message_attributes"] = bodies.shown(attributes)
        shown["md5_of_message_attributes"] = bodies.digest_of_attributes(attributes)
    return shown


def _system(target: Queue, taken: Taken) -> dict[str, str]:
    content = taken.content
    found = {
        "SenderId": content.sender,
        "SentTimestamp": str(content.sent),
        "ApproximateReceiveCount": str(taken.state.receives + content.earlier),
        "ApproximateFirstReceiveTimestamp": str(taken.state.first),
    }
    if target.fifo:
        found["SequenceNumber"] = sequence_text(taken.sequence)
        found["MessageDeduplicationId"] = content.deduplication_id
    optional = {
        "MessageGroupId": content.group,
        "AWSTraceHeader": content.trace,
        "DeadLetterQueueSourceArn": content.source_arn,
    }
    return {**found, **{name: value for name, value in optional.items() if value}}
