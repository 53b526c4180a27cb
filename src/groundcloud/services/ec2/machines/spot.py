"""Spot requests: fulfilled at once by an instance like every other, which nobody interrupts.

There are no prices, so there is no price history; what would need a second launch later (persistent requests, a time at
which a request begins or ends) is refused.
"""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import TagSpecification, find_all, made, on
from groundcloud.services.ec2.filters import Filter, Filters, listed
from groundcloud.services.ec2.machines.launch import Asked, launch
from groundcloud.services.ec2.machines.launching import what_a_launch_uses
from groundcloud.services.ec2.machines.parts import (
    InterfaceSpecification,
    Mapping,
    MarketOptions,
    MonitoringSpecification,
    PlacementSpecification,
    ProfileSpecification,
    SpotOptions,
)
from groundcloud.services.ec2.machines.records import SHUTTING_DOWN, TERMINATED, Instance
from groundcloud.services.ec2.machines.spot_records import SpotRequest
from groundcloud.services.ec2.machines.views import interfaces_of
from groundcloud.services.ec2.tags import tags_for
from groundcloud.services.ec2.tokens import Once
from groundcloud.store import Part

_STAMP = "%Y-%m-%dT%H:%M:%S.000Z"
_MESSAGES = {
    "fulfilled": "Your Spot request is fulfilled.",
    "request-canceled-and-instance-running": "Your Spot request is canceled, and its instance is still running.",
    "instance-terminated-by-user": "Your Spot Instance was terminated by user.",
}
"""By status code. Source: "Spot request status codes" in the EC2 user guide."""


class LaunchSpecification(Part):
    security_group_ids: list[str] = []
    security_groups: list[str] = []
    block_device_mappings: list[Mapping] = []
    ebs_optimized: bool = False
    iam_instance_profile: ProfileSpecification | None = None
    image_id: str = ""
    instance_type: str = ""
    key_name: str = ""
    monitoring: MonitoringSpecification | None = None
    network_interfaces: list[InterfaceSpecification] = []
    placement: PlacementSpecification | None = None
    subnet_id: str = ""
    user_data: str = ""


def _on(
    ctx: Context, launch_specification: LaunchSpecification | None, tag_specifications: Sequence[TagSpecification]
) -> list[Resource]:
    """Source: "Actions, resources, and condition keys for Amazon EC2", RequestSpotInstances."""
    wanted, facts = launch_specification or LaunchSpecification(), {"ec2:region": ctx.region}
    found = made(ctx, "spot-instances-request", "RequestSpotInstances", tag_specifications, facts)
    used = what_a_launch_uses(ctx, wanted.image_id, wanted.subnet_id, wanted.security_group_ids, wanted.key_name, facts)
    return found + used


@operation(on=_on)
def request_spot_instances(
    ctx: Context,
    launch_specification: LaunchSpecification | None = None,
    instance_count: int = 1,
    spot_price: str | None = None,
    type: str = "one-time",
    instance_interruption_behavior: str = "terminate",
    tag_specifications: Sequence[TagSpecification] = (),
    client_token: str = "",
) -> object:
    if launch_specification is None:
        raise errors.MissingParameter(name="LaunchSpecification")
    tags = tags_for(tag_specifications, "spot-instances-request")
    once = Once(ctx, "RequestSpotInstances", client_token, launch_specification, instance_count, spot_price, type, tags)
    if once.made:
        return {"spot_instance_requests": [_view(ctx, each) for each in find_all(ctx, SpotRequest, once.made)]}
    spot = SpotOptions(
        max_price=spot_price, spot_instance_type=type, instance_interruption_behavior=instance_interruption_behavior
    )
    given = {name: getattr(launch_specification, name) for name in launch_specification.__struct_fields__}
    instances = launch(
        ctx,
        Asked(
            **given,
            min_count=instance_count,
            max_count=instance_count,
            instance_market_options=MarketOptions("spot", spot),
        ),
    )
    requests = find_all(ctx, SpotRequest, [each.spot_request for each in instances])
    for each in requests:
        each.tags = tags
        ctx.put(each)
    once.remember(*(each.spot_instance_request_id for each in requests))
    return {"spot_instance_requests": [_view(ctx, each) for each in requests]}


