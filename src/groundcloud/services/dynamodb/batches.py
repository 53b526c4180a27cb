"""BatchGetItem and BatchWriteItem."""

from collections.abc import Iterator
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.dynamodb import capacity, facts, items
from groundcloud.services.dynamodb.errors import Throttled, invalid
from groundcloud.services.dynamodb.expressions.paths import Steps
from groundcloud.services.dynamodb.expressions.placeholders import Expressions
from groundcloud.services.dynamodb.requests import Document, attributes_to_get, check_apart, projected
from groundcloud.services.dynamodb.schema import Schema, plane, resource, schema_of
from groundcloud.services.dynamodb.values import check_item
from groundcloud.services.dynamodb.writing import Write, Written, collection_metrics, perform, place_of, written_units
from groundcloud.store import Transaction

MOST_READ, MOST_WRITTEN = 100, 25
LARGEST_ANSWER = 16 * 1024 * 1024


def _with_facts(ctx: Context, table_name: str, keys: list[Any], attributes: list[str]) -> Resource:
    found = resource(ctx, table_name)
    known: dict[str, Any] = {"dynamodb:attributes": attributes}
    if (leading := facts.leading(ctx, table_name, keys)) is not None:
        known["dynamodb:leadingkeys"] = leading
    return found._replace(facts=known)


def _to_read(ctx: Context, request_items: Any) -> list[Resource]:
    found = []
    for name, wanted in request_items.items():
        keys = wanted.get("keys", [])
        named = [
            *(attribute for key in keys for attribute in key),
            *(wanted.get("attributes_to_get") or ()),
            *facts.tops(wanted.get("projection_expression"), wanted.get("expression_attribute_names"), "projection"),
        ]
        found.append(_with_facts(ctx, name, keys, named))
    return found


@operation(
    on=_to_read,
    read=True,
    data_event=True,
    conditions={"dynamodb:ReturnConsumedCapacity": "return_consumed_capacity"},
)
def batch_get_item(ctx: Context, request_items: Any, return_consumed_capacity: str = "NONE") -> object:
    if sum(len(wanted["keys"]) for wanted in request_items.values()) > MOST_READ:
        raise invalid("Too many items requested for the BatchGetItem call")
    responses: dict[str, list[Any]] = {}
    unprocessed: dict[str, Any] = {}
    consumed = []
    room = LARGEST_ANSWER
    throttled: list[Throttled] = []
    with plane(ctx).snapshot() as tx:
        for name, wanted in request_items.items():
            schema = schema_of(ctx, tx, name)
            paths = _paths(wanted)
            consistent = wanted.get("consistent_read", False)
            found, left, units = [], [], 0.0
            places = _places(schema, wanted["keys"])
            for key, place in zip(wanted["keys"], places, strict=True):
                if not _is_admitted(schema, throttled):
                    left.append(key)
                    continue
                one = items.get(tx, schema, place)
                if room <= 0 or (one is not None and one.size > room):
                    room = 0
                    left.append(key)
                    continue
                taken = capacity.read_units(one.size if one is not None else 0, consistent)
                units += taken
                if schema.meter is not None:
                    schema.meter.charge("Read", taken)
                if one is not None:
                    room -= one.size
                    found.append(projected(one, paths))
            responses[name] = found
            if left:
                unprocessed[name] = {**wanted, "keys": left}
            consumed.append(capacity.shown(schema, return_consumed_capacity, units))
    if throttled and len(throttled) == sum(len(wanted["keys"]) for wanted in request_items.values()):
        raise throttled[0]
    answer: Document = {"responses": responses, "unprocessed_keys": unprocessed}
    if return_consumed_capacity != "NONE":
        answer["consumed_capacity"] = consumed
    return answer


def _is_admitted(schema: Schema, throttled: list[Throttled]) -> bool:
    """Whether there is capacity for one more read; what refuses it is noted."""
    try:
        if schema.meter is not None:
            schema.meter.admit("Read")
    except Throttled as error:
        throttled.append(error)
        return False
    return True


def _places(schema: Schema, keys: list[Any]) -> list[bytes]:
    places = []
    for key in keys:
        schema.key.check_key(key)
        places.append(schema.key.of(key))
    if len(set(places)) < len(places):
        raise invalid("Provided list of item keys contains duplicates")
    return places


