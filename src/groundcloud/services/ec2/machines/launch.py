"""A launch: what is asked for is resolved and checked first; then its records are made, all or none."""

import base64
import binascii
from collections.abc import Mapping as Mapping_
from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec import Struct, structs

from groundcloud.context import Context
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.account_settings import settings_of
from groundcloud.services.ec2.common import Tag, TagSpecification
from groundcloud.services.ec2.machines.devices import Device, devices_for, make_volumes
from groundcloud.services.ec2.machines.images import may_launch
from groundcloud.services.ec2.machines.instance_types import InstanceType, instance_types
from groundcloud.services.ec2.machines.key_pairs import named
from groundcloud.services.ec2.machines.launch_templates import data_of
from groundcloud.services.ec2.machines.parts import (
    CreditSpecification,
    EnclaveOptions,
    HibernationOptions,
    InterfaceSpecification,
    Ipv6Address,
    MaintenanceOptions,
    Mapping,
    MarketOptions,
    MetadataSpecification,
    MonitoringSpecification,
    PlacementSpecification,
    PrivateDnsNameOptions,
    ProfileSpecification,
    SpotOptions,
    TemplateSpecification,
)
from groundcloud.services.ec2.machines.placement_groups import group_named
from groundcloud.services.ec2.machines.placing import Place, make_interfaces, place_for
from groundcloud.services.ec2.machines.profiles import profile_for
from groundcloud.services.ec2.machines.records import Image, Instance, MetadataOptions, Profile, UserData
from groundcloud.services.ec2.machines.spot_records import SpotRequest
from groundcloud.services.ec2.machines.views import image_of
from groundcloud.services.ec2.tags import tags_for

_LARGEST_USER_DATA = 16384
"""Bytes before base64. Source: "Work with instance user data" in the EC2 user guide."""
_MOST_AT_ONCE = 100
"""Instances of one launch; more than one machine could ever run."""

DEFAULT_TYPE = "m1.small"
"""Source: RunInstances in the API reference."""
_TAGGED = ("instance", "volume", "network-interface")
"""What a launch makes that may have tags."""


class Asked(Struct, kw_only=True, frozen=True):
    """What a launch asks for, as RunInstances has it."""

    max_count: int
    min_count: int
    image_id: str = ""
    instance_type: str = ""
    key_name: str = ""
    security_group_ids: Sequence[str] = ()
    security_groups: Sequence[str] = ()
    subnet_id: str = ""
    user_data: str = ""
    client_token: str = ""
    block_device_mappings: Sequence[Mapping] = ()
    iam_instance_profile: ProfileSpecification | None = None
    network_interfaces: Sequence[InterfaceSpecification] = ()
    private_ip_address: str = ""
    tag_specifications: Sequence[TagSpecification] = ()
    disable_api_termination: bool = False
    disable_api_stop: bool = False
    instance_initiated_shutdown_behavior: str = ""
    metadata_options: MetadataSpecification | None = None
    placement: PlacementSpecification | None = None
    monitoring: MonitoringSpecification | None = None
    ebs_optimized: bool = False
    credit_specification: CreditSpecification | None = None
    instance_market_options: MarketOptions | None = None
    launch_template: TemplateSpecification | None = None
    ipv6_addresses: Sequence[Ipv6Address] = ()
    ipv6_address_count: int | None = None
    hibernation_options: HibernationOptions | None = None
    enclave_options: EnclaveOptions | None = None
    maintenance_options: MaintenanceOptions | None = None
    private_dns_name_options: PrivateDnsNameOptions | None = None


class Launch(NamedTuple):
    """A launch, resolved."""

    image: Image
    kind: InstanceType
    key_name: str | None
    public_key: str
    user_data: bytes
    place: Place
    devices: list[Device]
    profile: Profile | None
    tags: Mapping_[str, list[Tag]]
    """By type of resource."""


def launch(ctx: Context, asked: Asked) -> list[Instance]:
    """The records of instances that the controller boots. Raises EC2's errors."""
    count = _count(asked.min_count, asked.max_count)
    resolved = _resolve(ctx, asked, count)
    check_machines(ctx)
    reservation_id = ctx.new_id("r")
    return [_make(ctx, asked, resolved, reservation_id, index) for index in range(count)]


