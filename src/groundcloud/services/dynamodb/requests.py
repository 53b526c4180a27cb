"""What the item operations' requests have in common: which parameters go together, and the checks of the old ones."""

from collections.abc import Callable, Mapping
from typing import Any

from groundcloud.services.dynamodb.errors import ConditionalCheckFailed, invalid, invalid_value
from groundcloud.services.dynamodb.expressions.conditional import expected as expected_comparisons
from groundcloud.services.dynamodb.expressions.conditional import together
from groundcloud.services.dynamodb.expressions.paths import Steps, project
from groundcloud.services.dynamodb.expressions.placeholders import Expressions
from groundcloud.services.dynamodb.items import Stored
from groundcloud.services.dynamodb.values import Item

Holds = Callable[[Item], bool]
Document = dict[str, Any]


def check_apart(older: Mapping[str, object], expressions: Mapping[str, object]) -> None:
    """The older parameters and expressions exclude one another. Raises `ValidationException`."""
    first = [name for name, value in older.items() if value]
    second = [name for name, value in expressions.items() if value]
    if first and second:
        raise invalid(
            "Can not use both expression and non-expression parameters in the same request: "
            f"Non-expression parameters: {{{', '.join(first)}}} Expression parameters: {{{', '.join(second)}}}"
        )


def condition_of(
    expressions: Expressions, text: str | None, expected: Mapping[str, Any] | None, conditional_operator: str
) -> Holds | None:
    """The condition of a write, in whichever form it comes."""
    if text is not None:
        return expressions.condition(text)
    if expected:
        return together(expected_comparisons(expected), conditional_operator)
    if conditional_operator:
        raise invalid("ConditionalOperator cannot be used without Filter or Expected")
    return None


def check_condition(condition: Holds | None, old: Item | None, return_old: str) -> None:
    """Raises `ConditionalCheckFailedException`, with the item where the caller wants it."""
    if condition is not None and not condition(old or {}):
        raise ConditionalCheckFailed(**({"item": old} if return_old == "ALL_OLD" and old is not None else {}))


def attributes_to_get(names: list[str]) -> tuple[Steps, ...]:
    """AttributesToGet as a projection. Raises `ValidationException`."""
    for name in names:
        if names.count(name) > 1:
            raise invalid_value(f"Duplicate value in attribute name: {name}")
    return tuple((name,) for name in names)


def projected(found: Stored, paths: tuple[Steps, ...] | None) -> Any:
    """An item as an answer shows it; the whole of one is not even decoded."""
    return found.raw if paths is None else project(found.item, paths)
