"""Which VPCs see a private zone, of the zone's own account and of others that it authorizes."""

import re

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.route53 import errors
from groundcloud.services.route53.records import VPC, HostedZone, VpcAuthorization
from groundcloud.services.route53.shared import begin_change, first_page, limit

_VPC_ID = re.compile(r"vpc-[0-9a-z]{1,32}")


def check_form(vpc: VPC) -> None:
    """Raises `InvalidVPCId`."""
    if not vpc.vpc_region or not _VPC_ID.fullmatch(vpc.vpc_id):
        raise errors.InvalidVPCId(vpc=vpc.vpc_id)


def check_vpc(ctx: Context, vpc: VPC) -> None:
    """It is the caller's own, who may describe it (API Reference, "Required permissions"). Raises `InvalidVPCId`."""
    check_form(vpc)
    try:
        ctx.in_region(vpc.vpc_region).call("ec2", "describe_vpcs", vpc_ids=[vpc.vpc_id])
    except AwsError as error:
        if error.code.startswith("InvalidVpcID"):
            raise errors.InvalidVPCId(vpc=vpc.vpc_id) from error
        raise


def vpc_condition(ctx: Context, vpc: VPC | None) -> str | None:
    """As policies see a VPC: `VPCId=vpc-1,VPCRegion=us-east-1`."""
    return None if vpc is None else f"VPCId={vpc.vpc_id},VPCRegion={vpc.vpc_region}"


def check_unused(ctx: Context, vpc: VPC, name: str) -> None:
    """A VPC sees one zone of a name. Raises `ConflictingDomainExists`."""
    for zone in ctx.tx.scan(HostedZone, vpc.vpc_region, vpc.vpc_id, index="by_vpc"):
        if zone.name == name:
            raise errors.ConflictingDomainExists(vpc=vpc.vpc_id, region=vpc.vpc_region, zone=zone.id)


def _visible(ctx: Context, hosted_zone_id: str) -> HostedZone:
    """A zone of any account: whoever has an authorization names it by its id. Raises `NoSuchHostedZone`."""
    found = next(ctx.tx.scan(HostedZone, hosted_zone_id, index="by_id"), None)
    if found is None:
        raise errors.NoSuchHostedZone(id=hosted_zone_id)
    return found


def _zone(ctx: Context, hosted_zone_id: str) -> Resource:
    return Resource(ctx.arn(f"hostedzone/{hosted_zone_id}"))


@operation(on=_zone, conditions={"route53:VPCs": vpc_condition})
def associate_vpc_with_hosted_zone(ctx: Context, hosted_zone_id: str, vpc: VPC, comment: str | None = None) -> object:
    zone = _visible(ctx, hosted_zone_id)
    check_vpc(ctx, vpc)
    if zone.account != ctx.account:
        place = (zone.account, zone.id, vpc.vpc_region, vpc.vpc_id)
        if ctx.tx.get(VpcAuthorization, *place) is None:
            raise errors.NotAuthorized()
    if not zone.config.private_zone:
        raise errors.PublicZoneVPCAssociation()
    check_unused(ctx, vpc, zone.name)
    zone.vpcs.append(vpc)
    ctx.put(zone)
    return {"change_info": begin_change(ctx, zone, None, comment)}


@operation(on=_zone, conditions={"route53:VPCs": vpc_condition})
def disassociate_vpc_from_hosted_zone(
    ctx: Context, hosted_zone_id: str, vpc: VPC, comment: str | None = None
) -> object:
    zone = _visible(ctx, hosted_zone_id)
    if vpc not in zone.vpcs:
        raise errors.VPCAssociationNotFound(vpc=vpc.vpc_id, zone=hosted_zone_id)
    if zone.account != ctx.account:
        place = (zone.account, zone.id, vpc.vpc_region, vpc.vpc_id)
        if ctx.tx.get(VpcAuthorization, *place) is None:
            raise errors.NoSuchHostedZone(id=hosted_zone_id)
    if len(zone.vpcs) == 1:
        raise errors.LastVPCAssociation(vpc=vpc.vpc_id, zone=hosted_zone_id)
    zone.vpcs.remove(vpc)
    ctx.put(zone)
    return {"change_info": begin_change(ctx, zone, None, comment)}


@operation(on="hostedzone/{hosted_zone_id}", conditions={"route53:VPCs": vpc_condition})
def create_vpc_association_authorization(ctx: Context, hosted_zone_id: str, vpc: VPC) -> object:
    zone = ctx.find(HostedZone, hosted_zone_id)
    check_form(vpc)
    if not zone.config.private_zone:
        raise errors.PublicZoneVPCAssociation()
    ctx.put(VpcAuthorization(ctx.account, zone.id, vpc.vpc_region, vpc.vpc_id))
    return {"hosted_zone_id": zone.id, "vpc": vpc}


@operation(on="hostedzone/{hosted_zone_id}", conditions={"route53:VPCs": vpc_condition})
def delete_vpc_association_authorization(ctx: Context, hosted_zone_id: str, vpc: VPC) -> None:
    zone = ctx.find(HostedZone, hosted_zone_id)
    found = ctx.get(VpcAuthorization, zone.id, vpc.vpc_region, vpc.vpc_id)
    if found is None:
        raise errors.VPCAssociationAuthorizationNotFound(vpc=vpc.vpc_id, zone=zone.id)
    ctx.delete(found)


@operation(on="hostedzone/{hosted_zone_id}", read=True)
def list_vpc_association_authorizations(
    ctx: Context, hosted_zone_id: str, next_token: str | None = None, max_results: str | None = None
) -> object:
    zone = ctx.find(HostedZone, hosted_zone_id)
    purpose = f"route53/authorizations/{zone.id}"
    after = _opened(ctx, next_token, purpose)
    count = limit(max_results, 50)
    found = (
        (position, VPC(each.vpc_region, each.vpc_id))
        for position, each in ctx.tx.scan_from(VpcAuthorization, zone.account, zone.id, after=after)
    )
    page, further = first_page(found, count)
    return {
        "hosted_zone_id": zone.id,
        "_vpcs": [vpc for _, vpc in page],
        "next_token": ctx.seal_text(page[-1][0], purpose) if further is not None else None,
    }


def _opened(ctx: Context, token: str | None, purpose: str) -> bytes:
    if not token:
        return b""
    found = ctx.open_text(token, purpose)
    if found is None:
        raise errors.InvalidPaginationToken()
    return found


def _asked_vpc(ctx: Context, vpc_id: str, vpc_region: str) -> str:
    return f"VPCId={vpc_id},VPCRegion={vpc_region}"


@operation(on="*", read=True, conditions={"route53:VPCs": _asked_vpc})
def list_hosted_zones_by_vpc(
    ctx: Context, vpc_id: str, vpc_region: str, max_items: str | None = None, next_token: str | None = None
) -> object:
    count = limit(max_items, 100)
    purpose = f"route53/by-vpc/{ctx.account}/{vpc_region}/{vpc_id}"
    after = _opened(ctx, next_token, purpose)
    found = ctx.tx.scan_from(HostedZone, vpc_region, vpc_id, index="by_vpc", after=after)
    page, further = first_page(found, count)
    return {
        "hosted_zone_summaries": [
            {"hosted_zone_id": zone.id, "name": zone.name, "owner": {"owning_account": zone.account}}
            for _, zone in page
        ],
        "max_items": str(count),
        "next_token": ctx.seal_text(page[-1][0], purpose) if further is not None else None,
    }
