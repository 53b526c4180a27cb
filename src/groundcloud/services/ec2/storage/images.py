"""Images that accounts make: of instances, of snapshots, and as copies; shared, deprecated and deregistered."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.account_settings import check_public, settings_of
from groundcloud.services.ec2.common import Tag, TagSpecification, find, on
from groundcloud.services.ec2.machines.images import image_view, may_launch
from groundcloud.services.ec2.machines.parts import Ebs, Mapping
from groundcloud.services.ec2.machines.records import RUNNING, STOPPED, BlockDevice, Image, ImageDevice, Instance
from groundcloud.services.ec2.machines.views import image_of
from groundcloud.services.ec2.storage.encryption import chosen_key, is_managed
from groundcloud.services.ec2.storage.image_states import check_protection
from groundcloud.services.ec2.storage.lookup import snapshot_of, usable_snapshot
from groundcloud.services.ec2.storage.records import Snapshot, Volume
from groundcloud.services.ec2.storage.sharing import PermissionChange, asked, permissions
from groundcloud.services.ec2.storage.snapshots import copied, new_snapshot
from groundcloud.services.ec2.storage.types import check_volume
from groundcloud.services.ec2.tags import merged, tags_for
from groundcloud.services.ec2.tokens import Once
from groundcloud.store import Part

_TAGGED = ("image", "snapshot")
_NAME = re.compile(r"[A-Za-z0-9()\[\] ./'@_-]{3,128}")


def _check_name(ctx: Context, name: str) -> None:
    allowed = "()[] ./-'@_"
    if not 3 <= len(name) <= 128 or any(
        not (each.isascii() and each.isalnum()) and each not in allowed for each in name
    ):
        raise errors.MalformedImageName(name=name)
    taken = next(ctx.scan(Image, name, index="by_name"), None)
    if taken is not None:
        raise errors.DuplicateImageName(name=name, image=taken.image_id)


@operation(on=on("instance_id", makes="image", by="CreateImage"))
def create_image(
    ctx: Context,
    instance_id: str,
    name: str,
    description: str | None = None,
    no_reboot: bool = False,
    block_device_mappings: Sequence[Mapping] = (),
    tag_specifications: Sequence[TagSpecification] = (),
) -> object:
    """Snapshots of the instance's volumes, and an image of them. Unless it must not be, a running instance is rebooted
    first, so that what its programs hold in memory is on the disk."""
    instance = find(ctx, Instance, instance_id)
    if instance.state not in (RUNNING, STOPPED):
        raise errors.IncorrectInstanceState(
            reason=f"Instance '{instance_id}' is not in the 'running' or 'stopped' state."
        )
    _check_name(ctx, name)
    source = image_of(ctx, instance.image_id)
    image = Image(
        owner_id=ctx.account, region=ctx.region, image_id=ctx.new_id("ami"), name=name, creation_date=ctx.now(),
        description=description, root_device_name=instance.root_device_name, source_instance_id=instance_id,
        source_image_id=instance.image_id, source_image_region=ctx.region,
        product_codes=source.product_codes if source is not None else [],
        tags=tags_for(tag_specifications, "image", *_TAGGED),
    )  # fmt: skip
    image.engine_image = image.image_id
    mapped = {each.device_name: each for each in block_device_mappings}
    for device in instance.block_devices:
        mapping = mapped.pop(device.device_name, Mapping())
        if mapping.no_device is not None:
            continue
        tags = tags_for(tag_specifications, "snapshot", *_TAGGED)
        image.devices.append(_frozen(ctx, image, device, mapping, tags))
    image.devices += [_added(ctx, each) for each in mapped.values() if each.no_device is None]
    if instance.state == RUNNING and not no_reboot:
        instance.boots += 1
        ctx.put(instance)
    ctx.put(image)
    return {"image_id": image.image_id}


def _deleted(device: BlockDevice, volume: Volume, asked: Ebs | None) -> bool:
    """Whether the volumes that an image brings go with their instances: all that can be said anew of a volume that is
    there. Source: CreateImage in the API reference, `BlockDeviceMapping`."""
    if asked is None:
        return device.delete_on_termination
    if (asked.encrypted is not None and asked.encrypted != volume.encrypted) or asked.kms_key_id:
        raise errors.InvalidBlockDeviceMapping(
            reason=f"The encryption of the device {device.device_name} cannot be changed; use CopyImage."
        )
    if asked.volume_size not in (None, volume.size):
        raise errors.InvalidBlockDeviceMapping(
            reason=f"The size of the device {device.device_name} cannot be changed; modify the volume first."
        )
    return device.delete_on_termination if asked.delete_on_termination is None else asked.delete_on_termination


def _added(ctx: Context, mapping: Mapping) -> ImageDevice:
    """A volume that an image brings besides those of its instance."""
    ebs = mapping.ebs
    if ebs is None or not (ebs.snapshot_id or ebs.volume_size):
        raise errors.InvalidBlockDeviceMapping(reason=f"The device {mapping.device_name} needs a size or a snapshot.")
    snapshot = usable_snapshot(ctx, ebs.snapshot_id) if ebs.snapshot_id else None
    size = ebs.volume_size or (snapshot.volume_size if snapshot is not None else 0)
    kind = ebs.volume_type or "gp2"
    check_volume(kind, size, ebs.iops, ebs.throughput)
    return ImageDevice(
        mapping.device_name, ebs.snapshot_id or "", size, kind, ebs.delete_on_termination is not False,
        snapshot.encrypted if snapshot is not None else bool(ebs.encrypted), ebs.iops, ebs.throughput,
        ebs.kms_key_id,
    )  # fmt: skip


def _frozen(ctx: Context, image: Image, device: BlockDevice, mapping: Mapping, tags: Sequence[Tag]) -> ImageDevice:
    """A device of an instance as one of its image: a snapshot of its volume."""
    volume = find(ctx, Volume, device.volume_id)
    words = f"Created by CreateImage({image.source_instance_id}) for {image.image_id}"
    snapshot = new_snapshot(ctx, volume, words, tags)
    return ImageDevice(
        device.device_name, snapshot.snapshot_id, volume.size, volume.volume_type,
        _deleted(device, volume, mapping.ebs), volume.encrypted, volume.iops, volume.throughput,
    )  # fmt: skip


@operation(on=on(makes="image", by="RegisterImage"), harmless=("EnaSupport", "SriovNetSupport", "BootMode"))
def register_image(
    ctx: Context,
    name: str = "",
    description: str | None = None,
    architecture: str = "x86_64",
    root_device_name: str = "/dev/xvda",
    block_device_mappings: Sequence[Mapping] = (),
    virtualization_type: str = "hvm",
    imds_support: str | None = None,
    tag_specifications: Sequence[TagSpecification] = (),
) -> object:
    """An image of snapshots; the root's must be of a root volume."""
    _check_name(ctx, name)
    if architecture != "x86_64" or virtualization_type != "hvm":
        raise errors.InvalidParameterCombination(reason="Images of this cloud are x86_64 with hvm virtualization.")
    image = Image(
        owner_id=ctx.account, region=ctx.region, image_id=ctx.new_id("ami"), name=name, creation_date=ctx.now(),
        description=description, root_device_name=root_device_name, imds_support=imds_support,
        tags=tags_for(tag_specifications, "image"),
    )  # fmt: skip
    image.engine_image = image.image_id
    image.devices = [_registered(ctx, each, root_device_name) for each in block_device_mappings]
    if not any(each.device_name == root_device_name for each in image.devices):
        raise errors.InvalidBlockDeviceMapping(reason=f"The root device {root_device_name} has no snapshot.")
    ctx.put(image)
    return {"image_id": image.image_id}


