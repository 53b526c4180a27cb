"""Regions and Availability Zones, and what an account has in them.

AWS's own Regions and the names of their zones. Which physical zone stands behind a letter differs from account to
account, as in AWS; zone ids tell.
"""

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from groundcloud.context import Context
from groundcloud.models import regions
from groundcloud.operation import operation
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.filters import Filter, Filters, matcher
from groundcloud.services.ec2.network.records import Vpc

_LETTERS = {
    "us-east-1": "abcdef", "us-west-2": "abcd", "us-west-1": "ac", "ca-central-1": "abd",
    "ap-northeast-1": "acd", "ap-northeast-2": "abcd",
}  # fmt: skip
"""The letters of a Region's zones, where they are not a, b and c. Source: "AWS Availability Zones"."""

_ALWAYS_ON = frozenset(
    (
        "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1", "eu-central-1", "eu-north-1",
        "eu-west-1", "eu-west-2", "eu-west-3", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1",
        "ap-southeast-1", "ap-southeast-2",
    )
)  # fmt: skip
"""Regions that an account has without asking. Source: "AWS Regions" in the account management guide."""

_DIRECTIONS = {
    "northeast": "ne", "northwest": "nw", "southeast": "se", "southwest": "sw",
    "north": "n", "south": "s", "east": "e", "west": "w", "central": "c",
}  # fmt: skip


class Zone(NamedTuple):
    """An Availability Zone as one account sees it."""

    zone_name: str
    zone_id: str
    region_name: str

    opt_in_status: str = "opt-in-not-required"
    zone_type: str = "availability-zone"
    state: str = "available"

    @property
    def network_border_group(self) -> str:
        return self.region_name

    @property
    def group_name(self) -> str:
        return f"{self.region_name}-zg-1"


@cache
def zones(account: str, region: str) -> tuple[Zone, ...]:
    """The zones of a Region: `us-east-1a` is another place for each account."""
    area, direction, number = region.split("-")[0], region.split("-")[-2], region.split("-")[-1]
    short = f"{area}{_DIRECTIONS.get(direction, direction)}{number}"
    letters = _LETTERS.get(region, "abc")
    numbers = sorted(
        range(1, len(letters) + 1), key=lambda one: hashlib.sha256(f"{account}/{region}/{one}".encode()).digest()
    )
    return tuple(
        Zone(f"{region}{letter}", f"{short}-az{one}", region) for letter, one in zip(letters, numbers, strict=True)
    )


@cache
def zone_id_of(account: str, region: str, name: str) -> str:
    """The id of a zone that exists."""
    return next(each.zone_id for each in zones(account, region) if each.zone_name == name)


def zone(ctx: Context, name: str = "", zone_id: str = "") -> Zone:
    """The zone that a call names. Raises `InvalidParameterValue`."""
    known = zones(ctx.account, ctx.region)
    for each in known:
        if each.zone_name == name or each.zone_id == zone_id:
            return each
    raise errors.InvalidZone(zone=name or zone_id, zones=", ".join(each.zone_name for each in known))


_REGION_FILTERS: Filters = {
    "endpoint": lambda region: region["endpoint"],
    "region-name": lambda region: region["region_name"],
    "opt-in-status": lambda region: region["opt_in_status"],
}


@operation(on="*", read=True, harmless=["AllRegions"])  # there are none that an account does not have
def describe_regions(ctx: Context, region_names: Sequence[str] = (), filters: Sequence[Filter] = ()) -> object:
    known = [_region(name) for name in sorted(regions())]
    names = {each["region_name"] for each in known}
    if unknown := [name for name in region_names if name not in names]:
        raise errors.InvalidParameterValue(reason=f"Invalid region names: {', '.join(unknown)}")
    passes = matcher(filters, _REGION_FILTERS)
    return {
        "regions": [
            each for each in known if (not region_names or each["region_name"] in region_names) and passes(each)
        ]
    }


def _region(name: str) -> dict[str, str]:
    """Every Region may be used here; those that AWS wants asked for are shown as asked for."""
    status = "opt-in-not-required" if name in _ALWAYS_ON else "opted-in"
    return {"region_name": name, "endpoint": f"ec2.{name}.amazonaws.com", "opt_in_status": status}


_ZONE_FILTERS: Filters = {
    "group-name": lambda zone: zone.group_name,
    "message": lambda zone: None,
    "opt-in-status": lambda zone: zone.opt_in_status,
    "parent-zone-id": lambda zone: None,
    "parent-zone-name": lambda zone: None,
    "region-name": lambda zone: zone.region_name,
    "state": lambda zone: zone.state,
    "zone-id": lambda zone: zone.zone_id,
    "zone-type": lambda zone: zone.zone_type,
    "zone-name": lambda zone: zone.zone_name,
}


@operation(on="*", read=True, harmless=["AllAvailabilityZones"])
def describe_availability_zones(
    ctx: Context,
    filters: Sequence[Filter] = (),
    zone_names: Sequence[str] = (),
    zone_ids: Sequence[str] = (),
) -> object:
    passes = matcher(filters, _ZONE_FILTERS)
    known = zones(ctx.account, ctx.region)
    for name in zone_names:
        if name not in {each.zone_name for each in known}:
            raise errors.InvalidParameterValue(reason=f"Invalid availability zone: [{name}]")
    for zone_id in zone_ids:
        if zone_id not in {each.zone_id for each in known}:
            raise errors.InvalidParameterValue(reason=f"Invalid availability zone-id: [{zone_id}]")
    wanted = [each for each in known if not (zone_names or zone_ids) or each[0] in zone_names or each[1] in zone_ids]
    return {"availability_zones": [each for each in wanted if passes(each)]}


_ATTRIBUTES: dict[str, str] = {
    "max-instances": "20",
    "vpc-max-security-groups-per-interface": "5",
    "max-elastic-ips": "5",
    "vpc-max-elastic-ips": "5",
    "supported-platforms": "VPC",
}


@operation(on="*", read=True)
def describe_account_attributes(ctx: Context, attribute_names: Sequence[str] = ()) -> object:
    values = {**_ATTRIBUTES, "default-vpc": default_vpc_id(ctx) or "none"}
    for name in attribute_names:
        if name not in values:
            raise errors.InvalidParameterValue(reason=f"Value ( {name} ) for parameter attributeNames is invalid.")
    return {
        "account_attributes": [
            {"attribute_name": name, "attribute_values": [{"attribute_value": value}]}
            for name, value in values.items()
            if not attribute_names or name in attribute_names
        ]
    }


def default_vpc_id(ctx: Context) -> str | None:
    return next((vpc.vpc_id for vpc in ctx.scan(Vpc, index="by_default")), None)
