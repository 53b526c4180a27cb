"""Policies attached to roots, units and accounts.

While a type of control policies is enabled, every target has one of it at least: AWS's own that allows all, until
another takes its place.
"""

from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.services.organizations import errors
from groundcloud.services.organizations.common import (
    account_of,
    administered,
    changes_control,
    entity_arn,
    listed,
    policy,
    policy_and_target,
    policy_of,
    policy_type,
    show_policy_summary,
    target,
    target_exists,
)
from groundcloud.services.organizations.managed import DEFAULTS, POLICY_TYPES, RCP_FULL_AWS_ACCESS
from groundcloud.services.organizations.records import Attachment, Member, Organization, Unit
from groundcloud.store import Transaction


def attach_defaults(tx: Transaction, organization: Organization, target_id: str) -> None:
    """What a new target begins with."""
    for kind, default in DEFAULTS.items():
        if kind in organization.enabled_policy_types:
            tx.put(Attachment(organization.organization_id, target_id, kind, default.policy_id))


def detach_all(ctx: Context, organization: Organization, target_id: str) -> None:
    """What was attached to a target that goes."""
    for attachment in list(ctx.tx.scan(Attachment, organization.organization_id, target_id)):
        ctx.delete(attachment)


def targets_of(ctx: Context, organization: Organization) -> list[str]:
    """The root, every unit and every account."""
    units = ctx.tx.scan(Unit, organization.organization_id)
    members = ctx.tx.scan(Member, organization.organization_id, index="by_organization")
    return [organization.root_id, *(unit.unit_id for unit in units), *(member.account for member in members)]


@operation(on=policy_and_target, conditions={"organizations:PolicyType": policy_type})
def attach_policy(ctx: Context, policy_id: str, target_id: str) -> None:
    organization = administered(ctx)
    kind = policy_of(ctx, organization, policy_id).type
    if not target_exists(ctx, organization, target_id):
        raise errors.TargetNotFound()
    if kind not in organization.enabled_policy_types:
        raise errors.PolicyTypeNotEnabled()
    attached = list(ctx.tx.scan(Attachment, organization.organization_id, target_id, kind))
    if any(each.policy_id == policy_id for each in attached):
        raise errors.DuplicatePolicyAttachment()
    if len(attached) >= POLICY_TYPES[kind].most_attached:
        raise errors.too_many_policies()
    ctx.put(Attachment(organization.organization_id, target_id, kind, policy_id))
    changes_control(ctx, organization)


@operation(on=policy_and_target, conditions={"organizations:PolicyType": policy_type})
def detach_policy(ctx: Context, policy_id: str, target_id: str) -> None:
    organization = administered(ctx)
    kind = policy_of(ctx, organization, policy_id).type
    if not target_exists(ctx, organization, target_id):
        raise errors.TargetNotFound()
    if policy_id == RCP_FULL_AWS_ACCESS.policy_id:
        raise errors.non_detachable_policy()
    attached = list(ctx.tx.scan(Attachment, organization.organization_id, target_id, kind))
    found = next((each for each in attached if each.policy_id == policy_id), None)
    if found is None:
        raise errors.PolicyNotAttached()
    if kind in DEFAULTS and len(attached) == 1:
        raise errors.last_policy()
    ctx.delete(found)
    changes_control(ctx, organization)


@operation(on=target, read=True, conditions={"organizations:PolicyType": "filter"})
def list_policies_for_target(ctx: Context, target_id: str, filter: str) -> dict[str, Page]:
    organization = administered(ctx)
    if not target_exists(ctx, organization, target_id):
        raise errors.TargetNotFound()

    def show(attachment: Attachment) -> Any:
        return show_policy_summary(organization, policy_of(ctx, organization, attachment.policy_id))

    return {"policies": listed(ctx, Attachment, organization.organization_id, target_id, filter, each=show)}


@operation(on=policy, read=True, conditions={"organizations:PolicyType": policy_type})
def list_targets_for_policy(ctx: Context, policy_id: str) -> dict[str, Page]:
    organization = administered(ctx)
    policy_of(ctx, organization, policy_id)

    def show(attachment: Attachment) -> Any:
        return _show_target(ctx, organization, attachment.target_id)

    return {"targets": listed(ctx, Attachment, organization.organization_id, policy_id, index="by_policy", each=show)}


def _show_target(ctx: Context, organization: Organization, target_id: str) -> dict[str, str]:
    kind, name = "ROOT", "Root"
    if target_id.startswith("ou-"):
        unit = ctx.tx.get(Unit, organization.organization_id, target_id)
        kind, name = "ORGANIZATIONAL_UNIT", unit.name if unit is not None else ""
    elif target_id.isdigit():
        member = ctx.tx.get(Member, target_id)
        kind, name = "ACCOUNT", account_of(ctx, member).name if member is not None else ""
    return {"target_id": target_id, "arn": entity_arn(organization, target_id), "name": name, "type": kind}
