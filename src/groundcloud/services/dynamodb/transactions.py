"""TransactGetItems and TransactWriteItems: all of it or nothing, and done once for one token.

Source: "DynamoDB transactions: How it works" in the developer guide; a token holds for ten minutes.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.dynamodb import capacity, errors, facts, items
from groundcloud.services.dynamodb.batches import total_units
from groundcloud.services.dynamodb.errors import ConditionalCheckFailed, Throttled, ValidationException, invalid
from groundcloud.services.dynamodb.expressions.paths import Steps
from groundcloud.services.dynamodb.expressions.placeholders import Expressions
from groundcloud.services.dynamodb.records import Idempotency
from groundcloud.services.dynamodb.requests import Document, projected
from groundcloud.services.dynamodb.schema import Schema, plane, resource, schema_of
from groundcloud.services.dynamodb.values import check_item
from groundcloud.services.dynamodb.writing import Write, Written, perform, place_of
from groundcloud.store import Transaction

_TOKEN_HOLDS = timedelta(minutes=10)
_ACTIONS = {
    "put": "dynamodb:PutItem",
    "update": "dynamodb:UpdateItem",
    "delete": "dynamodb:DeleteItem",
    "condition_check": "dynamodb:ConditionCheckItem",
}


def _resources(ctx: Context, wanted: list[tuple[str, Any, str]]) -> list[Resource]:
    """A resource for each item: its table under the permission of the single operation."""
    found = []
    for table_name, key, action in wanted:
        leading = facts.leading(ctx, table_name, [key])
        known: dict[str, Any] = {"dynamodb:attributes": list(key), "dynamodb:enclosingoperation": _ENCLOSING[action]}
        if leading is not None:
            known["dynamodb:leadingkeys"] = leading
        found.append(resource(ctx, table_name)._replace(action=action, facts=known))
    return found


_ENCLOSING = dict.fromkeys(_ACTIONS.values(), "TransactWriteItems") | {"dynamodb:GetItem": "TransactGetItems"}


# -- reading


def _to_read(ctx: Context, transact_items: Any) -> list[Resource]:
    return _resources(
        ctx, [(one["get"]["table_name"], one["get"]["key"], "dynamodb:GetItem") for one in transact_items]
    )


@operation(
    on=_to_read,
    read=True,
    data_event=True,
    conditions={"dynamodb:ReturnConsumedCapacity": "return_consumed_capacity"},
)
def transact_get_items(ctx: Context, transact_items: Any, return_consumed_capacity: str = "NONE") -> object:
    responses = []
    units: dict[str, float] = {}
    schemas: dict[str, Schema] = {}
    seen: set[bytes] = set()
    with plane(ctx).snapshot() as tx:
        for one in transact_items:
            wanted = one["get"]
            name = wanted["table_name"]
            schema = schemas[name] = schema_of(ctx, tx, name)
            schema.key.check_key(wanted["key"])
            place = schema.key.of(wanted["key"])
            if place in seen:
                raise invalid("Transaction request cannot include multiple operations on one item")
            seen.add(place)
            paths = _paths(wanted)
            if schema.meter is not None:
                schema.meter.admit("Read")
            found = items.get(tx, schema, place)
            responses.append({"item": projected(found, paths)} if found is not None else {})
            size = found.size if found is not None else 0
            taken = 2 * capacity.read_units(size, consistent=True)
            units[name] = units.get(name, 0.0) + taken
            if schema.meter is not None:
                schema.meter.charge("Read", taken)
    answer: Document = {"responses": responses}
    if return_consumed_capacity != "NONE":
        answer["consumed_capacity"] = [
            capacity.shown(schemas[name], return_consumed_capacity, one) for name, one in units.items()
        ]
    return answer


def _paths(wanted: Any) -> tuple[Steps, ...] | None:
    projection, names = wanted.get("projection_expression"), wanted.get("expression_attribute_names")
    expressions = Expressions(names, None, "" if projection is not None else "ProjectionExpression is null")
    paths = expressions.projection(projection) if projection is not None else None
    expressions.finish()
    return paths


# -- writing


def _to_write(ctx: Context, transact_items: Any) -> list[Resource]:
    wanted = []
    for one in transact_items:
        for kind, action in _ACTIONS.items():
            if kind in one:
                wanted.append((one[kind]["table_name"], one[kind].get("key") or one[kind].get("item", {}), action))
    return _resources(ctx, wanted)


class Step(NamedTuple):
    table_name: str
    write: Write


@operation(
    on=_to_write,
    data_event=True,
    conditions={"dynamodb:ReturnConsumedCapacity": "return_consumed_capacity"},
    harmless=("ReturnItemCollectionMetrics",),
)
async def transact_write_items(
    ctx: Context,
    transact_items: Any,
    return_consumed_capacity: str = "NONE",
    client_request_token: str = "",
) -> object:
    digest = hashlib.sha256(msgspec.json.encode(transact_items, order="sorted")).digest()
    steps = [step_of(one) for one in transact_items]
    now = ctx.world.clock()

    def work(tx: Transaction) -> Document:
        if client_request_token and done_before(ctx, tx, client_request_token, digest):
            return {}
        schemas = {step.table_name: schema_of(ctx, tx, step.table_name) for step in steps}
        done = perform_all(tx, schemas, steps, now)
        if return_consumed_capacity == "NONE":
            return {}
        consumed = []
        for name, schema in schemas.items():
            mine = [one for step, one in zip(steps, done, strict=True) if step.table_name == name]
            consumed.append(total_units(schema, mine, return_consumed_capacity, 2.0))
        return {"consumed_capacity": consumed}

    return await plane(ctx).submit(work)


def step_of(wanted: Any) -> Step:
    """One entry of TransactItems, ready to be done. Raises `ValidationException`."""
    kinds = [kind for kind in _ACTIONS if kind in wanted]
    if len(kinds) != 1:
        raise invalid("TransactItems can only contain one of Check, Put, Update or Delete")
    kind = kinds[0]
    one = wanted[kind]
    from groundcloud.services.dynamodb.writes import change_of

    condition_text, update_text = one.get("condition_expression"), one.get("update_expression")
    some = condition_text is not None or update_text is not None
    expressions = Expressions(
        one.get("expression_attribute_names"),
        one.get("expression_attribute_values"),
        "" if some else "ConditionExpression is null",
    )
    change = change_of(expressions, update_text, None)[0] if kind == "update" else None
    condition = expressions.condition(condition_text) if condition_text is not None else None
    expressions.finish()
    item = one.get("item")
    return Step(
        one["table_name"],
        Write(
            item=item,
            size=check_item(item) if item is not None else 0,
            change=change,
            key=one.get("key"),
            condition=condition,
            return_old_on_failure=one.get("return_values_on_condition_check_failure", "NONE"),
            checks_only=kind == "condition_check",
        ),
    )


def perform_all(tx: Transaction, schemas: dict[str, Schema], steps: list[Step], now: datetime) -> list[Written]:
    """All steps. Raises `TransactionCanceledException`, whose reasons are in the steps' order."""
    places = [place_of(schemas[step.table_name], step.write) for step in steps]
    if len(set(places)) < len(places):
        raise invalid("Transaction request cannot include multiple operations on one item")
    done: list[Written] = []
    reasons: list[dict[str, Any]] = []
    for step in steps:
        try:
            done.append(perform(tx, schemas[step.table_name], step.write, True, now))
            reasons.append({"code": "None"})
        except ConditionalCheckFailed as error:
            reasons.append({"code": "ConditionalCheckFailed", "message": error.message, **error.facts})
        except Throttled as error:
            reasons.append({"code": error.reason, "message": error.message})
        except ValidationException as error:
            reasons.append({"code": "ValidationError", "message": error.message})
    if len(done) < len(steps):
        raise errors.TransactionCanceled(
            reasons=", ".join(reason["code"] for reason in reasons), cancellation_reasons=reasons
        )
    return done


def done_before(ctx: Context, tx: Transaction, token: str, digest: bytes) -> bool:
    """Whether this very transaction was done under its token. Raises `IdempotentParameterMismatchException`."""
    now = ctx.now()
    for old in tx.scan(Idempotency, index="by_time"):
        if old.done + _TOKEN_HOLDS > now:
            break
        tx.delete(old)
    known = tx.get(Idempotency, ctx.account, ctx.region, token)
    if known is not None:
        if known.digest != digest:
            raise errors.IdempotentParameterMismatch()
        return True
    tx.put(Idempotency(account=ctx.account, region=ctx.region, token=token, digest=digest, done=now))
    return False
