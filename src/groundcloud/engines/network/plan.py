"""What a VPC's router should have besides its packet filter (`rules.py`): addresses, routing rules, routes, neighbours.
Pure: lines as `ip` takes them, in the one form in which `seen.py` writes what the kernel has."""

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from msgspec import Struct

from groundcloud.engines.network.links import (
    GATEWAY,
    GATEWAY6,
    UPLINK,
    interface_link,
    peering_link,
    table_of,
)
from groundcloud.engines.network.wanted import SERVICE_ADDRESSES, Interface, NatGateway, Network, Route, Subnet

METADATA = "169.254.169.254"
RESOLVER = "169.254.169.253"

MAIN = 254
"""The kernel's own main table: the interfaces' addresses, and nothing for the rest of the VPC."""

LAST = "metric 9999"
"""Of routes that count when no other is there to the same range: above the metric that IPv6 gives by itself."""

Range = IPv4Network | IPv6Network


class Way(Struct, frozen=True):
    """Where packets of a subnet to a range really go: routes with the routes of NAT gateways' subnets applied."""

    destination: str
    kind: str
    """`internet`, `peering`, `interface`, `local` or `blackhole`."""
    target: str = ""
    gateway: NatGateway | None = None
    """The NAT gateway on the way, if there is one."""


def ways(network: Network, subnet: Subnet) -> list[Way]:
    """A subnet's ways, the most specific first: the first that holds an address is its way."""
    found = [way for route in subnet.routes for way in _ways_of(network, route)]
    return sorted(found, key=lambda way: (-ip_network(way.destination).prefixlen, way.destination, way.kind))


def way_to(ways: list[Way], address: str) -> Way | None:
    """Of ordered ways the one that leads to an address."""
    wanted = ip_address(address)
    return next((way for way in ways if wanted in ip_network(way.destination)), None)


def _ways_of(network: Network, route: Route) -> list[Way]:
    if route.kind != "nat":
        return [Way(route.destination, route.kind, route.target)]
    gateway = next((gateway for gateway in network.nat_gateways if gateway.id == route.target), None)
    home = next((subnet for subnet in network.subnets if gateway and subnet.id == gateway.subnet), None)
    closed = Way(route.destination, "blackhole")
    if gateway is None or home is None:
        return [closed]
    beyond = []
    for onward in home.routes:
        both = _narrower(ip_network(route.destination), ip_network(onward.destination))
        usable = onward.kind == "peering" or (onward.kind == "internet" and gateway.public)
        if both and usable:
            beyond.append(Way(str(both), onward.kind, onward.target, gateway))
    return beyond if any(way.destination == route.destination for way in beyond) else [*beyond, closed]


def _narrower(one: Range, other: Range) -> Range | None:
    if one.version != other.version or not one.overlaps(other):
        return None
    return max(one, other, key=lambda block: block.prefixlen)


def addresses(network: Network) -> set[str]:
    """The router's own addresses, all on its loopback link."""
    own = {METADATA, RESOLVER, *SERVICE_ADDRESSES.values()}
    own.update(str(IPv4Network(subnet.block)[1]) for subnet in network.subnets)
    own.update(resolvers(network))
    return {f"{address}/32" for address in own}


def resolvers(network: Network) -> list[str]:
    """The addresses at base plus two, where AWS's resolver is in each range of a VPC."""
    return [str(IPv4Network(block)[2]) for block in network.blocks]


def routing_rules(network: Network, version: int) -> set[str]:
    """One per subnet: its machines' packets carry its mark and go by its table."""
    if version == 6 and not any(subnet.block6 for subnet in network.subnets):
        return set()
    return {_rule(table_of(subnet.id)) for subnet in network.subnets}


def _rule(table: int) -> str:
    return f"pref 1000 fwmark {table:#x} lookup {table}"


def routes(network: Network, links: set[str], version: int) -> set[str]:
    """The routes of all tables, of one IP version, that are possible with the links that there are."""
    zero = "0.0.0.0/0" if version == 4 else "::/0"
    blocks = list(network.blocks) if version == 4 else [subnet.block6 for subnet in network.subnets if subnet.block6]
    if not blocks:
        return set()
    lines = {_line("blackhole", block, MAIN) for block in blocks} | {_line("blackhole", zero, MAIN)}
    for interface in network.interfaces:
        link = interface_link(interface.id)
        if link in links:
            lines.update(_line("unicast", host, MAIN, f"dev {link}") for host in _hosts(interface, version))
    for subnet in network.subnets:
        lines |= _subnet_routes(network, subnet, links, blocks, zero)
    return lines