def _registered(ctx: Context, mapping: Mapping, root_device_name: str) -> ImageDevice:
    """A device that is a snapshot's. Raises `InvalidBlockDeviceMapping`."""
    ebs = mapping.ebs
    if ebs is None or not ebs.snapshot_id:
        raise errors.InvalidBlockDeviceMapping(reason=f"The device {mapping.device_name} needs a snapshot.")
    snapshot = usable_snapshot(ctx, ebs.snapshot_id)
    if mapping.device_name == root_device_name and not snapshot.engine_image:
        raise errors.InvalidBlockDeviceMapping(
            reason=f"Snapshot {ebs.snapshot_id} is of a data volume: no machine can boot of it here."
        )
    deleted = True if ebs.delete_on_termination is None else ebs.delete_on_termination
    size = ebs.volume_size or snapshot.volume_size
    if ebs.encrypted is not None and ebs.encrypted != snapshot.encrypted:
        raise errors.InvalidBlockDeviceMapping(
            reason=f"The device {mapping.device_name} is as its snapshot is: Encrypted cannot be said otherwise."
        )
    return ImageDevice(
        mapping.device_name, ebs.snapshot_id, size, ebs.volume_type or "gp2", deleted, snapshot.encrypted
    )


@operation(on=on(makes="image", by="CopyImage"))
def copy_image(
    ctx: Context,
    name: str,
    source_image_id: str,
    source_region: str,
    client_token: str = "",
    description: str | None = None,
    copy_image_tags: bool = False,
    tag_specifications: Sequence[TagSpecification] = (),
    encrypted: bool | None = None,
    kms_key_id: str = "",
) -> object:
    """An image of any Region as one of this Region. Snapshots that are not encrypted stay one copy on the disk."""
    once = Once(ctx, "CopyImage", client_token, name, source_image_id, source_region, encrypted, kms_key_id)
    if once.made:
        return {"image_id": once.made[0]}
    source = image_of(ctx.in_region(source_region), source_image_id)
    if source is None or source.region != source_region or not may_launch(ctx, source):
        raise errors.NoSuchImage(named=f" id '[{source_image_id}]' does")
    if source.state != "available":
        raise errors.ImageUnavailable(id=source_image_id)
    _check_name(ctx, name)
    copied = source.tags if copy_image_tags and source.owner_id == ctx.account else []
    image = Image(
        owner_id=ctx.account, region=ctx.region, image_id=ctx.new_id("ami"), name=name, creation_date=ctx.now(),
        state="available", description=description if description is not None else source.description,
        engine_image=source.engine_image, root_device_name=source.root_device_name, devices=source.devices,
        source_image_id=source_image_id, source_image_region=source_region, product_codes=source.product_codes,
        tags=merged(copied, tags_for(tag_specifications, "image", *_TAGGED)),
    )  # fmt: skip
    _encrypt_copies(ctx, image, encrypted, kms_key_id)
    ctx.put(image)
    once.remember(image.image_id)
    return {"image_id": image.image_id}


