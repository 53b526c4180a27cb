"""The functions of expressions.

Over one series a function like AVG gives a number; over several it gives one series, whose points are those of all of
them at each time ("Functions supported for metric math").
"""

import math
import statistics
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise

from groundcloud.services.cloudwatch.math.values import Range, Series, Value, WrongTypes

Function = Callable[[Range, list[Value]], Value]
Word = Value | str


def _of_numbers(name: str, work: Callable[[Sequence[float]], float]) -> Function:
    def function(_: Range, arguments: list[Value]) -> Value:
        values = _series_of(name, arguments)
        if isinstance(values, Series):
            return work(list(values.points.values())) if values.points else math.nan
        times = sorted(set().union(*(series.points for series in values)))
        points = {at: work([series.points[at] for series in values if at in series.points]) for at in times}
        return Series(points, values[0].period if values else 60, name)

    return function


def _series_of(name: str, arguments: list[Value]) -> Series | list[Series]:
    """The series that a function is given: one, a list, or several arguments."""
    if len(arguments) == 1 and not isinstance(arguments[0], float):
        return arguments[0]
    found = [argument for argument in arguments if isinstance(argument, Series)]
    if not arguments or len(found) < len(arguments):
        raise WrongTypes(f"{name} takes time series")
    return found


def _on_points(name: str, work: Callable[[Series], Series]) -> Function:
    """A function that makes a series of a series, and a list of a list."""

    def function(_: Range, arguments: list[Value]) -> Value:
        if len(arguments) != 1 or isinstance(arguments[0], float):
            raise WrongTypes(f"{name} takes one time series, or a list of them")
        given = arguments[0]
        return [work(series) for series in given] if isinstance(given, list) else work(given)

    return function


def _on_values(name: str, work: Callable[[float], float]) -> Function:
    on_points = _on_points(
        name, lambda series: Series({at: work(v) for at, v in series.points.items()}, series.period, series.label)
    )

    def function(within: Range, arguments: list[Value]) -> Value:
        if len(arguments) == 1 and isinstance(arguments[0], float):
            return work(arguments[0])
        return on_points(within, arguments)

    return function


def _logarithm(work: Callable[[float], float]) -> Callable[[float], float]:
    return lambda value: work(value) if value > 0 else math.nan


def _steps(series: Series, work: Callable[[float, int], float]) -> Series:
    """A series of what lies between each point and the one before it."""
    times = sorted(series.points)
    points = {
        later: work(series.points[later] - series.points[earlier], later - earlier)
        for earlier, later in pairwise(times)
    }
    return Series(points, series.period, series.label)


def _running_sum(series: Series) -> Series:
    total, points = 0.0, {}
    for at in sorted(series.points):
        total += series.points[at]
        points[at] = total
    return Series(points, series.period, series.label)


def _of_time(work: Callable[[datetime], float]) -> Callable[[Series], Series]:
    def function(series: Series) -> Series:
        points = {at: float(work(datetime.fromtimestamp(at, UTC))) for at in series.points}
        return Series(points, series.period, series.label)

    return function


def _count(_: Range, arguments: list[Value]) -> Value:
    given = arguments[0] if len(arguments) == 1 else None
    if not isinstance(given, list):
        raise WrongTypes("METRIC_COUNT takes a list of time series")
    return float(len(given))


def _one_of_list(name: str, place: int) -> Function:
    def function(_: Range, arguments: list[Value]) -> Value:
        given = arguments[0] if len(arguments) == 1 else None
        if not isinstance(given, list) or not given:
            raise WrongTypes(f"{name} takes a list of time series")
        return given[place]

    return function


def _period(_: Range, arguments: list[Value]) -> Value:
    if len(arguments) != 1 or not isinstance(arguments[0], Series):
        raise WrongTypes("PERIOD takes a time series")
    return float(arguments[0].period)


def _remove_empty(_: Range, arguments: list[Value]) -> Value:
    if len(arguments) != 1 or not isinstance(arguments[0], list):
        raise WrongTypes("REMOVE_EMPTY takes a list of time series")
    return [series for series in arguments[0] if series.points]


def _slice(_: Range, arguments: list[Value]) -> Value:
    """`SLICE(list, first)` or `SLICE(list, first, behind the last)`: one place gives the series there."""
    given, places = (arguments[0] if arguments else None), arguments[1:]
    if not isinstance(given, list) or len(places) not in (1, 2) or not all(isinstance(at, float) for at in places):
        raise WrongTypes("SLICE takes a list of time series and one or two places in it")
    first, *end = [int(at) for at in places if isinstance(at, float)]
    if end:
        return given[first : end[0]]
    if not -len(given) <= first < len(given):
        raise WrongTypes(f"SLICE: the list has no place {first}")
    return given[first]


def _time_series(within: Range, arguments: list[Value]) -> Value:
    if len(arguments) != 1 or not isinstance(arguments[0], float):
        raise WrongTypes("TIME_SERIES takes a number")
    return Series(dict.fromkeys(within.times(60), arguments[0]))


