"""`Networks` in namespaces of this host. Every step compares with what the kernel has, so a crash needs no other repair
than to be told again; what was told last is kept in a file, for the steps that come between."""

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from ipaddress import IPv4Network
from pathlib import Path
from threading import RLock
from typing import TypeVar

import msgspec

from groundcloud.engines import sockets
from groundcloud.engines.network import flowlog, plan, reach
from groundcloud.engines.network.edge import ROUTER, Edge
from groundcloud.engines.network.links import (
    GATEWAY6,
    ROUTER_MAC,
    UPLINK,
    interface_link,
    peering_link,
    router_mac,
)
from groundcloud.engines.network.namespaces import NAMED, Namespace, cutting, named
from groundcloud.engines.network.rules import ruleset
from groundcloud.engines.network.seen import Seen, changes, counted, look, route_changes
from groundcloud.engines.network.valid import check, check_ids, check_link
from groundcloud.engines.network.wanted import PUBLIC_POOL, Flow, Interface, Network, Subnet, Traffic, Unreachable
from groundcloud.engines.sockets import Wanted

MTU = 9001
"""What AWS's interfaces have inside a VPC; across its border it is 1500."""

VPC_ROUTER = {**ROUTER, "ipv4__conf__default__proxy_arp": "1"}
_TRIES = 3
_COUNTERS = Path("/proc/thread-self/net/dev")
"""The links' counters in the network namespace of the thread that reads it (proc(5))."""

T = TypeVar("T")