def _standing(ctx: Context, request: SpotRequest) -> tuple[str, str]:
    """State and status code."""
    instance = ctx.get(Instance, request.instance_id)
    ended = instance is None or instance.state in (SHUTTING_DOWN, TERMINATED)
    if request.cancelled is not None:
        return "cancelled", "instance-terminated-by-user" if ended else "request-canceled-and-instance-running"
    return ("closed", "instance-terminated-by-user") if ended else ("active", "fulfilled")


def _view(ctx: Context, request: SpotRequest) -> dict[str, Any]:
    state, code = _standing(ctx, request)
    return {
        "create_time": request.create_time,
        "instance_id": request.instance_id,
        "instance_interruption_behavior": "terminate",
        "launch_specification": _launched(ctx, request),
        "launched_availability_zone": request.availability_zone,
        "product_description": "Linux/UNIX",
        "spot_instance_request_id": request.spot_instance_request_id,
        "spot_price": request.spot_price,
        "state": state,
        "status": {
            "code": code,
            "message": _MESSAGES[code],
            "update_time": request.cancelled or request.create_time,
        },
        "tags": request.tags or None,
        "type": "one-time",
    }


def _launched(ctx: Context, request: SpotRequest) -> dict[str, Any]:
    """What was launched, as far as its instance is still known."""
    instance = ctx.get(Instance, request.instance_id)
    shown: dict[str, Any] = {"image_id": request.image_id, "instance_type": request.instance_type}
    if instance is None:
        return shown
    primary = interfaces_of(ctx, instance)[:1]
    return shown | {
        "ebs_optimized": instance.ebs_optimized,
        "iam_instance_profile": {"arn": instance.profile.arn} if instance.profile is not None else None,
        "key_name": instance.key_name,
        "monitoring": {"enabled": instance.monitoring},
        "placement": {"availability_zone": instance.availability_zone, "tenancy": instance.tenancy},
        "security_groups": [group for each in primary for group in each.groups],
        "subnet_id": instance.subnet_id,
    }


def _filters(ctx: Context) -> Filters:
    return {
        "create-time": lambda request: request.create_time.strftime(_STAMP),
        "instance-id": lambda request: request.instance_id,
        "launch.image-id": lambda request: request.image_id,
        "launch.instance-type": lambda request: request.instance_type,
        "launched-availability-zone": lambda request: request.availability_zone,
        "product-description": lambda request: "Linux/UNIX",
        "spot-instance-request-id": lambda request: request.spot_instance_request_id,
        "spot-price": lambda request: request.spot_price,
        "state": lambda request: _standing(ctx, request)[0],
        "status-code": lambda request: _standing(ctx, request)[1],
        "type": lambda request: "one-time",
    }


@operation(on="*", read=True)
def describe_spot_instance_requests(
    ctx: Context, spot_instance_request_ids: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> dict[str, Page]:
    found = listed(
        ctx, SpotRequest, spot_instance_request_ids, filters, _filters(ctx), each=lambda each: _view(ctx, each)
    )
    return {"spot_instance_requests": found}


@operation(on=on("spot_instance_request_ids"))
def cancel_spot_instance_requests(ctx: Context, spot_instance_request_ids: Sequence[str]) -> object:
    """The instance goes on, as on AWS."""
    found = find_all(ctx, SpotRequest, spot_instance_request_ids)
    for each in found:
        if each.cancelled is None and _standing(ctx, each)[0] == "active":
            each.cancelled = ctx.now()
            ctx.put(each)
    return {
        "cancelled_spot_instance_requests": [
            {"spot_instance_request_id": each.spot_instance_request_id, "state": _standing(ctx, each)[0]}
            for each in found
        ]
    }
