"""Writing data down, in one transaction of the metrics' store."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from groundcloud.metrics import points
from groundcloud.metrics.points import Point
from groundcloud.metrics.records import Activity, Arrival, Dimensions, Metric, Numbering, Watched, dimension_key
from groundcloud.store import Transaction

_METRICS = "metrics"
NONE = "None"
"""The unit of data that name none."""


class Datum(NamedTuple):
    """Samples of one metric at one time. A plain measurement is `Datum("AWS/EC2", "CPUUtilization", 12.5, ...)`."""

    namespace: str
    name: str
    value: float | Point
    dimensions: Dimensions = ()
    unit: str = NONE
    at: datetime | None = None
    """Now, where it is None."""
    resolution: int = 60
    """1 keeps each second apart for three hours."""


def publish(tx: Transaction, account: str, region: str, data: Iterable[Datum], now: datetime) -> None:
    """Write data down. The transaction is one of `world.plane("cloudwatch")`; `now` is the time of the clock. Data that
    come after their minute is over wake the alarms that look at them."""
    seconds = int(now.timestamp())
    for datum in data:
        at = seconds if datum.at is None else int(datum.at.timestamp())
        metric = _metric(tx, account, region, datum)
        sample = datum.value if isinstance(datum.value, Point) else points.of_values([datum.value], [1.0])
        if datum.resolution == 1:
            points.add(tx, 1, metric.number, at, datum.unit, sample)
        points.add(tx, 60, metric.number, at - at % 60, datum.unit, sample)
        _note_activity(tx, metric.number, seconds)
        tick = 10 if datum.resolution == 1 else 60
        if at < seconds - seconds % tick:
            _wake(tx, metric)


def _metric(tx: Transaction, account: str, region: str, datum: Datum) -> Metric:
    """The metric, with a number of its own if it is new."""
    packed = dimension_key(datum.dimensions)
    found = tx.get(Metric, account, region, datum.namespace, datum.name, packed)
    if found is None:
        numbering = tx.get(Numbering, _METRICS) or Numbering(_METRICS, 0)
        numbering.last += 1
        tx.put(numbering)
        dimensions = tuple(sorted(datum.dimensions))
        found = Metric(account, region, datum.namespace, datum.name, packed, numbering.last, dimensions)
        tx.put(found)
    return found


def _note_activity(tx: Transaction, number: int, seconds: int) -> None:
    minute = seconds - seconds % 60
    known = tx.get(Activity, number)
    if known is None or known.at < minute:
        tx.put(Activity(number, minute))


def _wake(tx: Transaction, metric: Metric) -> None:
    place = (metric.account, metric.region, metric.namespace, metric.metric_name, metric.packed)
    for alarm in list(tx.scan(Watched, *place, index="by_metric")):
        known = tx.get(Arrival, alarm.account, alarm.region, alarm.alarm_name)
        tx.put(Arrival(alarm.account, alarm.region, alarm.alarm_name, known.count + 1 if known else 1))
