"""Network ACLs: what may pass the border of a subnet, in each direction by itself."""

from collections.abc import Callable, Sequence
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import TagSpecification, find, on, parse_range
from groundcloud.services.ec2.filters import Filter, Filters, Value, listed
from groundcloud.services.ec2.network import faults
from groundcloud.services.ec2.network.changes import network_changed
from groundcloud.services.ec2.network.making import DENY_RULE, new_acl
from groundcloud.services.ec2.network.records import Vpc
from groundcloud.services.ec2.network.routing import AclAssociation, AclEntry, IcmpTypeCode, NetworkAcl, PortRange
from groundcloud.services.ec2.tags import tags_for
from groundcloud.services.ec2.tokens import Once

_NUMBERS = {"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58", "all": "-1"}
_TCP_AND_UDP, _ICMP, _ICMPV6 = ("6", "17"), "1", "58"


@operation(on=on("vpc_id", makes="network-acl", by="CreateNetworkAcl"))
def create_network_acl(
    ctx: Context, vpc_id: str, tag_specifications: Sequence[TagSpecification] = (), client_token: str = ""
) -> object:
    once = Once(ctx, "CreateNetworkAcl", client_token, vpc_id, tag_specifications)
    if once.made:
        return {"network_acl": find(ctx, NetworkAcl, once.made[0]), "client_token": client_token}
    acl = new_acl(ctx, find(ctx, Vpc, vpc_id), tags=tags_for(tag_specifications, "network-acl"))
    once.remember(acl.network_acl_id)
    return {"network_acl": acl, "client_token": client_token or None}


def _of_entries(read: Callable[[AclEntry], str | int | None]) -> Callable[[NetworkAcl], Value]:
    return lambda acl: [read(entry) for entry in acl.entries]


def _of_associations(field: str) -> Callable[[NetworkAcl], Value]:
    return lambda acl: [getattr(each, field) for each in acl.associations]


_FILTERS: Filters = {
    "association.association-id": _of_associations("network_acl_association_id"),
    "association.network-acl-id": _of_associations("network_acl_id"),
    "association.subnet-id": _of_associations("subnet_id"),
    "default": lambda acl: acl.is_default,
    "entry.cidr": _of_entries(lambda entry: entry.cidr_block),
    "entry.icmp.code": _of_entries(lambda entry: entry.icmp_type_code.code if entry.icmp_type_code else None),
    "entry.icmp.type": _of_entries(lambda entry: entry.icmp_type_code.type if entry.icmp_type_code else None),
    "entry.ipv6-cidr": _of_entries(lambda entry: entry.ipv6_cidr_block),
    "entry.port-range.from": _of_entries(lambda entry: entry.port_range.from_ if entry.port_range else None),
    "entry.port-range.to": _of_entries(lambda entry: entry.port_range.to if entry.port_range else None),
    "entry.protocol": _of_entries(lambda entry: entry.protocol),
    "entry.rule-action": _of_entries(lambda entry: entry.rule_action),
    "entry.egress": _of_entries(lambda entry: "true" if entry.egress else "false"),
    "entry.rule-number": _of_entries(lambda entry: entry.rule_number),
    "network-acl-id": lambda acl: acl.network_acl_id,
    "owner-id": lambda acl: acl.owner_id,
    "vpc-id": lambda acl: acl.vpc_id,
}
_INDEXES = {
    "association.subnet-id": "by_subnet",
    "association.association-id": "by_association",
    "vpc-id": "by_vpc",
}


@operation(on="*", read=True)
def describe_network_acls(ctx: Context, filters: Sequence[Filter] = (), network_acl_ids: Sequence[str] = ()) -> object:
    return {"network_acls": listed(ctx, NetworkAcl, network_acl_ids, filters, _FILTERS, indexes=_INDEXES)}


@operation(on=on("network_acl_id"))
def delete_network_acl(ctx: Context, network_acl_id: str) -> None:
    acl = find(ctx, NetworkAcl, network_acl_id)
    if acl.is_default:
        raise errors.InvalidParameterValue(reason=f"cannot delete default network ACL {network_acl_id}")
    if acl.associations:
        raise faults.DependencyViolation(
            reason=f"The networkAcl '{network_acl_id}' has dependencies and cannot be deleted."
        )
    ctx.delete(acl)


# -- entries


def _entry(
    rule_number: int,
    protocol: str,
    rule_action: str,
    egress: bool,
    cidr_block: str,
    ipv6_cidr_block: str,
    icmp_type_code: IcmpTypeCode | None,
    port_range: PortRange | None,
) -> AclEntry:
    """An entry as it is kept: the protocol by its number. Raises what is wrong with it."""
    if not 1 <= rule_number < DENY_RULE:
        raise errors.InvalidParameterValue(
            reason=f"Value ({rule_number}) for parameter ruleNumber is invalid. Must be between 1 and 32766"
        )
    if rule_action not in ("allow", "deny"):
        raise errors.InvalidParameterValue(reason=f"Value ({rule_action}) for parameter ruleAction is invalid.")
    if bool(cidr_block) == bool(ipv6_cidr_block):
        raise errors.MissingParameter(name="cidrBlock or ipv6CidrBlock")
    number = _NUMBERS.get(protocol.lower(), protocol)
    if number != "-1" and not (number.isdigit() and int(number) <= 255):
        raise errors.InvalidParameterValue(reason=f"Invalid value '{protocol}' for IP protocol. Unknown protocol.")
    block = parse_range(cidr_block or ipv6_cidr_block, "cidrBlock" if cidr_block else "ipv6CidrBlock")
    if not isinstance(block, IPv4Network if cidr_block else IPv6Network):
        raise errors.InvalidParameterValue(reason=f"CIDR block {block} is malformed")
    entry = AclEntry(rule_number, number, rule_action, egress)
    entry.cidr_block, entry.ipv6_cidr_block = (str(block), None) if cidr_block else (None, str(block))
    _narrow(entry, icmp_type_code, port_range)
    return entry


