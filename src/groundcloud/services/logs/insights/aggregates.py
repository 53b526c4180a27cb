"""The functions of `stats`: each takes rows one after another and has a result at the end."""

import math
from collections.abc import Callable
from typing import Any, Protocol

from groundcloud.services.logs.insights.fields import as_number, shown


class Aggregate(Protocol):
    def add(self, value: Any, time: int) -> None: ...
    def result(self) -> Any: ...


class _Count:
    def __init__(self) -> None:
        self._found = 0

    def add(self, value: Any, time: int) -> None:
        self._found += value is not None

    def result(self) -> Any:
        return self._found


class _Distinct:
    def __init__(self) -> None:
        self._found: set[str] = set()

    def add(self, value: Any, time: int) -> None:
        text = shown(value)
        if text is not None:
            self._found.add(text)

    def result(self) -> Any:
        return len(self._found)


class _Numbers:
    """Keeps all numbers: for percentiles and deviations."""

    def __init__(self, finish: Callable[[list[float]], Any]) -> None:
        self._finish = finish
        self._found: list[float] = []

    def add(self, value: Any, time: int) -> None:
        number = as_number(value)
        if number is not None and math.isfinite(number):
            self._found.append(number)

    def result(self) -> Any:
        return self._finish(sorted(self._found)) if self._found else None


class _Folded:
    """Keeps one number: sums and extremes."""

    def __init__(self, fold: Callable[[Any, Any], Any]) -> None:
        self._fold = fold
        self._found: Any = None

    def add(self, value: Any, time: int) -> None:
        number = as_number(value)
        if number is not None:
            self._found = number if self._found is None else self._fold(self._found, number)

    def result(self) -> Any:
        return self._found


class _Average:
    def __init__(self) -> None:
        self._sum: float = 0
        self._count = 0

    def add(self, value: Any, time: int) -> None:
        number = as_number(value)
        if number is not None:
            self._sum += number
            self._count += 1

    def result(self) -> Any:
        return self._sum / self._count if self._count else None


class _Extreme:
    """The value that comes first or last, by time or as texts sort."""

    def __init__(self, last: bool, by_time: bool) -> None:
        self._last, self._by_time = last, by_time
        self._key: Any = None
        self._found: Any = None

    def add(self, value: Any, time: int) -> None:
        if value is None:
            return
        key = time if self._by_time else shown(value)
        if self._key is None or (key > self._key if self._last else key < self._key):
            self._key, self._found = key, value

    def result(self) -> Any:
        return self._found


def percentile(share: float) -> Callable[[list[float]], float]:
    """The value at a share of the sorted numbers, between two of them in proportion."""

    def finish(numbers: list[float]) -> float:
        at = (len(numbers) - 1) * share / 100
        low = math.floor(at)
        high = min(low + 1, len(numbers) - 1)
        return numbers[low] + (numbers[high] - numbers[low]) * (at - low)

    return finish


def _deviation(numbers: list[float]) -> float:
    mean = sum(numbers) / len(numbers)
    return math.sqrt(sum((number - mean) ** 2 for number in numbers) / len(numbers))


AGGREGATES: dict[str, Callable[[], Aggregate]] = {
    "count": _Count,
    "count_distinct": _Distinct,
    "sum": lambda: _Folded(lambda one, other: one + other),
    "min": lambda: _Folded(min),
    "max": lambda: _Folded(max),
    "avg": _Average,
    "stddev": lambda: _Numbers(_deviation),
    "median": lambda: _Numbers(percentile(50)),
    "earliest": lambda: _Extreme(last=False, by_time=True),
    "latest": lambda: _Extreme(last=True, by_time=True),
    "sortsfirst": lambda: _Extreme(last=False, by_time=False),
    "sortslast": lambda: _Extreme(last=True, by_time=False),
}


def percentiles(share: float) -> Callable[[], Aggregate]:
    """`pct(field, share)`."""
    return lambda: _Numbers(percentile(share))