def _if(_: Range, arguments: list[Value]) -> Value:
    """`IF(condition, then, else)`: without `else`, points whose condition is not met are left out."""
    if len(arguments) not in (2, 3) or any(isinstance(argument, list) for argument in arguments):
        raise WrongTypes("IF takes a condition and one or two time series or numbers")
    condition, then = arguments[0], arguments[1]
    other: Value = arguments[2] if len(arguments) == 3 else math.nan
    if isinstance(condition, float):
        return then if condition else other
    assert isinstance(condition, Series)
    points: dict[int, float] = {}
    for at, met in condition.points.items():
        chosen = then if met else other
        value = chosen.points.get(at, math.nan) if isinstance(chosen, Series) else chosen
        assert isinstance(value, float)
        if not math.isnan(value):
            points[at] = value
    return Series(points, condition.period, condition.label)


FUNCTIONS: dict[str, Function] = {
    "AVG": _of_numbers("AVG", statistics.fmean),
    "SUM": _of_numbers("SUM", math.fsum),
    "MIN": _of_numbers("MIN", min),
    "MAX": _of_numbers("MAX", max),
    "STDDEV": _of_numbers("STDDEV", statistics.pstdev),
    "DATAPOINT_COUNT": _of_numbers("DATAPOINT_COUNT", lambda values: float(len(values))),
    "ABS": _on_values("ABS", abs),
    "CEIL": _on_values("CEIL", lambda value: float(math.ceil(value))),
    "FLOOR": _on_values("FLOOR", lambda value: float(math.floor(value))),
    "LOG": _on_values("LOG", _logarithm(math.log)),
    "LOG10": _on_values("LOG10", _logarithm(math.log10)),
    "DIFF": _on_points("DIFF", lambda series: _steps(series, lambda change, _: change)),
    "DIFF_TIME": _on_points("DIFF_TIME", lambda series: _steps(series, lambda _, seconds: float(seconds))),
    "RATE": _on_points("RATE", lambda series: _steps(series, lambda change, seconds: change / seconds)),
    "RUNNING_SUM": _on_points("RUNNING_SUM", _running_sum),
    "EPOCH": _on_points("EPOCH", _of_time(lambda moment: moment.timestamp())),
    "MINUTE": _on_points("MINUTE", _of_time(lambda moment: moment.minute)),
    "HOUR": _on_points("HOUR", _of_time(lambda moment: moment.hour)),
    "DAY": _on_points("DAY", _of_time(lambda moment: moment.isoweekday())),
    "DATE": _on_points("DATE", _of_time(lambda moment: moment.day)),
    "MONTH": _on_points("MONTH", _of_time(lambda moment: moment.month)),
    "YEAR": _on_points("YEAR", _of_time(lambda moment: moment.year)),
    "METRIC_COUNT": _count,
    "FIRST": _one_of_list("FIRST", 0),
    "LAST": _one_of_list("LAST", -1),
    "PERIOD": _period,
    "REMOVE_EMPTY": _remove_empty,
    "SLICE": _slice,
    "TIME_SERIES": _time_series,
    "IF": _if,
}


# -- functions with words among their arguments


def _fill(within: Range, given: Value, words: list[Word]) -> Value:
    """`FILL(series, number or series or REPEAT or LINEAR)`."""
    if isinstance(given, list):
        return [found for series in given if isinstance(found := _fill(within, series, words), Series)]
    if not isinstance(given, Series) or len(words) != 1:
        raise WrongTypes("FILL takes a time series and what fills its gaps")
    how = words[0]
    known, points = given.points, dict[int, float]()
    times = sorted(known)
    for at in within.times(given.period):
        value = known.get(at)
        if value is None:
            value = _filling(known, times, at, how)
        if value is not None:
            points[at] = value
    return Series(points, given.period, given.label)


def _filling(known: dict[int, float], times: list[int], at: int, how: Word) -> float | None:
    if isinstance(how, float):
        return how
    if isinstance(how, Series):
        return how.points.get(at)
    before = max((time for time in times if time < at), default=None)
    after = min((time for time in times if time > at), default=None)
    if how == "REPEAT":
        return known[before] if before is not None else None
    if how != "LINEAR":
        raise WrongTypes("FILL takes a number, a time series, REPEAT or LINEAR")
    if before is None or after is None:
        return None
    share = (at - before) / (after - before)
    return known[before] + (known[after] - known[before]) * share


_ORDERS: dict[str, Callable[[Sequence[float]], float]] = {
    "AVG": statistics.fmean, "MIN": min, "MAX": max, "SUM": math.fsum
}  # fmt: skip


def _sort(_: Range, given: Value, words: list[Word]) -> Value:
    """`SORT(series, AVG or MIN or MAX or SUM, ASC or DESC, how many)`."""
    by = words[0] if words else ""
    direction = words[1] if len(words) > 1 else "DESC"
    most = words[2] if len(words) > 2 else None
    if not isinstance(given, list) or not isinstance(by, str) or by not in _ORDERS or direction not in ("ASC", "DESC"):
        raise WrongTypes("SORT takes a list of time series, AVG, MIN, MAX or SUM, and ASC or DESC")
    work = _ORDERS[by]
    filled = [series for series in given if series.points]
    found = sorted(filled, key=lambda series: work(list(series.points.values())), reverse=direction == "DESC")
    return found[: int(most)] if isinstance(most, float) else found


LAZY: dict[str, Callable[[Range, Value, list[Word]], Value]] = {"FILL": _fill, "SORT": _sort}
