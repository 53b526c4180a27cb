"""Tags of log groups, in the new operations and in the older ones."""

from collections.abc import Callable, Mapping, Sequence

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.logs import errors
from groundcloud.services.logs.names import Owner, find_group, named, on_group, plane, resource
from groundcloud.services.logs.records import LogGroup
from groundcloud.store import Transaction

_MOST = 50


def _owner(ctx: Context, arn: str) -> Owner:
    if not arn.startswith("arn:aws:logs:") or ":log-group:" not in arn:
        raise errors.ResourceNotFound()
    return named(ctx, arn)


def _tagged(ctx: Context, resource_arn: str) -> Resource:
    return resource(ctx, _owner(ctx, resource_arn), whole=True)


async def _change(ctx: Context, owner: Owner, change: Callable[[LogGroup], dict[str, str]]) -> None:
    def work(tx: Transaction) -> None:
        group = find_group(tx, owner)
        group.tags = change(group)
        if len(group.tags) > _MOST:
            raise errors.TooManyTags()
        tx.put(group)

    await plane(ctx).submit(work)


async def _add(ctx: Context, owner: Owner, tags: Mapping[str, str]) -> None:
    await _change(ctx, owner, lambda group: {**group.tags, **tags})


async def _remove(ctx: Context, owner: Owner, keys: Sequence[str]) -> None:
    await _change(ctx, owner, lambda group: {key: value for key, value in group.tags.items() if key not in keys})


def _shown(ctx: Context, owner: Owner) -> dict[str, dict[str, str]]:
    with plane(ctx).snapshot() as tx:
        return {"tags": find_group(tx, owner).tags}


# -- by ARN


@operation(on=_tagged)
async def tag_resource(ctx: Context, resource_arn: str, tags: Mapping[str, str]) -> None:
    await _add(ctx, _owner(ctx, resource_arn), tags)


@operation(on=_tagged)
async def untag_resource(ctx: Context, resource_arn: str, tag_keys: Sequence[str]) -> None:
    await _remove(ctx, _owner(ctx, resource_arn), tag_keys)


@operation(on=_tagged, read=True)
def list_tags_for_resource(ctx: Context, resource_arn: str) -> object:
    return _shown(ctx, _owner(ctx, resource_arn))


# -- by name, as before


@operation(on=on_group)
async def tag_log_group(ctx: Context, log_group_name: str, tags: Mapping[str, str]) -> None:
    await _add(ctx, named(ctx, log_group_name), tags)


@operation(on=on_group)
async def untag_log_group(ctx: Context, log_group_name: str, tags: Sequence[str]) -> None:
    await _remove(ctx, named(ctx, log_group_name), tags)


@operation(on=on_group, read=True)
def list_tags_log_group(ctx: Context, log_group_name: str) -> object:
    return _shown(ctx, named(ctx, log_group_name))
