"""GetMetricStatistics."""

from collections.abc import Sequence
from datetime import datetime

from groundcloud.context import Context
from groundcloud.metrics import PLANE
from groundcloud.names import snake
from groundcloud.operation import operation
from groundcloud.services.cloudwatch.errors import InvalidParameterCombination, InvalidParameterValue
from groundcloud.services.cloudwatch.parts import Dimension, pairs
from groundcloud.services.cloudwatch.reading import find, gather, moment, rounded_start
from groundcloud.services.cloudwatch.statistics import SIMPLE, UnknownStatistic, statistic

_MOST = 1440


@operation(on="*", read=True)
def get_metric_statistics(
    ctx: Context,
    namespace: str,
    metric_name: str,
    start_time: datetime,
    end_time: datetime,
    period: int,
    dimensions: Sequence[Dimension] = (),
    statistics: Sequence[str] = (),
    extended_statistics: Sequence[str] = (),
    unit: str | None = None,
) -> dict[str, object]:
    _check(start_time, end_time, period, statistics, extended_statistics)
    now = ctx.now().timestamp()
    start, end = rounded_start(start_time.timestamp(), now, period), int(end_time.timestamp())
    found: list[dict[str, object]] = []
    with ctx.world.plane(PLANE).snapshot() as tx:
        metric = find(tx, ctx.account, ctx.region, namespace, metric_name, pairs(dimensions))
        periods = gather(tx, metric, start, end, period, unit, int(now)) if metric is not None else {}
    for (at, its_unit), point in periods.items():
        shown: dict[str, object] = {"timestamp": moment(at), "unit": its_unit}
        shown |= {snake(name): SIMPLE[name](point) for name in statistics}
        if extended_statistics:
            values = {name: statistic(name)(point) for name in extended_statistics}
            shown["extended_statistics"] = {name: value for name, value in values.items() if value is not None}
            if not shown["extended_statistics"] and not statistics:
                continue
        found.append(shown)
    return {"label": metric_name, "datapoints": found}


def _check(start: datetime, end: datetime, period: int, statistics: Sequence[str], extended: Sequence[str]) -> None:
    if not statistics and not extended:
        raise InvalidParameterCombination(
            reason="At least one of the parameters Statistics and ExtendedStatistics must be specified."
        )
    for name in extended:
        try:
            statistic(name)
        except UnknownStatistic as error:
            raise InvalidParameterValue(
                reason=f"The value {name} for parameter ExtendedStatistics is not supported."
            ) from error
    if start >= end:
        raise InvalidParameterValue(reason="The parameter StartTime must be less than the parameter EndTime.")
    check_period(period)
    count = int((end - start).total_seconds() // period)
    if count > _MOST:
        raise InvalidParameterCombination(
            reason=f"You have requested up to {count:,} datapoints, which exceeds the limit of {_MOST:,}. You may "
            "reduce the datapoints requested by increasing Period, or decreasing the time range."
        )


def check_period(period: int) -> None:
    """Raises `InvalidParameterValue`."""
    if period not in (1, 5, 10, 20, 30) and period % 60:
        raise InvalidParameterValue(reason="The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.")