def _encrypt_copies(ctx: Context, image: Image, encrypted: bool | None, kms_key_id: str) -> None:
    """Snapshots of its own for a copied image, where one of them is to be encrypted; until they are done it is
    pending."""
    sources = [snapshot_of(ctx, each.snapshot_id) for each in image.devices]
    keys = [chosen_key(ctx, encrypted, kms_key_id, source) for source in sources]
    if not any(keys):
        return
    if None in sources:
        raise errors.UnsupportedOperation(
            reason="A public image of this cloud has no snapshot that could be copied. Launch it with an encrypted "
            "root device instead."
        )
    image.devices = list(image.devices)
    for index, (device, source) in enumerate(zip(image.devices, sources, strict=True)):
        assert source is not None
        copy = copied(ctx, source, f"Copied for {image.image_id}", encrypted, kms_key_id, ())
        image.devices[index] = replace(device, snapshot_id=copy.snapshot_id, encrypted=copy.encrypted)
    image.state, image.engine_image = "pending", image.image_id


@operation(on=on("image_id"))
def deregister_image(ctx: Context, image_id: str, delete_associated_snapshots: bool = False) -> object:
    """Instances that were launched of it go on; no new one is."""
    image = find(ctx, Image, image_id)
    check_protection(ctx, image)
    ctx.delete(image)
    results = []
    for device in image.devices if delete_associated_snapshots else ():
        snapshot = ctx.get(Snapshot, device.snapshot_id)
        if snapshot is not None and not ctx.exists(Image, device.snapshot_id, index="by_snapshot"):
            snapshot.state = "deleting"
            ctx.put(snapshot)
            results.append({"snapshot_id": device.snapshot_id, "return_code": "success"})
    return {"return_": True, "delete_snapshot_results": results or None}


