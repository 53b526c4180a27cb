"""Conditions and filters as functions of an item and the request's values."""

from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from groundcloud.services.dynamodb.errors import ValidationException, invalid
from groundcloud.services.dynamodb.expressions.paths import Names, Steps, found_at, shown_path
from groundcloud.services.dynamodb.expressions.syntax import (
    Between,
    Call,
    Compare,
    Condition,
    Every,
    Given,
    In,
    Not,
    Operand,
    Path,
    Some,
    operands,
)
from groundcloud.services.dynamodb.values import Item, Value, equal, kind_of, size_of, sort_key

Values = Mapping[str, Value]
Evaluate = Callable[[Item, Values], bool]
Get = Callable[[Item, Values], Value | None]
Check = Callable[[Values], None]

_TYPES = ("B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M")
_ORDERED = frozenset(("S", "N", "B"))


class Compiled(NamedTuple):
    """A condition whose names are known; the values come with each request."""

    holds: Evaluate
    checks: tuple[Check, ...]
    """What can be wrong with the values themselves; each raises `ValidationException`."""
    names: frozenset[str]
    values: frozenset[str]
    paths: tuple[Steps, ...]


class Compiler:
    """Turns one tree into closures."""

    def __init__(self, label: str, names: Names) -> None:
        self.label = label
        self.names = names
        self.checks: list[Check] = []

    def compiled(self, tree: Condition) -> Compiled:
        holds = self.condition(tree)
        parts = list(operands(tree))
        return Compiled(
            holds,
            tuple(self.checks),
            frozenset(step for one in parts if isinstance(one, Path) for step in _placeholders(one)),
            frozenset(one.name for one in parts if isinstance(one, Given)),
            tuple(self.names.steps(one, self.label) for one in parts if isinstance(one, Path)),
        )

    def error(self, reason: str) -> ValidationException:
        return invalid(f"Invalid {self.label}: {reason}")

    # -- conditions

    def condition(self, tree: Condition) -> Evaluate:
        if isinstance(tree, Compare):
            return self._compare(tree)
        if isinstance(tree, Every):
            return _every([self.condition(each) for each in tree.conditions])
        if isinstance(tree, Some):
            return _some([self.condition(each) for each in tree.conditions])
        if isinstance(tree, Not):
            inner = self.condition(tree.condition)
            return lambda item, values: not inner(item, values)
        if isinstance(tree, Between):
            return self._between(tree)
        if isinstance(tree, In):
            return self._in(tree)
        return self._function(tree)

    def _compare(self, tree: Compare) -> Evaluate:
        if isinstance(tree.left, Path) and isinstance(tree.right, Path):
            left = self.names.steps(tree.left, self.label)
            if left == self.names.steps(tree.right, self.label):
                raise self.error(
                    "The first operand must be distinct from the remaining operands for this operator or function; "
                    f"operator: {tree.operator}, first operand: {shown_path(left)}"
                )
        first, second = self.operand(tree.left), self.operand(tree.right)
        if tree.operator in ("=", "<>"):
            return _same(first, second, tree.operator == "=")
        for side in (tree.left, tree.right):
            self._ordered(side, tree.operator)
        return _order(first, second, tree.operator)

    def _ordered(self, operand: Operand, operator: str) -> None:
        """A value that has an order, where it is a value of the request."""
        if isinstance(operand, Given):
            self._of_types(operand.name, _ORDERED, operator)

    def _of_types(self, name: str, types: frozenset[str], operator: str) -> None:
        def check(values: Values) -> None:
            kind = kind_of(values[name])
            if kind not in types:
                raise self.error(
                    "Incorrect operand type for operator or function; "
                    f"operator or function: {operator}, operand type: {kind}"
                )

        self.checks.append(check)

    def _between(self, tree: Between) -> Evaluate:
        for side in tree:
            self._ordered(side, "BETWEEN")
        if isinstance(tree.low, Given) and isinstance(tree.high, Given):
            self._bounds(tree.low.name, tree.high.name)
        value, low, high = (self.operand(one) for one in tree)
        above, below = _order(value, low, ">="), _order(value, high, "<=")
        return lambda item, values: above(item, values) and below(item, values)

    def _bounds(self, low: str, high: str) -> None:
        def check(values: Values) -> None:
            check_bounds(values[low], values[high], f"Invalid {self.label}: ")

        self.checks.append(check)

    def _in(self, tree: In) -> Evaluate:
        value = self.operand(tree.operand)
        choices = [_same(value, self.operand(one), True) for one in tree.choices]
        return _some(choices)

    def _function(self, tree: Call) -> Evaluate:
        name = tree.function
        if name in ("attribute_exists", "attribute_not_exists"):
            exists = name == "attribute_exists"
            get = self.operand(tree.arguments[0])
            return lambda item, values: (get(item, values) is not None) is exists
        first, second = self.operand(tree.arguments[0]), self.operand(tree.arguments[1])
        if name == "attribute_type":
            return self._attribute_type(first, tree.arguments[1])
        if name == "begins_with":
            for side in tree.arguments:
                if isinstance(side, Given):
                    self._of_types(side.name, frozenset(("S", "B")), name)
            return _begins_with(first, second)
        return _contains(first, second)

    def _attribute_type(self, get: Get, operand: Operand) -> Evaluate:
        if not isinstance(operand, Given):
            raise self.error(
                "Incorrect operand type for operator or function; "
                "operator or function: attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}"
            )
        self._of_types(operand.name, frozenset("S"), "attribute_type")

        def check(values: Values) -> None:
            kind = values[operand.name]["S"]
            if kind not in _TYPES:
                raise self.error(
                    f"Invalid attribute type name found; type: {kind}, valid types: {{{','.join(_TYPES)}}}"
                )

        self.checks.append(check)
        wanted = operand.name

        def holds(item: Item, values: Values) -> bool:
            found = get(item, values)
            return found is not None and kind_of(found) == values[wanted]["S"]

        return holds

    # -- operands

    def operand(self, operand: Operand) -> Get:
        if isinstance(operand, Given):
            name = operand.name
            return lambda item, values: values[name]
        if isinstance(operand, Path):
            return found_at(self.names.steps(operand, self.label))
        assert isinstance(operand, Call)
        argument = operand.arguments[0]
        get = self.operand(argument)
        if isinstance(argument, Given):
            self._of_types(argument.name, frozenset(_TYPES) - {"N", "BOOL", "NULL"}, "size")

        def size(item: Item, values: Values) -> Value | None:
            found = get(item, values)
            length = size_of(found) if found is not None else None
            return None if length is None else {"N": str(length)}

        return size


