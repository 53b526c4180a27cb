"""Groups, and who is in them."""

from typing import Any

import msgspec

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.resource import Resource
from groundcloud.services.iam import errors, users
from groundcloud.services.iam.common import below, group, new_unique_id, taken, user
from groundcloud.services.iam.entities import check_without_policies, release
from groundcloud.services.iam.records import Group, User

MOST_GROUPS = 10
"""Groups of one user ("IAM and AWS STS quotas")."""


def _new_group(ctx: Context, group_name: str, path: str) -> Resource:
    return Resource(ctx.arn(f"group{path}{group_name}"))


@operation(on=_new_group)
def create_group(ctx: Context, group_name: str, path: str = "/") -> object:
    if taken(ctx, Group, group_name):
        raise errors.GroupExists(group_name=group_name)
    made = Group(
        account=ctx.account,
        group_name=group_name,
        group_id=new_unique_id(ctx, "AGPA"),
        arn=ctx.arn(f"group{path}{group_name}"),
        path=path,
        create_date=ctx.now(),
    )
    return {"group": shown(ctx.put(made))}


def shown(group: Group) -> dict[str, Any]:
    return {
        "path": group.path,
        "group_name": group.group_name,
        "group_id": group.group_id,
        "arn": group.arn,
        "create_date": group.create_date,
    }


@operation(on=group, read=True)
def get_group(ctx: Context, group_name: str) -> object:
    found = ctx.find(Group, group_name)
    members = ctx.page(User, group_name, index="by_group", each=users.listed)
    return {"group": shown(found), "users": members}


@operation(on="group{path_prefix}", read=True)
def list_groups(ctx: Context, path_prefix: str = "/") -> dict[str, Page]:
    return {"groups": below(ctx, Group, path_prefix, shown)}


def _before_and_after(ctx: Context, group_name: str, new_path: str, new_group_name: str) -> list[Resource]:
    """A group may be renamed by who may change both names (API reference, UpdateGroup)."""
    found = ctx.get(Group, group_name)
    before = group(ctx, group_name)
    path = new_path or (found.path if found is not None else "/")
    after = Resource(ctx.arn(f"group{path}{new_group_name or group_name}"))
    return [before] if after.arn == before.arn else [before, after]


@operation(on=_before_and_after)
def update_group(ctx: Context, group_name: str, new_path: str = "", new_group_name: str = "") -> None:
    found = ctx.find(Group, group_name)
    name, path = new_group_name or group_name, new_path or found.path
    if name.lower() != group_name.lower() and taken(ctx, Group, name):
        raise errors.GroupExists(group_name=name)
    if name != group_name:
        ctx.delete(found)
        for member in list(ctx.scan(User, group_name, index="by_group")):
            member.groups = [name if each == group_name else each for each in member.groups]
            ctx.put(member)
    ctx.put(msgspec.structs.replace(found, group_name=name, path=path, arn=ctx.arn(f"group{path}{name}")))


@operation(on=group)
def delete_group(ctx: Context, group_name: str) -> None:
    found = ctx.find(Group, group_name)
    if ctx.exists(User, group_name, index="by_group"):
        raise errors.StillNeeded(first="remove users from group")
    check_without_policies(found)
    release(ctx, found)


@operation(on=group)
def add_user_to_group(ctx: Context, group_name: str, user_name: str) -> None:
    member = ctx.find(User, user_name)
    ctx.find(Group, group_name)
    if group_name in member.groups:
        return
    if len(member.groups) >= MOST_GROUPS:
        raise errors.QuotaExceeded(quota="GroupsPerUser", limit=MOST_GROUPS)
    member.groups.append(group_name)
    ctx.put(member)


@operation(on=group)
def remove_user_from_group(ctx: Context, group_name: str, user_name: str) -> None:
    member = ctx.find(User, user_name)
    ctx.find(Group, group_name)
    if group_name in member.groups:
        member.groups.remove(group_name)
        ctx.put(member)


@operation(on=user, read=True)
def list_groups_for_user(ctx: Context, user_name: str) -> dict[str, Page]:
    found = ctx.find(User, user_name)
    groups = [shown(ctx.find(Group, name)) for name in found.groups]
    return {"groups": page_of(groups, key=lambda each: each["group_name"])}
