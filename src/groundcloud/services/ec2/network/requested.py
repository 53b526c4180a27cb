"""Network interfaces that other services of AWS have in a customer's subnets: seen by their owner, and not theirs to
change. `ground.py` gives these functions to those services, for services never import services."""

from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.services.ec2.common import find
from groundcloud.services.ec2.network.changes import network_changed
from groundcloud.services.ec2.network.interfaces import (
    assign_public,
    create_interface,
    delete_interface,
    groups_of,
    release_public,
)
from groundcloud.services.ec2.network.records import NetworkInterface, Subnet


def place(ctx: Context, subnet_id: str, groups: Sequence[str], used_by: str, *, public: bool) -> NetworkInterface:
    """An interface of Amazon RDS for one of its machines. Raises EC2's errors (`InvalidSubnetID.NotFound`,
    `InsufficientFreeAddressesInSubnet`, ...)."""
    made = create_interface(
        ctx, find(ctx, Subnet, subnet_id), groups=groups, description="RDSNetworkInterface", requester_id="amazon-rds",
        used_by=used_by,
    )  # fmt: skip
    return assign_public(ctx, made) if public else made


def change(ctx: Context, interface_id: str, groups: Sequence[str], *, public: bool) -> NetworkInterface | None:
    """Give it other security groups, and a public address or none."""
    found = ctx.get(NetworkInterface, interface_id)
    if found is None:
        return None
    found.groups = groups_of(ctx, found.vpc_id, groups, found.subnet_id)
    ctx.put(found)
    network_changed(ctx, found.vpc_id)
    return assign_public(ctx, found) if public else release_public(ctx, found)


def remove(ctx: Context, interface_id: str) -> None:
    """Delete it, if it is there."""
    found = ctx.get(NetworkInterface, interface_id)
    if found is not None:
        delete_interface(ctx, found)
