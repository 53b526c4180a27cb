"""Network interfaces as RunInstances and others of EC2 use them: made, given to machines, taken away, deleted.

The operations on them are in `interface_calls.py`.
"""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import Tag, find, find_all
from groundcloud.services.ec2.network import faults
from groundcloud.services.ec2.network.changes import network_changed
from groundcloud.services.ec2.network.names import private_name, public_name
from groundcloud.services.ec2.network.pool import (
    give_back_private,
    give_back_public,
    take_ipv6,
    take_private,
    take_public,
)
from groundcloud.services.ec2.network.records import (
    Address,
    Association,
    Attachment,
    GroupIdentifier,
    Ipv6Address,
    NetworkInterface,
    PrivateAddress,
    SecurityGroup,
    Subnet,
    Vpc,
)
from groundcloud.services.ec2.network.routes import follow

_MOST_GROUPS = 5


def groups_of(ctx: Context, vpc_id: str, group_ids: Sequence[str], subnet_id: str = "") -> list[GroupIdentifier]:
    """The security groups of an interface: those named, or the VPC's default one.

    Raises `InvalidGroup.NotFound`, `InvalidParameter` for a group of another VPC, and the limit of groups.
    """
    if not group_ids:
        return [_identifier(group) for group in ctx.scan(SecurityGroup, vpc_id, "default", index="by_name")]
    if len(set(group_ids)) > _MOST_GROUPS:
        raise faults.GroupsPerInterfaceLimit()
    groups = []
    for group_id in dict.fromkeys(group_ids):
        group = ctx.get(SecurityGroup, group_id)
        if group is None:
            raise errors.GroupNotFound(reason=f"The security group '{group_id}' does not exist")
        if group.vpc_id != vpc_id:
            raise errors.InvalidParameter(
                reason=f"Security group {group_id} and subnet {subnet_id} belong to different networks."
            )
        groups.append(_identifier(group))
    return groups


def _identifier(group: SecurityGroup) -> GroupIdentifier:
    return GroupIdentifier(group.group_id, group.group_name)


def create_interface(
    ctx: Context,
    subnet: Subnet,
    *,
    groups: Sequence[str] = (),
    private_address: str | None = None,
    secondary: Sequence[str] = (),
    secondary_count: int = 0,
    ipv6: Sequence[str] = (),
    ipv6_count: int | None = None,
    description: str = "",
    source_dest_check: bool = True,
    interface_type: str = "interface",
    requester_id: str | None = None,
    used_by: str | None = None,
    tags: Sequence[Tag] = (),
) -> NetworkInterface:
    """An interface in a subnet that nobody has yet.

    `groups` are ids, none for the VPC's default group; `private_address` is the primary address, any free one when it
    is None; `secondary` names further ones, and `secondary_count` asks for so many of any; IPv6 addresses likewise,
    where a count of None means one if the subnet gives them by itself. Raises
    `InvalidIPAddress.InUse`, `InsufficientFreeAddressesInSubnet`, `InvalidParameterValue`, and what `groups_of` does.
    """
    identifiers, interface_id = groups_of(ctx, subnet.vpc_id, groups, subnet.subnet_id), ctx.new_id("eni")
    wanted: list[str | None] = [private_address, *secondary, *[None] * secondary_count]
    addresses = [PrivateAddress(take_private(ctx, subnet.subnet_id, interface_id, each)) for each in wanted]
    addresses[0].primary = True
    if ipv6_count is None:
        ipv6_count = int(subnet.assign_ipv6_address_on_creation and not ipv6)
    wanted6: list[str | None] = [*ipv6, *[None] * ipv6_count]
    interface = NetworkInterface(
        owner_id=ctx.account, region=ctx.region, network_interface_id=interface_id, subnet_id=subnet.subnet_id,
        vpc_id=subnet.vpc_id, availability_zone=subnet.availability_zone, mac_address=_new_mac(ctx),
        private_ip_addresses=addresses, description=description, groups=identifiers,
        ipv6_addresses=[Ipv6Address(take_ipv6(ctx, subnet.subnet_id, interface_id, each)) for each in wanted6],
        source_dest_check=source_dest_check, interface_type=interface_type, requester_id=requester_id,
        requester_managed=requester_id is not None, used_by=used_by, tags=list(tags),
    )  # fmt: skip
    return _changed(ctx, interface)


def _new_mac(ctx: Context) -> str:
    """A locally administered unicast address, as EC2's are."""
    return ":".join(f"{byte:02x}" for byte in b"\x02" + ctx.random(5))


