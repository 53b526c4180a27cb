"""Tags of alarms and dashboards."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.cloudwatch.errors import InvalidParameterValue, ResourceNotFoundException
from groundcloud.services.cloudwatch.parts import Tag
from groundcloud.services.cloudwatch.records import Alarm, Dashboard

_MOST = 50


def _find(ctx: Context, arn: str) -> Alarm | Dashboard | None:
    """What an ARN of this account means; alarms are those of its Region."""
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[2] != "cloudwatch" or parts[4] != ctx.account:
        return None
    kind, _, name = parts[5].replace("/", ":", 1).partition(":")
    if kind == "dashboard":
        return ctx.get(Dashboard, name)
    return ctx.get(Alarm, parts[5].removeprefix("alarm:")) if kind == "alarm" and parts[3] == ctx.region else None


def _on(ctx: Context, resource_arn: str) -> Resource:
    found = _find(ctx, resource_arn)
    return Resource(resource_arn, tags=found.tags if found is not None else None)


def _found(ctx: Context, arn: str) -> Alarm | Dashboard:
    found = _find(ctx, arn)
    if found is None:
        raise ResourceNotFoundException(arn=arn)
    return found


@operation(on=_on)
def tag_resource(ctx: Context, resource_arn: str, tags: Sequence[Tag]) -> None:
    found = _found(ctx, resource_arn)
    found.tags = {**found.tags, **{tag.key: tag.value for tag in tags}}
    if len(found.tags) > _MOST:
        raise InvalidParameterValue(reason=f"A resource has at most {_MOST} tags.")
    ctx.put(found)


@operation(on=_on)
def untag_resource(ctx: Context, resource_arn: str, tag_keys: Sequence[str]) -> None:
    found = _found(ctx, resource_arn)
    found.tags = {key: value for key, value in found.tags.items() if key not in tag_keys}
    ctx.put(found)


@operation(on=_on, read=True)
def list_tags_for_resource(ctx: Context, resource_arn: str) -> dict[str, Any]:
    return {"tags": [{"key": key, "value": value} for key, value in sorted(_found(ctx, resource_arn).tags.items())]}
