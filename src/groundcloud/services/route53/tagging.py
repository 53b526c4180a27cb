"""Tags of hosted zones and health checks."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.route53 import errors
from groundcloud.services.route53.health_records import HealthCheck
from groundcloud.services.route53.records import HostedZone, ResourceTags, Tag

_MOST = 50


def _check(ctx: Context, resource_type: str, resource_id: str) -> None:
    """Raises `NoSuchHostedZone`, `NoSuchHealthCheck`."""
    ctx.find(HostedZone if resource_type == "hostedzone" else HealthCheck, resource_id)


def _tags(ctx: Context, resource_type: str, resource_id: str) -> list[Tag]:
    found = ctx.get(ResourceTags, resource_type, resource_id)
    return found.tags if found is not None else []


def _set(ctx: Context, resource_type: str, resource_id: str) -> dict[str, Any]:
    _check(ctx, resource_type, resource_id)
    tags = _tags(ctx, resource_type, resource_id)
    return {"resource_type": resource_type, "resource_id": resource_id, "tags": tags}


@operation(on="{resource_type}/{resource_id}")
def change_tags_for_resource(
    ctx: Context,
    resource_type: str,
    resource_id: str,
    add_tags: Sequence[Tag] = (),
    remove_tag_keys: Sequence[str] = (),
) -> None:
    _check(ctx, resource_type, resource_id)
    if not add_tags and not remove_tag_keys:
        raise errors.InvalidInput(reason="Either AddTags or RemoveTagKeys must be specified.")
    if any(tag.key.lower().startswith("aws:") for tag in add_tags):
        raise errors.InvalidInput(reason="Tag keys must not begin with aws:")
    tags = {tag.key: tag for tag in _tags(ctx, resource_type, resource_id) if tag.key not in remove_tag_keys}
    tags.update({tag.key: tag for tag in add_tags})
    if len(tags) > _MOST:
        raise errors.InvalidInput(reason=f"A resource can have at most {_MOST} tags.")
    ctx.put(ResourceTags(ctx.account, resource_type, resource_id, list(tags.values())))


@operation(on="{resource_type}/{resource_id}", read=True)
def list_tags_for_resource(ctx: Context, resource_type: str, resource_id: str) -> object:
    return {"resource_tag_set": _set(ctx, resource_type, resource_id)}


def _several(ctx: Context, resource_type: str, resource_ids: Sequence[str]) -> list[Resource]:
    return [Resource(ctx.arn(f"{resource_type}/{each}")) for each in resource_ids]


@operation(on=_several, read=True)
def list_tags_for_resources(ctx: Context, resource_type: str, resource_ids: Sequence[str]) -> object:
    return {"resource_tag_sets": [_set(ctx, resource_type, each) for each in resource_ids]}
