"""The volumes of a launch: the image's block devices with what the launch says over them."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import Tag
from groundcloud.services.ec2.machines.parts import Ebs, Mapping
from groundcloud.services.ec2.machines.records import BlockDevice, Image, ImageDevice
from groundcloud.services.ec2.storage import encryption
from groundcloud.services.ec2.storage.lookup import snapshot_of, usable_snapshot
from groundcloud.services.ec2.storage.records import Snapshot, Volume, VolumeAttachment
from groundcloud.services.ec2.storage.types import check_volume, volume_facts

DEFAULT_ROOT_SIZE = 8


class Device(NamedTuple):
    """A volume to make with an instance."""

    name: str
    size: int
    volume_type: str
    delete_on_termination: bool
    snapshot_id: str = ""
    engine_image: str = ""
    iops: int | None = None
    throughput: int | None = None
    kms_key_id: str | None = None
    """Of a volume that is encrypted."""
    source: Snapshot | None = None

    def facts(self) -> dict[str, str | Sequence[str]]:
        """Condition keys of the volume."""
        return volume_facts(
            encrypted=self.kms_key_id is not None, size=self.size, volume_type=self.volume_type, iops=self.iops,
            parent=self.source.arn if self.source is not None else "",
        )  # fmt: skip


def facts_of_volumes(
    ctx: Context, image: Image | None, mappings: Sequence[Mapping]
) -> list[dict[str, str | Sequence[str]]]:
    """Condition keys of the volumes of a launch, each once. What is wrong with them the launch says, once the caller is
    known to be allowed."""
    found: list[dict[str, str | Sequence[str]]] = []
    with suppress(AwsError):
        for device in devices_for(ctx, image, mappings) if image is not None else ():
            if (facts := device.facts()) not in found:
                found.append(facts)
    return found or [{}]


def devices_for(ctx: Context, image: Image, mappings: Sequence[Mapping]) -> list[Device]:
    """The volumes that an instance of this image begins with, the root first. Raises EC2's errors."""
    wanted = {each.device_name: Ebs(**_of_image(each)) for each in image.devices}
    wanted.setdefault(image.root_device_name, Ebs(volume_size=DEFAULT_ROOT_SIZE, delete_on_termination=True))
    for mapping in mappings:
        _apply(wanted, mapping, image)
    root = wanted.pop(image.root_device_name)
    found = [_device(ctx, image.root_device_name, root, image)]
    return found + [_device(ctx, name, ebs, None) for name, ebs in wanted.items()]


def _of_image(device: ImageDevice) -> dict[str, Any]:
    names = ("snapshot_id", "volume_size", "volume_type", "delete_on_termination", "iops", "throughput")
    found = {name: getattr(device, name) for name in names}
    if device.encrypted and not device.snapshot_id:  # else its snapshot says so
        found |= {"encrypted": True, "kms_key_id": device.kms_key_id}
    if device.volume_type == "gp2":
        found["iops"] = None  # it follows from the size
    return found


def _apply(wanted: dict[str, Ebs], mapping: Mapping, image: Image) -> None:
    name = mapping.device_name
    if not name:
        raise errors.MissingParameter(name="deviceName")
    if mapping.no_device is not None:
        if name == image.root_device_name:
            raise errors.InvalidBlockDeviceMapping(reason="The root device cannot be suppressed.")
        wanted.pop(name, None)
        return
    if mapping.virtual_name is not None:
        raise errors.InvalidParameterCombination(
            reason=f"The instance type has no instance store volumes for {mapping.virtual_name}."
        )
    given, before = mapping.ebs or Ebs(), wanted.get(name, Ebs())
    changed = {field: getattr(given, field) for field in Ebs.__struct_fields__ if getattr(given, field) is not None}
    kept = {field: getattr(before, field) for field in Ebs.__struct_fields__}
    if "volume_type" in changed:
        kept |= {"iops": None, "throughput": None}
    wanted[name] = Ebs(**{**kept, **changed})


def _device(ctx: Context, name: str, ebs: Ebs, image: Image | None) -> Device:
    size = ebs.volume_size
    snapshot = usable_snapshot(ctx, ebs.snapshot_id) if ebs.snapshot_id and image is None else None
    least = snapshot.volume_size if snapshot is not None else 0
    if image is not None:
        least = next((each.volume_size for each in image.devices if each.device_name == name), DEFAULT_ROOT_SIZE)
    if size is None:
        size = least
    if not size:
        raise errors.MissingParameter(name="size/snapshot")
    if size < least:
        raise errors.InvalidBlockDeviceMapping(
            reason=f"Volume of size {size}GB is smaller than snapshot '{ebs.snapshot_id}', expect size >= {least}GB"
        )
    volume_type = ebs.volume_type or "gp2"
    checked = check_volume(volume_type, size, ebs.iops, ebs.throughput)
    source = snapshot or (snapshot_of(ctx, ebs.snapshot_id) if ebs.snapshot_id else None)
    key = encryption.chosen_key(ctx, ebs.encrypted, ebs.kms_key_id, source)
    deleted = ebs.delete_on_termination if ebs.delete_on_termination is not None else image is not None
    return Device(
        name, size, volume_type, deleted, ebs.snapshot_id or "", image.engine_image if image is not None else "",
        checked.iops, checked.throughput, key, source,
    )  # fmt: skip


def make_volumes(
    ctx: Context, devices: Sequence[Device], zone: str, instance_id: str, tags: Sequence[Tag]
) -> list[BlockDevice]:
    """The records of an instance's first volumes. The controller makes the volumes."""
    now = ctx.now()
    made = []
    for device in devices:
        volume = Volume(
            owner_id=ctx.account, region=ctx.region, volume_id=ctx.new_id("vol"), availability_zone=zone,
            create_time=now, size=device.size, volume_type=device.volume_type, state="in-use",
            snapshot_id=device.snapshot_id, engine_image=device.engine_image, iops=device.iops,
            throughput=device.throughput, tags=list(tags),
            attachments=[
                VolumeAttachment(instance_id, device.name, now, "attached", device.delete_on_termination)
            ],
        )  # fmt: skip
        if device.kms_key_id is not None:
            encryption.seal(ctx, volume, device.kms_key_id, device.source)
            encryption.grant_to_instance(ctx, volume, instance_id)
        ctx.put(volume)
        made.append(BlockDevice(device.name, volume.volume_id, now, device.delete_on_termination))
    return made
