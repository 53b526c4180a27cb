"""VPC endpoints of the type Gateway: a way to S3 and DynamoDB that needs no way to the internet."""

import json
from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.operation import operation
from groundcloud.paging import page_of
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import TagSpecification, find, on
from groundcloud.services.ec2.filters import Filter, Filters, listed, matcher
from groundcloud.services.ec2.network import faults
from groundcloud.services.ec2.network.changes import network_changed
from groundcloud.services.ec2.network.linking import VpcEndpoint
from groundcloud.services.ec2.network.prefix_list_reads import service_list_id
from groundcloud.services.ec2.network.records import Vpc
from groundcloud.services.ec2.network.routing import Route, RouteTable
from groundcloud.services.ec2.regions import zones
from groundcloud.services.ec2.tags import tags_for
from groundcloud.services.ec2.tokens import Once

_SERVICES = ("dynamodb", "s3")
_EVERYTHING = json.dumps(
    {
        "Version": "2008-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
    }
)
"""The policy of an endpoint that was made without one."""


def _service(ctx: Context, service_name: str) -> str:
    """The service's short name. Raises `InvalidServiceName`."""
    prefix, _, short = service_name.rpartition(".")
    if prefix != f"com.amazonaws.{ctx.region}" or short not in _SERVICES:
        raise faults.InvalidServiceName(name=service_name)
    return short


def _policy(text: str) -> str:
    try:
        if isinstance(json.loads(text), dict):
            return text
    except ValueError:
        pass
    raise errors.InvalidParameterValue(reason="Policy document is not valid JSON.")


@operation(
    on=on("vpc_id", "route_table_ids", makes="vpc-endpoint", by="CreateVpcEndpoint"),
    conditions={"ec2:VpceServiceName": "service_name"},
    harmless=["PrivateDnsEnabled"],
)
def create_vpc_endpoint(
    ctx: Context,
    vpc_id: str,
    vpc_endpoint_type: str = "Gateway",
    service_name: str = "",
    policy_document: str = "",
    route_table_ids: Sequence[str] = (),
    tag_specifications: Sequence[TagSpecification] = (),
    client_token: str = "",
) -> object:
    once = Once(
        ctx, "CreateVpcEndpoint", client_token, vpc_id, service_name, policy_document, route_table_ids,
        tag_specifications,
    )  # fmt: skip
    if once.made:
        return {"vpc_endpoint": _shown(find(ctx, VpcEndpoint, once.made[0])), "client_token": client_token}
    if vpc_endpoint_type != "Gateway":
        raise faults.InterfaceEndpoint(type=vpc_endpoint_type)
    find(ctx, Vpc, vpc_id)
    if not service_name:
        raise errors.MissingParameter(name="ServiceName")
    _service(ctx, service_name)
    endpoint = VpcEndpoint(
        owner_id=ctx.account, region=ctx.region, vpc_endpoint_id=ctx.new_id("vpce"), vpc_id=vpc_id,
        service_name=service_name, policy_document=_policy(policy_document) if policy_document else _EVERYTHING,
        creation_timestamp=ctx.now(), tags=tags_for(tag_specifications, "vpc-endpoint"),
    )  # fmt: skip
    for table_id in dict.fromkeys(route_table_ids):
        _lead(ctx, endpoint, table_id)
    ctx.put(endpoint)
    network_changed(ctx, vpc_id)
    once.remember(endpoint.vpc_endpoint_id)
    return {"vpc_endpoint": _shown(endpoint), "client_token": client_token or None}


def _lead(ctx: Context, endpoint: VpcEndpoint, table_id: str) -> None:
    """Add the route to the service's prefix list. Raises `RouteAlreadyExists` where another endpoint has it."""
    table = find(ctx, RouteTable, table_id)
    if table.vpc_id != endpoint.vpc_id:
        raise errors.InvalidParameterValue(
            reason=f"route table {table_id} and endpoint {endpoint.vpc_endpoint_id} belong to different networks"
        )
    listed_as = service_list_id(ctx.region, _service(ctx, endpoint.service_name))
    if any(route.destination_prefix_list_id == listed_as for route in table.routes):
        raise faults.RouteAlreadyExists(destination=listed_as)
    table.routes.append(Route(destination_prefix_list_id=listed_as, gateway_id=endpoint.vpc_endpoint_id))
    ctx.put(table)
    endpoint.route_table_ids.append(table_id)


def _leave(ctx: Context, endpoint: VpcEndpoint, table_id: str) -> None:
    """Take the route away again."""
    table = ctx.get(RouteTable, table_id)
    if table is not None:
        table.routes = [route for route in table.routes if route.gateway_id != endpoint.vpc_endpoint_id]
        ctx.put(table)
    endpoint.route_table_ids.remove(table_id)


