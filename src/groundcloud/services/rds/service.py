"""The operations of RDS."""

from groundcloud.operation import Service
from groundcloud.services.rds import (
    changing,
    clusters,
    describing,
    ending,
    errors,
    instances,
    log_files,
    options,
    parameter_groups,
    point_in_time,
    restoring,
    snapshots,
    subnet_groups,
    subscriptions,
    tagging,
    upkeep,
)

service = Service(
    "rds",
    instances,
    changing,
    restoring,
    point_in_time,
    describing,
    ending,
    snapshots,
    clusters,
    subnet_groups,
    subscriptions,
    tagging,
    log_files,
    parameter_groups,
    options,
    upkeep,
    invalid_token=errors.InvalidMarker,
)