def _hosts(interface: Interface, version: int) -> list[str]:
    if version == 6:
        return [f"{address}/128" for address in interface.addresses6]
    return [f"{address.private}/32" for address in interface.addresses]


def _subnet_routes(network: Network, subnet: Subnet, links: set[str], blocks: list[str], zero: str) -> set[str]:
    """Behind each route is a black hole to the same range: when a route's link ends, no wider route takes its place."""
    table, version = table_of(subnet.id), ip_network(zero).version
    lines = {_line("throw", block, table) for block in blocks} | {_line("blackhole", zero, table, LAST)}
    for way in ways(network, subnet):
        if ip_network(way.destination).version == version and way.kind != "local" and way.destination not in blocks:
            lines.add(_line("blackhole", way.destination, table, LAST))
            via, link = _next_hop(network, way, version)
            if link in links:
                lines.add(_line("unicast", way.destination, table, f"via {via} dev {link} onlink"))
    return lines


def _next_hop(network: Network, way: Way, version: int) -> tuple[str, str]:
    """The address and link that a way leads to. An interface that checks destinations takes nothing for others."""
    via = GATEWAY if version == 4 else GATEWAY6
    if way.kind == "internet":
        return via, UPLINK
    if way.kind == "peering":
        return via, peering_link(way.target)
    found = next((each for each in network.interfaces if way.kind == "interface" and each.id == way.target), None)
    hosts = _hosts(found, version) if found and not found.source_dest_check else []
    return (hosts[0].partition("/")[0], interface_link(way.target)) if hosts else ("", "")


def _line(kind: str, destination: str, table: int, how: str = "") -> str:
    return f"{kind} {ip_network(destination)} table {table}{' ' if how else ''}{how}"


def neighbours(network: Network, links: set[str]) -> set[str]:
    """The machines' MACs, fixed: what a machine answers or announces by ARP changes nothing."""
    lines: set[str] = set()
    for interface in network.interfaces:
        link = interface_link(interface.id)
        hosts = [*(address.private for address in interface.addresses), *interface.addresses6] if link in links else []
        lines.update(f"{host} lladdr {interface.mac} dev {link}" for host in hosts)
    return lines


def reachable(network: Network) -> set[tuple[str, str]]:
    """Pairs of a private address and one of `SERVICE_ADDRESSES` to which it has a way."""
    pairs = set()
    for subnet in network.subnets:
        leads = ways(network, subnet)
        for service, target in SERVICE_ADDRESSES.items():
            endpoint = any(each.service == service and subnet.id in each.subnets for each in network.endpoints)
            way = way_to(leads, target)
            for interface in (each for each in network.interfaces if each.subnet == subnet.id):
                for address in interface.addresses:
                    if endpoint or _leads_out(network, way, address.public, target):
                        pairs.add((address.private, target))
    return pairs


def _leads_out(network: Network, way: Way | None, public: str, target: str, hops: int = 2) -> bool:
    """Whether a way to the internet is one for who has this public address, or none; over a NAT instance too."""
    if way is None:
        return False
    if way.kind == "internet":
        return bool(public or way.gateway)
    instance = next((each for each in network.interfaces if way.kind == "interface" and each.id == way.target), None)
    if instance is None or instance.source_dest_check or not hops:
        return False
    home = next(subnet for subnet in network.subnets if subnet.id == instance.subnet)
    return _leads_out(network, way_to(ways(network, home), target), instance.addresses[0].public, target, hops - 1)


def publics(network: Network) -> dict[str, str]:
    """Public addresses by the private ones that they stand for."""
    return {
        address.private: address.public
        for interface in network.interfaces
        for address in interface.addresses
        if address.public
    }


def elsewhere(network: Network) -> set[str]:
    """What the edge sends to this VPC: its public addresses, its NAT gateways' and its IPv6 ranges."""
    own = {f"{public}/32" for public in publics(network).values()}
    own.update(f"{gateway.public}/32" for gateway in network.nat_gateways if gateway.public)
    own.update(str(IPv6Network(subnet.block6)) for subnet in network.subnets if subnet.block6)
    return own
