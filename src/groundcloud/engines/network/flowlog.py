"""Counting for flow logs: the kernel keeps, for each logged interface, sets of flows with counters. Pure: the rules
that fill them, the question for them, and what the answer means. Metadata and DNS are not counted, as with AWS."""

from collections.abc import Iterable
from typing import Any

import msgspec

from groundcloud.engines.network.links import interface_link
from groundcloud.engines.network.wanted import Flow, Network

MOST = 65536
"""Flows of an interface that are kept between two questions, of each kind. What is more is not counted."""

_VERDICTS = {"yes": True, "no": False}
_PORTS = "th sport . th dport"
_KEYS = {
    "p4": f"ip saddr . ip daddr . meta l4proto . {_PORTS}",
    "p6": f"ip6 saddr . ip6 daddr . meta l4proto . {_PORTS}",
    "o4": "ip saddr . ip daddr . meta l4proto",
    "o6": "ip6 saddr . ip6 daddr . meta l4proto",
}
"""Flows with ports, and others, by IP version."""


def logged(network: Network) -> dict[str, str]:
    """The interfaces that are logged, by their links."""
    there = {interface.id for interface in network.interfaces}
    return {interface_link(name): name for name in sorted(there.intersection(network.logged))}


def declarations(network: Network) -> list[str]:
    """The sets, and for each link a chain that counts what is accepted and one that counts what is not."""
    lines = []
    for link in logged(network):
        for verdict in _VERDICTS:
            for name, key in _KEYS.items():
                lines.append(f"set {verdict}_{name}_{link} {{ {_type(key)}; size {MOST}; flags dynamic; counter; }}")
            lines.append(f"chain {verdict}_{link} {{")
            for name, key in _KEYS.items():
                kind = "" if name.startswith("p") else "!= "
                lines.append(f"meta l4proto {kind}{{ tcp, udp }} update @{verdict}_{name}_{link} {{ {key} }}")
            lines.append("}")
    return lines


def count(network: Network, side: str, verdict: str) -> list[str]:
    """Count a packet for the link by which it came (`iifname`) or will leave (`oifname`)."""
    chains = ", ".join(f'"{link}" : jump {verdict}_{link}' for link in logged(network))
    return [f"{side} vmap {{ {chains} }}"] if chains else []


def _type(key: str) -> str:
    address = "ipv6_addr" if key.startswith("ip6") else "ipv4_addr"
    return f"type {address} . {address} . inet_proto" + (" . inet_service . inet_service" if _PORTS in key else "")


QUESTION = ["nft", "--json", "--numeric", "list", "ruleset", "inet"]
"""Of more than the sets: no other question for several sets is answered with their elements by every `nft`."""


def emptying(network: Network) -> str:
    """What `nft` is to do after the question. In one go with it, it would come first."""
    return "".join(f"flush set inet vpc {name}\n" for name in _names(network))


def _names(network: Network) -> dict[str, tuple[str, bool]]:
    """The sets, with the interface and the verdict that they are for."""
    return {
        f"{verdict}_{name}_{link}": (interface, accepted)
        for link, interface in logged(network).items()
        for verdict, accepted in _VERDICTS.items()
        for name in _KEYS
    }


def answer(network: Network, text: str) -> list[Flow]:
    """The flows in what `nft` answers."""
    names = _names(network)
    sets = [each["set"] for each in msgspec.json.decode(text)["nftables"] if "set" in each]
    return merged(
        _flow(*names[each["name"]], element["elem"])
        for each in sets
        if each["name"] in names
        for element in each.get("elem", ())
    )


def _flow(interface: str, accepted: bool, element: dict[str, Any]) -> Flow:
    source, destination, protocol, *ports = element["val"]["concat"]
    counted = element["counter"]
    from_port, to_port = ports or (0, 0)
    return Flow(
        interface,
        accepted,
        source,
        destination,
        int(protocol),
        from_port,
        to_port,
        counted["packets"],
        counted["bytes"],
    )


def merged(flows: Iterable[Flow]) -> list[Flow]:
    """One of each, with the sums."""
    sums: dict[tuple[object, ...], Flow] = {}
    for flow in flows:
        *key, packets, size = msgspec.structs.astuple(flow)
        before = sums.get(tuple(key))
        if before is not None:
            flow = msgspec.structs.replace(flow, packets=before.packets + packets, size=before.size + size)
        sums[tuple(key)] = flow
    return list(sums.values())
