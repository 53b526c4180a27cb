"""A VPC's packet filter as the text of one `nft` transaction. Pure.

A packet of a machine passes: `guard` (does it come from who it says?), the routing table of the machine's subnet, and
`forward`, which asks the network ACLs at the borders of subnets, lets through what belongs to a connection, and asks
the groups of both ends about what does not. `input` holds for the few things that the router itself answers.
"""

from collections.abc import Iterable
from zlib import crc32

from groundcloud.engines.network.filters import acl_chains, allows_all, group_chains, merged, untracked
from groundcloud.engines.network.flowlog import count, declarations
from groundcloud.engines.network.links import UPLINK, groups_name, identifier, interface_link, peering_link, table_of
from groundcloud.engines.network.plan import METADATA, RESOLVER, Way, publics, reachable, resolvers, ways
from groundcloud.engines.network.wanted import SERVICE_ADDRESSES, Network, Subnet

OUT, IN = 0x40000000, 0x80000000
BOTH = OUT | IN
"""Bits of a connection's mark: the interface that opened it, the one that took it, does not track it."""

SERVICES = "{ " + ", ".join(SERVICE_ADDRESSES.values()) + " }"


def ruleset(network: Network) -> str:
    """The whole table, replaced in one transaction; connections that are tracked stay so."""
    lines = ["table inet vpc", "delete table inet vpc", "table inet vpc {"]
    lines += [*_sets(network), *_guard(network), *_forward(network), *_local(network), *_translation(network)]
    lines += [*_interfaces(network), *group_chains(network), *_way_chains(network)]
    lines += _tracking(network, crc32("\n".join(lines).encode()) & ~BOTH | 1)
    lines += [*acl_chains(acl for acl in network.acls if not allows_all(acl)), *_refused(network)]
    lines += declarations(network)
    return "\n".join([*lines, "}", *_arp(network), ""])


def _arp(network: Network) -> list[str]:
    """A machine asks by ARP as itself only: the table of neighbours is one for all namespaces of a kernel."""
    return [
        "table arp vpc",
        "delete table arp vpc",
        "table arp vpc {",
        _set("sources", "ifname . ipv4_addr", _sources(network)),
        _set("unchecked", "ifname", _unchecked(network)),
        "chain guard {",
        "type filter hook input priority filter; policy drop;",
        "iifname . arp saddr ip @sources accept",
        "iifname @unchecked limit rate 5/second accept",
        "}",
        "}",
    ]


def _sources(network: Network) -> list[str]:
    return [
        f'"{interface_link(interface.id)}" . {address.private}'
        for interface in network.interfaces
        for address in interface.addresses
    ]


def _unchecked(network: Network) -> list[str]:
    return [_quoted(interface_link(each.id)) for each in network.interfaces if not each.source_dest_check]


def _sets(network: Network) -> list[str]:
    links = {interface.id: interface_link(interface.id) for interface in network.interfaces}
    numbers = {subnet.id: table_of(subnet.id) for subnet in network.subnets}
    dual = [each for each in network.interfaces if each.addresses6]
    six = [(links[each.id], address) for each in dual for address in each.addresses6]
    public = publics(network)
    lines = [
        _set("machines", "ifname", (_quoted(link) for link in links.values())),
        _set("unchecked", "ifname", _unchecked(network)),
        _set("dual", "ifname", (_quoted(links[each.id]) for each in dual)),
        _set("peers", "ifname", (_quoted(peering_link(peering.id)) for peering in network.peerings)),
        _map("subnets", "ifname : mark", (f'"{links[i.id]}" : {numbers[i.subnet]:#x}' for i in network.interfaces)),
        _set("sources", "ifname . ipv4_addr", _sources(network)),
        _set("sources6", "ifname . ipv6_addr", (f'"{link}" . {address}' for link, address in six)),
        _map("public_of", "ipv4_addr : ipv4_addr", (f"{mine} : {theirs}" for mine, theirs in public.items())),
        _map("private_of", "ipv4_addr : ipv4_addr", (f"{theirs} : {mine}" for mine, theirs in public.items())),
        _set("public", "ipv4_addr", public),
        _set("reachable", "ipv4_addr . ipv4_addr", (f"{mine} . {there}" for mine, there in reachable(network))),
    ]
    for group in sorted(_named_groups(network)):
        members = [each for each in network.interfaces if group in each.groups]
        beyond = network.group_members.get(group, ())
        four = [address.private for each in members for address in each.addresses]
        lines.append(_set(f"m4_{identifier(group)}", "ipv4_addr", {*four, *(a for a in beyond if ":" not in a)}))
        own6 = [address for each in members for address in each.addresses6]
        lines.append(_set(f"m6_{identifier(group)}", "ipv6_addr", {*own6, *(a for a in beyond if ":" in a)}))
    for subnet in _guarded(network):
        own = (_quoted(links[each.id]) for each in network.interfaces if each.subnet == subnet.id)
        lines.append(_set(f"links_{identifier(subnet.id)}", "ifname", own))
    return lines


