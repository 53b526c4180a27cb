"""Snapshots: made of volumes, listed, shared, copied and deleted. The controller carries it out."""

from collections.abc import Iterator, Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.account_settings import check_public, settings_of
from groundcloud.services.ec2.common import Tag, TagSpecification, find, on
from groundcloud.services.ec2.filters import Filter, Filters, matcher
from groundcloud.services.ec2.machines.records import Image, Instance
from groundcloud.services.ec2.storage.encryption import chosen_key, default_key, grant_to_service, is_managed, seal
from groundcloud.services.ec2.storage.lookup import may_use
from groundcloud.services.ec2.storage.records import EbsDefaults, Snapshot, Volume
from groundcloud.services.ec2.storage.sharing import PermissionChange, asked, permissions
from groundcloud.services.ec2.tags import merged, tags_for
from groundcloud.store import Part

_STAMP = "%Y-%m-%dT%H:%M:%S.000Z"


def snapshot_view(snapshot: Snapshot) -> dict[str, Any]:
    return {
        "description": snapshot.description,
        "encrypted": snapshot.encrypted,
        "kms_key_id": snapshot.kms_key_id,
        "owner_id": snapshot.owner_id,
        "progress": "100%" if snapshot.state == "completed" else "0%",
        "snapshot_id": snapshot.snapshot_id,
        "start_time": snapshot.start_time,
        "completion_time": snapshot.completion_time,
        "state": snapshot.state,
        "state_message": snapshot.state_message,
        "volume_id": snapshot.volume_id,
        "volume_size": snapshot.volume_size,
        "storage_tier": "standard",
        "tags": snapshot.tags or None,
    }


def new_snapshot(ctx: Context, volume: Volume, description: str, tags: Sequence[Tag]) -> Snapshot:
    """The record of a snapshot of a volume as it is now."""
    return ctx.put(
        Snapshot(
            owner_id=ctx.account, region=ctx.region, snapshot_id=ctx.new_id("snap"), volume_id=volume.volume_id,
            volume_size=volume.size, start_time=ctx.now(), description=description, engine_image=volume.engine_image,
            encrypted=volume.encrypted, kms_key_id=volume.kms_key_id, data_key=volume.data_key, tags=list(tags),
        )
    )  # fmt: skip


@operation(on=on("volume_id", makes="snapshot", by="CreateSnapshot"))
def create_snapshot(
    ctx: Context, volume_id: str, description: str = "", tag_specifications: Sequence[TagSpecification] = ()
) -> object:
    volume = find(ctx, Volume, volume_id)
    if volume.state not in ("available", "in-use"):
        raise errors.IncorrectState(reason=f"Volume '{volume_id}' is in the '{volume.state}' state.")
    snapshot = new_snapshot(ctx, volume, description, tags_for(tag_specifications, "snapshot"))
    return {**snapshot_view(snapshot), "tags": snapshot.tags}  # an empty list, too: so the AWS CLI's reference shows it


class InstanceSpecification(Part):
    instance_id: str = ""
    exclude_boot_volume: bool = False
    exclude_data_volume_ids: list[str] = []


@operation(on=on(makes="snapshot", by="CreateSnapshots"))
def create_snapshots(
    ctx: Context,
    instance_specification: InstanceSpecification,
    description: str = "",
    tag_specifications: Sequence[TagSpecification] = (),
    copy_tags_from_source: str = "",
) -> object:
    """Of all volumes of an instance at once."""
    instance = find(ctx, Instance, instance_specification.instance_id)
    given = tags_for(tag_specifications, "snapshot")
    found = []
    for device in instance.block_devices:
        root = device.device_name == instance.root_device_name
        if root and instance_specification.exclude_boot_volume:
            continue
        if device.volume_id in instance_specification.exclude_data_volume_ids:
            continue
        volume = find(ctx, Volume, device.volume_id)
        tags = merged(volume.tags if copy_tags_from_source == "volume" else [], given)
        found.append(snapshot_view(new_snapshot(ctx, volume, description, tags)))
    return {"snapshots": found}


