"""Managed policies: the account's own, and AWS's to look at."""

from collections.abc import Callable, Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, chain, page_of
from groundcloud.resource import Resource
from groundcloud.services.iam import errors
from groundcloud.services.iam.common import (
    below,
    checked_document,
    customer_policy,
    managed_policy,
    new_unique_id,
    own_policy,
    policy,
    size_of,
    taken,
    to_make,
)
from groundcloud.services.iam.entities import use_of
from groundcloud.services.iam.managed import AwsManagedPolicy, managed_policies
from groundcloud.services.iam.records import ManagedPolicy, PolicyUse, PolicyVersion, Tag
from groundcloud.services.iam.tags import merged_tags

LARGEST = 6144
"""Characters of a managed policy ("IAM and AWS STS quotas")."""

AnyPolicy = ManagedPolicy | AwsManagedPolicy


def _new_policy(ctx: Context, policy_name: str, path: str, tags: Sequence[Tag]) -> list[Resource]:
    return to_make(ctx.arn(f"policy{path}{policy_name}"), tags, "iam:TagPolicy")


@operation(on=_new_policy)
def create_policy(
    ctx: Context,
    policy_name: str,
    policy_document: str,
    path: str = "/",
    description: str | None = None,
    tags: Sequence[Tag] = (),
) -> object:
    document = checked_managed(policy_document)
    if taken(ctx, ManagedPolicy, policy_name):
        raise errors.PolicyExists(policy_name=policy_name)
    now = ctx.now()
    made = ManagedPolicy(
        account=ctx.account,
        policy_name=policy_name,
        policy_id=new_unique_id(ctx, "ANPA"),
        arn=ctx.arn(f"policy{path}{policy_name}"),
        create_date=now,
        update_date=now,
        path=path,
        description=description,
        versions=[PolicyVersion("v1", document, now)],
        tags=merged_tags((), tags, folded=False),
    )
    ctx.put(made)
    return {"policy": {**listed(made, use_of(ctx, made.arn)), "tags": made.tags or None}}


def checked_managed(document: str) -> str:
    """A document that a managed policy may have."""
    checked_document(document, managed=True)
    if size_of(document) > LARGEST:
        raise errors.QuotaExceeded(quota="PolicySize", limit=LARGEST)
    return document


@operation(on=policy, read=True)
def get_policy(ctx: Context, policy_arn: str) -> object:
    found = managed_policy(ctx, policy_arn)
    if found is None:
        raise errors.NoSuchPolicy(policy_arn=policy_arn)
    shown = listed(found, use_of(ctx, policy_arn))
    if isinstance(found, ManagedPolicy):
        return {"policy": {**shown, "description": found.description, "tags": found.tags}}
    return {"policy": {**shown, "tags": []}}


def listed(policy: AnyPolicy, use: PolicyUse) -> dict[str, Any]:
    """A policy as ListPolicies shows it: without description and tags (API reference, ListPolicies)."""
    return {
        "policy_name": policy.policy_name,
        "policy_id": policy.policy_id,
        "arn": policy.arn,
        "path": policy.path,
        "default_version_id": policy.default_version_id,
        "attachment_count": use.attachments,
        "permissions_boundary_usage_count": use.boundaries,
        "is_attachable": True,
        "create_date": policy.create_date,
        "update_date": policy.update_date,
    }


def _everything(ctx: Context, path_prefix: str) -> Resource:
    """What AWS's denials of ListPolicies name."""
    return Resource(f"policy path {path_prefix}")


@operation(on=_everything, read=True)
def list_policies(
    ctx: Context,
    scope: str = "All",
    only_attached: bool = False,
    path_prefix: str = "/",
    policy_usage_filter: str = "",
) -> dict[str, Page]:
    wanted = _usage(ctx, only_attached, policy_usage_filter)
    pages = []
    if scope != "AWS":
        pages.append(
            below(ctx, ManagedPolicy, path_prefix, lambda found: listed(found, use_of(ctx, found.arn)), wanted)
        )
    if scope != "Local":
        pages.append(_of_aws(ctx, path_prefix, wanted))
    return {"policies": chain(*pages)}


def _usage(ctx: Context, only_attached: bool, usage: str) -> Callable[[AnyPolicy], bool] | None:
    """The filter that the caller asks for, if any."""
    if usage == "PermissionsBoundary":
        return lambda policy: use_of(ctx, policy.arn).boundaries > 0
    if only_attached or usage == "PermissionsPolicy":
        return lambda policy: use_of(ctx, policy.arn).attachments > 0
    return None


def _of_aws(ctx: Context, path_prefix: str, wanted: Callable[[AnyPolicy], bool] | None) -> Page:
    by_name = page_of(
        (found for found in managed_policies().values() if found.path.startswith(path_prefix)),
        key=lambda found: str(found.policy_name),
    )
    return Page(
        lambda after: (
            (position, listed(found, use_of(ctx, found.arn)))
            for position, found in by_name.start(after)
            if wanted is None or wanted(found)
        )
    )


@operation(on=customer_policy)
def delete_policy(ctx: Context, policy_arn: str) -> None:
    found = own_policy(ctx, policy_arn)
    use = use_of(ctx, policy_arn)
    if use.attachments or use.boundaries:
        raise errors.DeleteConflict(reason="Cannot delete a policy attached to entities.")
    if len(found.versions) > 1:
        raise errors.DeleteConflict(
            reason="This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy."
        )
    ctx.delete(found)
