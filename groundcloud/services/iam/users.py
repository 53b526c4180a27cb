"""Users."""

from collections.abc import Sequence

from groundcloud.accounts import Account
from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.services.iam import errors
from groundcloud.services.iam.common import caller_or, merged_tags, new_unique_id, user
from groundcloud.services.iam.records import AccessKey, Tag, User


def _new_user(ctx: Context, user_name: str, path: str) -> Resource:
    return Resource(ctx.arn(f"user{path}{user_name}"))


@operation(on=_new_user, conditions={"iam:PermissionsBoundary": "permissions_boundary"})
def create_user(
    ctx: Context, user_name: str, path: str = "/", permissions_boundary: str = "", tags: Sequence[Tag] = ()
) -> object:
    if ctx.get(User, user_name) or ctx.exists(User, user_name.lower(), index="by_folded_name"):
        raise errors.UserExists(user_name=user_name)
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
    return {"user": ctx.put(made)}


@operation(on=user, read=True)
def get_user(ctx: Context, user_name: str = "") -> object:
    name = caller_or(ctx, user_name)
    return {"user": ctx.find(User, name) if name else _root(ctx)}


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
    return {"users": ctx.page(User, where=lambda user: user.path.startswith(path_prefix))}


@operation(on=user)
def delete_user(ctx: Context, user_name: str) -> None:
    found = ctx.find(User, user_name)
    if ctx.exists(AccessKey, user_name):
        raise errors.DeleteConflict(reason="Cannot delete entity, must delete access keys first.")
    ctx.delete(found)
