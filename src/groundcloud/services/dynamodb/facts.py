"""DynamoDB's condition keys, worked out when a policy asks.

Source: "Using IAM policy conditions for fine-grained access control" in the developer guide. LeadingKeys are the
partition keys that a call touches, Attributes the top-level attributes that it names.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.services.dynamodb.expressions.grammar import OPERANDS, UPDATES, Grammar
from groundcloud.services.dynamodb.expressions.paths import Names
from groundcloud.services.dynamodb.expressions.syntax import Path, operands, within
from groundcloud.services.dynamodb.schema import find_schema, named, plane


def _schema(ctx: Context, table_name: str) -> Any:
    with plane(ctx).snapshot() as tx:
        return find_schema(tx, *named(ctx, table_name))


def leading(ctx: Context, table_name: str, keys: Iterable[Mapping[str, Any]]) -> list[str] | None:
    """The partition keys of items or keys."""
    schema = _schema(ctx, table_name)
    if schema is None:
        return None
    return [text for key in keys for text in _texts(key.get(schema.key.hash_name))]


def _texts(value: Any) -> list[str]:
    return [inner for inner in value.values() if isinstance(inner, str)] if isinstance(value, dict) else []


def key_of(ctx: Context, table_name: str, key: Any) -> list[str] | None:
    return leading(ctx, table_name, [key])


def item_key(ctx: Context, table_name: str, item: Any) -> list[str] | None:
    return leading(ctx, table_name, [item])


def tops(text: str | None, names: Mapping[str, str] | None, form: str) -> list[str]:
    """The top-level attributes that an expression names; none for one that is wrong, which is refused later."""
    if not text:
        return []
    try:
        grammar = Grammar(text, "", UPDATES if form == "update" else OPERANDS)
        if form == "projection":
            paths: list[Path] = grammar.projection()
        elif form == "update":
            changes = grammar.update()
            paths = [change.path for change in changes]
            inner = [one for change in changes if change.operand for one in within(change.operand)]
            paths += [one for one in inner if isinstance(one, Path)]
        else:
            paths = [one for one in operands(grammar.condition()) if isinstance(one, Path)]
        known = Names(names or {})
        return [str(known.steps(path, "")[0]) for path in paths]
    except AwsError:
        return []


def attributes_of_get(
    ctx: Context, key: Any, attributes_to_get: Any, projection_expression: Any, expression_attribute_names: Any
) -> list[str]:
    return [*key, *(attributes_to_get or ()), *tops(projection_expression, expression_attribute_names, "projection")]


def select_of_get(ctx: Context, attributes_to_get: Any, projection_expression: Any) -> str:
    return "SPECIFIC_ATTRIBUTES" if attributes_to_get or projection_expression else "ALL_ATTRIBUTES"


def attributes_of_put(
    ctx: Context, item: Any, expected: Any, condition_expression: Any, expression_attribute_names: Any
) -> list[str]:
    return [*item, *(expected or ()), *tops(condition_expression, expression_attribute_names, "condition")]


def attributes_of_delete(
    ctx: Context, key: Any, expected: Any, condition_expression: Any, expression_attribute_names: Any
) -> list[str]:
    return [*key, *(expected or ()), *tops(condition_expression, expression_attribute_names, "condition")]


def attributes_of_update(
    ctx: Context,
    key: Any,
    attribute_updates: Any,
    expected: Any,
    update_expression: Any,
    condition_expression: Any,
    expression_attribute_names: Any,
) -> list[str]:
    return [
        *key,
        *(attribute_updates or ()),
        *(expected or ()),
        *tops(update_expression, expression_attribute_names, "update"),
        *tops(condition_expression, expression_attribute_names, "condition"),
    ]


def key_of_query(
    ctx: Context,
    table_name: str,
    index_name: str,
    key_conditions: Any,
    key_condition_expression: Any,
    expression_attribute_names: Any,
    expression_attribute_values: Any,
) -> list[str] | None:
    from groundcloud.services.dynamodb.key_conditions import tests_of

    schema = _schema(ctx, table_name)
    if schema is None:
        return None
    shape = schema.by_name[index_name].key if index_name in schema.by_name else schema.key
    if key_conditions:
        listed = key_conditions.get(shape.hash_name, {}).get("attribute_value_list") or []
        return [text for value in listed for text in _texts(value)]
    try:
        tree = Grammar(key_condition_expression or "", "", OPERANDS).condition()
        found = tests_of(tree, Names(expression_attribute_names or {}), expression_attribute_values or {})
    except (AwsError, KeyError):
        return []
    return [text for test in found if test.name == shape.hash_name for text in _texts(test.values[0])]


def attributes_of_query(
    ctx: Context,
    attributes_to_get: Any,
    projection_expression: Any,
    filter_expression: Any,
    key_condition_expression: Any,
    key_conditions: Any,
    query_filter: Any,
    expression_attribute_names: Any,
) -> list[str]:
    return [
        *(attributes_to_get or ()),
        *(key_conditions or ()),
        *(query_filter or ()),
        *tops(projection_expression, expression_attribute_names, "projection"),
        *tops(filter_expression, expression_attribute_names, "condition"),
        *tops(key_condition_expression, expression_attribute_names, "condition"),
    ]


def attributes_of_scan(
    ctx: Context,
    attributes_to_get: Any,
    projection_expression: Any,
    filter_expression: Any,
    scan_filter: Any,
    expression_attribute_names: Any,
) -> list[str]:
    return [
        *(attributes_to_get or ()),
        *(scan_filter or ()),
        *tops(projection_expression, expression_attribute_names, "projection"),
        *tops(filter_expression, expression_attribute_names, "condition"),
    ]


def full_scan(ctx: Context) -> bool:
    return True
