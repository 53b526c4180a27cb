"""Subnets: made, described, changed and deleted."""

from collections.abc import Sequence
from ipaddress import IPv4Network
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import TagSpecification, find, on, parse_range
from groundcloud.services.ec2.filters import Filter, Filters, listed
from groundcloud.services.ec2.network import faults
from groundcloud.services.ec2.network.changes import network_changed
from groundcloud.services.ec2.network.cidr_blocks import ipv6_of_subnet
from groundcloud.services.ec2.network.making import DEFAULT_BLOCK, new_subnet
from groundcloud.services.ec2.network.records import NetworkInterface, Subnet, Vpc
from groundcloud.services.ec2.network.routing import NetworkAcl, RouteTable
from groundcloud.services.ec2.network.vpcs import BooleanValue
from groundcloud.services.ec2.regions import zone, zones
from groundcloud.services.ec2.tags import tags_for


@operation(
    on=on("vpc_id", makes="subnet", by="CreateSubnet"),
    conditions={"ec2:AvailabilityZone": "availability_zone"},
)
def create_subnet(
    ctx: Context,
    vpc_id: str,
    cidr_block: str = "",
    ipv6_cidr_block: str = "",
    availability_zone: str = "",
    availability_zone_id: str = "",
    ipv6_native: bool = False,
    tag_specifications: Sequence[TagSpecification] = (),
) -> object:
    vpc = find(ctx, Vpc, vpc_id)
    if ipv6_native:
        raise faults.Unsupported(reason="Subnets without IPv4 are not supported here.")
    if not cidr_block:
        raise errors.MissingParameter(name="cidrBlock")
    block = _checked_block(ctx, vpc, cidr_block)
    if availability_zone or availability_zone_id:
        place = zone(ctx, availability_zone, availability_zone_id)
    else:
        known = zones(ctx.account, ctx.region)
        place = known[ctx.random(1)[0] % len(known)]
    block6 = ipv6_of_subnet(ctx, vpc, ipv6_cidr_block) if ipv6_cidr_block else None
    subnet = new_subnet(ctx, vpc, str(block), place, tags=tags_for(tag_specifications, "subnet"))
    if block6 is not None:
        subnet.ipv6_cidr_block_association_set.append(block6)
        ctx.put(subnet)
    return {"subnet": shown(subnet)}


def _checked_block(ctx: Context, vpc: Vpc, cidr_block: str) -> IPv4Network:
    """The range of a new subnet: in the VPC, apart from its siblings."""
    block = parse_range(cidr_block, "cidrBlock")
    if not isinstance(block, IPv4Network) or not 16 <= block.prefixlen <= 28:
        raise faults.InvalidSubnetRange(cidr=cidr_block)
    if not any(block.subnet_of(IPv4Network(each)) for each in vpc.blocks()):
        raise faults.InvalidSubnetRange(cidr=cidr_block)
    for sibling in ctx.scan(Subnet, vpc.vpc_id, index="by_vpc"):
        if block.overlaps(IPv4Network(sibling.cidr_block)):
            raise faults.SubnetConflict(cidr=cidr_block)
    return block


def shown(subnet: Subnet) -> dict[str, Any]:
    """A subnet as Describe calls show it."""
    return {
        **{name: getattr(subnet, name) for name in subnet.__struct_fields__},
        "subnet_arn": subnet.arn,
        "tags": subnet.tags or None,
    }


_FILTERS: Filters = {
    "availability-zone": lambda subnet: subnet.availability_zone,
    "availabilityZone": lambda subnet: subnet.availability_zone,
    "availability-zone-id": lambda subnet: subnet.availability_zone_id,
    "availabilityZoneId": lambda subnet: subnet.availability_zone_id,
    "available-ip-address-count": lambda subnet: subnet.available_ip_address_count,
    "cidr-block": lambda subnet: subnet.cidr_block,
    "cidr": lambda subnet: subnet.cidr_block,
    "cidrBlock": lambda subnet: subnet.cidr_block,
    "customer-owned-ipv4-pool": lambda subnet: None,
    "default-for-az": lambda subnet: subnet.default_for_az,
    "defaultForAz": lambda subnet: subnet.default_for_az,
    "enable-dns64": lambda subnet: subnet.enable_dns64,
    "enable-lni-at-device-index": lambda subnet: None,
    "ipv6-cidr-block-association.association-id": lambda subnet: [
        each.association_id for each in subnet.ipv6_cidr_block_association_set
    ],
    "ipv6-cidr-block-association.ipv6-cidr-block": lambda subnet: [
        each.ipv6_cidr_block for each in subnet.ipv6_cidr_block_association_set
    ],
    "ipv6-cidr-block-association.state": lambda subnet: [
        each.ipv6_cidr_block_state.state for each in subnet.ipv6_cidr_block_association_set
    ],
    "ipv6-native": lambda subnet: subnet.ipv6_native,
    "map-customer-owned-ip-on-launch": lambda subnet: subnet.map_customer_owned_ip_on_launch,
    "map-public-ip-on-launch": lambda subnet: subnet.map_public_ip_on_launch,
    "outpost-arn": lambda subnet: None,
    "owner-id": lambda subnet: subnet.owner_id,
    "private-dns-name-options-on-launch.hostname-type": lambda subnet: (
        subnet.private_dns_name_options_on_launch.hostname_type
    ),
    "private-dns-name-options-on-launch.enable-resource-name-dns-a-record": lambda subnet: (
        subnet.private_dns_name_options_on_launch.enable_resource_name_dns_a_record
    ),
    "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record": lambda subnet: (
        subnet.private_dns_name_options_on_launch.enable_resource_name_dns_aaaa_record
    ),
    "state": lambda subnet: subnet.state,
    "subnet-arn": lambda subnet: subnet.arn,
    "subnet-id": lambda subnet: subnet.subnet_id,
    "vpc-id": lambda subnet: subnet.vpc_id,
}