class NamespaceNetworks:
    """The network engine of one installation. `tag` (lower case letters and digits) tells its names from another's;
    `folder` holds its notes, in /run; `process_of` gives the process id of a running machine's first process."""

    def __init__(
        self,
        tag: str,
        folder: Path,
        process_of: Callable[[str], int],
        *,
        pool: str = PUBLIC_POOL,
        outward: bool = True,
    ) -> None:
        if not (tag.isascii() and tag.isalnum() and tag == tag.lower() and len(tag) <= 32):
            raise ValueError(f"not a tag: {tag!r}")
        self._prefix = f"gc-{tag}-"
        self._folder = folder
        self._process_of = process_of
        self._edge = Edge(tag, pool, folder, outward)
        self._lock = RLock()
        self._flows: dict[str, list[Flow]] = {}
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def networks(self) -> set[str]:
        return named(self._prefix)

    def reconcile(self, network: Network) -> None:
        check(network)
        self._edge.check(plan.elsewhere(network))
        with self._lock:
            before = self._told(network.id)
            self._edge.ensure()
            space = self._space(network.id)
            space.become_router(VPC_ROUTER, [])
            if before is not None and before.logged:
                self._flows[network.id] = self._count(before)
            space.run(["nft", "-f", "-"], ruleset(network))
            self._repeat(lambda: self._shape(network, space))
            self._edge.lead(network.id, plan.elsewhere(network))
            if before is not None:
                _forget(space, before, network)
            self._note(network)

    def remove(self, network_id: str) -> None:
        check_ids([network_id])
        with self._lock:
            self._space(network_id).destroy()
            self._file(network_id).unlink(missing_ok=True)
            self._flows.pop(network_id, None)
            if self.networks():
                self._edge.drop()
            else:
                self._edge.remove()

    def plug(self, network_id: str, interface: str, machine: str, name: str) -> None:
        check_link(name)
        with self._lock:
            network = self._network(network_id)
            found = next((each for each in network.interfaces if each.id == interface), None)
            if found is None:
                raise Unreachable(f"{network_id} has no interface {interface}")
            subnet = next(each for each in network.subnets if each.id == found.subnet)
            there = Namespace(f"/proc/{self._process_of(machine)}/ns/net")
            space, link = self._space(network_id), interface_link(interface)
            links = space.links()
            if link in links:
                if name in there.links() and _plugged(space, link):
                    return
                space.batch([f"link delete {link}"])
                links.discard(link)
            space.batch(_router_end(found, link, name, there.path))
            there.batch(_machine_end(found, subnet, name))
            _answer_where_asked(there, found, subnet, name)
            for version in (4, 6):
                new = plan.routes(network, links | {link}, version) - plan.routes(network, links, version)
                space.batch([f"route replace {line}" for line in sorted(new)], f"-{version}")
            near = plan.neighbours(network, {link})
            done = f"link set {link} alias {interface}"
            space.batch([*(f"neigh replace {line} nud permanent" for line in sorted(near)), done])

    def unplug(self, network_id: str, interface: str) -> None:
        check_ids([network_id, interface])
        with self._lock:
            space, link = self._space(network_id), interface_link(interface)
            if space.exists() and link in space.links():
                space.batch([f"link delete {link}"])

    def listen(self, network_id: str) -> dict[str, int]:
        check_ids([network_id])
        return self._space(network_id).do(_sockets)

    def traffic(self, network_id: str) -> dict[str, Traffic]:
        network = self._network(network_id)
        seen = counted(self._space(network_id).do(_COUNTERS.read_text))
        links = {interface.id: interface_link(interface.id) for interface in network.interfaces}
        return {name: seen[link] for name, link in links.items() if link in seen}

    def answering(self, network_id: str) -> set[str]:
        network, space = self._network(network_id), self._space(network_id)
        links = space.links()
        asked = {
            each.id: reach.Asked(link, each.addresses[0].private)
            for each in network.interfaces
            if (link := interface_link(each.id)) in links and each.addresses
        }
        return space.do(lambda: reach.answering(asked)) if asked else set()

    def flows(self, network_id: str) -> list[Flow]:
        with self._lock:
            found = self._count(self._network(network_id))
            self._flows.pop(network_id, None)
            return found

    def _count(self, network: Network) -> list[Flow]:
        """What was counted, with what was before the last rules. The counters start anew."""
        kept = self._flows.get(network.id, [])
        space = self._space(network.id)
        if not flowlog.logged(network):
            return kept
        found = flowlog.answer(network, space.run(flowlog.QUESTION))
        if found:
            space.run(["nft", "--file", "-"], flowlog.emptying(network))
        return flowlog.merged([*kept, *found])[: flowlog.MOST]

    def _space(self, network_id: str) -> Namespace:
        return Namespace(str(NAMED / f"{self._prefix}{network_id}"))

    def _file(self, network_id: str) -> Path:
        return self._folder / f"{network_id}.json"

    def _note(self, network: Network) -> None:
        new = self._file(network.id).with_suffix(".new")
        new.write_bytes(msgspec.json.encode(network))
        os.replace(new, self._file(network.id))

    def _told(self, network_id: str) -> Network | None:
        """What `reconcile` was told last."""
        try:
            return msgspec.json.decode(self._file(network_id).read_bytes(), type=Network)
        except (OSError, msgspec.MsgspecError):
            return None

    def _network(self, network_id: str) -> Network:
        check_ids([network_id])
        found = self._told(network_id)
        if found is None or network_id not in self.networks():
            raise Unreachable(f"{network_id} is not there yet")
        return found

    def _shape(self, network: Network, space: Namespace) -> None:
        """Links, addresses and routes, from what is there to what is wanted."""
        seen = _look(space, network)
        if joined := self._links(network, space, seen):
            seen = _look(space, network)
        self._routes(network, space, seen)
        for other in joined:
            beyond = self._space(other.id)
            self._routes(other, beyond, _look(beyond, other))

    def _links(self, network: Network, space: Namespace, seen: Seen) -> list[Network]:
        """Make the links to the edge and to peers, and cut those that nothing names. The VPCs in which there is
        something new to go by: this one, and those that it newly joined."""
        wanted = {interface_link(interface.id) for interface in network.interfaces}
        peerings = {peering_link(peering.id): peering for peering in network.peerings}
        gone = {link for link in seen.links if link[0] in "ip"} - wanted - peerings.keys()
        gone |= {link for link in seen.dark if link[0] in "up"}
        addresses = changes("addr", plan.addresses(network), seen.addresses, " dev lo")
        space.batch([*cutting(gone), *addresses])
        there = seen.links - gone
        new = []
        if UPLINK not in there:
            self._edge.join(network.id, space)
            new.append(network)
        for link in sorted(peerings.keys() - there):
            other = self._told(peerings[link].network)
            if (
                other
                and self._space(other.id).exists()
                and any(peering_link(each.id) == link for each in other.peerings)
            ):
                self._join(link, space, self._space(other.id))
                new += [network, other]
        if gone and not new:
            new.append(network)
        return new

    def _join(self, link: str, one: Namespace, other: Namespace) -> None:
        mac = router_mac(link)
        one.batch(
            [
                f"link add {link} address {mac} mtu {MTU} type veth peer name {link} address {mac} mtu {MTU} "
                f"netns {other.path}",
                f"link set {link} arp off up",
            ]
        )
        other.batch([f"link set {link} arp off up"])

    def _routes(self, network: Network, space: Namespace, seen: Seen) -> None:
        for version in (4, 6):
            rules = changes("rule", plan.routing_rules(network, version), seen.rules[version])
            routes = route_changes(plan.routes(network, seen.links, version), seen.routes[version])
            space.batch([*rules, *routes], f"-{version}")
        space.batch(_neighbour_changes(plan.neighbours(network, seen.links), seen.neighbours))

    def _repeat(self, step: Callable[[], T]) -> T:
        """A machine may end, and its link with it, between a look and what is done about it: then look again."""
        for _ in range(_TRIES - 1):
            with suppress(Unreachable):
                return step()
        return step()


