"""Routes of route tables: added, replaced and removed."""

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network
from typing import Any, NamedTuple

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import Tagged, find, on, parse_range
from groundcloud.services.ec2.network import faults
from groundcloud.services.ec2.network.changes import network_changed
from groundcloud.services.ec2.network.linking import EgressOnlyInternetGateway, NatGateway, VpcPeeringConnection
from groundcloud.services.ec2.network.prefix_list_reads import prefix_list
from groundcloud.services.ec2.network.records import NetworkInterface
from groundcloud.services.ec2.network.routing import InternetGateway, Route, RouteTable
from groundcloud.store import Transaction


class _Destination(NamedTuple):
    """Where a route leads to; exactly one of these."""

    cidr_block: str | None
    ipv6_cidr_block: str | None
    prefix_list_id: str | None

    def __str__(self) -> str:
        return self.cidr_block or self.ipv6_cidr_block or self.prefix_list_id or ""


def _destination(ctx: Context, cidr_block: str, ipv6_cidr_block: str, prefix_list_id: str) -> _Destination:
    if sum(bool(each) for each in (cidr_block, ipv6_cidr_block, prefix_list_id)) != 1:
        raise errors.MissingParameter(name="destinationCidrBlock, destinationIpv6CidrBlock or destinationPrefixListId")
    if cidr_block:
        return _Destination(_range(cidr_block, "destinationCidrBlock", IPv4Network), None, None)
    if ipv6_cidr_block:
        return _Destination(None, _range(ipv6_cidr_block, "destinationIpv6CidrBlock", IPv6Network), None)
    return _Destination(None, None, prefix_list(ctx, prefix_list_id).prefix_list_id)


def _range(text: str, name: str, family: type[IPv4Network] | type[IPv6Network]) -> str:
    found = parse_range(text, name)
    if not isinstance(found, family):
        raise errors.InvalidParameterValue(
            reason=f"Value ({text}) for parameter {name} is invalid. This is not a valid CIDR block."
        )
    return str(found)


def _destination_of(route: Route) -> _Destination:
    return _Destination(
        route.destination_cidr_block, route.destination_ipv6_cidr_block, route.destination_prefix_list_id
    )


class Target(NamedTuple):
    """What a request says a route leads through."""

    gateway_id: str = ""
    nat_gateway_id: str = ""
    network_interface_id: str = ""
    instance_id: str = ""
    vpc_peering_connection_id: str = ""
    egress_only_internet_gateway_id: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> "Target":
        """The target among a call's arguments."""
        return cls(**{name: asked[name] for name in cls._fields})


def _route(ctx: Context, table: RouteTable, destination: _Destination, target: Target) -> Route:
    """The route that a request asks for. Raises what is wrong with its target."""
    given = [name for name, value in target._asdict().items() if value]
    if len(given) != 1:
        raise errors.InvalidParameterCombination(reason="Exactly one target of the route must be specified")
    route = Route(
        destination_cidr_block=destination.cidr_block,
        destination_ipv6_cidr_block=destination.ipv6_cidr_block,
        destination_prefix_list_id=destination.prefix_list_id,
    )
    _aim(ctx, table, route, target)
    return route


def _aim(ctx: Context, table: RouteTable, route: Route, target: Target) -> None:
    if target.gateway_id:
        route.gateway_id = _gateway(ctx, table, target.gateway_id)
    elif target.nat_gateway_id:
        _same_vpc(table, find(ctx, NatGateway, target.nat_gateway_id).vpc_id, target.nat_gateway_id)
        route.nat_gateway_id = target.nat_gateway_id
    elif target.vpc_peering_connection_id:
        peering = find(ctx, VpcPeeringConnection, target.vpc_peering_connection_id)
        sides = (peering.requester_vpc_info.vpc_id, peering.accepter_vpc_info.vpc_id)
        if table.vpc_id not in sides or peering.status.code not in ("active", "pending-acceptance"):
            raise errors.InvalidParameterValue(
                reason=f"VPC peering connection {target.vpc_peering_connection_id} is not usable in {table.vpc_id}"
            )
        route.vpc_peering_connection_id = target.vpc_peering_connection_id
        route.state = "active" if peering.status.code == "active" else "blackhole"
    elif target.egress_only_internet_gateway_id:
        gateway = find(ctx, EgressOnlyInternetGateway, target.egress_only_internet_gateway_id)
        _attached(gateway, table, [each.vpc_id for each in gateway.attachments])
        route.egress_only_internet_gateway_id = gateway.id
    else:
        _through_interface(ctx, table, route, target)


