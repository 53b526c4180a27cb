"""What a query reads: one partition key, and perhaps a range of sort keys, as a range of the store's keys."""

from collections.abc import Mapping
from typing import NamedTuple

from groundcloud.services.dynamodb.errors import invalid, invalid_value
from groundcloud.services.dynamodb.expressions.conditional import Comparison
from groundcloud.services.dynamodb.expressions.paths import Names
from groundcloud.services.dynamodb.expressions.syntax import (
    Between,
    Call,
    Compare,
    Condition,
    Every,
    Given,
    Operand,
    Path,
)
from groundcloud.services.dynamodb.keys import KeyShape, after, check_key_length, element, prefixed, raw
from groundcloud.services.dynamodb.values import Value

_OPERATORS = {"=": "EQ", "<": "LT", "<=": "LE", ">": "GT", ">=": "GE"}
_TURNED = {"EQ": "EQ", "LT": "GT", "LE": "GE", "GT": "LT", "GE": "LE"}
_FOR_RANGE = frozenset(("EQ", "LT", "LE", "GT", "GE", "BETWEEN", "BEGINS_WITH"))
_LABEL = "KeyConditionExpression"


class Bounds(NamedTuple):
    """low <= key < high."""

    low: bytes
    high: bytes


def tests_of(tree: Condition, names: Names, values: Mapping[str, Value]) -> list[Comparison]:
    """The comparisons of a KeyConditionExpression. Raises `ValidationException` for what no query can do."""
    parts = _flat(tree)
    found = [_test(part, names, values) for part in parts]
    if len({test.name for test in found}) < len(found):
        raise invalid("KeyConditionExpressions must only contain one condition per key")
    if len(found) > 2:
        raise invalid("Conditions can be of length 1 or 2 only")
    return found


def _flat(tree: Condition) -> list[Condition]:
    return [part for each in tree.conditions for part in _flat(each)] if isinstance(tree, Every) else [tree]


def _test(tree: Condition, names: Names, values: Mapping[str, Value]) -> Comparison:
    if isinstance(tree, Compare) and tree.operator in _OPERATORS:
        operator = _OPERATORS[tree.operator]
        if isinstance(tree.left, Given):
            return Comparison(_name(tree.right, names), _TURNED[operator], [values[tree.left.name]])
        return Comparison(_name(tree.left, names), operator, [_value(tree.right, values)])
    if isinstance(tree, Between):
        return Comparison(_name(tree.operand, names), "BETWEEN", [_value(tree.low, values), _value(tree.high, values)])
    if isinstance(tree, Call) and tree.function == "begins_with":
        return Comparison(_name(tree.arguments[0], names), "BEGINS_WITH", [_value(tree.arguments[1], values)])
    operator = tree.operator if isinstance(tree, Compare) else tree.function if isinstance(tree, Call) else ""
    operator = operator or {"In": "IN", "Not": "NOT", "Some": "OR"}[type(tree).__name__]
    raise invalid(f"Invalid operator used in {_LABEL}: {operator}")


def _name(operand: Operand, names: Names) -> str:
    if not isinstance(operand, Path):
        raise invalid(f"Invalid {_LABEL}: Invalid condition in {_LABEL}: No key attribute specified")
    steps = names.steps(operand, _LABEL)
    if len(steps) > 1:
        raise invalid(f"{_LABEL}s cannot have conditions on nested attributes")
    return str(steps[0])


def _value(operand: Operand, values: Mapping[str, Value]) -> Value:
    if not isinstance(operand, Given):
        raise invalid(f"Invalid {_LABEL}: Invalid condition in {_LABEL}: Multiple attributes specified")
    return values[operand.name]


def bounds_of(tests: list[Comparison], key: KeyShape) -> Bounds:
    """The range of the store that a query's conditions name. Raises `ValidationException`."""
    by_name = {test.name: test for test in tests}
    partition = by_name.pop(key.hash_name, None)
    if partition is None:
        raise invalid(f"Query condition missed key schema element: {key.hash_name}")
    if partition.operator != "EQ":
        raise invalid("Query key condition not supported")
    _check_type(partition, key.hash_type, True)
    base = key.partition(partition.values[0])
    if not by_name:
        return Bounds(base, after(base))
    test = by_name.get(key.range_name)
    if test is None or len(by_name) > 1:
        raise invalid(f"Query condition missed key schema element: {key.range_name or next(iter(by_name))}")
    if test.operator not in _FOR_RANGE:
        raise invalid("Query key condition not supported")
    _check_type(test, key.range_type, False)
    return _range(base, test, key.range_type)


def _check_type(test: Comparison, kind: str, is_hash: bool) -> None:
    for value in test.values:
        if kind not in value:
            raise invalid_value("Condition parameter type does not match schema type")
        if kind != "N":
            if not value[kind]:
                what = "string" if kind == "S" else "binary"
                raise invalid(
                    "One or more parameter values are not valid. "
                    f"The AttributeValue for a key attribute cannot contain an empty {what} value. Key: {test.name}"
                )
            check_key_length(len(raw(kind, value[kind])), is_hash)


def _range(base: bytes, test: Comparison, kind: str) -> Bounds:
    if test.operator == "BEGINS_WITH":
        if kind == "N":
            raise invalid_value("ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type")
        low, high = prefixed(kind, test.values[0][kind])
        return Bounds(base + low, base + high)
    first = base + element(kind, test.values[0][kind])
    end = after(base)
    if test.operator == "EQ":
        return Bounds(first, after(first))
    if test.operator == "BETWEEN":
        return Bounds(first, after(base + element(kind, test.values[1][kind])))
    if test.operator in ("LT", "LE"):
        return Bounds(base, first if test.operator == "LT" else after(first))
    return Bounds(first if test.operator == "GE" else after(first), end)
