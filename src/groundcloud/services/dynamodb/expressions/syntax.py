"""The syntax trees of expressions."""

from collections.abc import Iterator
from typing import NamedTuple, Union


class Path(NamedTuple):
    """A document path as it is written: names (`a`, `#a`) and list positions."""

    steps: tuple[str | int, ...]


class Given(NamedTuple):
    """A value of the request, by its placeholder (`:v`)."""

    name: str


class Call(NamedTuple):
    """A function's call, in a condition or as an operand."""

    function: str
    arguments: "tuple[Operand, ...]"


class Sum(NamedTuple):
    """`left + right` or `left - right`, in SET only."""

    operator: str
    left: "Operand"
    right: "Operand"


Operand = Union[Path, Given, Call, Sum]  # noqa: UP007 - NamedTuples refer to one another


class Compare(NamedTuple):
    operator: str
    left: Operand
    right: Operand


class Between(NamedTuple):
    operand: Operand
    low: Operand
    high: Operand


class In(NamedTuple):
    operand: Operand
    choices: tuple[Operand, ...]


class Not(NamedTuple):
    condition: "Condition"


class Every(NamedTuple):
    """AND."""

    conditions: "tuple[Condition, ...]"


class Some(NamedTuple):
    """OR."""

    conditions: "tuple[Condition, ...]"


Condition = Union[Compare, Between, In, Not, Every, Some, Call]  # noqa: UP007 - the same


class Change(NamedTuple):
    """One action of an update; REMOVE has no operand."""

    section: str
    path: Path
    operand: Operand | None


def operands(condition: Condition) -> Iterator[Operand]:
    """All operands of a condition, those inside functions too."""
    if isinstance(condition, Not):
        yield from operands(condition.condition)
    elif isinstance(condition, (Every, Some)):
        for each in condition.conditions:
            yield from operands(each)
    elif isinstance(condition, Compare):
        yield from within(condition.left)
        yield from within(condition.right)
    elif isinstance(condition, Between):
        for one in condition:
            yield from within(one)
    elif isinstance(condition, In):
        for one in (condition.operand, *condition.choices):
            yield from within(one)
    else:
        for one in condition.arguments:
            yield from within(one)


def within(operand: Operand) -> Iterator[Operand]:
    """An operand and those inside it."""
    yield operand
    if isinstance(operand, Call):
        for each in operand.arguments:
            yield from within(each)
    elif isinstance(operand, Sum):
        yield from within(operand.left)
        yield from within(operand.right)
