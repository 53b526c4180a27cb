"""DescribeAlarmHistory, and how the history is written."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.services.cloudwatch.records import Alarm, HistoryItem
from groundcloud.store import Transaction

_KEPT = timedelta(days=30)


def note(tx: Transaction, alarm: Alarm, now: datetime, kind: str, summary: str, data: dict[str, Any]) -> None:
    """Add to an alarm's history; what is older than 30 days goes, a few entries at a time."""
    milliseconds = int(now.timestamp() * 1000)
    place = (alarm.account, alarm.region, alarm.alarm_name)
    begin = f"{milliseconds:012x}"
    last = next(tx.scan(HistoryItem, *place, reverse=True), None)
    number = int(last.item_id[12:], 16) + 1 if last is not None and last.item_id.startswith(begin) else 0
    tx.put(
        HistoryItem(
            *place, f"{begin}{number:04x}", "CompositeAlarm" if alarm.composite else "MetricAlarm", now, kind, summary,
            json.dumps(data, separators=(",", ":")),
        )
    )  # fmt: skip
    limit = f"{int((now - _KEPT).timestamp() * 1000):012x}"
    for old in list(islice(tx.scan(HistoryItem, index="by_age"), 4)):
        if old.item_id < limit:
            tx.delete(old)


def _on(ctx: Context, alarm_name: str) -> Resource:
    return Resource(ctx.arn(f"alarm:{alarm_name or '*'}"))


@operation(on=_on, read=True)
def describe_alarm_history(
    ctx: Context,
    alarm_name: str = "",
    alarm_types: Sequence[str] = (),
    history_item_type: str = "",
    start_date: datetime | None = None,
    end_date: datetime | None = None,
    scan_by: str = "TimestampDescending",
) -> dict[str, Any]:
    """The newest first, unless `scan_by` says otherwise. Without types, metric alarms only, as AWS does."""
    wanted = alarm_types or (("MetricAlarm", "CompositeAlarm") if alarm_name else ("MetricAlarm",))
    prefix = (alarm_name,) if alarm_name else ()
    index = "" if alarm_name else "by_time"
    reverse = scan_by == "TimestampDescending"

    def start(after: bytes) -> Iterator[tuple[bytes, HistoryItem]]:
        for position, item in ctx.tx.scan_from(
            HistoryItem, ctx.account, ctx.region, *prefix, index=index, after=after, reverse=reverse
        ):
            if item.alarm_type not in wanted or (history_item_type and item.history_item_type != history_item_type):
                continue
            if (start_date and item.timestamp < start_date) or (end_date and item.timestamp > end_date):
                continue
            yield position, item

    return {"alarm_history_items": Page(start)}
