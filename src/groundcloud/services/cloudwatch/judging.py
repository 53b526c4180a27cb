"""What an alarm's data say: reads its data points and gives the state that they mean."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from groundcloud.metrics import Point
from groundcloud.metrics.records import dimension_key
from groundcloud.services.cloudwatch import alarm_rules
from groundcloud.services.cloudwatch.evaluation import evaluate
from groundcloud.services.cloudwatch.parts import Dimension, MetricDataQuery, pairs
from groundcloud.services.cloudwatch.queries import Window, answer
from groundcloud.services.cloudwatch.reading import find, gather
from groundcloud.services.cloudwatch.reasons import Value, breaches, reason, reason_data
from groundcloud.services.cloudwatch.records import Alarm
from groundcloud.services.cloudwatch.statistics import statistic
from groundcloud.store import Transaction

_PERCENTILE = re.compile(r"[pP](\d+(?:\.\d+)?)")


class Judgement(NamedTuple):
    """The state that the data mean; None where the present one stays."""

    state: str | None
    reason: str = ""
    data: str = ""


def watched_metrics(alarm: Alarm) -> list[tuple[str, str, str]]:
    """Namespace, name and dimensions of all that an alarm reads."""

    def key(dimensions: list[Dimension] | None) -> str:
        return dimension_key(pairs(dimensions))

    if alarm.metric_name:
        return [(alarm.namespace or "", alarm.metric_name, key(alarm.dimensions))]
    stats = [each.metric_stat.metric for each in alarm.metrics or () if each.metric_stat is not None]
    return sorted({(each.namespace, each.metric_name, key(each.dimensions)) for each in stats})


def judge(tx: Transaction, alarm: Alarm, now: float) -> Judgement:
    """Evaluate an alarm by the points of the metrics' store. Periods slide: the newest one ends with the last tick."""
    rule, period = alarm_rules.rule_of(alarm), alarm_rules.period_of(alarm)
    end = int(now - now % alarm_rules.tick_of(alarm))
    start = end - rule.range * period
    values = _values(tx, alarm, start, end, period, int(now))
    if values is None:
        return Judgement(None)
    points = [values.get(start + number * period) for number in range(rule.range)]
    verdict = evaluate(rule, [None if each is None else breaches(alarm, each) for each in points])
    if verdict.state is None or verdict.state == alarm.state_value:
        return Judgement(verdict.state)
    used = [found for place in verdict.used if (found := points[place]) is not None]
    text = reason(alarm, verdict, used, verdict.state)
    return Judgement(verdict.state, text, reason_data(alarm, used, datetime.fromtimestamp(now, UTC)))


def _values(tx: Transaction, alarm: Alarm, start: int, end: int, period: int, now: int) -> dict[int, Value] | None:
    """The data points by the beginnings of their periods; None where there are too few samples to say."""
    if alarm.metrics:
        window = Window(alarm.account, alarm.region, start, end, now)
        return _of_queries(tx, alarm, window, alarm.metrics)
    metric = find(
        tx, alarm.account, alarm.region, alarm.namespace or "", alarm.metric_name or "", pairs(alarm.dimensions)
    )
    if metric is None:
        return {}
    merged: dict[int, Point] = {}
    for (at, _), point in gather(tx, metric, start, end, period, alarm.unit, now).items():
        if at in merged:
            merged[at].add(point)
        else:
            merged[at] = point
    if alarm.evaluate_low_sample_count_percentile == "ignore" and _too_few(alarm, merged):
        return None
    work = statistic(alarm.statistic or alarm.extended_statistic or "Average")
    found = {at: (work(point), point.count) for at, point in merged.items()}
    return {at: Value(at, value, count) for at, (value, count) in found.items() if value is not None}


def _of_queries(tx: Transaction, alarm: Alarm, window: Window, metrics: Sequence[MetricDataQuery]) -> dict[int, Value]:
    """The values of the query that the alarm watches; with a band, those for which something is expected."""
    band = alarm.threshold_metric_id
    chosen = next(each.id for each in metrics if each.return_data is not False and each.id != band)
    shown = [msgspec.structs.replace(each, return_data=True) if each.id == band else each for each in metrics]
    results = answer(tx, window, shown)
    series = next((result.series for result in results if result.id == chosen), {})
    if band is None:
        return {at: Value(at, value) for at, value in series.items()}
    bounds = [result.series for result in results if result.id == band]
    if len(bounds) != 2:  # the query returns no data, or no band
        return {}
    upper, lower = bounds
    return {at: Value(at, value, band=(lower[at], upper[at])) for at, value in series.items() if at in upper}


def _too_few(alarm: Alarm, points: dict[int, Point]) -> bool:
    """Fewer samples than a percentile needs to mean something ("Percentile-based alarms and low data samples")."""
    found = _PERCENTILE.fullmatch(alarm.extended_statistic or "")
    if found is None or not points:
        return False
    share = float(found[1]) / 100
    tail = 1 - share if share >= 0.5 else share
    return tail > 0 and any(point.count < 10 / tail for point in points.values())
