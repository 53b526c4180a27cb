"""The account as a whole: how much of everything there is, everything at once, and what STS is told."""

from collections.abc import Iterable, Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import chain, page_of
from groundcloud.services.iam.common import boundary_shown, cut, encoded, managed_policy, tags_shown
from groundcloud.services.iam.entities import Entity, use_of
from groundcloud.services.iam.instance_profiles import listed as instance_profile_listed
from groundcloud.services.iam.managed import AwsManagedPolicy
from groundcloud.services.iam.provider_records import (
    OidcProvider,
    SamlProvider,
    ServerCertificate,
    SigningCertificate,
    StsPreferences,
    VirtualMfaDevice,
)
from groundcloud.services.iam.records import (
    AccessKey,
    Group,
    InstanceProfile,
    ManagedPolicy,
    PolicyUse,
    PolicyVersion,
    Role,
    RoleUse,
    User,
)
from groundcloud.store import Record

QUOTAS = {
    "AccessKeysPerUserQuota": 2,
    "AssumeRolePolicySizeQuota": 2048,
    "AttachedPoliciesPerGroupQuota": 10,
    "AttachedPoliciesPerRoleQuota": 10,
    "AttachedPoliciesPerUserQuota": 10,
    "GroupPolicySizeQuota": 5120,
    "GroupsPerUserQuota": 10,
    "GroupsQuota": 300,
    "InstanceProfilesQuota": 1000,
    "PoliciesQuota": 1500,
    "PolicySizeQuota": 6144,
    "PolicyVersionsInUseQuota": 10000,
    "RolePolicySizeQuota": 10240,
    "RolesQuota": 1000,
    "ServerCertificatesQuota": 20,
    "SigningCertificatesPerUserQuota": 2,
    "UserPolicySizeQuota": 2048,
    "UsersQuota": 5000,
    "VersionsPerPolicyQuota": 5,
}
"""IAM guide, "IAM and AWS STS quotas"."""


@operation(on="*", read=True)
def get_account_summary(ctx: Context) -> object:
    def count(kind: type[Record]) -> int:
        return sum(1 for _ in ctx.scan(kind))

    devices = list(ctx.scan(VirtualMfaDevice))
    preferences = ctx.get(StsPreferences)
    versions = [len(policy.versions) for policy in ctx.scan(ManagedPolicy)]
    counted = {
        "Users": count(User),
        "Groups": count(Group),
        "Roles": count(Role),
        "InstanceProfiles": count(InstanceProfile),
        "Policies": len(versions),
        "PolicyVersionsInUse": sum(versions),
        "Providers": count(SamlProvider) + count(OidcProvider),
        "ServerCertificates": count(ServerCertificate),
        "MFADevices": len(devices),
        "MFADevicesInUse": sum(device.user_name is not None for device in devices),
        "AccountMFAEnabled": int(any(device.user_name == "" for device in devices)),
        "AccountAccessKeysPresent": int(ctx.exists(AccessKey, "")),
        "AccountPasswordPresent": 0,
        "AccountSigningCertificatesPresent": int(ctx.exists(SigningCertificate, "")),
        "GlobalEndpointTokenVersion": preferences.token_version if preferences is not None else 1,
    }
    return {"summary_map": {**counted, **QUOTAS}}


@operation(on="*")
def set_security_token_service_preferences(ctx: Context, global_endpoint_token_version: str) -> None:
    """Kept for GetAccountSummary to show; tokens of this cloud are valid in every region either way."""
    ctx.put(StsPreferences(account=ctx.account, global_endpoint_token_version=global_endpoint_token_version))


# -- everything at once


@operation(on="*", read=True)
def get_account_authorization_details(
    ctx: Context, filter: Sequence[str] = (), max_items: int = 0, marker: str = ""
) -> object:
    pages = {
        "User": ctx.page(User, each=lambda found: ("user_detail_list", _user(found))),
        "Group": ctx.page(Group, each=lambda found: ("group_detail_list", _group(found))),
        "Role": ctx.page(Role, each=lambda found: ("role_detail_list", _role(ctx, found))),
        "LocalManagedPolicy": ctx.page(ManagedPolicy, each=lambda found: ("policies", _policy(ctx, found))),
        "AWSManagedPolicy": page_of(_aws_policies(ctx), key=lambda pair: str(pair[1]["arn"])),
    }
    wanted = [page for name, page in pages.items() if not filter or name in filter]
    purpose = f"GetAccountAuthorizationDetails/{','.join(sorted(filter))}"
    found, members = cut(ctx, chain(*wanted) if wanted else page_of([], key=str), marker, max_items, purpose)
    lists: dict[str, list[Any]] = {
        "user_detail_list": [], "group_detail_list": [], "role_detail_list": [], "policies": [],
    }  # fmt: skip
    for name, item in found:
        lists[name].append(item)
    return {**lists, **members}


def _aws_policies(ctx: Context) -> Iterable[tuple[str, dict[str, Any]]]:
    """Those that the account uses."""
    for use in ctx.scan(PolicyUse):
        found = managed_policy(ctx, use.policy_arn)
        if isinstance(found, AwsManagedPolicy):
            yield "policies", _policy(ctx, found)


def _inline(entity: Entity) -> list[dict[str, str]]:
    return [
        {"policy_name": name, "policy_document": encoded(document)} for name, document in entity.inline_policies.items()
    ]


def _common(entity: Entity) -> dict[str, Any]:
    attached = [{"policy_name": arn.rpartition("/")[2], "policy_arn": arn} for arn in entity.attached_policies]
    return {
        "path": entity.path,
        "arn": entity.arn,
        "create_date": entity.create_date,
        "attached_managed_policies": attached,
    }


def _user(user: User) -> dict[str, Any]:
    return {
        **_common(user),
        "user_name": user.user_name,
        "user_id": user.user_id,
        "user_policy_list": _inline(user) or None,
        "group_list": user.groups,
        "permissions_boundary": boundary_shown(user.boundary_arn),
        "tags": tags_shown(user.tags),
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        **_common(group),
        "group_name": group.group_name,
        "group_id": group.group_id,
        "group_policy_list": _inline(group),
    }


def _role(ctx: Context, role: Role) -> dict[str, Any]:
    use = ctx.tx.get(RoleUse, role.role_id)
    profiles = ctx.scan(InstanceProfile, role.role_name, index="by_role")
    return {
        **_common(role),
        "role_name": role.role_name,
        "role_id": role.role_id,
        "assume_role_policy_document": encoded(role.assume_role_policy_document),
        "instance_profile_list": [instance_profile_listed(ctx, profile) for profile in profiles],
        "role_policy_list": _inline(role),
        "permissions_boundary": boundary_shown(role.boundary_arn),
        "tags": tags_shown(role.tags),
        "role_last_used": use if use is not None else {},
    }


def _policy(ctx: Context, policy: ManagedPolicy | AwsManagedPolicy) -> dict[str, Any]:
    use = use_of(ctx, policy.arn)
    if isinstance(policy, ManagedPolicy):
        versions = policy.versions
    else:
        versions = [PolicyVersion(policy.default_version_id, policy.document, policy.update_date)]
    members = ("policy_name", "policy_id", "arn", "path", "default_version_id", "create_date", "update_date")
    return {
        **{name: getattr(policy, name) for name in members},
        "attachment_count": use.attachments,
        "permissions_boundary_usage_count": use.boundaries,
        "is_attachable": True,
        "policy_version_list": [
            {
                "document": encoded(version.document),
                "version_id": version.version_id,
                "is_default_version": version.version_id == policy.default_version_id,
                "create_date": version.create_date,
            }
            for version in versions
        ],
    }
