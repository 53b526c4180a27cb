"""ModifyDBInstance: what changes at once, and what waits for the maintenance window unless it is asked for now."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.rds import archives, errors
from groundcloud.services.rds.ending import need, need_alone
from groundcloud.services.rds.engines import ENGINES, check_upgrade, class_named
from groundcloud.services.rds.instances import (
    backup_window,
    check_password,
    check_port,
    check_retention,
    check_storage,
    keep_in_secrets_manager,
    maintenance_window,
)
from groundcloud.services.rds.log_exports import CloudwatchLogsExportConfiguration, changed_exports
from groundcloud.services.rds.lookup import checked_groups, identifier, instance_named, note, on
from groundcloud.services.rds.options import default_option_group
from groundcloud.services.rds.parameter_groups import group_for
from groundcloud.services.rds.records import DBInstance, Pending
from groundcloud.services.rds.secrets import keep, new_password, secrets_of
from groundcloud.services.rds.subnet_groups import zones_of
from groundcloud.services.rds.views import instance_shown

_RESTARTING = ("db_instance_class", "port", "multi_az", "allocated_storage")
"""What shows as `modifying` until it is so."""


@operation(
    on=on("db", "db_instance_identifier"),
    conditions={"rds:DatabaseClass": "db_instance_class", "rds:StorageSize": "allocated_storage",
                "rds:MultiAz": "multi_az"},
    harmless=["EnablePerformanceInsights", "PerformanceInsightsRetentionPeriod", "MonitoringInterval", "NetworkType",
              "AllowMajorVersionUpgrade", "CertificateRotationRestart", "DBSecurityGroups", "DatabaseInsightsMode",
              "PromotionTier"],
)  # fmt: skip
def modify_db_instance(
    ctx: Context,
    db_instance_identifier: str,
    allocated_storage: int | None = None,
    db_instance_class: str | None = None,
    vpc_security_group_ids: Sequence[str] = (),
    apply_immediately: bool = False,
    master_user_password: str = "",
    db_parameter_group_name: str = "",
    backup_retention_period: int | None = None,
    preferred_backup_window: str = "",
    preferred_maintenance_window: str = "",
    multi_az: bool | None = None,
    engine_version: str = "",
    auto_minor_version_upgrade: bool | None = None,
    iops: int | None = None,
    storage_type: str | None = None,
    option_group_name: str = "",
    new_db_instance_identifier: str = "",
    copy_tags_to_snapshot: bool | None = None,
    db_port_number: int | None = None,
    publicly_accessible: bool | None = None,
    deletion_protection: bool | None = None,
    max_allocated_storage: int | None = None,
    manage_master_user_password: bool | None = None,
    rotate_master_user_password: bool = False,
    master_user_secret_kms_key_id: str = "",
    cloudwatch_logs_export_configuration: CloudwatchLogsExportConfiguration | None = None,
    enable_iam_database_authentication: bool | None = None,
) -> object:
    instance = instance_named(ctx, db_instance_identifier)
    need(instance, "available", "stopped", "storage-full", "incompatible-parameters", "backing-up")
    if master_user_password or multi_az or backup_retention_period is not None or db_port_number is not None:
        need_alone(instance)
    engine = ENGINES[instance.engine]
    _check(instance, allocated_storage, db_instance_class, storage_type, max_allocated_storage)
    check_upgrade(engine, instance.engine_version, engine_version)
    if multi_az and instance.source_resource_id:
        raise errors.InvalidParameterCombination(reason="A read replica of this cloud has no standby.")
    if multi_az and len(zones_of(ctx, instance)) < 2:
        raise errors.DBSubnetGroupDoesNotCoverEnoughAZs(zones=", ".join(zones_of(ctx, instance)))
    at_once = {
        "backup_retention_period": None
        if backup_retention_period is None
        else check_retention(backup_retention_period),
        "preferred_backup_window": backup_window(ctx, preferred_backup_window) if preferred_backup_window else None,
        "preferred_maintenance_window": maintenance_window(ctx, preferred_maintenance_window)
        if preferred_maintenance_window
        else None,
        "auto_minor_version_upgrade": auto_minor_version_upgrade,
        "copy_tags_to_snapshot": copy_tags_to_snapshot,
        "deletion_protection": deletion_protection,
        "max_allocated_storage": max_allocated_storage,
        "publicly_accessible": publicly_accessible,
        "iam_database_authentication_enabled": enable_iam_database_authentication,
        "groups": checked_groups(ctx, instance.vpc_id, vpc_security_group_ids) if vpc_security_group_ids else None,
        "parameter_group": group_for(ctx, engine, db_parameter_group_name) if db_parameter_group_name else None,
        "option_group": default_option_group(ctx, engine, option_group_name) if option_group_name else None,
        "enabled_cloudwatch_logs_exports": changed_exports(engine, instance, cloudwatch_logs_export_configuration)
        if cloudwatch_logs_export_configuration
        else None,
    }
    before = instance.backup_retention_period
    _set(instance, at_once)
    if before and not instance.backup_retention_period:
        archives.end(ctx, instance)
    elif instance.backup_retention_period and not before:
        instance.latest_backup = None  # the first one is taken at once
    _password(
        ctx, instance, master_user_password, manage_master_user_password, rotate_master_user_password,
        master_user_secret_kms_key_id,
    )  # fmt: skip
    later: dict[str, Any] = {
        "db_instance_class": db_instance_class,
        "allocated_storage": allocated_storage,
        "multi_az": multi_az,
        "port": None if db_port_number is None else check_port(db_port_number),
        "storage_type": storage_type,
        "iops": iops,
        "db_instance_identifier": identifier(new_db_instance_identifier) if new_db_instance_identifier else None,
    }
    _ask(instance, later)
    shown_pending = instance.pending
    if apply_immediately or db_port_number is not None:
        instance = apply_pending(ctx, instance)
    ctx.put(instance)
    return {"db_instance": {**instance_shown(ctx, instance), "pending_modified_values": shown_pending}}


def _check(
    instance: DBInstance, storage: int | None, instance_class: str | None, storage_type: str | None, most: int | None
) -> None:
    if instance_class is not None:
        class_named(instance_class)
    if storage is not None and storage < instance.allocated_storage:
        raise errors.InvalidParameterCombination(
            reason=f"Requested allocated storage ({storage} GiB) is less than the current one "
            f"({instance.allocated_storage} GiB)."
        )
    check_storage(storage or instance.allocated_storage, storage_type or "gp2", most)


def _set(record: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        if value is not None:
            setattr(record, name, value)


def _password(
    ctx: Context, instance: DBInstance, password: str, managed: bool | None, rotate: bool, kms_key: str
) -> None:
    """The machine hears of a new password as soon as this is written."""
    secrets = secrets_of(ctx.tx, ctx.world.sealer, instance)
    if password and (managed or (instance.secret_arn and managed is None)):
        raise errors.InvalidParameterCombination(
            reason="You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled."
        )
    if password:
        check_password(ENGINES[instance.engine], password)
        secrets.master_password = password
        note(ctx, instance, "The master user password was changed", "configuration change")
    if managed is False and instance.secret_arn:
        ctx.call("secretsmanager", "delete_secret", secret_id=instance.secret_arn, force_delete_without_recovery=True)
        instance.secret_arn = None
    if managed and not instance.secret_arn:
        secrets.master_password = new_password(ctx)
        keep_in_secrets_manager(ctx, instance, secrets, kms_key)
    elif rotate:
        raise errors.InvalidParameterCombination(reason="Rotation of a managed master password is not available here.")
    keep(ctx.tx, ctx.world.sealer, instance, secrets)


def _ask(instance: DBInstance, wanted: dict[str, Any]) -> None:
    """Note what is to become otherwise than it is."""
    for name, value in wanted.items():
        if value is not None and value != getattr(instance, name):
            setattr(instance.pending, name, value)


def apply_pending(ctx: Context, instance: DBInstance) -> DBInstance:
    """Do what waits: the controller makes it so. A new identifier makes a new record of the same instance."""
    pending, instance.pending = instance.pending, Pending()
    if pending.port is not None:
        instance.restarts += 1
    changed = {name: getattr(pending, name) for name in pending.__struct_fields__ if name != "db_instance_identifier"}
    _set(instance, changed)
    if pending.db_instance_class is not None:
        instance.applied_parameters = {}  # the machine of the new class starts with what its memory allows
    if any(changed[name] is not None for name in _RESTARTING) and instance.db_instance_status == "available":
        instance.db_instance_status = "modifying"
        note(ctx, instance, "Applying modification to DB instance", "configuration change")
    if pending.db_instance_identifier is None:
        return instance
    return _renamed(ctx, instance, pending.db_instance_identifier)


def _renamed(ctx: Context, instance: DBInstance, name: str) -> DBInstance:
    if ctx.exists(DBInstance, name):
        raise errors.DBInstanceAlreadyExists()
    ctx.delete(instance)
    instance.db_instance_identifier = name
    instance.endpoint_name = f"{name}.{instance.endpoint_name.partition('.')[2]}"
    secrets = secrets_of(ctx.tx, ctx.world.sealer, instance)
    secrets.certificate = secrets.key = ""  # of the old name: the controller makes another
    keep(ctx.tx, ctx.world.sealer, instance, secrets)
    return instance
