"""Configurations of which a bucket may have many, by id: analytics, inventory, metrics, intelligent tiering.

They are stored and answered, as the API has them; nothing is reported by them yet.
"""

from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.s3 import errors
from groundcloud.services.s3.access import find_bucket, of_bucket
from groundcloud.services.s3.records import Setting
from groundcloud.services.s3.settings import drop, keep, kept

_PAGE = 100
_MOST = 1000


def _keep(ctx: Context, bucket: str, kind: str, id: str, document: dict[str, Any]) -> None:
    """Raises `InvalidArgument` for an id that is not the document's, `TooManyConfigurations`."""
    if document.get("id") != id:
        raise errors.InvalidArgument(
            reason="The ID in the configuration does not match the ID in the request", argument_name="id"
        )
    if ctx.tx.get(Setting, bucket, kind, id) is None and sum(1 for _ in ctx.tx.scan(Setting, bucket, kind)) >= _MOST:
        raise errors.TooManyConfigurations()
    keep(ctx, bucket, kind, document, id)


def _get(ctx: Context, bucket: str, kind: str, id: str) -> dict[str, Any]:
    """Raises `NoSuchConfiguration`."""
    return {f"{kind}_configuration": kept(ctx, bucket, kind, errors.NoSuchConfiguration, id)}


def _drop(ctx: Context, bucket: str, kind: str, id: str) -> None:
    """Raises `NoSuchConfiguration`."""
    kept(ctx, bucket, kind, errors.NoSuchConfiguration, id)
    drop(ctx, bucket, kind, id)


def _list(ctx: Context, bucket: str, kind: str, token: str) -> dict[str, Any]:
    """A page of the documents, and how it goes on."""
    find_bucket(ctx, bucket)
    after = ctx.open_text(token, f"s3 {kind} {bucket}") if token else b""
    if after is None:
        raise errors.InvalidArgument(reason="The continuation token provided is incorrect")
    found = [each for each in ctx.tx.scan(Setting, bucket, kind) if each.id > after.decode()]
    page = found[:_PAGE]
    more = len(found) > _PAGE
    return {
        f"{kind}_configuration_list": [each.document for each in page] or None,
        "is_truncated": more,
        "continuation_token": token or None,
        "next_continuation_token": ctx.seal_text(page[-1].id.encode(), f"s3 {kind} {bucket}") if more else None,
    }


@operation(on=of_bucket, action="s3:PutAnalyticsConfiguration")
def put_bucket_analytics_configuration(
    ctx: Context, bucket: str, id: str, analytics_configuration: dict[str, Any]
) -> None:
    _keep(ctx, bucket, "analytics", id, analytics_configuration)


@operation(on=of_bucket, read=True, action="s3:GetAnalyticsConfiguration")
def get_bucket_analytics_configuration(ctx: Context, bucket: str, id: str) -> dict[str, Any]:
    return _get(ctx, bucket, "analytics", id)


@operation(on=of_bucket, action="s3:PutAnalyticsConfiguration")
def delete_bucket_analytics_configuration(ctx: Context, bucket: str, id: str) -> None:
    _drop(ctx, bucket, "analytics", id)


@operation(on=of_bucket, read=True, action="s3:GetAnalyticsConfiguration")
def list_bucket_analytics_configurations(ctx: Context, bucket: str, continuation_token: str = "") -> dict[str, Any]:
    return _list(ctx, bucket, "analytics", continuation_token)


@operation(on=of_bucket, action="s3:PutInventoryConfiguration")
def put_bucket_inventory_configuration(
    ctx: Context, bucket: str, id: str, inventory_configuration: dict[str, Any]
) -> None:
    _keep(ctx, bucket, "inventory", id, inventory_configuration)


@operation(on=of_bucket, read=True, action="s3:GetInventoryConfiguration")
def get_bucket_inventory_configuration(ctx: Context, bucket: str, id: str) -> dict[str, Any]:
    return _get(ctx, bucket, "inventory", id)


@operation(on=of_bucket, action="s3:PutInventoryConfiguration")
def delete_bucket_inventory_configuration(ctx: Context, bucket: str, id: str) -> None:
    _drop(ctx, bucket, "inventory", id)


@operation(on=of_bucket, read=True, action="s3:GetInventoryConfiguration")
def list_bucket_inventory_configurations(ctx: Context, bucket: str, continuation_token: str = "") -> dict[str, Any]:
    return _list(ctx, bucket, "inventory", continuation_token)


@operation(on=of_bucket, action="s3:PutMetricsConfiguration")
def put_bucket_metrics_configuration(ctx: Context, bucket: str, id: str, metrics_configuration: dict[str, Any]) -> None:
    _keep(ctx, bucket, "metrics", id, metrics_configuration)


@operation(on=of_bucket, read=True, action="s3:GetMetricsConfiguration")
def get_bucket_metrics_configuration(ctx: Context, bucket: str, id: str) -> dict[str, Any]:
    return _get(ctx, bucket, "metrics", id)


@operation(on=of_bucket, action="s3:PutMetricsConfiguration")
def delete_bucket_metrics_configuration(ctx: Context, bucket: str, id: str) -> None:
    _drop(ctx, bucket, "metrics", id)


@operation(on=of_bucket, read=True, action="s3:GetMetricsConfiguration")
def list_bucket_metrics_configurations(ctx: Context, bucket: str, continuation_token: str = "") -> dict[str, Any]:
    return _list(ctx, bucket, "metrics", continuation_token)


@operation(on=of_bucket, action="s3:PutIntelligentTieringConfiguration")
def put_bucket_intelligent_tiering_configuration(
    ctx: Context, bucket: str, id: str, intelligent_tiering_configuration: dict[str, Any]
) -> None:
    _keep(ctx, bucket, "intelligent_tiering", id, intelligent_tiering_configuration)


@operation(on=of_bucket, read=True, action="s3:GetIntelligentTieringConfiguration")
def get_bucket_intelligent_tiering_configuration(ctx: Context, bucket: str, id: str) -> dict[str, Any]:
    return _get(ctx, bucket, "intelligent_tiering", id)


@operation(on=of_bucket, action="s3:PutIntelligentTieringConfiguration")
def delete_bucket_intelligent_tiering_configuration(ctx: Context, bucket: str, id: str) -> None:
    _drop(ctx, bucket, "intelligent_tiering", id)


@operation(on=of_bucket, read=True, action="s3:GetIntelligentTieringConfiguration")
def list_bucket_intelligent_tiering_configurations(
    ctx: Context, bucket: str, continuation_token: str = ""
) -> dict[str, Any]:
    return _list(ctx, bucket, "intelligent_tiering", continuation_token)
