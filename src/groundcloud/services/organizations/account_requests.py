"""Accounts that are asked for. The request is written here; the controller makes the account and its role."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.services.organizations import errors
from groundcloud.services.organizations.common import administered, listed, managed, new_id
from groundcloud.services.organizations.records import AccountRequest, Tag
from groundcloud.services.organizations.tags import checked_tags

DEFAULT_ROLE = "OrganizationAccountAccessRole"


def show_request(request: AccountRequest) -> dict[str, Any]:
    return {
        "id": request.request_id,
        "account_name": request.account_name,
        "state": request.state,
        "requested_timestamp": request.requested,
        "completed_timestamp": request.completed,
        "account_id": request.account_id,
        "failure_reason": request.failure_reason,
    }


@operation(on="*", harmless=("IamUserAccessToBilling",))
def create_account(
    ctx: Context, email: str, account_name: str, role_name: str = DEFAULT_ROLE, tags: Sequence[Tag] = ()
) -> object:
    organization = managed(ctx)
    if role_name.startswith("AWSServiceRoleFor"):
        raise errors.reserved_role_name()
    request = AccountRequest(
        organization_id=organization.organization_id,
        request_id=new_id(ctx, "car", 32),
        account_name=account_name,
        email=email,
        role_name=role_name,
        requested=ctx.now(),
        tags=checked_tags(tags),
    )
    return {"create_account_status": show_request(ctx.put(request))}


@operation(on="*", read=True)
def describe_create_account_status(ctx: Context, create_account_request_id: str) -> object:
    organization = administered(ctx)
    request = ctx.tx.get(AccountRequest, organization.organization_id, create_account_request_id)
    if request is None:
        raise errors.CreateAccountStatusNotFound()
    return {"create_account_status": show_request(request)}


@operation(on="*", read=True)
def list_create_account_status(ctx: Context, states: Sequence[str] = ()) -> dict[str, Page]:
    organization = administered(ctx)
    found = listed(
        ctx,
        AccountRequest,
        organization.organization_id,
        each=show_request,
        where=lambda request: not states or request.state in states,
    )
    return {"create_account_statuses": found}
