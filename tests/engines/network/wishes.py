"""Short ways to say what a network should be."""

from typing import Any

from groundcloud.engines.network.wanted import (
    Acl,
    AclEntry,
    Address,
    Group,
    GroupRule,
    Interface,
    Network,
    Route,
    Subnet,
)

ANYWHERE = ("0.0.0.0/0",)
OPEN_ENTRIES = (AclEntry(True, -1, "0.0.0.0/0"), AclEntry(True, -1, "::/0"))
OPEN = Acl("acl-open", OPEN_ENTRIES, OPEN_ENTRIES)
OUT = GroupRule(-1, blocks=ANYWHERE)
OUT6 = GroupRule(-1, blocks=("::/0",))


def tcp(port: int, *blocks: str, group: str = "") -> GroupRule:
    return GroupRule(6, port, port, blocks=() if group else blocks or ANYWHERE, group=group)


def udp(port: int, *blocks: str) -> GroupRule:
    return GroupRule(17, port, port, blocks=blocks or ANYWHERE)


def ping(*blocks: str) -> GroupRule:
    return GroupRule(1, 8, -1, blocks=blocks or ANYWHERE)


def group(name: str, *inbound: GroupRule, outbound: tuple[GroupRule, ...] = (OUT, OUT6)) -> Group:
    return Group(name, inbound, outbound)


def subnet(name: str, block: str, *routes: Route, **more: Any) -> Subnet:
    return Subnet(name, block, (Route("10.0.0.0/16", "local"), *routes), **{"acl": OPEN.id, **more})


def eni(
    number: int, groups: str = "sg-a", *, at: str = "subnet-a", host: str = "", public: str = "", **more: Any
) -> Interface:
    """Interface `eni-<number>` with the address 10.0.0.<number>, unless another is named."""
    address = Address(host or f"10.0.0.{number}", public)
    name = more.pop("name", f"eni-{number}")
    return Interface(name, f"02:00:00:00:00:{number:02x}", at, (address,), tuple(groups.split()), **more)


INTERNET = Route("0.0.0.0/0", "internet")
SUBNET_A = subnet("subnet-a", "10.0.0.0/24")
SUBNET_B = subnet("subnet-b", "10.0.1.0/24")
SUBNET_PUBLIC = subnet("subnet-a", "10.0.0.0/24", INTERNET)


def vpc(*interfaces: Interface, groups: tuple[Group, ...] = (), **more: Any) -> Network:
    """`vpc-a`: 10.0.0.0/16 with two closed-off subnets, unless it is said otherwise."""
    name = more.pop("name", "vpc-a")
    wishes: dict[str, Any] = {
        "blocks": ("10.0.0.0/16",),
        "subnets": (SUBNET_A, SUBNET_B),
        "acls": (OPEN,),
        "groups": groups or (group("sg-a"),),
        "interfaces": interfaces,
    }
    return Network(name, **{**wishes, **more})
