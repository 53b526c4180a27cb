"""The edge: the namespace that joins the VPCs, the host and the internet. The host has one link into it and a route to
each public address in use; what leaves for the internet goes through `pasta`, which opens ordinary sockets on the host,
so that the host's own firewall and parameters stay as they are."""

import fcntl
import logging
import os
import signal
import socket
import time
from ipaddress import IPv4Network
from pathlib import Path
from threading import get_native_id

from groundcloud.engines.network.links import GATEWAY, GATEWAY6, UPLINK, WORLD, edge_link, host_link, router_mac
from groundcloud.engines.network.namespaces import NAMED, Namespace, run
from groundcloud.engines.network.plan import LAST
from groundcloud.engines.network.seen import route_changes, route_lines
from groundcloud.engines.network.wanted import Unreachable

HOST = "host"
_GET_ADDRESS = 0x8915
"""SIOCGIFADDR."""
_GOING = 1.0
"""Seconds that the link of an ended process may stay."""
RETRY = 15.0
"""Seconds between tries to reach the internet."""

EVERYWHERE = ("0.0.0.0/0", "::/0")
WORLD_ADDRESS = "169.254.2.1"
WORLD_GATEWAY = "169.254.2.2"
"""The two ends of the way to the internet, as `pasta` is told to call them."""

ROUTER = {
    "ipv4__conf__all__rp_filter": "0",
    "ipv4__conf__default__rp_filter": "0",
    "ipv4__conf__all__accept_redirects": "0",
    "ipv4__conf__default__accept_redirects": "0",
    "ipv4__conf__all__send_redirects": "0",
    "ipv4__conf__default__send_redirects": "0",
    "ipv6__conf__default__forwarding": "1",
    "ipv6__conf__default__accept_ra": "0",
    "ipv6__conf__default__accept_dad": "0",
    "ipv6__conf__default__addr_gen_mode": "1",
    "ipv6__conf__all__forwarding": "1",
}
"""Parameters of a router's namespace."""

_log = logging.getLogger(__name__)