class Text(Part):
    value: str = ""


@operation(on=on("image_id"))
def modify_image_attribute(
    ctx: Context,
    image_id: str,
    attribute: str = "",
    description: Text | None = None,
    launch_permission: PermissionChange | None = None,
    operation_type: str = "",
    user_groups: Sequence[str] = (),
    user_ids: Sequence[str] = (),
    value: str = "",
    imds_support: Text | None = None,
) -> None:
    image = find(ctx, Image, image_id)
    if description is not None or attribute == "description":
        image.description = description.value if description is not None else value
    if imds_support is not None:
        image.imds_support = imds_support.value
    change = asked(launch_permission, operation_type, [*user_groups, *user_ids])
    if "all" in change.added:
        check_public(settings_of(ctx).public_images, "image")
    if change.added:
        _check_sharing(ctx, image, change.added)
    image.launch_accounts = change.applied(image.launch_accounts)
    ctx.put(image)


def _check_sharing(ctx: Context, image: Image, added: Sequence[str]) -> None:
    """Source: "Considerations for sharing AMIs" in the EC2 user guide; the messages are those that tools know."""
    for device in image.devices:
        snapshot = snapshot_of(ctx, device.snapshot_id) if device.encrypted else None
        if snapshot is None:
            continue
        if "all" in added:
            raise errors.InvalidParameter(
                reason=f"Snapshot {device.snapshot_id} is encrypted. Creating Public AMIs with encrypted snapshots is "
                "not supported."
            )
        if is_managed(ctx, snapshot.kms_key_id):
            raise errors.InvalidParameter(
                reason="Snapshots encrypted with the AWS Managed CMK can't be shared. Specify another snapshot"
            )


@operation(on=on("image_id"))
def reset_image_attribute(ctx: Context, attribute: str, image_id: str) -> None:
    image = find(ctx, Image, image_id)
    image.launch_accounts = []
    ctx.put(image)


@operation(on=on("image_id"), read=True)
def describe_image_attribute(ctx: Context, attribute: str, image_id: str) -> object:
    image = image_of(ctx, image_id)
    if image is None or not may_launch(ctx, image):
        raise errors.NoSuchImage(named=f" id '[{image_id}]' does")
    if image.owner_id != ctx.account:
        raise errors.AuthFailure(reason=f"Not authorized for image:{image_id}")
    every: dict[str, dict[str, Any]] = {
        "description": {"description": {"value": image.description}},
        "launchPermission": {"launch_permissions": permissions(image.launch_accounts)},
        "productCodes": {"product_codes": image_view(image)["product_codes"]},
        "blockDeviceMapping": {"block_device_mappings": image_view(image)["block_device_mappings"]},
        "imdsSupport": {"imds_support": {"value": image.imds_support}},
    }
    return {"image_id": image_id, **every.get(attribute, {})}


@operation(on=on("image_id"))
def enable_image_deprecation(ctx: Context, image_id: str, deprecate_at: datetime) -> object:
    image = find(ctx, Image, image_id)
    image.deprecation_time = deprecate_at
    ctx.put(image)
    return {"return_": True}


@operation(on=on("image_id"))
def disable_image_deprecation(ctx: Context, image_id: str) -> object:
    image = find(ctx, Image, image_id)
    image.deprecation_time = None
    ctx.put(image)
    return {"return_": True}
