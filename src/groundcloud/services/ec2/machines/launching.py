"""RunInstances: what a launch asks for is resolved and checked first; then its records are made, all or none.

The controller boots what is written here.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import Tagged, TagSpecification, as_resource, made
from groundcloud.services.ec2.machines.describing import reservation
from groundcloud.services.ec2.machines.devices import devices_for, make_volumes
from groundcloud.services.ec2.machines.images import may_launch
from groundcloud.services.ec2.machines.instance_types import InstanceType, instance_types
from groundcloud.services.ec2.machines.key_pairs import named
from groundcloud.services.ec2.machines.launch_templates import data_of, known_template
from groundcloud.services.ec2.machines.parts import (
    CreditSpecification,
    InterfaceSpecification,
    Mapping,
    MarketOptions,
    MetadataSpecification,
    MonitoringSpecification,
    PlacementSpecification,
    ProfileSpecification,
    TemplateSpecification,
)
from groundcloud.services.ec2.machines.placement_groups import group_named
from groundcloud.services.ec2.machines.placing import make_interfaces, place_for
from groundcloud.services.ec2.machines.profiles import profile_for
from groundcloud.services.ec2.machines.records import Image, Instance, MetadataOptions, UserData
from groundcloud.services.ec2.machines.views import image_of
from groundcloud.services.ec2.network.records import SecurityGroup, Subnet
from groundcloud.services.ec2.tags import tags_for

_LARGEST_USER_DATA = 16384
"""Bytes before base64. Source: "Work with instance user data" in the EC2 user guide."""
_MOST_AT_ONCE = 100
"""Instances of one launch; more than one machine could ever run."""

_DEFAULT_TYPE = "m1.small"
"""Source: RunInstances in the API reference."""
_TAGGED = ("instance", "volume", "network-interface")
"""What a launch makes that may have tags."""


class Launch(NamedTuple):
    """A launch, resolved."""

    image: Image
    kind: InstanceType
    key_name: str | None
    public_key: str
    user_data: bytes
    request: str
    """A digest of what was asked for."""


def _on(
    ctx: Context,
    image_id: str,
    subnet_id: str,
    security_group_ids: Sequence[str],
    key_name: str,
    instance_type: str,
    tag_specifications: Sequence[TagSpecification],
    launch_template: TemplateSpecification | None,
) -> list[Resource]:
    """What a launch needs permission for: the image, and all that it uses and makes.

    Source: "Actions, resources, and condition keys for Amazon EC2", RunInstances.
    """
    found: list[Resource] = []
    if launch_template is not None and (used_template := known_template(ctx, launch_template)) is not None:
        found.append(as_resource(used_template))
        said = data_of(ctx, launch_template)
        image_id, key_name = image_id or said.get("image_id", ""), key_name or said.get("key_name", "")
        instance_type = instance_type or said.get("instance_type", "")
        security_group_ids = security_group_ids or said.get("security_group_ids", ())
    facts = {"ec2:region": ctx.region, "ec2:instancetype": instance_type or _DEFAULT_TYPE}
    found += [
        each
        for resource_type in ("instance", "volume", "network-interface")
        for each in made(ctx, resource_type, "RunInstances", tag_specifications, facts)
    ]
    image = image_of(ctx, image_id)
    owner = "" if image is None else image.owner_id
    found.append(Resource(f"arn:aws:ec2:{ctx.region}::image/{image_id}", facts={**facts, "ec2:owner": owner}))
    used: list[Tagged | None] = [ctx.get(Subnet, subnet_id)] if subnet_id else []
    used += [ctx.get(SecurityGroup, each) for each in security_group_ids]
    used.append(named(ctx, key_name) if key_name else None)
    return found + [as_resource(each) for each in used if each is not None]


@operation(on=_on, harmless=("AdditionalInfo",))
def run_instances(
    ctx: Context,
    max_count: int,
    min_count: int,
    image_id: str = "",
    instance_type: str = "",
    key_name: str = "",
    security_group_ids: Sequence[str] = (),
    security_groups: Sequence[str] = (),
    subnet_id: str = "",
    user_data: str = "",
    client_token: str = "",
    block_device_mappings: Sequence[Mapping] = (),
    iam_instance_profile: ProfileSpecification | None = None,
    network_interfaces: Sequence[InterfaceSpecification] = (),
    private_ip_address: str = "",
    tag_specifications: Sequence[TagSpecification] = (),
    disable_api_termination: bool = False,
    disable_api_stop: bool = False,
    instance_initiated_shutdown_behavior: str = "",
    metadata_options: MetadataSpecification | None = None,
    placement: PlacementSpecification | None = None,
    monitoring: MonitoringSpecification | None = None,
    ebs_optimized: bool = False,
    credit_specification: CreditSpecification | None = None,
    instance_market_options: MarketOptions | None = None,
    launch_template: TemplateSpecification | None = None,
) -> object:
    asked = locals().copy()
    request = _digest(asked)
    if client_token and (before := _launched_before(ctx, client_token, request)):
        return reservation(ctx, before)
    if launch_template is not None:
        return _from_template(ctx, launch_template, asked)
    count = _count(min_count, max_count)
    launch = _resolve(ctx, image_id, instance_type, key_name, user_data, request)
    placement = placement or PlacementSpecification()
    place = place_for(
        ctx, subnet_id, placement, security_group_ids, security_groups, private_ip_address, network_interfaces, count
    )
    if placement.group_name:
        group_named(ctx, placement.group_name)
    volumes = devices_for(ctx, launch.image, block_device_mappings)
    profile = profile_for(ctx, iam_instance_profile) if iam_instance_profile is not None else None
    check_machines(ctx)
    reservation_id, now = ctx.new_id("r"), ctx.now()
    tags = {each: tags_for(tag_specifications, each, *_TAGGED) for each in _TAGGED}
    found = []
    for index in range(count):
        instance_id = ctx.new_id("i")
        zone = place.subnet.availability_zone
        instance = Instance(
            owner_id=ctx.account, region=ctx.region, instance_id=instance_id, reservation_id=reservation_id,
            image_id=image_id, instance_type=launch.kind.name, launch_time=now, availability_zone=zone,
            subnet_id=place.subnet.subnet_id, vpc_id=place.subnet.vpc_id, ami_launch_index=index,
            client_token=client_token, request=request, key_name=launch.key_name, public_key=launch.public_key,
            root_device_name=launch.image.root_device_name, profile=profile,
            interfaces=make_interfaces(ctx, place, instance_id, tags["network-interface"]),
            block_devices=make_volumes(ctx, volumes, zone, instance_id, tags["volume"]),
            metadata_options=_metadata_options(metadata_options), disable_api_termination=disable_api_termination,
            disable_api_stop=disable_api_stop, auto_public=place.auto_public,
            shutdown_behavior=instance_initiated_shutdown_behavior or "stop",
            ebs_optimized=ebs_optimized, monitoring=monitoring is not None and monitoring.enabled,
            tenancy=placement.tenancy or "default", placement_group=placement.group_name or None,
            credits=credit_specification.cpu_credits if credit_specification is not None else "",
            spot=instance_market_options is not None and instance_market_options.market_type == "spot",
            tags=tags["instance"],
        )  # fmt: skip
        found.append(ctx.put(instance))
        if launch.user_data:
            sealed = ctx.seal(launch.user_data, "ec2.user_data")
            ctx.put(UserData(ctx.account, ctx.region, instance_id, sealed))
    return reservation(ctx, found)


def check_machines(ctx: Context) -> None:
    """Raises `UnsupportedOperation` where no machine can run, instead of an instance that never does."""
    if "machines" not in ctx.world.engines:
        raise errors.UnsupportedOperation(
            reason="This cloud runs no machines, because root did not start it or the host lacks what they need; "
            "'groundcloud doctor' says what."
        )


def _from_template(ctx: Context, wanted: TemplateSpecification, asked: dict[str, Any]) -> object:
    """The launch with its template's words where it has none of its own; tags of both count, its own over the others.

    Source: "Launch an instance using a launch template" in the EC2 user guide.
    """
    own = {name: value for name, value in asked.items() if value not in (None, "", (), [], False)}
    del own["launch_template"]
    said = data_of(ctx, wanted)
    if "network_interfaces" in own:
        said.pop("security_group_ids", None)
        said.pop("security_groups", None)
    if {"security_group_ids", "security_groups"} & own.keys():
        said.pop("security_group_ids", None)
        said.pop("security_groups", None)
    said["tag_specifications"] = _merged_tags(said.get("tag_specifications", ()), own.pop("tag_specifications", ()))
    mapped = {
        each.device_name: each
        for each in (*said.pop("block_device_mappings", ()), *own.pop("block_device_mappings", ()))
    }
    return run_instances(ctx, **{**said, "block_device_mappings": list(mapped.values()), **own})


def _merged_tags(template: Sequence[TagSpecification], own: Sequence[TagSpecification]) -> list[TagSpecification]:
    kinds = dict.fromkeys(each.resource_type for each in (*template, *own))
    found = []
    for kind in kinds:
        tags = {tag.key: tag for each in (*template, *own) if each.resource_type == kind for tag in each.tags}
        found.append(TagSpecification(kind, list(tags.values())))
    return found


def _digest(asked: dict[str, Any]) -> str:
    """What a launch asks for, so that the same client token with something else is noticed."""
    asked.pop("ctx")
    asked.pop("client_token")
    encoded = msgspec.json.encode(asked, order="sorted")
    return hashlib.sha256(encoded).hexdigest()


def _launched_before(ctx: Context, client_token: str, request: str) -> list[Instance]:
    """What this client token has launched. Raises `IdempotentParameterMismatch`."""
    found = list(ctx.scan(Instance, client_token, index="by_token"))
    if found and found[0].request != request:
        raise errors.IdempotentParameterMismatch(token=client_token)
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


def _resolve(ctx: Context, image_id: str, instance_type: str, key_name: str, user_data: str, request: str) -> Launch:
    if not image_id:
        raise errors.MissingParameter(name="ImageId")
    kind = instance_types().get(instance_type or _DEFAULT_TYPE)
    if kind is None:
        raise errors.InvalidParameterValue(reason=f"Invalid value '{instance_type}' for InstanceType.")
    image = launchable(ctx, image_id)
    public_key = ""
    if key_name:
        pair = named(ctx, key_name)
        if pair is None:
            raise errors.NoSuchKeyPair(name=key_name)
        public_key = pair.public_key
    return Launch(image, kind, key_name or None, public_key, read_user_data(user_data), request)


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


def _metadata_options(asked: MetadataSpecification | None) -> MetadataOptions:
    asked = asked or MetadataSpecification()
    given = {name: value for name in asked.__struct_fields__ if (value := getattr(asked, name)) is not None}
    return MetadataOptions(**given)
