"""Insights: queries are started, and read when the controller has run them; saved queries."""

from collections.abc import Sequence
from typing import Any

import msgspec

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.logs import errors
from groundcloud.services.logs.insights import MalformedQuery, parse_query
from groundcloud.services.logs.names import find_group, milliseconds, named, plane, resource
from groundcloud.services.logs.pages import page
from groundcloud.services.logs.records import Query, QueryDefinition, QueryResults
from groundcloud.store import Transaction

_MOST_GROUPS = 50
_SECONDS = 10**11
"""Times below this are seconds: StartQuery takes both."""
_LARGEST_PAGE = 10_000


def _groups(ctx: Context, name: str, names: Sequence[str], identifiers: Sequence[str]) -> list[str]:
    """Raises `InvalidParameterException`."""
    given = [each for each in ([name] if name else [], list(names), list(identifiers)) if each]
    if len(given) != 1:
        raise errors.invalid("Exactly one of logGroupName, logGroupNames and logGroupIdentifiers must be specified.")
    if len(given[0]) > _MOST_GROUPS:
        raise errors.invalid(f"A query takes at most {_MOST_GROUPS} log groups.")
    return given[0]


def _on_groups(
    ctx: Context, log_group_name: str, log_group_names: Sequence[str], log_group_identifiers: Sequence[str]
) -> list[Resource]:
    groups = _groups(ctx, log_group_name, log_group_names, log_group_identifiers)
    return [resource(ctx, named(ctx, each)) for each in groups]


def check(query_language: str, query_string: str) -> None:
    """Raises `MalformedQueryException`."""
    if query_language != "CWLI":
        raise errors.MalformedQuery(reason=f"Groundcloud does not have the query language {query_language}.")
    try:
        parse_query(query_string)
    except MalformedQuery as error:
        raise errors.MalformedQuery(reason=str(error)) from error


@operation(on=_on_groups)
async def start_query(
    ctx: Context,
    start_time: int,
    end_time: int,
    query_string: str,
    log_group_name: str = "",
    log_group_names: Sequence[str] = (),
    log_group_identifiers: Sequence[str] = (),
    limit: int = 10_000,
    query_language: str = "CWLI",
) -> object:
    check(query_language, query_string)
    start = start_time * 1000 if start_time < _SECONDS else start_time
    end = end_time * 1000 + 999 if end_time < _SECONDS else end_time
    if end < start:
        raise errors.MalformedQuery(reason="end date and time is before start date and time")
    owners = [named(ctx, each) for each in _groups(ctx, log_group_name, log_group_names, log_group_identifiers)]
    if any(owner[:2] != (ctx.account, ctx.region) for owner in owners):
        raise errors.invalid("A query takes log groups of this account and Region only.")
    query = Query(
        account=ctx.account,
        region=ctx.region,
        query_id=_uuid(ctx),
        query_string=query_string,
        log_group_names=[owner[2] for owner in owners],
        start_time=start,
        end_time=end,
        create_time=milliseconds(ctx),
        limit=limit,
        user_identity=ctx.principal.arn,
    )

    def work(tx: Transaction) -> None:
        for owner in owners:
            find_group(tx, owner)
        tx.put(query)

    await plane(ctx).submit(work)
    return {"query_id": query.query_id}


def _uuid(ctx: Context) -> str:
    digits = ctx.random(16).hex()
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def _find(ctx: Context, tx: Transaction, query_id: str) -> Query:
    found = tx.get(Query, ctx.account, ctx.region, query_id)
    if found is None:
        raise errors.QueryNotFound(query_id=query_id)
    return found


@operation(on="*", read=True)
def get_query_results(ctx: Context, query_id: str, next_token: str = "", max_items: int = _LARGEST_PAGE) -> object:
    with plane(ctx).snapshot() as tx:
        query = _find(ctx, tx, query_id)
        found = tx.get(QueryResults, ctx.account, ctx.region, query_id)
    rows: list[Any] = msgspec.json.decode(found.rows) if found is not None else []
    start = int(next_token) if next_token.isascii() and next_token.isdigit() else 0
    until = start + (max_items or _LARGEST_PAGE)
    answer: dict[str, Any] = {
        "query_language": "CWLI",
        "results": rows[start:until],
        "status": query.status,
        "statistics": {
            "records_matched": float(query.records_matched),
            "records_scanned": float(query.records_scanned),
            "bytes_scanned": float(query.bytes_scanned),
        },
    }
    if until < len(rows):
        answer["next_token"] = str(until)
    return answer


