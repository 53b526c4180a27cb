"""Sends a trail's events to its log group, in the role that the trail names.

Source: "Sending events to CloudWatch Logs" in the CloudTrail guide: a stream for each account and region, and nothing
of events above 256 KB.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from groundcloud.context import Context
from groundcloud.controllers import Act
from groundcloud.errors import AwsError
from groundcloud.services.cloudtrail.destinations import SERVICE, group_of, log_stream
from groundcloud.services.cloudtrail.records import Delivery, Trail
from groundcloud.services.cloudtrail.taking import Taken, take_both
from groundcloud.store import Store

_LARGEST_EVENT = 262_144
_OVERHEAD = 26
_LARGEST_BATCH, _MOST = 1_048_576, 10_000
_DAY = 86_400_000
Batch = list[dict[str, Any]]


class LogGroups:
    """Delivers to log groups; how far it has come is in the `Delivery`, beside the bucket's positions."""

    def __init__(self, store: Store, clock: Callable[[], datetime], act: Act) -> None:
        self._store = store
        self._clock = clock
        self._act = act

    def deliver(self, trail: Trail, delivery: Delivery) -> bool:
        """Send what is new; whether there was anything. Raises STS's and Logs' errors."""
        any_event = False
        more = True
        while more:
            taken = take_both(self._store, self._clock, trail, delivery, delivery.log_events, delivery.log_data_events)
            more = taken.more
            if taken.events:
                self._send(trail, delivery, taken)
                any_event = True
            delivery.log_events, delivery.log_data_events = taken.after, taken.after_data
            self._store.write(lambda tx: tx.put(delivery))
        return any_event

    def _send(self, trail: Trail, delivery: Delivery, taken: Taken) -> None:
        group = group_of(trail.cloud_watch_logs_log_group_arn or "")
        named = {"log_group_name": group, "log_stream_name": log_stream(delivery.of_account, delivery.region)}

        async def work(ctx: Context) -> None:
            try:
                await ctx.wait("logs", "create_log_stream", **named)
            except AwsError as error:
                if error.code != "ResourceAlreadyExistsException":
                    raise
            for batch in batches(taken):
                await ctx.wait("logs", "put_log_events", **named, log_events=batch)

        role = trail.cloud_watch_logs_role_arn or ""
        self._act(trail.account, trail.region, "cloudtrail", SERVICE, work, trail.trail_arn, role)


def batches(taken: Taken) -> Iterator[Batch]:
    """Events as PutLogEvents takes them: in order, and no call too large or too long."""
    pairs = zip(taken.times, taken.events, strict=True)
    events = sorted((_milliseconds(time), event) for time, event in pairs if len(event) <= _LARGEST_EVENT)
    batch: Batch = []
    size = 0
    for time, event in events:
        added = len(event) + _OVERHEAD
        full = len(batch) == _MOST or size + added > _LARGEST_BATCH
        if batch and (full or time - batch[0]["timestamp"] >= _DAY):
            yield batch
            batch, size = [], 0
        batch.append({"timestamp": time, "message": event.decode()})
        size += added
    if batch:
        yield batch


def _milliseconds(time: str) -> int:
    return int(datetime.fromisoformat(time).timestamp() * 1000)
