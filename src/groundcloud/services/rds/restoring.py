"""Instances that begin with the data of others: of a snapshot, or as a read replica; and the promotion of one."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.rds import encryption, errors, subnet_groups
from groundcloud.services.rds.ending import need, need_alone
from groundcloud.services.rds.engines import ENGINES
from groundcloud.services.rds.instances import (
    backup_window,
    check_retention,
    check_storage,
    group_named,
    maintenance_window,
    new_instance,
    started,
)
from groundcloud.services.rds.lookup import instance_named, note, on, snapshot_named
from groundcloud.services.rds.records import DBInstance, DBSnapshot, Tag
from groundcloud.services.rds.secrets import Secrets, opened, secrets_of
from groundcloud.services.rds.views import instance_shown

HARMLESS = ["NetworkType", "BackupTarget", "EnableCloudwatchLogsExports", "DedicatedLogVolume",
             "EnableCustomerOwnedIp"]  # fmt: skip


@operation(on=on("db", "db_instance_identifier"), harmless=[*HARMLESS, "EngineLifecycleSupport"])
def restore_db_instance_from_db_snapshot(
    ctx: Context,
    db_instance_identifier: str,
    db_snapshot_identifier: str = "",
    db_instance_class: str = "",
    port: int | None = None,
    availability_zone: str = "",
    db_subnet_group_name: str = "",
    multi_az: bool = False,
    publicly_accessible: bool | None = None,
    auto_minor_version_upgrade: bool = True,
    license_model: str = "",
    db_name: str = "",
    engine: str = "",
    iops: int | None = None,
    option_group_name: str = "",
    tags: Sequence[Tag] = (),
    storage_type: str = "",
    vpc_security_group_ids: Sequence[str] = (),
    copy_tags_to_snapshot: bool = False,
    db_parameter_group_name: str = "",
    deletion_protection: bool = False,
    allocated_storage: int | None = None,
    backup_retention_period: int | None = None,
    preferred_backup_window: str = "",
    enable_iam_database_authentication: bool | None = None,
) -> object:
    if not db_snapshot_identifier:
        raise errors.InvalidParameterCombination(reason="The parameter DBSnapshotIdentifier must be provided")
    snapshot = snapshot_named(ctx, db_snapshot_identifier)
    if snapshot.status != "available":
        raise errors.InvalidDBSnapshotState(
            reason=f"The snapshot {snapshot.db_snapshot_identifier} is not in available state: {snapshot.status}"
        )
    if engine not in ("", snapshot.engine):
        raise errors.InvalidParameterCombination(reason=f"A snapshot of {snapshot.engine} cannot become {engine}.")
    size = allocated_storage or snapshot.allocated_storage
    if size < snapshot.allocated_storage:
        raise errors.InvalidRestore(reason=f"The snapshot needs {snapshot.allocated_storage} GiB.")
    check_storage(size, storage_type or snapshot.storage_type, None)
    instance = like(
        ctx, snapshot, db_instance_identifier, group_named(ctx, db_subnet_group_name),
        instance_class=db_instance_class or snapshot.db_instance_class, port=port or snapshot.port,
        group_ids=vpc_security_group_ids, zone=availability_zone, multi_az=multi_az, public=publicly_accessible,
        parameter_group=db_parameter_group_name or snapshot.parameter_group, option_group=option_group_name,
        tags=tags, storage_type=storage_type or snapshot.storage_type, iops=iops, allocated_storage=size,
        backup_retention_period=check_retention(1 if backup_retention_period is None else backup_retention_period),
        auto_minor_version_upgrade=auto_minor_version_upgrade, copy_tags_to_snapshot=copy_tags_to_snapshot,
        deletion_protection=deletion_protection, seed=snapshot.engine_snapshot,
        preferred_backup_window=backup_window(ctx, preferred_backup_window),
        iam_database_authentication_enabled=snapshot.iam_database_authentication_enabled
        if enable_iam_database_authentication is None else enable_iam_database_authentication,
    )  # fmt: skip
    encryption.inherit(ctx, instance, snapshot)
    before = opened(ctx.world.sealer, snapshot.secrets)
    secrets = Secrets(before.master_password, before.replication_password)
    shown = started(ctx, instance, secrets)
    note(ctx, instance, f"Restored from snapshot {snapshot.db_snapshot_identifier}", "restoration")
    return {"db_instance": {**shown, "pending_modified_values": {}}}


def like(
    ctx: Context, source: DBSnapshot | DBInstance, name: str, group: Any, *, group_ids: Sequence[str], **more: Any
) -> DBInstance:
    """A new instance with what it has from another one or from its snapshot."""
    return new_instance(
        ctx, ENGINES[source.engine], name, group, group_ids=group_ids, engine_version=source.engine_version,
        master_username=source.master_username, db_name=source.db_name,
        preferred_maintenance_window=maintenance_window(ctx, ""), **more,
    )  # fmt: skip


@operation(
    on=on("db", "db_instance_identifier"),
    harmless=[*HARMLESS, "PreSignedUrl", "SourceRegion", "EnablePerformanceInsights", "MonitoringInterval"],
)
def create_db_instance_read_replica(
    ctx: Context,
    db_instance_identifier: str,
    source_db_instance_identifier: str = "",
    db_instance_class: str = "",
    availability_zone: str = "",
    port: int | None = None,
    multi_az: bool = False,
    auto_minor_version_upgrade: bool = True,
    iops: int | None = None,
    option_group_name: str = "",
    db_parameter_group_name: str = "",
    publicly_accessible: bool | None = None,
    tags: Sequence[Tag] = (),
    db_subnet_group_name: str = "",
    vpc_security_group_ids: Sequence[str] = (),
    storage_type: str = "",
    copy_tags_to_snapshot: bool = False,
    deletion_protection: bool = False,
    allocated_storage: int | None = None,
    max_allocated_storage: int | None = None,
    enable_iam_database_authentication: bool = False,
    kms_key_id: str = "",
) -> object:
    source = instance_named(ctx, source_db_instance_identifier)
    need_alone(source)
    need(source, "available", "backing-up", "modifying")
    if source.source_resource_id:
        raise errors.InvalidDBInstanceState(reason="A read replica of a read replica is not available in this cloud.")
    if not source.backup_retention_period:
        raise errors.InvalidDBInstanceState(
            reason=f"Automated backups are not enabled for this database instance: {source.db_instance_identifier}. "
            "To enable automated backups, use ModifyDBInstance to set the backup retention period to a non-zero value."
        )
    if kms_key_id and kms_key_id != source.kms_key_id:
        raise errors.InvalidParameterCombination(
            reason="A read replica in the Region of its source has the encryption of its source."
        )
    if multi_az:
        raise errors.InvalidParameterCombination(reason="A read replica of this cloud has no standby.")
    group = subnet_groups.group_of(ctx, source) if not db_subnet_group_name else group_named(ctx, db_subnet_group_name)
    assert group is not None
    if group.vpc_id != source.vpc_id:
        raise errors.InvalidVPCNetworkState(reason="A read replica must be in the VPC of its source in this cloud.")
    instance = like(
        ctx, source, db_instance_identifier, group, instance_class=db_instance_class or source.db_instance_class,
        port=port or source.port, group_ids=vpc_security_group_ids or source.groups, zone=availability_zone,
        multi_az=False, public=source.publicly_accessible if publicly_accessible is None else publicly_accessible,
        parameter_group=db_parameter_group_name or source.parameter_group, option_group=option_group_name, tags=tags,
        storage_type=storage_type or source.storage_type, iops=iops, backup_retention_period=0,
        allocated_storage=max(allocated_storage or 0, source.allocated_storage),
        auto_minor_version_upgrade=auto_minor_version_upgrade, copy_tags_to_snapshot=copy_tags_to_snapshot,
        deletion_protection=deletion_protection, max_allocated_storage=max_allocated_storage,
        preferred_backup_window=source.preferred_backup_window, source_resource_id=source.dbi_resource_id,
        iam_database_authentication_enabled=enable_iam_database_authentication,
    )  # fmt: skip
    encryption.inherit(ctx, instance, source)
    instance.seed = f"rds-replica-{instance.dbi_resource_id[3:].lower()}"
    before = secrets_of(ctx.tx, ctx.world.sealer, source)
    shown = started(ctx, instance, Secrets(before.master_password, before.replication_password))
    return {"db_instance": {**shown, "pending_modified_values": {}}}


@operation(on=on("db", "db_instance_identifier"))
def promote_read_replica(
    ctx: Context,
    db_instance_identifier: str,
    backup_retention_period: int | None = None,
    preferred_backup_window: str = "",
) -> object:
    instance = instance_named(ctx, db_instance_identifier)
    need_alone(instance)
    if not instance.source_resource_id:
        raise errors.InvalidDBInstanceState(
            reason=f"DB Instance is not a read replica: {instance.db_instance_identifier}"
        )
    need(instance, "available")
    instance.source_resource_id = ""
    instance.db_instance_status = "modifying"
    instance.backup_retention_period = check_retention(
        1 if backup_retention_period is None else backup_retention_period
    )
    if preferred_backup_window:
        instance.preferred_backup_window = backup_window(ctx, preferred_backup_window)
    note(ctx, instance, "Promoted Read Replica instance to a stand-alone database instance.", "read replica")
    ctx.put(instance)
    return {"db_instance": instance_shown(ctx, instance)}
