"""Services of AWS's that may work in the whole organization, and member accounts that administer them."""

from groundcloud.accounts import Account
from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.services.organizations import errors
from groundcloud.services.organizations.common import account, administered, listed, managed, member_of, show_account
from groundcloud.services.organizations.records import DelegatedAdministrator, Organization, ServiceAccess

_SERVICE = {"organizations:ServicePrincipal": "service_principal"}


def _checked(organization: Organization, service_principal: str) -> None:
    if organization.feature_set != "ALL":
        raise errors.not_all_features()
    if not service_principal.endswith(".amazonaws.com") or service_principal.startswith("."):
        raise errors.unrecognized_service()


@operation(on="*", conditions=_SERVICE)
def enable_aws_service_access(ctx: Context, service_principal: str) -> None:
    organization = managed(ctx)
    _checked(organization, service_principal)
    if ctx.tx.get(ServiceAccess, organization.organization_id, service_principal) is None:
        ctx.put(ServiceAccess(organization.organization_id, service_principal, ctx.now()))


@operation(on="*", conditions=_SERVICE)
def disable_aws_service_access(ctx: Context, service_principal: str) -> None:
    organization = managed(ctx)
    _checked(organization, service_principal)
    found = ctx.tx.get(ServiceAccess, organization.organization_id, service_principal)
    if found is not None:
        ctx.delete(found)


@operation(on="*", read=True)
def list_aws_service_access_for_organization(ctx: Context) -> dict[str, Page]:
    organization = administered(ctx)
    return {
        "enabled_service_principals": listed(ctx, ServiceAccess, organization.organization_id, each=lambda each: each)
    }


@operation(on=account, conditions=_SERVICE)
def register_delegated_administrator(ctx: Context, account_id: str, service_principal: str) -> None:
    organization = managed(ctx)
    _checked(organization, service_principal)
    member = member_of(ctx, organization, account_id)
    if account_id == organization.management_account:
        raise errors.cannot_delegate_to_management()
    found = ctx.tx.get(Account, member.account)
    if found is None or found.status != "ACTIVE":
        raise errors.cannot_delegate_to_suspended()
    if ctx.tx.get(ServiceAccess, organization.organization_id, service_principal) is None:
        raise errors.service_access_not_enabled()
    if ctx.tx.get(DelegatedAdministrator, organization.organization_id, account_id, service_principal) is not None:
        raise errors.AccountAlreadyRegistered()
    ctx.put(DelegatedAdministrator(organization.organization_id, account_id, service_principal, ctx.now()))


@operation(on=account, conditions=_SERVICE)
def deregister_delegated_administrator(ctx: Context, account_id: str, service_principal: str) -> None:
    organization = managed(ctx)
    _checked(organization, service_principal)
    member_of(ctx, organization, account_id)
    found = ctx.tx.get(DelegatedAdministrator, organization.organization_id, account_id, service_principal)
    if found is None:
        raise errors.AccountNotRegistered()
    ctx.delete(found)


@operation(on="*", read=True, conditions=_SERVICE)
def list_delegated_administrators(ctx: Context, service_principal: str = "") -> dict[str, Page]:
    organization = administered(ctx)
    shown = {}
    for each in ctx.tx.scan(DelegatedAdministrator, organization.organization_id):
        if service_principal in ("", each.service_principal) and each.account not in shown:
            member = show_account(ctx, organization, member_of(ctx, organization, each.account))
            shown[each.account] = {**member, "delegation_enabled_date": each.delegation_enabled_date}
    return {"delegated_administrators": page_of(shown.values(), key=lambda each: each["id"])}


@operation(on=account, read=True)
def list_delegated_services_for_account(ctx: Context, account_id: str) -> dict[str, Page]:
    organization = administered(ctx)
    member_of(ctx, organization, account_id)
    if not ctx.tx.exists(DelegatedAdministrator, organization.organization_id, account_id):
        raise errors.AccountNotRegistered()
    services = listed(ctx, DelegatedAdministrator, organization.organization_id, account_id, each=lambda each: each)
    return {"delegated_services": services}
