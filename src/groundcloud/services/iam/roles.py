"""Roles and their trust policies."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.services.iam import errors
from groundcloud.services.iam.common import (
    below,
    boundary_shown,
    encoded,
    new_unique_id,
    role,
    role_boundary,
    tags_shown,
    taken,
    to_make,
)
from groundcloud.services.iam.entities import (
    SERVICE_ROLE_PATH,
    check_boundary,
    check_without_policies,
    count_use,
    is_service_linked,
    release,
)
from groundcloud.services.iam.records import InstanceProfile, Role, RoleUse, Tag
from groundcloud.services.iam.tags import merged_tags
from groundcloud.services.iam.trust import trust


def _new_role(ctx: Context, role_name: str, path: str, tags: Sequence[Tag]) -> list[Resource]:
    return to_make(ctx.arn(f"role{path}{role_name}"), tags, "iam:TagRole")


@operation(on=_new_role, conditions={"iam:PermissionsBoundary": "permissions_boundary"})
def create_role(
    ctx: Context,
    role_name: str,
    assume_role_policy_document: str,
    path: str = "/",
    description: str | None = None,
    max_session_duration: int = 3600,
    permissions_boundary: str = "",
    tags: Sequence[Tag] = (),
) -> object:
    if path.startswith(SERVICE_ROLE_PATH):
        raise errors.InvalidInput(reason=f"The path {SERVICE_ROLE_PATH} is reserved for service-linked roles.")
    if taken(ctx, Role, role_name):
        raise errors.RoleExists(role_name=role_name)
    if permissions_boundary:
        check_boundary(ctx, permissions_boundary)
    made = Role(
        account=ctx.account,
        role_name=role_name,
        role_id=new_unique_id(ctx, "AROA"),
        arn=ctx.arn(f"role{path}{role_name}"),
        create_date=ctx.now(),
        assume_role_policy_document=assume_role_policy_document,
        path=path,
        description=description,
        max_session_duration=max_session_duration,
        boundary_arn=permissions_boundary,
        tags=merged_tags((), tags),
    )
    trust(ctx, made, assume_role_policy_document)
    count_use(ctx, permissions_boundary, boundaries=1)
    ctx.put(made)
    return {
        "role": {
            **shown_inside(made),
            "permissions_boundary": boundary_shown(made.boundary_arn),
            "tags": tags_shown(made.tags),
        }
    }


@operation(on=role, read=True)
def get_role(ctx: Context, role_name: str) -> object:
    found = ctx.find(Role, role_name)
    return {"role": shown(ctx, found)}


def shown(ctx: Context, role: Role) -> dict[str, Any]:
    """A role with everything that is known of it."""
    use = ctx.tx.get(RoleUse, role.role_id)
    return {
        **listed(role),
        "permissions_boundary": boundary_shown(role.boundary_arn),
        "tags": tags_shown(role.tags),
        "role_last_used": use if use is not None else {},
    }


def listed(role: Role) -> dict[str, Any]:
    """A role as ListRoles shows it: without tags, boundary and last use (API reference, ListRoles)."""
    return {
        **shown_inside(role),
        "description": role.description,
        "max_session_duration": role.max_session_duration,
    }


def shown_inside(role: Role) -> dict[str, Any]:
    """A role as it is shown inside an instance profile, and in the answer to whoever made it."""
    return {
        "path": role.path,
        "role_name": role.role_name,
        "role_id": role.role_id,
        "arn": role.arn,
        "create_date": role.create_date,
        "assume_role_policy_document": encoded(role.assume_role_policy_document),
    }


@operation(on="role{path_prefix}", read=True)
def list_roles(ctx: Context, path_prefix: str = "/") -> dict[str, Page]:
    return {"roles": below(ctx, Role, path_prefix, listed)}


def modifiable_role(ctx: Context, role_name: str) -> Role:
    """A role that customers may change. Raises `UnmodifiableEntity` for a service-linked one."""
    found = ctx.find(Role, role_name)
    if is_service_linked(found):
        raise errors.UnmodifiableEntity(role_name=role_name)
    return found


@operation(on=role)
def update_role(
    ctx: Context, role_name: str, description: str | None = None, max_session_duration: int | None = None
) -> object:
    """What is not given stays as it is."""
    found = ctx.find(Role, role_name) if max_session_duration is None else modifiable_role(ctx, role_name)
    if description is not None:
        found.description = description
    if max_session_duration is not None:
        found.max_session_duration = max_session_duration
    ctx.put(found)
    return {}


@operation(on=role)
def update_role_description(ctx: Context, role_name: str, description: str) -> object:
    found = ctx.find(Role, role_name)
    found.description = description
    ctx.put(found)
    return {"role": {**shown_inside(found), "description": description}}


@operation(on=role)
def update_assume_role_policy(ctx: Context, role_name: str, policy_document: str) -> None:
    found = modifiable_role(ctx, role_name)
    trust(ctx, found, policy_document)
    ctx.put(found)


@operation(on=role, conditions={"iam:PermissionsBoundary": role_boundary})
def delete_role(ctx: Context, role_name: str) -> None:
    found = modifiable_role(ctx, role_name)
    if ctx.exists(InstanceProfile, role_name, index="by_role"):
        raise errors.StillNeeded(first="remove roles from instance profile")
    check_without_policies(found)
    if (use := ctx.tx.get(RoleUse, found.role_id)) is not None:
        ctx.delete(use)
    release(ctx, found)