def _through_interface(ctx: Context, table: RouteTable, route: Route, target: Target) -> None:
    if target.instance_id:
        found = list(ctx.scan(NetworkInterface, target.instance_id, index="by_instance"))
        if not found:
            raise errors.InstanceNotFound(named=f" '{target.instance_id}' does")
        if len(found) > 1:
            raise errors.InvalidInstanceId(
                reason=f"There are multiple interfaces attached to instance '{target.instance_id}'. Please specify an "
                "interface ID for the operation instead."
            )
        interface = found[0]
    else:
        interface = find(ctx, NetworkInterface, target.network_interface_id)
    _same_vpc(table, interface.vpc_id, interface.network_interface_id)
    route.network_interface_id = interface.network_interface_id
    attachment = interface.attachment
    if attachment is not None:
        route.instance_id, route.instance_owner_id = attachment.instance_id, attachment.instance_owner_id
    route.state = "active" if attachment is not None else "blackhole"


def _gateway(ctx: Context, table: RouteTable, gateway_id: str) -> str:
    if gateway_id.startswith("igw-"):
        gateway = find(ctx, InternetGateway, gateway_id)
        _attached(gateway, table, [each.vpc_id for each in gateway.attachments])
        return gateway_id
    if gateway_id.startswith("vpce-"):
        raise errors.InvalidParameterValue(
            reason="A route to a gateway endpoint is made by ModifyVpcEndpoint and not by CreateRoute."
        )
    raise faults.GatewayNotFound(id=gateway_id)


def _attached(gateway: Tagged, table: RouteTable, vpcs: list[str]) -> None:
    if table.vpc_id not in vpcs:
        raise errors.InvalidParameterValue(
            reason=f"route table {table.route_table_id} and network gateway {gateway.id} belong to different networks"
        )


def _same_vpc(table: RouteTable, vpc_id: str, target: str) -> None:
    if table.vpc_id != vpc_id:
        raise errors.InvalidParameterValue(
            reason=f"route table {table.route_table_id} and {target} belong to different networks"
        )


_TABLE = on("route_table_id")


@operation(on=_TABLE)
def create_route(
    ctx: Context,
    route_table_id: str,
    destination_cidr_block: str = "",
    destination_ipv6_cidr_block: str = "",
    destination_prefix_list_id: str = "",
    gateway_id: str = "",
    nat_gateway_id: str = "",
    network_interface_id: str = "",
    instance_id: str = "",
    vpc_peering_connection_id: str = "",
    egress_only_internet_gateway_id: str = "",
) -> object:
    asked = locals()
    table = find(ctx, RouteTable, route_table_id)
    destination = _destination(ctx, destination_cidr_block, destination_ipv6_cidr_block, destination_prefix_list_id)
    route = _route(ctx, table, destination, Target.of(asked))
    known = next((each for each in table.routes if _destination_of(each) == destination), None)
    if known is not None:
        if _Aim.of(known) == _Aim.of(route):
            return {"return_": True}  # the same request again is no error, as in AWS
        raise faults.RouteAlreadyExists(destination=destination)
    table.routes.append(route)
    ctx.put(table)
    network_changed(ctx, table.vpc_id)
    return {"return_": True}


class _Aim(NamedTuple):
    """What a route leads through, to tell two apart."""

    gateway_id: str | None
    nat_gateway_id: str | None
    network_interface_id: str | None
    vpc_peering_connection_id: str | None
    egress_only_internet_gateway_id: str | None

    @classmethod
    def of(cls, route: Route) -> "_Aim":
        return cls(*(getattr(route, name) for name in cls._fields))


