"""How a machine's call reaches AWS's services: under which address, and what policies may know of its way.

Source: "AWS global condition context keys" (aws:SourceIp, aws:SourceVpc, aws:SourceVpce, aws:VpcSourceIp).
"""

from collections.abc import Mapping
from typing import NamedTuple

from groundcloud.services.ec2.network.linking import NatGateway, VpcEndpoint
from groundcloud.services.ec2.network.records import NetworkInterface, interface_at
from groundcloud.services.ec2.network.routing import RouteTable
from groundcloud.store import Store, Transaction


class Way(NamedTuple):
    """How a call came."""

    address: str
    """`aws:SourceIp`; empty for what comes through an endpoint, where policies see no such key."""
    known: Mapping[str, str] = {}
    """Condition keys, lower case."""


def way_of(store: Store, vpc_id: str, private: str, host: str) -> Way:
    """The way of a call from a private address in a VPC to a host of AWS's."""
    with store.snapshot() as tx:
        interface = interface_at(tx, vpc_id, private)
        if interface is None:
            return Way(private)
        table = _table(tx, interface)
        endpoint = _endpoint(tx, interface, table, host)
        if endpoint is not None:
            known = {"aws:sourcevpc": vpc_id, "aws:sourcevpce": endpoint, "aws:vpcsourceip": private}
            return Way("", known)
        for each in interface.private_ip_addresses:
            if each.private_ip_address == private and each.association is not None:
                return Way(each.association.public_ip)
        return Way(_nat_address(tx, interface, table) or private)


def _table(tx: Transaction, interface: NetworkInterface) -> RouteTable | None:
    owner, region = interface.owner_id, interface.region
    own = next(tx.scan(RouteTable, owner, region, interface.subnet_id, index="by_subnet"), None)
    return own or next(tx.scan(RouteTable, owner, region, interface.vpc_id, index="by_main"), None)


def _endpoint(tx: Transaction, interface: NetworkInterface, table: RouteTable | None, host: str) -> str | None:
    """The gateway endpoint that the subnet's routes lead to for a host: they are more specific than any other."""
    services = [part for part in host.partition(":")[0].split(".") if part in ("s3", "dynamodb")]
    if table is None or not services:
        return None
    wanted = {route.gateway_id for route in table.routes if (route.gateway_id or "").startswith("vpce-")}
    for endpoint in tx.scan(VpcEndpoint, interface.owner_id, interface.region, interface.vpc_id, index="by_vpc"):
        if endpoint.vpc_endpoint_id in wanted and endpoint.service_name.endswith(f".{services[-1]}"):
            return endpoint.vpc_endpoint_id
    return None


def _nat_address(tx: Transaction, interface: NetworkInterface, table: RouteTable | None) -> str | None:
    """The public address of the NAT gateway that the subnet's default route leads to."""
    routes = table.routes if table is not None else []
    wanted = next((each.nat_gateway_id for each in routes if each.destination_cidr_block == "0.0.0.0/0"), None)
    nat = tx.get(NatGateway, interface.owner_id, interface.region, wanted) if wanted else None
    return next((each.public_ip for each in nat.nat_gateway_addresses if each.public_ip), None) if nat else None
