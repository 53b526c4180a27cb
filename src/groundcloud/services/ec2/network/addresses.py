"""Elastic addresses: taken from the pool, given to interfaces, described, given back."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import page_of
from groundcloud.resource import Resource
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import TagSpecification, as_resource, find, on
from groundcloud.services.ec2.filters import Filter, Filters, matcher
from groundcloud.services.ec2.network import faults
from groundcloud.services.ec2.network.changes import network_changed
from groundcloud.services.ec2.network.interfaces import assign_public, forget_association
from groundcloud.services.ec2.network.pool import give_back_public, take_public
from groundcloud.services.ec2.network.records import Address, Association, NetworkInterface, PrivateAddress
from groundcloud.services.ec2.network.routing import InternetGateway
from groundcloud.services.ec2.tags import tags_for


@operation(on=on(makes="elastic-ip", by="AllocateAddress"))
def allocate_address(
    ctx: Context,
    domain: str = "vpc",
    address: str | None = None,
    public_ipv4_pool: str = "amazon",
    network_border_group: str = "",
    tag_specifications: Sequence[TagSpecification] = (),
) -> object:
    if domain not in ("vpc", "standard"):
        raise errors.InvalidParameterValue(reason=f"Value ({domain}) for parameter domain is invalid.")
    if network_border_group not in ("", ctx.region):
        raise errors.InvalidParameterValue(
            reason=f"Value ({network_border_group}) for parameter networkBorderGroup is invalid."
        )
    if public_ipv4_pool != "amazon":
        raise errors.InvalidParameterValue(reason=f"The pool '{public_ipv4_pool}' does not exist")
    found = Address(
        owner_id=ctx.account, region=ctx.region, allocation_id=ctx.new_id("eipalloc"),
        public_ip=take_public(ctx, address), network_border_group=ctx.region,
        tags=tags_for(tag_specifications, "elastic-ip"),
    )  # fmt: skip
    return ctx.put(found)


def _address(ctx: Context, allocation_id: str, public_ip: str) -> Address:
    """The address that a call names. Raises `InvalidAllocationID.NotFound`, `AuthFailure`, `MissingParameter`."""
    if allocation_id and public_ip:
        raise errors.InvalidParameterCombination(
            reason="You may specify public IP or allocation id, but not both in the same call"
        )
    if allocation_id:
        return find(ctx, Address, allocation_id)
    if not public_ip:
        raise errors.MissingParameter(name="AllocationId")
    found = next(ctx.scan(Address, public_ip, index="by_public_ip"), None)
    if found is None:
        raise faults.AddressNotFound(reason=f"Address '{public_ip}' not found.")
    return found


def _of_address(ctx: Context, allocation_id: str, public_ip: str) -> Resource:
    found = ctx.get(Address, allocation_id) if allocation_id else None
    if found is None and public_ip:
        found = next(ctx.scan(Address, public_ip, index="by_public_ip"), None)
    return as_resource(found) if found is not None else Resource(ctx.arn(f"elastic-ip/{allocation_id or '*'}"))


def _associating(
    ctx: Context, allocation_id: str, public_ip: str, network_interface_id: str, instance_id: str
) -> list[Resource]:
    named = on("network_interface_id", "instance_id")
    others = named(ctx, network_interface_id=network_interface_id, instance_id=instance_id)
    return [_of_address(ctx, allocation_id, public_ip), *others]


@operation(on=_associating)
def associate_address(
    ctx: Context,
    allocation_id: str = "",
    instance_id: str = "",
    public_ip: str = "",
    allow_reassociation: bool = False,
    network_interface_id: str = "",
    private_ip_address: str = "",
) -> object:
    address = _address(ctx, allocation_id, public_ip)
    interface = _interface(ctx, network_interface_id, instance_id)
    private = _private(interface, private_ip_address)
    if private.association is not None and private.association.allocation_id == address.allocation_id:
        return {"association_id": address.association_id}
    if address.association_id is not None:
        if not allow_reassociation:
            raise faults.ResourceAlreadyAssociated(
                reason=f"resource {address.allocation_id} is already associated with associate-id "
                f"{address.association_id}"
            )
        _dissociate(ctx, address)
        interface = find(ctx, NetworkInterface, interface.network_interface_id)
        private = _private(interface, private_ip_address)
    _make_room(ctx, private, allow_reassociation)
    return {"association_id": associate(ctx, address, interface, private)}


def associate(ctx: Context, address: Address, interface: NetworkInterface, private: PrivateAddress) -> str:
    """Have an address stand for a private one of an interface; the association's id. Raises
    `Gateway.NotAttached` for a VPC without a way to the internet."""
    if not ctx.exists(InternetGateway, interface.vpc_id, index="by_vpc"):
        raise faults.GatewayNotAttached(gateway=interface.vpc_id, vpc_id=interface.vpc_id)
    address.association_id = ctx.new_id("eipassoc")
    address.network_interface_id = interface.network_interface_id
    address.network_interface_owner_id = interface.owner_id
    address.private_ip_address = private.private_ip_address
    address.instance_id = interface.attachment.instance_id if interface.attachment is not None else None
    private.association = Association(address.public_ip, ctx.account, address.allocation_id, address.association_id)
    ctx.put(address)
    ctx.put(interface)
    network_changed(ctx, interface.vpc_id)
    return address.association_id


def _interface(ctx: Context, network_interface_id: str, instance_id: str) -> NetworkInterface:
    """The interface that is named, or the only one of the instance."""
    if network_interface_id:
        return find(ctx, NetworkInterface, network_interface_id)
    if not instance_id:
        raise errors.MissingParameter(name="NetworkInterfaceId or InstanceId")
    found = list(ctx.scan(NetworkInterface, instance_id, index="by_instance"))
    if not found:
        raise errors.InstanceNotFound(named=f" '{instance_id}' does")
    if len(found) > 1:
        raise errors.InvalidInstanceId(
            reason=f"There are multiple interfaces attached to instance '{instance_id}'. Please specify an interface "
            "ID for the operation instead."
        )
    return found[0]


def _private(interface: NetworkInterface, wanted: str) -> PrivateAddress:
    for each in interface.private_ip_addresses:
        if each.private_ip_address == wanted or (not wanted and each.primary):
            return each
    raise errors.InvalidParameterValue(
        reason=f"The address '{wanted}' is not assigned to interface '{interface.network_interface_id}'"
    )


def _make_room(ctx: Context, private: PrivateAddress, allowed: bool) -> None:
    """Take away what stands for a private address so far. An elastic one only if the caller allows it."""
    standing = private.association
    if standing is None:
        return
    if standing.allocation_id is None:
        give_back_public(ctx, standing.public_ip)
        return
    if not allowed:
        raise faults.ResourceAlreadyAssociated(
            reason=f"resource {standing.allocation_id} is already associated with associate-id "
            f"{standing.association_id}"
        )
    other = find(ctx, Address, standing.allocation_id)
    forget_association(other)
    ctx.put(other)


def _dissociate(ctx: Context, address: Address) -> None:
    interface = ctx.get(NetworkInterface, address.network_interface_id or "")
    if interface is not None:
        for private in interface.private_ip_addresses:
            if private.association is not None and private.association.allocation_id == address.allocation_id:
                private.association = None
        ctx.put(interface)
        if interface.auto_public:
            assign_public(ctx, interface)
        network_changed(ctx, interface.vpc_id)
    forget_association(address)
    ctx.put(address)


def _of_association(ctx: Context, association_id: str, public_ip: str) -> Resource:
    found = next(ctx.scan(Address, association_id, index="by_association"), None) if association_id else None
    return _of_address(ctx, found.allocation_id if found is not None else "", public_ip)


@operation(on=_of_association)
def disassociate_address(ctx: Context, association_id: str = "", public_ip: str = "") -> None:
    if association_id:
        address = next(ctx.scan(Address, association_id, index="by_association"), None)
        if address is None:
            raise errors.AssociationNotFound(id=association_id)
    else:
        address = _address(ctx, "", public_ip)
    if address.association_id is None:
        raise errors.AssociationNotFound(id=public_ip)
    _check_free_of_gateways(ctx, address)
    _dissociate(ctx, address)


def _check_free_of_gateways(ctx: Context, address: Address) -> None:
    interface = ctx.get(NetworkInterface, address.network_interface_id or "")
    if interface is not None and interface.used_by:
        raise faults.AddressOwnedByService()


@operation(on=_of_address)
def release_address(ctx: Context, allocation_id: str = "", public_ip: str = "", network_border_group: str = "") -> None:
    address = _address(ctx, allocation_id, public_ip)
    if address.association_id is not None:
        raise faults.AddressAssociated(address=address.public_ip)
    give_back_public(ctx, address.public_ip)
    ctx.delete(address)


_FILTERS: Filters = {
    "allocation-id": lambda address: address.allocation_id,
    "association-id": lambda address: address.association_id,
    "domain": lambda address: address.domain,
    "instance-id": lambda address: address.instance_id,
    "network-border-group": lambda address: address.network_border_group,
    "network-interface-id": lambda address: address.network_interface_id,
    "network-interface-owner-id": lambda address: address.network_interface_owner_id,
    "private-ip-address": lambda address: address.private_ip_address,
    "public-ip": lambda address: address.public_ip,
}


@operation(on="*", read=True)
def describe_addresses(
    ctx: Context,
    public_ips: Sequence[str] = (),
    filters: Sequence[Filter] = (),
    allocation_ids: Sequence[str] = (),
) -> object:
    passes = matcher(filters, _FILTERS)
    if public_ips or allocation_ids:
        found = [find(ctx, Address, each) for each in allocation_ids] + [_address(ctx, "", ip) for ip in public_ips]
    else:
        found = list(ctx.scan(Address))
    return {"addresses": [_shown(each) for each in found if passes(each)]}


def _shown(address: Address) -> dict[str, Any]:
    return {
        **{name: getattr(address, name) for name in address.__struct_fields__},
        "tags": address.tags or None,
    }


# -- the reverse name


def _with_name(address: Address) -> dict[str, Any]:
    return {
        "public_ip": address.public_ip,
        "allocation_id": address.allocation_id,
        "ptr_record": address.reverse_name,
    }


@operation(on=on("allocation_ids"), read=True)
def describe_addresses_attribute(
    ctx: Context, allocation_ids: Sequence[str] = (), attribute: str = "domain-name"
) -> object:
    found = [find(ctx, Address, each) for each in allocation_ids] or ctx.scan(Address)
    named = [_with_name(each) for each in found if each.reverse_name]
    return {"addresses": page_of(named, lambda each: str(each["allocation_id"]))}


@operation(on=on("allocation_id"))
def modify_address_attribute(ctx: Context, allocation_id: str, domain_name: str = "") -> object:
    if not domain_name:
        raise errors.MissingParameter(name="DomainName")
    address = find(ctx, Address, allocation_id)
    address.reverse_name = domain_name.rstrip(".") + "."
    ctx.put(address)
    return {"address": _with_name(address)}


@operation(on=on("allocation_id"))
def reset_address_attribute(ctx: Context, allocation_id: str, attribute: str) -> object:
    if attribute != "domain-name":
        raise errors.InvalidParameterValue(reason=f"Value ({attribute}) for parameter attribute is invalid.")
    address = find(ctx, Address, allocation_id)
    address.reverse_name = None
    ctx.put(address)
    return {"address": _with_name(address)}
