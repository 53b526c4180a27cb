"""Rules of security groups as requests and answers spell them: grouped by protocol and ports.

A rule is kept one by one (`SecurityGroupRule`); `IpPermission` is several with the same protocol and ports.
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, NamedTuple

from groundcloud.context import Context
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.network.records import SecurityGroup, SecurityGroupRule
from groundcloud.store import Part

_NAMES = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6", "all": "-1"}
_WITH_PORTS = ("tcp", "udp")
_WITH_TYPES = ("icmp", "icmpv6")


class IpRange(Part):
    cidr_ip: str = ""
    description: str | None = None


class Ipv6Range(Part):
    cidr_ipv6: str = ""
    description: str | None = None


class PrefixListId(Part):
    prefix_list_id: str = ""
    description: str | None = None


class UserIdGroupPair(Part):
    group_id: str = ""
    group_name: str = ""
    user_id: str = ""
    vpc_id: str = ""
    vpc_peering_connection_id: str = ""
    peering_status: str = ""
    description: str | None = None


class IpPermission(Part):
    ip_protocol: str = ""
    from_port: int | None = None
    to_port: int | None = None
    ip_ranges: list[IpRange] = []
    ipv6_ranges: list[Ipv6Range] = []
    prefix_list_ids: list[PrefixListId] = []
    user_id_group_pairs: list[UserIdGroupPair] = []


class Traffic(NamedTuple):
    """Which traffic a rule is about; ports of all protocols but TCP, UDP and ICMP are -1."""

    protocol: str
    from_port: int
    to_port: int


class Peer(NamedTuple):
    """The other side of a rule: exactly one of these."""

    cidr_ipv4: str | None = None
    cidr_ipv6: str | None = None
    prefix_list_id: str | None = None
    group_id: str | None = None

    def __str__(self) -> str:
        return self.cidr_ipv4 or self.cidr_ipv6 or self.prefix_list_id or self.group_id or ""


class RuleKey(NamedTuple):
    """What tells a rule of a group and direction from the others."""

    traffic: Traffic
    peer: Peer

    def __str__(self) -> str:
        """As AWS's messages word it."""
        traffic = self.traffic
        ports = f", from port: {traffic.from_port}, to port: {traffic.to_port}" if _has_range(traffic.protocol) else ""
        protocol = "ALL" if traffic.protocol == "-1" else traffic.protocol.upper()
        return f"peer: {self.peer}, {protocol}{ports}, ALLOW"


def _has_range(protocol: str) -> bool:
    return protocol in _WITH_PORTS or protocol in _WITH_TYPES


def key_of(rule: SecurityGroupRule) -> RuleKey:
    return RuleKey(
        Traffic(rule.ip_protocol, rule.from_port, rule.to_port),
        Peer(rule.cidr_ipv4, rule.cidr_ipv6, rule.prefix_list_id, rule.referenced_group_id),
    )


def traffic(ip_protocol: str, from_port: int | None, to_port: int | None) -> Traffic:
    """Protocol and ports as they are kept. Raises `InvalidParameterValue`."""
    protocol = _NAMES.get(ip_protocol.lower(), ip_protocol.lower())
    if protocol in _WITH_PORTS:
        return Traffic(protocol, *_ports(protocol, from_port, to_port))
    if protocol in _WITH_TYPES:
        return Traffic(protocol, *_types(from_port, to_port))
    if protocol != "-1" and not (protocol.isdigit() and int(protocol) <= 255):
        raise errors.InvalidParameterValue(reason=f"Invalid value '{ip_protocol}' for IP protocol. Unknown protocol.")
    return Traffic(protocol, -1, -1)


def _ports(protocol: str, from_port: int | None, to_port: int | None) -> tuple[int, int]:
    if from_port is None or to_port is None:
        raise errors.InvalidParameterValue(
            reason="Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."
        )
    if from_port == to_port == -1:
        return 0, 65535
    for port in (from_port, to_port):
        if not 0 <= port <= 65535:
            raise errors.InvalidParameterValue(reason=f"TCP/UDP port ({port}) out of range")
    if from_port > to_port:
        raise errors.InvalidParameterValue(
            reason=f"Invalid {protocol.upper()} range (from port {from_port}, to port {to_port})"
        )
    return from_port, to_port


def _types(from_port: int | None, to_port: int | None) -> tuple[int, int]:
    kind = -1 if from_port is None else from_port
    code = -1 if to_port is None else to_port
    if not (-1 <= kind <= 255 and -1 <= code <= 255):
        raise errors.InvalidParameterValue(reason=f"ICMP type ({kind}) and code ({code}) out of range")
    if kind == -1 and code != -1:
        raise errors.InvalidParameterValue(reason="ICMP code (to port) must be -1 if type (from port) is -1")
    return kind, code


def block(text: str, family: type[IPv4Network] | type[IPv6Network]) -> str:
    """A range in its canonical form. Raises `InvalidParameterValue`."""
    try:
        network = ip_network(text, strict=False)
        if isinstance(network, family) and "/" in text:
            return str(network)
    except ValueError:
        pass
    raise errors.InvalidParameterValue(reason=f"CIDR block {text} is malformed")


def permissions(ctx: Context, rules: Iterable[SecurityGroupRule]) -> list[dict[str, Any]]:
    """Rules as `IpPermissions`, grouped by protocol and ports."""
    grouped: dict[Traffic, list[SecurityGroupRule]] = {}
    for rule in rules:
        grouped.setdefault(key_of(rule).traffic, []).append(rule)
    return [
        {
            "ip_protocol": about.protocol,
            "from_port": about.from_port if _has_range(about.protocol) else None,
            "to_port": about.to_port if _has_range(about.protocol) else None,
            "user_id_group_pairs": list(_pairs(ctx, group)),
            "ip_ranges": _peers(group, "cidr_ipv4", "cidr_ip"),
            "ipv6_ranges": _peers(group, "cidr_ipv6", "cidr_ipv6"),
            "prefix_list_ids": _peers(group, "prefix_list_id", "prefix_list_id"),
        }
        for about, group in grouped.items()
    ]


def _peers(rules: Iterable[SecurityGroupRule], field: str, name: str) -> list[dict[str, Any]]:
    return [
        {name: value, "description": rule.description} for rule in rules if (value := getattr(rule, field)) is not None
    ]


def _pairs(ctx: Context, rules: Iterable[SecurityGroupRule]) -> Iterator[dict[str, Any]]:
    for rule in rules:
        if rule.referenced_group_id is None:
            continue
        pair: dict[str, Any] = {
            "group_id": rule.referenced_group_id,
            "user_id": rule.referenced_owner,
            "description": rule.description,
        }
        if rule.referenced_peering:
            named = ctx.tx.get(SecurityGroup, rule.referenced_owner or "", ctx.region, rule.referenced_group_id)
            pair["vpc_id"] = named.vpc_id if named is not None else None
            pair["vpc_peering_connection_id"] = rule.referenced_peering
            pair["peering_status"] = "active" if named is not None else "deleted"
        yield pair


def rule_shown(ctx: Context, rule: SecurityGroupRule) -> dict[str, Any]:
    """A rule by itself, as Describe calls show it."""
    reference = None
    if rule.referenced_group_id is not None:
        reference = {
            "group_id": rule.referenced_group_id,
            "user_id": rule.referenced_owner,
            "vpc_peering_connection_id": rule.referenced_peering,
        }
    return {
        **{name: getattr(rule, name) for name in rule.__struct_fields__},
        "group_owner_id": rule.owner_id,
        "referenced_group_info": reference,
        "security_group_rule_arn": rule.arn,
    }
