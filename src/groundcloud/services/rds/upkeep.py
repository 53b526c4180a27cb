"""What an instance can become, and what waits to be done to it."""

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.rds.ending import need
from groundcloud.services.rds.instances import LARGEST
from groundcloud.services.rds.lookup import instance_named, on


@operation(on=on("db", "db_instance_identifier"), read=True)
def describe_valid_db_instance_modifications(ctx: Context, db_instance_identifier: str) -> object:
    instance = instance_named(ctx, db_instance_identifier)
    need(instance, "available", "storage-full", "incompatible-parameters", "stopped")
    sizes = [{"from_": instance.allocated_storage, "to": LARGEST, "step": 1}]
    storage = [
        {"storage_type": each, "storage_size": sizes, "supports_storage_autoscaling": True}
        for each in ("gp2", "gp3", "standard")
    ]
    return {"valid_db_instance_modifications_message": {"storage": storage, "supports_dedicated_log_volume": False}}


@operation(on="*", read=True, harmless=["Filters"])
def describe_pending_maintenance_actions(ctx: Context, resource_identifier: str = "") -> object:
    """There are none: what is installed is what the image has."""
    if resource_identifier:
        instance_named(ctx, resource_identifier)
    return {"pending_maintenance_actions": []}
