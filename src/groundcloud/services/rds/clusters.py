"""Clusters (`aurora-postgresql`, `aurora-mysql`): instances of which one writes and the others follow it.

What Aurora's storage does is done by replication here: each instance has a volume of its own, and one of the readers
has every commit that was acknowledged. `roles.py` has the failover.
"""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.rds import errors
from groundcloud.services.rds.cluster_records import DBCluster
from groundcloud.services.rds.describing import Filter
from groundcloud.services.rds.engines import ENGINES, engine_named, version_for
from groundcloud.services.rds.instances import (
    backup_window,
    check_database,
    check_password,
    check_port,
    check_retention,
    check_there,
    check_user,
    group_named,
    maintenance_window,
    stable,
)
from groundcloud.services.rds.lookup import (
    checked_groups,
    cluster_named,
    default_groups,
    identifier,
    merged,
    named,
    note_cluster,
    on,
)
from groundcloud.services.rds.records import DBInstance, DBSecret, Tag
from groundcloud.services.rds.secrets import keep, new_secrets, secrets_of
from groundcloud.services.rds.telling import instance_of
from groundcloud.services.rds.views import endpoint_zone


def _members(ctx: Context, cluster: DBCluster) -> list[DBInstance]:
    return list(ctx.scan(DBInstance, cluster.db_cluster_identifier, index="by_cluster"))


def cluster_shown(ctx: Context, cluster: DBCluster) -> dict[str, Any]:
    """A cluster as Describe and all others answer with it."""
    members = _members(ctx, cluster)
    fields = {name: getattr(cluster, name) for name in cluster.__struct_fields__}
    engine = ENGINES[cluster.engine]
    return {
        **fields,
        "db_cluster_arn": cluster.arn,
        "availability_zones": sorted({each.availability_zone for each in members if each.availability_zone}),
        "allocated_storage": max((each.allocated_storage for each in members), default=1),
        "db_subnet_group": cluster.subnet_group,
        "db_cluster_parameter_group": engine.default_parameter_group,
        "vpc_security_groups": [{"vpc_security_group_id": each, "status": "active"} for each in cluster.groups],
        "multi_az": len({each.availability_zone for each in members}) > 1,
        "hosted_zone_id": endpoint_zone(cluster.region),
        "storage_encrypted": False,
        "associated_roles": [],
        "iam_database_authentication_enabled": False,
        "engine_mode": "provisioned",
        "http_endpoint_enabled": False,
        "activity_stream_status": "stopped",
        "cross_account_clone": False,
        "auto_minor_version_upgrade": False,
        "domain_memberships": [],
        "tag_list": cluster.tags,
        "read_replica_identifiers": [],
        "network_type": "IPV4",
        "db_cluster_members": [
            {
                "db_instance_identifier": each.db_instance_identifier,
                "is_cluster_writer": each.dbi_resource_id == cluster.writer,
                "db_cluster_parameter_group_status": "in-sync",
                "promotion_tier": 1 if each.promotion_tier is None else each.promotion_tier,
            }
            for each in members
        ],
    }


@operation(
    on=on("cluster", "db_cluster_identifier"),
    conditions={"rds:DatabaseEngine": "engine"},
    harmless=["AvailabilityZones", "EngineMode", "NetworkType", "EngineLifecycleSupport", "AutoMinorVersionUpgrade",
              "MonitoringInterval", "EnablePerformanceInsights", "DatabaseInsightsMode"],
)  # fmt: skip
def create_db_cluster(
    ctx: Context,
    db_cluster_identifier: str,
    engine: str,
    engine_version: str = "",
    database_name: str = "",
    master_username: str = "",
    master_user_password: str = "",
    port: int | None = None,
    db_subnet_group_name: str = "",
    vpc_security_group_ids: Sequence[str] = (),
    backup_retention_period: int = 1,
    preferred_backup_window: str = "",
    preferred_maintenance_window: str = "",
    deletion_protection: bool = False,
    copy_tags_to_snapshot: bool = False,
    tags: Sequence[Tag] = (),
) -> object:
    if "machines" not in ctx.world.engines:
        raise errors.NoMachines()
    kind = engine_named(engine)
    if not kind.clustered:
        raise errors.InvalidParameterCombination(
            reason=f"Multi-AZ DB clusters are not available in this cloud: a DB instance of {kind.name} with MultiAZ "
            "has a standby. There are clusters of aurora-postgresql and aurora-mysql."
        )
    name = identifier(db_cluster_identifier, "DBClusterIdentifier")
    if ctx.exists(DBCluster, name):
        raise errors.DBClusterAlreadyExists()
    if not master_username or not master_user_password:
        raise errors.InvalidParameterCombination(
            reason="The parameters MasterUsername and MasterUserPassword must be provided"
        )
    check_user(kind, master_username)
    check_password(kind, master_user_password)
    check_database(kind, database_name)
    group = group_named(ctx, db_subnet_group_name)
    groups = vpc_security_group_ids
    middle = f"{stable(ctx)}.{ctx.region}.rds.amazonaws.com"
    cluster = DBCluster(
        account=ctx.account, region=ctx.region, db_cluster_identifier=name,
        db_cluster_resource_id=f"cluster-{ctx.random_text('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 26)}",
        engine=kind.name, engine_version=version_for(kind, engine_version), master_username=master_username,
        port=check_port(port or kind.port), endpoint=f"{name}.cluster-c{middle}",
        reader_endpoint=f"{name}.cluster-ro-c{middle}", subnet_group=group.db_subnet_group_name, vpc_id=group.vpc_id,
        groups=checked_groups(ctx, group.vpc_id, groups) if groups else default_groups(ctx, group.vpc_id),
        cluster_create_time=ctx.now(), database_name=database_name or None,
        preferred_backup_window=backup_window(ctx, preferred_backup_window),
        preferred_maintenance_window=maintenance_window(ctx, preferred_maintenance_window),
        backup_retention_period=check_retention(backup_retention_period), deletion_protection=deletion_protection,
        copy_tags_to_snapshot=copy_tags_to_snapshot, tags=merged((), tags),
    )  # fmt: skip
    keep(ctx.tx, ctx.world.sealer, cluster, new_secrets(ctx, master_user_password))
    ctx.put(cluster)
    note_cluster(ctx, cluster, "DB cluster created", "creation")
    return {"db_cluster": {**cluster_shown(ctx, cluster), "status": "creating"}}


