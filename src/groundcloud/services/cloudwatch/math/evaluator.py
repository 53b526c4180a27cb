"""Evaluates an expression: operators here, functions in `functions.py`."""

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import cast

from groundcloud.services.cloudwatch.math.functions import FUNCTIONS, LAZY
from groundcloud.services.cloudwatch.math.grammar import WORDS, Binary, Call, Listed, Name, Negative, Node, Number, Text
from groundcloud.services.cloudwatch.math.values import Range, Series, Unsupported, Value, WrongTypes

_ELSEWHERE = frozenset(("SERVICE_QUOTA", "INSIGHT_RULE_METRIC", "DB_PERF_INSIGHTS", "LAMBDA", "LOOKUP"))
Outside = Mapping[str, Callable[[tuple[Node, ...]], Value]]
"""Functions that read more than the values of other queries, by their names."""


def _divide(left: float, right: float) -> float:
    return left / right if right else math.nan


def _power(left: float, right: float) -> float:
    try:
        found = left**right
    except (OverflowError, ZeroDivisionError):
        return math.nan
    return found if isinstance(found, float) else math.nan


_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "^": _power,
    "<": lambda left, right: float(left < right),
    ">": lambda left, right: float(left > right),
    "<=": lambda left, right: float(left <= right),
    ">=": lambda left, right: float(left >= right),
    "==": lambda left, right: float(left == right),
    "!=": lambda left, right: float(left != right),
    "AND": lambda left, right: float(bool(left) and bool(right)),
    "OR": lambda left, right: float(bool(left) or bool(right)),
}


def evaluate(
    node: Node,
    value_of: Callable[[str], Value],
    metrics: Iterable[str],
    start: int,
    end: int,
    outside: Outside = MappingProxyType({}),
) -> Value:
    """The value of an expression. `metrics`: the ids that METRICS() means. A point that is no number is left out.

    Raises `WrongTypes` and `Unsupported`.
    """
    found = _Evaluation(value_of, list(metrics), start, end, outside).value(node)
    for series in [found] if isinstance(found, Series) else found if isinstance(found, list) else []:
        series.points = {at: value for at, value in series.points.items() if math.isfinite(value)}
    return found


class _Evaluation:
    def __init__(
        self, value_of: Callable[[str], Value], metrics: list[str], start: int, end: int, outside: Outside
    ) -> None:
        self._outside = outside
        self._value_of = value_of
        self._metrics = metrics
        self._range = Range(start, end)

    def value(self, node: Node) -> Value:
        if isinstance(node, Number):
            return node.value
        if isinstance(node, Name):
            if node.id in WORDS:
                raise WrongTypes(f"{node.id} stands where a number or a time series is expected")
            return self._value_of(node.id)
        if isinstance(node, Negative):
            return each(lambda value: -value, self.value(node.of))
        if isinstance(node, Binary):
            return both(_OPERATORS[node.operator], self.value(node.left), self.value(node.right))
        if isinstance(node, Listed):
            return self._list([self.value(item) for item in node.items])
        if isinstance(node, Text):
            raise WrongTypes("A text stands where a number or a time series is expected")
        return self._call(node)

    def _list(self, items: list[Value]) -> list[Series]:
        found: list[Series] = []
        for item in items:
            if isinstance(item, float):
                raise WrongTypes("A list may contain time series only")
            found += item if isinstance(item, list) else [item]
        return found

    def _call(self, node: Call) -> Value:
        if node.function == "METRICS":
            wanted = [argument.value for argument in node.arguments if isinstance(argument, Text)]
            if len(wanted) < len(node.arguments):
                raise WrongTypes("METRICS takes a text only")
            ids = [name for name in self._metrics if not wanted or wanted[0] in name]
            return self._list([self._value_of(name) for name in ids])
        if node.function in LAZY:
            first = self.value(node.arguments[0]) if node.arguments else 0.0
            words = [
                argument.id if isinstance(argument, Name) else self.value(argument) for argument in node.arguments[1:]
            ]
            resolved = [word if not isinstance(word, str) or word in WORDS else self._value_of(word) for word in words]
            return LAZY[node.function](self._range, first, resolved)
        if node.function in self._outside:
            return self._outside[node.function](node.arguments)
        work = FUNCTIONS.get(node.function)
        if work is None:
            if node.function in _ELSEWHERE:
                raise Unsupported(node.function)
            raise WrongTypes(f"Unknown function {node.function}")
        return work(self._range, [self.value(argument) for argument in node.arguments])


def each(work: Callable[[float], float], value: Value) -> Value:
    """Do something to every number of a value."""
    if isinstance(value, float):
        return work(value)
    if isinstance(value, list):
        return [cast(Series, each(work, series)) for series in value]
    return Series({at: work(found) for at, found in value.points.items()}, value.period, value.label)


def both(work: Callable[[float, float], float], left: Value, right: Value) -> Value:
    """An operator between two values. Two series meet where both have a point."""
    if isinstance(left, float) and isinstance(right, float):
        return work(left, right)
    if isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            raise WrongTypes("Two lists must be of the same length")
        return [cast(Series, both(work, one, other)) for one, other in zip(left, right, strict=True)]
    if isinstance(left, list):
        return [cast(Series, both(work, series, right)) for series in left]
    if isinstance(right, list):
        return [cast(Series, both(work, left, series)) for series in right]
    if isinstance(left, float):
        return each(lambda value: work(left, value), right)
    if isinstance(right, float):
        return each(lambda value: work(value, right), left)
    shared = {at: work(value, right.points[at]) for at, value in left.points.items() if at in right.points}
    return Series(shared, left.period, left.label)
