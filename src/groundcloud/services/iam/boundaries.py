"""Permissions boundaries of users and roles."""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.iam.common import role, role_boundary, user, user_boundary
from groundcloud.services.iam.entities import bound
from groundcloud.services.iam.records import User
from groundcloud.services.iam.roles import modifiable_role


@operation(on=user, conditions={"iam:PermissionsBoundary": "permissions_boundary"})
def put_user_permissions_boundary(ctx: Context, user_name: str, permissions_boundary: str) -> None:
    bound(ctx, ctx.find(User, user_name), permissions_boundary)


@operation(on=user, conditions={"iam:PermissionsBoundary": user_boundary})
def delete_user_permissions_boundary(ctx: Context, user_name: str) -> None:
    bound(ctx, ctx.find(User, user_name), "")


@operation(on=role, conditions={"iam:PermissionsBoundary": "permissions_boundary"})
def put_role_permissions_boundary(ctx: Context, role_name: str, permissions_boundary: str) -> None:
    bound(ctx, modifiable_role(ctx, role_name), permissions_boundary)


@operation(on=role, conditions={"iam:PermissionsBoundary": role_boundary})
def delete_role_permissions_boundary(ctx: Context, role_name: str) -> None:
    bound(ctx, modifiable_role(ctx, role_name), "")
