"""Writing single items: PutItem, UpdateItem, DeleteItem."""

from collections.abc import Callable
from typing import Any, NamedTuple

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.dynamodb import facts
from groundcloud.services.dynamodb.errors import invalid
from groundcloud.services.dynamodb.expressions.conditional import attribute_updates as updates_of
from groundcloud.services.dynamodb.expressions.paths import Steps
from groundcloud.services.dynamodb.expressions.placeholders import Expressions
from groundcloud.services.dynamodb.reads import on_table
from groundcloud.services.dynamodb.requests import Document, Holds, check_apart, condition_of
from groundcloud.services.dynamodb.schema import plane, schema_of
from groundcloud.services.dynamodb.values import Item, check_item
from groundcloud.services.dynamodb.writing import (
    Write,
    Written,
    changed_attributes,
    collection_metrics,
    perform,
    written_units,
)
from groundcloud.store import Transaction

_REPORTED: dict[str, Any] = {
    "dynamodb:ReturnConsumedCapacity": "return_consumed_capacity",
    "dynamodb:ReturnValues": "return_values",
}


class _Condition(NamedTuple):
    """The condition of a put or delete, as the request has it, in its older and in its newer form."""

    expected: Any
    operator: str
    text: Any
    names: Any
    values: Any

    def compiled(self) -> Holds | None:
        """Raises `ValidationException`."""
        if self == _UNCONDITIONAL:
            return None
        check_apart(
            {"Expected": self.expected, "ConditionalOperator": self.operator}, {"ConditionExpression": self.text}
        )
        without = "" if self.text is not None else "ConditionExpression is null"
        expressions = Expressions(self.names, self.values, without)
        condition = condition_of(expressions, self.text, self.expected, self.operator)
        expressions.finish()
        return condition


_UNCONDITIONAL = _Condition(None, "", None, None, None)


class _Reply(NamedTuple):
    """What the answer shall have: ReturnValues, ReturnConsumedCapacity, ReturnItemCollectionMetrics."""

    values: str
    capacity: str
    metrics: str

    def of_old(self) -> "_Reply":
        """For those that leave nothing new to show. Raises `ValidationException`."""
        if self.values not in ("NONE", "ALL_OLD"):
            raise invalid("ReturnValues can only be ALL_OLD or NONE")
        return self


@operation(
    on=on_table,
    data_event=True,
    conditions={"dynamodb:LeadingKeys": facts.item_key, "dynamodb:Attributes": facts.attributes_of_put, **_REPORTED},
)
async def put_item(
    ctx: Context,
    table_name: str,
    item: Any,
    expected: Any = None,
    return_values: str = "NONE",
    return_consumed_capacity: str = "NONE",
    return_item_collection_metrics: str = "NONE",
    conditional_operator: str = "",
    condition_expression: Any = None,
    expression_attribute_names: Any = None,
    expression_attribute_values: Any = None,
    return_values_on_condition_check_failure: str = "NONE",
) -> object:
    reply = _Reply(return_values, return_consumed_capacity, return_item_collection_metrics).of_old()
    size = check_item(item)
    condition = _Condition(
        expected, conditional_operator, condition_expression, expression_attribute_names, expression_attribute_values
    )
    wanted = Write(item=item, size=size, return_old_on_failure=return_values_on_condition_check_failure)
    return await _write(ctx, table_name, wanted._replace(condition=condition.compiled()), reply)


@operation(
    on=on_table,
    data_event=True,
    conditions={"dynamodb:LeadingKeys": facts.key_of, "dynamodb:Attributes": facts.attributes_of_delete, **_REPORTED},
)
async def delete_item(
    ctx: Context,
    table_name: str,
    key: Any,
    expected: Any = None,
    conditional_operator: str = "",
    return_values: str = "NONE",
    return_consumed_capacity: str = "NONE",
    return_item_collection_metrics: str = "NONE",
    condition_expression: Any = None,
    expression_attribute_names: Any = None,
    expression_attribute_values: Any = None,
    return_values_on_condition_check_failure: str = "NONE",
) -> object:
    reply = _Reply(return_values, return_consumed_capacity, return_item_collection_metrics).of_old()
    condition = _Condition(
        expected, conditional_operator, condition_expression, expression_attribute_names, expression_attribute_values
    )
    wanted = Write(key=key, return_old_on_failure=return_values_on_condition_check_failure)
    return await _write(ctx, table_name, wanted._replace(condition=condition.compiled()), reply)


@operation(
    on=on_table,
    data_event=True,
    conditions={"dynamodb:LeadingKeys": facts.key_of, "dynamodb:Attributes": facts.attributes_of_update, **_REPORTED},
)
async def update_item(
    ctx: Context,
    table_name: str,
    key: Any,
    attribute_updates: Any = None,
    expected: Any = None,
    conditional_operator: str = "",
    return_values: str = "NONE",
    return_consumed_capacity: str = "NONE",
    return_item_collection_metrics: str = "NONE",
    update_expression: Any = None,
    condition_expression: Any = None,
    expression_attribute_names: Any = None,
    expression_attribute_values: Any = None,
    return_values_on_condition_check_failure: str = "NONE",
) -> object:
    check_apart(
        {"AttributeUpdates": attribute_updates, "Expected": expected, "ConditionalOperator": conditional_operator},
        {"UpdateExpression": update_expression, "ConditionExpression": condition_expression},
    )
    some = update_expression is not None or condition_expression is not None
    expressions = Expressions(
        expression_attribute_names,
        expression_attribute_values,
        "" if some else "UpdateExpression and ConditionExpression are null",
    )
    change, paths = change_of(expressions, update_expression, attribute_updates)
    condition = condition_of(expressions, condition_expression, expected, conditional_operator)
    expressions.finish()
    wanted = Write(
        key=key,
        change=change,
        condition=condition,
        return_old_on_failure=return_values_on_condition_check_failure,
    )
    reply = _Reply(return_values, return_consumed_capacity, return_item_collection_metrics)
    return await _write(ctx, table_name, wanted, reply, paths)


def change_of(expressions: Expressions, text: str | None, updates: Any) -> tuple[Callable[[Item], Item], list[Steps]]:
    """An update as a function, and the paths that it names."""
    if text is not None:
        compiled = expressions.update(text)
        values = expressions.values
        return lambda old: compiled.apply(old, values), [action.steps for action in compiled.actions]
    if updates:
        return updates_of(updates), [(name,) for name in updates]
    return dict, []


async def _write(
    ctx: Context, table_name: str, wanted: Write, reply: _Reply, paths: list[Steps] | None = None
) -> Document:
    """The write in a transaction of its own, and the answer."""
    return_values, capacity, metrics = reply
    look = return_values != "NONE" or capacity != "NONE"
    now = ctx.world.clock()

    def work(tx: Transaction) -> Document:
        schema = schema_of(ctx, tx, table_name)
        written = perform(tx, schema, wanted, look, now)
        answer: Document = {}
        if return_values != "NONE":
            answer["attributes"] = _returned(written, return_values, paths)
        if capacity != "NONE":
            answer["consumed_capacity"] = written_units(schema, written, capacity)
        if metrics != "NONE":
            item = wanted.item or wanted.key
            assert item is not None
            answer["item_collection_metrics"] = collection_metrics(tx, schema, item, metrics)
        return answer

    return await plane(ctx).submit(work)


def _returned(written: Written, wanted: str, paths: list[Steps] | None) -> Item | None:
    if wanted == "ALL_OLD":
        return written.old
    if wanted == "ALL_NEW":
        return written.new
    return changed_attributes(written.old, written.new, paths, wanted) or None
