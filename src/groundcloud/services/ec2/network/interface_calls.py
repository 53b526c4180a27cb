"""The operations on network interfaces. What others of EC2 do with them is in `interfaces.py`; how they go to instances
is in `machines/attaching.py`."""

from collections.abc import Callable, Sequence
from datetime import datetime

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import TagSpecification, find, on
from groundcloud.services.ec2.filters import Filter, Filters, Value, listed
from groundcloud.services.ec2.network import faults, interfaces
from groundcloud.services.ec2.network.names import private_name, public_name
from groundcloud.services.ec2.network.records import Ipv6Address, NetworkInterface, PrivateAddress, Subnet, UsedAddress
from groundcloud.services.ec2.tags import tags_for
from groundcloud.services.ec2.tokens import Once
from groundcloud.store import Part


class PrivateIpAddressSpecification(Part):
    private_ip_address: str = ""
    primary: bool = False


@operation(on=on("subnet_id", "groups", makes="network-interface", by="CreateNetworkInterface"))
def create_network_interface(
    ctx: Context,
    subnet_id: str,
    description: str = "",
    groups: Sequence[str] = (),
    private_ip_address: str | None = None,
    private_ip_addresses: Sequence[PrivateIpAddressSpecification] = (),
    secondary_private_ip_address_count: int = 0,
    ipv6_addresses: Sequence[Ipv6Address] = (),
    ipv6_address_count: int | None = None,
    interface_type: str = "interface",
    tag_specifications: Sequence[TagSpecification] = (),
    client_token: str = "",
) -> object:
    once = Once(
        ctx, "CreateNetworkInterface", client_token, subnet_id, description, groups, private_ip_address,
        private_ip_addresses, secondary_private_ip_address_count, ipv6_addresses, ipv6_address_count, interface_type,
        tag_specifications,
    )  # fmt: skip
    if once.made:
        return {"network_interface": interfaces.shown(ctx, find(ctx, NetworkInterface, once.made[0]))}
    if interface_type != "interface":
        raise faults.Unsupported(reason=f"Interfaces of the type '{interface_type}' are not supported here.")
    subnet = find(ctx, Subnet, subnet_id)
    primary, others = split_addresses(private_ip_address, private_ip_addresses, secondary_private_ip_address_count)
    made = interfaces.create_interface(
        ctx, subnet, groups=groups, private_address=primary, secondary=others,
        secondary_count=secondary_private_ip_address_count, ipv6=[each.ipv6_address for each in ipv6_addresses],
        ipv6_count=ipv6_address_count, description=description,
        tags=tags_for(tag_specifications, "network-interface"),
    )  # fmt: skip
    once.remember(made.network_interface_id)
    answer = {**interfaces.shown(ctx, made), "status": "pending"}
    return {"network_interface": answer, "client_token": client_token or None}


def split_addresses(
    primary: str | None, specified: Sequence[PrivateIpAddressSpecification], count: int
) -> tuple[str | None, list[str]]:
    """The primary address and the secondary ones that a request names. Raises `InvalidParameterCombination`,
    `InvalidParameterValue`."""
    if specified and count:
        raise errors.InvalidParameterCombination(
            reason="You can't specify both PrivateIpAddresses and SecondaryPrivateIpAddressCount"
        )
    first = [each.private_ip_address for each in specified if each.primary]
    if len(first) > 1 or (first and primary and first != [primary]):
        raise errors.InvalidParameterValue(reason="Only one primary private IP address can be specified.")
    others = [each.private_ip_address for each in specified if not each.primary]
    return (primary or (first[0] if first else None)), [each for each in others if each != primary]


def _associations(field: str) -> Callable[[NetworkInterface], Value]:
    def read(eni: NetworkInterface) -> Value:
        return [getattr(each.association, field) for each in eni.private_ip_addresses if each.association is not None]

    return read


def _of_attachment(field: str) -> Callable[[NetworkInterface], Value]:
    def read(eni: NetworkInterface) -> Value:
        value = getattr(eni.attachment, field) if eni.attachment is not None else None
        found: Value = value.strftime("%Y-%m-%dT%H:%M:%S.000Z") if isinstance(value, datetime) else value
        return found

    return read


_FILTERS: Filters = {
    "addresses.association.owner-id": _associations("ip_owner_id"),
    "addresses.association.public-ip": _associations("public_ip"),
    "addresses.primary": lambda eni: ["true" if each.primary else "false" for each in eni.private_ip_addresses],
    "addresses.private-ip-address": lambda eni: [each.private_ip_address for each in eni.private_ip_addresses],
    "association.allocation-id": _associations("allocation_id"),
    "association.association-id": _associations("association_id"),
    "association.ip-owner-id": _associations("ip_owner_id"),
    "association.public-ip": _associations("public_ip"),
    "association.public-dns-name": lambda eni: [
        public_name(eni.region, each.association.public_ip) for each in eni.private_ip_addresses if each.association
    ],
    "attachment.attach-time": _of_attachment("attach_time"),
    "attachment.attachment-id": _of_attachment("attachment_id"),
    "attachment.delete-on-termination": _of_attachment("delete_on_termination"),
    "attachment.device-index": _of_attachment("device_index"),
    "attachment.instance-id": _of_attachment("instance_id"),
    "attachment.instance-owner-id": _of_attachment("instance_owner_id"),
    "attachment.status": _of_attachment("status"),
    "availability-zone": lambda eni: eni.availability_zone,
    "description": lambda eni: eni.description,
    "group-id": lambda eni: [group.group_id for group in eni.groups],
    "group-name": lambda eni: [group.group_name for group in eni.groups],
    "ipv6-addresses.ipv6-address": lambda eni: [each.ipv6_address for each in eni.ipv6_addresses],
    "interface-type": lambda eni: eni.interface_type,
    "mac-address": lambda eni: eni.mac_address,
    "network-interface-id": lambda eni: eni.network_interface_id,
    "operator.managed": lambda eni: False,
    "operator.principal": lambda eni: None,
    "owner-id": lambda eni: eni.owner_id,
    "private-dns-name": lambda eni: private_name(eni.region, eni.private_ip_address),
    "private-ip-address": lambda eni: [each.private_ip_address for each in eni.private_ip_addresses],
    "requester-id": lambda eni: eni.requester_id,
    "requester-managed": lambda eni: eni.requester_managed,
    "source-dest-check": lambda eni: eni.source_dest_check,
    "status": lambda eni: eni.status,
    "subnet-id": lambda eni: eni.subnet_id,
    "vpc-id": lambda eni: eni.vpc_id,
}

