"""Rules of security groups and network ACLs as `nft` writes them. Pure."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from groundcloud.engines.network.links import identifier
from groundcloud.engines.network.wanted import Acl, AclEntry, Group, GroupRule, Network

TCP, UDP, ICMP, ICMP6 = 6, 17, 1, 58
_PORTS = {TCP: "tcp", UDP: "udp"}


def group_chains(network: Network) -> list[str]:
    """A chain for each group and direction. What a rule lets through leaves for good, by `goto`."""
    lines = []
    for group in sorted(network.groups, key=lambda group: group.id):
        lines += _group_chain(group, "in", group.inbound, "saddr", "goto done")
        lines += _group_chain(group, "out", group.outbound, "daddr", "goto leaving")
    return lines


def _group_chain(group: Group, way: str, rules: tuple[GroupRule, ...], side: str, verdict: str) -> list[str]:
    lines = [f"chain {way}_{identifier(group.id)} {{"]
    for rule in rules:
        protocol = _protocol(rule.protocol, rule.from_port, rule.to_port, rule.from_port, rule.to_port)
        lines += [f"{' '.join([*_joined(peer, protocol), verdict])}" for peer in _peers(rule, side)]
    return [*lines, "}"]


def untracked(network: Network, named: tuple[str, ...], way: str) -> list[str]:
    """Matches of TCP and UDP flows that AWS does not track for an interface in these groups: a rule lets them through
    for everybody, and the groups let everything through the other way. Source: AWS, "Security group connection
    tracking"."""
    groups = [group for group in network.groups if group.id in named]
    here = [rule for group in groups for rule in (group.inbound if way == "in" else group.outbound)]
    there = [rule for group in groups for rule in (group.outbound if way == "in" else group.inbound)]
    lines = []
    for version in (4, 6):
        free = {
            protocol
            for protocol in _PORTS
            if any(_for_all(rule, version) and _every_port(rule, protocol) for rule in there)
        }
        for rule in (rule for rule in here if _for_all(rule, version)):
            for protocol in sorted(free & {rule.protocol} if rule.protocol != -1 else free):
                match = _protocol(protocol, rule.from_port, rule.to_port, None, None)
                lines.append(f"meta nfproto ipv{version} {match}")
    return list(dict.fromkeys(lines))


def _for_all(rule: GroupRule, version: int) -> bool:
    return any(block.prefixlen == 0 and block.version == version for block in map(ip_network, rule.blocks))


def _every_port(rule: GroupRule, protocol: int) -> bool:
    whole = rule.from_port in (None, -1) or (rule.from_port, rule.to_port) == (0, 65535)
    return rule.protocol == -1 or (rule.protocol == protocol and whole)


def _peers(rule: GroupRule, side: str) -> list[str]:
    if rule.group:
        name = identifier(rule.group)
        return [f"ip {side} @m4_{name}", f"ip6 {side} @m6_{name}"]
    return [match for match in (_blocks(rule.blocks, side),) if match]


def _blocks(blocks: Iterable[str], side: str) -> str:
    ranges = [ip_network(block) for block in blocks]
    if not ranges:
        return ""
    if any(block.prefixlen == 0 for block in ranges):
        return f"meta nfproto ipv{ranges[0].version}"
    family = "ip" if ranges[0].version == 4 else "ip6"
    return f"{family} {side} {{ {', '.join(merged(blocks))} }}"


def merged(blocks: Iterable[str]) -> list[str]:
    """Ranges without overlaps, as a set of intervals must have them."""
    ranges = [ip_network(block) for block in blocks]
    four = [block for block in ranges if isinstance(block, IPv4Network)]
    six = [block for block in ranges if isinstance(block, IPv6Network)]
    return [str(block) for block in (*collapse_addresses(four), *collapse_addresses(six))]


def acl_chains(acls: Iterable[Acl]) -> list[str]:
    """A chain for each ACL and direction: what it allows returns, in the order of the entries."""
    lines = []
    for acl in sorted(acls, key=lambda acl: acl.id):
        for way, entries, side in (("in", acl.inbound, "saddr"), ("out", acl.outbound, "daddr")):
            lines.append(f"chain acl_{way}_{identifier(acl.id)} {{")
            lines += [_acl_rule(entry, side, f"goto refused_{way}") for entry in entries]
            lines += [f"goto refused_{way}", "}"]
    return lines


def _acl_rule(entry: AclEntry, side: str, denied: str) -> str:
    protocol = _protocol(entry.protocol, entry.from_port, entry.to_port, entry.icmp_type, entry.icmp_code)
    return " ".join([*_joined(_blocks([entry.block], side), protocol), "return" if entry.allow else denied])


def allows_all(acl: Acl) -> bool:
    """Whether the ACL lets all IPv4 and IPv6 through both ways, as a default one does: then it needs no chains."""
    return all(_starts_open(entries) for entries in (acl.inbound, acl.outbound))


def _starts_open(entries: tuple[AclEntry, ...]) -> bool:
    open_to = set()
    for entry in entries:
        if not entry.allow or entry.protocol != -1 or ip_network(entry.block).prefixlen:
            break
        open_to.add(ip_network(entry.block).version)
    return open_to == {4, 6}


def _joined(peer: str, protocol: str) -> list[str]:
    return [part for part in (peer, protocol) if part]


def _protocol(
    protocol: int, from_port: int | None, to_port: int | None, icmp_type: int | None, icmp_code: int | None
) -> str:
    if protocol == -1:
        return ""
    if protocol in _PORTS and from_port is not None and from_port >= 0 and (from_port, to_port) != (0, 65535):
        last = from_port if to_port is None else to_port
        return f"{_PORTS[protocol]} dport {from_port if last == from_port else f'{from_port}-{last}'}"
    if protocol in (ICMP, ICMP6) and icmp_type is not None and icmp_type >= 0:
        family = "icmp" if protocol == ICMP else "icmpv6"
        code = f" {family} code {icmp_code}" if icmp_code is not None and icmp_code >= 0 else ""
        return f"{family} type {icmp_type}{code}"
    return f"meta l4proto {protocol}"
