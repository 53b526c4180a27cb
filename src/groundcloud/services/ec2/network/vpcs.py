"""VPCs: made, described, changed and deleted; the default one made again."""

from collections.abc import Sequence
from ipaddress import IPv4Network
from typing import Any

import msgspec

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import TagSpecification, find, on, parse_range
from groundcloud.services.ec2.filters import Filter, Filters, listed
from groundcloud.services.ec2.network import faults
from groundcloud.services.ec2.network.changes import network_changed, network_deleted
from groundcloud.services.ec2.network.cidr_blocks import add_provided_ipv6
from groundcloud.services.ec2.network.groups import forget_group
from groundcloud.services.ec2.network.linking import (
    EgressOnlyInternetGateway,
    FlowLog,
    VpcEndpoint,
    VpcPeeringConnection,
)
from groundcloud.services.ec2.network.making import new_default_vpc, new_vpc
from groundcloud.services.ec2.network.peering import end
from groundcloud.services.ec2.network.records import NetworkInterface, SecurityGroup, Subnet, Vpc
from groundcloud.services.ec2.network.routing import InternetGateway, NetworkAcl, RouteTable
from groundcloud.services.ec2.tags import tags_for
from groundcloud.store import Part, Record

_TENANCIES = ("default", "dedicated", "host")


@operation(on=on(makes="vpc", by="CreateVpc"), harmless=["Ipv6CidrBlockNetworkBorderGroup"])
def create_vpc(
    ctx: Context,
    cidr_block: str = "",
    amazon_provided_ipv6_cidr_block: bool = False,
    instance_tenancy: str = "default",
    tag_specifications: Sequence[TagSpecification] = (),
) -> object:
    if not cidr_block:
        raise errors.MissingParameter(name="cidrBlock")
    if instance_tenancy not in _TENANCIES:
        raise errors.InvalidParameterValue(
            reason=f"Value ({instance_tenancy}) for parameter instanceTenancy is invalid."
        )
    block = parse_range(cidr_block, "cidrBlock")
    if not isinstance(block, IPv4Network) or not 16 <= block.prefixlen <= 28:
        raise faults.InvalidVpcRange(cidr=cidr_block)
    vpc = new_vpc(ctx, str(block), tenancy=instance_tenancy, tags=tags_for(tag_specifications, "vpc"))
    if amazon_provided_ipv6_cidr_block:
        add_provided_ipv6(ctx, vpc)
    return {"vpc": {**shown(vpc), "state": "pending"}}


def shown(vpc: Vpc) -> dict[str, Any]:
    """A VPC as Describe calls show it."""
    return {
        **{name: getattr(vpc, name) for name in vpc.__struct_fields__},
        "ipv6_cidr_block_association_set": vpc.ipv6_cidr_block_association_set or None,
        "tags": vpc.tags or None,
    }


_FILTERS: Filters = {
    "cidr": lambda vpc: vpc.cidr_block,
    "cidr-block": lambda vpc: vpc.cidr_block,
    "cidr-block-association.association-id": lambda vpc: [a.association_id for a in vpc.cidr_block_association_set],
    "cidr-block-association.cidr-block": lambda vpc: vpc.blocks(),
    "cidr-block-association.state": lambda vpc: [a.cidr_block_state.state for a in vpc.cidr_block_association_set],
    "dhcp-options-id": lambda vpc: vpc.dhcp_options_id,
    "ipv6-cidr-block-association.association-id": lambda vpc: [
        each.association_id for each in vpc.ipv6_cidr_block_association_set
    ],
    "ipv6-cidr-block-association.ipv6-cidr-block": lambda vpc: [
        each.ipv6_cidr_block for each in vpc.ipv6_cidr_block_association_set
    ],
    "ipv6-cidr-block-association.ipv6-pool": lambda vpc: [
        each.ipv6_pool for each in vpc.ipv6_cidr_block_association_set
    ],
    "ipv6-cidr-block-association.state": lambda vpc: [
        each.ipv6_cidr_block_state.state for each in vpc.ipv6_cidr_block_association_set
    ],
    "is-default": lambda vpc: vpc.is_default,
    "isDefault": lambda vpc: vpc.is_default,
    "owner-id": lambda vpc: vpc.owner_id,
    "state": lambda vpc: vpc.state,
    "vpc-id": lambda vpc: vpc.vpc_id,
}


