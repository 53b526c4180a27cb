"""Dashboards are kept and given back; whoever shows them reads the metrics that they name."""

import json
import re
from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.cloudwatch.errors import DashboardInvalidInputError, InvalidParameterValue
from groundcloud.services.cloudwatch.parts import Tag
from groundcloud.services.cloudwatch.records import Dashboard

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


def _arn(ctx: Context, name: str) -> str:
    return f"arn:aws:cloudwatch::{ctx.account}:dashboard/{name}"


def _one(ctx: Context, dashboard_name: str) -> Resource:
    found = ctx.get(Dashboard, dashboard_name)
    return Resource(_arn(ctx, dashboard_name), tags=found.tags if found is not None else None)


def _several(ctx: Context, dashboard_names: Sequence[str]) -> list[Resource]:
    return [_one(ctx, name) for name in dashboard_names]


@operation(on=_one)
def put_dashboard(
    ctx: Context, dashboard_name: str, dashboard_body: str, tags: Sequence[Tag] = ()
) -> dict[str, list[Any]]:
    if not _NAME.fullmatch(dashboard_name):
        raise InvalidParameterValue(
            reason="The value for field DashboardName contains invalid characters. It can only contain alphanumerics, "
            "dash (-) and underscore (_)."
        )
    try:
        document = json.loads(dashboard_body)
    except ValueError as error:
        raise DashboardInvalidInputError(reason="The field DashboardBody must be a valid JSON object") from error
    if not isinstance(document, dict):
        raise DashboardInvalidInputError(reason="The field DashboardBody must be a valid JSON object")
    known = ctx.get(Dashboard, dashboard_name)
    kept = known.tags if known is not None else {tag.key: tag.value for tag in tags}
    ctx.put(Dashboard(ctx.account, dashboard_name, _arn(ctx, dashboard_name), dashboard_body, ctx.now(), kept))
    return {"dashboard_validation_messages": []}


@operation(on=_one, read=True)
def get_dashboard(ctx: Context, dashboard_name: str) -> Dashboard:
    return ctx.find(Dashboard, dashboard_name)


@operation(on="*", read=True)
def list_dashboards(ctx: Context, dashboard_name_prefix: str = "") -> dict[str, Any]:
    return {
        "dashboard_entries": ctx.page(
            Dashboard,
            where=lambda each: each.dashboard_name.startswith(dashboard_name_prefix),
            each=lambda each: {
                "dashboard_name": each.dashboard_name, "dashboard_arn": each.dashboard_arn,
                "last_modified": each.last_modified, "size": each.size,
            },
        )
    }  # fmt: skip


@operation(on=_several)
def delete_dashboards(ctx: Context, dashboard_names: Sequence[str]) -> None:
    """All or none."""
    for found in [ctx.find(Dashboard, name) for name in dashboard_names]:
        ctx.delete(found)