def _index(table: RouteTable, destination: _Destination) -> int:
    for number, route in enumerate(table.routes):
        if _destination_of(route) == destination:
            return number
    raise faults.RouteNotFound(destination=destination, table=table.route_table_id)


@operation(on=_TABLE)
def replace_route(
    ctx: Context,
    route_table_id: str,
    destination_cidr_block: str = "",
    destination_ipv6_cidr_block: str = "",
    destination_prefix_list_id: str = "",
    gateway_id: str = "",
    nat_gateway_id: str = "",
    network_interface_id: str = "",
    instance_id: str = "",
    vpc_peering_connection_id: str = "",
    egress_only_internet_gateway_id: str = "",
    local_target: bool = False,
) -> None:
    asked = locals()
    table = find(ctx, RouteTable, route_table_id)
    destination = _destination(ctx, destination_cidr_block, destination_ipv6_cidr_block, destination_prefix_list_id)
    place = _index(table, destination)
    local = table.routes[place].origin == "CreateRouteTable"
    if local_target:
        if not local:
            raise errors.InvalidParameterValue(reason="Only a local route can have its target reset to local.")
        route = Route(destination.cidr_block, destination.ipv6_cidr_block, gateway_id="local")
    else:
        route = _route(ctx, table, destination, Target.of(asked))
        if local and route.network_interface_id is None:
            raise errors.InvalidParameterValue(
                reason="The target of a local route can only be a network interface or an instance."
            )
    route.origin = table.routes[place].origin
    table.routes[place] = route
    ctx.put(table)
    network_changed(ctx, table.vpc_id)


@operation(on=_TABLE)
def delete_route(
    ctx: Context,
    route_table_id: str,
    destination_cidr_block: str = "",
    destination_ipv6_cidr_block: str = "",
    destination_prefix_list_id: str = "",
) -> None:
    table = find(ctx, RouteTable, route_table_id)
    destination = _destination(ctx, destination_cidr_block, destination_ipv6_cidr_block, destination_prefix_list_id)
    place = _index(table, destination)
    route = table.routes[place]
    if route.origin == "CreateRouteTable":
        raise errors.InvalidParameterValue(
            reason=f"cannot remove local route {destination} in route table {route_table_id}"
        )
    if (route.gateway_id or "").startswith("vpce-"):
        raise errors.InvalidParameterValue(
            reason=f"cannot remove VPC endpoint route {destination} in route table {route_table_id}"
        )
    del table.routes[place]
    ctx.put(table)
    network_changed(ctx, table.vpc_id)


def follow(ctx: Context, interface: NetworkInterface) -> None:
    """Bring the routes through an interface up to date: they lead somewhere while a machine has it."""
    attachment = interface.attachment
    for table in list(ctx.scan(RouteTable, interface.vpc_id, index="by_vpc")):
        for route in table.routes:
            if route.network_interface_id == interface.network_interface_id:
                route.state = "active" if attachment is not None else "blackhole"
                route.instance_id = attachment.instance_id if attachment is not None else None
                route.instance_owner_id = attachment.instance_owner_id if attachment is not None else None
        ctx.put(table)


def set_state(ctx: Context, vpc_id: str, field: str, target: str, state: str) -> None:
    """Mark the routes of a VPC through a target as `active`, or as `blackhole` once it is gone."""
    mark_routes(ctx.tx, (ctx.account, ctx.region, vpc_id), field, target, state)
    network_changed(ctx, vpc_id)


def mark_routes(tx: Transaction, vpc: tuple[str, str, str], field: str, target: str, state: str) -> None:
    """The same for a VPC of any account and Region, without telling the engine."""
    for table in list(tx.scan(RouteTable, *vpc, index="by_vpc")):
        for route in table.routes:
            if getattr(route, field) == target:
                route.state = state
        tx.put(table)
