"""What becomes of received messages: DeleteMessage, ChangeMessageVisibility and their batches."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.sqs import batches
from groundcloud.services.sqs.errors import MessageNotInflight, invalid_value
from groundcloud.services.sqs.fifo import Fifo
from groundcloud.services.sqs.lookup import find, messages, plane, queue
from groundcloud.services.sqs.receipts import receipt
from groundcloud.services.sqs.records import Queue
from groundcloud.services.sqs.standard import Standard
from groundcloud.services.sqs.waiting import bells
from groundcloud.store import Part, Transaction

T = TypeVar("T")
_LONGEST = 43200


class DeleteMessageBatchRequestEntry(Part):
    id: str
    receipt_handle: str


class ChangeMessageVisibilityBatchRequestEntry(Part):
    id: str
    receipt_handle: str
    visibility_timeout: int | None = None


Rows = Standard | Fifo


async def _within(ctx: Context, queue_url: str, work: Callable[[Rows, Queue], T], *, wakes: bool = False) -> T:
    """Do something to the messages of a queue, in a transaction of its own. `wakes`: messages may have come back."""
    store, now = plane(ctx), ctx.milliseconds
    found: list[Queue] = []

    def inside(tx: Transaction) -> T:
        target = find(ctx, tx, queue_url)
        found[:] = [target]
        return work(messages(tx, target, now), target)

    done = await store.submit(inside)
    if wakes or found[0].fifo:
        bells(store).ring(found[0].number, batches.MOST)
    return done


def _delete(ctx: Context, rows: Rows, target: Queue, handle: str) -> dict[str, Any]:
    if not rows.remove(receipt(ctx.world.sealer, handle, target.number, target.number_before)):
        raise invalid_value(handle, "ReceiptHandle", "The receipt handle has expired.")
    return {}


def _change(ctx: Context, rows: Rows, target: Queue, handle: str, timeout: int | None) -> dict[str, Any]:
    if timeout is None or not 0 <= timeout <= _LONGEST:
        raise invalid_value(timeout, "VisibilityTimeout", "Must be between 0 and 43200, if provided.")
    wanted = receipt(ctx.world.sealer, handle, target.number, target.number_before)
    now = ctx.milliseconds
    if now + timeout * 1000 > wanted.received + _LONGEST * 1000:
        raise invalid_value(
            timeout,
            "VisibilityTimeout",
            f"Total VisibilityTimeout for the message is beyond the limit [{_LONGEST} seconds].",
        )
    state = rows.change(wanted, timeout)
    if state is None:
        raise invalid_value(
            handle,
            "ReceiptHandle",
            "Message does not exist or is not available for visibility timeout change.",
        )
    if state.at <= now:
        raise MessageNotInflight()
    return {}


@operation(on=queue, data_event=True)
async def delete_message(ctx: Context, queue_url: str, receipt_handle: str) -> None:
    await _within(ctx, queue_url, lambda rows, target: _delete(ctx, rows, target, receipt_handle))


@operation(on=queue, action="sqs:DeleteMessage", data_event=True)
async def delete_message_batch(
    ctx: Context, queue_url: str, entries: Sequence[DeleteMessageBatchRequestEntry]
) -> dict[str, Any]:
    batches.check_entries(entries, "DeleteMessageBatchRequestEntry")
    return await _within(
        ctx,
        queue_url,
        lambda rows, target: batches.each(entries, lambda entry: _delete(ctx, rows, target, entry.receipt_handle)),
    )


@operation(on=queue, data_event=True)
async def change_message_visibility(ctx: Context, queue_url: str, receipt_handle: str, visibility_timeout: int) -> None:
    await _within(
        ctx, queue_url, lambda rows, target: _change(ctx, rows, target, receipt_handle, visibility_timeout), wakes=True
    )


@operation(on=queue, action="sqs:ChangeMessageVisibility", data_event=True)
async def change_message_visibility_batch(
    ctx: Context, queue_url: str, entries: Sequence[ChangeMessageVisibilityBatchRequestEntry]
) -> dict[str, Any]:
    batches.check_entries(entries, "ChangeMessageVisibilityBatchRequestEntry")
    return await _within(
        ctx,
        queue_url,
        lambda rows, target: batches.each(
            entries, lambda entry: _change(ctx, rows, target, entry.receipt_handle, entry.visibility_timeout)
        ),
        wakes=True,
    )