_FILTERS: Filters = {
    "description": lambda snapshot: snapshot.description,
    "encrypted": lambda snapshot: snapshot.encrypted,
    "owner-alias": lambda snapshot: None,
    "owner-id": lambda snapshot: snapshot.owner_id,
    "progress": lambda snapshot: "100%" if snapshot.state == "completed" else "0%",
    "snapshot-id": lambda snapshot: snapshot.snapshot_id,
    "start-time": lambda snapshot: snapshot.start_time.strftime(_STAMP),
    "status": lambda snapshot: snapshot.state,
    "storage-tier": lambda snapshot: "standard",
    "volume-id": lambda snapshot: snapshot.volume_id,
    "volume-size": lambda snapshot: snapshot.volume_size,
}


def _visible(ctx: Context, after: bytes) -> Iterator[tuple[bytes, Snapshot]]:
    """All snapshots that the caller may use: its own first."""
    if not after or after[:1] == b"\0":
        for position, mine in ctx.tx.scan_from(Snapshot, ctx.account, ctx.region, after=after[1:]):
            yield b"\0" + position, mine
        after = b""
    for position, shared in ctx.tx.scan_from(Snapshot, ctx.region, index="by_sharing", after=after[1:]):
        if shared.owner_id != ctx.account and may_use(ctx, shared):
            yield b"\1" + position, shared


def _named(ctx: Context, snapshot_ids: Sequence[str], after: bytes) -> Iterator[tuple[bytes, Snapshot]]:
    for snapshot_id in sorted(set(snapshot_ids)):
        found = next(ctx.tx.scan(Snapshot, snapshot_id, index="by_id"), None)
        if found is None or found.region != ctx.region or not may_use(ctx, found):
            raise errors.NoSuchSnapshot(named=f" '{snapshot_id}' does")
        if snapshot_id.encode() > after:
            yield snapshot_id.encode(), found


@operation(on="*", read=True)
def describe_snapshots(
    ctx: Context,
    owner_ids: Sequence[str] = (),
    restorable_by_user_ids: Sequence[str] = (),
    snapshot_ids: Sequence[str] = (),
    filters: Sequence[Filter] = (),
) -> dict[str, Page]:
    passes = matcher(filters, _FILTERS)
    owners = {ctx.account if each == "self" else each for each in owner_ids}
    users = {ctx.account if each == "self" else each for each in restorable_by_user_ids}

    def start(after: bytes) -> Iterator[tuple[bytes, Any]]:
        found = _named(ctx, snapshot_ids, after) if snapshot_ids else _visible(ctx, after)
        for position, each in found:
            usable = not users or bool(users & {each.owner_id, *each.create_volume_accounts})
            if (not owners or each.owner_id in owners) and usable and passes(each):
                yield position, snapshot_view(each)

    return {"snapshots": Page(start)}


@operation(on=on("snapshot_id"))
def delete_snapshot(ctx: Context, snapshot_id: str) -> None:
    snapshot = find(ctx, Snapshot, snapshot_id)
    used = next((image for image in ctx.scan(Image, snapshot_id, index="by_snapshot")), None)
    if used is not None:
        raise errors.SnapshotInUse(snapshot=snapshot_id, image=used.image_id)
    snapshot.state = "deleting"
    ctx.put(snapshot)


