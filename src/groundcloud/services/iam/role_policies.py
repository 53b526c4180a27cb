"""Policies of roles: those written into them, and the managed ones attached to them."""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.services.iam import entities
from groundcloud.services.iam.common import role, role_boundary
from groundcloud.services.iam.records import Role
from groundcloud.services.iam.roles import modifiable_role


@operation(on=role, conditions={"iam:PermissionsBoundary": role_boundary})
def put_role_policy(ctx: Context, role_name: str, policy_name: str, policy_document: str) -> None:
    entities.put_inline(ctx, modifiable_role(ctx, role_name), policy_name, policy_document)


@operation(on=role, read=True)
def get_role_policy(ctx: Context, role_name: str, policy_name: str) -> object:
    return entities.get_inline(ctx.find(Role, role_name), policy_name)


@operation(on=role, conditions={"iam:PermissionsBoundary": role_boundary})
def delete_role_policy(ctx: Context, role_name: str, policy_name: str) -> None:
    entities.delete_inline(ctx, modifiable_role(ctx, role_name), policy_name)


@operation(on=role, read=True)
def list_role_policies(ctx: Context, role_name: str) -> dict[str, Page]:
    return entities.list_inline(ctx.find(Role, role_name))


@operation(on=role, conditions={"iam:PolicyARN": "policy_arn", "iam:PermissionsBoundary": role_boundary})
def attach_role_policy(ctx: Context, role_name: str, policy_arn: str) -> None:
    entities.attach(ctx, modifiable_role(ctx, role_name), policy_arn)


@operation(on=role, conditions={"iam:PolicyARN": "policy_arn", "iam:PermissionsBoundary": role_boundary})
def detach_role_policy(ctx: Context, role_name: str, policy_arn: str) -> None:
    entities.detach(ctx, modifiable_role(ctx, role_name), policy_arn)


@operation(on=role, read=True)
def list_attached_role_policies(ctx: Context, role_name: str, path_prefix: str = "/") -> dict[str, Page]:
    return entities.list_attached(ctx.find(Role, role_name), path_prefix)
