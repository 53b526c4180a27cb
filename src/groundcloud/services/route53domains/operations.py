"""What was asked for domains, and how far it is."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.services.route53domains import errors
from groundcloud.services.route53domains.records import DomainOperation


def _shown(found: DomainOperation) -> dict[str, Any]:
    members = ("operation_id", "status", "type", "submitted_date", "domain_name", "last_updated_date")
    return {name: getattr(found, name) for name in members}


@operation(on="*", read=True)
def get_operation_detail(ctx: Context, operation_id: str) -> object:
    found = ctx.get(DomainOperation, operation_id)
    if found is None:
        raise errors.NoSuchOperation(operation_id=operation_id)
    return _shown(found)


@operation(on="*", read=True, page_size=20)
def list_operations(
    ctx: Context,
    submitted_since: datetime | None = None,
    status: Iterable[str] = (),
    type: Iterable[str] = (),
    sort_by: str | None = None,
    sort_order: str = "ASC",
) -> dict[str, Page]:
    """From the oldest, or from the newest."""
    statuses, types = set(status), set(type)
    found = [
        each
        for each in ctx.tx.scan(DomainOperation, ctx.account, index="by_date", reverse=sort_order == "DESC")
        if (submitted_since is None or each.submitted_date >= submitted_since)
        and (not statuses or each.status in statuses)
        and (not types or each.type in types)
    ]
    places = {each.operation_id: f"{number:08}" for number, each in enumerate(found)}
    page = page_of(found, key=lambda each: places[each.operation_id])
    return {"operations": Page(lambda after: ((position, _shown(each)) for position, each in page.start(after)))}
