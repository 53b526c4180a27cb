"""Types of policies, enabled and disabled in the root."""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.organizations import errors
from groundcloud.services.organizations.attachments import targets_of
from groundcloud.services.organizations.common import administered, changes_control, root
from groundcloud.services.organizations.managed import DEFAULTS, POLICY_TYPES
from groundcloud.services.organizations.organizations import show_root
from groundcloud.services.organizations.records import Attachment, Organization


def _root(organization: Organization, root_id: str) -> None:
    if root_id != organization.root_id:
        raise errors.RootNotFound()


@operation(on=root, conditions={"organizations:PolicyType": "policy_type"})
def enable_policy_type(ctx: Context, root_id: str, policy_type: str) -> object:
    organization = administered(ctx)
    _root(organization, root_id)
    if organization.feature_set != "ALL" or policy_type not in POLICY_TYPES:
        raise errors.PolicyTypeNotAvailable()
    if policy_type in organization.enabled_policy_types:
        raise errors.PolicyTypeAlreadyEnabled()
    organization.enabled_policy_types.append(policy_type)
    if (default := DEFAULTS.get(policy_type)) is not None:
        for target_id in targets_of(ctx, organization):
            ctx.put(Attachment(organization.organization_id, target_id, policy_type, default.policy_id))
    changes_control(ctx, organization)
    return {"root": show_root(organization)}


@operation(on=root, conditions={"organizations:PolicyType": "policy_type"})
def disable_policy_type(ctx: Context, root_id: str, policy_type: str) -> object:
    """What was attached of this type is detached everywhere (Organizations guide, "Disabling a policy type")."""
    organization = administered(ctx)
    _root(organization, root_id)
    if policy_type not in organization.enabled_policy_types:
        raise errors.PolicyTypeNotEnabled()
    organization.enabled_policy_types.remove(policy_type)
    for target_id in targets_of(ctx, organization):
        for attachment in list(ctx.tx.scan(Attachment, organization.organization_id, target_id, policy_type)):
            ctx.delete(attachment)
    changes_control(ctx, organization)
    return {"root": show_root(organization)}
