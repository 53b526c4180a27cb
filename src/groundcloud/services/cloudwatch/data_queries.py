"""GetMetricData."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from groundcloud.context import Context
from groundcloud.errors import ParameterNotWritten
from groundcloud.metrics import PLANE
from groundcloud.operation import operation
from groundcloud.services.cloudwatch import queries, tokens
from groundcloud.services.cloudwatch.errors import ValidationError
from groundcloud.services.cloudwatch.parts import MetricDataQuery
from groundcloud.services.cloudwatch.queries import Window
from groundcloud.services.cloudwatch.reading import moment, rounded_start
from groundcloud.services.cloudwatch.statistics import UnknownStatistic

_MOST_QUERIES, _MOST_POINTS = 500, 100_800


@operation(on="*", read=True, harmless=("LabelOptions",))
def get_metric_data(
    ctx: Context,
    metric_data_queries: Sequence[MetricDataQuery],
    start_time: datetime,
    end_time: datetime,
    next_token: str = "",
    scan_by: str = "TimestampDescending",
    max_datapoints: int = _MOST_POINTS,
) -> dict[str, Any]:
    if start_time >= end_time:
        raise ValidationError(reason="The parameter StartTime must be less than the parameter EndTime.")
    if not 1 <= len(metric_data_queries) <= _MOST_QUERIES:
        raise ValidationError(reason=f"The collection MetricDataQueries must have 1 to {_MOST_QUERIES} members.")
    _check_periods(metric_data_queries)
    now = ctx.now().timestamp()
    shortest = min(
        (each.metric_stat.period for each in metric_data_queries if each.metric_stat is not None), default=60
    )
    start = rounded_start(start_time.timestamp(), now, shortest)
    window = Window(ctx.account, ctx.region, start, int(end_time.timestamp()), int(now))
    try:
        with ctx.world.plane(PLANE).snapshot() as tx:
            results = queries.answer(tx, window, metric_data_queries)
    except (queries.Wrong, UnknownStatistic) as error:
        raise ValidationError(reason=str(error)) from error
    except queries.Unsupported as error:
        raise ParameterNotWritten(
            parameter=f"MetricDataQueries ({error})", service="cloudwatch", operation="GetMetricData"
        ) from error
    return _cut(ctx, results, scan_by == "TimestampDescending", next_token, min(max_datapoints, _MOST_POINTS))


def _check_periods(wanted: Sequence[MetricDataQuery]) -> None:
    for query in wanted:
        period = query.metric_stat.period if query.metric_stat is not None else query.period
        if period is not None and period not in (1, 5, 10, 20, 30) and period % 60:
            raise ValidationError(
                reason=f"Invalid Period {period} of {query.id}: it must be 1, 5, 10, 20, 30 or a multiple of 60."
            )


def _cut(ctx: Context, results: list[queries.Result], descending: bool, token: str, most: int) -> dict[str, Any]:
    """The results from where the token says, as many points as a page has; a series that goes on is PartialData."""
    position = tokens.opened(ctx, "GetMetricData", token).decode()
    first, _, after = position.partition("/")
    shown: list[dict[str, Any]] = []
    for number in range(int(first or 0), len(results)):
        result = results[number]
        times = sorted(result.series, reverse=descending)
        if after and number == int(first):
            last = int(after)
            times = [at for at in times if (at < last if descending else at > last)]
        page = times[:most]
        most -= len(page)
        shown.append(
            {
                "id": result.id, "label": result.label, "timestamps": [moment(at) for at in page],
                "values": [result.series[at] for at in page],
                "status_code": "Complete" if len(page) == len(times) else "PartialData",
            }
        )  # fmt: skip
        if len(page) < len(times):
            place = f"{number}/{page[-1] if page else after}"
            return {
                "metric_data_results": shown, "messages": [],
                "next_token": tokens.sealed(ctx, "GetMetricData", place.encode()),
            }  # fmt: skip
    return {"metric_data_results": shown, "messages": []}
