"""The organization itself: its beginning, its root, its end."""

from typing import Any

from groundcloud.accounts import Account
from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.services.organizations import errors
from groundcloud.services.organizations.attachments import attach_defaults
from groundcloud.services.organizations.common import (
    administered,
    arn,
    changes_control,
    entity_arn,
    joined,
    managed,
    new_id,
    organization_of,
)
from groundcloud.services.organizations.managed import SERVICE_CONTROL_POLICY
from groundcloud.services.organizations.records import (
    AccountRequest,
    Attachment,
    ControlPolicy,
    DelegatedAdministrator,
    Handshake,
    Member,
    Organization,
    ServiceAccess,
    Tags,
    Unit,
)
from groundcloud.store import Record


def show_organization(ctx: Context, organization: Organization) -> dict[str, Any]:
    """As AWS shows it; which types are enabled is the root's to say, and this list is a remnant (API reference)."""
    account = ctx.tx.get(Account, organization.management_account)
    features = organization.feature_set == "ALL"
    return {
        "id": organization.organization_id,
        "arn": arn(organization, "organization"),
        "feature_set": organization.feature_set,
        "master_account_arn": arn(organization, "account", organization.management_account),
        "master_account_id": organization.management_account,
        "master_account_email": account.email if account is not None else "",
        "available_policy_types": [{"type": SERVICE_CONTROL_POLICY, "status": "ENABLED"}] if features else [],
    }


@operation(on="*")
def create_organization(ctx: Context, feature_set: str = "ALL") -> object:
    if organization_of(ctx.tx, ctx.account) is not None:
        raise errors.AlreadyInOrganization()
    organization = Organization(
        organization_id=new_id(ctx, "o", 10),
        management_account=ctx.account,
        root_id=new_id(ctx, "r", 4),
        feature_set=feature_set,
        generation="",
        changed=ctx.now(),
    )
    changes_control(ctx, organization)
    ctx.put(
        Member(
            account=ctx.account,
            organization_id=organization.organization_id,
            path=[organization.root_id],
            joined_method="INVITED",
            joined=ctx.now(),
        )
    )
    attach_defaults(ctx.tx, organization, organization.root_id)
    attach_defaults(ctx.tx, organization, ctx.account)
    return {"organization": show_organization(ctx, organization)}


@operation(on="*", read=True)
def describe_organization(ctx: Context) -> object:
    return {"organization": show_organization(ctx, joined(ctx))}


@operation(on="*")
def delete_organization(ctx: Context) -> None:
    organization = managed(ctx)
    members = list(ctx.tx.scan(Member, organization.organization_id, index="by_organization"))
    if len(members) > 1:
        raise errors.OrganizationNotEmpty()
    for handshake in list(ctx.tx.scan(Handshake, organization.organization_id, index="by_organization")):
        ctx.delete(handshake)
    kinds: tuple[type[Record], ...] = (
        AccountRequest, Attachment, ControlPolicy, DelegatedAdministrator, ServiceAccess, Tags, Unit,
    )  # fmt: skip
    for kind in kinds:
        for record in list(ctx.tx.scan(kind, organization.organization_id)):
            ctx.delete(record)
    for member in members:
        ctx.delete(member)
    ctx.delete(organization)


def show_root(organization: Organization) -> dict[str, Any]:
    return {
        "id": organization.root_id,
        "arn": entity_arn(organization, organization.root_id),
        "name": "Root",
        "policy_types": [{"type": kind, "status": "ENABLED"} for kind in organization.enabled_policy_types],
    }


@operation(on="*", read=True)
def list_roots(ctx: Context) -> dict[str, Page]:
    return {"roots": page_of([show_root(administered(ctx))], key=lambda root: root["id"])}