def _make(ctx: Context, asked: Asked, launch: Launch, reservation_id: str, index: int) -> Instance:
    instance_id, place, zone = ctx.new_id("i"), launch.place, launch.place.subnet.availability_zone
    placement, credits = asked.placement or PlacementSpecification(), asked.credit_specification
    market = asked.instance_market_options
    instance = Instance(
        owner_id=ctx.account, region=ctx.region, instance_id=instance_id, reservation_id=reservation_id,
        image_id=asked.image_id, instance_type=launch.kind.name, launch_time=ctx.now(), availability_zone=zone,
        subnet_id=place.subnet.subnet_id, vpc_id=place.subnet.vpc_id, ami_launch_index=index,
        client_token=asked.client_token, key_name=launch.key_name, public_key=launch.public_key,
        root_device_name=launch.image.root_device_name, profile=launch.profile,
        interfaces=make_interfaces(ctx, place, instance_id, launch.tags["network-interface"]),
        block_devices=make_volumes(ctx, launch.devices, zone, instance_id, launch.tags["volume"]),
        metadata_options=_metadata_options(ctx, launch.image, asked.metadata_options),
        disable_api_termination=asked.disable_api_termination, disable_api_stop=asked.disable_api_stop,
        shutdown_behavior=asked.instance_initiated_shutdown_behavior or "stop",
        ebs_optimized=asked.ebs_optimized, monitoring=asked.monitoring is not None and asked.monitoring.enabled,
        tenancy=placement.tenancy or "default", placement_group=placement.group_name or None,
        credits=credits.cpu_credits if credits is not None else settings_of(ctx).credits.get(launch.kind.family, ""),
        spot=is_spot(market), tags=launch.tags["instance"],
    )  # fmt: skip
    if instance.spot:
        instance.spot_request = _spot_request(ctx, instance, market)
    if launch.user_data:
        ctx.put(UserData(ctx.account, ctx.region, instance_id, ctx.seal(launch.user_data, "ec2.user_data")))
    return ctx.put(instance)


def is_spot(market: MarketOptions | None) -> bool:
    """Raises `UnsupportedOperation` for what would have to be launched again some day."""
    if market is None or market.market_type != "spot":
        return False
    spot = market.spot_options or SpotOptions()
    if spot.spot_instance_type not in (None, "", "one-time") or spot.instance_interruption_behavior not in (
        None, "", "terminate",
    ):  # fmt: skip
        raise errors.UnsupportedOperation(
            reason="Spot requests of this cloud are one-time: nothing is ever interrupted, stopped or launched again."
        )
    return True


def _spot_request(ctx: Context, instance: Instance, market: MarketOptions | None) -> str:
    options = market.spot_options if market is not None else None
    request = SpotRequest(
        owner_id=ctx.account, region=ctx.region, spot_instance_request_id=ctx.new_id("sir"),
        instance_id=instance.instance_id, create_time=ctx.now(), image_id=instance.image_id,
        spot_price=options.max_price if options is not None else None, instance_type=instance.instance_type,
        availability_zone=instance.availability_zone,
    )  # fmt: skip
    return ctx.put(request).spot_instance_request_id


def check_machines(ctx: Context) -> None:
    """Raises `UnsupportedOperation` where no machine can run, instead of an instance that never does."""
    if "machines" not in ctx.world.engines:
        raise errors.UnsupportedOperation(
            reason="This cloud runs no machines, because root did not start it or the host lacks what they need; "
            "'groundcloud doctor' says what."
        )


def from_template(ctx: Context, asked: Asked, client_token: str = "") -> Asked:
    """The launch with its template's words where it has none of its own; tags of both count, its own over the others.

    Source: "Launch an instance using a launch template" in the EC2 user guide.
    """
    if asked.launch_template is None:
        return structs.replace(asked, client_token=client_token)
    given = structs.asdict(asked)
    own = {name: value for name, value in given.items() if value not in (None, "", (), [], False)}
    said: dict[str, Any] = data_of(ctx, own.pop("launch_template"))
    if {"network_interfaces", "security_group_ids", "security_groups"} & own.keys():
        said.pop("security_group_ids", None)
        said.pop("security_groups", None)
    said["tag_specifications"] = _merged_tags(said.get("tag_specifications", ()), own.pop("tag_specifications", ()))
    mapped = {
        each.device_name: each
        for each in (*said.pop("block_device_mappings", ()), *own.pop("block_device_mappings", ()))
    }
    own["client_token"] = client_token
    return Asked(**{**said, "block_device_mappings": list(mapped.values()), **own})


def _merged_tags(template: Sequence[TagSpecification], own: Sequence[TagSpecification]) -> list[TagSpecification]:
    kinds = dict.fromkeys(each.resource_type for each in (*template, *own))
    found = []
    for kind in kinds:
        tags = {tag.key: tag for each in (*template, *own) if each.resource_type == kind for tag in each.tags}
        found.append(TagSpecification(kind, list(tags.values())))
    return found


