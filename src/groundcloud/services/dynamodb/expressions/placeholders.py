"""The expressions of one request with their #names and :values: all defined, all used."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from groundcloud.services.dynamodb.errors import ValidationException, invalid
from groundcloud.services.dynamodb.expressions import conditions, updates
from groundcloud.services.dynamodb.expressions.grammar import OPERANDS, UPDATES, Grammar
from groundcloud.services.dynamodb.expressions.paths import Names, Steps, check_apart
from groundcloud.services.dynamodb.expressions.syntax import Condition
from groundcloud.services.dynamodb.values import Item, Value, check_value

Pairs = tuple[tuple[str, str], ...]


@lru_cache(2048)
def _tree(text: str, label: str) -> Condition:
    return Grammar(text, label, OPERANDS).condition()


@lru_cache(2048)
def _condition(text: str, label: str, names: Pairs) -> conditions.Compiled:
    return conditions.Compiler(label, Names(dict(names))).compiled(_tree(text, label))


@lru_cache(2048)
def _update(text: str, names: Pairs) -> updates.Compiled:
    return updates.Compiler(Names(dict(names))).compiled(Grammar(text, "UpdateExpression", UPDATES).update())


@lru_cache(2048)
def _projection(text: str, names: Pairs) -> tuple[tuple[Steps, ...], frozenset[str]]:
    label = "ProjectionExpression"
    written = Grammar(text, label).projection()
    known = Names(dict(names))
    paths = tuple(known.steps(path, label) for path in written)
    check_apart(paths, label)
    used = frozenset(step for path in written for step in path.steps if type(step) is str and step[0] == "#")
    return paths, used


class Expressions:
    """What one request says. After the last expression, `finish` refuses placeholders that none of them uses."""

    __slots__ = ("_pairs", "_used_names", "_used_values", "names", "values")

    def __init__(self, names: Mapping[str, str] | None, values: Mapping[str, Any] | None, without: str = "") -> None:
        """`without` says which expressions are missing, when there is none at all."""
        self._pairs: Pairs = ()
        if names is not None:
            if without:
                raise invalid("ExpressionAttributeNames can only be specified when using expressions")
            _check_names(names)
            self._pairs = tuple(names.items())
        self.names = names or {}
        self.values: Mapping[str, Value] = {}
        if values is not None:
            if without:
                raise invalid(f"ExpressionAttributeValues can only be specified when using expressions: {without}")
            self.values = checked_values(values)
        self._used_names: set[str] = set()
        self._used_values: set[str] = set()

    def condition(self, text: str, label: str = "ConditionExpression") -> "BoundCondition":
        compiled = _condition(text, label, self._pairs)
        self._use(label, compiled.names, compiled.values)
        for check in compiled.checks:
            check(self.values)
        return BoundCondition(compiled, self.values)

    def key_condition(self, text: str) -> Condition:
        """The tree of a key condition, whose meaning the key schema knows."""
        label = "KeyConditionExpression"
        compiled = _condition(text, label, self._pairs)
        self._use(label, compiled.names, compiled.values)
        for check in compiled.checks:
            check(self.values)
        return _tree(text, label)

    def update(self, text: str) -> updates.Compiled:
        compiled = _update(text, self._pairs)
        self._use("UpdateExpression", compiled.names, compiled.values)
        for check in compiled.checks:
            check(self.values)
        return compiled

    def projection(self, text: str) -> tuple[Steps, ...]:
        paths, used = _projection(text, self._pairs)
        self._used_names |= used
        return paths

    def _use(self, label: str, names: frozenset[str], values: frozenset[str]) -> None:
        self._used_names |= names
        self._used_values |= values
        if not values <= self.values.keys():
            lacking = min(values - self.values.keys())
            raise invalid(
                f"Invalid {label}: An expression attribute value used in expression is not defined; "
                f"attribute value: {lacking}"
            )

    def finish(self) -> None:
        """Raises `ValidationException` for a placeholder that nothing uses."""
        if len(self._used_names) < len(self.names):
            unused = [name for name in self.names if name not in self._used_names]
            raise _unused("Names", unused)
        if len(self._used_values) < len(self.values):
            raise _unused("Values", [name for name in self.values if name not in self._used_values])


class BoundCondition:
    """A condition with its values."""

    __slots__ = ("_compiled", "_values")

    def __init__(self, compiled: conditions.Compiled, values: Mapping[str, Value]) -> None:
        self._compiled = compiled
        self._values = values

    @property
    def paths(self) -> tuple[Steps, ...]:
        return self._compiled.paths

    def __call__(self, item: Item) -> bool:
        return self._compiled.holds(item, self._values)


def _unused(kind: str, names: list[str]) -> ValidationException:
    return invalid(
        f"Value provided in ExpressionAttribute{kind} unused in expressions: keys: {{{', '.join(sorted(names))}}}"
    )


def _check_names(names: Mapping[str, str]) -> None:
    if not names:
        raise invalid("ExpressionAttributeNames must not be empty")
    for name in names:
        if len(name) < 2 or name[0] != "#" or not _plain(name[1:]):
            raise invalid(f'ExpressionAttributeNames contains invalid key: Syntax error; key: "{name}"')


def checked_values(values: Mapping[str, Any]) -> Mapping[str, Value]:
    """ExpressionAttributeValues, each value checked and in its canonical form."""
    if not values:
        raise invalid("ExpressionAttributeValues must not be empty")
    for name, value in values.items():
        if len(name) < 2 or name[0] != ":" or not _plain(name[1:]):
            raise invalid(f'ExpressionAttributeValues contains invalid key: Syntax error; key: "{name}"')
        try:
            check_value(value)
        except ValidationException as error:
            raise invalid(f"ExpressionAttributeValues contains invalid value: {error.message} for key {name}") from None
    return values


def _plain(text: str) -> bool:
    return text.isascii() and text.replace("_", "a").isalnum()
