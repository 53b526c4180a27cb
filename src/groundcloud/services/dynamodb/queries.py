"""Query and Scan."""

from collections.abc import Callable
from typing import Any, NamedTuple

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.dynamodb import capacity, facts
from groundcloud.services.dynamodb.errors import invalid
from groundcloud.services.dynamodb.expressions.conditional import Comparison, comparisons, together
from groundcloud.services.dynamodb.expressions.paths import Names, Steps
from groundcloud.services.dynamodb.expressions.placeholders import BoundCondition, Expressions
from groundcloud.services.dynamodb.key_conditions import Bounds, bounds_of, tests_of
from groundcloud.services.dynamodb.keys import KeyShape
from groundcloud.services.dynamodb.paging import Read, Wanted, everything, read, start_place
from groundcloud.services.dynamodb.requests import Document, Holds, check_apart
from groundcloud.services.dynamodb.schema import IndexShape, Schema, plane, resource, schema_of
from groundcloud.services.dynamodb.selections import Selection, check_consistent, needs_table, selection

_REPORTED: dict[str, Any] = {
    "dynamodb:ReturnConsumedCapacity": "return_consumed_capacity",
    "dynamodb:Select": "select",
}


def _on_table_or_index(ctx: Context, table_name: str, index_name: str) -> Resource:
    return resource(ctx, table_name, f"/index/{index_name}" if index_name else "")


_NEITHER = "FilterExpression and KeyConditionExpression are null"


class Filter(NamedTuple):
    """What leaves items out, and the attributes that it looks at."""

    holds: Holds | None
    paths: tuple[Steps, ...] = ()


@operation(
    on=_on_table_or_index,
    read=True,
    data_event=True,
    conditions={
        "dynamodb:LeadingKeys": facts.key_of_query,
        "dynamodb:Attributes": facts.attributes_of_query,
        **_REPORTED,
    },
)
def query(
    ctx: Context,
    table_name: str,
    index_name: str = "",
    select: str = "",
    attributes_to_get: Any = None,
    limit: int | None = None,
    consistent_read: bool = False,
    key_conditions: Any = None,
    query_filter: Any = None,
    conditional_operator: str = "",
    scan_index_forward: bool = True,
    exclusive_start_key: Any = None,
    return_consumed_capacity: str = "NONE",
    projection_expression: Any = None,
    filter_expression: Any = None,
    key_condition_expression: Any = None,
    expression_attribute_names: Any = None,
    expression_attribute_values: Any = None,
) -> object:
    check_apart(
        {"AttributesToGet": attributes_to_get, "QueryFilter": query_filter,
         "ConditionalOperator": conditional_operator, "KeyConditions": key_conditions},
        {"ProjectionExpression": projection_expression, "FilterExpression": filter_expression,
         "KeyConditionExpression": key_condition_expression},
    )  # fmt: skip
    some = not (filter_expression is None and key_condition_expression is None and projection_expression is None)
    expressions = Expressions(expression_attribute_names, expression_attribute_values, "" if some else _NEITHER)
    keys = _key_tests(expressions, key_condition_expression, key_conditions)
    kept = _filter(expressions, filter_expression, query_filter, conditional_operator)
    chosen = selection(select, attributes_to_get, projection_expression, expressions, bool(index_name))
    expressions.finish()

    def bounds(shape: KeyShape) -> Bounds:
        found = bounds_of(keys, shape)
        _check_filter(kept, shape.names, "Query" if query_filter else "")
        return found

    asked = _Asked(table_name, index_name, consistent_read, return_consumed_capacity, limit, exclusive_start_key)
    return _page(ctx, asked, kept, chosen, bounds, scan_index_forward)


def _key_tests(expressions: Expressions, text: str | None, conditions: Any) -> list[Comparison]:
    if text is not None:
        return tests_of(expressions.key_condition(text), Names(expressions.names), expressions.values)
    if not conditions:
        raise invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
    if len(conditions) > 2:
        raise invalid("Conditions can be of length 1 or 2 only")
    return comparisons(conditions)


def _filter(expressions: Expressions, text: str | None, conditions: Any, operator: str) -> Filter:
    if text is not None:
        condition: BoundCondition = expressions.condition(text, "FilterExpression")
        return Filter(condition, condition.paths)
    if conditions:
        found = comparisons(conditions)
        return Filter(together(found, operator), tuple((test.name,) for test in found))
    if operator:
        raise invalid("ConditionalOperator can only be used when Filter or KeyConditions has two or more elements")
    return Filter(None)


def _check_filter(kept: Filter, names: tuple[str, ...], older: str) -> None:
    """A query's filter looks at no key attribute: the key condition is for that."""
    for steps in kept.paths:
        if steps[0] in names:
            what = "QueryFilter" if older else "Filter Expression"
            raise invalid(f"{what} can only contain non-primary key attributes: Primary key attribute: {steps[0]}")


