"""Instance profiles: how a machine gets its role."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.services.iam import errors, roles
from groundcloud.services.iam.common import below, instance_profile, new_unique_id, role, taken, to_make
from groundcloud.services.iam.entities import is_service_linked
from groundcloud.services.iam.records import InstanceProfile, Role, Tag
from groundcloud.services.iam.tags import merged_tags


def _new_profile(ctx: Context, instance_profile_name: str, path: str, tags: Sequence[Tag]) -> list[Resource]:
    return to_make(ctx.arn(f"instance-profile{path}{instance_profile_name}"), tags, "iam:TagInstanceProfile")


@operation(on=_new_profile)
def create_instance_profile(
    ctx: Context, instance_profile_name: str, path: str = "/", tags: Sequence[Tag] = ()
) -> object:
    if taken(ctx, InstanceProfile, instance_profile_name):
        raise errors.InstanceProfileExists(instance_profile_name=instance_profile_name)
    made = InstanceProfile(
        account=ctx.account,
        instance_profile_name=instance_profile_name,
        instance_profile_id=new_unique_id(ctx, "AIPA"),
        arn=ctx.arn(f"instance-profile{path}{instance_profile_name}"),
        path=path,
        create_date=ctx.now(),
        tags=merged_tags((), tags, folded=False),
    )
    return {"instance_profile": {**listed(ctx, ctx.put(made)), "tags": made.tags or None}}


@operation(on=instance_profile, read=True)
def get_instance_profile(ctx: Context, instance_profile_name: str) -> object:
    found = ctx.find(InstanceProfile, instance_profile_name)
    return {"instance_profile": {**listed(ctx, found), "tags": found.tags}}


def listed(ctx: Context, profile: InstanceProfile) -> dict[str, Any]:
    """An instance profile as lists show it: with its role, without its tags."""
    carried = ctx.get(Role, profile.role_name) if profile.role_name else None
    return {
        "path": profile.path,
        "instance_profile_name": profile.instance_profile_name,
        "instance_profile_id": profile.instance_profile_id,
        "arn": profile.arn,
        "create_date": profile.create_date,
        "roles": [roles.shown_inside(carried)] if carried is not None else [],
    }


@operation(on="instance-profile{path_prefix}", read=True)
def list_instance_profiles(ctx: Context, path_prefix: str = "/") -> dict[str, Page]:
    return {"instance_profiles": below(ctx, InstanceProfile, path_prefix, lambda found: listed(ctx, found))}


@operation(on=role, read=True)
def list_instance_profiles_for_role(ctx: Context, role_name: str) -> dict[str, Page]:
    ctx.find(Role, role_name)
    found = ctx.page(InstanceProfile, role_name, index="by_role", each=lambda profile: listed(ctx, profile))
    return {"instance_profiles": found}


@operation(on=instance_profile)
def add_role_to_instance_profile(ctx: Context, instance_profile_name: str, role_name: str) -> None:
    """The caller must also be allowed to pass the role to EC2 (API reference, AddRoleToInstanceProfile)."""
    profile = ctx.find(InstanceProfile, instance_profile_name)
    found = ctx.find(Role, role_name)
    facts = {"iam:passedtoservice": "ec2.amazonaws.com", "iam:associatedresourcearn": profile.arn}
    ctx.authorize("iam:PassRole", role(ctx, role_name)._replace(facts=facts))
    if is_service_linked(found):
        raise errors.UnmodifiableEntity(role_name=role_name)
    if profile.role_name:
        raise errors.QuotaExceeded(quota="InstanceSessionsPerInstanceProfile", limit=1)
    profile.role_name = role_name
    ctx.put(profile)


@operation(on=instance_profile)
def remove_role_from_instance_profile(ctx: Context, instance_profile_name: str, role_name: str) -> None:
    profile = ctx.find(InstanceProfile, instance_profile_name)
    ctx.find(Role, role_name)
    if profile.role_name != role_name:
        raise errors.NoSuchRoleInInstanceProfile(role_name=role_name, instance_profile_name=instance_profile_name)
    profile.role_name = ""
    ctx.put(profile)


@operation(on=instance_profile)
def delete_instance_profile(ctx: Context, instance_profile_name: str) -> None:
    profile = ctx.find(InstanceProfile, instance_profile_name)
    if profile.role_name:
        raise errors.StillNeeded(first="remove roles from instance profile")
    ctx.delete(profile)
