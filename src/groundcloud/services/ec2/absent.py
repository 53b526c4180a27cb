"""Lists of what this cloud does not make: gateways of VPNs, transit gateways, dedicated hosts, reservations, fleets.

No call makes any (their Create operations are not written), so an account has none: the lists are empty, and an id is
not there. CDK's look-up of a VPC and programs that clean up an account ask for them.
"""

from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.operation import operation
from groundcloud.services.ec2.filters import Filter


class NoVpnGateway(AwsError, code="InvalidVpnGatewayID.NotFound"):
    """The vpnGateway ID '{id}' does not exist"""


class NoVpnConnection(AwsError, code="InvalidVpnConnectionID.NotFound"):
    """The vpnConnection ID '{id}' does not exist"""


class NoCustomerGateway(AwsError, code="InvalidCustomerGatewayID.NotFound"):
    """The customerGateway ID '{id}' does not exist"""


class NoTransitGateway(AwsError, code="InvalidTransitGatewayID.NotFound"):
    """Transit Gateway {id} was deleted or does not exist."""


class NoTransitGatewayAttachment(AwsError, code="InvalidTransitGatewayAttachmentID.NotFound"):
    """Transit Gateway Attachment {id} was deleted or does not exist."""


class NoHost(AwsError, code="InvalidHostID.NotFound"):
    """The host ID '{id}' does not exist"""


class NoReservedInstances(AwsError, code="InvalidReservedInstancesId"):
    """The ID '{id}' is not valid"""


class NoCapacityReservation(AwsError, code="InvalidCapacityReservationId.NotFound"):
    """The capacity reservation ID '{id}' does not exist"""


class NoCarrierGateway(AwsError, code="InvalidCarrierGatewayID.NotFound"):
    """The carrier gateway ID '{id}' does not exist"""


class NoInstanceConnectEndpoint(AwsError, code="InvalidInstanceConnectEndpointId.NotFound"):
    """The instance connect endpoint ID '{id}' does not exist"""


class NoSpotFleet(AwsError, code="InvalidSpotFleetRequestId.NotFound"):
    """The spot fleet request ID '{id}' does not exist"""


class NoEndpointService(AwsError, code="InvalidVpcEndpointServiceId.NotFound"):
    """The VpcEndpointService Id '{id}' does not exist"""


def _none(member: str, ids: Sequence[str], absence: type[AwsError]) -> dict[str, list[object]]:
    for each in ids:
        raise absence(id=each)
    return {member: []}


@operation(on="*", read=True)
def describe_vpn_gateways(ctx: Context, vpn_gateway_ids: Sequence[str] = (), filters: Sequence[Filter] = ()) -> object:
    return _none("vpn_gateways", vpn_gateway_ids, NoVpnGateway)


@operation(on="*", read=True)
def describe_vpn_connections(
    ctx: Context, vpn_connection_ids: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> object:
    return _none("vpn_connections", vpn_connection_ids, NoVpnConnection)


@operation(on="*", read=True)
def describe_customer_gateways(
    ctx: Context, customer_gateway_ids: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> object:
    return _none("customer_gateways", customer_gateway_ids, NoCustomerGateway)


@operation(on="*", read=True)
def describe_transit_gateways(
    ctx: Context, transit_gateway_ids: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> object:
    return _none("transit_gateways", transit_gateway_ids, NoTransitGateway)


@operation(on="*", read=True)
def describe_transit_gateway_attachments(
    ctx: Context, transit_gateway_attachment_ids: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> object:
    return _none("transit_gateway_attachments", transit_gateway_attachment_ids, NoTransitGatewayAttachment)


@operation(on="*", read=True)
def describe_transit_gateway_vpc_attachments(
    ctx: Context, transit_gateway_attachment_ids: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> object:
    return _none("transit_gateway_vpc_attachments", transit_gateway_attachment_ids, NoTransitGatewayAttachment)


@operation(on="*", read=True)
def describe_hosts(ctx: Context, host_ids: Sequence[str] = (), filter: Sequence[Filter] = ()) -> object:
    return _none("hosts", host_ids, NoHost)


@operation(on="*", read=True)
def describe_reserved_instances(
    ctx: Context,
    reserved_instances_ids: Sequence[str] = (),
    filters: Sequence[Filter] = (),
    offering_class: str = "",
    offering_type: str = "",
) -> object:
    return _none("reserved_instances", reserved_instances_ids, NoReservedInstances)


@operation(on="*", read=True)
def describe_capacity_reservations(
    ctx: Context, capacity_reservation_ids: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> object:
    return _none("capacity_reservations", capacity_reservation_ids, NoCapacityReservation)


@operation(on="*", read=True)
def describe_carrier_gateways(
    ctx: Context, carrier_gateway_ids: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> object:
    return _none("carrier_gateways", carrier_gateway_ids, NoCarrierGateway)


@operation(on="*", read=True)
def describe_instance_connect_endpoints(
    ctx: Context, instance_connect_endpoint_ids: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> object:
    return _none("instance_connect_endpoints", instance_connect_endpoint_ids, NoInstanceConnectEndpoint)


@operation(on="*", read=True)
def describe_spot_fleet_requests(ctx: Context, spot_fleet_request_ids: Sequence[str] = ()) -> object:
    return _none("spot_fleet_request_configs", spot_fleet_request_ids, NoSpotFleet)


@operation(on="*", read=True)
def describe_vpc_endpoint_service_configurations(
    ctx: Context, service_ids: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> object:
    return _none("service_configurations", service_ids, NoEndpointService)


@operation(on="*", read=True)
def describe_vpc_endpoint_connections(ctx: Context, filters: Sequence[Filter] = ()) -> object:
    return {"vpc_endpoint_connections": []}
