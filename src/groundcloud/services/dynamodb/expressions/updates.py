"""Update expressions as functions from an item to the item after it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from groundcloud.services.dynamodb import numbers
from groundcloud.services.dynamodb.errors import ValidationException, invalid
from groundcloud.services.dynamodb.expressions.conditions import Check, Get, Values
from groundcloud.services.dynamodb.expressions.paths import Names, Steps, at, check_apart, found_at
from groundcloud.services.dynamodb.expressions.syntax import Call, Change, Given, Operand, Path, Sum, within
from groundcloud.services.dynamodb.values import Item, Value, kind_of

_LABEL = "UpdateExpression"
_SETS = frozenset(("SS", "NS", "BS"))
_NAMES = {"S": "STRING", "N": "NUMBER", "B": "BINARY", "SS": "STRING_SET", "NS": "NUMBER_SET", "BS": "BINARY_SET",
          "L": "LIST", "M": "MAP", "BOOL": "BOOLEAN", "NULL": "NULL"}  # fmt: skip


class Action(NamedTuple):
    section: str
    steps: Steps
    operand: Get | None


class Compiled(NamedTuple):
    """An update whose names are known."""

    actions: tuple[Action, ...]
    checks: tuple[Check, ...]
    names: frozenset[str]
    values: frozenset[str]

    def apply(self, old: Item, values: Values) -> Item:
        """The item after the update; `old` stays as it is. Every operand is read from `old`."""
        wanted = [(action, action.operand(old, values) if action.operand else None) for action in self.actions]
        new = dict(old)
        for name in {str(action.steps[0]) for action in self.actions if len(action.steps) > 1}:
            if name in new:
                new[name] = copy_of(new[name])
        removals = []
        for action, value in wanted:
            if action.section == "REMOVE":
                removals.append(action.steps)
            elif action.section == "SET":
                put(new, action.steps, value)
            else:
                _gather(new, action, value, old)
        for steps in sorted(removals, key=_from_behind, reverse=True):
            remove(new, steps)
        return new


class Compiler:
    """Turns the actions of one update into closures."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.checks: list[Check] = []

    def compiled(self, changes: Sequence[Change]) -> Compiled:
        paths = [self.names.steps(change.path, _LABEL) for change in changes]
        check_apart(paths, _LABEL)
        actions = tuple(
            Action(change.section, steps, None if change.operand is None else self._operand_of(change))
            for change, steps in zip(changes, paths, strict=True)
        )
        parts = [one for change in changes if change.operand is not None for one in within(change.operand)]
        written = [*(change.path for change in changes), *(one for one in parts if isinstance(one, Path))]
        return Compiled(
            actions,
            tuple(self.checks),
            frozenset(step for path in written for step in path.steps if type(step) is str and step[0] == "#"),
            frozenset(one.name for one in parts if isinstance(one, Given)),
        )

    def _operand_of(self, change: Change) -> Get:
        assert change.operand is not None
        if change.section in ("ADD", "DELETE"):
            assert isinstance(change.operand, Given)
            self._gathers(change.section, change.operand.name)
        return self.operand(change.operand)

    def _gathers(self, section: str, name: str) -> None:
        allowed = _SETS | {"N"} if section == "ADD" else _SETS

        def check(values: Values) -> None:
            kind = kind_of(values[name])
            if kind not in allowed:
                raise _wrong(
                    f"Incorrect operand type for operator or function; operator: {section}, "
                    f"operand type: {_NAMES[kind]}, typeSet: ALLOWED_FOR_{section}_OPERAND"
                )

        self.checks.append(check)

    def operand(self, operand: Operand) -> Get:
        if isinstance(operand, Given):
            name = operand.name
            return lambda item, values: values[name]
        if isinstance(operand, Path):
            return self._existing(self.names.steps(operand, _LABEL))
        if isinstance(operand, Sum):
            return self._sum(operand)
        return self._call(operand)

    def _existing(self, steps: Steps) -> Get:
        def get(item: Item, values: Values) -> Value:
            found = at(item, steps)
            if found is None:
                raise invalid("The provided expression refers to an attribute that does not exist in the item")
            return found

        return get

    def _sum(self, tree: Sum) -> Get:
        for side in (tree.left, tree.right):
            self._of_type(side, "N", tree.operator)
        left, right = self.operand(tree.left), self.operand(tree.right)
        subtract = tree.operator == "-"

        def get(item: Item, values: Values) -> Value:
            first, second = left(item, values), right(item, values)
            if first is None or second is None or "N" not in first or "N" not in second:
                raise invalid("An operand in the update expression has an incorrect data type")
            return {"N": numbers.add(first["N"], second["N"], subtract)}

        return get

    def _of_type(self, operand: Operand, kind: str, operator: str) -> None:
        if not isinstance(operand, Given):
            return
        name = operand.name

        def check(values: Values) -> None:
            found = kind_of(values[name])
            if found != kind:
                raise _wrong(
                    "Incorrect operand type for operator or function; "
                    f"operator or function: {operator}, operand type: {found}"
                )

        self.checks.append(check)

    def _call(self, tree: Call) -> Get:
        first, second = tree.arguments
        if tree.function == "if_not_exists":
            assert isinstance(first, Path)  # the grammar's rule
            present = found_at(self.names.steps(first, _LABEL))
            otherwise = self.operand(second)
            return lambda item, values: present(item, values) or otherwise(item, values)
        self._of_type(first, "L", tree.function)
        self._of_type(second, "L", tree.function)
        left, right = self.operand(first), self.operand(second)

        def append(item: Item, values: Values) -> Value:
            head, tail = left(item, values), right(item, values)
            if head is None or tail is None or "L" not in head or "L" not in tail:
                raise invalid("An operand in the update expression has an incorrect data type")
            return {"L": [*head["L"], *tail["L"]]}

        return append


