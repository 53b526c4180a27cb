"""What a network engine is told: one `Network` for each VPC, whole, each time something in it changes.

Plain values without AWS's records, so that the engine knows no service. Addresses and ranges are text, as `ip` and
`nft` write them.
"""

from typing import Protocol

from msgspec import Struct


class Route(Struct, frozen=True):
    """A route of a subnet. The most specific destination counts; an unknown target is a black hole."""

    destination: str
    """A range: `0.0.0.0/0`, `10.1.0.0/16`, `::/0`."""
    kind: str
    """`local`, `internet` (an internet gateway), `nat`, `peering`, `interface` or `blackhole`."""
    target: str = ""
    """Which: the NAT gateway's id, the peering's id, the interface's id."""


class AclEntry(Struct, frozen=True):
    """An entry of a network ACL, in the order in which they count; what none allows is denied. Stateless."""

    allow: bool
    protocol: int
    """The IP protocol's number; -1 is every one."""
    block: str
    from_port: int | None = None
    to_port: int | None = None
    icmp_type: int | None = None
    """-1 or None is every one."""
    icmp_code: int | None = None


class Acl(Struct, frozen=True):
    id: str
    inbound: tuple[AclEntry, ...]
    outbound: tuple[AclEntry, ...]


class Subnet(Struct, frozen=True):
    id: str
    block: str
    routes: tuple[Route, ...]
    acl: str
    """The id of its network ACL."""
    block6: str = ""


class GroupRule(Struct, frozen=True):
    """What a security group lets through. One of `blocks` and `group` is given."""

    protocol: int
    """The IP protocol's number; -1 is every one."""
    from_port: int | None = None
    """The lowest port; for ICMP the type, where -1 or None is every one."""
    to_port: int | None = None
    """The highest port; for ICMP the code, where -1 or None is every one."""
    blocks: tuple[str, ...] = ()
    """Ranges of one family."""
    group: str = ""
    """Another group: the addresses of its interfaces, in this VPC and in VPCs that peer with it."""


class Group(Struct, frozen=True):
    id: str
    inbound: tuple[GroupRule, ...]
    outbound: tuple[GroupRule, ...]


class Address(Struct, frozen=True):
    """An address of an interface. `public` is the one that stands for it outside, by 1:1 NAT, or empty."""

    private: str
    public: str = ""


class Interface(Struct, frozen=True):
    """A network interface. It exists whether or not a machine has it; `plug` gives it to one."""

    id: str
    mac: str
    subnet: str
    addresses: tuple[Address, ...]
    """The primary one first."""
    groups: tuple[str, ...]
    addresses6: tuple[str, ...] = ()
    source_dest_check: bool = True
    """Off, the machine may forward what is not its own (a NAT instance)."""


class NatGateway(Struct, frozen=True):
    id: str
    subnet: str
    private: str
    public: str
    """The elastic address that stands for all; empty for a private NAT gateway."""


class Peering(Struct, frozen=True):
    id: str
    network: str
    """The other VPC."""
    blocks: tuple[str, ...]
    """The other VPC's ranges."""


class Endpoint(Struct, frozen=True):
    """A gateway endpoint: the subnets whose routes let it reach a service without a way to the internet."""

    id: str
    service: str
    """`s3` or `dynamodb`."""
    subnets: tuple[str, ...]


class Network(Struct, frozen=True):
    """A VPC. Ranges of two VPCs may overlap."""

    id: str
    blocks: tuple[str, ...]
    subnets: tuple[Subnet, ...] = ()
    acls: tuple[Acl, ...] = ()
    groups: tuple[Group, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    nat_gateways: tuple[NatGateway, ...] = ()
    peerings: tuple[Peering, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    group_members: dict[str, tuple[str, ...]] = {}
    """Private addresses of the interfaces of groups in peered VPCs that rules here name as a source."""
    logged: tuple[str, ...] = ()
    """The ids of interfaces whose traffic is counted for flow logs (`FlowLogs`)."""


class Flow(Struct, frozen=True, array_like=True):
    """Traffic of an interface in one direction since it was last asked for. Addresses are those that the machine sees;
    ports are 0 for protocols without them."""

    interface: str
    accepted: bool
    source: str
    destination: str
    protocol: int
    source_port: int
    destination_port: int
    packets: int
    size: int
    """Bytes."""


class Unreachable(Exception):
    """The engine cannot do it on this machine; the message says what is missing."""


class Traffic(Struct, frozen=True):
    """What has gone over an interface since it is there, as its machine sees it. One that comes back counts anew."""

    bytes_in: int = 0
    packets_in: int = 0
    bytes_out: int = 0
    packets_out: int = 0


class Networks(Protocol):
    """The network engine. Every method may be repeated at no harm, and blocks for milliseconds."""

    def reconcile(self, network: Network) -> None:
        """Make the VPC's router, rules and routes so. What is no longer named goes away."""
        ...

    def remove(self, network_id: str) -> None:
        """Remove the VPC's router and all that is in it."""
        ...

    def networks(self) -> set[str]:
        """The ids of the VPCs that exist on the host."""
        ...

    def plug(self, network_id: str, interface: str, machine: str, name: str) -> None:
        """Give an interface of a reconciled network to a running machine, as `name` (`eth0`): linked, addressed, with
        the default route when its name is `eth0`."""
        ...

    def unplug(self, network_id: str, interface: str) -> None:
        """Take it away."""
        ...

    def listen(self, network_id: str) -> dict[str, int]:
        """Sockets that listen inside the VPC, as descriptors that the caller owns: `metadata` (TCP 169.254.169.254:80),
        `dns-udp` and `dns-tcp` (port 53 of 169.254.169.253 and of each block's base address plus two, wildcard bound
        and filtered), `http` and `https` (ports 80 and 443 of the addresses in `SERVICE_ADDRESSES`). The peer's address
        is the machine's private one; an address that a machine has made up never gets here."""
        ...

    def traffic(self, network_id: str) -> dict[str, Traffic]:
        """What has gone over each interface of the VPC that is plugged in, by id. Raises `Unreachable`."""
        ...

    def answering(self, network_id: str) -> set[str]:
        """The ids of the VPC's interfaces whose machine answers ARP. Raises `Unreachable`."""
        ...


class FlowLogs(Protocol):
    """What a network engine may have besides."""

    def flows(self, network_id: str) -> list[Flow]:
        """What went by the logged interfaces since the last call, and forget it."""
        ...


class CountingNetworks(Networks, FlowLogs, Protocol):
    """A network engine that counts flows, as the one of this host does."""


SERVICE_ADDRESSES = {"": "198.51.100.1", "s3": "198.51.100.2", "dynamodb": "198.51.100.3"}
"""Where AWS's host names lead inside VPCs: documentation addresses (RFC 5737) that no VPC may have as its own. A
machine gets there as it gets to the internet (a public address or a NAT gateway, and a route), or through a gateway
endpoint for S3 and DynamoDB."""

PUBLIC_POOL = "198.18.0.0/16"
"""Where public addresses come from unless the owner names a pool: a range for benchmarks (RFC 2544), which the internet
does not route and only the host reaches. It is large, so that two clouds on one host seldom take the same address."""