def copied(
    ctx: Context, source: Snapshot, description: str, encrypted: bool | None, kms_key_id: str, tags: Sequence[Tag]
) -> Snapshot:
    """The record of a copy in this Region. One that is encrypted is so under the default key unless another is named,
    whatever key its source has: CopySnapshot in the API reference. Raises EC2's errors for an encryption that cannot
    be."""
    key = chosen_key(ctx, encrypted, kms_key_id, source)
    if key is not None:
        key = kms_key_id or default_key(ctx.get(EbsDefaults))
    copy = Snapshot(
        owner_id=ctx.account, region=ctx.region, snapshot_id=ctx.new_id("snap"), volume_id="vol-ffffffff",
        volume_size=source.volume_size, start_time=ctx.now(), engine_image=source.engine_image,
        description=description, source=source.snapshot_id, tags=list(tags),
    )  # fmt: skip
    if key is not None:
        seal(ctx, copy, key, source)
        grant_to_service(ctx, copy)
    return ctx.put(copy)


@operation(on=on("snapshot_id"))
def modify_snapshot_attribute(
    ctx: Context,
    snapshot_id: str,
    attribute: str = "createVolumePermission",
    create_volume_permission: PermissionChange | None = None,
    group_names: Sequence[str] = (),
    operation_type: str = "",
    user_ids: Sequence[str] = (),
) -> None:
    snapshot = find(ctx, Snapshot, snapshot_id)
    if attribute != "createVolumePermission":
        raise errors.InvalidParameterValue(reason=f"The attribute {attribute} cannot be modified.")
    change = asked(create_volume_permission, operation_type, [*group_names, *user_ids])
    if "all" in change.added:
        check_public(settings_of(ctx).public_snapshots, "snapshot")
    if change.added and snapshot.encrypted:
        _check_sharing(ctx, snapshot, change.added)
    snapshot.create_volume_accounts = change.applied(snapshot.create_volume_accounts)
    ctx.put(snapshot)


def _check_sharing(ctx: Context, snapshot: Snapshot, added: Sequence[str]) -> None:
    """Source: "Share an encrypted snapshot" in the EBS user guide."""
    if "all" in added:
        raise errors.OperationNotPermitted(reason="Encrypted snapshots cannot be made public")
    if is_managed(ctx, snapshot.kms_key_id):
        raise errors.OperationNotPermitted(reason="Encrypted snapshots with EBS default key cannot be shared")


@operation(on=on("snapshot_id"))
def reset_snapshot_attribute(ctx: Context, snapshot_id: str, attribute: str) -> None:
    snapshot = find(ctx, Snapshot, snapshot_id)
    snapshot.create_volume_accounts = []
    ctx.put(snapshot)


@operation(on=on("snapshot_id"), read=True)
def describe_snapshot_attribute(ctx: Context, attribute: str, snapshot_id: str) -> object:
    snapshot = find(ctx, Snapshot, snapshot_id)
    if attribute == "productCodes":
        return {"snapshot_id": snapshot_id, "product_codes": []}
    return {
        "snapshot_id": snapshot_id,
        "create_volume_permissions": permissions(snapshot.create_volume_accounts),
    }


@operation(on=on(makes="snapshot", by="CopySnapshot"), harmless=("PresignedUrl", "DestinationRegion"))
def copy_snapshot(
    ctx: Context,
    source_region: str,
    source_snapshot_id: str,
    description: str = "",
    tag_specifications: Sequence[TagSpecification] = (),
    encrypted: bool | None = None,
    kms_key_id: str = "",
) -> object:
    """A snapshot of any Region as one of this Region; one that is encrypted under the key of this Region."""
    source = next(ctx.tx.scan(Snapshot, source_snapshot_id, index="by_id"), None)
    if source is None or source.region != source_region or not may_use(ctx, source):
        raise errors.NoSuchSnapshot(named=f" '{source_snapshot_id}' does")
    if source.state != "completed":
        raise errors.IncorrectState(reason=f"Snapshot {source_snapshot_id} is not yet completed.")
    copy = copied(
        ctx, source, description or f"[Copied {source_snapshot_id} from {source_region}]", encrypted, kms_key_id,
        tags_for(tag_specifications, "snapshot"),
    )  # fmt: skip
    return {"snapshot_id": copy.snapshot_id, "tags": copy.tags or None}
