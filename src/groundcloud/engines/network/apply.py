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

from groundcloud.engines.network import plan
from groundcloud.engines.network.edge import ROUTER, Edge
from groundcloud.engines.network.links import (
    GATEWAY6,
    ROUTER_MAC,
    UPLINK,
    interface_link,
    peering_link,
    router_mac,
)
from groundcloud.engines.network.namespaces import NAMED, Namespace, named
from groundcloud.engines.network.rules import ruleset
from groundcloud.engines.network.seen import Seen, changes, look, route_changes
from groundcloud.engines.network.valid import check, check_ids, check_link
from groundcloud.engines.network.wanted import PUBLIC_POOL, Interface, Network, Subnet, Unreachable

MTU = 9001
"""What AWS's interfaces have inside a VPC; across its border it is 1500."""

VPC_ROUTER = {**ROUTER, "ipv4__conf__default__proxy_arp": "1"}
_TRIES = 3

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
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def networks(self) -> set[str]:
        return named(self._prefix) - {"edge"}

    def reconcile(self, network: Network) -> None:
        check(network)
        with self._lock:
            before = self._told(network.id)
            self._edge.ensure()
            space = self._space(network.id)
            if not space.exists():
                space.create()
                space.set(**VPC_ROUTER)
                space.run(["ip", "link", "set", "lo", "up"])
            space.run(["nft", "-f", "-"], ruleset(network))
            self._note(network)
            self._repeat(lambda: self._shape(network, space))
            self._edge.lead(network.id, plan.elsewhere(network))
            if before is not None:
                _forget(space, before, network)

    def remove(self, network_id: str) -> None:
        check_ids([network_id])
        with self._lock:
            self._space(network_id).destroy()
            self._file(network_id).unlink(missing_ok=True)
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
            links = _links_in(space)
            if link in links:
                return
            space.batch(_router_end(found, link, name, there.path))
            there.batch(_machine_end(found, subnet, name))
            for version in (4, 6):
                new = plan.routes(network, links | {link}, version) - plan.routes(network, links, version)
                space.batch([f"route replace {line}" for line in sorted(new)], f"-{version}")
            near = plan.neighbours(network, {link})
            space.batch([f"neigh replace {line} nud permanent" for line in sorted(near)])

    def unplug(self, network_id: str, interface: str) -> None:
        check_ids([network_id, interface])
        with self._lock:
            space, link = self._space(network_id), interface_link(interface)
            if space.exists() and link in _links_in(space):
                space.batch([f"link delete {link}"])

    def listen(self, network_id: str) -> dict[str, int]:
        check_ids([network_id])
        return self._space(network_id).do(_sockets)

    def _space(self, network_id: str) -> Namespace:
        return Namespace(str(NAMED / f"{self._prefix}{network_id}"))

    def _file(self, network_id: str) -> Path:
        return self._folder / f"{network_id}.json"

    def _note(self, network: Network) -> None:
        new = self._file(network.id).with_suffix(".new")
        new.write_bytes(msgspec.json.encode(network))
        os.replace(new, self._file(network.id))

    def _told(self, network_id: str) -> Network | None:
        """What `reconcile` was told last, if its namespace is still there."""
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
        new = []
        if UPLINK not in seen.links:
            self._edge.join(network.id, space)
            new.append(network)
        wanted = {interface_link(interface.id) for interface in network.interfaces}
        peerings = {peering_link(peering.id): peering for peering in network.peerings}
        gone = {link for link in seen.links if link[0] in "ip"} - wanted - peerings.keys()
        addresses = changes("addr", plan.addresses(network), seen.addresses, " dev lo")
        space.batch([*(f"link delete {link}" for link in sorted(gone)), *addresses])
        for link in sorted(peerings.keys() - seen.links):
            other = self._told(peerings[link].network)
            if other is not None and any(peering_link(each.id) == link for each in other.peerings):
                self._join(link, space, self._space(other.id))
                new += [network, other]
        if gone and not new:
            new.append(network)
        return new

    def _join(self, link: str, one: Namespace, other: Namespace) -> None:
        mac = router_mac(link)
        if not other.exists():
            return
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


def _links_in(space: Namespace) -> set[str]:
    return space.do(lambda: {name for _, name in socket.if_nameindex()})


def _router_end(interface: Interface, link: str, name: str, there: str) -> list[str]:
    return [
        f"link add {link} address {ROUTER_MAC} mtu {MTU} type veth "
        f"peer name {name} address {interface.mac} mtu {MTU} netns {there}",
        f"link set {link} alias {interface.id} up",
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


def _forget(space: Namespace, before: Network, now: Network) -> None:
    """End the connections of addresses that stand for something else from now on, so that nothing goes on by them."""
    was = {*plan.publics(before).items(), *((gateway.public, gateway.id) for gateway in before.nat_gateways)}
    is_ = {*plan.publics(now).items(), *((gateway.public, gateway.id) for gateway in now.nat_gateways)}
    gone = {address for pair in was - is_ for address in pair if address[:1].isdigit()}
    holders = {(each.private, interface.id) for interface in before.interfaces for each in interface.addresses}
    holds = {(each.private, interface.id) for interface in now.interfaces for each in interface.addresses}
    gone |= {address for address, _ in holders - holds}
    for address in sorted(gone):
        for side in ("--orig-src", "--orig-dst", "--reply-src", "--reply-dst"):
            # It ends with 1 when there was none.
            space.run(["sh", "-c", f"conntrack -D {side} {address} || true"])


def _sockets() -> dict[str, int]:
    """Run in the VPC's namespace."""
    made: dict[str, socket.socket] = {}
    try:
        for name, kind, address, port in (
            ("metadata", socket.SOCK_STREAM, plan.METADATA, 80),
            ("dns-udp", socket.SOCK_DGRAM, plan.RESOLVER, 53),
            ("dns-tcp", socket.SOCK_STREAM, plan.RESOLVER, 53),
            ("http", socket.SOCK_STREAM, "0.0.0.0", 80),  # noqa: S104  (the filter leaves three addresses of it)
            ("https", socket.SOCK_STREAM, "0.0.0.0", 443),  # noqa: S104
        ):
            made[name] = opened = socket.socket(socket.AF_INET, kind)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            opened.bind((address, port))
            opened.setblocking(False)
            if kind == socket.SOCK_STREAM:
                opened.listen(1024)
    except OSError as error:
        for opened in made.values():
            opened.close()
        raise Unreachable(f"a socket in the VPC: {error}") from None
    return {name: opened.detach() for name, opened in made.items()}