def _look(space: Namespace, network: Network) -> Seen:
    return look(space, any(subnet.block6 for subnet in network.subnets))


def _neighbour_changes(wanted: set[str], seen: set[str]) -> list[str]:
    places = {_place(line) for line in wanted}
    gone = [f"neigh del {line}" for line in sorted(seen - wanted) if _place(line) not in places]
    return [*gone, *(f"neigh replace {line} nud permanent" for line in sorted(wanted - seen))]


def _place(line: str) -> tuple[str, str]:
    words = line.split()
    return words[0], words[4]


def _plugged(space: Namespace, link: str) -> bool:
    """Whether all steps were done for a link: the last one gives it its alias."""
    return bool(space.show([f"link show {link}"])[0][0].get("ifalias"))


def _router_end(interface: Interface, link: str, name: str, there: str) -> list[str]:
    return [
        f"link add {link} address {ROUTER_MAC} mtu {MTU} type veth "
        f"peer name {name} address {interface.mac} mtu {MTU} netns {there}",
        f"link set {link} up",
        f"ntable change name arp_cache dev {link} proxy_delay 0",
        *([f"addr add {GATEWAY6}/64 dev {link} nodad"] if interface.addresses6 else []),
    ]


def _machine_end(interface: Interface, subnet: Subnet, name: str) -> list[str]:
    block = IPv4Network(subnet.block)
    lines = [f"addr add {each.private}/{block.prefixlen} dev {name}" for each in interface.addresses]
    lines += [f"addr add {address}/128 dev {name} nodad" for address in interface.addresses6]
    lines.append(f"link set {name} up")
    if name == "eth0":
        lines.append(f"route replace default via {block[1]} dev {name} onlink")
        lines += [f"route replace ::/0 via {GATEWAY6} dev {name} onlink"] if interface.addresses6 else []
    return lines


def _answer_where_asked(there: Namespace, interface: Interface, subnet: Subnet, name: str) -> None:
    """What a further interface is asked, it answers: the machine's default route leads through the first one, which
    lets nothing pass that has another's address. Source: "Configure your network interface" in the EC2 user guide."""
    if name == "eth0":
        return
    table = str(1000 + int("".join(filter(str.isdigit, name)) or "0"))
    block = IPv4Network(subnet.block)
    known = {rule.get("src") for rule in there.show(["rule show"])[0] if rule.get("table") == table}
    own = [each.private for each in interface.addresses]
    there.batch(
        [
            f"route replace {block} dev {name} table {table}",
            f"route replace default via {block[1]} dev {name} onlink table {table}",
            *(f"rule add from {address} table {table}" for address in own if address not in known),
        ]
    )


def _forget(space: Namespace, before: Network, now: Network) -> None:
    """End the connections of public addresses that stand for something else from now on, and those of interfaces that
    are gone: the next holder of an address must not get what was its predecessor's."""
    for public in sorted(_holders(before) - _holders(now)):
        for side in ("--orig-dst", "--reply-dst"):
            space.run(["conntrack", "-D", side, public[0]], empty=1)
    for private in sorted(_privates(before) - _privates(now)):
        for side in ("--orig-src", "--reply-src"):
            family = "ipv6" if ":" in private[0] else "ipv4"
            space.run(["conntrack", "-D", "-f", family, side, private[0]], empty=1)


def _holders(network: Network) -> set[tuple[str, str]]:
    """Public addresses and what each stands for."""
    gateways = {(gateway.public, gateway.id) for gateway in network.nat_gateways if gateway.public}
    return gateways | {(public, private) for private, public in plan.publics(network).items()}


def _privates(network: Network) -> set[tuple[str, str]]:
    return {(each.private, interface.id) for interface in network.interfaces for each in interface.addresses} | {
        (address, interface.id) for interface in network.interfaces for address in interface.addresses6
    }


def _sockets() -> dict[str, int]:
    """Run in the VPC's namespace."""
    everywhere = "0.0.0.0"  # noqa: S104  (the filter leaves three addresses of it)
    wanted = (
        Wanted("metadata", socket.SOCK_STREAM, plan.METADATA, 80),
        Wanted("dns-udp", socket.SOCK_DGRAM, plan.RESOLVER, 53),
        Wanted("dns-tcp", socket.SOCK_STREAM, plan.RESOLVER, 53),
        Wanted("http", socket.SOCK_STREAM, everywhere, 80),
        Wanted("https", socket.SOCK_STREAM, everywhere, 443),
    )
    try:
        return sockets.listen(wanted, socket.SO_REUSEPORT)
    except OSError as error:
        raise Unreachable(f"a socket in the VPC: {error}") from None
