"""Hosted zones: made with their SOA and NS records, described, listed, deleted when nothing else is left in them."""

from collections.abc import Iterator
from typing import Any

from groundcloud.context import Context
from groundcloud.engines.dns.names import BadName
from groundcloud.operation import operation
from groundcloud.services.route53 import errors
from groundcloud.services.route53.delegation_sets import reusable, shown_set
from groundcloud.services.route53.records import (
    VPC,
    ChangeInfo,
    HostedZone,
    HostedZoneConfig,
    RecordSet,
    ResourceRecord,
    ResourceRecordSet,
    ResourceTags,
    VpcAuthorization,
)
from groundcloud.services.route53.shared import (
    SERVERS,
    begin_change,
    first_page,
    limit,
    list_order,
    new_id,
    new_name_servers,
    normal_name,
    shown_change,
    shown_zone,
)
from groundcloud.services.route53.vpcs import check_unused, check_vpc, vpc_condition
from groundcloud.store.keys import pack

_PRIVATE_SERVERS = [f"ns-{first}.awsdns-00.{domain}" for domain, first in SERVERS]
_MOST_ZONES = 500
_LISTED = 100


@operation(on="*", conditions={"route53:VPCs": vpc_condition})
def create_hosted_zone(
    ctx: Context,
    name: str,
    caller_reference: str,
    vpc: VPC | None = None,
    hosted_zone_config: HostedZoneConfig | None = None,
    delegation_set_id: str | None = None,
) -> object:
    name = normal_name(name)
    if name == ".":
        raise errors.InvalidDomainName(reason="The root is not a valid domain name for a hosted zone")
    if ctx.exists(HostedZone, caller_reference, index="by_reference"):
        raise errors.HostedZoneAlreadyExists()
    config = hosted_zone_config or HostedZoneConfig()
    config.private_zone = vpc is not None
    if vpc is not None:
        check_vpc(ctx, vpc)
        check_unused(ctx, vpc, name)
    servers = _servers(ctx, vpc is not None, delegation_set_id)
    zone = HostedZone(
        account=ctx.account, id=new_id(ctx, "Z"), name=name, order=list_order(name), caller_reference=caller_reference,
        created=ctx.now(), config=config, resource_record_set_count=2, name_servers=servers,
        delegation_set_id=delegation_set_id, vpcs=[vpc] if vpc is not None else [],
    )  # fmt: skip
    ctx.put(zone)
    _first_records(ctx, zone)
    return {
        "hosted_zone": shown_zone(zone),
        "change_info": begin_change(ctx, zone, None),
        "delegation_set": _shown_servers(zone),
        "vpc": vpc,
        "location": f"https://route53.amazonaws.com/2013-04-01/hostedzone/{zone.id}",
    }


def _servers(ctx: Context, private: bool, delegation_set_id: str | None) -> list[str]:
    if delegation_set_id is None:
        return list(_PRIVATE_SERVERS) if private else new_name_servers(ctx)
    if private:
        raise errors.InvalidInput(reason="A private hosted zone can't be associated with a reusable delegation set.")
    return list(reusable(ctx, delegation_set_id).name_servers)


def _first_records(ctx: Context, zone: HostedZone) -> None:
    """The NS and SOA records that each zone begins with (Developer Guide, "NS and SOA records")."""
    primary = zone.name_servers[0] if zone.config.private_zone else zone.name_servers[-1]
    soa = f"{primary}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
    for type_, ttl, values in (("NS", 172800, [f"{name}." for name in zone.name_servers]), ("SOA", 900, [soa])):
        shown = ResourceRecordSet(zone.name, type_, ttl=ttl, resource_records=[ResourceRecord(v) for v in values])
        ctx.put(RecordSet(zone.account, zone.id, zone.order, type_, "", shown))


def _shown_servers(zone: HostedZone) -> Any:
    """Private zones have no servers that anybody could delegate to."""
    return None if zone.config.private_zone else shown_set(zone.delegation_set_id, None, zone.name_servers)


@operation(on="hostedzone/{id}", read=True)
def get_hosted_zone(ctx: Context, id: str) -> object:
    zone = ctx.find(HostedZone, id)
    return {"hosted_zone": shown_zone(zone), "delegation_set": _shown_servers(zone), "_vpcs": zone.vpcs or None}


