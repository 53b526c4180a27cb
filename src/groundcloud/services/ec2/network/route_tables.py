"""Route tables: made, given to subnets, described and deleted. Their routes are in `routes.py`."""

from collections.abc import Callable, Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import TagSpecification, find, on
from groundcloud.services.ec2.filters import Filter, Filters, Value, listed
from groundcloud.services.ec2.network import faults
from groundcloud.services.ec2.network.changes import network_changed
from groundcloud.services.ec2.network.making import local_routes
from groundcloud.services.ec2.network.records import Subnet, Vpc
from groundcloud.services.ec2.network.routing import (
    AssociationState,
    InternetGateway,
    PropagatingVgw,
    RouteTable,
    RouteTableAssociation,
)
from groundcloud.services.ec2.tags import tags_for
from groundcloud.services.ec2.tokens import Once


@operation(on=on("vpc_id", makes="route-table", by="CreateRouteTable"))
def create_route_table(
    ctx: Context, vpc_id: str, tag_specifications: Sequence[TagSpecification] = (), client_token: str = ""
) -> object:
    once = Once(ctx, "CreateRouteTable", client_token, vpc_id, tag_specifications)
    if once.made:
        return {"route_table": find(ctx, RouteTable, once.made[0]), "client_token": client_token}
    vpc = find(ctx, Vpc, vpc_id)
    table = RouteTable(
        owner_id=ctx.account, region=ctx.region, route_table_id=ctx.new_id("rtb"), vpc_id=vpc_id,
        routes=local_routes(vpc), tags=tags_for(tag_specifications, "route-table"),
    )  # fmt: skip
    ctx.put(table)
    once.remember(table.route_table_id)
    return {"route_table": table, "client_token": client_token or None}


def _of_associations(field: str) -> Callable[[RouteTable], Value]:
    return lambda table: [getattr(each, field) for each in table.associations]


def _of_routes(field: str) -> Callable[[RouteTable], Value]:
    return lambda table: [getattr(each, field) for each in table.routes]


_FILTERS: Filters = {
    "association.gateway-id": _of_associations("gateway_id"),
    "association.route-table-association-id": _of_associations("route_table_association_id"),
    "association.route-table-id": _of_associations("route_table_id"),
    "association.subnet-id": _of_associations("subnet_id"),
    "association.main": lambda table: ["true" if each.main else "false" for each in table.associations],
    "owner-id": lambda table: table.owner_id,
    "route-table-id": lambda table: table.route_table_id,
    "route.destination-cidr-block": _of_routes("destination_cidr_block"),
    "route.destination-ipv6-cidr-block": _of_routes("destination_ipv6_cidr_block"),
    "route.destination-prefix-list-id": _of_routes("destination_prefix_list_id"),
    "route.egress-only-internet-gateway-id": _of_routes("egress_only_internet_gateway_id"),
    "route.gateway-id": _of_routes("gateway_id"),
    "route.instance-id": _of_routes("instance_id"),
    "route.nat-gateway-id": _of_routes("nat_gateway_id"),
    "route.transit-gateway-id": lambda table: None,
    "route.origin": _of_routes("origin"),
    "route.state": _of_routes("state"),
    "route.vpc-peering-connection-id": _of_routes("vpc_peering_connection_id"),
    "vpc-id": lambda table: table.vpc_id,
}
_INDEXES = {
    "association.subnet-id": "by_subnet",
    "association.route-table-association-id": "by_association",
    "vpc-id": "by_vpc",
}


@operation(on="*", read=True)
def describe_route_tables(ctx: Context, filters: Sequence[Filter] = (), route_table_ids: Sequence[str] = ()) -> object:
    return {"route_tables": listed(ctx, RouteTable, route_table_ids, filters, _FILTERS, indexes=_INDEXES)}


@operation(on=on("route_table_id"))
def delete_route_table(ctx: Context, route_table_id: str) -> None:
    table = find(ctx, RouteTable, route_table_id)
    if table.associations:
        raise faults.DependencyViolation(
            reason=f"The routeTable '{route_table_id}' has dependencies and cannot be deleted."
        )
    ctx.delete(table)


@operation(on=on("route_table_id", "subnet_id", "gateway_id"))
def associate_route_table(ctx: Context, route_table_id: str, subnet_id: str = "", gateway_id: str = "") -> object:
    if bool(subnet_id) == bool(gateway_id):
        raise errors.InvalidParameterCombination(reason="Exactly one of SubnetId and GatewayId must be specified")
    table = find(ctx, RouteTable, route_table_id)
    if gateway_id:
        _check_gateway(ctx, table, gateway_id)
    else:
        _check_subnet(ctx, table, subnet_id)
    association = RouteTableAssociation(
        ctx.new_id("rtbassoc"), route_table_id, subnet_id=subnet_id or None, gateway_id=gateway_id or None
    )
    table.associations.append(association)
    ctx.put(table)
    network_changed(ctx, table.vpc_id)
    return {
        "association_id": association.route_table_association_id,
        "association_state": association.association_state,
    }


