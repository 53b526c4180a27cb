"""NAT gateways: made, described and deleted. The network controller makes them available and takes them away."""

from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import TagSpecification, find, on
from groundcloud.services.ec2.filters import Filter, Filters, listed
from groundcloud.services.ec2.network import faults
from groundcloud.services.ec2.network.addresses import associate
from groundcloud.services.ec2.network.changes import network_changed
from groundcloud.services.ec2.network.interfaces import create_interface
from groundcloud.services.ec2.network.linking import NatAddress, NatGateway
from groundcloud.services.ec2.network.records import Address, NetworkInterface, Subnet
from groundcloud.services.ec2.network.routes import set_state
from groundcloud.services.ec2.tags import tags_for
from groundcloud.services.ec2.tokens import Once

_KINDS = ("public", "private")


@operation(on=on("subnet_id", "allocation_id", makes="natgateway", by="CreateNatGateway"))
def create_nat_gateway(
    ctx: Context,
    subnet_id: str = "",
    allocation_id: str = "",
    connectivity_type: str = "public",
    private_ip_address: str | None = None,
    tag_specifications: Sequence[TagSpecification] = (),
    client_token: str = "",
) -> object:
    once = Once(
        ctx, "CreateNatGateway", client_token, subnet_id, allocation_id, connectivity_type, private_ip_address,
        tag_specifications,
    )  # fmt: skip
    if once.made:
        return {"nat_gateway": find(ctx, NatGateway, once.made[0]), "client_token": client_token}
    if not subnet_id:
        raise errors.MissingParameter(name="SubnetId")
    subnet = find(ctx, Subnet, subnet_id)
    address = _address(ctx, allocation_id, connectivity_type)
    nat_gateway_id = ctx.new_id("nat")
    interface = create_interface(
        ctx, subnet, private_address=private_ip_address, description=f"Interface for NAT Gateway {nat_gateway_id}",
        interface_type="nat_gateway", requester_id="amazon-aws", used_by=nat_gateway_id, source_dest_check=False,
        ipv6_count=0,
    )  # fmt: skip
    interface.groups = []  # a NAT gateway has no security group
    ctx.put(interface)
    nat = NatGateway(
        owner_id=ctx.account, region=ctx.region, nat_gateway_id=nat_gateway_id, subnet_id=subnet_id,
        vpc_id=subnet.vpc_id, create_time=ctx.now(), connectivity_type=connectivity_type,
        nat_gateway_addresses=[_own_address(ctx, interface, address)],
        tags=tags_for(tag_specifications, "natgateway"),
    )  # fmt: skip
    ctx.put(nat)
    network_changed(ctx, nat.vpc_id)
    once.remember(nat_gateway_id)
    return {"nat_gateway": nat, "client_token": client_token or None}


def _address(ctx: Context, allocation_id: str, connectivity_type: str) -> Address | None:
    """The elastic address of a public gateway; a private one has none."""
    if connectivity_type not in _KINDS:
        raise errors.InvalidParameterValue(
            reason=f"Value ({connectivity_type}) for parameter connectivityType is invalid."
        )
    if connectivity_type == "private":
        if allocation_id:
            raise errors.InvalidParameterCombination(
                reason="AllocationId cannot be specified for a private NAT gateway"
            )
        return None
    if not allocation_id:
        raise errors.MissingParameter(name="AllocationId")
    address = find(ctx, Address, allocation_id)
    if address.association_id is not None:
        raise faults.ResourceAlreadyAssociated(reason=f"Elastic IP address [{allocation_id}] is already associated")
    return address


def _own_address(ctx: Context, interface: NetworkInterface, address: Address | None) -> NatAddress:
    own = NatAddress(interface.private_ip_address, interface.network_interface_id, is_primary=True)
    if address is not None:
        associate(ctx, address, interface, interface.primary)
        own.allocation_id, own.association_id = address.allocation_id, address.association_id
        own.public_ip = address.public_ip
    return own


_FILTERS: Filters = {
    "nat-gateway-id": lambda nat: nat.nat_gateway_id,
    "state": lambda nat: nat.state,
    "subnet-id": lambda nat: nat.subnet_id,
    "vpc-id": lambda nat: nat.vpc_id,
}


@operation(on="*", read=True)
def describe_nat_gateways(ctx: Context, filter: Sequence[Filter] = (), nat_gateway_ids: Sequence[str] = ()) -> object:
    return {"nat_gateways": listed(ctx, NatGateway, nat_gateway_ids, filter, _FILTERS)}


@operation(on=on("nat_gateway_id"))
def delete_nat_gateway(ctx: Context, nat_gateway_id: str) -> object:
    nat = find(ctx, NatGateway, nat_gateway_id)
    if nat.state in ("pending", "available"):
        nat.state = "deleting"
        ctx.put(nat)
        set_state(ctx, nat.vpc_id, "nat_gateway_id", nat_gateway_id, "blackhole")
    return {"nat_gateway_id": nat_gateway_id}
