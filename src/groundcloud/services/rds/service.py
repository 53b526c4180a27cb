"""The operations of RDS."""

from groundcloud.operation import Service
from groundcloud.services.rds import (
    changing,
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
    subnet_groups,
    subscriptions,
    tagging,
    upkeep,
    log_files,
    parameter_groups,
    options,
    invalid_token=errors.InvalidMarker,
)