_INDEXES = {
    "attachment.instance-id": "by_instance",
    "attachment.attachment-id": "by_attachment",
    "subnet-id": "by_subnet",
    "group-id": "by_group",
    "vpc-id": "by_vpc",
}


@operation(on="*", read=True, harmless=["IncludeManagedResources"])
def describe_network_interfaces(
    ctx: Context, filters: Sequence[Filter] = (), network_interface_ids: Sequence[str] = ()
) -> object:
    found = listed(
        ctx, NetworkInterface, network_interface_ids, filters, _FILTERS, indexes=_INDEXES,
        each=lambda eni: interfaces.shown(ctx, eni),
    )  # fmt: skip
    return {"network_interfaces": found}


def editable(ctx: Context, network_interface_id: str) -> NetworkInterface:
    """An interface that its owner may change: not one that AWS's own services made."""
    found = find(ctx, NetworkInterface, network_interface_id)
    if found.used_by:
        raise errors.OperationNotPermitted(reason="You do not have permission to access the specified resource.")
    return found


@operation(on=on("network_interface_id"))
def delete_network_interface(ctx: Context, network_interface_id: str) -> None:
    interfaces.delete_interface(ctx, editable(ctx, network_interface_id))


# -- further addresses


@operation(on=on("network_interface_id"))
def assign_private_ip_addresses(
    ctx: Context,
    network_interface_id: str,
    private_ip_addresses: Sequence[str] = (),
    secondary_private_ip_address_count: int = 0,
    allow_reassignment: bool = False,
) -> object:
    if bool(private_ip_addresses) == bool(secondary_private_ip_address_count):
        raise errors.InvalidParameterCombination(
            reason="Exactly one of privateIpAddresses and secondaryPrivateIpAddressCount must be specified"
        )
    interface = editable(ctx, network_interface_id)
    for address in private_ip_addresses if allow_reassignment else ():
        _take_from_others(ctx, interface, address)
    wanted: list[str | None] = [*private_ip_addresses, *[None] * secondary_private_ip_address_count]
    added = interfaces.add_addresses(ctx, find(ctx, NetworkInterface, network_interface_id), wanted)
    return {
        "network_interface_id": network_interface_id,
        "assigned_private_ip_addresses": [{"private_ip_address": each} for each in added],
    }


def _take_from_others(ctx: Context, interface: NetworkInterface, address: str) -> None:
    """`AllowReassignment`: a secondary address of another interface of the subnet moves."""
    used = ctx.get(UsedAddress, interface.subnet_id, address)
    other = ctx.get(NetworkInterface, used.by) if used is not None else None
    if other is None or other.network_interface_id == interface.network_interface_id:
        return
    if other.private_ip_address == address or other.used_by:
        raise faults.AddressInUse(reason=f"Address {address} is in use.")
    interfaces.drop_addresses(ctx, other, [address])


@operation(on=on("network_interface_id"))
def unassign_private_ip_addresses(
    ctx: Context, network_interface_id: str, private_ip_addresses: Sequence[str] = ()
) -> None:
    interface = editable(ctx, network_interface_id)
    own: dict[str, PrivateAddress] = {each.private_ip_address: each for each in interface.private_ip_addresses}
    for address in private_ip_addresses:
        if address not in own or own[address].primary:
            raise errors.InvalidParameterValue(
                reason=f"Some of the addresses are not assigned to interface {network_interface_id}"
            )
    interfaces.drop_addresses(ctx, interface, private_ip_addresses)


@operation(on=on("network_interface_id"))
def assign_ipv6_addresses(
    ctx: Context, network_interface_id: str, ipv6_addresses: Sequence[str] = (), ipv6_address_count: int = 0
) -> object:
    if bool(ipv6_addresses) == bool(ipv6_address_count):
        raise errors.InvalidParameterCombination(
            reason="Exactly one of ipv6Addresses and ipv6AddressCount must be specified"
        )
    interface = editable(ctx, network_interface_id)
    added = interfaces.add_ipv6(ctx, interface, [*ipv6_addresses, *[None] * ipv6_address_count])
    return {"network_interface_id": network_interface_id, "assigned_ipv6_addresses": added}


@operation(on=on("network_interface_id"))
def unassign_ipv6_addresses(ctx: Context, network_interface_id: str, ipv6_addresses: Sequence[str] = ()) -> object:
    interface = editable(ctx, network_interface_id)
    own = {each.ipv6_address for each in interface.ipv6_addresses}
    if not own.issuperset(ipv6_addresses):
        raise errors.InvalidParameterValue(
            reason=f"Some of the addresses are not assigned to interface {network_interface_id}"
        )
    interfaces.drop_ipv6(ctx, interface, ipv6_addresses)
    return {"network_interface_id": network_interface_id, "unassigned_ipv6_addresses": list(ipv6_addresses)}