def _shown(endpoint: VpcEndpoint) -> dict[str, Any]:
    return {
        **{name: getattr(endpoint, name) for name in endpoint.__struct_fields__},
        "private_dns_enabled": False,
        "requester_managed": False,
        "subnet_ids": [],
        "groups": [],
        "network_interface_ids": [],
        "dns_entries": [],
    }


_FILTERS: Filters = {
    "ip-address-type": lambda endpoint: "ipv4",
    "service-name": lambda endpoint: endpoint.service_name,
    "service-region": lambda endpoint: endpoint.region,
    "vpc-id": lambda endpoint: endpoint.vpc_id,
    "vpc-endpoint-id": lambda endpoint: endpoint.vpc_endpoint_id,
    "vpc-endpoint-state": lambda endpoint: endpoint.state,
    "vpc-endpoint-type": lambda endpoint: endpoint.vpc_endpoint_type,
}


@operation(on="*", read=True)
def describe_vpc_endpoints(
    ctx: Context, vpc_endpoint_ids: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> object:
    indexes = {"vpc-id": "by_vpc"}
    found = listed(ctx, VpcEndpoint, vpc_endpoint_ids, filters, _FILTERS, indexes=indexes, each=_shown)
    return {"vpc_endpoints": found}


@operation(on=on("vpc_endpoint_id", "add_route_table_ids", "remove_route_table_ids"))
def modify_vpc_endpoint(
    ctx: Context,
    vpc_endpoint_id: str,
    reset_policy: bool = False,
    policy_document: str = "",
    add_route_table_ids: Sequence[str] = (),
    remove_route_table_ids: Sequence[str] = (),
) -> object:
    endpoint = find(ctx, VpcEndpoint, vpc_endpoint_id)
    if reset_policy:
        endpoint.policy_document = _EVERYTHING
    elif policy_document:
        endpoint.policy_document = _policy(policy_document)
    for table_id in remove_route_table_ids:
        if table_id in endpoint.route_table_ids:
            _leave(ctx, endpoint, table_id)
    for table_id in add_route_table_ids:
        if table_id not in endpoint.route_table_ids:
            _lead(ctx, endpoint, table_id)
    ctx.put(endpoint)
    network_changed(ctx, endpoint.vpc_id)
    return {"return_": True}


@operation(on=on("vpc_endpoint_ids"))
def delete_vpc_endpoints(ctx: Context, vpc_endpoint_ids: Sequence[str]) -> object:
    """Each by itself: one that is not there keeps no other."""
    failed = []
    for endpoint_id in dict.fromkeys(vpc_endpoint_ids):
        endpoint = ctx.get(VpcEndpoint, endpoint_id)
        if endpoint is None:
            failed.append(unsuccessful(endpoint_id, faults.EndpointNotFound(named=f" '{endpoint_id}' does")))
            continue
        for table_id in list(endpoint.route_table_ids):
            _leave(ctx, endpoint, table_id)
        ctx.delete(endpoint)
        network_changed(ctx, endpoint.vpc_id)
    return {"unsuccessful": failed}


def unsuccessful(resource_id: str, error: AwsError) -> dict[str, Any]:
    """An item of a call that goes on after an error."""
    return {"resource_id": resource_id, "error": {"code": error.code, "message": error.message}}


_SERVICE_FILTERS: Filters = {
    "owner": lambda service: service["owner"],
    "service-name": lambda service: service["service_name"],
    "service-region": lambda service: service["service_region"],
    "service-type": lambda service: [each["service_type"] for each in service["service_type"]],
    "supported-ip-address-types": lambda service: "ipv4",
}


@operation(on="*", read=True, harmless=["NextToken"])  # there is one page
def describe_vpc_endpoint_services(
    ctx: Context, service_names: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> object:
    passes = matcher(filters, _SERVICE_FILTERS)
    known = [_described(ctx, short) for short in _SERVICES]
    for name in service_names:
        _service(ctx, name)
    found = [each for each in known if (not service_names or each["service_name"] in service_names) and passes(each)]
    return {
        "service_names": [each["service_name"] for each in found],
        "service_details": page_of(found, lambda each: str(each["service_name"])),
    }


def _described(ctx: Context, short: str) -> dict[str, Any]:
    return {
        "service_name": f"com.amazonaws.{ctx.region}.{short}",
        "service_id": f"vpce-svc-{service_list_id(ctx.region, short).removeprefix('pl-')}",
        "service_type": [{"service_type": "Gateway"}],
        "service_region": ctx.region,
        "availability_zones": [each.zone_name for each in zones(ctx.account, ctx.region)],
        "owner": "amazon",
        "base_endpoint_dns_names": [f"{short}.{ctx.region}.amazonaws.com"],
        "vpc_endpoint_policy_supported": True,
        "acceptance_required": False,
        "manages_vpc_endpoints": False,
        "tags": [],
    }
