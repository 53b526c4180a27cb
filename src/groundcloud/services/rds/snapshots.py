"""Snapshots of instances: made, shown, copied, shared, deleted. `restoring.py` makes instances of them."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.rds import encryption, errors
from groundcloud.services.rds.describing import Filter
from groundcloud.services.rds.lookup import identifier, instance_named, merged, named, note_event, on, snapshot_named
from groundcloud.services.rds.records import DBInstance, DBSecret, DBSnapshot, Tag
from groundcloud.services.rds.views import snapshot_shown


def new_snapshot(ctx: Context, instance: DBInstance, name: str, kind: str, tags: Sequence[Tag] = ()) -> DBSnapshot:
    """The record of a snapshot that its controller takes."""
    secret = ctx.tx.get(DBSecret, instance.account, instance.region, instance.dbi_resource_id)
    assert secret is not None
    copied = instance.tags if instance.copy_tags_to_snapshot else ()
    return DBSnapshot(
        account=instance.account, region=instance.region, db_snapshot_identifier=name,
        db_instance_identifier=instance.db_instance_identifier, dbi_resource_id=instance.dbi_resource_id,
        engine_snapshot=ctx.new_id("rds-snap"), engine=instance.engine, engine_version=instance.engine_version,
        allocated_storage=instance.allocated_storage, port=instance.port, vpc_id=instance.vpc_id,
        availability_zone=instance.availability_zone, master_username=instance.master_username,
        instance_create_time=instance.instance_create_time, snapshot_create_time=ctx.now(), snapshot_type=kind,
        status="creating", secrets=secret.sealed, parameter_group=instance.parameter_group,
        option_group_name=instance.option_group, license_model=instance.license_model,
        db_instance_class=instance.db_instance_class, storage_type=instance.storage_type,
        iam_database_authentication_enabled=instance.iam_database_authentication_enabled,
        encrypted=instance.storage_encrypted, kms_key_id=instance.kms_key_id, data_key=instance.data_key,
        managed_key=instance.managed_key,
        db_name=instance.db_name, tags=merged(copied, tags),
    )  # fmt: skip


@operation(on=on("snapshot", "db_snapshot_identifier"))
def create_db_snapshot(
    ctx: Context, db_snapshot_identifier: str, db_instance_identifier: str, tags: Sequence[Tag] = ()
) -> object:
    name = identifier(db_snapshot_identifier, "DBSnapshotIdentifier")
    instance = instance_named(ctx, db_instance_identifier)
    if ctx.exists(DBSnapshot, name):
        raise errors.DBSnapshotAlreadyExists(name=name)
    if instance.db_cluster_identifier:
        raise errors.InvalidDBInstanceState(
            reason="Snapshots of instances of clusters are not available in this cloud."
        )
    if instance.db_instance_status not in ("available", "stopped", "storage-full", "incompatible-parameters"):
        raise errors.InvalidDBInstanceState(
            reason=f"Cannot create a snapshot because the database instance {instance.db_instance_identifier} is not "
            "currently in the available state."
        )
    made = ctx.put(new_snapshot(ctx, instance, name, "manual", tags))
    note_event(ctx, name, "db-snapshot", made.arn, "Creating manual snapshot", ["creation"])
    return {"db_snapshot": snapshot_shown(made)}


@operation(on=on("snapshot", "db_snapshot_identifier"), read=True)
def describe_db_snapshots(
    ctx: Context,
    db_instance_identifier: str = "",
    db_snapshot_identifier: str = "",
    snapshot_type: str = "",
    filters: Sequence[Filter] = (),
    include_shared: bool = False,
    include_public: bool = False,
    dbi_resource_id: str = "",
) -> object:
    if db_snapshot_identifier:
        found = snapshot_named(ctx, db_snapshot_identifier)
        return {"db_snapshots": [snapshot_shown(found)]}
    wanted = {each.name: each.values for each in filters}
    if unknown := wanted.keys() - _FILTERS.keys():
        raise errors.InvalidParameterValue(reason=f"Unrecognized filter name: {min(unknown)}")

    def passes(snapshot: DBSnapshot) -> bool:
        return (
            named(db_instance_identifier) in ("", snapshot.db_instance_identifier)
            and snapshot_type in ("", snapshot.snapshot_type)
            and dbi_resource_id in ("", snapshot.dbi_resource_id)
            and all(getattr(snapshot, _FILTERS[name]) in values for name, values in wanted.items())
        )

    return {"db_snapshots": ctx.page(DBSnapshot, where=passes, each=snapshot_shown)}


_FILTERS = {
    "db-instance-id": "db_instance_identifier",
    "db-snapshot-id": "db_snapshot_identifier",
    "dbi-resource-id": "dbi_resource_id",
    "snapshot-type": "snapshot_type",
    "engine": "engine",
}


@operation(on=on("snapshot", "target_db_snapshot_identifier"), harmless=["PreSignedUrl", "SourceRegion"])
def copy_db_snapshot(
    ctx: Context,
    source_db_snapshot_identifier: str,
    target_db_snapshot_identifier: str,
    tags: Sequence[Tag] = (),
    copy_tags: bool = False,
    kms_key_id: str = "",
) -> object:
    source = snapshot_named(ctx, source_db_snapshot_identifier)
    name = identifier(target_db_snapshot_identifier, "TargetDBSnapshotIdentifier")
    if ctx.exists(DBSnapshot, name):
        raise errors.DBSnapshotAlreadyExists(name=name)
    if source.status != "available":
        raise errors.InvalidDBSnapshotState(reason=f"The snapshot {source.db_snapshot_identifier} is not available.")
    fields = {field: getattr(source, field) for field in source.__struct_fields__}
    fields |= {
        "account": ctx.account, "db_snapshot_identifier": name, "snapshot_type": "manual",
        "snapshot_create_time": ctx.now(), "source_db_snapshot_identifier": source.arn, "shared_with": [],
        "tags": merged(source.tags if copy_tags else (), tags),
    }  # fmt: skip
    copy = DBSnapshot(**fields)
    if kms_key_id:
        copy.engine_snapshot, copy.status = ctx.new_id("rds-snap"), "creating"
        encryption.seal_copy(ctx, copy, source, kms_key_id)
    elif source.encrypted and source.account != ctx.account:
        raise errors.InvalidParameterCombination(
            reason="To copy a shared snapshot that is encrypted, a KmsKeyId must be specified."
        )
    return {"db_snapshot": snapshot_shown(ctx.put(copy))}


@operation(on=on("snapshot", "db_snapshot_identifier"))
def delete_db_snapshot(ctx: Context, db_snapshot_identifier: str) -> object:
    snapshot = ctx.find(DBSnapshot, db_snapshot_identifier.rpartition(":snapshot:")[2].lower())
    if snapshot.snapshot_type == "automated":
        raise errors.InvalidDBSnapshotState(
            reason=f"Cannot delete the automated snapshot {snapshot.db_snapshot_identifier}."
        )
    if snapshot.status != "available":
        raise errors.InvalidDBSnapshotState(
            reason=f"Cannot delete the snapshot because it is not currently in the available or failed state: "
            f"{snapshot.status}"
        )
    snapshot.status = "deleting"
    ctx.put(snapshot)
    note_event(
        ctx, snapshot.db_snapshot_identifier, "db-snapshot", snapshot.arn, "Deleted manual snapshot", ["deletion"]
    )
    return {"db_snapshot": {**snapshot_shown(snapshot), "status": "deleted"}}


@operation(on=on("snapshot", "db_snapshot_identifier"))
def describe_db_snapshot_attributes(ctx: Context, db_snapshot_identifier: str) -> object:
    return {"db_snapshot_attributes_result": _attributes(snapshot_named(ctx, db_snapshot_identifier))}


def _attributes(snapshot: DBSnapshot) -> dict[str, Any]:
    return {
        "db_snapshot_identifier": snapshot.db_snapshot_identifier,
        "db_snapshot_attributes": [{"attribute_name": "restore", "attribute_values": snapshot.shared_with}],
    }


@operation(on=on("snapshot", "db_snapshot_identifier"))
def modify_db_snapshot_attribute(
    ctx: Context,
    db_snapshot_identifier: str,
    attribute_name: str,
    values_to_add: Sequence[str] = (),
    values_to_remove: Sequence[str] = (),
) -> object:
    snapshot = ctx.find(DBSnapshot, db_snapshot_identifier.lower())
    if attribute_name != "restore":
        raise errors.InvalidParameterValue(reason=f"Unknown attribute name: {attribute_name}")
    if values_to_add and snapshot.encrypted and ("all" in values_to_add or snapshot.managed_key):
        raise errors.InvalidDBSnapshotState(
            reason="A snapshot that is encrypted cannot be shared with all, nor at all with the key of the service."
        )
    kept = [each for each in snapshot.shared_with if each not in values_to_remove]
    snapshot.shared_with = list(dict.fromkeys((*kept, *values_to_add)))
    return {"db_snapshot_attributes_result": _attributes(ctx.put(snapshot))}