def _guard(network: Network) -> list[str]:
    """Nothing goes on that says it comes from elsewhere than it does. Marks a machine's packet with its subnet."""
    inside = merged(["127.0.0.0/8", "169.254.0.0/16", *network.blocks])
    peers = []
    for peering in network.peerings:
        blocks = [block for block in merged(peering.blocks) if ":" not in block]
        if blocks:
            peers.append(f'iifname "{peering_link(peering.id)}" ip saddr {{ {", ".join(blocks)} }} accept')
        peers += [
            f'iifname "{peering_link(peering.id)}" ip6 saddr {block} accept'
            for block in merged(peering.blocks)
            if ":" in block
        ]
    return [
        "chain guard {",
        "type filter hook prerouting priority raw; policy drop;",
        "iifname @machines goto from_machine",
        f'iifname "{UPLINK}" ip saddr != {{ {", ".join(inside)} }} accept',
        f'iifname "{UPLINK}" meta nfproto ipv6 accept',
        *peers,
        'iifname "lo" accept',
        "}",
        "chain from_machine {",
        "meta mark set iifname map @subnets",
        "iifname . ip saddr @sources accept",
        "iifname . ip6 saddr @sources6 accept",
        "iifname @dual icmpv6 type nd-neighbor-solicit ip6 saddr { ::, fe80::/10 } limit rate 20/second accept",
        "iifname @dual icmpv6 type nd-neighbor-advert ip6 saddr fe80::/10 accept",
        "iifname @unchecked ip saddr != { 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16, 224.0.0.0/3 } accept",
        "iifname @unchecked ip6 saddr != { ::/127, fe80::/10, ff00::/8 } accept",
        "drop",
        "}",
    ]


def _forward(network: Network) -> list[str]:
    return [
        "chain forward {",
        "type filter hook forward priority filter; policy drop;",
        "ip daddr 169.254.0.0/16 drop",
        *_borders(network),
        f'oifname "{UPLINK}" tcp flags syn tcp option maxseg size set rt mtu',
        f'oifname "{UPLINK}" meta nfproto ipv4 jump outward',
        "ct state established,related goto known",
        "ct state invalid drop",
        f'iifname "{UPLINK}" ct status dnat goto arriving',
        f'iifname "{UPLINK}" meta nfproto ipv6 goto arriving',
        "iifname @peers goto arriving",
        "goto departing",
        "}",
        "chain leaving {",
        *count(network, "iifname", "yes"),
        f'oifname "{UPLINK}" goto done',
        "oifname @peers goto done",
        f"ip daddr {SERVICES} goto done",
        f"ct state established ct mark & {BOTH:#x} == {OUT:#x} goto done",
        "goto arriving",
        "}",
        "chain outward {",
        *_by_subnet(_with_uplink(network), "goto outward"),
        "drop",
        "}",
    ]


def _refused(network: Network) -> list[str]:
    """Where packets end that no ACL and no group lets through."""
    lines = []
    for way, side in (("out", "iifname"), ("in", "oifname")):
        lines += [f"chain refused_{way} {{", *count(network, side, "no"), "drop", "}"]
    return lines


def _tracking(network: Network, generation: int) -> list[str]:
    """Flows that AWS does not track end when their rule goes. Their connection's mark has a bit for each end that does
    not track it, and the generation of the rules that it was last held against."""
    return [
        "chain known {",
        f"ct mark & {BOTH:#x} == 0 goto passed",
        f"ct mark & {~BOTH & 0xFFFFFFFF:#x} == {generation:#x} goto passed",
        f"ct direction reply ct mark & {~BOTH & 0xFFFFFFFF:#x} == 0 drop",
        "ct direction reply goto passed",
        f"ct mark set ct mark & {BOTH:#x}",
        f"ct mark & {BOTH:#x} == {IN:#x} goto arriving",
        "goto departing",
        "}",
        "chain passed {",
        *count(network, "iifname", "yes"),
        *count(network, "oifname", "yes"),
        "accept",
        "}",
        "chain done {",
        *count(network, "oifname", "yes"),
        f"ct mark & {BOTH:#x} == 0 accept",
        f"ct mark set ct mark | {generation:#x}",
        "accept",
        "}",
    ]


