"""What a statement says, with its conditions and changes already in the words of DynamoDB's expressions."""

from typing import Any, NamedTuple

Value = dict[str, Any]


class Text(NamedTuple):
    """A piece of an expression with the placeholders that stand in it."""

    text: str
    names: dict[str, str]
    values: dict[str, Value]


def grouped(text: str) -> str:
    """A condition in parentheses, in one pair of them: DynamoDB refuses redundant ones."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            whole = place == len(text) - 1 and text[0] == "("
            return text if whole else f"({text})"
    return f"({text})"


class Conjunct(NamedTuple):
    """One of the conditions that `AND` joins."""

    condition: Text
    attribute: str = ""
    """The one top-level attribute that it compares, where it is such a comparison."""
    operator: str = ""
    """`=`, `<`, `<=`, `>`, `>=`, `BETWEEN` or `begins_with`, for those."""
    value: Value | None = None
    """What `=` compares it with."""


class Select(NamedTuple):
    table: str
    index_name: str
    projection: Text | None
    where: list[Conjunct]
    order_by: str = ""
    descending: bool = False


class Insert(NamedTuple):
    table: str
    item: dict[str, Value]


class Update(NamedTuple):
    table: str
    change: Text
    where: list[Conjunct]
    returning: str = "NONE"


class Delete(NamedTuple):
    table: str
    where: list[Conjunct]
    returning: str = "NONE"


class Exists(NamedTuple):
    """`EXISTS(SELECT ...)`, a condition of a transaction."""

    select: Select


Statement = Select | Insert | Update | Delete | Exists
