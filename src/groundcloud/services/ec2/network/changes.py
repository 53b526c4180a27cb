"""How operations tell the network controller that a VPC is to be looked at again."""

from groundcloud.context import Context
from groundcloud.services.ec2.network.peers import peerings
from groundcloud.store import Record, Transaction


class NetworkChange(Record):
    """One for each VPC; it changes whenever the network engine must know something new of it."""

    table = "ec2.network_change"
    key = ("owner_id", "region", "vpc_id")

    owner_id: str
    region: str
    vpc_id: str
    number: int = 0


def network_changed(ctx: Context, vpc_id: str, owner: str = "") -> None:
    """Have the engine told of this VPC, and of those that peer with it, once the transaction is on the disk.

    `owner`: its account, if not the caller.
    """
    owner = owner or ctx.account
    note_change(ctx.tx, owner, ctx.region, vpc_id)
    for peering in peerings(ctx.tx, owner, ctx.region, vpc_id):
        other = peering.other(vpc_id)
        note_change(ctx.tx, other.owner_id, other.region, other.vpc_id)


def note_change(tx: Transaction, owner: str, region: str, vpc_id: str) -> None:
    """The same for exactly one VPC, of any account and Region."""
    found = tx.get(NetworkChange, owner, region, vpc_id)
    tx.put(NetworkChange(owner, region, vpc_id, found.number + 1 if found is not None else 1))


def network_deleted(ctx: Context, vpc_id: str) -> None:
    """Have the engine remove the VPC."""
    found = ctx.get(NetworkChange, vpc_id)
    if found is not None:
        ctx.delete(found)
