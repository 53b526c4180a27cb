"""Peering: two VPCs joined once the other side has accepted, in one account or two, in one Region or two."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import Tag, TagSpecification, find, made, on
from groundcloud.services.ec2.filters import Filter, Filters, listed
from groundcloud.services.ec2.network import faults
from groundcloud.services.ec2.network.changes import note_change
from groundcloud.services.ec2.network.linking import (
    PeerBlock,
    PeeringOptions,
    PeeringStatus,
    PeerVpc,
    VpcPeeringConnection,
)
from groundcloud.services.ec2.network.peers import overlap
from groundcloud.services.ec2.network.records import Vpc
from groundcloud.services.ec2.network.routes import mark_routes
from groundcloud.services.ec2.tags import tags_for

_WAITS = timedelta(days=7)
"""How long a request can be accepted."""
_MESSAGES = {
    "initiating-request": "Initiating Request to {accepter}",
    "pending-acceptance": "Pending Acceptance by {accepter}",
    "active": "Active",
    "rejected": "Rejected by {by}",
    "deleted": "Deleted by {by}",
    "expired": "Expired",
    "failed": "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range",
}


def _status(code: str, peering: VpcPeeringConnection, by: str = "") -> PeeringStatus:
    accepter = peering.accepter_vpc_info.owner_id
    return PeeringStatus(code, _MESSAGES[code].format(accepter=accepter, by=by))


def _requesting(
    ctx: Context,
    vpc_id: str,
    peer_vpc_id: str,
    peer_owner_id: str,
    peer_region: str,
    tag_specifications: Sequence[TagSpecification],
) -> list[Resource]:
    """The own VPC, and the connection that is made; the other VPC is shown as a condition key."""
    owner, region = peer_owner_id or ctx.account, peer_region or ctx.region
    facts = {
        "ec2:region": ctx.region,
        "ec2:requestervpc": ctx.arn(f"vpc/{vpc_id}"),
        "ec2:acceptervpc": f"arn:aws:ec2:{region}:{owner}:vpc/{peer_vpc_id}",
    }
    making = made(ctx, "vpc-peering-connection", "CreateVpcPeeringConnection", tag_specifications, facts)
    return [*on("vpc_id")(ctx, vpc_id=vpc_id), *making]


@operation(on=_requesting)
def create_vpc_peering_connection(
    ctx: Context,
    vpc_id: str,
    peer_vpc_id: str = "",
    peer_owner_id: str = "",
    peer_region: str = "",
    tag_specifications: Sequence[TagSpecification] = (),
) -> object:
    own = find(ctx, Vpc, vpc_id)
    if not peer_vpc_id:
        raise errors.MissingParameter(name="peerVpcId")
    owner, region = peer_owner_id or ctx.account, peer_region or ctx.region
    peer = ctx.tx.get(Vpc, owner, region, peer_vpc_id)
    if owner == ctx.account and region == ctx.region:
        if peer is None:
            raise faults.VpcNotFound(named=f" '{peer_vpc_id}' does")
        if peer_vpc_id == vpc_id:
            raise errors.InvalidParameterValue(reason="A VPC cannot peer with itself.")
    for known in ctx.scan(VpcPeeringConnection, vpc_id, index="by_vpc"):
        if known.other(vpc_id).vpc_id == peer_vpc_id:
            return {"vpc_peering_connection": known}  # a second request gives the first one's connection, as in AWS
    peering = VpcPeeringConnection(
        owner_id=ctx.account, region=ctx.region, vpc_peering_connection_id=ctx.new_id("pcx"),
        requester_vpc_info=_side(own), accepter_vpc_info=PeerVpc(owner, peer_vpc_id, region),
        status=PeeringStatus("initiating-request", ""), expiration_time=ctx.now() + _WAITS,
        tags=tags_for(tag_specifications, "vpc-peering-connection"),
    )  # fmt: skip
    # AWS finds out about the other side by itself, and the connection fails: so does this one, at once.
    possible = peer is not None and not overlap(own.blocks(), peer.blocks())
    peering.status = _status("pending-acceptance" if possible else "failed", peering)
    if not possible:
        peering.ended = ctx.now()
        ctx.put(peering)
    else:
        _put(ctx, peering)
    return {"vpc_peering_connection": {**_members(peering), "status": _status("initiating-request", peering)}}


def _members(peering: VpcPeeringConnection) -> dict[str, object]:
    return {name: getattr(peering, name) for name in peering.__struct_fields__}


def _side(vpc: Vpc) -> PeerVpc:
    blocks = [PeerBlock(each) for each in vpc.blocks()]
    return PeerVpc(vpc.owner_id, vpc.vpc_id, vpc.region, vpc.cidr_block, blocks, PeeringOptions())


def _put(ctx: Context, peering: VpcPeeringConnection) -> None:
    """Write a connection down on both sides; each has its own tags."""
    for owner, region in sorted(peering.sides()):
        known = ctx.tx.get(VpcPeeringConnection, owner, region, peering.vpc_peering_connection_id)
        mine = (owner, region) == (peering.owner_id, peering.region)
        tags: list[Tag] = peering.tags if mine else known.tags if known is not None else []
        ctx.put(
            VpcPeeringConnection(
                owner_id=owner, region=region, vpc_peering_connection_id=peering.vpc_peering_connection_id,
                requester_vpc_info=peering.requester_vpc_info, accepter_vpc_info=peering.accepter_vpc_info,
                status=peering.status, expiration_time=peering.expiration_time, ended=peering.ended, tags=tags,
            )
        )  # fmt: skip


def _change(ctx: Context, peering: VpcPeeringConnection) -> None:
    """Have both VPCs looked at, and mark their routes."""
    state = "active" if peering.status.code == "active" else "blackhole"
    for side in (peering.requester_vpc_info, peering.accepter_vpc_info):
        place = side.owner_id, side.region, side.vpc_id
        mark_routes(ctx.tx, place, "vpc_peering_connection_id", peering.vpc_peering_connection_id, state)
        note_change(ctx.tx, *place)


def _text(time: datetime | None) -> str | None:
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z") if time is not None else None


_FILTERS: Filters = {
    "accepter-vpc-info.cidr-block": lambda one: one.accepter_vpc_info.cidr_block,
    "accepter-vpc-info.owner-id": lambda one: one.accepter_vpc_info.owner_id,
    "accepter-vpc-info.vpc-id": lambda one: one.accepter_vpc_info.vpc_id,
    "expiration-time": lambda one: _text(one.expiration_time),
    "requester-vpc-info.cidr-block": lambda one: one.requester_vpc_info.cidr_block,
    "requester-vpc-info.owner-id": lambda one: one.requester_vpc_info.owner_id,
    "requester-vpc-info.vpc-id": lambda one: one.requester_vpc_info.vpc_id,
    "status-code": lambda one: one.status.code,
    "status-message": lambda one: one.status.message,
    "vpc-peering-connection-id": lambda one: one.vpc_peering_connection_id,
}


@operation(on="*", read=True)
def describe_vpc_peering_connections(
    ctx: Context, filters: Sequence[Filter] = (), vpc_peering_connection_ids: Sequence[str] = ()
) -> object:
    found = listed(ctx, VpcPeeringConnection, vpc_peering_connection_ids, filters, _FILTERS)
    return {"vpc_peering_connections": found}


def _pending(ctx: Context, peering_id: str, new: str) -> VpcPeeringConnection:
    """A request that this account may answer. Raises `InvalidStateTransition`, `OperationNotPermitted`."""
    peering = find(ctx, VpcPeeringConnection, peering_id)
    if peering.status.code != "pending-acceptance":
        raise faults.PeeringState(id=peering_id, old=peering.status.code, new=new)
    side = peering.accepter_vpc_info
    if (side.owner_id, side.region) != (ctx.account, ctx.region):
        raise errors.OperationNotPermitted(
            reason=f"User {ctx.account} cannot {'accept' if new == 'active' else 'reject'} peering {peering_id}"
        )
    return peering


def _accepting(ctx: Context, vpc_peering_connection_id: str) -> list[Resource]:
    """The connection, and the VPC that it comes to."""
    found = ctx.get(VpcPeeringConnection, vpc_peering_connection_id)
    ids = [vpc_peering_connection_id, *([found.accepter_vpc_info.vpc_id] if found is not None else [])]
    return on("ids")(ctx, ids=ids)


@operation(on=_accepting)
def accept_vpc_peering_connection(ctx: Context, vpc_peering_connection_id: str = "") -> object:
    peering = _pending(ctx, vpc_peering_connection_id, "active")
    own = find(ctx, Vpc, peering.accepter_vpc_info.vpc_id)
    peering.accepter_vpc_info = _side(own)
    peering.status = _status("active", peering)
    peering.expiration_time = None
    _put(ctx, peering)
    _change(ctx, peering)
    return {"vpc_peering_connection": peering}


def end(ctx: Context, peering: VpcPeeringConnection, code: str) -> None:
    """Bring a connection to its end: `rejected`, `deleted` or `expired`."""
    peering.status = _status(code, peering, ctx.account)
    peering.ended = ctx.now()
    _put(ctx, peering)
    _change(ctx, peering)


@operation(on=on("vpc_peering_connection_id"))
def reject_vpc_peering_connection(ctx: Context, vpc_peering_connection_id: str) -> object:
    end(ctx, _pending(ctx, vpc_peering_connection_id, "rejected"), "rejected")
    return {"return_": True}


@operation(on=on("vpc_peering_connection_id"))
def delete_vpc_peering_connection(ctx: Context, vpc_peering_connection_id: str) -> object:
    peering = find(ctx, VpcPeeringConnection, vpc_peering_connection_id)
    requester = peering.requester_vpc_info
    waiting = peering.status.code == "pending-acceptance"
    own_request = (requester.owner_id, requester.region) == (ctx.account, ctx.region)
    if not (peering.status.code == "active" or (waiting and own_request)):
        raise faults.PeeringState(id=vpc_peering_connection_id, old=peering.status.code, new="deleted")
    end(ctx, peering, "deleted")
    return {"return_": True}


@operation(on=on("vpc_peering_connection_id"))
def modify_vpc_peering_connection_options(
    ctx: Context,
    vpc_peering_connection_id: str,
    accepter_peering_connection_options: PeeringOptions | None = None,
    requester_peering_connection_options: PeeringOptions | None = None,
) -> object:
    peering = find(ctx, VpcPeeringConnection, vpc_peering_connection_id)
    if peering.status.code != "active":
        raise errors.OperationNotPermitted(
            reason=f"Vpc Peering Connection {vpc_peering_connection_id} is not in the active state"
        )
    answer = {}
    for name, side, options in (
        ("accepter", peering.accepter_vpc_info, accepter_peering_connection_options),
        ("requester", peering.requester_vpc_info, requester_peering_connection_options),
    ):
        if options is None:
            continue
        if side.owner_id != ctx.account:
            raise errors.OperationNotPermitted(reason=f"User {ctx.account} cannot modify {name} peering options")
        side.peering_options = options
        answer[f"{name}_peering_connection_options"] = options
    _put(ctx, peering)
    _change(ctx, peering)
    return answer
