"""What there is: instances, engine versions, classes, certificates and events."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import page_of
from groundcloud.services.rds import errors
from groundcloud.services.rds.engines import ENGINES, Engine, classes, engine_named
from groundcloud.services.rds.instances import LARGEST
from groundcloud.services.rds.lookup import instance_named, named, on
from groundcloud.services.rds.records import DBInstance, Event
from groundcloud.services.rds.subscriptions import CATEGORIES
from groundcloud.services.rds.views import instance_shown
from groundcloud.store import Part


class Filter(Part):
    name: str = ""
    values: list[str] = []


_FILTERS: dict[str, Callable[[DBInstance], str]] = {
    "db-cluster-id": lambda instance: instance.db_cluster_identifier,
    "db-instance-id": lambda instance: instance.db_instance_identifier,
    "dbi-resource-id": lambda instance: instance.dbi_resource_id,
    "domain": lambda instance: "",
    "engine": lambda instance: instance.engine,
}


def _passes(filters: Sequence[Filter]) -> Callable[[DBInstance], bool]:
    """Raises `InvalidParameterValue` for a filter that DescribeDBInstances has not."""
    for each in filters:
        if each.name not in _FILTERS:
            raise errors.InvalidParameterValue(reason=f"Unrecognized filter name: {each.name}")
    return lambda instance: all(
        _FILTERS[each.name](instance) in [named(value) if each.name == "db-instance-id" else value
                                          for value in each.values]
        for each in filters
    )  # fmt: skip


@operation(on=on("db", "db_instance_identifier"), read=True)
def describe_db_instances(ctx: Context, db_instance_identifier: str = "", filters: Sequence[Filter] = ()) -> object:
    passes = _passes(filters)
    if db_instance_identifier:
        found = instance_named(ctx, db_instance_identifier)
        return {"db_instances": [instance_shown(ctx, found)] if passes(found) else []}
    return {"db_instances": ctx.page(DBInstance, where=passes, each=lambda each: instance_shown(ctx, each))}


def _version_shown(engine: Engine) -> dict[str, Any]:
    return {
        "engine": engine.name,
        "engine_version": engine.version,
        "major_engine_version": engine.major,
        "db_parameter_group_family": engine.family,
        "db_engine_description": engine.description,
        "db_engine_version_description": engine.version_description,
        "valid_upgrade_target": [],
        "exportable_log_types": list(engine.log_types),
        "supports_log_exports_to_cloudwatch_logs": True,
        "supports_read_replica": True,
        "supported_engine_modes": ["provisioned"],
        "supported_feature_names": [],
        "status": "available",
        "supports_parallel_query": False,
        "supports_global_databases": False,
        "supports_babelfish": False,
        "supports_local_write_forwarding": False,
        "supported_ca_certificate_identifiers": ["rds-ca-rsa2048-g1"],
        "supports_certificate_rotation_without_restart": True,
    }


@operation(on="*", read=True, harmless=["Filters", "ListSupportedCharacterSets", "ListSupportedTimezones"])
def describe_db_engine_versions(
    ctx: Context,
    engine: str = "",
    engine_version: str = "",
    db_parameter_group_family: str = "",
    default_only: bool = False,
    include_all: bool = False,
) -> object:
    found = [
        each
        for each in ENGINES.values()
        if engine in ("", each.name)
        and (not engine_version or each.version.startswith(engine_version))
        and db_parameter_group_family in ("", each.family)
    ]
    return {"db_engine_versions": page_of(map(_version_shown, found), lambda each: str(each["engine"]))}


@operation(on="*", read=True, harmless=["Filters", "Vpc", "LicenseModel", "AvailabilityZoneGroup"])
def describe_orderable_db_instance_options(
    ctx: Context, engine: str, engine_version: str = "", db_instance_class: str = ""
) -> object:
    kind = engine_named(engine)
    zones = ctx.call("ec2", "describe_availability_zones")["availability_zones"]
    names = [{"name": each["zone_name"] if isinstance(each, dict) else each.zone_name} for each in zones]
    found = [
        {
            "engine": kind.name,
            "engine_version": kind.version,
            "db_instance_class": each,
            "license_model": kind.license_model,
            "availability_zones": names,
            "multi_az_capable": True,
            "read_replica_capable": True,
            "vpc": True,
            "supports_storage_encryption": True,
            "storage_type": storage,
            "supports_iops": False,
            "supports_enhanced_monitoring": False,
            "supports_iam_database_authentication": True,
            "supports_performance_insights": False,
            "min_storage_size": 5,
            "max_storage_size": LARGEST,
            "supported_engine_modes": ["provisioned"],
            "supports_storage_autoscaling": True,
            "outpost_capable": False,
            "supported_network_types": ["IPV4"],
            "supports_clusters": kind.clustered,
        }
        for each in classes()
        if db_instance_class in ("", each)
        for storage in ("gp2", "gp3", "standard")
    ]
    if engine_version and not kind.version.startswith(engine_version):
        found = []
    key = lambda each: f"{each['db_instance_class']} {each['storage_type']}"  # noqa: E731
    return {"orderable_db_instance_options": page_of(found, key)}


_EVENT_DAYS = 14


@operation(on="es:*", read=True, harmless=["Filters"])
def describe_events(
    ctx: Context,
    source_identifier: str = "",
    source_type: str = "",
    start_time: datetime | None = None,
    end_time: datetime | None = None,
    duration: int = 60,
    event_categories: Sequence[str] = (),
) -> object:
    if source_identifier and not source_type:
        raise errors.InvalidParameterCombination(reason="SourceIdentifier cannot be specified without SourceType")
    now = ctx.now()
    end = end_time or now + timedelta(seconds=1)
    start = max(start_time or end - timedelta(minutes=duration), now - timedelta(days=_EVENT_DAYS))
    source = named(source_identifier)

    def passes(event: Event) -> bool:
        return (
            start <= event.date <= end
            and source in ("", event.source_identifier)
            and source_type in ("", event.source_type)
            and (not event_categories or bool(set(event_categories) & set(event.event_categories)))
        )

    return {"events": ctx.page(Event, where=passes)}


@operation(on="*", read=True)
def describe_event_categories(ctx: Context, source_type: str = "", filters: Sequence[Filter] = ()) -> object:
    found = [
        {"source_type": kind, "event_categories": names}
        for kind, names in CATEGORIES.items()
        if source_type in ("", kind)
    ]
    return {"event_categories_map_list": found}


@operation(on="*", read=True, harmless=["Filters"])
def describe_certificates(ctx: Context, certificate_identifier: str = "") -> object:
    if certificate_identifier not in ("", "rds-ca-rsa2048-g1"):
        raise errors.CertificateNotFound(name=certificate_identifier)
    shown = {
        "certificate_identifier": "rds-ca-rsa2048-g1",
        "certificate_type": "CA",
        "certificate_arn": f"arn:aws:rds:{ctx.region}::cert:rds-ca-rsa2048-g1",
        "customer_override": False,
    }
    return {"certificates": [shown], "default_certificate_for_new_launches": "rds-ca-rsa2048-g1"}
