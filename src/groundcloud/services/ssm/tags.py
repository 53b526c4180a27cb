"""Tags of parameters. Other kinds of Systems Manager's resources are not here."""

from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.ssm import errors
from groundcloud.services.ssm.names import of
from groundcloud.services.ssm.records import Parameter, Tag


def _tagged(ctx: Context, resource_type: str, resource_id: str) -> Resource:
    return of(ctx, resource_id) if resource_type == "Parameter" else Resource("*")


def _found(ctx: Context, resource_type: str, resource_id: str) -> Parameter:
    if resource_type != "Parameter":
        raise errors.InvalidResourceType(resource_type=resource_type)
    found = ctx.get(Parameter, resource_id)
    if found is None:
        raise errors.InvalidResourceId()
    return found


def merged_tags(old: Sequence[Tag], new: Sequence[Tag]) -> list[Tag]:
    tags = {tag.key: tag for tag in (*old, *new)}
    if len(tags) > 50:
        raise errors.TooManyTags()
    return list(tags.values())


@operation(on=_tagged)
def add_tags_to_resource(ctx: Context, resource_type: str, resource_id: str, tags: Sequence[Tag]) -> object:
    found = _found(ctx, resource_type, resource_id)
    found.tags = merged_tags(found.tags, tags)
    ctx.put(found)
    return {}


@operation(on=_tagged)
def remove_tags_from_resource(ctx: Context, resource_type: str, resource_id: str, tag_keys: Sequence[str]) -> object:
    found = _found(ctx, resource_type, resource_id)
    found.tags = [tag for tag in found.tags if tag.key not in tag_keys]
    ctx.put(found)
    return {}


@operation(on=_tagged, read=True)
def list_tags_for_resource(ctx: Context, resource_type: str, resource_id: str) -> object:
    return {"tag_list": _found(ctx, resource_type, resource_id).tags}