def check_bounds(low: Value, high: Value, prefix: str) -> None:
    """The bounds of BETWEEN: of one type, in order."""
    if kind_of(low) != kind_of(high):
        raise invalid(
            f"{prefix}The BETWEEN operator requires same data type for lower and upper bounds; "
            f"lower bound operand: {shown(low)}, upper bound operand: {shown(high)}"
        )
    if kind_of(low) in _ORDERED and sort_key(low) > sort_key(high):
        raise invalid(
            f"{prefix}The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
            f"lower bound operand: {shown(low)}, upper bound operand: {shown(high)}"
        )


def shown(value: Value) -> str:
    """A value as AWS's messages show it."""
    kind, inner = next(iter(value.items()))
    return f"AttributeValue: {{{kind}:{inner}}}"


def _placeholders(path: Path) -> list[str]:
    return [step for step in path.steps if type(step) is str and step.startswith("#")]


def _every(conditions: list[Evaluate]) -> Evaluate:
    if len(conditions) == 2:
        first, second = conditions
        return lambda item, values: first(item, values) and second(item, values)
    return lambda item, values: all(one(item, values) for one in conditions)


def _some(conditions: list[Evaluate]) -> Evaluate:
    return lambda item, values: any(one(item, values) for one in conditions)


def _same(first: Get, second: Get, wanted: bool) -> Evaluate:
    def holds(item: Item, values: Values) -> bool:
        left, right = first(item, values), second(item, values)
        return (left is not None and right is not None and equal(left, right)) is wanted

    return holds


_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def _order(first: Get, second: Get, operator: str) -> Evaluate:
    compare = _ORDERS[operator]

    def holds(item: Item, values: Values) -> bool:
        left, right = first(item, values), second(item, values)
        if left is None or right is None:
            return False
        kind = kind_of(left)
        return kind == kind_of(right) and kind in _ORDERED and compare(sort_key(left), sort_key(right))

    return holds


def _begins_with(first: Get, second: Get) -> Evaluate:
    def holds(item: Item, values: Values) -> bool:
        left, right = first(item, values), second(item, values)
        return left is not None and right is not None and begins_with(left, right)

    return holds


def begins_with(value: Value, prefix: Value) -> bool:
    kind = kind_of(value)
    if kind != kind_of(prefix) or kind not in ("S", "B"):
        return False
    if kind == "S":
        return bool(value["S"].startswith(prefix["S"]))
    return b64decode(value["B"]).startswith(b64decode(prefix["B"]))


def _contains(first: Get, second: Get) -> Evaluate:
    def holds(item: Item, values: Values) -> bool:
        left, right = first(item, values), second(item, values)
        return left is not None and right is not None and contains(left, right)

    return holds


def contains(value: Value, part: Value) -> bool:
    """A substring, a set's element or a list's."""
    kind, inner = next(iter(value.items()))
    other, sought = next(iter(part.items()))
    if kind == "L":
        return any(equal(one, part) for one in inner)
    if kind == "S" and other == "S":
        return sought in inner
    if kind == "B" and other == "B":
        return b64decode(sought) in b64decode(inner)
    return kind == other + "S" and sought in inner
