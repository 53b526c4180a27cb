"""EBS volumes: made, listed, attached, detached, changed and deleted. The controller carries it out."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import TagSpecification, find, made, on
from groundcloud.services.ec2.filters import Filter, Filters, listed, matcher
from groundcloud.services.ec2.machines.records import RUNNING, STOPPED, BlockDevice, Instance
from groundcloud.services.ec2.regions import zone
from groundcloud.services.ec2.storage import encryption
from groundcloud.services.ec2.storage.lookup import snapshot_of, usable_snapshot
from groundcloud.services.ec2.storage.records import Volume, VolumeAttachment, VolumeModification
from groundcloud.services.ec2.storage.types import check_volume, volume_facts
from groundcloud.services.ec2.tags import tags_for
from groundcloud.services.ec2.tokens import Once

_STAMP = "%Y-%m-%dT%H:%M:%S.000Z"


def volume_view(volume: Volume) -> dict[str, Any]:
    return {
        "availability_zone": volume.availability_zone,
        "attachments": [_attachment(volume, each) for each in volume.attachments],
        "create_time": volume.create_time,
        "encrypted": volume.encrypted,
        "kms_key_id": volume.kms_key_id,
        "size": volume.size,
        "snapshot_id": volume.snapshot_id,
        "state": volume.state,
        "volume_id": volume.volume_id,
        "iops": volume.iops,
        "tags": volume.tags or None,
        "volume_type": volume.volume_type,
        "throughput": volume.throughput,
        "multi_attach_enabled": False,
    }


def _attachment(volume: Volume, attachment: VolumeAttachment) -> dict[str, Any]:
    return {
        "attach_time": attachment.attach_time,
        "delete_on_termination": attachment.delete_on_termination,
        "device": attachment.device,
        "instance_id": attachment.instance_id,
        "state": attachment.state,
        "volume_id": volume.volume_id,
    }


def _making(
    ctx: Context,
    availability_zone: str,
    encrypted: bool | None,
    kms_key_id: str,
    iops: int | None,
    size: int | None,
    snapshot_id: str,
    volume_type: str,
    tag_specifications: Sequence[TagSpecification],
) -> list[Resource]:
    """A volume as it is asked for; what is wrong with it the operation says."""
    snapshot = snapshot_of(ctx, snapshot_id) if snapshot_id else None
    facts: dict[str, str | Sequence[str]] = {"ec2:region": ctx.region, "ec2:availabilityzone": availability_zone}
    with suppress(AwsError):
        key = encryption.chosen_key(ctx, encrypted, kms_key_id, snapshot)
        size = size or (snapshot.volume_size if snapshot is not None else None)
        parent = snapshot.arn if snapshot is not None else ""
        facts |= volume_facts(
            encrypted=key is not None, size=size, volume_type=volume_type, iops=iops, parent=parent
        )  # fmt: skip
    return made(ctx, "volume", "CreateVolume", tag_specifications, facts)


@operation(on=_making)
def create_volume(
    ctx: Context,
    availability_zone: str = "",
    availability_zone_id: str = "",
    encrypted: bool | None = None,
    iops: int | None = None,
    size: int | None = None,
    snapshot_id: str = "",
    volume_type: str = "gp2",
    tag_specifications: Sequence[TagSpecification] = (),
    throughput: int | None = None,
    client_token: str = "",
    kms_key_id: str = "",
) -> object:
    once = Once(
        ctx, "CreateVolume", client_token, availability_zone, size, snapshot_id, volume_type, iops, throughput,
        encrypted, kms_key_id,
    )  # fmt: skip
    if once.made:
        return volume_view(find(ctx, Volume, once.made[0]))
    if not availability_zone and not availability_zone_id:
        raise errors.MissingParameter(name="availabilityZone")
    snapshot = usable_snapshot(ctx, snapshot_id) if snapshot_id else None
    if size is None and snapshot is None:
        raise errors.MissingParameter(name="size/snapshot")
    least = snapshot.volume_size if snapshot is not None else 0
    size = size or least
    if size < least:
        raise errors.InvalidParameterValue(
            reason=f"Volume of {size}GiB is too small; the snapshot {snapshot_id} needs {least} GiB."
        )
    key = encryption.chosen_key(ctx, encrypted, kms_key_id, snapshot)
    rates = check_volume(volume_type, size, iops, throughput)
    volume = Volume(
        owner_id=ctx.account, region=ctx.region, volume_id=ctx.new_id("vol"), create_time=ctx.now(), size=size,
        availability_zone=zone(ctx, availability_zone, availability_zone_id).zone_name, volume_type=volume_type,
        snapshot_id=snapshot_id, iops=rates.iops, throughput=rates.throughput,
        tags=tags_for(tag_specifications, "volume"),
    )  # fmt: skip
    if key is not None:
        encryption.seal(ctx, volume, key, snapshot)
        encryption.grant_to_service(ctx, volume)
    ctx.put(volume)
    once.remember(volume.volume_id)
    return volume_view(volume)


_FILTERS: Filters = {
    "attachment.attach-time": lambda volume: [each.attach_time.strftime(_STAMP) for each in volume.attachments],
    "attachment.delete-on-termination": lambda volume: [each.delete_on_termination for each in volume.attachments],
    "attachment.device": lambda volume: [each.device for each in volume.attachments],
    "attachment.instance-id": lambda volume: [each.instance_id for each in volume.attachments],
    "attachment.status": lambda volume: [each.state for each in volume.attachments],
    "availability-zone": lambda volume: volume.availability_zone,
    "create-time": lambda volume: volume.create_time.strftime(_STAMP),
    "encrypted": lambda volume: volume.encrypted,
    "fast-restored": lambda volume: False,
    "multi-attach-enabled": lambda volume: False,
    "size": lambda volume: volume.size,
    "snapshot-id": lambda volume: volume.snapshot_id,
    "status": lambda volume: volume.state,
    "volume-id": lambda volume: volume.volume_id,
    "volume-type": lambda volume: volume.volume_type,
}


@operation(on="*", read=True)
def describe_volumes(ctx: Context, volume_ids: Sequence[str] = (), filters: Sequence[Filter] = ()) -> dict[str, Page]:
    indexes = {"attachment.instance-id": "by_instance"}
    return {"volumes": listed(ctx, Volume, volume_ids, filters, _FILTERS, indexes=indexes, each=volume_view)}


_STATUS_FILTERS: Filters = {
    "availability-zone": lambda volume: volume.availability_zone,
    "volume-status.status": lambda volume: _health(volume),
}


def _health(volume: Volume) -> str:
    return "impaired" if volume.state == "error" else "ok"


@operation(on="*", read=True)
def describe_volume_status(
    ctx: Context, volume_ids: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> dict[str, Page]:
    def view(volume: Volume) -> dict[str, Any]:
        return {
            "actions": [],
            "availability_zone": volume.availability_zone,
            "events": [],
            "volume_id": volume.volume_id,
            "volume_status": {
                "details": [{"name": "io-enabled", "status": "passed"}],
                "status": _health(volume),
            },
        }

    return {"volume_statuses": listed(ctx, Volume, volume_ids, filters, _STATUS_FILTERS, each=view)}


@operation(on=on("volume_id", "instance_id"))
def attach_volume(ctx: Context, device: str, instance_id: str, volume_id: str) -> object:
    volume, instance = find(ctx, Volume, volume_id), find(ctx, Instance, instance_id)
    if instance.state not in (RUNNING, STOPPED):
        raise errors.IncorrectInstanceState(reason=f"Instance '{instance_id}' is not 'running' or 'stopped'.")
    if volume.attachments:
        raise errors.VolumeInUse(reason=f"{volume_id} is already attached to an instance")
    if volume.state != "available":
        raise errors.IncorrectVolumeState(reason=f"Volume '{volume_id}' is in the '{volume.state}' state.")
    if volume.availability_zone != instance.availability_zone:
        raise errors.VolumeZoneMismatch(
            reason=f"The volume '{volume_id}' is not in the same availability zone as instance '{instance_id}'"
        )
    if any(each.device_name == device for each in instance.block_devices):
        raise errors.InvalidParameterValue(
            reason=f"Invalid value '{device}' for unixDevice. Attachment point {device} is already in use"
        )
    _check_device(device)
    attachment = VolumeAttachment(instance_id, device, ctx.now(), "attaching")
    volume.attachments, volume.state = [attachment], "in-use"
    instance.block_devices.append(BlockDevice(device, volume_id, attachment.attach_time, status="attaching"))
    if volume.encrypted and instance.state == RUNNING:
        encryption.grant_to_instance(ctx, volume, instance_id)
    ctx.put(volume)
    ctx.put(instance)
    return _attachment(volume, attachment)


def _check_device(device: str) -> None:
    name = device.removeprefix("/dev/")
    if not (name.isascii() and name.isalnum() and name[:3] in ("sd" + name[2:3], "xvd", "hd" + name[2:3])):
        raise errors.InvalidParameterValue(
            reason=f"Value ({device}) for parameter device is invalid. {device} is not a valid EBS device name."
        )


@operation(on=on("volume_id"))
def detach_volume(ctx: Context, volume_id: str, device: str = "", force: bool = False, instance_id: str = "") -> object:
    volume = find(ctx, Volume, volume_id)
    attachment = next(iter(volume.attachments), None)
    if attachment is None:
        raise errors.IncorrectVolumeState(reason=f"Volume '{volume_id}' is in the 'available' state.")
    if (instance_id and instance_id != attachment.instance_id) or (device and device != attachment.device):
        raise errors.VolumeAttachmentNotFound(
            reason=f"The volume '{volume_id}' is not attached to instance '{instance_id or attachment.instance_id}' as "
            f"device '{device or attachment.device}'."
        )
    instance = find(ctx, Instance, attachment.instance_id)
    if attachment.device == instance.root_device_name and instance.state != STOPPED:
        raise errors.OperationNotPermitted(
            reason=f"Unable to detach root volume '{volume_id}' from instance '{instance.instance_id}'"
        )
    attachment.state = "detaching"
    volume.forced_detach = force
    ctx.put(volume)
    return _attachment(volume, attachment)


@operation(on=on("volume_id"))
def delete_volume(ctx: Context, volume_id: str) -> None:
    volume = find(ctx, Volume, volume_id)
    if volume.attachments:
        raise errors.VolumeInUse(
            reason=f"Volume {volume_id} is currently attached to {volume.attachments[0].instance_id}"
        )
    volume.state = "deleting"
    ctx.put(volume)


def _modification_view(volume: Volume) -> dict[str, Any] | None:
    change = volume.modification
    if change is None:
        return None
    return {
        "volume_id": volume.volume_id,
        "modification_state": change.state,
        "target_size": volume.size,
        "target_iops": volume.iops,
        "target_volume_type": volume.volume_type,
        "target_throughput": volume.throughput,
        "target_multi_attach_enabled": False,
        "original_size": change.size,
        "original_iops": change.iops,
        "original_volume_type": change.volume_type,
        "original_throughput": change.throughput,
        "original_multi_attach_enabled": False,
        "progress": 100 if change.state == "completed" else 0,
        "start_time": change.start_time,
        "end_time": change.end_time,
    }


@operation(on=on("volume_id"))
def modify_volume(
    ctx: Context,
    volume_id: str,
    size: int | None = None,
    volume_type: str | None = None,
    iops: int | None = None,
    throughput: int | None = None,
) -> object:
    """It may grow while it is used; the file system in it is its owner's to grow."""
    volume = find(ctx, Volume, volume_id)
    if volume.state not in ("available", "in-use"):
        raise errors.IncorrectVolumeState(reason=f"Volume '{volume_id}' is in the '{volume.state}' state.")
    if volume.modification is not None and volume.modification.state == "modifying":
        raise errors.IncorrectModificationState(reason=f"Volume {volume_id} is being modified already.")
    if size is not None and size < volume.size:
        raise errors.InvalidParameterValue(reason=f"New size cannot be smaller than existing size, {volume.size} GiB.")
    change = VolumeModification("modifying", volume.size, volume.volume_type, ctx.now(), volume.iops, volume.throughput)
    kind = volume_type or volume.volume_type
    same = kind == volume.volume_type
    rates = check_volume(
        kind,
        size or volume.size,
        iops if iops is not None else (volume.iops if same and kind != "gp2" else None),
        throughput if throughput is not None else (volume.throughput if same else None),
    )
    volume.size, volume.volume_type = size or volume.size, kind
    volume.iops, volume.throughput, volume.modification = rates.iops, rates.throughput, change
    ctx.put(volume)
    return {"volume_modification": _modification_view(volume)}


_MODIFICATION_FILTERS: Filters = {
    "modification-state": lambda volume: volume.modification.state,
    "original-size": lambda volume: volume.modification.size,
    "original-volume-type": lambda volume: volume.modification.volume_type,
    "start-time": lambda volume: volume.modification.start_time.strftime(_STAMP),
    "target-size": lambda volume: volume.size,
    "target-volume-type": lambda volume: volume.volume_type,
    "volume-id": lambda volume: volume.volume_id,
}


@operation(on="*", read=True)
def describe_volumes_modifications(
    ctx: Context, volume_ids: Sequence[str] = (), filters: Sequence[Filter] = ()
) -> dict[str, Page]:
    for volume_id in volume_ids:
        if find(ctx, Volume, volume_id).modification is None:
            raise errors.NoSuchModification(id=volume_id)
    found = listed(ctx, Volume, volume_ids, (), {}, each=lambda volume: volume)
    passes = matcher(filters, _MODIFICATION_FILTERS)

    def start(after: bytes) -> Iterator[tuple[bytes, Any]]:
        for position, volume in found.start(after):
            if volume.modification is not None and passes(volume):
                yield position, _modification_view(volume)

    return {"volumes_modifications": Page(start)}
