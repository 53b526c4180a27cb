"""Images as lists show them: the public ones, which are data, and those that accounts have made."""

from collections.abc import Iterator, Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.public_images import ALIASES
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.filters import Filter, Filters, matcher
from groundcloud.services.ec2.machines.catalog import public_images
from groundcloud.services.ec2.machines.records import Image, ImageDevice
from groundcloud.services.ec2.machines.views import image_of

_STAMP = "%Y-%m-%dT%H:%M:%S.000Z"


def may_launch(ctx: Context, image: Image) -> bool:
    """Whether the caller's account may launch an image."""
    return image.owner_id == ctx.account or bool({ctx.account, "all"} & set(image.launch_accounts))


def _device_view(device: ImageDevice) -> dict[str, Any]:
    names = ("delete_on_termination", "iops", "snapshot_id", "volume_size", "volume_type", "throughput", "encrypted")
    return {"device_name": device.device_name, "ebs": {name: getattr(device, name) for name in names}}


def image_view(image: Image) -> dict[str, Any]:
    return {
        "platform_details": "Linux/UNIX",
        "usage_operation": "RunInstances",
        "block_device_mappings": [_device_view(each) for each in image.devices],
        "description": image.description,
        "ena_support": True,
        "hypervisor": "xen",
        "image_owner_alias": ALIASES.get(image.owner_id),
        "name": image.name,
        "root_device_name": image.root_device_name,
        "root_device_type": "ebs",
        "sriov_net_support": "simple",
        "state_reason": image.state_reason,
        "tags": image.tags or None,
        "virtualization_type": "hvm",
        "boot_mode": None,
        "deregistration_protection": image.deregistration_protection,
        "deprecation_time": image.deprecation_time.strftime(_STAMP) if image.deprecation_time else None,
        "imds_support": image.imds_support,
        "source_instance_id": image.source_instance_id,
        "source_image_id": image.source_image_id,
        "source_image_region": image.source_image_region,
        "image_id": image.image_id,
        "image_location": f"{ALIASES.get(image.owner_id, image.owner_id)}/{image.name}",
        "state": image.state,
        "owner_id": image.owner_id,
        "creation_date": image.creation_date.strftime(_STAMP),
        "public": "all" in image.launch_accounts,
        "product_codes": [
            {"product_code_id": each, "product_code_type": "marketplace"} for each in image.product_codes
        ],
        "architecture": image.architecture,
        "image_type": "machine",
    }


_FILTERS: Filters = {
    "architecture": lambda image: image.architecture,
    "block-device-mapping.delete-on-termination": lambda image: [each.delete_on_termination for each in image.devices],
    "block-device-mapping.device-name": lambda image: [each.device_name for each in image.devices],
    "block-device-mapping.encrypted": lambda image: [each.encrypted for each in image.devices],
    "block-device-mapping.snapshot-id": lambda image: [each.snapshot_id for each in image.devices],
    "block-device-mapping.volume-size": lambda image: [each.volume_size for each in image.devices],
    "block-device-mapping.volume-type": lambda image: [each.volume_type for each in image.devices],
    "creation-date": lambda image: image.creation_date.strftime(_STAMP),
    "description": lambda image: image.description,
    "ena-support": lambda image: True,
    "hypervisor": lambda image: "xen",
    "image-id": lambda image: image.image_id,
    "image-type": lambda image: "machine",
    "imds-support": lambda image: image.imds_support,
    "is-public": lambda image: "all" in image.launch_accounts,
    "kernel-id": lambda image: None,
    "manifest-location": lambda image: f"{ALIASES.get(image.owner_id, image.owner_id)}/{image.name}",
    "name": lambda image: image.name,
    "owner-alias": lambda image: ALIASES.get(image.owner_id),
    "owner-id": lambda image: image.owner_id,
    "platform": lambda image: None,
    "platform-details": lambda image: "Linux/UNIX",
    "product-code": lambda image: image.product_codes,
    "product-code.type": lambda image: "marketplace" if image.product_codes else None,
    "ramdisk-id": lambda image: None,
    "root-device-name": lambda image: image.root_device_name,
    "root-device-type": lambda image: "ebs",
    "source-image-id": lambda image: image.source_image_id,
    "source-image-region": lambda image: image.source_image_region,
    "source-instance-id": lambda image: image.source_instance_id,
    "state": lambda image: image.state,
    "state-reason-code": lambda image: image.state_reason.code if image.state_reason is not None else None,
    "state-reason-message": lambda image: image.state_reason.message if image.state_reason is not None else None,
    "virtualization-type": lambda image: "hvm",
}


def _visible(ctx: Context) -> Iterator[Image]:
    """All images that the caller's account may launch here."""
    yield from public_images(ctx.region).values()
    yield from ctx.scan(Image)
    for image in ctx.tx.scan(Image, ctx.region, index="by_sharing"):
        if image.owner_id != ctx.account and may_launch(ctx, image):
            yield image


def _named(ctx: Context, image_ids: Sequence[str]) -> Iterator[Image]:
    for image_id in image_ids:
        if not image_id.startswith("ami-"):
            raise errors.MalformedImageId(id=image_id)
        image = image_of(ctx, image_id)
        if image is None or image.region != ctx.region or not may_launch(ctx, image):
            raise errors.NoSuchImage(named=f" id '[{image_id}]' does")
        yield image


@operation(
    on="*",
    read=True,
    conditions={"ec2:Owner": "owners"},
)
def describe_images(
    ctx: Context,
    executable_users: Sequence[str] = (),
    image_ids: Sequence[str] = (),
    owners: Sequence[str] = (),
    include_deprecated: bool = False,
    include_disabled: bool = False,
    filters: Sequence[Filter] = (),
) -> dict[str, Page]:
    passes = matcher(filters, _FILTERS)
    wanted = {ctx.account if each == "self" else each for each in owners}
    users = {ctx.account if each == "self" else each for each in executable_users}

    def meant(image: Image) -> bool:
        owned = not wanted or bool(wanted & {image.owner_id, ALIASES.get(image.owner_id, "")})
        executable = not users or bool(users & set(image.launch_accounts))
        deprecated = image.deprecation_time is not None and image.deprecation_time <= ctx.now()
        listed = include_deprecated or image.owner_id == ctx.account or bool(image_ids) or not deprecated
        shown = listed and (include_disabled or image.state != "disabled")
        return owned and executable and shown and passes(image)

    found = (image for image in (_named(ctx, image_ids) if image_ids else _visible(ctx)) if meant(image))
    unique = {image.image_id: image_view(image) for image in found}
    return {"images": page_of(unique.values(), lambda image: str(image["image_id"]))}
