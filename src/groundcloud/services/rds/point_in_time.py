"""Restores to a moment, and the automated backups that they begin with."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import page_of
from groundcloud.services.rds import encryption, errors
from groundcloud.services.rds.archives import expire, window
from groundcloud.services.rds.backup_records import DBAutomatedBackup
from groundcloud.services.rds.describing import Filter
from groundcloud.services.rds.engines import ENGINES
from groundcloud.services.rds.instances import (
    backup_window,
    check_retention,
    check_storage,
    group_named,
    started,
)
from groundcloud.services.rds.lookup import instance_named, named, note, on
from groundcloud.services.rds.records import DBInstance, DBSnapshot, Tag
from groundcloud.services.rds.restoring import HARMLESS, like
from groundcloud.services.rds.secrets import Secrets, opened, secrets_of
from groundcloud.services.rds.telling import instance_of


class _Source(NamedTuple):
    instance: DBInstance
    backup: DBAutomatedBackup
    secrets: Secrets


@operation(on=on("db", "target_db_instance_identifier"), harmless=[*HARMLESS, "EngineLifecycleSupport"])
def restore_db_instance_to_point_in_time(
    ctx: Context,
    target_db_instance_identifier: str,
    source_db_instance_identifier: str = "",
    restore_time: datetime | None = None,
    use_latest_restorable_time: bool = False,
    db_instance_class: str = "",
    port: int | None = None,
    availability_zone: str = "",
    db_subnet_group_name: str = "",
    multi_az: bool = False,
    publicly_accessible: bool | None = None,
    auto_minor_version_upgrade: bool = True,
    license_model: str = "",
    engine: str = "",
    iops: int | None = None,
    storage_throughput: int | None = None,
    option_group_name: str = "",
    copy_tags_to_snapshot: bool = False,
    tags: Sequence[Tag] = (),
    storage_type: str = "",
    vpc_security_group_ids: Sequence[str] = (),
    db_parameter_group_name: str = "",
    deletion_protection: bool = False,
    source_dbi_resource_id: str = "",
    max_allocated_storage: int | None = None,
    source_db_instance_automated_backups_arn: str = "",
    allocated_storage: int | None = None,
    backup_retention_period: int | None = None,
    preferred_backup_window: str = "",
    enable_iam_database_authentication: bool | None = None,
    ca_certificate_identifier: str = "rds-ca-rsa2048-g1",
) -> object:
    source = _source(
        ctx, source_db_instance_identifier, source_dbi_resource_id, source_db_instance_automated_backups_arn
    )
    before = source.instance
    if engine not in ("", before.engine):
        raise errors.InvalidParameterCombination(reason=f"A backup of {before.engine} cannot become {engine}.")
    if license_model not in ("", before.license_model):
        raise errors.InvalidParameterCombination(reason=f"Invalid license model '{license_model}' for {before.engine}.")
    moment = _moment(source, restore_time, latest=use_latest_restorable_time)
    base = _base(ctx, source.backup, moment)
    size = allocated_storage or before.allocated_storage
    if size < base.allocated_storage:
        raise errors.InvalidRestore(reason=f"The backup needs {base.allocated_storage} GiB.")
    check_storage(size, storage_type or before.storage_type, max_allocated_storage)
    retention = before.backup_retention_period if backup_retention_period is None else backup_retention_period
    instance = like(
        ctx, before, target_db_instance_identifier, group_named(ctx, db_subnet_group_name),
        instance_class=db_instance_class or before.db_instance_class, port=port or before.port,
        group_ids=vpc_security_group_ids, zone=availability_zone, multi_az=multi_az, public=publicly_accessible,
        parameter_group=db_parameter_group_name, option_group=option_group_name, tags=tags,
        storage_type=storage_type or before.storage_type, iops=iops, storage_throughput=storage_throughput,
        allocated_storage=size, max_allocated_storage=max_allocated_storage,
        backup_retention_period=check_retention(retention), auto_minor_version_upgrade=auto_minor_version_upgrade,
        copy_tags_to_snapshot=copy_tags_to_snapshot, deletion_protection=deletion_protection,
        preferred_backup_window=backup_window(ctx, preferred_backup_window), seed=base.engine_snapshot,
        iam_database_authentication_enabled=before.iam_database_authentication_enabled
        if enable_iam_database_authentication is None else enable_iam_database_authentication,
        ca_certificate_identifier=ca_certificate_identifier, restore_source=source.backup.dbi_resource_id,
        restore_begins=base.snapshot_create_time, restore_time=moment,
    )  # fmt: skip
    encryption.inherit(ctx, instance, before)
    shown = started(ctx, instance, Secrets(source.secrets.master_password, source.secrets.replication_password))
    text = f"Restored from DB instance {before.db_instance_identifier} to {moment:%Y-%m-%d %H:%M:%S} UTC"
    note(ctx, instance, text, "restoration")
    return {"db_instance": {**shown, "pending_modified_values": {}}}


def _source(ctx: Context, name: str, resource_id: str, arn: str) -> _Source:
    """The instance to restore, also one that is gone and has left its backups. Raises `DBInstanceNotFound`,
    `DBInstanceAutomatedBackupNotFound`, `PointInTimeRestoreNotEnabled`, `InvalidParameterCombination`."""
    if sum(map(bool, (name, resource_id, arn))) != 1:
        raise errors.InvalidParameterCombination(
            reason="One of SourceDBInstanceIdentifier, SourceDbiResourceId and SourceDBInstanceAutomatedBackupsArn "
            "must be specified."
        )
    if name:
        instance = instance_named(ctx, name)
        resource_id = instance.dbi_resource_id
    elif arn:
        resource_id = _by_arn(ctx, arn).dbi_resource_id
    backup = ctx.get(DBAutomatedBackup, resource_id)
    found = instance_of(ctx.tx, ctx.account, ctx.region, resource_id)
    if found is not None and (backup is None or not found.backup_retention_period):
        raise errors.PointInTimeRestoreNotEnabled(name=found.db_instance_identifier)
    if backup is None or backup.status == "deleting":
        raise errors.DBInstanceAutomatedBackupNotFound(dbi_resource_id=resource_id)
    if found is not None:
        return _Source(found, backup, secrets_of(ctx.tx, ctx.world.sealer, found))
    assert backup.kept is not None
    return _Source(backup.kept, backup, opened(ctx.world.sealer, backup.secrets))


def _by_arn(ctx: Context, arn: str) -> DBAutomatedBackup:
    for each in ctx.scan(DBAutomatedBackup):
        if each.db_instance_automated_backups_arn == arn:
            return each
    raise errors.DBInstanceAutomatedBackupNotFound(dbi_resource_id=arn)


def _moment(source: _Source, wanted: datetime | None, *, latest: bool) -> datetime:
    """The moment to restore to. Raises `InvalidParameterCombination`, `InvalidParameterValue`."""
    if wanted is not None and latest:
        raise errors.InvalidParameterCombination(reason="RestoreTime cannot be specified with UseLatestRestorableTime.")
    if wanted is None and not latest:
        raise errors.InvalidParameterCombination(reason="RestoreTime or UseLatestRestorableTime must be specified.")
    known = window(source.backup)
    if known is None:
        raise errors.InvalidDBInstanceState(
            reason=f"The first backup of {source.instance.db_instance_identifier} is not there yet."
        )
    earliest, last = known
    if wanted is None:
        return last
    wanted = wanted if wanted.tzinfo is not None else wanted.replace(tzinfo=UTC)
    if not earliest <= wanted <= last:
        raise errors.InvalidParameterValue(
            reason=f"The specified instance cannot be restored to a time later than {last:%Y-%m-%d %H:%M:%S} UTC or "
            f"earlier than {earliest:%Y-%m-%d %H:%M:%S} UTC."
        )
    return wanted


def _base(ctx: Context, backup: DBAutomatedBackup, moment: datetime) -> DBSnapshot:
    """The last snapshot before a moment, automated or not: the fewer logs are to be applied. Raises
    `InvalidParameterValue`."""
    found = [
        each
        for each in ctx.scan(DBSnapshot, backup.dbi_resource_id, index="by_instance")
        if each.status == "available"
        and each.source_db_snapshot_identifier is None
        and each.snapshot_database_time is not None
        and each.snapshot_create_time >= backup.since.replace(microsecond=0)
        and each.snapshot_database_time <= moment
    ]
    if not found:
        raise errors.InvalidParameterValue(reason="There is no backup before this time.")
    return max(found, key=lambda each: each.snapshot_create_time)


# -- automated backups


def _shown(ctx: Context, backup: DBAutomatedBackup) -> dict[str, Any] | None:
    instance = instance_of(ctx.tx, backup.account, backup.region, backup.dbi_resource_id) or backup.kept
    if instance is None:
        return None
    known = window(backup)
    names = ("dbi_resource_id", "allocated_storage", "port", "vpc_id", "instance_create_time", "master_username",
             "engine", "engine_version", "iops", "storage_throughput", "storage_type", "kms_key_id",
             "iam_database_authentication_enabled", "backup_retention_period",
             "preferred_backup_window")  # fmt: skip
    return {
        **{name: getattr(instance, name) for name in names},
        "db_instance_arn": instance.arn,
        "db_instance_identifier": backup.db_instance_identifier,
        "db_instance_automated_backups_arn": backup.db_instance_automated_backups_arn,
        "availability_zone": instance.availability_zone or None,
        "region": backup.region,
        "status": backup.status if backup.status != "active" or known is not None else "creating",
        "restore_window": {"earliest_time": known[0], "latest_time": known[1]} if known is not None else None,
        "license_model": ENGINES[instance.engine].license_model,
        "option_group_name": instance.option_group,
        "encrypted": instance.storage_encrypted,
        "backup_target": "region",
        "tag_list": instance.tags,
        "dedicated_log_volume": False,
    }


@operation(on="auto-backup:*", read=True)
def describe_db_instance_automated_backups(
    ctx: Context,
    dbi_resource_id: str = "",
    db_instance_identifier: str = "",
    filters: Sequence[Filter] = (),
    db_instance_automated_backups_arn: str = "",
) -> object:
    wanted = {each.name: each.values for each in filters}
    if unknown := wanted.keys() - {"status", "db-instance-id", "dbi-resource-id"}:
        raise errors.InvalidParameterValue(reason=f"Unrecognized filter name: {min(unknown)}")
    if dbi_resource_id:
        one = ctx.get(DBAutomatedBackup, dbi_resource_id)
        found = [one] if one is not None else []
    elif db_instance_identifier:
        found = list(ctx.scan(DBAutomatedBackup, named(db_instance_identifier), index="by_name"))
    else:
        found = list(ctx.scan(DBAutomatedBackup))
    shown = [each for each in (_shown(ctx, backup) for backup in found) if each is not None]
    passing = [
        each
        for each in shown
        if db_instance_automated_backups_arn in ("", each["db_instance_automated_backups_arn"])
        and each["status"] in wanted.get("status", [each["status"]])
        and each["dbi_resource_id"] in wanted.get("dbi-resource-id", [each["dbi_resource_id"]])
        and each["db_instance_identifier"] in map(named, wanted.get("db-instance-id", [each["db_instance_identifier"]]))
    ]
    if not passing and (dbi_resource_id or db_instance_automated_backups_arn):
        raise errors.DBInstanceAutomatedBackupNotFound(
            dbi_resource_id=dbi_resource_id or db_instance_automated_backups_arn
        )
    return {"db_instance_automated_backups": page_of(passing, lambda each: str(each["dbi_resource_id"]))}


@operation(on="auto-backup:*")
def delete_db_instance_automated_backup(
    ctx: Context, dbi_resource_id: str = "", db_instance_automated_backups_arn: str = ""
) -> object:
    if not dbi_resource_id and not db_instance_automated_backups_arn:
        raise errors.InvalidParameterCombination(
            reason="DbiResourceId or DBInstanceAutomatedBackupsArn must be specified."
        )
    backup = (
        ctx.find(DBAutomatedBackup, dbi_resource_id)
        if dbi_resource_id
        else _by_arn(ctx, db_instance_automated_backups_arn)
    )
    if backup.status != "retained":
        raise errors.InvalidDBInstanceAutomatedBackupState(
            reason="The automated backup of a DB instance that exists cannot be deleted: it goes with the instance, or "
            "when its retention period is set to 0."
        )
    shown = _shown(ctx, backup)
    expire(ctx.tx, backup)
    return {"db_instance_automated_backup": {**(shown or {}), "status": "deleting"}}
