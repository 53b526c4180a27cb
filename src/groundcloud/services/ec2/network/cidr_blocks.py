"""Further ranges of VPCs and subnets: IPv4, and IPv6 that the cloud provides.

IPv6 ranges come from a documentation prefix (RFC 3849): they are real between the machines of the cloud and lead
nowhere outside.
"""

from ipaddress import IPv4Network, IPv6Network
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import find, on, parse_range
from groundcloud.services.ec2.network import faults
from groundcloud.services.ec2.network.changes import network_changed
from groundcloud.services.ec2.network.making import local_routes
from groundcloud.services.ec2.network.records import (
    CidrAssociation,
    CidrState,
    Ipv6Association,
    NetworkInterface,
    Subnet,
    Vpc,
)
from groundcloud.services.ec2.network.routing import RouteTable

_PROVIDED = IPv6Network("2001:db8::/32")
_MOST_BLOCKS = 5
"""IPv4 ranges of a VPC. Source: "Amazon VPC quotas"."""


def add_provided_ipv6(ctx: Context, vpc: Vpc) -> Ipv6Association:
    """A /56 of the cloud's own prefix for a VPC."""
    number = int.from_bytes(ctx.random(3), "big")
    block = IPv6Network((int(_PROVIDED.network_address) + (number << 72), 56))
    made = Ipv6Association(
        ctx.new_id("vpc-cidr-assoc"), str(block), network_border_group=ctx.region, ipv6_pool="Amazon"
    )
    vpc.ipv6_cidr_block_association_set.append(made)
    ctx.put(vpc)
    _set_local_routes(ctx, vpc)
    return made


@operation(on=on("vpc_id"), harmless=["Ipv6CidrBlockNetworkBorderGroup"])
def associate_vpc_cidr_block(
    ctx: Context, vpc_id: str, cidr_block: str = "", amazon_provided_ipv6_cidr_block: bool = False
) -> object:
    vpc = find(ctx, Vpc, vpc_id)
    if bool(cidr_block) == amazon_provided_ipv6_cidr_block:
        raise errors.InvalidParameterCombination(
            reason="Exactly one of CidrBlock and AmazonProvidedIpv6CidrBlock must be specified"
        )
    answer: dict[str, Any] = {"vpc_id": vpc_id}
    if cidr_block:
        made = CidrAssociation(ctx.new_id("vpc-cidr-assoc"), str(_new_block(vpc, cidr_block)))
        vpc.cidr_block_association_set.append(made)
        answer["cidr_block_association"] = _in_state(made, made.cidr_block, "cidr_block", "associating")
        ctx.put(vpc)
        _set_local_routes(ctx, vpc)
    else:
        if vpc.ipv6_cidr_block_association_set:
            raise errors.InvalidParameterValue(reason=f"The VPC '{vpc_id}' already has an IPv6 CIDR block.")
        made6 = add_provided_ipv6(ctx, vpc)
        answer["ipv6_cidr_block_association"] = _in_state(
            made6, made6.ipv6_cidr_block, "ipv6_cidr_block", "associating"
        )
    return answer


def _in_state(made: CidrAssociation | Ipv6Association, block: str, name: str, state: str) -> dict[str, Any]:
    return {"association_id": made.association_id, name: block, f"{name}_state": CidrState(state)}


def _new_block(vpc: Vpc, cidr_block: str) -> IPv4Network:
    block = parse_range(cidr_block, "cidrBlock")
    if not isinstance(block, IPv4Network) or not 16 <= block.prefixlen <= 28:
        raise faults.InvalidVpcRange(cidr=cidr_block)
    if any(block.overlaps(IPv4Network(each)) for each in vpc.blocks()):
        raise faults.CidrConflict(cidr=cidr_block)
    if len(vpc.blocks()) >= _MOST_BLOCKS:
        raise faults.CidrLimitExceeded(vpc_id=vpc.vpc_id, most=_MOST_BLOCKS)
    return block


def _set_local_routes(ctx: Context, vpc: Vpc) -> None:
    """Every route table of a VPC leads to all of its ranges."""
    wanted = local_routes(vpc)
    for table in list(ctx.scan(RouteTable, vpc.vpc_id, index="by_vpc")):
        known = {_block_of(route): route for route in table.routes if route.origin == "CreateRouteTable"}
        others = [route for route in table.routes if route.origin != "CreateRouteTable"]
        table.routes = [known.get(_block_of(route), route) for route in wanted] + others
        ctx.put(table)
    network_changed(ctx, vpc.vpc_id)


def _block_of(route: Any) -> str:
    return str(route.destination_cidr_block or route.destination_ipv6_cidr_block)


def _vpc_with(ctx: Context, association_id: str) -> Vpc | None:
    """The VPC of an association. VPCs are few."""
    for vpc in ctx.scan(Vpc):
        if any(each.association_id == association_id for each in _all(vpc)):
            return vpc
    return None


def _all(vpc: Vpc) -> list[CidrAssociation | Ipv6Association]:
    return [*vpc.cidr_block_association_set, *vpc.ipv6_cidr_block_association_set]


def _of_vpc(ctx: Context, association_id: str) -> list[Resource]:
    vpc = _vpc_with(ctx, association_id)
    return on("vpc")(ctx, vpc=vpc.vpc_id) if vpc is not None else [Resource(ctx.arn("vpc/*"))]


