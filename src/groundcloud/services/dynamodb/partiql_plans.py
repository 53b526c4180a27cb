"""Statements made ready for a table: which items they read, or the one write that they are."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from groundcloud.context import Context
from groundcloud.resource import Resource
from groundcloud.services.dynamodb.errors import invalid
from groundcloud.services.dynamodb.expressions.paths import Names
from groundcloud.services.dynamodb.expressions.placeholders import Expressions
from groundcloud.services.dynamodb.key_conditions import Bounds, bounds_of, tests_of
from groundcloud.services.dynamodb.keys import KeyShape
from groundcloud.services.dynamodb.paging import Read, Wanted, everything, read, start_place
from groundcloud.services.dynamodb.partiql import Conjunct, Delete, Exists, Insert, Select, Statement, Update
from groundcloud.services.dynamodb.partiql.statements import Text, grouped
from groundcloud.services.dynamodb.schema import IndexShape, Schema, resource
from groundcloud.services.dynamodb.selections import check_consistent, needs_table, selection
from groundcloud.services.dynamodb.transactions import Step, step_of
from groundcloud.services.dynamodb.values import Item, check_value
from groundcloud.store import Transaction

_ACTIONS: dict[type, str] = {
    Select: "dynamodb:PartiQLSelect",
    Insert: "dynamodb:PartiQLInsert",
    Update: "dynamodb:PartiQLUpdate",
    Delete: "dynamodb:PartiQLDelete",
}
_RANGE = frozenset(("=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"))


def asked(ctx: Context, statement: Statement) -> Resource:
    """The permission that a statement needs ("IAM security policies with PartiQL for DynamoDB")."""
    if isinstance(statement, Exists):
        found = resource(ctx, statement.select.table)
        return found._replace(action="dynamodb:ConditionCheckItem")
    part = f"/index/{statement.index_name}" if isinstance(statement, Select) and statement.index_name else ""
    return resource(ctx, statement.table, part)._replace(action=_ACTIONS[type(statement)])


def table_of(statement: Statement) -> str:
    return statement.select.table if isinstance(statement, Exists) else statement.table


def joined(texts: Iterable[Text]) -> Text:
    """Conditions that must all hold, as one."""
    found = list(texts)
    names = {name: one for text in found for name, one in text.names.items()}
    values = {name: one for text in found for name, one in text.values.items()}
    return Text(" AND ".join(grouped(text.text) for text in found), names, values)


def expressions_of(*texts: Text | None) -> Expressions:
    names = {name: one for text in texts if text is not None for name, one in text.names.items()}
    values = {name: one for text in texts if text is not None for name, one in text.values.items()}
    return Expressions(names or None, values or None)


# -- reading


class _Split(NamedTuple):
    """A condition, divided into what finds items by their key and what leaves some out."""

    keys: list[Conjunct]
    rest: list[Conjunct]


def _split(where: list[Conjunct], shape: KeyShape) -> _Split:
    by_hash = next((one for one in where if one.attribute == shape.hash_name and one.operator == "="), None)
    if by_hash is None:
        return _Split([], where)
    keys = [by_hash]
    if shape.range_name:
        by_range = (one for one in where if one.attribute == shape.range_name and one.operator in _RANGE)
        keys += [one for one, _ in zip(by_range, range(1), strict=False)]
    return _Split(keys, [one for one in where if not any(one is key for key in keys)])


def select(
    tx: Transaction, schema: Schema, statement: Select, limit: int | None, start: Item | None, consistent: bool
) -> Read:
    """One page of a SELECT. Without an equality on the partition key it reads the whole table."""
    index: IndexShape | None = schema.index(statement.index_name) if statement.index_name else None
    check_consistent(index, consistent)
    shape = schema.key if index is None else index.key
    split = _split(statement.where, shape)
    if statement.order_by and (not split.keys or statement.order_by not in shape.names):
        raise invalid("Must have WHERE clause in the statement when using ORDER BY clause.")
    kept = joined(one.condition for one in split.rest) if split.rest else None
    expressions = expressions_of(kept, statement.projection)
    projection = statement.projection.text if statement.projection is not None else None
    chosen = selection("", None, projection, expressions, bool(index))
    condition = expressions.condition(kept.text, "FilterExpression") if kept is not None else None
    expressions.finish()
    bounds = _bounds(split.keys, shape)
    from_table = needs_table(index, chosen, condition.paths if condition is not None else ())
    forward = not (statement.descending and statement.order_by)
    wanted = Wanted(bounds, forward, limit, start, condition, chosen.paths, False, from_table)
    after = start_place(schema, index, start, bounds, not split.keys) if start is not None else None
    return read(tx, schema, index, wanted, after)


def _bounds(keys: list[Conjunct], shape: KeyShape) -> Bounds:
    if not keys:
        return everything(shape)
    text = joined(one.condition for one in keys)
    expressions = expressions_of(text)
    tree = expressions.key_condition(text.text)
    return bounds_of(tests_of(tree, Names(expressions.names), expressions.values), shape)


# -- one item


def key_of(schema: Schema, where: list[Conjunct], what: str) -> tuple[Item, list[Conjunct]]:
    """The key that a condition names in full, and the other conditions. Raises `ValidationException`."""
    key: Item = {}
    rest: list[Conjunct] = []
    for one in where:
        is_key = one.attribute in schema.key.names and one.operator == "=" and one.attribute not in key
        if is_key and one.value is not None:
            key[one.attribute] = one.value
        else:
            rest.append(one)
    if len(key) < len(schema.key.names):
        raise invalid(what)
    schema.key.check_key(key)
    return key, rest


_WHOLE_KEY = "Where clause does not contain a mandatory equality on all key attributes"


def write(schema: Schema, statement: Insert | Update | Delete | Exists, on_failure: str = "NONE") -> Step:
    """The one write that a statement is, as a transaction has it. Raises `ValidationException`."""
    name = schema.key.hash_name
    if isinstance(statement, Insert):
        missing = Text("attribute_not_exists(#h)", {"#h": name}, {})
        return _step(statement.table, "put", {"item": statement.item}, missing, None, on_failure)
    if isinstance(statement, Exists):
        key, rest = key_of(schema, statement.select.where, _WHOLE_KEY)
        if not rest:
            raise invalid("EXISTS needs a condition besides the key")
        return _step(statement.select.table, "condition_check", {"key": key}, _all(rest), None, on_failure)
    key, rest = key_of(schema, statement.where, _WHOLE_KEY)
    if isinstance(statement, Delete):
        return _step(statement.table, "delete", {"key": key}, _all(rest), None, on_failure)
    present = Text("attribute_exists(#h)", {"#h": name}, {})
    condition = joined([present, *(one.condition for one in rest)])
    return _step(statement.table, "update", {"key": key}, condition, statement.change, on_failure)


def _all(conjuncts: list[Conjunct]) -> Text | None:
    return joined(one.condition for one in conjuncts) if conjuncts else None


def _step(
    table: str, kind: str, given: dict[str, Any], condition: Text | None, change: Text | None, on_failure: str
) -> Step:
    wanted: dict[str, Any] = {
        "table_name": table,
        **given,
        "return_values_on_condition_check_failure": on_failure,
    }
    names = {**(condition.names if condition else {}), **(change.names if change else {})}
    values = {**(condition.values if condition else {}), **(change.values if change else {})}
    if names:
        wanted["expression_attribute_names"] = names
    if values:
        wanted["expression_attribute_values"] = values
    if condition is not None:
        wanted["condition_expression"] = condition.text
    if change is not None:
        wanted["update_expression"] = change.text
    return step_of({kind: wanted})


def check_parameters(parameters: Iterable[Any]) -> list[Any]:
    """Parameters are attribute values, which are checked once. Raises `ValidationException`."""
    found = list(parameters)
    for value in found:
        check_value(value)
    return found