def attach(
    ctx: Context,
    interface: NetworkInterface,
    instance_id: str,
    device_index: int,
    *,
    delete_on_termination: bool = False,
    network_card_index: int = 0,
) -> NetworkInterface:
    """Give an interface to an instance. Raises `InvalidNetworkInterface.InUse`."""
    if interface.status == "in-use":
        raise faults.InterfaceInUse(reason=f"Interface: [{interface.network_interface_id}] in use.")
    interface.attachment = Attachment(
        attachment_id=ctx.new_id("eni-attach"), device_index=device_index, attach_time=ctx.now(),
        instance_id=instance_id, instance_owner_id=ctx.account, delete_on_termination=delete_on_termination,
        network_card_index=network_card_index,
    )  # fmt: skip
    for address in _elastic_addresses(ctx, interface):
        address.instance_id = instance_id
        ctx.put(address)
    ctx.put(interface)
    follow(ctx, interface)
    network_changed(ctx, interface.vpc_id)
    return interface


def detach(ctx: Context, interface: NetworkInterface) -> NetworkInterface:
    """Take an interface from its instance. An address that was assigned by itself is given back."""
    interface.attachment, interface.at_rest = None, False
    for address in _elastic_addresses(ctx, interface):
        address.instance_id = None
        ctx.put(address)
    ctx.put(interface)
    follow(ctx, interface)
    return release_public(ctx, interface)


def delete_interface(ctx: Context, interface: NetworkInterface) -> None:
    """Delete an interface that no machine has; its elastic addresses stay their owner's. Raises
    `InvalidParameterValue` while it is in use."""
    if interface.attachment is not None:
        raise errors.InvalidParameterValue(
            reason=f"Network interface '{interface.network_interface_id}' is currently in use."
        )
    for address in _elastic_addresses(ctx, interface):
        forget_association(address)
        ctx.put(address)
    release_public(ctx, interface)
    follow(ctx, interface)
    for private in interface.private_ip_addresses:
        give_back_private(ctx, interface.subnet_id, private.private_ip_address)
    for each in interface.ipv6_addresses:
        give_back_private(ctx, interface.subnet_id, each.ipv6_address)
    ctx.delete(interface)
    network_changed(ctx, interface.vpc_id)


def forget_association(address: Address) -> None:
    """An elastic address that belongs to no interface any more."""
    address.association_id = address.instance_id = address.network_interface_id = None
    address.network_interface_owner_id = address.private_ip_address = None


def _elastic_addresses(ctx: Context, interface: NetworkInterface) -> list[Address]:
    associations = [each.association for each in interface.private_ip_addresses if each.association is not None]
    ids = [each.allocation_id for each in associations if each.allocation_id]
    return find_all(ctx, Address, ids)


def assign_public(ctx: Context, interface: NetworkInterface) -> NetworkInterface:
    """Let the primary address have a public one of the pool from now on, unless it has one or its instance is stopped:
    at launch, and again when an elastic one leaves. Raises `InsufficientAddressCapacity`."""
    interface.auto_public = True
    if interface.primary.association is None and not interface.at_rest:
        interface.primary.association = Association(public_ip=take_public(ctx), ip_owner_id="amazon")
    return _changed(ctx, interface)


def release_public(ctx: Context, interface: NetworkInterface) -> NetworkInterface:
    """Give back a public address that was assigned by itself, for good; an elastic one stays."""
    _give_back(ctx, interface)
    interface.auto_public = False
    return _changed(ctx, interface)


def lay_down(ctx: Context, interface: NetworkInterface) -> NetworkInterface:
    """Its instance stops: what was assigned by itself is given back until it starts."""
    _give_back(ctx, interface)
    interface.at_rest = True
    return _changed(ctx, interface)


def wake(ctx: Context, interface: NetworkInterface) -> NetworkInterface:
    """Its instance starts. Raises `InsufficientAddressCapacity`."""
    interface.at_rest = False
    return assign_public(ctx, interface) if interface.auto_public else _changed(ctx, interface)


def _give_back(ctx: Context, interface: NetworkInterface) -> None:
    association = interface.primary.association
    if association is not None and association.allocation_id is None:
        give_back_public(ctx, association.public_ip)
        interface.primary.association = None


def _changed(ctx: Context, interface: NetworkInterface) -> NetworkInterface:
    ctx.put(interface)
    network_changed(ctx, interface.vpc_id)
    return interface


def _vpc_of(ctx: Context, interface: NetworkInterface) -> Vpc:
    """Its VPC, to read only: a list of a thousand interfaces reads it once."""
    return ctx.tx.remembered((Vpc.table, interface.vpc_id), lambda: find(ctx, Vpc, interface.vpc_id))


