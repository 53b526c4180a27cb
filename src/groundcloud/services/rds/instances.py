"""Instances: made, and what a request for one must hold. `changing.py` and `ending.py` have the rest of their life."""

import json
import re
from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.rds import encryption, errors, subnet_groups
from groundcloud.services.rds.cluster_records import DBCluster
from groundcloud.services.rds.engines import Engine, class_named, engine_named, version_for
from groundcloud.services.rds.log_exports import checked_exports
from groundcloud.services.rds.lookup import checked_groups, cluster_named, default_groups, identifier, merged, on
from groundcloud.services.rds.options import default_option_group
from groundcloud.services.rds.parameter_groups import group_for
from groundcloud.services.rds.records import DBInstance, DBSubnetGroup, Tag
from groundcloud.services.rds.secrets import Secrets, keep, new_password, new_secrets, secrets_of
from groundcloud.services.rds.views import instance_shown

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_USER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_RESERVED = {
    "rdsadmin", "rdsrepladmin", "rds_superuser", "rds_iam", "rds_replication", "rds_password", "public", "none",
    "pg_monitor", "mysql", "mariadb.sys",
}  # fmt: skip
SMALLEST, LARGEST = 5, 65536
"""GiB. AWS takes 20 and more for SSD volumes, 5 and more for magnetic ones."""


def check_password(engine: Engine, password: str) -> None:
    """Source: `MasterUserPassword` in the API reference. Raises `InvalidParameterValue`."""
    longest = 128 if engine.name == "postgres" else 41
    if not 8 <= len(password) <= longest:
        raise errors.InvalidParameterValue(
            reason="The parameter MasterUserPassword is not a valid password because it is "
            f"{'shorter than 8' if len(password) < 8 else f'longer than {longest}'} characters."
        )
    if any((each in "/@\" '" and each != "'") or not 32 < ord(each) < 127 for each in password):
        raise errors.InvalidParameterValue(
            reason="The parameter MasterUserPassword is not a valid password. Only printable ASCII characters besides "
            "'/', '@', '\"', ' ' may be used."
        )


def check_user(engine: Engine, name: str) -> None:
    """Raises `InvalidParameterValue`."""
    longest = 63 if engine.name == "postgres" else 16 if engine.name == "mariadb" else 32
    if not _USER.fullmatch(name) or len(name) > longest:
        raise errors.InvalidParameterValue(
            reason="The parameter MasterUsername must begin with a letter and contain only alphanumeric characters."
        )
    if name.lower() in _RESERVED or name.lower().startswith("pg_"):
        raise errors.InvalidParameterValue(
            reason=f"MasterUsername {name} cannot be used as it is a reserved word used by the engine"
        )


def check_storage(size: int, storage_type: str, most: int | None) -> None:
    if not SMALLEST <= size <= LARGEST:
        raise errors.InvalidParameterValue(
            reason=f"Invalid storage size for engine name and storage type {storage_type}: {size}"
        )
    if most is not None and most < size:
        raise errors.InvalidParameterCombination(
            reason="Invalid max storage size: MaxAllocatedStorage must be greater than AllocatedStorage"
        )
    if storage_type not in ("standard", "gp2", "gp3", "io1", "io2"):
        raise errors.StorageTypeNotSupported(reason=f"Invalid storage type: {storage_type}")


def check_retention(days: int) -> int:
    if not 0 <= days <= 35:
        raise errors.InvalidParameterValue(
            reason=f"Invalid backup retention period: {days}. Must be between 0 and 35 days."
        )
    return days


_DAYS = "(mon|tue|wed|thu|fri|sat|sun)"


def backup_window(ctx: Context, wanted: str) -> str:
    """As asked, or one of half an hour at night that is drawn. Raises `InvalidParameterValue`."""
    if not wanted:
        start = 180 + int.from_bytes(ctx.random(2), "big") % 450
        return f"{start // 60:02d}:{start % 60:02d}-{(start + 30) // 60:02d}:{(start + 30) % 60:02d}"
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d", wanted):
        raise errors.InvalidParameterValue(reason=f"Invalid preferred backup window format: {wanted}")
    return wanted


