"""ExecuteStatement, BatchExecuteStatement, ExecuteTransaction."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.dynamodb import capacity, errors, items
from groundcloud.services.dynamodb.batches import total_units
from groundcloud.services.dynamodb.errors import ConditionalCheckFailed, invalid
from groundcloud.services.dynamodb.expressions.placeholders import Expressions
from groundcloud.services.dynamodb.items import Stored
from groundcloud.services.dynamodb.partiql import Delete, Insert, Select, Statement, Update, parse
from groundcloud.services.dynamodb.partiql_plans import (
    asked,
    check_parameters,
    expressions_of,
    joined,
    key_of,
    select,
    table_of,
    write,
)
from groundcloud.services.dynamodb.requests import Document, projected
from groundcloud.services.dynamodb.schema import Schema, plane, schema_of
from groundcloud.services.dynamodb.transactions import done_before, perform_all
from groundcloud.services.dynamodb.writing import Written, changed_attributes, perform, written_units
from groundcloud.store import Transaction

_PURPOSE = "dynamodb partiql"
_MOST_IN_BATCH, _MOST_IN_TRANSACTION = 25, 100
_ONE_ITEM = "Select statements within BatchExecuteStatement must specify the primary key in the where clause."


def _parsed(statement: str, parameters: Any) -> Statement:
    return parse(statement, check_parameters(parameters or ()))


# -- one statement


def _on_statement(ctx: Context, statement: str, parameters: Any) -> Resource:
    return asked(ctx, _parsed(statement, parameters))


@operation(on=_on_statement, data_event=True)
async def execute_statement(
    ctx: Context,
    statement: str,
    parameters: Any = None,
    consistent_read: bool = False,
    next_token: str = "",
    return_consumed_capacity: str = "NONE",
    limit: int | None = None,
    return_values_on_condition_check_failure: str = "NONE",
) -> object:
    found = _parsed(statement, parameters)
    if isinstance(found, Select):
        return _select(ctx, found, statement, consistent_read, next_token, return_consumed_capacity, limit)
    if not isinstance(found, (Insert, Update, Delete)):
        raise invalid("EXISTS can be used in a transaction only")
    wanted = found
    now = ctx.world.clock()

    def work(tx: Transaction) -> Document:
        schema = schema_of(ctx, tx, wanted.table)
        written = _write(tx, schema, wanted, return_values_on_condition_check_failure, now)
        shown = _returned(wanted, written)
        answer: Document = {"items": [shown] if shown else []}
        if return_consumed_capacity != "NONE":
            answer["consumed_capacity"] = written_units(schema, written, return_consumed_capacity)
        return answer

    return await plane(ctx).submit(work)


def _write(
    tx: Transaction, schema: Schema, wanted: Insert | Update | Delete, on_failure: str, now: datetime
) -> Written:
    """Raises `DuplicateItemException`, `ConditionalCheckFailedException`."""
    step = write(schema, wanted, on_failure)
    try:
        return perform(tx, schema, step.write, True, now)
    except ConditionalCheckFailed as error:
        if isinstance(wanted, Insert):
            raise errors.DuplicateItem() from error
        raise


def _returned(wanted: Insert | Update | Delete, written: Written) -> Any:
    """What RETURNING asks for."""
    if isinstance(wanted, Insert) or wanted.returning == "NONE":
        return None
    if wanted.returning == "ALL_OLD":
        return written.old
    if wanted.returning == "ALL_NEW":
        return written.new
    if isinstance(wanted, Delete):
        raise invalid("DELETE returns ALL OLD * only")
    change = wanted.change
    expressions = Expressions(change.names or None, change.values or None)
    paths = [action.steps for action in expressions.update(change.text).actions]
    return changed_attributes(written.old, written.new, paths, wanted.returning)


def _select(
    ctx: Context, found: Select, text: str, consistent: bool, token: str, capacity_wanted: str, limit: int | None
) -> Document:
    purpose = f"{_PURPOSE}/{ctx.account}/{hashlib.sha256(text.encode()).hexdigest()}"
    start = None
    if token:
        opened = ctx.open_text(token, purpose)
        if opened is None:
            raise invalid("NextToken does not match request")
        start = msgspec.json.decode(opened)
    with plane(ctx).snapshot() as tx:
        schema = schema_of(ctx, tx, found.table)
        page = select(tx, schema, found, limit, start, consistent)
    answer: Document = {"items": page.shown}
    if page.last is not None:
        answer["next_token"] = ctx.seal_text(msgspec.json.encode(page.last), purpose)
        answer["last_evaluated_key"] = page.last
    if capacity_wanted != "NONE":
        answer["consumed_capacity"] = capacity.shown(
            schema, capacity_wanted, capacity.read_units(page.size, consistent)
        )
    return answer


def _get(tx: Transaction, schema: Schema, wanted: Select, what: str) -> tuple[Any, Stored | None]:
    """The one item of a SELECT by its whole key, as it is shown and as it is stored; conditions may leave it out."""
    key, rest = key_of(schema, wanted.where, what)
    found = items.get(tx, schema, schema.key.of(key))
    if found is None:
        return None, None
    kept = joined(one.condition for one in rest) if rest else None
    expressions = expressions_of(kept, wanted.projection)
    paths = expressions.projection(wanted.projection.text) if wanted.projection is not None else None
    if kept is not None and not expressions.condition(kept.text)(found.item):
        return None, found
    return projected(found, paths), found


# -- a batch


def _on_batch(ctx: Context, statements: Any) -> list[Resource]:
    return [asked(ctx, _parsed(one["statement"], one.get("parameters"))) for one in statements]


@operation(on=_on_batch, data_event=True)
async def batch_execute_statement(ctx: Context, statements: Any, return_consumed_capacity: str = "NONE") -> object:
    if not 1 <= len(statements) <= _MOST_IN_BATCH:
        raise invalid(f"A batch has from 1 to {_MOST_IN_BATCH} statements")
    found = [_parsed(one["statement"], one.get("parameters")) for one in statements]
    reads = [isinstance(one, Select) for one in found]
    if any(reads) and not all(reads):
        raise invalid("All statements of a batch must read, or all must write")
    now = ctx.world.clock()
    responses: list[Document] = []
    for one, given in zip(found, statements, strict=True):
        responses.append(await _one_of_batch(ctx, one, given, now))
    return {"responses": responses}


async def _one_of_batch(ctx: Context, wanted: Statement, given: Any, now: datetime) -> Document:
    """One statement of a batch; what goes wrong with it is its answer."""
    answer: Document = {"table_name": table_of(wanted)}
    on_failure = given.get("return_values_on_condition_check_failure") or "NONE"
    try:
        if isinstance(wanted, Select):
            with plane(ctx).snapshot() as tx:
                answer["item"] = _get(tx, schema_of(ctx, tx, wanted.table), wanted, _ONE_ITEM)[0]
        elif isinstance(wanted, (Insert, Update, Delete)):
            one = wanted
            written = await plane(ctx).submit(
                lambda tx: _write(tx, schema_of(ctx, tx, one.table), one, on_failure, now)
            )
            answer["item"] = _returned(wanted, written)
        else:
            raise invalid("EXISTS can be used in a transaction only")
    except AwsError as error:
        code = _CODES.get(error.code, "ValidationError")
        answer["error"] = {"code": code, "message": error.message, "item": error.facts.get("item")}
    return answer


_CODES = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "DuplicateItemException": "DuplicateItem",
    "ResourceNotFoundException": "ResourceNotFound",
}


# -- a transaction


def _on_transaction(ctx: Context, transact_statements: Any) -> list[Resource]:
    return [asked(ctx, _parsed(one["statement"], one.get("parameters"))) for one in transact_statements]


@operation(on=_on_transaction, data_event=True)
async def execute_transaction(
    ctx: Context,
    transact_statements: Any,
    client_request_token: str = "",
    return_consumed_capacity: str = "NONE",
) -> object:
    if not 1 <= len(transact_statements) <= _MOST_IN_TRANSACTION:
        raise invalid(f"A transaction has from 1 to {_MOST_IN_TRANSACTION} statements")
    found = [_parsed(one["statement"], one.get("parameters")) for one in transact_statements]
    reads = [one for one in found if isinstance(one, Select)]
    if len(reads) == len(found):
        return _read_all(ctx, reads, return_consumed_capacity)
    if reads:
        raise invalid("All statements of a transaction must read, or all must write")
    failures = [one.get("return_values_on_condition_check_failure") or "NONE" for one in transact_statements]
    digest = hashlib.sha256(msgspec.json.encode(transact_statements, order="sorted")).digest()
    return await plane(ctx).submit(
        _writer(ctx, found, failures, client_request_token, digest, return_consumed_capacity)
    )


def _writer(
    ctx: Context, found: list[Statement], failures: list[str], token: str, digest: bytes, capacity_wanted: str
) -> Callable[[Transaction], Document]:
    now = ctx.world.clock()

    def work(tx: Transaction) -> Document:
        if token and done_before(ctx, tx, token, digest):
            return {}
        schemas = {table_of(one): schema_of(ctx, tx, table_of(one)) for one in found}
        steps = [
            write(schemas[table_of(one)], one, on_failure)
            for one, on_failure in zip(found, failures, strict=True)
            if not isinstance(one, Select)
        ]
        done = perform_all(tx, schemas, steps, now)
        answer: Document = {"responses": [{} for _ in found]}
        if capacity_wanted != "NONE":
            answer["consumed_capacity"] = [
                total_units(
                    schema,
                    [one for step, one in zip(steps, done, strict=True) if step.table_name == name],
                    capacity_wanted,
                    2.0,
                )
                for name, schema in schemas.items()
            ]
        return answer

    return work


def _read_all(ctx: Context, wanted: list[Select], capacity_wanted: str) -> Document:
    what = "Select statements within ExecuteTransaction must specify the primary key in the where clause."
    responses: list[Document] = []
    units: dict[str, float] = {}
    schemas: dict[str, Schema] = {}
    with plane(ctx).snapshot() as tx:
        for one in wanted:
            schema = schemas[one.table] = schema_of(ctx, tx, one.table)
            shown, found = _get(tx, schema, one, what)
            responses.append({"item": shown} if shown is not None else {})
            read = capacity.read_units(found.size if found is not None else 0, consistent=True)
            units[one.table] = units.get(one.table, 0.0) + 2 * read
    answer: Document = {"responses": responses}
    if capacity_wanted != "NONE":
        answer["consumed_capacity"] = [
            capacity.shown(schemas[name], capacity_wanted, one) for name, one in units.items()
        ]
    return answer
