"""Policies of groups: those written into them, and the managed ones attached to them."""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.services.iam import entities
from groundcloud.services.iam.common import group
from groundcloud.services.iam.records import Group


@operation(on=group)
def put_group_policy(ctx: Context, group_name: str, policy_name: str, policy_document: str) -> None:
    entities.put_inline(ctx, ctx.find(Group, group_name), policy_name, policy_document)


@operation(on=group, read=True)
def get_group_policy(ctx: Context, group_name: str, policy_name: str) -> object:
    return entities.get_inline(ctx.find(Group, group_name), policy_name)


@operation(on=group)
def delete_group_policy(ctx: Context, group_name: str, policy_name: str) -> None:
    entities.delete_inline(ctx, ctx.find(Group, group_name), policy_name)


@operation(on=group, read=True)
def list_group_policies(ctx: Context, group_name: str) -> dict[str, Page]:
    return entities.list_inline(ctx.find(Group, group_name))


@operation(on=group, conditions={"iam:PolicyARN": "policy_arn"})
def attach_group_policy(ctx: Context, group_name: str, policy_arn: str) -> None:
    entities.attach(ctx, ctx.find(Group, group_name), policy_arn)


@operation(on=group, conditions={"iam:PolicyARN": "policy_arn"})
def detach_group_policy(ctx: Context, group_name: str, policy_arn: str) -> None:
    entities.detach(ctx, ctx.find(Group, group_name), policy_arn)


@operation(on=group, read=True)
def list_attached_group_policies(ctx: Context, group_name: str, path_prefix: str = "/") -> dict[str, Page]:
    return entities.list_attached(ctx.find(Group, group_name), path_prefix)