@operation(on="*", read=True)
def describe_vpcs(ctx: Context, filters: Sequence[Filter] = (), vpc_ids: Sequence[str] = ()) -> object:
    return {"vpcs": listed(ctx, Vpc, vpc_ids, filters, _FILTERS, each=shown)}


@operation(on="*")
def create_default_vpc(ctx: Context) -> object:
    if ctx.exists(Vpc, index="by_default"):
        raise faults.DefaultVpcAlreadyExists()
    return {"vpc": {**shown(new_default_vpc(ctx)), "state": "pending"}}


_HOLDING: tuple[tuple[type[Record], str], ...] = (
    (Subnet, "by_vpc"),
    (InternetGateway, "by_vpc"),
    (EgressOnlyInternetGateway, "by_vpc"),
    (NetworkInterface, "by_vpc"),
    (VpcEndpoint, "by_vpc"),
)
"""What keeps a VPC from being deleted, and the index that tells."""


@operation(on=on("vpc_id"))
def delete_vpc(ctx: Context, vpc_id: str) -> None:
    vpc = find(ctx, Vpc, vpc_id)
    groups = list(ctx.scan(SecurityGroup, vpc_id, index="by_name"))
    tables = list(ctx.scan(RouteTable, vpc_id, index="by_vpc"))
    acls = list(ctx.scan(NetworkAcl, vpc_id, index="by_vpc"))
    own = (
        any(group.group_name != "default" for group in groups)
        or not all(any(each.main for each in table.associations) for table in tables)
        or not all(acl.is_default for acl in acls)
    )
    if own or any(ctx.exists(kind, vpc_id, index=index) for kind, index in _HOLDING):
        raise faults.DependencyViolation(reason=f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
    for peering in list(ctx.scan(VpcPeeringConnection, vpc_id, index="by_vpc")):
        end(ctx, peering, "deleted")
    for group in groups:
        forget_group(ctx, group)
    for record in (*tables, *acls, *list(ctx.scan(FlowLog, vpc_id, index="by_resource")), vpc):
        ctx.delete(record)
    network_deleted(ctx, vpc_id)


class BooleanValue(Part):
    value: bool | None = None


@operation(on=on("vpc_id"))
def modify_vpc_attribute(
    ctx: Context,
    vpc_id: str,
    enable_dns_hostnames: BooleanValue | None = None,
    enable_dns_support: BooleanValue | None = None,
    enable_network_address_usage_metrics: BooleanValue | None = None,
) -> None:
    given = {
        "enable_dns_hostnames": enable_dns_hostnames,
        "enable_dns_support": enable_dns_support,
        "enable_network_address_usage_metrics": enable_network_address_usage_metrics,
    }
    wanted = {name: each.value for name, each in given.items() if each is not None and each.value is not None}
    if len(wanted) != 1:
        raise errors.InvalidParameterCombination(reason="Exactly one attribute must be specified.")
    vpc = msgspec.structs.replace(find(ctx, Vpc, vpc_id), **wanted)
    ctx.put(vpc)
    network_changed(ctx, vpc_id)


_ATTRIBUTES = {
    "enableDnsSupport": "enable_dns_support",
    "enableDnsHostnames": "enable_dns_hostnames",
    "enableNetworkAddressUsageMetrics": "enable_network_address_usage_metrics",
}


@operation(on=on("vpc_id"), read=True, conditions={"ec2:Attribute": "attribute"})
def describe_vpc_attribute(ctx: Context, attribute: str, vpc_id: str) -> object:
    vpc = find(ctx, Vpc, vpc_id)
    if attribute not in _ATTRIBUTES:
        raise errors.InvalidParameterValue(
            reason=f"Value ( {attribute} ) for parameter attribute is invalid. Unknown attribute."
        )
    name = _ATTRIBUTES[attribute]
    return {"vpc_id": vpc_id, name: {"value": getattr(vpc, name)}}


@operation(on=on("vpc_id"))
def modify_vpc_tenancy(ctx: Context, vpc_id: str, instance_tenancy: str) -> object:
    vpc = find(ctx, Vpc, vpc_id)
    if instance_tenancy != "default":
        raise errors.InvalidParameterValue(
            reason=f"Value ({instance_tenancy}) for parameter instanceTenancy is invalid. "
            "The tenancy of a VPC can only be changed to default."
        )
    vpc.instance_tenancy = "default"
    ctx.put(vpc)
    return {"return_value": True}
