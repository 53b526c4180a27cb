"""Domains that go from one account of this cloud to another. Their hosted zones stay where they are, as on AWS.

Source: TransferDomainToAnotherAwsAccount in the API reference: whoever has the password accepts within three days.
"""

from datetime import timedelta

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.route53domains import errors
from groundcloud.services.route53domains.records import Domain, DomainOperation, DomainTransfer
from groundcloud.services.route53domains.shared import begin, existing, is_taken, plain_name

LASTS = timedelta(days=3)
OUT = "INTERNAL_TRANSFER_OUT_DOMAIN"
_PURPOSE = "domain transfer"
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


@operation(on="*")
def transfer_domain_to_another_aws_account(ctx: Context, domain_name: str, account_id: str) -> dict[str, str]:
    found = existing(ctx, domain_name)
    if account_id == ctx.account or not (account_id.isdigit() and len(account_id) == 12):
        raise errors.InvalidInput(reason=f"The domain cannot be transferred to the account {account_id}")
    if _pending(ctx, found.name) is not None:
        raise errors.DuplicateRequest(name=found.name)
    password = ctx.random_text(_LETTERS, 16)
    answer = begin(ctx, found.name, OUT)
    sealed = ctx.seal(password.encode(), _PURPOSE)
    ctx.put(DomainTransfer(found.name, ctx.account, account_id, sealed, answer["operation_id"], ctx.now()))
    return {**answer, "password": password}


def _pending(ctx: Context, name: str) -> DomainTransfer | None:
    found = ctx.tx.get(DomainTransfer, name)
    return found if found is not None and ctx.now() - found.asked < LASTS else None


def _mine(ctx: Context, domain_name: str, giving: bool) -> DomainTransfer:
    """The transfer that this account gives or takes. Raises `InvalidInput`."""
    name = plain_name(domain_name)
    found = _pending(ctx, name)
    if found is None or ctx.account != (found.account if giving else found.receiver):
        raise errors.InvalidInput(reason=f"There is no pending transfer of the domain {name}")
    return found


@operation(on="*")
def accept_domain_transfer_from_another_aws_account(ctx: Context, domain_name: str, password: str) -> dict[str, str]:
    found = _mine(ctx, domain_name, giving=False)
    if ctx.open(found.sealed, _PURPOSE).decode() != password:
        raise errors.InvalidInput(reason="The password is not correct")
    domain = ctx.tx.get(Domain, found.account, found.name)
    if domain is None:
        raise errors.InvalidInput(reason=f"There is no pending transfer of the domain {found.name}")
    ctx.delete(domain)
    domain.account, domain.updated_date, domain.tags = ctx.account, ctx.now(), []
    ctx.put(domain)
    _end(ctx, found, "SUCCESSFUL")
    return begin(ctx, found.name, "INTERNAL_TRANSFER_IN_DOMAIN")


def _end(ctx: Context, found: DomainTransfer, status: str) -> dict[str, str]:
    ctx.delete(found)
    asked = ctx.tx.get(DomainOperation, found.account, found.operation_id)
    if asked is not None:
        asked.status, asked.last_updated_date = status, ctx.now()
        ctx.put(asked)
    return {"operation_id": found.operation_id}


@operation(on="*")
def cancel_domain_transfer_to_another_aws_account(ctx: Context, domain_name: str) -> dict[str, str]:
    return _end(ctx, _mine(ctx, domain_name, giving=True), "FAILED")


@operation(on="*")
def reject_domain_transfer_from_another_aws_account(ctx: Context, domain_name: str) -> dict[str, str]:
    return _end(ctx, _mine(ctx, domain_name, giving=False), "FAILED")


@operation(on="*", read=True)
def check_domain_transferability(ctx: Context, domain_name: str, auth_code: str | None = None) -> object:
    """No registrar outside of this cloud is asked, so domains that are not registered here cannot be brought."""
    name = plain_name(domain_name)
    kinds = {True: "DOMAIN_IN_OWN_ACCOUNT", False: "DOMAIN_IN_ANOTHER_ACCOUNT"}
    own = ctx.get(Domain, name) is not None
    return {"transferability": {"transferable": kinds[own] if is_taken(ctx, name) else "UNTRANSFERABLE"}}