@operation(on="*", read=True)
def describe_subnets(ctx: Context, filters: Sequence[Filter] = (), subnet_ids: Sequence[str] = ()) -> object:
    indexes = {"vpc-id": "by_vpc"}
    return {"subnets": listed(ctx, Subnet, subnet_ids, filters, _FILTERS, indexes=indexes, each=shown)}


@operation(on="*")
def create_default_subnet(ctx: Context, availability_zone: str = "", availability_zone_id: str = "") -> object:
    place = zone(ctx, availability_zone, availability_zone_id)
    vpc = next(ctx.scan(Vpc, index="by_default"), None)
    if vpc is None:
        raise faults.DefaultVpcDoesNotExist()
    siblings = list(ctx.scan(Subnet, vpc.vpc_id, index="by_vpc"))
    for sibling in siblings:
        if sibling.default_for_az and sibling.availability_zone == place.zone_name:
            raise faults.DefaultSubnetAlreadyExists(subnet=sibling.subnet_id, zone=place.zone_name)
    taken = [IPv4Network(sibling.cidr_block) for sibling in siblings]
    for block in IPv4Network(DEFAULT_BLOCK).subnets(new_prefix=20):
        if not any(block.overlaps(other) for other in taken):
            return {"subnet": shown(new_subnet(ctx, vpc, str(block), place, is_default=True))}
    raise faults.InsufficientCidrBlocks()


@operation(on=on("subnet_id"))
def delete_subnet(ctx: Context, subnet_id: str) -> None:
    subnet = find(ctx, Subnet, subnet_id)
    if ctx.exists(NetworkInterface, subnet_id, index="by_subnet"):
        raise faults.DependencyViolation(reason=f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
    for acl in list(ctx.scan(NetworkAcl, subnet_id, index="by_subnet")):
        acl.associations = [each for each in acl.associations if each.subnet_id != subnet_id]
        ctx.put(acl)
    for table in list(ctx.scan(RouteTable, subnet_id, index="by_subnet")):
        table.associations = [each for each in table.associations if each.subnet_id != subnet_id]
        ctx.put(table)
    ctx.delete(subnet)
    network_changed(ctx, subnet.vpc_id)


_SWITCHES = ("map_public_ip_on_launch", "assign_ipv6_address_on_creation", "enable_dns64")


@operation(on=on("subnet_id"))
def modify_subnet_attribute(
    ctx: Context,
    subnet_id: str,
    map_public_ip_on_launch: BooleanValue | None = None,
    assign_ipv6_address_on_creation: BooleanValue | None = None,
    enable_dns64: BooleanValue | None = None,
    private_dns_hostname_type_on_launch: str = "",
    enable_resource_name_dns_a_record_on_launch: BooleanValue | None = None,
    enable_resource_name_dns_aaaa_record_on_launch: BooleanValue | None = None,
) -> None:
    subnet = find(ctx, Subnet, subnet_id)
    given = (map_public_ip_on_launch, assign_ipv6_address_on_creation, enable_dns64)
    options = subnet.private_dns_name_options_on_launch
    a_record, aaaa_record = enable_resource_name_dns_a_record_on_launch, enable_resource_name_dns_aaaa_record_on_launch
    asked = [*given, private_dns_hostname_type_on_launch or None, a_record, aaaa_record]
    if sum(each is not None for each in asked) != 1:
        raise errors.InvalidParameterCombination(reason="Exactly one attribute must be specified.")
    for name, each in zip(_SWITCHES, given, strict=True):
        if each is not None:
            setattr(subnet, name, bool(each.value))
    if assign_ipv6_address_on_creation and not subnet.ipv6_cidr_block_association_set:
        raise errors.InvalidParameterValue(
            reason=f"Invalid value '{subnet_id}' for subnetId. Subnet does not have an associated Ipv6 CIDR block."
        )
    if private_dns_hostname_type_on_launch:
        if private_dns_hostname_type_on_launch not in ("ip-name", "resource-name"):
            raise errors.InvalidParameterValue(
                reason=f"Value ({private_dns_hostname_type_on_launch}) for parameter PrivateDnsHostnameTypeOnLaunch "
                "is invalid."
            )
        options.hostname_type = private_dns_hostname_type_on_launch
    if a_record is not None:
        options.enable_resource_name_dns_a_record = bool(a_record.value)
    if aaaa_record is not None:
        options.enable_resource_name_dns_aaaa_record = bool(aaaa_record.value)
    ctx.put(subnet)
    network_changed(ctx, subnet.vpc_id)
