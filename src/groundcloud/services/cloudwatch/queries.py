"""What queries of GetMetricData and of alarms give: series of metrics, and expressions over them."""

from collections.abc import Sequence
from typing import NamedTuple

from groundcloud.metrics import Metric
from groundcloud.metrics.records import Activity
from groundcloud.services.cloudwatch import search
from groundcloud.services.cloudwatch.math import anomaly, evaluator
from groundcloud.services.cloudwatch.math.grammar import Malformed, Node, Number, Text, names, parse
from groundcloud.services.cloudwatch.math.values import Series, Unsupported, Value, WrongTypes
from groundcloud.services.cloudwatch.parts import MetricDataQuery, MetricStat, pairs
from groundcloud.services.cloudwatch.reading import find, gather
from groundcloud.services.cloudwatch.statistics import Statistic, statistic
from groundcloud.store import Transaction

_SHOWN = 14 * 86400
"""Seconds without data after which a metric is not found any more."""


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
    values = _Values(tx, window, queries, check(queries))
    results: list[Result] = []
    for query in queries:
        if query.return_data is False:
            continue
        try:
            found = values.of(query.id)
        except WrongTypes as error:
            raise Wrong(f"Error in expression '{query.id}': {error}") from error
        for series in found if isinstance(found, list) else [found]:
            if not isinstance(series, Series):
                raise Wrong(f"Error in expression '{query.id}': The expression returns a scalar, not a time series.")
            results.append(Result(query.id, _label(query, found, series), series.points))
    return results


def _label(query: MetricDataQuery, found: Value, series: Series) -> str:
    """A query's own words; several series of one query tell themselves apart by theirs."""
    if query.metric_stat is None and isinstance(found, list) and series.label:
        return f"{query.label} {series.label}" if query.label and len(found) > 1 else query.label or series.label
    return query.label or (series.label if query.metric_stat else "") or query.id


class _Values:
    """The values of queries in one window, each worked out once."""

    def __init__(
        self, tx: Transaction, window: Window, queries: Sequence[MetricDataQuery], expressions: dict[str, Node]
    ) -> None:
        self._tx = tx
        self._window = window
        self._queries = {each.id: each for each in queries}
        self._expressions = expressions
        self._known: dict[str, Value] = {}

    def of(self, query_id: str) -> Value:
        if query_id not in self._known:
            query = self._queries[query_id]
            if query.metric_stat is not None:
                self._known[query_id] = _read(self._tx, self._window, query.metric_stat, query.label)
            else:
                self._known[query_id] = self._evaluate(self._expressions[query_id], query.period)
        return self._known[query_id]

    def _evaluate(self, node: Node, period: int | None) -> Value:
        whole = [each.id for each in self._queries.values() if each.metric_stat is not None]
        outside = {
            "SEARCH": lambda arguments: self._search(arguments, period),
            "ANOMALY_DETECTION_BAND": self._band,
        }
        return evaluator.evaluate(node, self.of, whole, self._window.start, self._window.end, outside)

    def _search(self, arguments: tuple[Node, ...], period: int | None) -> list[Series]:
        """`SEARCH('terms', 'Average', 300)`: the period may be the query's."""
        texts = [each.value for each in arguments[:2] if isinstance(each, Text)]
        seconds = arguments[2] if len(arguments) == 3 else Number(float(period or 300))
        if len(texts) != 2 or not isinstance(seconds, Number) or len(arguments) > 3:
            raise WrongTypes("SEARCH takes a search in quotes, a statistic in quotes, and a period")
        try:
            wanted = search.parse(texts[0])
        except search.Malformed as error:
            raise WrongTypes(str(error)) from error
        window, work = self._window, statistic(texts[1])
        found = _found(self._tx, window, wanted)
        series = [
            _points(self._tx, window, metric, work, int(seconds.value), None, search.label(metric, found))
            for metric in found
        ]
        return sorted(series, key=lambda each: each.label)

    def _band(self, arguments: tuple[Node, ...]) -> list[Series]:
        """`ANOMALY_DETECTION_BAND(m1, 2)`: what came before the window is read, too."""
        deviations = arguments[1] if len(arguments) == 2 else Number(2.0)
        if len(arguments) not in (1, 2) or not isinstance(deviations, Number):
            raise WrongTypes("ANOMALY_DETECTION_BAND takes a time series and a number of standard deviations")
        before = self._window._replace(start=self._window.start - anomaly.HISTORY)
        longer = _Values(self._tx, before, list(self._queries.values()), self._expressions)
        known = longer._evaluate(arguments[0], None)
        if not isinstance(known, Series):
            raise WrongTypes("ANOMALY_DETECTION_BAND takes one time series")
        return anomaly.band(known, range(self._window.start, self._window.end, known.period), deviations.value)


def _found(tx: Transaction, window: Window, wanted: search.Search) -> list[Metric]:
    """The metrics that a search means and that got data in the last two weeks."""
    prefix = (wanted.namespace,) if wanted.namespace else ()
    found: list[Metric] = []
    for metric in tx.scan(Metric, window.account, window.region, *prefix):
        if wanted.finds(metric):
            activity = tx.get(Activity, metric.number)
            if activity is not None and activity.at >= window.now - _SHOWN:
                found.append(metric)
        if len(found) == search.MOST:
            break
    return found


def _read(tx: Transaction, window: Window, wanted: MetricStat, label: str | None) -> Series:
    work = statistic(wanted.stat)
    named = wanted.metric
    found = Series({}, wanted.period, label or named.metric_name)
    metric = find(tx, window.account, window.region, named.namespace, named.metric_name, pairs(named.dimensions))
    return found if metric is None else _points(tx, window, metric, work, wanted.period, wanted.unit, found.label)


def _points(
    tx: Transaction, window: Window, metric: Metric, work: Statistic, period: int, unit: str | None, label: str
) -> Series:
    found = Series({}, period, label)
    for (at, _), point in gather(tx, metric, window.start, window.end, period, unit, window.now).items():
        value = work(point)
        if value is not None and at not in found.points:  # of several units, the first
            found.points[at] = value
    return found


__all__ = ["Result", "Unsupported", "Window", "Wrong", "answer", "check"]