@operation(on=on("cluster", "db_cluster_identifier"), read=True, harmless=["IncludeShared"])
def describe_db_clusters(ctx: Context, db_cluster_identifier: str = "", filters: Sequence[Filter] = ()) -> object:
    for each in filters:
        if each.name not in _FILTERS:
            raise errors.InvalidParameterValue(reason=f"Unrecognized filter name: {each.name}")

    def passes(cluster: DBCluster) -> bool:
        return all(getattr(cluster, _FILTERS[each.name]) in map(named, each.values) for each in filters)

    if db_cluster_identifier:
        found = cluster_named(ctx, db_cluster_identifier)
        return {"db_clusters": [cluster_shown(ctx, found)] if passes(found) else []}
    return {"db_clusters": ctx.page(DBCluster, where=passes, each=lambda each: cluster_shown(ctx, each))}


_FILTERS = {"db-cluster-id": "db_cluster_identifier", "engine": "engine"}


@operation(on=on("cluster", "db_cluster_identifier"), harmless=["ApplyImmediately", "AllowMajorVersionUpgrade"])
def modify_db_cluster(
    ctx: Context,
    db_cluster_identifier: str,
    master_user_password: str = "",
    deletion_protection: bool | None = None,
    backup_retention_period: int | None = None,
    preferred_backup_window: str = "",
    preferred_maintenance_window: str = "",
    copy_tags_to_snapshot: bool | None = None,
) -> object:
    cluster = cluster_named(ctx, db_cluster_identifier)
    if master_user_password:
        check_password(ENGINES[cluster.engine], master_user_password)
        owners: list[DBCluster | DBInstance] = [cluster, *_members(ctx, cluster)]
        for each in owners:
            secrets = secrets_of(ctx.tx, ctx.world.sealer, each)
            secrets.master_password = master_user_password
            keep(ctx.tx, ctx.world.sealer, each, secrets)
        note_cluster(ctx, cluster, "Reset master credentials", "configuration change")
    if deletion_protection is not None:
        cluster.deletion_protection = deletion_protection
    if backup_retention_period is not None:
        cluster.backup_retention_period = check_retention(backup_retention_period)
    if preferred_backup_window:
        cluster.preferred_backup_window = backup_window(ctx, preferred_backup_window)
    if preferred_maintenance_window:
        cluster.preferred_maintenance_window = maintenance_window(ctx, preferred_maintenance_window)
    if copy_tags_to_snapshot is not None:
        cluster.copy_tags_to_snapshot = copy_tags_to_snapshot
    return {"db_cluster": cluster_shown(ctx, ctx.put(cluster))}


@operation(on=on("cluster", "db_cluster_identifier"), harmless=["DeleteAutomatedBackups"])
def delete_db_cluster(
    ctx: Context,
    db_cluster_identifier: str,
    skip_final_snapshot: bool = False,
    final_db_snapshot_identifier: str = "",
) -> object:
    cluster = cluster_named(ctx, db_cluster_identifier)
    check_there(cluster)
    if cluster.deletion_protection:
        raise errors.InvalidParameterCombination(
            reason="Cannot delete protected Cluster, please disable deletion protection and try again."
        )
    if not skip_final_snapshot:
        raise errors.InvalidParameterCombination(
            reason="Snapshots of clusters are not available in this cloud: a cluster is deleted with SkipFinalSnapshot."
        )
    if _members(ctx, cluster):
        raise errors.InvalidDBClusterState(
            reason="Cluster cannot be deleted, it still contains DB instances in non-deleting state."
        )
    secret = ctx.get(DBSecret, cluster.dbi_resource_id)
    if secret is not None:
        ctx.delete(secret)
    cluster.status = "deleting"
    note_cluster(ctx, ctx.put(cluster), "DB cluster deleted", "deletion")
    return {"db_cluster": cluster_shown(ctx, cluster)}


@operation(on=on("cluster", "db_cluster_identifier"))
def failover_db_cluster(ctx: Context, db_cluster_identifier: str, target_db_instance_identifier: str = "") -> object:
    cluster = cluster_named(ctx, db_cluster_identifier)
    readers = {
        each.db_instance_identifier: each
        for each in _members(ctx, cluster)
        if each.dbi_resource_id != cluster.writer and each.db_instance_status == "available"
    }
    writer = instance_of(ctx.tx, cluster.account, cluster.region, cluster.writer) if cluster.writer else None
    if writer is None or not readers or cluster.target:
        raise errors.InvalidDBClusterState(
            reason=f"Cluster {cluster.db_cluster_identifier} cannot fail over: it needs a reader that is available."
        )
    chosen = named(target_db_instance_identifier)
    if chosen and chosen not in readers:
        raise errors.InvalidDBInstanceState(reason=f"{chosen} is no available reader of this cluster.")
    cluster.target = readers[chosen].dbi_resource_id if chosen else "any"
    cluster.status = "failing-over"
    ctx.put(cluster)
    ctx.put(writer)  # its controller does it
    return {"db_cluster": cluster_shown(ctx, cluster)}