@operation(on="*")
async def stop_query(ctx: Context, query_id: str) -> object:
    def work(tx: Transaction) -> bool:
        query = _find(ctx, tx, query_id)
        if query.status != "Scheduled":
            raise errors.invalid(f"Query {query_id} is not running.")
        query.status = "Cancelled"
        tx.put(query)
        return True

    return {"success": await plane(ctx).submit(work)}


@operation(on="*", read=True, page_size=1000)
def describe_queries(
    ctx: Context,
    log_group_name: str = "",
    status: str = "",
    max_results: int = 1000,
    next_token: str = "",
    query_language: str = "",
) -> object:
    def wanted(query: Query) -> bool:
        return (not log_group_name or log_group_name in query.log_group_names) and (
            not status or query.status == status
        )

    found = list(page(ctx, Query, ctx.account, ctx.region, where=wanted))
    found.sort(key=lambda query: -query.create_time)
    start = int(next_token) if next_token.isascii() and next_token.isdigit() else 0
    answer: dict[str, Any] = {"queries": [_shown(query) for query in found[start : start + max_results]]}
    if start + max_results < len(found):
        answer["next_token"] = str(start + max_results)
    return answer


def _shown(query: Query) -> dict[str, Any]:
    sources = ", ".join(f"'{name}'" for name in query.log_group_names)
    return {
        "query_language": "CWLI",
        "query_id": query.query_id,
        "query_string": f"SOURCE {sources} START={query.start_time} END={query.end_time} |\n{query.query_string}",
        "status": query.status,
        "create_time": query.create_time,
        "log_group_name": query.log_group_names[0],
        "query_duration": query.duration,
        "bytes_scanned": float(query.bytes_scanned),
        "user_identity": query.user_identity,
    }


# -- saved queries


@operation(on="*", harmless=("clientToken",))
async def put_query_definition(
    ctx: Context,
    name: str,
    query_string: str,
    query_definition_id: str = "",
    log_group_names: Sequence[str] | None = None,
    query_language: str = "CWLI",
) -> object:
    definition = QueryDefinition(
        account=ctx.account,
        region=ctx.region,
        query_definition_id=query_definition_id or _uuid(ctx),
        name=name,
        query_string=query_string,
        last_modified=milliseconds(ctx),
        log_group_names=list(log_group_names) if log_group_names is not None else None,
        query_language=query_language,
    )

    def work(tx: Transaction) -> None:
        if query_definition_id and tx.get(QueryDefinition, *definition.key_values()) is None:
            raise errors.DefinitionNotFound()
        tx.put(definition)

    await plane(ctx).submit(work)
    return {"query_definition_id": definition.query_definition_id}


@operation(on="*")
async def delete_query_definition(ctx: Context, query_definition_id: str) -> object:
    def work(tx: Transaction) -> bool:
        found = tx.get(QueryDefinition, ctx.account, ctx.region, query_definition_id)
        if found is None:
            raise errors.DefinitionNotFound()
        tx.delete(found)
        return True

    return {"success": await plane(ctx).submit(work)}


@operation(on="*", read=True)
def describe_query_definitions(
    ctx: Context,
    query_definition_name_prefix: str = "",
    max_results: int = 1000,
    next_token: str = "",
    query_language: str = "",
) -> object:
    def wanted(each: QueryDefinition) -> bool:
        return each.name.startswith(query_definition_name_prefix) and (
            not query_language or each.query_language == query_language
        )

    found = sorted(page(ctx, QueryDefinition, ctx.account, ctx.region, where=wanted), key=lambda each: each.name)
    start = int(next_token) if next_token.isascii() and next_token.isdigit() else 0
    answer: dict[str, Any] = {"query_definitions": found[start : start + max_results]}
    if start + max_results < len(found):
        answer["next_token"] = str(start + max_results)
    return answer
