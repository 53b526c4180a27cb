"""The older parameters: Expected, QueryFilter, ScanFilter, KeyConditions, AttributeUpdates.

Source: "Legacy DynamoDB conditional parameters" in the developer guide.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from groundcloud.services.dynamodb.errors import ValidationException, invalid, invalid_value
from groundcloud.services.dynamodb.expressions.conditions import begins_with, check_bounds, contains
from groundcloud.services.dynamodb.expressions.updates import added, taken_away
from groundcloud.services.dynamodb.values import Item, Value, check_value, equal, kind_of, sort_key

Holds = Callable[[Item], bool]

_COUNTS = {"NULL": (0, 0), "NOT_NULL": (0, 0), "BETWEEN": (2, 2), "IN": (1, 100)}
_ORDERED = frozenset(("S", "N", "B"))
_SCALAR_ONLY = frozenset(("LT", "LE", "GT", "GE", "BETWEEN", "IN", "CONTAINS", "NOT_CONTAINS"))


class Comparison(NamedTuple):
    """One attribute's comparison."""

    name: str
    operator: str
    values: list[Value]

    def __call__(self, item: Item) -> bool:
        return _TESTS[self.operator](item.get(self.name), self.values)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Value | None, list[Value]], bool]:
    def holds(found: Value | None, values: list[Value]) -> bool:
        if found is None or kind_of(found) != kind_of(values[0]) or kind_of(found) not in _ORDERED:
            return False
        return compare(sort_key(found), sort_key(values[0]))

    return holds


def _between(found: Value | None, values: list[Value]) -> bool:
    return _TESTS["GE"](found, values[:1]) and _TESTS["LE"](found, values[1:])


_TESTS: dict[str, Callable[[Value | None, list[Value]], bool]] = {
    "EQ": lambda found, values: found is not None and equal(found, values[0]),
    "NE": lambda found, values: found is None or not equal(found, values[0]),
    "LT": _ordered(lambda left, right: left < right),
    "LE": _ordered(lambda left, right: left <= right),
    "GT": _ordered(lambda left, right: left > right),
    "GE": _ordered(lambda left, right: left >= right),
    "NULL": lambda found, values: found is None,
    "NOT_NULL": lambda found, values: found is not None,
    "CONTAINS": lambda found, values: found is not None and contains(found, values[0]),
    "NOT_CONTAINS": lambda found, values: found is not None and not contains(found, values[0]),
    "BEGINS_WITH": lambda found, values: found is not None and begins_with(found, values[0]),
    "IN": lambda found, values: found is not None and any(equal(found, value) for value in values),
    "BETWEEN": _between,
}


def comparisons(conditions: Mapping[str, Mapping[str, Any]]) -> list[Comparison]:
    """QueryFilter, ScanFilter or KeyConditions, checked. Raises `ValidationException`."""
    return [
        _test(name, one["comparison_operator"], one.get("attribute_value_list")) for name, one in conditions.items()
    ]


def _test(name: str, operator: str, values: list[Value] | None) -> Comparison:
    values = values or []
    for value in values:
        check_value(value)
    low, high = _COUNTS.get(operator, (1, 1))
    if not low <= len(values) <= high:
        raise invalid_value(f"Invalid number of argument(s) for the {operator} ComparisonOperator")
    for value in values:
        kind = kind_of(value)
        if (
            operator in _SCALAR_ONLY and kind not in _ORDERED and operator not in ("CONTAINS", "NOT_CONTAINS", "IN")
        ) or (operator == "BEGINS_WITH" and kind not in ("S", "B")):
            raise invalid_value(f"ComparisonOperator {operator} is not valid for {kind} AttributeValue type")
    if operator == "BETWEEN":
        check_bounds(values[0], values[1], "")
    return Comparison(name, operator, values)


def expected(conditions: Mapping[str, Mapping[str, Any]]) -> list[Comparison]:
    """Expected, in its two forms: a value or its absence, or an operator. Raises `ValidationException`."""
    found = []
    for name, one in conditions.items():
        operator, value, exists = one.get("comparison_operator"), one.get("value"), one.get("exists")
        listed = one.get("attribute_value_list")
        if operator is not None:
            if exists is not None:
                raise _invalid(f"Exists and ComparisonOperator cannot be used together for Attribute: {name}")
            if value is not None and listed is not None:
                raise _invalid(f"Value and AttributeValueList cannot be used together for Attribute: {name}")
            found.append(_test(name, operator, listed if value is None else [value]))
        elif listed is not None:
            raise _invalid(f"AttributeValueList can only be used with a ComparisonOperator for Attribute: {name}")
        elif exists is False:
            if value is not None:
                raise _invalid(f"Value cannot be used when Exists is set to false for Attribute: {name}")
            found.append(Comparison(name, "NULL", []))
        elif value is None:
            shown = "null" if exists is None else "true"
            raise _invalid(f"Value must be provided when Exists is {shown} for Attribute: {name}")
        else:
            found.append(_test(name, "EQ", [value]))
    return found


def _invalid(reason: str) -> ValidationException:
    return invalid_value(reason)


def together(found: list[Comparison], operator: str) -> Holds:
    """All of the tests, or any of them (ConditionalOperator)."""
    if operator == "OR" and len(found) > 1:
        return lambda item: any(test(item) for test in found)
    return lambda item: all(test(item) for test in found)


def attribute_updates(updates: Mapping[str, Mapping[str, Any]]) -> Callable[[Item], Item]:
    """AttributeUpdates as a function from an item to the item after it. Raises `ValidationException`."""
    for name, update in updates.items():
        action, value = update.get("action", "PUT"), update.get("value")
        if value is not None:
            check_value(value)
        elif action != "DELETE":
            raise invalid_value("Only DELETE action is allowed when no attribute value is specified")
        if value is None:
            continue
        kind = kind_of(value)
        if action == "ADD" and kind not in ("N", "SS", "NS", "BS", "L"):
            raise invalid_value(f"ADD action is not supported for the type {kind}")
        if action == "DELETE" and kind not in ("SS", "NS", "BS"):
            raise invalid_value(f"DELETE action with value is not supported for the type {kind}")
        del name

    def apply(old: Item) -> Item:
        new = dict(old)
        for name, update in updates.items():
            _update(new, name, update.get("action", "PUT"), update.get("value"))
        return new

    return apply


def _update(item: Item, name: str, action: str, value: Value | None) -> None:
    if action == "PUT" and value is not None:
        item[name] = value
    elif value is None:
        item.pop(name, None)
    elif action == "DELETE":
        left = _matching(taken_away, item.get(name), value)
        if left is not None:
            item[name] = left
        else:
            item.pop(name, None)
    elif "L" in value:
        old = item.get(name, {"L": []})
        if "L" not in old:
            raise invalid("Type mismatch for attribute to update")
        item[name] = {"L": [*old["L"], *value["L"]]}
    else:
        item[name] = _matching(added, item.get(name), value)


def _matching(change: Callable[[Value | None, Value], Any], found: Value | None, value: Value) -> Any:
    if found is not None and kind_of(found) != kind_of(value):
        raise invalid("Type mismatch for attribute to update")
    return change(found, value)