def _check_subnet(ctx: Context, table: RouteTable, subnet_id: str) -> None:
    subnet = find(ctx, Subnet, subnet_id)
    if subnet.vpc_id != table.vpc_id:
        raise errors.InvalidParameterValue(
            reason=f"Route table {table.route_table_id} and network {subnet_id} belong to different networks"
        )
    other = next(ctx.scan(RouteTable, subnet_id, index="by_subnet"), None)
    if other is not None:
        known = next(each for each in other.associations if each.subnet_id == subnet_id)
        raise faults.ResourceAlreadyAssociated(
            reason=f"the specified association for route table {other.route_table_id} conflicts with an existing "
            f"association {known.route_table_association_id}"
        )


def _check_gateway(ctx: Context, table: RouteTable, gateway_id: str) -> None:
    """Routes for what comes in through a gateway: stored, and the engine has no middle boxes to send it to."""
    gateway = find(ctx, InternetGateway, gateway_id)
    if all(each.vpc_id != table.vpc_id for each in gateway.attachments):
        raise faults.GatewayNotAttached(gateway=gateway_id, vpc_id=table.vpc_id)


def _association(ctx: Context, association_id: str) -> tuple[RouteTable, RouteTableAssociation]:
    table = next(ctx.scan(RouteTable, association_id, index="by_association"), None)
    if table is None:
        raise errors.AssociationNotFound(id=association_id)
    return table, next(each for each in table.associations if each.route_table_association_id == association_id)


def _of_association(ctx: Context, association_id: str) -> list[Resource]:
    table = next(ctx.scan(RouteTable, association_id, index="by_association"), None)
    if table is None:
        return [Resource(ctx.arn("route-table/*"))]
    _, found = _association(ctx, association_id)
    return on("table", "subnet")(ctx, table=table.route_table_id, subnet=found.subnet_id)


@operation(on=_of_association)
def disassociate_route_table(ctx: Context, association_id: str) -> None:
    table, found = _association(ctx, association_id)
    if found.main:
        raise errors.InvalidParameterValue(
            reason=f"cannot disassociate the main route table association {association_id}"
        )
    table.associations.remove(found)
    ctx.put(table)
    network_changed(ctx, table.vpc_id)


def _replacing(ctx: Context, association_id: str, route_table_id: str) -> list[Resource]:
    return [*_of_association(ctx, association_id), *on("table")(ctx, table=route_table_id)]


@operation(on=_replacing)
def replace_route_table_association(ctx: Context, association_id: str, route_table_id: str) -> object:
    """Also how another table becomes a VPC's main one."""
    old, found = _association(ctx, association_id)
    new = find(ctx, RouteTable, route_table_id)
    if old.vpc_id != new.vpc_id:
        raise errors.InvalidParameterValue(
            reason=f"Route table {route_table_id} and association {association_id} belong to different networks"
        )
    association = RouteTableAssociation(
        ctx.new_id("rtbassoc"), route_table_id, main=found.main, subnet_id=found.subnet_id, gateway_id=found.gateway_id
    )
    old.associations.remove(found)
    ctx.put(old)
    new = find(ctx, RouteTable, route_table_id)
    new.associations.append(association)
    ctx.put(new)
    network_changed(ctx, new.vpc_id)
    answer: dict[str, Any] = {"new_association_id": association.route_table_association_id}
    return {**answer, "association_state": AssociationState()}


@operation(on=on("route_table_id"))
def enable_vgw_route_propagation(ctx: Context, gateway_id: str, route_table_id: str) -> None:
    """Kept; there are no VPN connections whose routes could come."""
    table = find(ctx, RouteTable, route_table_id)
    if not gateway_id.startswith("vgw-"):
        raise faults.GatewayNotFound(id=gateway_id)
    if all(each.gateway_id != gateway_id for each in table.propagating_vgws):
        table.propagating_vgws.append(PropagatingVgw(gateway_id))
    ctx.put(table)


@operation(on=on("route_table_id"))
def disable_vgw_route_propagation(ctx: Context, gateway_id: str, route_table_id: str) -> None:
    table = find(ctx, RouteTable, route_table_id)
    table.propagating_vgws = [each for each in table.propagating_vgws if each.gateway_id != gateway_id]
    ctx.put(table)
