"""PutLogEvents: a batch of events into a stream.

Source: the API reference of PutLogEvents. Events must be in order and within 24 hours; those older than 14 days or than
the group's retention, and those more than two hours in the future, are left out and told of.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.logs import chunks, errors
from groundcloud.services.logs.keys import opener
from groundcloud.services.logs.metrics import publish
from groundcloud.services.logs.names import find_group, find_stream, milliseconds, named, on_stream, plane
from groundcloud.services.logs.records import LogGroup
from groundcloud.store import Transaction

_OVERHEAD = 26
_LARGEST_BATCH = 1_048_576
_LARGEST_EVENT = 1_048_576
_MOST_EVENTS = 10_000
_DAY = 86_400_000
_OLDEST = 14 * _DAY
_NEWEST = 2 * 3_600_000


class _Event(msgspec.Struct, gc=False):
    timestamp: int
    message: str


_convert = msgspec.convert
_EVENTS = list[_Event]
Batch = tuple[list[int], list[str], int]
"""Times, messages, bytes."""


@operation(on=on_stream, data_event=True, harmless=("sequenceToken", "entity"))
async def put_log_events(ctx: Context, log_group_name: str, log_stream_name: str, log_events: Any) -> object:
    timestamps, messages, size = _checked(log_events)
    owner = named(ctx, log_group_name)
    now = milliseconds(ctx)
    nonce = ctx.random(12)

    def work(tx: Transaction) -> tuple[dict[str, Any], LogGroup, int, int]:
        group = find_group(tx, owner)
        stream = find_stream(tx, owner, log_stream_name)
        low, high, rejected = _accepted(timestamps, now, group.retention_in_days)
        if low < high:
            kept = timestamps[low:high]
            key_number = len(group.data_keys) if group.kms_key_id else 0
            chunks.write(tx, group, stream, kept, messages[low:high], now, key_number, opener(ctx, group), nonce)
            stream.first_event = min(stream.first_event, kept[0]) if stream.last_ingestion else kept[0]
            stream.last_event = max(stream.last_event, kept[-1])
            stream.last_ingestion = now
            stream.size += size
            tx.put(stream)
        answer: dict[str, Any] = {
            "next_sequence_token": f"{49039859000000000000000000000000000000 + stream.chunks}",
            "rejected_log_events_info": rejected or None,
        }
        return answer, group, low, high

    answer, group, low, high = await plane(ctx).submit(work)
    if group.metric_filter_count:
        publish(ctx, group, timestamps[low:high], messages[low:high])
    return answer


def _checked(given: list[Any]) -> Batch:
    """The events of a request, which comes as it is. Raises `InvalidParameterException`."""
    try:
        events = _convert(given, _EVENTS)
    except msgspec.ValidationError as error:
        raise errors.invalid(f"1 validation error detected: {error} at 'logEvents'") from error
    if not 1 <= len(events) <= _MOST_EVENTS:
        raise errors.invalid(
            "1 validation error detected: Value at 'logEvents' failed to satisfy constraint: Member must have length "
            f"{'less than or equal to 10000' if events else 'greater than or equal to 1'}"
        )
    timestamps = [event.timestamp for event in events]
    messages = [event.message for event in events]
    sizes = [len(message) if message.isascii() else len(message.encode("utf-8", "replace")) for message in messages]
    if min(sizes) == 0 or timestamps[0] < 0:
        raise errors.invalid(
            f"1 validation error detected: Value at 'logEvents.{_first(sizes, lambda size: size == 0) + 1}.member."
            "message' failed to satisfy constraint: Member must have length greater than or equal to 1"
        )
    if max(sizes) + _OVERHEAD > _LARGEST_EVENT:
        at = _first(sizes, lambda size: size + _OVERHEAD > _LARGEST_EVENT)
        raise errors.invalid(f"Log event too large: {sizes[at] + _OVERHEAD} bytes exceeds limit of {_LARGEST_EVENT}")
    total = sum(sizes) + _OVERHEAD * len(sizes)
    if total > _LARGEST_BATCH:
        raise errors.invalid(f"Upload too large: {total} bytes exceeds limit of {_LARGEST_BATCH}")
    if timestamps != sorted(timestamps):
        raise errors.invalid("Log events in a single PutLogEvents request must be in chronological order.")
    if timestamps[-1] - timestamps[0] > _DAY:
        raise errors.invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
    if timestamps[-1] >= 2**53:
        raise errors.invalid("Timestamp must be in milliseconds since the epoch.")
    return timestamps, messages, total


def _first(values: list[int], test: Callable[[int], bool]) -> int:
    return next((place for place, value in enumerate(values) if test(value)), 0)


def _accepted(timestamps: list[int], now: int, retention: int | None) -> tuple[int, int, dict[str, int]]:
    """Which events are kept (from, until), and what is said of the others."""
    low, high = 0, len(timestamps)
    rejected: dict[str, int] = {}
    if timestamps[-1] > now + _NEWEST:
        high = _first(timestamps, lambda time: time > now + _NEWEST)
        rejected["too_new_log_event_start_index"] = high
    oldest = now - _OLDEST
    if timestamps[0] < oldest:
        low = sum(time < oldest for time in timestamps)
        rejected["too_old_log_event_end_index"] = low
    if retention is not None and timestamps[0] < now - retention * _DAY:
        expired = sum(time < now - retention * _DAY for time in timestamps)
        rejected["expired_log_event_end_index"] = expired
        low = max(low, expired)
    return low, high, rejected
