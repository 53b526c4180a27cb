"""What queries of GetMetricData and of alarms give: series of metrics, and expressions over them."""

from collections.abc import Sequence
from typing import NamedTuple

from groundcloud.services.cloudwatch.math import evaluator
from groundcloud.services.cloudwatch.math.grammar import Malformed, Node, names, parse
from groundcloud.services.cloudwatch.math.values import Series, Unsupported, Value, WrongTypes
from groundcloud.services.cloudwatch.parts import MetricDataQuery, MetricStat, pairs
from groundcloud.services.cloudwatch.reading import find, gather
from groundcloud.services.cloudwatch.statistics import statistic
from groundcloud.store import Transaction


class Window(NamedTuple):
    """Whose metrics are read, and from when to when, in seconds since 1970."""

    account: str
    region: str
    start: int
    end: int
    now: int


class Result(NamedTuple):
    """One series that a query gives."""

    id: str
    label: str
    series: dict[int, float]


class Wrong(ValueError):
    """A query that cannot be answered, and why."""


def check(queries: Sequence[MetricDataQuery]) -> dict[str, Node]:
    """The expressions of queries by their ids. Raises `Wrong`; `Unsupported` for functions that are not there."""
    known = {each.id for each in queries}
    if len(known) < len(queries):
        raise Wrong("The values for parameter id in MetricDataQueries are not unique.")
    found: dict[str, Node] = {}
    for query in queries:
        if (query.metric_stat is None) == (query.expression is None):
            raise Wrong(f"Exactly one of MetricStat and Expression must be specified for {query.id}.")
        if query.expression is None:
            continue
        try:
            node = found[query.id] = parse(query.expression)
        except Malformed as error:
            raise Wrong(f"Error in expression '{query.id}': {error}") from error
        if unknown := names(node) - known:
            raise Wrong(f"Error in expression '{query.id}': Undefined variable {min(unknown)}")
    _check_cycles(found)
    return found


def _check_cycles(expressions: dict[str, Node]) -> None:
    """Raises `Wrong` where an expression needs itself."""
    done: set[str] = set()

    def visit(query_id: str, path: tuple[str, ...]) -> None:
        if query_id in path:
            raise Wrong(f"Error in expression '{query_id}': it refers to itself")
        if query_id in done or query_id not in expressions:
            return
        for name in names(expressions[query_id]):
            visit(name, (*path, query_id))
        done.add(query_id)

    for query_id in expressions:
        visit(query_id, ())


def answer(tx: Transaction, window: Window, queries: Sequence[MetricDataQuery]) -> list[Result]:
    """The series that queries give. Raises `Wrong`, `Unsupported`, and `UnknownStatistic`."""
    expressions = check(queries)
    by_id = {each.id: each for each in queries}
    values: dict[str, Value] = {}

    def value_of(query_id: str) -> Value:
        if query_id not in values:
            query = by_id[query_id]
            if query.metric_stat is not None:
                values[query_id] = _read(tx, window, query.metric_stat, query.label)
            else:
                whole = [each.id for each in queries if each.metric_stat is not None]
                values[query_id] = evaluator.evaluate(expressions[query_id], value_of, whole, window.start, window.end)
        return values[query_id]

    results: list[Result] = []
    for query in queries:
        if query.return_data is False:
            continue
        try:
            found = value_of(query.id)
        except WrongTypes as error:
            raise Wrong(f"Error in expression '{query.id}': {error}") from error
        each = found if isinstance(found, list) else [found]
        for series in each:
            if not isinstance(series, Series):
                raise Wrong(f"Error in expression '{query.id}': The expression returns a scalar, not a time series.")
            results.append(
                Result(query.id, query.label or (series.label if query.metric_stat else "") or query.id, series.points)
            )
    return results


def _read(tx: Transaction, window: Window, wanted: MetricStat, label: str | None) -> Series:
    work = statistic(wanted.stat)
    named = wanted.metric
    found = Series({}, wanted.period, label or named.metric_name)
    metric = find(tx, window.account, window.region, named.namespace, named.metric_name, pairs(named.dimensions))
    if metric is None:
        return found
    periods = gather(tx, metric, window.start, window.end, wanted.period, wanted.unit, window.now)
    for (at, _), point in periods.items():
        value = work(point)
        if value is not None and at not in found.points:  # of several units, the first
            found.points[at] = value
    return found


__all__ = ["Result", "Unsupported", "Window", "Wrong", "answer", "check"]