def _count(least: int, most: int) -> int:
    for name, value in (("minCount", least), ("maxCount", most)):
        if value < 1:
            raise errors.InvalidParameterValue(
                reason=f"Value ({value}) for parameter {name} is invalid. Expected a positive integer."
            )
    if least > most:
        raise errors.InvalidParameterValue(
            reason=f"Value ({least}) for parameter minCount is invalid. minCount may not exceed maxCount."
        )
    if least > _MOST_AT_ONCE:
        raise errors.InstanceLimitExceeded(wanted=least, limit=_MOST_AT_ONCE)
    return min(most, _MOST_AT_ONCE)


def _resolve(ctx: Context, asked: Asked, count: int) -> Launch:
    if not asked.image_id:
        raise errors.MissingParameter(name="ImageId")
    kind = instance_types().get(asked.instance_type or DEFAULT_TYPE)
    if kind is None:
        raise errors.InvalidParameterValue(reason=f"Invalid value '{asked.instance_type}' for InstanceType.")
    image = launchable(ctx, asked.image_id)
    _check_options(asked)
    public_key = ""
    if asked.key_name:
        pair = named(ctx, asked.key_name)
        if pair is None:
            raise errors.NoSuchKeyPair(name=asked.key_name)
        public_key = pair.public_key
    user_data = read_user_data(asked.user_data)
    placement = asked.placement or PlacementSpecification()
    place = place_for(
        ctx, asked.subnet_id, placement, asked.security_group_ids, asked.security_groups, asked.private_ip_address,
        asked.network_interfaces, count, asked.ipv6_addresses, asked.ipv6_address_count,
    )  # fmt: skip
    if placement.group_name:
        group_named(ctx, placement.group_name)
    devices = devices_for(ctx, image, asked.block_device_mappings)
    profile = profile_for(ctx, asked.iam_instance_profile) if asked.iam_instance_profile is not None else None
    tags = {each: tags_for(asked.tag_specifications, each, *_TAGGED) for each in _TAGGED}
    return Launch(image, kind, asked.key_name or None, public_key, user_data, place, devices, profile, tags)


_AS_EVERY_INSTANCE = {
    "hibernation_options": HibernationOptions(),
    "enclave_options": EnclaveOptions(),
    "maintenance_options": MaintenanceOptions(),
    "private_dns_name_options": PrivateDnsNameOptions(),
}
"""Options that all instances have alike here. A launch may say them."""


def _check_options(asked: Asked) -> None:
    """Raises `UnsupportedOperation` for options that an instance of this cloud cannot have."""
    for name, usual in _AS_EVERY_INSTANCE.items():
        if getattr(asked, name) not in (None, usual):
            words = ", ".join(f"{key} {value}" for key, value in structs.asdict(usual).items())
            raise errors.UnsupportedOperation(reason=f"The {name.replace('_', ' ')} of every instance are: {words}.")


def launchable(ctx: Context, image_id: str) -> Image:
    """An image that the caller may launch. Raises `InvalidAMIID.Malformed`, `.NotFound`, `.Unavailable`."""
    if not image_id.startswith("ami-"):
        raise errors.MalformedImageId(id=image_id)
    image = image_of(ctx, image_id)
    if image is None or not may_launch(ctx, image) or image.region != ctx.region or image.state == "deregistered":
        raise errors.NoSuchImage(named=f" id '[{image_id}]' does")
    if image.state != "available":
        raise errors.ImageUnavailable(id=image_id)
    return image


def read_user_data(encoded: str) -> bytes:
    """User data from base64. Raises `InvalidUserData.Malformed`, `InvalidParameterValue` for more than 16 KiB."""
    try:
        found = base64.b64decode(encoded, validate=False)
    except (binascii.Error, ValueError):
        raise errors.MalformedUserData() from None
    if len(found) > _LARGEST_USER_DATA:
        raise errors.InvalidParameterValue(reason="User data is limited to 16384 bytes")
    return found


def _metadata_options(ctx: Context, image: Image, asked: MetadataSpecification | None) -> MetadataOptions:
    """As the launch says, else as the account says, else as the image says. Source: "Order of precedence for instance
    metadata options" in the EC2 user guide."""
    given: dict[str, Any] = {}
    if image.imds_support == "v2.0":
        given |= {"http_tokens": "required", "http_put_response_hop_limit": 2}
    for said in (settings_of(ctx).metadata, asked or MetadataSpecification()):
        given |= {name: value for name in said.__struct_fields__ if (value := getattr(said, name)) is not None}
    return MetadataOptions(**given)