class Edge:
    """The edge of one installation."""

    def __init__(self, tag: str, pool: str, folder: Path, outward: bool) -> None:
        self.pool = IPv4Network(pool)
        self.space = Namespace(str(NAMED / f"gc-{tag}.edge"))
        self._link = host_link(tag)
        self._pid_file = folder / "pasta.pid"
        self._outward = outward
        self._host: set[str] = set()
        self._again = 0.0

    def ensure(self) -> None:
        """Make what is missing of it."""
        own = _own_addresses(Path("/proc/thread-self/net/fib_trie").read_text())
        fixed = [f"route replace blackhole {zero} {LAST}" for zero in EVERYWHERE]
        self.space.become_router(ROUTER, fixed)
        self._filter(own | {str(self.pool[1])})
        if _address_of(self._link) != str(self.pool[1]):  # another installation's link may have the same address
            self._join_host()
        if self._outward and time.monotonic() > self._again and not (self._pid() and WORLD in self.space.links()):
            self._open()

    def _join_host(self) -> None:
        """The host has the pool's first address. Its own firewall sees one more link."""
        mac, own, here = router_mac(self._link), self.pool[1], Namespace()
        if self._link in here.links():
            here.batch([f"link delete {self._link}"])
        self.space.batch(
            [
                f"link add {HOST} address {mac} mtu 1500 type veth peer name {self._link} address {mac} mtu 1500 "
                f"netns /proc/{os.getpid()}/task/{get_native_id()}/ns/net",
                f"link set {HOST} arp off up",
                f"route replace {own}/32 via {GATEWAY} dev {HOST} onlink",
            ]
        )
        here.batch([f"link set {self._link} arp off up", f"addr add {own}/32 dev {self._link}"])

    def _filter(self, host: set[str]) -> None:
        """Into the host goes only what answers it; to the internet, not to the host's own addresses."""
        if host != self._host:
            self.space.run(["nft", "-f", "-"], edge_rules(self.pool, host))
            self._host = host

    def _open(self) -> None:
        """Start `pasta` on the namespace. A host without a way to the internet has networks all the same."""
        self._end()
        self._wait_for_the_link_to_go()
        options = [
            *("--ns-ifname", WORLD, "--config-net", "--no-map-gw", "--mtu", "1500", "--ipv4-only"),
            *("--address", WORLD_ADDRESS, "--netmask", "30", "--gateway", WORLD_GATEWAY),
            *("-t", "none", "-u", "none", "-T", "none", "-U", "none"),  # no ports from or to the host's loopback
            *("--no-dhcp", "--no-ra", "--no-ndp", "--no-dhcpv6"),
            *("--runas", "0", "--quiet", "--pid", str(self._pid_file), "--netns", self.space.path),
        ]
        try:
            run(["pasta", *options])
        except Unreachable as error:
            _log.warning("machines do not reach the internet: %s", error)
            self._again = time.monotonic() + RETRY

    def _wait_for_the_link_to_go(self) -> None:
        """The kernel takes away the link of a process that has ended a moment after it: until then there is no new one
        of that name."""
        last = time.monotonic() + _GOING
        while WORLD in self.space.links() and time.monotonic() < last:
            time.sleep(0.02)

    def _pid(self) -> int:
        """The process that the file names, if it is that one still."""
        try:
            pid = int(self._pid_file.read_text())
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return 0
        return pid if self.space.path.encode() in words else 0

    def join(self, network: str, vpc: Namespace) -> None:
        """Link a VPC's namespace to the edge."""
        link = edge_link(network)
        mac = router_mac(link)
        vpc.batch(
            [
                f"link add {UPLINK} address {mac} mtu 1500 type veth "
                f"peer name {link} address {mac} mtu 1500 netns {self.space.path}",
                f"link set {UPLINK} arp off up",
            ]
        )
        self.space.batch([f"link set {link} arp off up"])

    def check(self, ranges: set[str]) -> None:
        """Raise `Unreachable` for a public address that is not the pool's."""
        if outside := sorted(each for each in ranges if ":" not in each and not self._holds(each)):
            raise Unreachable(f"{outside[0]} is not an address that the pool {self.pool} has to give")

    def lead(self, network: str, ranges: set[str]) -> None:
        """Make the edge send these ranges to a VPC, and no others."""
        link = edge_link(network)
        seen = self._routes()
        for version, via in ((4, GATEWAY), (6, GATEWAY6)):
            wanted = {
                f"unicast {each} table 254 via {via} dev {link} onlink"
                for each in ranges
                if (":" in each) == (version == 6)
            }
            own = {line for line in seen[version] if f" dev {link} " in line}
            self.space.batch(route_changes(wanted, own), f"-{version}")
        others = {line.split()[1] for line in seen[4] if " dev v" in line and f" dev {link} " not in line}
        self._lead_host(others | {each for each in ranges if ":" not in each})

    def drop(self) -> None:
        """Take from the host the ways to a VPC that is gone."""
        self._lead_host({line.split()[1] for line in self._routes()[4] if " dev v" in line})

    def _routes(self) -> dict[int, set[str]]:
        shown = self.space.show(["route show table all"])[0]
        return {version: route_lines(shown, version) for version in (4, 6)}

    def _lead_host(self, wanted: set[str]) -> None:
        """The host gets a way to each address in use, and none to the rest of the pool."""
        shown = Namespace().show([f"route show dev {self._link}"], "-4")[0]
        seen = {str(IPv4Network(each["dst"])) for each in shown}
        how = f"via {GATEWAY} dev {self._link} onlink src {self.pool[1]}"
        gone = [f"route del {each} dev {self._link}" for each in sorted(seen - wanted)]
        Namespace().batch([*gone, *(f"route add {each} {how}" for each in sorted(wanted - seen))])

    def _holds(self, address: str) -> bool:
        return IPv4Network(address).subnet_of(self.pool) and IPv4Network(address)[0] != self.pool[1]

    def remove(self) -> None:
        """End it, with its links and its process."""
        self._end()
        self.space.destroy()
        self._host = set()

    def _end(self) -> None:
        if pid := self._pid():
            os.kill(pid, signal.SIGTERM)
        self._pid_file.unlink(missing_ok=True)


def _own_addresses(trie: str) -> set[str]:
    """The host's addresses in what the kernel shows of its routes: a leaf, and below it what it is."""
    found, leaf = set(), ""
    for line in trie.splitlines():
        words = line.split()
        if words[0] in ("|--", "+--"):
            leaf = words[1]
        elif words[-1] == "LOCAL" and words[0] == "/32":
            found.add(leaf)
    return found


def _address_of(link: str) -> str:
    """The first address of a link of the host; nothing where there is none. Source: netdevice(7)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as asking:
        try:
            answer = fcntl.ioctl(asking, _GET_ADDRESS, link.encode().ljust(256, b"\0"))
        except OSError:
            return ""
    return socket.inet_ntoa(answer[20:24])


def edge_rules(pool: IPv4Network, host: set[str]) -> str:
    """The edge's filter as one `nft` transaction, with the host's own addresses. Links to VPCs begin with `v`."""
    return "\n".join(
        [
            "table inet edge",
            "delete table inet edge",
            "table inet edge {",
            "chain forward {",
            "type filter hook forward priority filter; policy drop;",
            f'iifname "v*" ip saddr != {pool} drop',
            "ct state established,related accept",
            'iifname "v*" oifname "v*" accept',
            f'iifname "{HOST}" oifname "v*" ip saddr {pool[1]} accept',
            f'iifname "v*" oifname "{WORLD}" ip daddr {{ {", ".join(sorted(host))} }} drop',
            f'iifname "v*" oifname "{WORLD}" meta nfproto ipv4 accept',
            "}",
            "chain input {",
            "type filter hook input priority filter; policy drop;",
            "ct state established,related accept",
            "}",
            "chain leave {",
            "type nat hook postrouting priority srcnat; policy accept;",
            f'oifname "{WORLD}" meta nfproto ipv4 masquerade',
            "}",
            "}",
            "",
        ]
    )