def maintenance_window(ctx: Context, wanted: str) -> str:
    if not wanted:
        day = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[ctx.random(1)[0] % 7]
        minute = int.from_bytes(ctx.random(2), "big") % 60
        return f"{day}:03:{minute:02d}-{day}:{3 + (minute + 30) // 60:02d}:{(minute + 30) % 60:02d}"
    found = wanted.lower()
    if not re.fullmatch(rf"{_DAYS}:\d\d:\d\d-{_DAYS}:\d\d:\d\d", found):
        raise errors.InvalidParameterValue(reason=f"Invalid maintenance window format: {wanted}")
    return found


def check_port(port: int) -> int:
    if not 1150 <= port <= 65535:
        raise errors.InvalidParameterValue(reason=f"Invalid port number {port}. It must be between 1150 and 65535.")
    return port


def new_instance(
    ctx: Context,
    engine: Engine,
    name: str,
    group: DBSubnetGroup,
    *,
    instance_class: str,
    port: int | None,
    group_ids: Sequence[str],
    zone: str,
    multi_az: bool,
    public: bool | None,
    parameter_group: str,
    option_group: str,
    tags: Sequence[Tag],
    **fields: Any,
) -> DBInstance:
    """The record of an instance that a request or a restore asks for. Raises RDS's errors."""
    if "machines" not in ctx.world.engines:
        raise errors.NoMachines()
    name = identifier(name)
    if ctx.exists(DBInstance, name):
        raise errors.DBInstanceAlreadyExists()
    class_named(instance_class)
    zones = {each for _, each in group.subnets}
    if zone and zone not in zones:
        raise errors.InvalidVPCNetworkState(
            reason=f"The DB instance cannot be created in {zone}: the DB subnet group has no subnet there."
        )
    if zone and multi_az:
        raise errors.InvalidParameterCombination(
            reason="Requesting a specific availability zone is not valid for Multi-AZ instances."
        )
    if multi_az and len(zones) < 2:
        raise errors.DBSubnetGroupDoesNotCoverEnoughAZs(zones=", ".join(sorted(zones)))
    groups = checked_groups(ctx, group.vpc_id, group_ids) if group_ids else default_groups(ctx, group.vpc_id)
    endpoint = f"{name}.c{stable(ctx)}.{ctx.region}.rds.amazonaws.com"
    return DBInstance(
        account=ctx.account, region=ctx.region, db_instance_identifier=name,
        dbi_resource_id=f"db-{ctx.random_text('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 26)}",
        db_instance_class=instance_class, engine=engine.name, port=check_port(port or engine.port),
        endpoint_name=endpoint, subnet_group=group.db_subnet_group_name, vpc_id=group.vpc_id, groups=groups,
        parameter_group=group_for(ctx, engine, parameter_group), multi_az=multi_az, availability_zone=zone,
        option_group=default_option_group(ctx, engine, option_group), instance_create_time=ctx.now(),
        publicly_accessible=group.db_subnet_group_name == "default" if public is None else public,
        license_model=engine.license_model, tags=merged((), tags), **fields,
    )  # fmt: skip


def stable(ctx: Context) -> str:
    """What all endpoints of an account in a Region share, as AWS's do."""
    known = next(ctx.scan(DBInstance), None)
    if known is not None:
        return known.endpoint_name.split(".")[1][1:]
    cluster = next(ctx.scan(DBCluster), None)
    return cluster.endpoint.split(".")[1].removeprefix("cluster-c") if cluster else ctx.random_text(_LETTERS, 11)


