"""How RDS shows its things."""

from typing import Any

from groundcloud.context import Context
from groundcloud.services.rds import subnet_groups
from groundcloud.services.rds.archives import window
from groundcloud.services.rds.backup_records import DBAutomatedBackup
from groundcloud.services.rds.engines import ENGINES
from groundcloud.services.rds.parameters import waiting
from groundcloud.services.rds.records import DBInstance, DBSnapshot
from groundcloud.services.rds.telling import instance_of

_NO_ENDPOINT = ("creating", "configuring")


def instance_shown(ctx: Context, instance: DBInstance) -> dict[str, Any]:
    """An instance as Describe and all others answer with it."""
    replicas = [each.db_instance_identifier
                for each in ctx.scan(DBInstance, instance.dbi_resource_id, index="by_source")]  # fmt: skip
    source = instance_of(ctx.tx, instance.account, instance.region, instance.source_resource_id)
    has_endpoint = instance.availability_zone and instance.db_instance_status not in _NO_ENDPOINT
    endpoint = {
        "address": instance.endpoint_name,
        "port": instance.port,
        "hosted_zone_id": endpoint_zone(instance.region),
    }
    known = window(ctx.get(DBAutomatedBackup, instance.dbi_resource_id))
    fields = {name: getattr(instance, name) for name in instance.__struct_fields__}
    return {
        **fields,
        "endpoint": endpoint if has_endpoint else None,
        "availability_zone": instance.availability_zone or None,
        "db_instance_arn": instance.arn,
        "db_instance_port": 0,
        "db_security_groups": [],
        "vpc_security_groups": [{"vpc_security_group_id": each, "status": "active"} for each in instance.groups],
        "db_parameter_groups": [
            {
                "db_parameter_group_name": instance.parameter_group,
                "parameter_apply_status": "pending-reboot" if waiting(ctx.tx, instance) else "in-sync",
            }
        ],
        "db_subnet_group": subnet_groups.shown(subnet_groups.group_of(ctx, instance)),
        "pending_modified_values": instance.pending,
        "latest_restorable_time": known[1] if known is not None and instance.backup_retention_period else None,
        "db_cluster_identifier": instance.db_cluster_identifier or None,
        "read_replica_source_db_instance_identifier": source.db_instance_identifier
        if source is not None and not instance.db_cluster_identifier
        else None,
        "read_replica_db_instance_identifiers": replicas if not instance.db_cluster_identifier else [],
        "option_group_memberships": [{"option_group_name": instance.option_group, "status": "in-sync"}],
        "status_infos": [
            {"status_type": "instance", "normal": False, "status": instance.db_instance_status, "message": each}
            for each in instance.status_infos
        ],
        "domain_memberships": [],
        "monitoring_interval": 0,
        "tag_list": instance.tags,
        "performance_insights_enabled": False,
        "customer_owned_ip_enabled": False,
        "network_type": "IPV4",
        "backup_target": "region",
        "activity_stream_status": "stopped",
        "associated_roles": [],
        "certificate_details": {"ca_identifier": instance.ca_certificate_identifier},
        "dedicated_log_volume": False,
        "engine_lifecycle_support": "open-source-rds-extended-support-disabled",
        "replica_mode": None,
        "master_user_secret": {"secret_arn": instance.secret_arn, "secret_status": "active"}
        if instance.secret_arn
        else None,
    }


def endpoint_zone(region: str) -> str:
    """The hosted zone of RDS's endpoints, which alias records name; AWS's for us-east-1, and one made up elsewhere."""
    return "Z2R2ITUGPM61AM" if region == "us-east-1" else "ZLA2NUCOLGUUR"


def snapshot_shown(snapshot: DBSnapshot) -> dict[str, Any]:
    engine = ENGINES[snapshot.engine]
    return {
        **{name: getattr(snapshot, name) for name in snapshot.__struct_fields__},
        "db_snapshot_arn": snapshot.arn,
        "license_model": engine.license_model,
        "percent_progress": 100 if snapshot.status == "available" else 0,
        "original_snapshot_create_time": snapshot.snapshot_create_time,
        "snapshot_target": "region",
        "storage_type": snapshot.storage_type,
        "tag_list": snapshot.tags,
        "processor_features": [],
    }