def _paths(wanted: Any) -> tuple[Steps, ...] | None:
    names, projection = wanted.get("attributes_to_get"), wanted.get("projection_expression")
    placeholders = wanted.get("expression_attribute_names")
    check_apart({"AttributesToGet": names}, {"ProjectionExpression": projection})
    expressions = Expressions(placeholders, None, "" if projection is not None else "ProjectionExpression is null")
    paths = None
    if projection is not None:
        paths = expressions.projection(projection)
    elif names:
        paths = attributes_to_get(names)
    expressions.finish()
    return paths


# -- writing


def _to_write(ctx: Context, request_items: Any) -> list[Resource]:
    found = []
    for name, wanted in request_items.items():
        touched = [_touched(one) for one in wanted]
        found.append(_with_facts(ctx, name, touched, [attribute for item in touched for attribute in item]))
    return found


def _touched(request: Any) -> Any:
    """The item that a request puts, or the key that it deletes."""
    if "put_request" in request:
        return request["put_request"].get("item", {})
    return request.get("delete_request", {}).get("key", {})


@operation(
    on=_to_write,
    data_event=True,
    conditions={"dynamodb:ReturnConsumedCapacity": "return_consumed_capacity"},
)
async def batch_write_item(
    ctx: Context,
    request_items: Any,
    return_consumed_capacity: str = "NONE",
    return_item_collection_metrics: str = "NONE",
) -> object:
    writes = {name: list(_writes(requests)) for name, requests in request_items.items()}
    if sum(map(len, writes.values())) > MOST_WRITTEN:
        raise invalid("Too many items requested for the BatchWriteItem call")
    now = ctx.world.clock()

    def work(tx: Transaction) -> Document:
        consumed: list[Any] = []
        metrics: dict[str, Any] = {}
        throttled: list[Throttled] = []
        unprocessed: dict[str, Any] = {}
        schemas = {name: schema_of(ctx, tx, name) for name in writes}
        for name, wanted in writes.items():
            schema = schemas[name]
            places = {place_of(schema, one) for one in wanted}
            if len(places) < len(wanted):
                raise invalid("Provided list of item keys contains duplicates")
            look = return_consumed_capacity != "NONE"
            done = []
            for one, request in zip(wanted, request_items[name], strict=True):
                try:
                    done.append(perform(tx, schema, one, look, now))
                except Throttled as error:
                    throttled.append(error)
                    unprocessed.setdefault(name, []).append(request)
            if look:
                consumed.append(total_units(schema, done, return_consumed_capacity))
            if return_item_collection_metrics != "NONE":
                found = [
                    collection_metrics(tx, schema, one.item or one.key or {}, return_item_collection_metrics)
                    for one in wanted
                ]
                metrics[name] = [one for one in found if one is not None]
        if throttled and len(throttled) == sum(map(len, writes.values())):
            raise throttled[0]
        answer: Document = {"unprocessed_items": unprocessed}
        if consumed:
            answer["consumed_capacity"] = consumed
        if any(metrics.values()):
            answer["item_collection_metrics"] = metrics
        return answer

    return await plane(ctx).submit(work)


def _writes(requests: Any) -> Iterator[Write]:
    for request in requests:
        put, delete = request.get("put_request"), request.get("delete_request")
        if (put is None) is (delete is None):
            raise invalid(
                "Supplied AttributeValue has more than one datatypes set, "
                "must contain exactly one of the supported datatypes"
                if put is not None
                else "Supplied WriteRequest is empty, must contain exactly one of PutRequest or DeleteRequest"
            )
        if put is not None:
            yield Write(item=put["item"], size=check_item(put["item"]))
        else:
            yield Write(key=delete["key"])


def total_units(schema: Schema, done: list[Written], wanted: str, factor: float = 1.0) -> Document | None:
    """The consumed capacity of several writes to one table."""
    units = 0.0
    indexes: dict[str, float] = {}
    for written in done:
        one = written_units(schema, written, "INDEXES")
        assert one is not None
        units += one["table"]["capacity_units"]
        for member in ("local_secondary_indexes", "global_secondary_indexes"):
            for name, part in one.get(member, {}).items():
                indexes[name] = indexes.get(name, 0.0) + part["capacity_units"] * factor
    return capacity.shown(schema, wanted, units * factor, indexes)