@operation(
    on=on("db", "db_instance_identifier"),
    conditions={
        "rds:DatabaseEngine": "engine",
        "rds:DatabaseClass": "db_instance_class",
        "rds:StorageSize": "allocated_storage",
        "rds:MultiAz": "multi_az",
    },
    harmless=["EnablePerformanceInsights", "PerformanceInsightsRetentionPeriod", "MonitoringInterval",
              "NetworkType", "BackupTarget", "EngineLifecycleSupport", "DatabaseInsightsMode", "DBSecurityGroups",
              "CopyTagsToSnapshot", "DedicatedLogVolume",
              "EnableCustomerOwnedIp", "MultiTenant"],
)  # fmt: skip
def create_db_instance(
    ctx: Context,
    db_instance_identifier: str,
    db_instance_class: str,
    engine: str,
    db_name: str | None = None,
    allocated_storage: int | None = None,
    master_username: str = "",
    master_user_password: str = "",
    vpc_security_group_ids: Sequence[str] = (),
    availability_zone: str = "",
    db_subnet_group_name: str = "",
    preferred_maintenance_window: str = "",
    db_parameter_group_name: str = "",
    backup_retention_period: int = 1,
    preferred_backup_window: str = "",
    port: int | None = None,
    multi_az: bool = False,
    engine_version: str = "",
    auto_minor_version_upgrade: bool = True,
    license_model: str = "",
    iops: int | None = None,
    storage_throughput: int | None = None,
    option_group_name: str = "",
    character_set_name: str = "",
    publicly_accessible: bool | None = None,
    tags: Sequence[Tag] = (),
    storage_type: str = "",
    storage_encrypted: bool = False,
    kms_key_id: str = "",
    enable_iam_database_authentication: bool = False,
    enable_cloudwatch_logs_exports: Sequence[str] = (),
    deletion_protection: bool = False,
    max_allocated_storage: int | None = None,
    ca_certificate_identifier: str = "rds-ca-rsa2048-g1",
    manage_master_user_password: bool = False,
    master_user_secret_kms_key_id: str = "",
    db_cluster_identifier: str = "",
    promotion_tier: int | None = None,
) -> object:
    kind = engine_named(engine)
    if kind.clustered:
        if storage_encrypted or kms_key_id:
            raise errors.InvalidParameterCombination(reason="The storage of a cluster is not encrypted in this cloud.")
        made = new_member(
            ctx, kind, db_cluster_identifier, db_instance_identifier, instance_class=db_instance_class,
            zone=availability_zone, public=publicly_accessible, parameter_group=db_parameter_group_name, tags=tags,
            promotion_tier=promotion_tier, auto_minor_version_upgrade=auto_minor_version_upgrade,
            exports=enable_cloudwatch_logs_exports,
            preferred_maintenance_window=maintenance_window(ctx, preferred_maintenance_window),
        )  # fmt: skip
        return {"db_instance": {**made, "pending_modified_values": {}}}
    version = version_for(kind, engine_version)
    _check_not_there(kind, character_set_name, license_model)
    if allocated_storage is None:
        raise errors.InvalidParameterCombination(reason="The parameter AllocatedStorage must be provided")
    if not master_username:
        raise errors.InvalidParameterCombination(reason="The parameter MasterUsername must be provided")
    check_user(kind, master_username)
    check_storage(allocated_storage, storage_type or "gp2", max_allocated_storage)
    check_database(kind, db_name)
    secrets = _secrets(ctx, kind, master_user_password, manage_master_user_password)
    group = group_named(ctx, db_subnet_group_name)
    instance = new_instance(
        ctx, kind, db_instance_identifier, group, instance_class=db_instance_class, port=port,
        group_ids=vpc_security_group_ids, zone=availability_zone, multi_az=multi_az, public=publicly_accessible,
        parameter_group=db_parameter_group_name, option_group=option_group_name, tags=tags, engine_version=version,
        master_username=master_username, allocated_storage=allocated_storage, db_name=db_name or None,
        preferred_backup_window=backup_window(ctx, preferred_backup_window),
        preferred_maintenance_window=maintenance_window(ctx, preferred_maintenance_window),
        backup_retention_period=check_retention(backup_retention_period),
        auto_minor_version_upgrade=auto_minor_version_upgrade, iops=iops, storage_throughput=storage_throughput,
        storage_type=storage_type or ("io1" if iops else "gp2"), max_allocated_storage=max_allocated_storage,
        deletion_protection=deletion_protection,
        enabled_cloudwatch_logs_exports=checked_exports(kind, enable_cloudwatch_logs_exports),
        iam_database_authentication_enabled=enable_iam_database_authentication,
        ca_certificate_identifier=ca_certificate_identifier,
    )  # fmt: skip
    encryption.seal(ctx, instance, encryption.chosen_key(storage_encrypted, kms_key_id))
    if manage_master_user_password:
        keep_in_secrets_manager(ctx, instance, secrets, master_user_secret_kms_key_id)
    return {"db_instance": started(ctx, instance, secrets)}


def check_there(cluster: DBCluster) -> None:
    """Raises `InvalidDBClusterState` for a cluster that is being deleted."""
    if cluster.status == "deleting":
        raise errors.InvalidDBClusterState(reason=f"Cluster {cluster.db_cluster_identifier} is being deleted.")


