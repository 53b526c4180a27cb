"""Users: made, shown, renamed, deleted."""

from collections.abc import Sequence
from typing import Any

import msgspec

from groundcloud.accounts import Account
from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.services.iam import errors
from groundcloud.services.iam.belongings import check_without_belongings, move_belongings
from groundcloud.services.iam.common import (
    below,
    boundary_shown,
    caller_or,
    new_unique_id,
    tags_shown,
    taken,
    to_make,
    user,
    user_boundary,
)
from groundcloud.services.iam.entities import check_boundary, check_without_policies, count_use, release
from groundcloud.services.iam.records import Tag, User
from groundcloud.services.iam.tags import merged_tags
from groundcloud.services.iam.trust import principal_changed


def _new_user(ctx: Context, user_name: str, path: str, tags: Sequence[Tag]) -> list[Resource]:
    return to_make(ctx.arn(f"user{path}{user_name}"), tags, "iam:TagUser")


@operation(on=_new_user, conditions={"iam:PermissionsBoundary": "permissions_boundary"})
def create_user(
    ctx: Context, user_name: str, path: str = "/", permissions_boundary: str = "", tags: Sequence[Tag] = ()
) -> object:
    if taken(ctx, User, user_name):
        raise errors.UserExists(user_name=user_name)
    if permissions_boundary:
        check_boundary(ctx, permissions_boundary)
    made = User(
        account=ctx.account,
        user_name=user_name,
        user_id=new_unique_id(ctx, "AIDA"),
        arn=ctx.arn(f"user{path}{user_name}"),
        path=path,
        create_date=ctx.now(),
        boundary_arn=permissions_boundary,
        tags=merged_tags((), tags),
    )
    count_use(ctx, permissions_boundary, boundaries=1)
    return {"user": shown(ctx.put(made))}


@operation(on=user, read=True)
def get_user(ctx: Context, user_name: str = "") -> object:
    name = caller_or(ctx, user_name)
    return {"user": shown(ctx.find(User, name)) if name else _root(ctx)}


def shown(user: User) -> dict[str, Any]:
    """A user with everything that is known of it."""
    return {
        **listed(user),
        "permissions_boundary": boundary_shown(user.boundary_arn),
        "tags": tags_shown(user.tags),
    }


def listed(user: User) -> dict[str, Any]:
    """A user as lists show it: without tags and boundary (API reference, ListUsers)."""
    return {
        "path": user.path,
        "user_name": user.user_name,
        "user_id": user.user_id,
        "arn": user.arn,
        "create_date": user.create_date,
        "password_last_used": user.password_last_used,
    }


def _root(ctx: Context) -> object:
    """What AWS shows of the root user to itself: no path, the account's number as its id."""
    account = ctx.tx.get(Account, ctx.account)
    return {
        "user_id": ctx.account,
        "arn": ctx.principal.arn,
        "create_date": account.created if account is not None else ctx.now(),
    }


@operation(on="user{path_prefix}", read=True)
def list_users(ctx: Context, path_prefix: str = "/") -> dict[str, Page]:
    return {"users": below(ctx, User, path_prefix, listed)}


def _before_and_after(ctx: Context, user_name: str, new_path: str, new_user_name: str) -> list[Resource]:
    """A user may be renamed by who may change both names (API reference, UpdateUser)."""
    found = ctx.get(User, user_name)
    before = user(ctx, user_name)
    path = new_path or (found.path if found is not None else "/")
    after = ctx.arn(f"user{path}{new_user_name or user_name}")
    return [before] if after == before.arn else [before, before._replace(arn=after)]


@operation(on=_before_and_after)
def update_user(ctx: Context, user_name: str, new_path: str = "", new_user_name: str = "") -> None:
    found = ctx.find(User, user_name)
    name, path = new_user_name or user_name, new_path or found.path
    if name.lower() != user_name.lower() and taken(ctx, User, name):
        raise errors.UserExists(user_name=name)
    if name != user_name:
        ctx.delete(found)
        move_belongings(ctx, user_name, name)
    arn = ctx.arn(f"user{path}{name}")
    ctx.put(msgspec.structs.replace(found, user_name=name, path=path, arn=arn))
    if arn != found.arn:
        principal_changed(ctx, found.arn, arn)


@operation(on=user, conditions={"iam:PermissionsBoundary": user_boundary})
def delete_user(ctx: Context, user_name: str) -> None:
    found = ctx.find(User, user_name)
    check_without_belongings(ctx, user_name)
    check_without_policies(found)
    if found.groups:
        raise errors.StillNeeded(first="remove users from group")
    release(ctx, found)
