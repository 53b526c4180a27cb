"""Names and numbers on the host for AWS's ids: links, routing tables, marks. Pure, and the same at every start, so that
what is found on the host is recognized without a note of it."""

from hashlib import sha256
from zlib import crc32

UPLINK = "uplink"
"""A VPC's link to the edge."""

WORLD = "world"
"""The edge's link to the internet."""

GATEWAY = "169.254.0.1"
"""The next hop on links between routers. It exists nowhere: those links do without ARP, both ends have one MAC."""

GATEWAY6 = "fe80::1"

ROUTER_MAC = "0a:00:00:00:00:01"
"""Of the router's end of every link to a machine."""


def interface_link(interface: str) -> str:
    """The router's end of the link to an interface. Fits the 15 characters that Linux gives to a name."""
    return "i" + _digest(interface)


def peering_link(peering: str) -> str:
    return "p" + _digest(peering)


def edge_link(network: str) -> str:
    """The edge's end of the link to a VPC."""
    return "v" + _digest(network)


def host_link(tag: str) -> str:
    """The host's end of its link to the edge, the one thing that is seen on the host itself."""
    return "gc" + _digest(tag)


def router_mac(link: str) -> str:
    """The MAC of both ends of a link between routers (locally administered)."""
    digits = sha256(link.encode()).hexdigest()
    return "06:" + ":".join(digits[at : at + 2] for at in range(0, 10, 2))


def table_of(subnet: str) -> int:
    """The number of a subnet's routing table, which is also the mark of its machines' packets."""
    return 0x10000 | crc32(subnet.encode()) & 0x7FFEFFFF


def groups_name(groups: tuple[str, ...]) -> str:
    """A short name for what these groups let through together."""
    return _digest(" ".join(groups))


def identifier(name: str) -> str:
    """An AWS id as `nft` takes it in the name of a set or chain."""
    return name.replace("-", "_")


def _digest(name: str) -> str:
    return sha256(name.encode()).hexdigest()[:12]
