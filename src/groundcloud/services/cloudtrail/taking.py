"""The events that a delivery takes next: those of one account and region that its trail's selectors want."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from groundcloud.services.cloudtrail.records import Delivery, Trail
from groundcloud.services.cloudtrail.selectors import takes
from groundcloud.store import Store
from groundcloud.trail import DataEventBatch, EventBatch

LAG = timedelta(seconds=60)
"""How old an event must be: those of calls that began before it have been written by then."""
_MOST = 20_000
"""Events at once."""
_decode = msgspec.json.Decoder().decode


class Taken(NamedTuple):
    """Events as documents, their times (ISO 8601), and where the next ones begin."""

    events: list[bytes]
    times: list[str]
    after: bytes
    after_data: bytes
    more: bool


def take_both(
    store: Store, clock: Callable[[], datetime], trail: Trail, delivery: Delivery, after: bytes, after_data: bytes
) -> Taken:
    """Management events behind one position, and data events, where the trail wants any, behind another."""
    until = int((clock() - LAG).timestamp() * 1000)
    events: list[bytes] = []
    times: list[str] = []
    after, more = _take(store, trail, delivery, EventBatch, after, until, events, times)
    if trail.data:
        after_data, also = _take(store, trail, delivery, DataEventBatch, after_data, until, events, times)
        more = more or also
    return Taken(events, times, after, after_data, more)


def _take(
    store: Store, trail: Trail, delivery: Delivery, kind: type[EventBatch], after: bytes, until: int,
    events: list[bytes], times: list[str],
) -> tuple[bytes, bool]:  # fmt: skip
    """Adds what is taken; the position behind it, and whether there is more."""
    begun = len(events)
    with store.snapshot() as tx:
        for position, batch in tx.scan_from(kind, delivery.of_account, delivery.region, after=after):
            if batch.milliseconds > until:
                break
            if len(events) - begun >= _MOST:
                return after, True
            after = position
            for raw, event in _wanted(trail, batch):
                events.append(raw)
                times.append(str(event["eventTime"]))
    return after, False


def _wanted(trail: Trail, batch: EventBatch) -> Iterator[tuple[bytes, dict[str, Any]]]:
    for raw in batch.events:
        event = _decode(raw)
        if takes(trail, event):
            yield raw, event
