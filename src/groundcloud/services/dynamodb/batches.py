"""BatchGetItem and BatchWriteItem."""

from collections.abc import Iterator
from datetime import datetime
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
    reads = _Reads()
    with plane(ctx).snapshot() as tx:
        for name, wanted in request_items.items():
            schema = schema_of(ctx, tx, name)
            responses[name], left, units = reads.read(tx, schema, wanted)
            if left:
                unprocessed[name] = {**wanted, "keys": left}
            consumed.append(capacity.shown(schema, return_consumed_capacity, units))
    _check_some(reads.throttled, sum(len(wanted["keys"]) for wanted in request_items.values()))
    answer: Document = {"responses": responses, "unprocessed_keys": unprocessed}
    if return_consumed_capacity != "NONE":
        answer["consumed_capacity"] = consumed
    return answer


class _Reads:
    """Reads of one call, until the answer is full."""

    def __init__(self) -> None:
        self.room = LARGEST_ANSWER
        self.throttled: list[Throttled] = []

    def read(self, tx: Transaction, schema: Schema, wanted: Any) -> tuple[list[Any], list[Any], float]:
        """Items of one table, keys that are left for another call, and the units that this took."""
        paths = _paths(wanted)
        consistent = wanted.get("consistent_read", False)
        found, left, units = [], [], 0.0
        for key, place in zip(wanted["keys"], _places(schema, wanted["keys"]), strict=True):
            if not _is_admitted(schema, self.throttled):
                left.append(key)
                continue
            one = items.get(tx, schema, place)
            if self.room <= 0 or (one is not None and one.size > self.room):
                self.room = 0
                left.append(key)
                continue
            taken = capacity.read_units(one.size if one is not None else 0, consistent)
            units += taken
            if schema.meter is not None:
                schema.meter.charge("Read", taken)
            if one is not None:
                self.room -= one.size
                found.append(projected(one, paths))
        return found, left, units


def _check_some(throttled: list[Throttled], asked: int) -> None:
    """Raises what throttled a call of which nothing was done."""
    if throttled and len(throttled) == asked:
        raise throttled[0]


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
    shown = return_item_collection_metrics

    def work(tx: Transaction) -> Document:
        consumed: list[Any] = []
        metrics: dict[str, Any] = {}
        throttled: list[Throttled] = []
        unprocessed: dict[str, Any] = {}
        schemas = {name: schema_of(ctx, tx, name) for name in writes}
        look = return_consumed_capacity != "NONE"
        for name, wanted in writes.items():
            schema = schemas[name]
            done, left = _perform_all(tx, schema, wanted, look, now, throttled)
            if left:
                unprocessed[name] = [request_items[name][at] for at in left]
            if look:
                consumed.append(total_units(schema, done, return_consumed_capacity))
            touched = [collection_metrics(tx, schema, one.item or one.key or {}, shown) for one in wanted]
            if found := [one for one in touched if one is not None]:
                metrics[name] = found
        _check_some(throttled, sum(map(len, writes.values())))
        return {
            "unprocessed_items": unprocessed,
            "consumed_capacity": consumed or None,
            "item_collection_metrics": metrics or None,
        }

    return await plane(ctx).submit(work)


def _perform_all(
    tx: Transaction, schema: Schema, wanted: list[Write], look: bool, now: datetime, throttled: list[Throttled]
) -> tuple[list[Written], list[int]]:
    """Writes to one table, and the places in the list of those that it had no capacity for. Raises
    `ValidationException`."""
    if len({place_of(schema, one) for one in wanted}) < len(wanted):
        raise invalid("Provided list of item keys contains duplicates")
    done: list[Written] = []
    left: list[int] = []
    for at, one in enumerate(wanted):
        try:
            done.append(perform(tx, schema, one, look, now))
        except Throttled as error:
            throttled.append(error)
            left.append(at)
    return done, left


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