def new_member(
    ctx: Context, engine: Engine, cluster_name: str, name: str, *, instance_class: str, zone: str, public: bool | None,
    parameter_group: str, tags: Sequence[Tag], exports: Sequence[str], **fields: Any,
) -> dict[str, Any]:  # fmt: skip
    """An instance of a cluster: the first writes, the others follow it."""
    if not cluster_name:
        raise errors.InvalidParameterCombination(
            reason=f"The parameter DBClusterIdentifier must be provided for the engine {engine.name}"
        )
    cluster = cluster_named(ctx, cluster_name)
    check_there(cluster)
    if cluster.engine != engine.name:
        raise errors.InvalidParameterCombination(
            reason=f"The engine {engine.name} does not match the cluster's, {cluster.engine}."
        )
    instance = new_instance(
        ctx, engine, name, group_named(ctx, cluster.subnet_group), instance_class=instance_class, port=cluster.port,
        group_ids=cluster.groups, zone=zone, multi_az=False, public=public, parameter_group=parameter_group,
        option_group="", tags=tags, engine_version=cluster.engine_version, master_username=cluster.master_username,
        allocated_storage=cluster.storage, max_allocated_storage=LARGEST, storage_type="aurora",
        db_name=cluster.database_name, db_cluster_identifier=cluster.db_cluster_identifier, backup_retention_period=0,
        preferred_backup_window=cluster.preferred_backup_window, deletion_protection=False,
        enabled_cloudwatch_logs_exports=checked_exports(engine, exports), **fields,
    )  # fmt: skip
    if cluster.writer:
        instance.source_resource_id = cluster.writer
        instance.seed = ctx.new_id("rds-replica")
        source = next(ctx.scan(DBInstance, cluster.writer, index="by_resource"))
        instance.allocated_storage = max(instance.allocated_storage, source.allocated_storage)
    else:
        instance.seed = cluster.seed
        cluster.writer = instance.dbi_resource_id
        ctx.put(cluster)
    before = secrets_of(ctx.tx, ctx.world.sealer, cluster)
    return started(ctx, instance, Secrets(before.master_password, before.replication_password))


def started(ctx: Context, instance: DBInstance, secrets: Secrets) -> dict[str, Any]:
    """Write a new instance down: its controller makes it."""
    keep(ctx.tx, ctx.world.sealer, instance, secrets)
    ctx.put(instance)
    shown = instance_shown(ctx, instance)
    return {**shown, "pending_modified_values": {"master_user_password": "****"}}


def group_named(ctx: Context, name: str) -> DBSubnetGroup:
    return ctx.find(DBSubnetGroup, name.lower()) if name and name != "default" else subnet_groups.default_group(ctx)


def check_database(engine: Engine, name: str | None) -> None:
    """Raises `InvalidParameterValue`."""
    if name and (not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or len(name) > 64):
        raise errors.InvalidParameterValue(
            reason="DBName must begin with a letter and contain only alphanumeric characters."
        )


def _check_not_there(engine: Engine, character_set: str, license_model: str) -> None:
    if character_set:
        raise errors.InvalidParameterCombination(
            reason=f"The parameter CharacterSetName is not valid for the engine {engine.name}."
        )
    if license_model and license_model != engine.license_model:
        raise errors.InvalidParameterCombination(reason=f"Invalid license model '{license_model}' for {engine.name}.")


def _secrets(ctx: Context, engine: Engine, password: str, managed: bool) -> Secrets:
    if managed:
        if password:
            raise errors.InvalidParameterCombination(
                reason="You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled."
            )
        return new_secrets(ctx, new_password(ctx))
    if not password:
        raise errors.InvalidParameterCombination(
            reason="The parameter MasterUserPassword must be provided and must not be blank."
        )
    check_password(engine, password)
    return new_secrets(ctx, password)


def keep_in_secrets_manager(ctx: Context, instance: DBInstance, secrets: Secrets, kms_key: str) -> None:
    """The secret that has the master password, as AWS names it."""
    name = f"rds!db-{_dashed(ctx.random(16).hex())}"
    value = json.dumps({"username": instance.master_username, "password": secrets.master_password})
    more = {"kms_key_id": kms_key} if kms_key else {}
    text = f"The secret associated with the primary RDS DB instance: {instance.arn}"
    made = ctx.call("secretsmanager", "create_secret", name=name, secret_string=value, description=text, **more)
    instance.secret_arn = made["arn"]


def _dashed(digits: str) -> str:
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
