"""Invitations of accounts that exist already, and the answers to them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from groundcloud.accounts import Account
from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, chain
from groundcloud.resource import Resource
from groundcloud.services.organizations import errors
from groundcloud.services.organizations.accounts import join
from groundcloud.services.organizations.common import administered, listed, managed, new_id
from groundcloud.services.organizations.records import Handshake, Member, Organization, Tag
from groundcloud.services.organizations.tags import checked_tags, put_tags
from groundcloud.store import Part

LIFE = timedelta(days=15)
KEPT = timedelta(days=30)
"""How long an invitation waits for its answer, and is shown after it (API reference)."""


class HandshakeParty(Part):
    id: str
    type: str


class HandshakeFilter(Part):
    action_type: str = ""
    parent_handshake_id: str = ""


def handshake(ctx: Context, handshake_id: str) -> Resource:
    """The policies of the one who answers decide, although the ARN names the sender."""
    found = ctx.tx.get(Handshake, handshake_id)
    return Resource(_arn(found)) if found is not None else Resource("*")


def _arn(handshake: Handshake) -> str:
    path = f"{handshake.organization_id}/invite/{handshake.handshake_id}"
    return f"arn:aws:organizations::{handshake.management_account}:handshake/{path}"


def _state(ctx: Context, handshake: Handshake) -> str:
    """An invitation expires by itself, a little before the controller writes it down."""
    return "EXPIRED" if handshake.state == "OPEN" and handshake.expires <= ctx.now() else handshake.state


def _show(ctx: Context, handshake: Handshake) -> dict[str, Any]:
    management = ctx.tx.get(Account, handshake.management_account)
    organization = [
        {"type": "MASTER_EMAIL", "value": management.email if management is not None else ""},
        {"type": "MASTER_NAME", "value": management.name if management is not None else ""},
        {"type": "ORGANIZATION_FEATURE_SET", "value": handshake.feature_set},
    ]
    resources: list[dict[str, Any]] = [
        {"type": "ORGANIZATION", "value": handshake.organization_id, "resources": organization},
        {"type": handshake.target_type, "value": handshake.target_id},
    ]
    if handshake.notes:
        resources.append({"type": "NOTES", "value": handshake.notes})
    return {
        "id": handshake.handshake_id,
        "arn": _arn(handshake),
        "parties": [
            {"id": handshake.organization_id[2:], "type": "ORGANIZATION"},
            {"id": handshake.target_id, "type": handshake.target_type},
        ],
        "state": _state(ctx, handshake),
        "requested_timestamp": handshake.requested,
        "expiration_timestamp": handshake.expires,
        "action": "INVITE",
        "resources": resources,
    }


# -- the sender


def _invited(ctx: Context, organization: Organization, target: HandshakeParty) -> None:
    """Whether this party can be invited. Raises `HandshakeConstraintViolationException`, `AccountNotFound...`."""
    if target.type not in ("ACCOUNT", "EMAIL"):
        raise errors.invalid_party()
    if target.type == "ACCOUNT":
        account = ctx.tx.get(Account, target.id)
        if account is None:
            raise errors.AccountNotFound()
    else:
        account = next(iter(ctx.tx.scan(Account, target.id, index="by_email")), None)
    if account is not None:
        member = ctx.tx.get(Member, account.account)
        if member is not None and member.organization_id == organization.organization_id:
            raise errors.already_in_an_organization()
    for known in ctx.tx.scan(Handshake, target.id.lower(), index="by_party"):
        if known.organization_id == organization.organization_id and _state(ctx, known) == "OPEN":
            raise errors.DuplicateHandshake()


@operation(on="*")
def invite_account_to_organization(
    ctx: Context, target: HandshakeParty, notes: str = "", tags: Sequence[Tag] = ()
) -> object:
    organization = managed(ctx)
    _invited(ctx, organization, target)
    made = Handshake(
        handshake_id=new_id(ctx, "h", 32),
        organization_id=organization.organization_id,
        management_account=organization.management_account,
        target_type=target.type,
        target_id=target.id,
        requested=ctx.now(),
        expires=ctx.now() + LIFE,
        feature_set=organization.feature_set,
        notes=notes,
        tags=checked_tags(tags),
    )
    return {"handshake": _show(ctx, ctx.put(made))}


@operation(on=handshake)
def cancel_handshake(ctx: Context, handshake_id: str) -> object:
    found = _find(ctx, handshake_id)
    if found.management_account != ctx.account:
        raise errors.AccessDenied()
    return _end(ctx, found, "CANCELED")


@operation(on="*", read=True)
def list_handshakes_for_organization(ctx: Context, filter: HandshakeFilter | None = None) -> dict[str, Page]:
    organization = administered(ctx)
    found = listed(
        ctx,
        Handshake,
        organization.organization_id,
        index="by_organization",
        each=lambda each: _show(ctx, each),
        where=lambda each: filter is None or filter.action_type in ("", "INVITE"),
    )
    return {"handshakes": found}


# -- the recipient


@operation(on=handshake)
def accept_handshake(ctx: Context, handshake_id: str) -> object:
    found = _received(ctx, handshake_id)
    answer = _end(ctx, found, "ACCEPTED")
    if ctx.tx.get(Member, ctx.account) is not None:
        raise errors.already_in_an_organization()
    organization = ctx.tx.get(Organization, found.organization_id)
    if organization is None:
        raise errors.HandshakeNotFound()
    join(ctx.tx, organization, ctx.account, "INVITED", ctx.now())
    put_tags(ctx.tx, organization, ctx.account, found.tags)
    return answer


@operation(on=handshake)
def decline_handshake(ctx: Context, handshake_id: str) -> object:
    return _end(ctx, _received(ctx, handshake_id), "DECLINED")


@operation(on="*", read=True)
def list_handshakes_for_account(ctx: Context, filter: HandshakeFilter | None = None) -> dict[str, Page]:
    pages = [
        listed(
            ctx,
            Handshake,
            party,
            index="by_party",
            each=lambda each: _show(ctx, each),
            where=lambda each: filter is None or filter.action_type in ("", "INVITE"),
        )
        for party in _parties(ctx)
    ]
    return {"handshakes": chain(*pages)}


@operation(on=handshake, read=True)
def describe_handshake(ctx: Context, handshake_id: str) -> object:
    found = _find(ctx, handshake_id)
    if found.management_account != ctx.account and found.target_id.lower() not in _parties(ctx):
        raise errors.HandshakeNotFound()
    return {"handshake": _show(ctx, found)}


# -- both


def _find(ctx: Context, handshake_id: str) -> Handshake:
    found = ctx.tx.get(Handshake, handshake_id)
    if found is None:
        raise errors.HandshakeNotFound()
    return found


def _parties(ctx: Context) -> list[str]:
    """As what the caller's account can be invited: by its number, or by its e-mail address."""
    account = ctx.tx.get(Account, ctx.account)
    return [ctx.account, account.email.lower()] if account is not None else [ctx.account]


def _received(ctx: Context, handshake_id: str) -> Handshake:
    found = _find(ctx, handshake_id)
    if found.target_id.lower() not in _parties(ctx):
        raise errors.HandshakeNotFound() if found.management_account != ctx.account else errors.AccessDenied()
    return found


def _end(ctx: Context, found: Handshake, state: str) -> object:
    """An open invitation takes the state; one that has ended keeps its own."""
    now = _state(ctx, found)
    if now == state:
        raise errors.HandshakeAlreadyInState()
    if now != "OPEN":
        raise errors.InvalidHandshakeTransition()
    found.state = state
    found.ended = ctx.now()
    ctx.put(found)
    return {"handshake": _show(ctx, found)}
