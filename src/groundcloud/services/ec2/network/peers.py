"""Which VPCs a VPC peers with, and which it can."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network

from groundcloud.context import Context
from groundcloud.services.ec2.network.linking import VpcPeeringConnection
from groundcloud.store import Transaction


def peerings(tx: Transaction, owner: str, region: str, vpc_id: str) -> Iterator[VpcPeeringConnection]:
    """The active peering connections of a VPC."""
    for peering in tx.scan(VpcPeeringConnection, owner, region, vpc_id, index="by_vpc"):
        if peering.status.code == "active":
            yield peering


def peerings_of(ctx: Context, owner: str, vpc_id: str) -> Iterator[VpcPeeringConnection]:
    """The same in this call's Region."""
    return peerings(ctx.tx, owner, ctx.region, vpc_id)


def active_peering(ctx: Context, vpc_id: str, other: str) -> VpcPeeringConnection | None:
    """The connection between two VPCs, if there is one."""
    found = peerings_of(ctx, ctx.account, vpc_id)
    return next((peering for peering in found if peering.other(vpc_id).vpc_id == other), None)


def overlap(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether any of some IPv4 ranges shares an address with any of others: such VPCs cannot be joined."""
    return any(IPv4Network(one).overlaps(IPv4Network(other)) for one in first for other in second)
