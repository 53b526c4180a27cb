"""Statistics of points, by AWS's names: the five simple ones, percentiles, trimmed and winsorized ones.

Source: "CloudWatch statistics definitions" in the user guide. A percentile is the smallest value at or below which that
share of the samples lies.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from groundcloud.metrics import Point

SIMPLE: dict[str, Callable[[Point], float | None]] = {
    "SampleCount": lambda point: point.count,
    "Sum": lambda point: point.total,
    "Average": lambda point: point.total / point.count if point.count else None,
    "Minimum": lambda point: point.low,
    "Maximum": lambda point: point.high,
}
Statistic = Callable[[Point], float | None]
Sorted = list[tuple[float, float]]
"""Values in order, and how often each came."""

_SHORT = re.compile(r"(p|tm|tc|ts|wm)(\d{1,2}(?:\.\d{1,10})?|100)", re.IGNORECASE)
_RANGE = re.compile(r"(TM|TC|TS|WM|PR)\(([\d.eE+-]*)(%?):([\d.eE+-]*)(%?)\)", re.IGNORECASE)


class UnknownStatistic(ValueError):
    """No statistic is called so."""


@lru_cache(maxsize=512)
def statistic(name: str) -> Statistic:
    """What works out a statistic of a point; None of it where the point's distribution is not known. Raises
    `UnknownStatistic`."""
    if name in SIMPLE:
        return SIMPLE[name]
    if name.upper() == "IQM":
        return _of_kind("TM", 25.0, 75.0, percent=True)
    if found := _SHORT.fullmatch(name):
        kind, bound = found[1].upper(), float(found[2])
        return _percentile(bound) if kind == "P" else _of_kind(kind, None, bound, percent=True)
    if found := _RANGE.fullmatch(name):
        try:
            low, high = (float(text) if text else None for text in (found[2], found[4]))
        except ValueError as error:
            raise UnknownStatistic(name) from error
        percent = bool(found[3] or found[5])
        mixed = (found[2] and found[4] and found[3] != found[5]) or (percent and found[1].upper() == "PR")
        if mixed or (low is None and high is None):
            raise UnknownStatistic(name)
        if percent and not 0 <= (low or 0) < (100 if high is None else high) <= 100:
            raise UnknownStatistic(name)
        return _of_kind(found[1].upper(), low, high, percent)
    raise UnknownStatistic(name)


def _sorted(point: Point) -> Sorted | None:
    return None if not point.values else sorted(point.values.items())


def _percentile(share: float) -> Statistic:
    def work(point: Point) -> float | None:
        values = _sorted(point)
        return None if values is None else _at_rank(values, share / 100 * sum(count for _, count in values))

    return work


def _at_rank(values: Sorted, rank: float) -> float:
    passed = 0.0
    for value, count in values:
        passed += count
        if passed >= rank - 1e-9:
            return value
    return values[-1][0]


def _of_kind(kind: str, low: float | None, high: float | None, percent: bool) -> Statistic:
    """A statistic over the samples between two bounds, which are shares of all samples or values."""
    trim = _by_share if percent else _by_value

    def work(point: Point) -> float | None:
        values = _sorted(point)
        if values is None:
            return None
        whole = sum(count for _, count in values)
        if kind == "WM":
            return _winsorized(values, whole, low, high, percent)
        kept = trim(values, whole, low, high)
        count = sum(count for _, count in kept)
        total = sum(value * count for value, count in kept)
        if kind == "TC":
            return count
        if kind == "TS":
            return total
        if kind == "PR":
            return 100 * count / whole
        return total / count if count else None

    return work


def _by_share(values: Sorted, whole: float, low: float | None, high: float | None) -> Sorted:
    """A sample that a bound divides counts in part."""
    begin = (low or 0.0) / 100 * whole
    end = (100.0 if high is None else high) / 100 * whole
    passed, kept = 0.0, []
    for value, count in values:
        inside = min(passed + count, end) - max(passed, begin)
        if inside > 1e-12:
            kept.append((value, inside))
        passed += count
    return kept


def _by_value(values: Sorted, whole: float, low: float | None, high: float | None) -> Sorted:
    """The lower bound is outside, the upper one inside."""
    return [
        (value, count) for value, count in values if (low is None or value > low) and (high is None or value <= high)
    ]


def _winsorized(values: Sorted, whole: float, low: float | None, high: float | None, percent: bool) -> float:
    """The mean of all samples, those beyond a bound being taken for the bound."""
    if percent:
        floor = values[0][0] if low is None else _at_rank(values, low / 100 * whole)
        ceiling = values[-1][0] if high is None else _at_rank(values, high / 100 * whole)
    else:
        floor = -float("inf") if low is None else low
        ceiling = float("inf") if high is None else high
    return sum(min(max(value, floor), ceiling) * count for value, count in values) / whole
