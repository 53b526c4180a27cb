"""Reusable delegation sets: four name servers that several zones share."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.route53 import errors
from groundcloud.services.route53.records import DelegationSet, HostedZone
from groundcloud.services.route53.shared import first_page, limit, new_id, new_name_servers
from groundcloud.store.keys import pack


def reusable(ctx: Context, id_: str) -> DelegationSet:
    """Raises `NoSuchDelegationSet`."""
    found = ctx.get(DelegationSet, id_)
    if found is None:
        raise errors.NoSuchDelegationSet(id=id_)
    return found


def shown_set(id_: str | None, caller_reference: str | None, servers: Sequence[str]) -> dict[str, Any]:
    return {
        "id": f"/delegationset/{id_}" if id_ else None,
        "caller_reference": caller_reference,
        "name_servers": list(servers),
    }


def _shown(found: DelegationSet) -> dict[str, Any]:
    return shown_set(found.id, found.caller_reference, found.name_servers)


@operation(on="*")
def create_reusable_delegation_set(ctx: Context, caller_reference: str, hosted_zone_id: str | None = None) -> object:
    """With a zone, its name servers become reusable."""
    if ctx.exists(DelegationSet, caller_reference, index="by_reference"):
        raise errors.DelegationSetAlreadyCreated()
    made = DelegationSet(ctx.account, new_id(ctx, "N"), caller_reference, [])
    if hosted_zone_id is None:
        made.name_servers = new_name_servers(ctx)
    else:
        zone = ctx.get(HostedZone, hosted_zone_id)
        if zone is None:
            raise errors.HostedZoneNotFound(id=hosted_zone_id)
        if zone.delegation_set_id is not None:
            raise errors.DelegationSetAlreadyReusable()
        if zone.config.private_zone:
            raise errors.InvalidArgument(reason="A private hosted zone has no delegation set.")
        made.name_servers = list(zone.name_servers)
        zone.delegation_set_id = made.id
        ctx.put(zone)
    ctx.put(made)
    location = f"https://route53.amazonaws.com/2013-04-01/delegationset/{made.id}"
    return {"delegation_set": _shown(made), "location": location}


@operation(on="delegationset/{id}", read=True)
def get_reusable_delegation_set(ctx: Context, id: str) -> object:
    return {"delegation_set": _shown(reusable(ctx, id))}


@operation(on="delegationset/{id}")
def delete_reusable_delegation_set(ctx: Context, id: str) -> None:
    found = reusable(ctx, id)
    if ctx.tx.exists(HostedZone, id, index="by_set"):
        raise errors.DelegationSetInUse(id=id)
    ctx.delete(found)


@operation(on="*", read=True)
def list_reusable_delegation_sets(ctx: Context, marker: str | None = None, max_items: str | None = None) -> object:
    count = limit(max_items, 100)
    after = pack((marker,))[:-1] if marker else b""
    page, further = first_page(ctx.tx.scan(DelegationSet, ctx.account, after=after), count)
    return {
        "delegation_sets": [_shown(each) for each in page],
        "marker": marker or "",
        "is_truncated": further is not None,
        "next_marker": further.id if further is not None else None,
        "max_items": str(count),
    }


@operation(on="delegationset/{delegation_set_id}", read=True)
def get_reusable_delegation_set_limit(ctx: Context, type: str, delegation_set_id: str) -> object:
    found = reusable(ctx, delegation_set_id)
    count = sum(1 for _ in ctx.tx.scan(HostedZone, found.id, index="by_set"))
    return {"limit": {"type": type, "value": 100}, "count": count}
