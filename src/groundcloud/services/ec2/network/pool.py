"""Addresses: private ones of a subnet, and public ones of the installation's pool. Taken and given back.

A free address is looked for from a random place on, so that one that was just given back is not soon somebody else's.
"""

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from groundcloud.context import Context
from groundcloud.engines.network.wanted import PUBLIC_POOL
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import find
from groundcloud.services.ec2.network import faults
from groundcloud.services.ec2.network.records import PublicAddress, Subnet, UsedAddress

RESERVED = 5
"""Addresses of a subnet that nobody gets: the first four and the last ("Subnet sizing for IPv4")."""


def take_private(ctx: Context, subnet_id: str, interface_id: str, wanted: str | None = None) -> str:
    """An address of a subnet for an interface: the one that is wanted, or any that is free.

    Raises `InvalidParameterValue`, `InvalidIPAddress.InUse`, `InsufficientFreeAddressesInSubnet`.
    """
    subnet = find(ctx, Subnet, subnet_id)
    network = IPv4Network(subnet.cidr_block)

    def used(address: str) -> bool:
        return ctx.exists(UsedAddress, subnet_id, address)

    if wanted is not None:
        _check_wanted(wanted, network)
        if used(wanted):
            raise faults.AddressInUse(reason=f"Address {wanted} is in use.")
    elif subnet.available_ip_address_count == 0:
        raise faults.InsufficientFreeAddresses(subnet_id=subnet_id)
    else:
        wanted = _first_free(ctx, network, 4, network.num_addresses - 2, used)
        assert wanted is not None
    ctx.put(UsedAddress(subnet.owner_id, subnet.region, subnet_id, wanted, interface_id))
    subnet.available_ip_address_count -= 1
    ctx.put(subnet)
    return wanted


def _check_wanted(wanted: str, network: IPv4Network) -> None:
    try:
        address = IPv4Address(wanted)
    except ValueError:
        raise errors.InvalidParameterValue(reason=f"invalid value for parameter address: [{wanted}]") from None
    if address not in network:
        raise errors.InvalidParameterValue(reason="Address does not fall within the subnet's address range")
    if not 4 <= int(address) - int(network.network_address) < network.num_addresses - 1:
        raise errors.InvalidParameterValue(reason="Address is in subnet's reserved address range")


def give_back_private(ctx: Context, subnet_id: str, address: str) -> None:
    """Free an address of a subnet."""
    used = ctx.get(UsedAddress, subnet_id, address)
    subnet = ctx.get(Subnet, subnet_id)
    if used is not None:
        ctx.delete(used)
        if subnet is not None and ":" not in address:
            subnet.available_ip_address_count += 1
            ctx.put(subnet)


def take_ipv6(ctx: Context, subnet_id: str, interface_id: str, wanted: str | None = None) -> str:
    """The same for IPv6, in its canonical form; a subnet's 2**64 addresses do not run out."""
    subnet = find(ctx, Subnet, subnet_id)
    if not subnet.ipv6_cidr_block_association_set:
        raise errors.InvalidParameterValue(
            reason=f"Invalid value '{subnet_id}' for subnetId. Subnet does not have an associated Ipv6 CIDR block."
        )
    network = IPv6Network(subnet.ipv6_cidr_block_association_set[0].ipv6_cidr_block)
    if wanted is None:
        address = network[4 + int.from_bytes(ctx.random(7), "big")]
    else:
        try:
            address = IPv6Address(wanted)
        except ValueError:
            raise errors.InvalidParameterValue(reason=f"invalid value for parameter address: [{wanted}]") from None
        if address not in network:
            raise errors.InvalidParameterValue(reason="Address does not fall within the subnet's address range")
    if ctx.exists(UsedAddress, subnet_id, str(address)):
        raise faults.AddressInUse(reason=f"Address {address} is in use.")
    ctx.put(UsedAddress(subnet.owner_id, subnet.region, subnet_id, str(address), interface_id))
    return str(address)


def public_pool(ctx: Context) -> IPv4Network:
    """Where public addresses come from."""
    return IPv4Network(getattr(ctx.world.engines.get("network"), "public_pool", PUBLIC_POOL))


def take_public(ctx: Context, wanted: str | None = None) -> str:
    """A public address that nobody has. Raises `InsufficientAddressCapacity`, `InvalidParameterValue`."""
    pool = public_pool(ctx)

    def used(address: str) -> bool:
        return ctx.tx.get(PublicAddress, address) is not None

    if wanted is not None:
        try:
            free = IPv4Address(wanted) in pool and not used(wanted)
        except ValueError:
            free = False
        if not free:
            raise faults.InvalidAddressUnavailable(address=wanted)
        found: str | None = wanted
    else:  # the first two and the last are the network's, the host's and the broadcast address
        found = _first_free(ctx, pool, 2, pool.num_addresses - 2, used)
    if found is None:
        raise faults.InsufficientAddressCapacity()
    ctx.put(PublicAddress(found, ctx.account, ctx.region))
    return found


def give_back_public(ctx: Context, address: str) -> None:
    """Free a public address."""
    found = ctx.tx.get(PublicAddress, address)
    if found is not None:
        ctx.delete(found)


def _first_free(ctx: Context, network: IPv4Network, low: int, high: int, used: Callable[[str], bool]) -> str | None:
    """A free address between two places of a range, both included, or None."""
    size = high - low + 1
    start = int.from_bytes(ctx.random(8), "big") % size
    for step in range(size):
        address = str(network[low + (start + step) % size])
        if not used(address):
            return address
    return None