def _narrow(entry: AclEntry, icmp_type_code: IcmpTypeCode | None, port_range: PortRange | None) -> None:
    """Ports for TCP and UDP, type and code for ICMP; they are needed there."""
    if entry.protocol in _TCP_AND_UDP:
        if port_range is None or port_range.from_ is None or port_range.to is None:
            raise errors.MissingParameter(name="portRange")
        if not 0 <= port_range.from_ <= port_range.to <= 65535:
            raise errors.InvalidParameterValue(
                reason=f"Invalid TCP/UDP port range ({port_range.from_}, {port_range.to})"
            )
        entry.port_range = port_range
    elif entry.protocol in (_ICMP, _ICMPV6):
        if icmp_type_code is None:
            raise errors.MissingParameter(name="icmpTypeCode.type")
        entry.icmp_type_code = icmp_type_code


def _place(acl: NetworkAcl, rule_number: int, egress: bool) -> int | None:
    found = (
        place for place, each in enumerate(acl.entries) if (each.rule_number, each.egress) == (rule_number, egress)
    )
    return next(found, None)


def _put(ctx: Context, acl: NetworkAcl) -> None:
    acl.entries.sort(key=lambda entry: (not entry.egress, entry.rule_number, entry.cidr_block is None))
    ctx.put(acl)
    network_changed(ctx, acl.vpc_id)


@operation(on=on("network_acl_id"))
def create_network_acl_entry(
    ctx: Context,
    network_acl_id: str,
    rule_number: int,
    protocol: str,
    rule_action: str,
    egress: bool,
    cidr_block: str = "",
    ipv6_cidr_block: str = "",
    icmp_type_code: IcmpTypeCode | None = None,
    port_range: PortRange | None = None,
) -> None:
    _write(replaces=False, **locals())


@operation(on=on("network_acl_id"))
def replace_network_acl_entry(
    ctx: Context,
    network_acl_id: str,
    rule_number: int,
    protocol: str,
    rule_action: str,
    egress: bool,
    cidr_block: str = "",
    ipv6_cidr_block: str = "",
    icmp_type_code: IcmpTypeCode | None = None,
    port_range: PortRange | None = None,
) -> None:
    _write(replaces=True, **locals())


def _write(ctx: Context, network_acl_id: str, *, replaces: bool, **asked: Any) -> None:
    """Put an entry into an ACL: a new one, or in the place of the one that has its number and direction."""
    acl = find(ctx, NetworkAcl, network_acl_id)
    entry = _entry(**asked)
    if replaces:
        acl.entries[_existing(acl, entry.rule_number, entry.egress)] = entry
    elif _place(acl, entry.rule_number, entry.egress) is None:
        acl.entries.append(entry)
    else:
        raise faults.AclEntryExists(number=entry.rule_number)
    _put(ctx, acl)


def _existing(acl: NetworkAcl, rule_number: int, egress: bool) -> int:
    place = _place(acl, rule_number, egress)
    if place is None:
        direction = "egress" if egress else "ingress"
        raise faults.AclEntryNotFound(direction=direction, number=rule_number, acl=acl.network_acl_id)
    return place


@operation(on=on("network_acl_id"))
def delete_network_acl_entry(ctx: Context, network_acl_id: str, rule_number: int, egress: bool) -> None:
    acl = find(ctx, NetworkAcl, network_acl_id)
    if rule_number == DENY_RULE:
        raise errors.InvalidParameterValue(
            reason=f"Value ({rule_number}) for parameter ruleNumber is invalid. Must be between 1 and 32766"
        )
    del acl.entries[_existing(acl, rule_number, egress)]
    _put(ctx, acl)


def _replacing(ctx: Context, association_id: str, network_acl_id: str) -> list[Resource]:
    old = next(ctx.scan(NetworkAcl, association_id, index="by_association"), None)
    return on("acls")(ctx, acls=[network_acl_id, *([old.network_acl_id] if old is not None else [])])


@operation(on=_replacing)
def replace_network_acl_association(ctx: Context, association_id: str, network_acl_id: str) -> object:
    old = next(ctx.scan(NetworkAcl, association_id, index="by_association"), None)
    if old is None:
        raise errors.AssociationNotFound(id=association_id)
    new = find(ctx, NetworkAcl, network_acl_id)
    if old.vpc_id != new.vpc_id:
        raise errors.InvalidParameterValue(
            reason=f"The association {association_id} and network ACL {network_acl_id} belong to different networks"
        )
    found = next(each for each in old.associations if each.network_acl_association_id == association_id)
    old.associations.remove(found)
    ctx.put(old)
    new = find(ctx, NetworkAcl, network_acl_id)
    new.associations.append(AclAssociation(ctx.new_id("aclassoc"), network_acl_id, found.subnet_id))
    ctx.put(new)
    network_changed(ctx, new.vpc_id)
    return {"new_association_id": new.associations[-1].network_acl_association_id}
