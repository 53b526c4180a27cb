"""Tags, by the ARNs of what they are on."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.rds import errors
from groundcloud.services.rds.lookup import KINDS, merged
from groundcloud.services.rds.records import DBOptionGroup, Tag

_KINDS: dict[str, type[Any]] = {**{kind: record for kind, (record, _) in KINDS.items()}, "og": DBOptionGroup}


def _found(ctx: Context, arn: str) -> Any:
    """Raises `InvalidParameterValue` for what is no ARN of RDS, and the kind's error for what is not there."""
    parts = arn.split(":", 6)
    if len(parts) < 7 or parts[2] != "rds" or parts[5] not in _KINDS:
        raise errors.ResourceNotFound(name=arn)
    kind = _KINDS[parts[5]]
    found = ctx.tx.get(kind, parts[4], parts[3], parts[6].lower())
    if found is None:
        raise kind.absent(**{kind.key[-1]: parts[6]})
    return found


def _on(ctx: Context, resource_name: str) -> Resource:
    return Resource(resource_name)


@operation(on=_on)
def add_tags_to_resource(ctx: Context, resource_name: str, tags: Sequence[Tag]) -> None:
    found = _found(ctx, resource_name)
    found.tags = merged(found.tags, tags)
    ctx.put(found)


@operation(on=_on)
def remove_tags_from_resource(ctx: Context, resource_name: str, tag_keys: Sequence[str]) -> None:
    found = _found(ctx, resource_name)
    found.tags = [each for each in found.tags if each.key not in tag_keys]
    ctx.put(found)


@operation(on=_on, read=True, harmless=["Filters"])
def list_tags_for_resource(ctx: Context, resource_name: str) -> object:
    return {"tag_list": _found(ctx, resource_name).tags}
