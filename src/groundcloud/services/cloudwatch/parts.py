"""Structures of requests that alarms and queries share, written once."""

from collections.abc import Sequence
from datetime import datetime

from groundcloud.metrics import Dimensions
from groundcloud.store import Part


class Dimension(Part):
    name: str
    value: str


class MetricName(Part):
    """AWS's `Metric`."""

    namespace: str = ""
    metric_name: str = ""
    dimensions: list[Dimension] | None = None


class MetricStat(Part):
    metric: MetricName
    period: int
    stat: str
    unit: str | None = None


class MetricDataQuery(Part):
    id: str
    metric_stat: MetricStat | None = None
    expression: str | None = None
    label: str | None = None
    return_data: bool | None = None
    period: int | None = None
    account_id: str | None = None


class LabelOptions(Part):
    timezone: str | None = None


class StatisticSet(Part):
    sample_count: float
    sum: float
    minimum: float
    maximum: float


class MetricDatum(Part):
    metric_name: str
    dimensions: list[Dimension] = []
    timestamp: datetime | None = None
    value: float | None = None
    statistic_values: StatisticSet | None = None
    values: list[float] | None = None
    counts: list[float] | None = None
    unit: str = "None"
    storage_resolution: int = 60


class Tag(Part):
    key: str
    value: str


def pairs(dimensions: Sequence[Dimension] | None) -> Dimensions:
    """Dimensions in the order of their names."""
    return tuple(sorted((each.name, each.value) for each in dimensions or ()))