def _borders(network: Network) -> list[str]:
    """ACLs count each packet for itself, and only where it leaves one subnet for another place."""
    lines = []
    for mark, links, acl in _guards(network):
        lines.append(f"meta mark {mark} oifname != {links} jump acl_out_{acl}")
        lines.append(f"oifname {links} meta mark != {mark} jump acl_in_{acl}")
    guarded = {subnet.id: subnet for subnet in _guarded(network)}
    for gateway in network.nat_gateways:
        home = guarded.get(gateway.subnet)
        if home and gateway.public:
            acl = identifier(home.acl)
            back = f'iifname "{UPLINK}" ct direction reply ct reply ip daddr {gateway.public}'
            lines += [f"{back} jump acl_in_{acl}", f"{back} jump acl_out_{acl}"]
    return lines


def _local(network: Network) -> list[str]:
    """What the router answers: metadata and DNS to every machine, the cloud itself to who has a way to it."""
    borders_out, borders_in = [], []
    for mark, links, acl in _guards(network):
        borders_out.append(f"meta mark {mark} jump acl_out_{acl}")
        borders_in.append(f"ip saddr {SERVICES} oifname {links} jump acl_in_{acl}")
    return [
        "chain input {",
        "type filter hook input priority filter; policy drop;",
        "iifname != @machines drop",
        "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept",
        "iifname . ip saddr != @sources drop",
        f"ip daddr {METADATA} tcp dport 80 accept",
        f"ip daddr {RESOLVER} meta l4proto {{ tcp, udp }} th dport 53 accept",
        f"ip daddr {SERVICES} tcp dport {{ 80, 443 }} goto services",
        "}",
        "chain services {",
        "ip saddr . ip daddr != @reachable drop",
        *borders_out,
        "ct state established,related goto known",
        "goto departing",
        "}",
        "chain output {",
        "type filter hook output priority filter; policy accept;",
        *borders_in,
        *(f"ip saddr {SERVICES} {line}" for line in count(network, "oifname", "yes")),
        "}",
    ]


def _translation(network: Network) -> list[str]:
    bases = [address for address in resolvers(network) if address != RESOLVER]
    dns = f"ip daddr {{ {', '.join(bases)} }} meta l4proto {{ tcp, udp }} th dport 53"
    private = [
        f'oifname "{peering_link(peering.id)}" {line}'
        for peering in network.peerings
        for line in _by_subnet(_with_gateway(network, peering.id), f"goto from_{identifier(peering.id)}")
    ]
    return [
        "chain enter {",
        "type nat hook prerouting priority dstnat; policy accept;",
        f'iifname "{UPLINK}" dnat ip to ip daddr map @private_of',
        *([f"iifname @machines {dns} dnat ip to {RESOLVER}"] if bases else []),
        "}",
        "chain leave {",
        "type nat hook postrouting priority srcnat; policy accept;",
        *(f'oifname "{UPLINK}" {line}' for line in _by_subnet(_with_uplink(network), "goto from")),
        *private,
        "}",
    ]


def _interfaces(network: Network) -> list[str]:
    """The chains of the interfaces' groups, one for all that are in the same. What no group lets through is dropped."""
    lines: list[str] = []
    for way, side, chain in (("out", "iifname", "departing"), ("in", "oifname", "arriving")):
        for named in sorted({interface.groups for interface in network.interfaces}):
            lines += [f"chain {_all_of(named, way)} {{ # {' '.join(named)}", *_groups(network, named, way), "}"]
        ordered = sorted(network.interfaces, key=lambda interface: interface.id)
        ends = [f'"{interface_link(each.id)}" : goto {_all_of(each.groups, way)}' for each in ordered]
        lines += [f"chain {chain} {{", *_vmap(side, ends), "drop", "}"]
    return lines


def _all_of(named: tuple[str, ...], way: str) -> str:
    return f"{way}_all_of_{groups_name(named)}"


def _groups(network: Network, named: tuple[str, ...], way: str) -> list[str]:
    bit, on = (OUT, "leaving") if way == "out" else (IN, "done")
    free = [f"{match} ct mark set ct mark | {bit:#x} goto {on}" for match in untracked(network, named, way)]
    return [*free, *(f"jump {way}_{identifier(group)}" for group in named), f"goto refused_{way}"]


