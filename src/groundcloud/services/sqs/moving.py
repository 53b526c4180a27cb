"""Redrives: StartMessageMoveTask and the operations that look after such tasks. The controller moves the messages.

Source: StartMessageMoveTask, CancelMessageMoveTask and ListMessageMoveTasks in the API reference.
"""

import base64
import binascii
import json
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.sqs import errors
from groundcloud.services.sqs.lookup import by_arn, messages, plane, resource
from groundcloud.services.sqs.records import MoveTask, Queue
from groundcloud.store import Transaction

_NOT_DEAD_LETTERS = "Source queue must be configured as a Dead Letter Queue."


def _place(arn: str, member: str) -> tuple[str, str, str]:
    found = by_arn(arn)
    if found is None:
        raise errors.InvalidParameterValue(
            reason=f"You must use this format to specify the {member}: "
            "arn:<partition>:<service>:<region>:<account-id>:<resource-id>"
        )
    return found


def _moved(ctx: Context, source_arn: str, destination_arn: str) -> list[Resource]:
    """A redrive takes messages out of one queue, and puts them into another."""
    needed = [resource(ctx, *_place(source_arn, "SourceArn"))]
    if destination_arn:
        place = _place(destination_arn, "DestinationArn")
        needed.append(resource(ctx, *place)._replace(action="sqs:SendMessage"))
    return needed


def _source(ctx: Context, source_arn: str) -> Resource:
    return resource(ctx, *_place(source_arn, "SourceArn"))


def _queue(tx: Transaction, arn: str, member: str) -> Queue:
    found = tx.get(Queue, *_place(arn, member))
    if found is None:
        raise errors.ResourceNotFound(
            reason=f"The resource that you specified for the {member} parameter doesn't exist."
        )
    return found


@operation(on=_moved)
async def start_message_move_task(
    ctx: Context, source_arn: str, destination_arn: str = "", max_number_of_messages_per_second: int = 0
) -> dict[str, str]:
    rate = max_number_of_messages_per_second
    if not 0 <= rate <= 500:
        raise errors.InvalidParameterValue(
            reason=f"Value {rate} for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: Must be between 1 and "
            "500, if provided."
        )
    task_id = ctx.random_text("0123456789abcdef", 32)

    def work(tx: Transaction) -> None:
        source = _queue(tx, source_arn, "SourceArn")
        if destination_arn:
            _queue(tx, destination_arn, "DestinationArn")
        if not tx.exists(Queue, source.account, source.region, source.name, index="by_dead_letters"):
            raise errors.InvalidParameterValue(reason=_NOT_DEAD_LETTERS)
        place = (source.account, source.region, source.name)
        if any(task.status in ("RUNNING", "CANCELLING") for task in tx.scan(MoveTask, *place)):
            raise errors.UnsupportedOperation(
                reason="There is already a task running. Only one active task is allowed for a source queue arn at a "
                "given time."
            )
        now = ctx.milliseconds
        to_move = messages(tx, source, now).counts()[0]
        tx.put(MoveTask(*place, -now, task_id, ctx.now(), destination_arn, rate, to_move=to_move))

    await plane(ctx).submit(work)
    return {"task_handle": _handle(task_id, source_arn)}


def _handle(task_id: str, source_arn: str) -> str:
    return base64.b64encode(json.dumps({"taskId": task_id, "sourceArn": source_arn}).encode()).decode()


def _read(task_handle: str) -> tuple[str, str]:
    try:
        document = json.loads(base64.b64decode(task_handle, validate=True))
        return str(document["taskId"]), str(document["sourceArn"])
    except (binascii.Error, ValueError, KeyError, TypeError) as error:
        raise errors.InvalidParameterValue(reason="Value for parameter TaskHandle is invalid.") from error


def _of_task(ctx: Context, task_handle: str) -> Resource:
    return _source(ctx, _read(task_handle)[1])


@operation(on=_of_task)
async def cancel_message_move_task(ctx: Context, task_handle: str) -> dict[str, int]:
    task_id, source_arn = _read(task_handle)

    def work(tx: Transaction) -> int:
        for task in tx.scan(MoveTask, *_place(source_arn, "SourceArn")):
            if task.task_id == task_id:
                if task.status != "RUNNING":
                    raise errors.UnsupportedOperation(reason="Only active tasks can be cancelled.")
                task.status = "CANCELLED"
                return tx.put(task).moved
        raise errors.ResourceNotFound(reason="Task does not exist.")

    return {"approximate_number_of_messages_moved": await plane(ctx).submit(work)}


@operation(on=_source, read=True)
def list_message_move_tasks(ctx: Context, source_arn: str, max_results: int = 1) -> dict[str, Any]:
    if not 1 <= max_results <= 10:
        raise errors.InvalidParameterValue(
            reason=f"Value {max_results} for parameter MaxResults is invalid. Reason: Must be between 1 and 10, if "
            "provided."
        )
    with plane(ctx).snapshot() as tx:
        _queue(tx, source_arn, "SourceArn")
        found = list(tx.scan(MoveTask, *_place(source_arn, "SourceArn")))[:max_results]
    return {"results": [_shown(task, source_arn) for task in found] or None}


def _shown(task: MoveTask, source_arn: str) -> dict[str, Any]:
    return {
        "task_handle": _handle(task.task_id, source_arn) if task.status == "RUNNING" else None,
        "status": task.status,
        "source_arn": source_arn,
        "destination_arn": task.destination_arn or None,
        "max_number_of_messages_per_second": task.rate or None,
        "approximate_number_of_messages_moved": task.moved,
        "approximate_number_of_messages_to_move": task.to_move,
        "failure_reason": task.failure or None,
        "started_timestamp": int(task.started.timestamp() * 1000),
    }