def _wrong(reason: str) -> ValidationException:
    return invalid(f"Invalid {_LABEL}: {reason}")


_decode = msgspec.msgpack.Decoder().decode
_encode = msgspec.msgpack.Encoder().encode


def copy_of(value: Value) -> Value:
    """A copy all the way down."""
    copied: Value = _decode(_encode(value))
    return copied


def _bad_path() -> ValidationException:
    return invalid("The document path provided in the update expression is invalid for update")


def _parent(item: Item, steps: Steps) -> Any:
    """The map or list that holds the last step."""
    holder = at(item, steps[:-1])
    inner = None if holder is None else holder.get("M" if type(steps[-1]) is str else "L")
    if inner is None:
        raise _bad_path()
    return inner


def put(item: Item, steps: Steps, value: Any) -> None:
    """Set what is at a path; past a list's end it is appended."""
    last = steps[-1]
    if len(steps) == 1:
        item[last] = value  # type: ignore[index]  # the first step is always a name
        return
    inner = _parent(item, steps)
    if type(last) is int and last >= len(inner):
        inner.append(value)
    else:
        inner[last] = value


def remove(item: Item, steps: Steps) -> None:
    """Remove what is at a path; nothing there is no error, no way to it is one."""
    last = steps[-1]
    if len(steps) == 1:
        item.pop(str(last), None)
        return
    inner = _parent(item, steps)
    if type(last) is str:
        inner.pop(last, None)
    elif last < len(inner):  # type: ignore[operator]
        del inner[last]


def _from_behind(steps: Steps) -> tuple[Any, ...]:
    """Later elements of a list are removed before earlier ones."""
    return tuple((0, step) if type(step) is int else (1, step) for step in steps)


def _gather(item: Item, action: Action, value: Value | None, old: Item) -> None:
    """ADD and DELETE."""
    assert value is not None
    found = at(old, action.steps)
    result = added(found, value) if action.section == "ADD" else taken_away(found, value)
    if result is not None:
        put(item, action.steps, result)
    elif found is not None:
        remove(item, action.steps)
    elif len(action.steps) > 1:
        _parent(item, action.steps)


def added(found: Value | None, value: Value) -> Value:
    """A number plus another, or the union of two sets. Raises `ValidationException` for other types."""
    if found is None:
        return value
    kind = kind_of(value)
    if kind_of(found) != kind or kind not in (*_SETS, "N"):
        raise invalid("An operand in the update expression has an incorrect data type")
    if kind == "N":
        return {"N": numbers.add(found["N"], value["N"])}
    return {kind: list(dict.fromkeys([*found[kind], *value[kind]]))}


def taken_away(found: Value | None, value: Value) -> Value | None:
    """A set without some elements; None when nothing is left. Raises `ValidationException` for other types."""
    if found is None:
        return None
    kind = kind_of(value)
    if kind_of(found) != kind or kind not in _SETS:
        raise invalid("An operand in the update expression has an incorrect data type")
    gone = set(value[kind])
    left = [one for one in found[kind] if one not in gone]
    return {kind: left} if left else None