def _way_chains(network: Network) -> list[str]:
    """For each subnet with a way out: who may take it, and as whom. The most specific way counts. Nobody comes in by a
    NAT gateway, and what goes out by it is tracked in any case."""
    lines = []
    for subnet in _with_uplink(network):
        name, found = identifier(subnet.id), _out(network, subnet, "internet")
        lines += [f"chain outward_{name} {{", *(_outward(network, way) for way in found), "drop", "}"]
        lines += [f"chain from_{name} {{", *(_as_whom(way) for way in found), "}"]
    for peering in network.peerings:
        for subnet in _with_gateway(network, peering.id):
            lines.append(f"chain from_{identifier(peering.id)}_{identifier(subnet.id)} {{")
            lines += [_as_whom(way) for way in _out(network, subnet, "peering")]
            lines.append("}")
    lines += [
        "chain by_gateway {",
        "ct status dnat drop",
        f"ct mark & {OUT:#x} != 0 ct mark set ct mark & {~OUT & 0xFFFFFFFF:#x}",
        "}",
    ]
    for gateway in network.nat_gateways:
        home = next((subnet for subnet in _guarded(network) if subnet.id == gateway.subnet), None)
        jumps = [f"jump acl_in_{identifier(home.acl)}", f"jump acl_out_{identifier(home.acl)}"] if home else []
        lines += [f"chain by_{identifier(gateway.id)} {{", "jump by_gateway", *jumps, "}"]
    return [*lines, "chain by_address {", "ip saddr != @public drop", "}"]


def _outward(network: Network, way: Way) -> str:
    if way.kind != "internet":
        return f"ip daddr {way.destination} return"
    return f"ip daddr {way.destination} goto {f'by_{identifier(way.gateway.id)}' if way.gateway else 'by_address'}"


def _as_whom(way: Way) -> str:
    if way.kind == "internet" and way.gateway is None:
        return f"ip daddr {way.destination} snat ip to ip saddr map @public_of"
    if way.gateway:
        source = way.gateway.public if way.kind == "internet" else way.gateway.private
        return f"ip daddr {way.destination} snat ip to {source}"
    return f"ip daddr {way.destination} accept"


def _out(network: Network, subnet: Subnet, kind: str) -> list[Way]:
    """A subnet's ways for IPv4, if one of them is of the kind."""
    found = [way for way in ways(network, subnet) if ":" not in way.destination and way.kind != "local"]
    return found if any(way.kind == kind for way in found) else []


def _with_uplink(network: Network) -> list[Subnet]:
    return [subnet for subnet in network.subnets if _out(network, subnet, "internet")]


def _with_gateway(network: Network, peering: str) -> list[Subnet]:
    """Subnets that go to a peered VPC as a private NAT gateway."""
    return [
        subnet
        for subnet in network.subnets
        if any(way.gateway and way.target == peering for way in _out(network, subnet, "peering"))
    ]


def _guarded(network: Network) -> list[Subnet]:
    """Subnets whose ACL forbids something."""
    acls = {acl.id for acl in network.acls if not allows_all(acl)}
    return [subnet for subnet in network.subnets if subnet.acl in acls]


def _guards(network: Network) -> list[tuple[str, str, str]]:
    """By what such a subnet's packets are known: the mark of those that leave it, the links of those that come; and the
    name of its ACL in chains."""
    return [
        (f"{table_of(each.id):#x}", f"@links_{identifier(each.id)}", identifier(each.acl)) for each in _guarded(network)
    ]


def _named_groups(network: Network) -> set[str]:
    return {rule.group for group in network.groups for rule in (*group.inbound, *group.outbound) if rule.group}


def _by_subnet(subnets: list[Subnet], verdict: str) -> list[str]:
    return _vmap("meta mark", [f"{table_of(each.id):#x} : {verdict}_{identifier(each.id)}" for each in subnets])


def _vmap(key: str, entries: list[str]) -> list[str]:
    return [f"{key} vmap {{ {', '.join(entries)} }}"] if entries else []


def _set(name: str, kind: str, elements: Iterable[str]) -> str:
    return _declaration("set", name, kind, elements)


def _map(name: str, kind: str, elements: Iterable[str]) -> str:
    return _declaration("map", name, kind, elements)


def _declaration(what: str, name: str, kind: str, elements: Iterable[str]) -> str:
    listed = ", ".join(sorted(set(elements)))
    return f"{what} {name} {{ type {kind};{f' elements = {{ {listed} }};' if listed else ''} }}"


def _quoted(link: str) -> str:
    return f'"{link}"'
