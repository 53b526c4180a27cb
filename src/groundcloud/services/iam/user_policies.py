"""Policies of users: those written into them, and the managed ones attached to them."""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.services.iam import entities
from groundcloud.services.iam.common import user, user_boundary
from groundcloud.services.iam.records import User


@operation(on=user, conditions={"iam:PermissionsBoundary": user_boundary})
def put_user_policy(ctx: Context, user_name: str, policy_name: str, policy_document: str) -> None:
    entities.put_inline(ctx, ctx.find(User, user_name), policy_name, policy_document)


@operation(on=user, read=True)
def get_user_policy(ctx: Context, user_name: str, policy_name: str) -> object:
    return entities.get_inline(ctx.find(User, user_name), policy_name)


@operation(on=user, conditions={"iam:PermissionsBoundary": user_boundary})
def delete_user_policy(ctx: Context, user_name: str, policy_name: str) -> None:
    entities.delete_inline(ctx, ctx.find(User, user_name), policy_name)


@operation(on=user, read=True)
def list_user_policies(ctx: Context, user_name: str) -> dict[str, Page]:
    return entities.list_inline(ctx.find(User, user_name))


@operation(on=user, conditions={"iam:PolicyARN": "policy_arn", "iam:PermissionsBoundary": user_boundary})
def attach_user_policy(ctx: Context, user_name: str, policy_arn: str) -> None:
    entities.attach(ctx, ctx.find(User, user_name), policy_arn)


@operation(on=user, conditions={"iam:PolicyARN": "policy_arn", "iam:PermissionsBoundary": user_boundary})
def detach_user_policy(ctx: Context, user_name: str, policy_arn: str) -> None:
    entities.detach(ctx, ctx.find(User, user_name), policy_arn)


@operation(on=user, read=True)
def list_attached_user_policies(ctx: Context, user_name: str, path_prefix: str = "/") -> dict[str, Page]:
    return entities.list_attached(ctx.find(User, user_name), path_prefix)