def names(ctx: Context, interface: NetworkInterface) -> tuple[str | None, str]:
    """The private name of an interface, and the public one, which is empty where it has none.

    Names follow the VPC's attributes: without DNS support there are none, without DNS host names no public ones.
    """
    vpc = _vpc_of(ctx, interface)
    if not vpc.enable_dns_support:
        return None, ""
    association = interface.association
    named = vpc.enable_dns_hostnames and association is not None
    public = public_name(ctx.region, association.public_ip) if named and association is not None else ""
    return private_name(ctx.region, interface.private_ip_address), public


def shown(ctx: Context, interface: NetworkInterface) -> dict[str, Any]:
    """An interface as Describe calls show it."""
    vpc = _vpc_of(ctx, interface)
    private = [_private_shown(vpc, each) for each in interface.private_ip_addresses]
    primary = private[0]
    return {
        "association": primary["association"],
        "attachment": interface.attachment,
        "availability_zone": interface.availability_zone,
        "description": interface.description,
        "groups": interface.groups,
        "interface_type": interface.interface_type,
        "ipv6_addresses": interface.ipv6_addresses,
        "mac_address": interface.mac_address,
        "network_interface_id": interface.network_interface_id,
        "owner_id": interface.owner_id,
        "private_dns_name": primary["private_dns_name"],
        "private_ip_address": primary["private_ip_address"],
        "private_ip_addresses": private,
        "requester_id": interface.requester_id,
        "requester_managed": interface.requester_managed,
        "source_dest_check": interface.source_dest_check,
        "status": interface.status,
        "subnet_id": interface.subnet_id,
        "tag_set": interface.tags,
        "vpc_id": interface.vpc_id,
    }


def _private_shown(vpc: Vpc, private: PrivateAddress) -> dict[str, Any]:
    named = vpc.enable_dns_support and vpc.enable_dns_hostnames
    association = private.association
    return {
        "private_ip_address": private.private_ip_address,
        "primary": private.primary,
        "private_dns_name": private_name(vpc.region, private.private_ip_address) if named else None,
        "association": None
        if association is None
        else {
            "public_ip": association.public_ip,
            "public_dns_name": public_name(vpc.region, association.public_ip) if named else "",
            "ip_owner_id": association.ip_owner_id,
            "allocation_id": association.allocation_id,
            "association_id": association.association_id,
        },
    }


# -- further addresses


def add_addresses(ctx: Context, interface: NetworkInterface, wanted: Sequence[str | None]) -> list[str]:
    """Secondary addresses for an interface, those named and any others; all that were added."""
    taken = [take_private(ctx, interface.subnet_id, interface.network_interface_id, each) for each in wanted]
    interface.private_ip_addresses += [PrivateAddress(each) for each in taken]
    ctx.put(interface)
    network_changed(ctx, interface.vpc_id)
    return taken


def drop_addresses(ctx: Context, interface: NetworkInterface, addresses: Sequence[str]) -> None:
    """Take secondary addresses away; elastic addresses that stood for them are free again."""
    dropped = [each for each in interface.private_ip_addresses if each.private_ip_address in addresses]
    for each in dropped:
        if each.association is not None and each.association.allocation_id:
            address = find(ctx, Address, each.association.allocation_id)
            forget_association(address)
            ctx.put(address)
        give_back_private(ctx, interface.subnet_id, each.private_ip_address)
    interface.private_ip_addresses = [each for each in interface.private_ip_addresses if each not in dropped]
    ctx.put(interface)
    network_changed(ctx, interface.vpc_id)


def add_ipv6(ctx: Context, interface: NetworkInterface, wanted: Sequence[str | None]) -> list[str]:
    """IPv6 addresses for an interface; all that were added."""
    taken = [take_ipv6(ctx, interface.subnet_id, interface.network_interface_id, each) for each in wanted]
    interface.ipv6_addresses += [Ipv6Address(each) for each in taken]
    ctx.put(interface)
    network_changed(ctx, interface.vpc_id)
    return taken


def drop_ipv6(ctx: Context, interface: NetworkInterface, addresses: Sequence[str]) -> None:
    """Take IPv6 addresses away."""
    for each in addresses:
        give_back_private(ctx, interface.subnet_id, each)
    interface.ipv6_addresses = [each for each in interface.ipv6_addresses if each.ipv6_address not in addresses]
    ctx.put(interface)
    network_changed(ctx, interface.vpc_id)