@operation(on=_of_vpc)
def disassociate_vpc_cidr_block(ctx: Context, association_id: str) -> object:
    vpc = _vpc_with(ctx, association_id)
    if vpc is None:
        raise faults.CidrAssociationNotFound(id=association_id)
    if vpc.cidr_block_association_set[0].association_id == association_id:
        raise errors.OperationNotPermitted(
            reason=f"The vpc CIDR block with association ID {association_id} may not be disassociated. "
            "It is the primary IPv4 CIDR block of the VPC"
        )
    gone = next(each for each in _all(vpc) if each.association_id == association_id)
    subnets = list(ctx.scan(Subnet, vpc.vpc_id, index="by_vpc"))
    answer: dict[str, Any] = {"vpc_id": vpc.vpc_id}
    if isinstance(gone, CidrAssociation):
        _check_unused(IPv4Network(gone.cidr_block), [IPv4Network(each.cidr_block) for each in subnets], association_id)
        vpc.cidr_block_association_set.remove(gone)
        answer["cidr_block_association"] = _in_state(gone, gone.cidr_block, "cidr_block", "disassociating")
    else:
        if any(subnet.ipv6_cidr_block_association_set for subnet in subnets):
            raise faults.CidrInUse(id=association_id)
        vpc.ipv6_cidr_block_association_set.remove(gone)
        answer["ipv6_cidr_block_association"] = _in_state(
            gone, gone.ipv6_cidr_block, "ipv6_cidr_block", "disassociating"
        )
    ctx.put(vpc)
    _set_local_routes(ctx, vpc)
    return answer


def _check_unused(block: IPv4Network, subnets: list[IPv4Network], association_id: str) -> None:
    if any(subnet.subnet_of(block) for subnet in subnets):
        raise faults.CidrInUse(id=association_id)


# -- subnets


def ipv6_of_subnet(ctx: Context, vpc: Vpc, ipv6_cidr_block: str) -> Ipv6Association:
    """A /64 of the VPC's range for a subnet. Raises `InvalidSubnet.Range`, `InvalidSubnet.Conflict`."""
    block = parse_range(ipv6_cidr_block, "ipv6CidrBlock")
    ranges = [IPv6Network(each.ipv6_cidr_block) for each in vpc.ipv6_cidr_block_association_set]
    if not isinstance(block, IPv6Network) or block.prefixlen != 64 or not any(block.subnet_of(each) for each in ranges):
        raise faults.InvalidSubnetRange(cidr=ipv6_cidr_block)
    for sibling in ctx.scan(Subnet, vpc.vpc_id, index="by_vpc"):
        if any(each.ipv6_cidr_block == str(block) for each in sibling.ipv6_cidr_block_association_set):
            raise faults.SubnetConflict(cidr=ipv6_cidr_block)
    return Ipv6Association(ctx.new_id("subnet-cidr-assoc"), str(block))


@operation(on=on("subnet_id"))
def associate_subnet_cidr_block(ctx: Context, subnet_id: str, ipv6_cidr_block: str = "") -> object:
    if not ipv6_cidr_block:
        raise errors.MissingParameter(name="ipv6CidrBlock")
    subnet = find(ctx, Subnet, subnet_id)
    if subnet.ipv6_cidr_block_association_set:
        raise errors.InvalidParameterValue(reason=f"The subnet '{subnet_id}' already has an IPv6 CIDR block.")
    made = ipv6_of_subnet(ctx, find(ctx, Vpc, subnet.vpc_id), ipv6_cidr_block)
    subnet.ipv6_cidr_block_association_set.append(made)
    ctx.put(subnet)
    network_changed(ctx, subnet.vpc_id)
    state = _in_state(made, made.ipv6_cidr_block, "ipv6_cidr_block", "associating")
    return {"subnet_id": subnet_id, "ipv6_cidr_block_association": state}


def _subnet_with(ctx: Context, association_id: str) -> Subnet | None:
    for subnet in ctx.scan(Subnet):
        if any(each.association_id == association_id for each in subnet.ipv6_cidr_block_association_set):
            return subnet
    return None


def _of_subnet(ctx: Context, association_id: str) -> list[Resource]:
    subnet = _subnet_with(ctx, association_id)
    return on("subnet")(ctx, subnet=subnet.subnet_id) if subnet is not None else [Resource(ctx.arn("subnet/*"))]


@operation(on=_of_subnet)
def disassociate_subnet_cidr_block(ctx: Context, association_id: str) -> object:
    subnet = _subnet_with(ctx, association_id)
    if subnet is None:
        raise faults.SubnetCidrAssociationNotFound(id=association_id)
    if any(eni.ipv6_addresses for eni in ctx.scan(NetworkInterface, subnet.subnet_id, index="by_subnet")):
        raise faults.CidrInUse(id=association_id)
    gone = subnet.ipv6_cidr_block_association_set[0]
    subnet.ipv6_cidr_block_association_set = []
    subnet.assign_ipv6_address_on_creation = False
    ctx.put(subnet)
    network_changed(ctx, subnet.vpc_id)
    state = _in_state(gone, gone.ipv6_cidr_block, "ipv6_cidr_block", "disassociating")
    return {"subnet_id": subnet.subnet_id, "ipv6_cidr_block_association": state}
