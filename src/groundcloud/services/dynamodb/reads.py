"""Reading single items: GetItem, BatchGetItem, TransactGetItems."""

from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.dynamodb import capacity, facts, items
from groundcloud.services.dynamodb.expressions.placeholders import Expressions
from groundcloud.services.dynamodb.requests import Document, attributes_to_get, check_apart, projected
from groundcloud.services.dynamodb.schema import plane, resource, schema_of

_attributes_to_get = attributes_to_get


def on_table(ctx: Context, table_name: str) -> Resource:
    return resource(ctx, table_name)


@operation(
    on=on_table,
    read=True,
    data_event=True,
    conditions={
        "dynamodb:LeadingKeys": facts.key_of,
        "dynamodb:Attributes": facts.attributes_of_get,
        "dynamodb:Select": facts.select_of_get,
        "dynamodb:ReturnConsumedCapacity": "return_consumed_capacity",
    },
)
def get_item(
    ctx: Context,
    table_name: str,
    key: Any,
    attributes_to_get: Any = None,
    consistent_read: bool = False,
    return_consumed_capacity: str = "NONE",
    projection_expression: Any = None,
    expression_attribute_names: Any = None,
) -> object:
    paths = None
    if projection_expression is not None or expression_attribute_names is not None:
        check_apart({"AttributesToGet": attributes_to_get}, {"ProjectionExpression": projection_expression})
        without = "" if projection_expression is not None else "ProjectionExpression is null"
        expressions = Expressions(expression_attribute_names, None, without)
        paths = expressions.projection(projection_expression)
        expressions.finish()
    elif attributes_to_get:
        paths = _attributes_to_get(attributes_to_get)
    with plane(ctx).snapshot() as tx:
        schema = schema_of(ctx, tx, table_name)
        schema.key.check_key(key)
        if schema.meter is not None:
            schema.meter.admit("Read")
        found = items.get(tx, schema, schema.key.of(key))
    answer: Document = {}
    if found is not None:
        answer["item"] = projected(found, paths)
    if return_consumed_capacity != "NONE" or schema.meter is not None:
        units = capacity.read_units(found.size if found is not None else 0, consistent_read)
        if schema.meter is not None:
            schema.meter.charge("Read", units)
        answer["consumed_capacity"] = capacity.shown(schema, return_consumed_capacity, units)
    return answer
