"""Checks what an engine is told before it becomes commands of root: the one who tells it is less privileged. It holds
for form and for references only; what AWS forbids beyond that is the service's to refuse."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

from groundcloud.engines.network.links import table_of
from groundcloud.engines.network.wanted import AclEntry, GroupRule, Interface, Network, Subnet

_ID = re.compile(r"[a-z][a-z0-9-]{1,62}")
_MAC = re.compile(r"[0-9a-f][02468ace](:[0-9a-f]{2}){5}")
_LINK = re.compile(r"[a-z][a-z0-9]{0,14}")
_KINDS = {"local", "internet", "nat", "peering", "interface", "blackhole"}


def check(network: Network) -> None:
    """Raise ValueError when a value is not what its field holds."""
    check_ids([network.id, *(acl.id for acl in network.acls), *(gateway.id for gateway in network.nat_gateways)])
    check_ids(network.logged)
    if not network.blocks:
        raise ValueError(f"{network.id} has no range")
    for block in network.blocks:
        IPv4Network(block)
    for subnet in network.subnets:
        _check_subnet(subnet)
    if len({table_of(subnet.id) for subnet in network.subnets}) < len(network.subnets):
        raise ValueError(f"two subnets of {network.id} have one number")
    known = {subnet.id for subnet in network.subnets}
    groups = {group.id for group in network.groups}
    for interface in network.interfaces:
        _check_interface(interface, known, groups)
    for entry in (entry for acl in network.acls for entry in (*acl.inbound, *acl.outbound)):
        _check_entry(entry)
    for group in network.groups:
        check_ids([group.id])
        for rule in (*group.inbound, *group.outbound):
            _check_rule(rule)
    _check_ways(network)


def check_ids(names: Iterable[str]) -> None:
    for name in names:
        if not _ID.fullmatch(name):
            raise ValueError(f"not an id: {name!r}")


def check_link(name: str) -> None:
    if not _LINK.fullmatch(name):
        raise ValueError(f"not a link's name: {name!r}")


def _check_subnet(subnet: Subnet) -> None:
    check_ids([subnet.id])
    IPv4Network(subnet.block)
    if subnet.block6:
        IPv6Network(subnet.block6)
    for route in subnet.routes:
        ip_network(route.destination)
        if route.kind not in _KINDS:
            raise ValueError(f"not a kind of route: {route.kind!r}")
        check_ids([route.target] if route.target else [])


def _check_interface(interface: Interface, subnets: set[str], groups: set[str]) -> None:
    check_ids([interface.id])
    if not _MAC.fullmatch(interface.mac):
        raise ValueError(f"not a MAC of one machine: {interface.mac!r}")
    if interface.subnet not in subnets or not groups.issuperset(interface.groups) or not interface.addresses:
        raise ValueError(f"{interface.id} lacks its subnet, a group or an address")
    for address in interface.addresses:
        IPv4Address(address.private)
        if address.public:
            IPv4Address(address.public)
    for address6 in interface.addresses6:
        IPv6Address(address6)


def _check_entry(entry: AclEntry) -> None:
    ip_network(entry.block)
    _check_numbers(entry.protocol, entry.from_port, entry.to_port, entry.icmp_type, entry.icmp_code)


def _check_rule(rule: GroupRule) -> None:
    _check_numbers(rule.protocol, rule.from_port, rule.to_port)
    check_ids([rule.group] if rule.group else [])
    if len({ip_network(block).version for block in rule.blocks}) > 1:
        raise ValueError("a rule's ranges are of two families")


def _check_ways(network: Network) -> None:
    for gateway in network.nat_gateways:
        IPv4Address(gateway.private)
        if gateway.public:
            IPv4Address(gateway.public)
    for peering in network.peerings:
        check_ids([peering.id, peering.network])
        for block in peering.blocks:
            ip_network(block)
    for endpoint in network.endpoints:
        check_ids([endpoint.id, *endpoint.subnets])
    for group, addresses in network.group_members.items():
        check_ids([group])
        for address in addresses:
            ip_network(address)


def _check_numbers(protocol: int, *numbers: int | None) -> None:
    if not -1 <= protocol <= 255 or any(number is not None and not -1 <= number <= 65535 for number in numbers):
        raise ValueError("a protocol, port or ICMP type is out of range")
