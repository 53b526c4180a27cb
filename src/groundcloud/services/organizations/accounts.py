"""Member accounts: who is in, closing, and leaving."""

from datetime import datetime

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.services.organizations import errors
from groundcloud.services.organizations.attachments import attach_defaults, detach_all
from groundcloud.services.organizations.common import (
    account,
    account_of,
    administered,
    changes_control,
    joined,
    listed,
    managed,
    member_of,
    show_account,
)
from groundcloud.services.organizations.records import DelegatedAdministrator, Member, Organization
from groundcloud.services.organizations.tags import delete_tags
from groundcloud.store import Transaction


def join(tx: Transaction, organization: Organization, account_id: str, method: str, now: datetime) -> Member:
    """An account comes in, under the root."""
    member = Member(
        account=account_id,
        organization_id=organization.organization_id,
        path=[organization.root_id],
        joined_method=method,
        joined=now,
    )
    attach_defaults(tx, organization, account_id)
    return tx.put(member)


def _leave(ctx: Context, organization: Organization, member: Member) -> None:
    """An account goes out, and with it what the organization knew of it (API reference, LeaveOrganization)."""
    if member.account == organization.management_account:
        raise errors.MasterCannotLeave()
    if ctx.tx.exists(DelegatedAdministrator, organization.organization_id, member.account):
        raise errors.is_delegated_administrator()
    detach_all(ctx, organization, member.account)
    delete_tags(ctx, organization, member.account)
    ctx.delete(member)
    changes_control(ctx, organization)


@operation(on="*", read=True)
def list_accounts(ctx: Context) -> dict[str, Page]:
    organization = administered(ctx)
    accounts = listed(
        ctx,
        Member,
        organization.organization_id,
        index="by_organization",
        each=lambda member: show_account(ctx, organization, member),
    )
    return {"accounts": accounts}


@operation(on=account, read=True)
def describe_account(ctx: Context, account_id: str) -> object:
    organization = administered(ctx)
    return {"account": show_account(ctx, organization, member_of(ctx, organization, account_id))}


@operation(on=account)
def close_account(ctx: Context, account_id: str) -> None:
    organization = managed(ctx)
    if organization.feature_set != "ALL":
        raise errors.not_all_features()
    member = member_of(ctx, organization, account_id)
    if account_id == organization.management_account:
        raise errors.cannot_close_management()
    found = account_of(ctx, member)
    if found.status != "ACTIVE":
        raise errors.AccountAlreadyClosed()
    found.status = "PENDING_CLOSURE"
    ctx.put(found)


@operation(on=account)
def remove_account_from_organization(ctx: Context, account_id: str) -> None:
    organization = managed(ctx)
    _leave(ctx, organization, member_of(ctx, organization, account_id))


@operation(on="*")
def leave_organization(ctx: Context) -> None:
    organization = joined(ctx)
    _leave(ctx, organization, member_of(ctx, organization, ctx.account))