class _Asked(NamedTuple):
    """What a query and a scan have in common."""

    table_name: str
    index_name: str
    consistent: bool
    capacity: str
    limit: int | None
    start: Any


def _page(
    ctx: Context, asked: _Asked, kept: Filter, chosen: Selection, bounds_in: Callable[[KeyShape], Bounds],
    forward: bool | None = None,
) -> Document:  # fmt: skip
    """One page of a range of a table or an index. `forward` is a query's; a scan has none and reads forward."""
    with plane(ctx).snapshot() as tx:
        schema = schema_of(ctx, tx, asked.table_name)
        index = schema.index(asked.index_name) if asked.index_name else None
        check_consistent(index, asked.consistent)
        if schema.meter is not None:
            schema.meter.admit("Read", None if index is None else index.index)
        bounds = bounds_in(schema.key if index is None else index.key)
        wanted = Wanted(
            bounds, forward is not False, asked.limit, asked.start, kept.holds, chosen.paths, chosen.count_only,
            needs_table(index, chosen, kept.paths),
        )  # fmt: skip
        after = start_place(schema, index, asked.start, bounds, forward is None) if asked.start else None
        found = read(tx, schema, index, wanted, after)
    return _answer(schema, index, found, wanted, asked.capacity, asked.consistent)


def _answer(
    schema: Schema, index: IndexShape | None, found: Read, wanted: Wanted, capacity_wanted: str, consistent: bool
) -> Document:
    answer: Document = {"count": found.matched, "scanned_count": found.scanned}
    if not wanted.count_only:
        answer["items"] = found.shown
    if found.last is not None:
        answer["last_evaluated_key"] = found.last
    if capacity_wanted != "NONE" or schema.meter is not None:
        units = capacity.read_units(found.size, consistent)
        if schema.meter is not None:
            schema.meter.charge("Read", units, None if index is None else index.index)
        if index is None:
            answer["consumed_capacity"] = capacity.shown(schema, capacity_wanted, units)
        else:
            fetched = capacity.read_units(found.fetched, consistent) if found.fetched else 0.0
            answer["consumed_capacity"] = capacity.shown(schema, capacity_wanted, fetched, {index.name: units})
    return answer


@operation(
    on=_on_table_or_index,
    read=True,
    data_event=True,
    conditions={
        "dynamodb:Attributes": facts.attributes_of_scan,
        "dynamodb:FullTableScan": facts.full_scan,
        **_REPORTED,
    },
)
def scan(
    ctx: Context,
    table_name: str,
    index_name: str = "",
    attributes_to_get: Any = None,
    limit: int | None = None,
    select: str = "",
    scan_filter: Any = None,
    conditional_operator: str = "",
    exclusive_start_key: Any = None,
    return_consumed_capacity: str = "NONE",
    total_segments: int | None = None,
    segment: int | None = None,
    projection_expression: Any = None,
    filter_expression: Any = None,
    expression_attribute_names: Any = None,
    expression_attribute_values: Any = None,
    consistent_read: bool = False,
) -> object:
    check_apart(
        {"AttributesToGet": attributes_to_get, "ScanFilter": scan_filter, "ConditionalOperator": conditional_operator},
        {"ProjectionExpression": projection_expression, "FilterExpression": filter_expression},
    )
    _check_segment(segment, total_segments)
    some = not (filter_expression is None and projection_expression is None)
    expressions = Expressions(
        expression_attribute_names, expression_attribute_values, "" if some else "FilterExpression is null"
    )
    kept = _filter(expressions, filter_expression, scan_filter, conditional_operator)
    chosen = selection(select, attributes_to_get, projection_expression, expressions, bool(index_name))
    expressions.finish()

    def bounds(shape: KeyShape) -> Bounds:
        if total_segments is None or segment is None:
            return everything(shape)
        return Bounds(*shape.segment(segment, total_segments))

    asked = _Asked(table_name, index_name, consistent_read, return_consumed_capacity, limit, exclusive_start_key)
    return _page(ctx, asked, kept, chosen, bounds)


def _check_segment(segment: int | None, total: int | None) -> None:
    if total is not None and segment is None:
        raise invalid("The Segment parameter is required but was not present in the request when parameter "
                      "TotalSegments is present")  # fmt: skip
    if segment is not None and total is None:
        raise invalid("The TotalSegments parameter is required but was not present in the request when Segment "
                      "parameter is present")  # fmt: skip
    if segment is not None and total is not None and segment >= total:
        raise invalid(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            f"Segment: {segment} is not less than TotalSegments: {total}"
        )
