"""Tags of trails."""

from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.cloudtrail import errors
from groundcloud.services.cloudtrail.finding import find, on_resource_id, own, resource
from groundcloud.services.cloudtrail.records import Tag

_MOST = 50


@operation(on=on_resource_id)
def add_tags(ctx: Context, resource_id: str, tags_list: Sequence[Tag]) -> object:
    trail = own(ctx, resource_id)
    trail.tags = merged(trail.tags, tags_list)
    ctx.put(trail)
    return {}


@operation(on=on_resource_id)
def remove_tags(ctx: Context, resource_id: str, tags_list: Sequence[Tag]) -> object:
    trail = own(ctx, resource_id)
    gone = {tag.key for tag in tags_list}
    trail.tags = [tag for tag in trail.tags if tag.key not in gone]
    ctx.put(trail)
    return {}


def _on_all(ctx: Context, resource_id_list: Sequence[str]) -> list[Resource]:
    return [resource(ctx, each) for each in resource_id_list]


@operation(on=_on_all, read=True)
def list_tags(ctx: Context, resource_id_list: Sequence[str]) -> object:
    found = [{"resource_id": each, "tags_list": find(ctx, each).tags} for each in resource_id_list]
    return {"resource_tag_list": found}


def merged(old: Sequence[Tag], new: Sequence[Tag]) -> list[Tag]:
    """The tags after some were given. Raises `TagsLimitExceededException`."""
    tags = {tag.key: tag for tag in (*old, *new)}
    if len(tags) > _MOST:
        raise errors.TagsLimitExceeded()
    return list(tags.values())
