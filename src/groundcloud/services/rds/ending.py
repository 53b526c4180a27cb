"""The end of an instance, and its rest: DeleteDBInstance, StopDBInstance, StartDBInstance, RebootDBInstance."""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.rds import errors
from groundcloud.services.rds.lookup import identifier, instance_named, note, on
from groundcloud.services.rds.records import DBInstance, DBSnapshot
from groundcloud.services.rds.snapshots import new_snapshot
from groundcloud.services.rds.views import instance_shown

_MAY_END = ("available", "stopped", "failed", "storage-full", "incompatible-parameters", "incompatible-network",
             "restore-error", "inaccessible-encryption-credentials-recoverable", "creating", "starting",
             "stopping", "rebooting", "modifying",
            "backing-up")  # fmt: skip


def need(instance: DBInstance, *states: str) -> None:
    """Raises `InvalidDBInstanceState`."""
    if instance.db_instance_status not in states:
        raise errors.InvalidDBInstanceState(
            reason=f"Instance {instance.db_instance_identifier} is not in {' or '.join(states)} state."
        )


def need_alone(instance: DBInstance) -> None:
    """What instances of clusters cannot: AWS does it to the cluster. Raises `InvalidDBInstanceState`."""
    if instance.db_cluster_identifier:
        raise errors.InvalidDBInstanceState(
            reason=f"The operation is not valid for {instance.db_instance_identifier}, a member of the cluster "
            f"{instance.db_cluster_identifier}."
        )


def _check_member(ctx: Context, instance: DBInstance) -> None:
    """Raises `InvalidDBInstanceState`."""
    if ctx.exists(DBInstance, instance.dbi_resource_id, index="by_source"):
        raise errors.InvalidDBInstanceState(
            reason=f"{instance.db_instance_identifier} writes in its cluster, and others follow it: fail over first."
        )


@operation(on=on("db", "db_instance_identifier"))
def delete_db_instance(
    ctx: Context,
    db_instance_identifier: str,
    skip_final_snapshot: bool = False,
    final_db_snapshot_identifier: str = "",
    delete_automated_backups: bool = True,
) -> object:
    instance = instance_named(ctx, db_instance_identifier)
    if instance.deletion_protection:
        raise errors.InvalidParameterCombination(
            reason="Cannot delete protected DB Instance, please disable deletion protection and try again."
        )
    if instance.db_instance_status == "deleting":
        raise errors.InvalidDBInstanceState(
            reason=f"Instance {instance.db_instance_identifier} is already being deleted."
        )
    need(instance, *_MAY_END)
    if skip_final_snapshot and final_db_snapshot_identifier:
        raise errors.InvalidParameterCombination(
            reason="FinalDBSnapshotIdentifier can not be specified when deleting an instance with SkipFinalSnapshot"
        )
    if instance.db_cluster_identifier:
        _check_member(ctx, instance)
    elif not skip_final_snapshot:
        _keep_final(ctx, instance, final_db_snapshot_identifier)
    instance.keep_backups = not delete_automated_backups
    instance.db_instance_status = "deleting"
    ctx.put(instance)
    note(ctx, instance, "DB instance is being deleted", "deletion")
    return {"db_instance": instance_shown(ctx, instance)}


def _keep_final(ctx: Context, instance: DBInstance, name: str) -> None:
    if instance.source_resource_id:
        raise errors.InvalidParameterCombination(
            reason="FinalDBSnapshotIdentifier can not be specified when deleting a replica instance."
        )
    if not name:
        raise errors.InvalidParameterCombination(
            reason="FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
        )
    name = identifier(name, "FinalDBSnapshotIdentifier")
    if ctx.exists(DBSnapshot, name):
        raise errors.DBSnapshotAlreadyExists(name=name)
    need(instance, "available", "stopped", "storage-full", "incompatible-parameters", "backing-up")
    ctx.put(new_snapshot(ctx, instance, name, "manual"))
    instance.final_snapshot = name


@operation(on=on("db", "db_instance_identifier"))
def stop_db_instance(ctx: Context, db_instance_identifier: str, db_snapshot_identifier: str = "") -> object:
    instance = instance_named(ctx, db_instance_identifier)
    need_alone(instance)
    need(instance, "available")
    if instance.source_resource_id or ctx.exists(DBInstance, instance.dbi_resource_id, index="by_source"):
        raise errors.InvalidDBInstanceState(
            reason="Cannot stop or start a read replica instance or an instance that has read replicas."
        )
    if db_snapshot_identifier:
        ctx.put(new_snapshot(ctx, instance, identifier(db_snapshot_identifier, "DBSnapshotIdentifier"), "manual"))
    instance.db_instance_status = "stopping"
    ctx.put(instance)
    return {"db_instance": instance_shown(ctx, instance)}


@operation(on=on("db", "db_instance_identifier"))
def start_db_instance(ctx: Context, db_instance_identifier: str) -> object:
    instance = instance_named(ctx, db_instance_identifier)
    need(instance, "stopped")
    instance.db_instance_status = "starting"
    ctx.put(instance)
    return {"db_instance": instance_shown(ctx, instance)}


@operation(on=on("db", "db_instance_identifier"))
def reboot_db_instance(ctx: Context, db_instance_identifier: str, force_failover: bool = False) -> object:
    instance = instance_named(ctx, db_instance_identifier)
    if force_failover and not instance.multi_az:
        raise errors.InvalidParameterCombination(reason="Cannot failover a Single-AZ instance.")
    need(instance, "available", "incompatible-parameters")
    instance.db_instance_status = "rebooting"
    instance.applied_parameters = {}
    if force_failover:
        instance.failover_asked = True
    else:
        instance.restarts += 1
    ctx.put(instance)
    return {"db_instance": instance_shown(ctx, instance)}
