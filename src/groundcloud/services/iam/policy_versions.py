"""Versions of managed policies: five at most, one of them in force."""

from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.services.iam import errors
from groundcloud.services.iam.common import customer_policy, encoded, managed_policy, own_policy, policy
from groundcloud.services.iam.managed_policies import AnyPolicy, checked_managed
from groundcloud.services.iam.records import ManagedPolicy, PolicyVersion

MOST_VERSIONS = 5


@operation(on=customer_policy)
def create_policy_version(ctx: Context, policy_arn: str, policy_document: str, set_as_default: bool = False) -> object:
    found = own_policy(ctx, policy_arn)
    document = checked_managed(policy_document)
    if len(found.versions) >= MOST_VERSIONS:
        raise errors.LimitExceeded(
            reason=f"A managed policy can have up to {MOST_VERSIONS} versions. Before you create a new version, you "
            "must delete an existing version."
        )
    made = PolicyVersion(f"v{found.next_version}", document, ctx.now())
    found.versions.append(made)
    found.next_version += 1
    found.update_date = ctx.now()
    if set_as_default:
        found.default_version_id = made.version_id
    ctx.put(found)
    return {"policy_version": _listed(found, made)}


@operation(on=policy, read=True)
def get_policy_version(ctx: Context, policy_arn: str, version_id: str) -> object:
    found = managed_policy(ctx, policy_arn)
    for version in _versions(found) if found is not None else ():
        if found is not None and version.version_id == version_id:
            return {"policy_version": {**_listed(found, version), "document": encoded(version.document)}}
    raise errors.NoSuchPolicyVersion(policy_arn=policy_arn, version_id=version_id)


@operation(on=policy, read=True)
def list_policy_versions(ctx: Context, policy_arn: str) -> dict[str, Page]:
    """The newest first."""
    found = managed_policy(ctx, policy_arn)
    if found is None:
        raise errors.NoSuchPolicy(policy_arn=policy_arn)
    versions = [_listed(found, version) for version in _versions(found)]
    return {"versions": page_of(versions, key=lambda each: f"{10**9 - int(each['version_id'][1:]):010}")}


@operation(on=customer_policy)
def set_default_policy_version(ctx: Context, policy_arn: str, version_id: str) -> None:
    found, version = _find(ctx, policy_arn, version_id)
    found.default_version_id = version.version_id
    found.update_date = ctx.now()
    ctx.put(found)


@operation(on=customer_policy)
def delete_policy_version(ctx: Context, policy_arn: str, version_id: str) -> None:
    found, version = _find(ctx, policy_arn, version_id)
    if version_id == found.default_version_id:
        raise errors.DeleteConflict(reason="Cannot delete the default version of a policy.")
    found.versions.remove(version)
    found.update_date = ctx.now()
    ctx.put(found)


def _find(ctx: Context, policy_arn: str, version_id: str) -> tuple[ManagedPolicy, PolicyVersion]:
    """A customer's policy and one of its versions. Raises `NoSuchPolicyVersion`, also when there is no policy."""
    found = managed_policy(ctx, policy_arn)
    if isinstance(found, ManagedPolicy):
        for version in found.versions:
            if version.version_id == version_id:
                return found, version
    raise errors.NoSuchPolicyVersion(policy_arn=policy_arn, version_id=version_id)


def _versions(policy: AnyPolicy) -> list[PolicyVersion]:
    if isinstance(policy, ManagedPolicy):
        return policy.versions
    return [PolicyVersion(policy.default_version_id, policy.document, policy.update_date)]


def _listed(policy: AnyPolicy, version: PolicyVersion) -> dict[str, Any]:
    """A version without its document (API reference, ListPolicyVersions)."""
    return {
        "version_id": version.version_id,
        "is_default_version": version.version_id == policy.default_version_id,
        "create_date": version.create_date,
    }