@operation(on="hostedzone/{id}")
def delete_hosted_zone(ctx: Context, id: str) -> object:
    zone = ctx.find(HostedZone, id)
    if zone.resource_record_set_count > 2:
        raise errors.HostedZoneNotEmpty()
    if zone.dnssec != "NOT_SIGNING":
        raise errors.InvalidInput(reason="DNSSEC signing must be disabled before the hosted zone is deleted.")
    for record in list(ctx.scan(RecordSet, id)):
        ctx.delete(record)
    for authorization in list(ctx.scan(VpcAuthorization, id)):
        ctx.delete(authorization)
    tags = ctx.get(ResourceTags, "hostedzone", id)
    if tags is not None:
        ctx.delete(tags)
    ctx.delete(zone)
    return {"change_info": begin_change(ctx, zone, None)}


@operation(on="hostedzone/{id}")
def update_hosted_zone_comment(ctx: Context, id: str, comment: str | None = None) -> object:
    zone = ctx.find(HostedZone, id)
    zone.config.comment = comment or None
    return {"hosted_zone": shown_zone(ctx.put(zone))}


@operation(on="*", read=True)
def list_hosted_zones(
    ctx: Context,
    marker: str | None = None,
    max_items: str | None = None,
    delegation_set_id: str | None = None,
    hosted_zone_type: str | None = None,
) -> object:
    count = limit(max_items, _LISTED)
    if delegation_set_id is not None:
        reusable(ctx, delegation_set_id)
    after = pack((marker,))[:-1] if marker else b""
    if delegation_set_id is not None:
        found: Iterator[HostedZone] = (
            zone
            for zone in ctx.tx.scan(HostedZone, delegation_set_id, index="by_set")
            if zone.account == ctx.account and zone.id >= (marker or "")
        )
    else:
        found = ctx.tx.scan(HostedZone, ctx.account, after=after)
    if hosted_zone_type == "PrivateHostedZone":
        found = (zone for zone in found if zone.config.private_zone)
    page, further = first_page(found, count)
    return {
        "hosted_zones": [shown_zone(zone) for zone in page],
        "marker": marker or "",
        "is_truncated": further is not None,
        "next_marker": further.id if further is not None else None,
        "max_items": str(count),
    }


@operation(on="*", read=True)
def list_hosted_zones_by_name(
    ctx: Context, dns_name: str | None = None, hosted_zone_id: str | None = None, max_items: str | None = None
) -> object:
    count = limit(max_items, _LISTED)
    if hosted_zone_id and not dns_name:
        raise errors.InvalidInput(reason="HostedZoneId can be used only with DNSName.")
    after = b""
    if dns_name:
        try:
            order = list_order(dns_name)
        except BadName as error:
            raise errors.InvalidDomainName(reason=f"{dns_name} is not a valid domain name") from error
        after = pack((order, hosted_zone_id))[:-1] if hosted_zone_id else pack((order,))
    page, further = first_page(ctx.tx.scan(HostedZone, ctx.account, index="by_name", after=after), count)
    return {
        "hosted_zones": [shown_zone(zone) for zone in page],
        "dns_name": dns_name,
        "hosted_zone_id": hosted_zone_id,
        "is_truncated": further is not None,
        "next_dns_name": further.name if further is not None else None,
        "next_hosted_zone_id": further.id if further is not None else None,
        "max_items": str(count),
    }


@operation(on="*", read=True)
def get_hosted_zone_count(ctx: Context) -> object:
    return {"hosted_zone_count": sum(1 for _ in ctx.scan(HostedZone))}


@operation(on="hostedzone/{hosted_zone_id}", read=True)
def get_hosted_zone_limit(ctx: Context, type: str, hosted_zone_id: str) -> object:
    zone = ctx.find(HostedZone, hosted_zone_id)
    if type == "MAX_VPCS_ASSOCIATED_BY_ZONE":
        if not zone.config.private_zone:
            raise errors.HostedZoneNotPrivate()
        return {"limit": {"type": type, "value": 300}, "count": len(zone.vpcs)}
    return {"limit": {"type": type, "value": 10000}, "count": zone.resource_record_set_count}


@operation(on="*", read=True)
def get_account_limit(ctx: Context, type: str) -> object:
    from groundcloud.services.route53.account_limits import usage

    value, count = usage(ctx, type)
    return {"limit": {"type": type, "value": value}, "count": count}


@operation(on="change/{id}", read=True)
def get_change(ctx: Context, id: str) -> object:
    return {"change_info": shown_change(ctx.find(ChangeInfo, id))}
