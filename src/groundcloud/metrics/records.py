"""The records of metrics. The points themselves are no records: see `points.py`."""

from collections.abc import Iterable, Sequence

from groundcloud.store import Key, Record

Dimensions = tuple[tuple[str, str], ...]
"""Names and values, in order of the names: together they are part of a metric's identity."""


def dimension_key(dimensions: Sequence[tuple[str, str]]) -> str:
    """The same dimensions in any order have one key."""
    return "\x1f".join(f"{name}\x1e{value}" for name, value in sorted(dimensions))


class Metric(Record):
    """A metric that data came for. It is written once; its points are found by its number."""

    table = "metric"
    key = ("account", "region", "namespace", "metric_name", "packed")

    account: str
    region: str
    namespace: str
    metric_name: str
    packed: str
    number: int
    dimensions: Dimensions = ()


class Activity(Record):
    """When a metric last got data, to the minute, in seconds since 1970."""

    table = "metric.activity"
    key = ("number",)
    watched = False

    number: int
    at: int


class Numbering(Record):
    """The last number that was given to a metric."""

    table = "metric.numbering"
    key = ("name",)
    watched = False

    name: str
    last: int


def _by_metric(watched: "Watched") -> Iterable[Key]:
    return [(watched.account, watched.region, *metric) for metric in watched.metrics]


class Watched(Record):
    """The metrics that an alarm looks at: whoever writes late data for one of them wakes the alarm."""

    table = "metric.watched"
    key = ("account", "region", "alarm_name")
    indexes = {"by_metric": _by_metric}
    watched = False

    account: str
    region: str
    alarm_name: str
    metrics: list[tuple[str, str, str]]
    """Namespace, name and packed dimensions."""


class Arrival(Record):
    """Data came for a time that an alarm has looked at already. `count` makes each a change."""

    table = "metric.arrival"
    key = ("account", "region", "alarm_name")

    account: str
    region: str
    alarm_name: str
    count: int
