"""Internet gateways, and those that let IPv6 out only."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import TagSpecification, find, on
from groundcloud.services.ec2.filters import Filter, Filters, listed
from groundcloud.services.ec2.network import faults
from groundcloud.services.ec2.network.linking import EgressOnlyInternetGateway
from groundcloud.services.ec2.network.records import NetworkInterface, Vpc
from groundcloud.services.ec2.network.routes import set_state
from groundcloud.services.ec2.network.routing import GatewayAttachment, InternetGateway
from groundcloud.services.ec2.tags import tags_for
from groundcloud.services.ec2.tokens import Once


@operation(on=on(makes="internet-gateway", by="CreateInternetGateway"))
def create_internet_gateway(ctx: Context, tag_specifications: Sequence[TagSpecification] = ()) -> object:
    gateway = InternetGateway(
        owner_id=ctx.account, region=ctx.region, internet_gateway_id=ctx.new_id("igw"),
        tags=tags_for(tag_specifications, "internet-gateway"),
    )  # fmt: skip
    return {"internet_gateway": ctx.put(gateway)}


_FILTERS: Filters = {
    "attachment.state": lambda gateway: [each.state for each in gateway.attachments],
    "attachment.vpc-id": lambda gateway: [each.vpc_id for each in gateway.attachments],
    "internet-gateway-id": lambda gateway: gateway.internet_gateway_id,
    "owner-id": lambda gateway: gateway.owner_id,
}


@operation(on="*", read=True)
def describe_internet_gateways(
    ctx: Context, filters: Sequence[Filter] = (), internet_gateway_ids: Sequence[str] = ()
) -> object:
    indexes = {"attachment.vpc-id": "by_vpc"}
    found = listed(ctx, InternetGateway, internet_gateway_ids, filters, _FILTERS, indexes=indexes)
    return {"internet_gateways": found}


@operation(on=on("internet_gateway_id", "vpc_id"))
def attach_internet_gateway(ctx: Context, internet_gateway_id: str, vpc_id: str) -> None:
    gateway = find(ctx, InternetGateway, internet_gateway_id)
    find(ctx, Vpc, vpc_id)
    if gateway.attachments:
        raise faults.ResourceAlreadyAssociated(
            reason=f"resource {internet_gateway_id} is already attached to network {gateway.attachments[0].vpc_id}"
        )
    if ctx.exists(InternetGateway, vpc_id, index="by_vpc"):
        raise errors.InvalidParameterValue(reason=f"Network {vpc_id} already has an internet gateway attached")
    gateway.attachments.append(GatewayAttachment(vpc_id))
    ctx.put(gateway)
    set_state(ctx, vpc_id, "gateway_id", internet_gateway_id, "active")


@operation(on=on("internet_gateway_id", "vpc_id"))
def detach_internet_gateway(ctx: Context, internet_gateway_id: str, vpc_id: str) -> None:
    gateway = find(ctx, InternetGateway, internet_gateway_id)
    find(ctx, Vpc, vpc_id)
    if all(each.vpc_id != vpc_id for each in gateway.attachments):
        raise faults.GatewayNotAttached(gateway=internet_gateway_id, vpc_id=vpc_id)
    if any(eni.association is not None for eni in ctx.scan(NetworkInterface, vpc_id, index="by_vpc")):
        raise faults.DependencyViolation(
            reason=f"Network {vpc_id} has some mapped public address(es). Please unmap those public address(es) "
            "before detaching the gateway."
        )
    gateway.attachments = []
    ctx.put(gateway)
    set_state(ctx, vpc_id, "gateway_id", internet_gateway_id, "blackhole")


@operation(on=on("internet_gateway_id"))
def delete_internet_gateway(ctx: Context, internet_gateway_id: str) -> None:
    gateway = find(ctx, InternetGateway, internet_gateway_id)
    if gateway.attachments:
        raise faults.DependencyViolation(
            reason=f"The internetGateway '{internet_gateway_id}' has dependencies and cannot be deleted."
        )
    ctx.delete(gateway)


# -- egress only


@operation(on=on("vpc_id", makes="egress-only-internet-gateway", by="CreateEgressOnlyInternetGateway"))
def create_egress_only_internet_gateway(
    ctx: Context, vpc_id: str, tag_specifications: Sequence[TagSpecification] = (), client_token: str = ""
) -> object:
    once = Once(ctx, "CreateEgressOnlyInternetGateway", client_token, vpc_id, tag_specifications)
    if once.made:
        gateway = find(ctx, EgressOnlyInternetGateway, once.made[0])
        return {"egress_only_internet_gateway": gateway, "client_token": client_token}
    find(ctx, Vpc, vpc_id)
    if ctx.exists(EgressOnlyInternetGateway, vpc_id, index="by_vpc"):
        raise errors.InvalidParameterValue(
            reason=f"Network {vpc_id} already has an egress only internet gateway attached"
        )
    gateway = EgressOnlyInternetGateway(
        owner_id=ctx.account, region=ctx.region, egress_only_internet_gateway_id=ctx.new_id("eigw"),
        attachments=[GatewayAttachment(vpc_id, "attached")],
        tags=tags_for(tag_specifications, "egress-only-internet-gateway"),
    )  # fmt: skip
    ctx.put(gateway)
    once.remember(gateway.id)
    answer: dict[str, Any] = {"egress_only_internet_gateway": gateway}
    return {**answer, "client_token": client_token or None}


@operation(on="*", read=True)
def describe_egress_only_internet_gateways(
    ctx: Context, egress_only_internet_gateway_ids: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> object:
    found = listed(ctx, EgressOnlyInternetGateway, egress_only_internet_gateway_ids, filters, {})
    return {"egress_only_internet_gateways": found}


@operation(on=on("egress_only_internet_gateway_id"))
def delete_egress_only_internet_gateway(ctx: Context, egress_only_internet_gateway_id: str) -> object:
    gateway = find(ctx, EgressOnlyInternetGateway, egress_only_internet_gateway_id)
    for attachment in gateway.attachments:
        set_state(ctx, attachment.vpc_id, "egress_only_internet_gateway_id", gateway.id, "blackhole")
    ctx.delete(gateway)
    return {"return_code": True}
