"""The operations of RDS."""

from groundcloud.operation import Service
from groundcloud.services.rds import (
    changing,
    describing,
    ending,
    errors,
    instances,
    options,
    parameter_groups,
    restoring,
    snapshots,
    subnet_groups,
    tagging,
)

service = Service(
    "rds",
    instances,
    changing,
    restoring,
    describing,
    ending,
    snapshots,
    subnet_groups,
    tagging,
    parameter_groups,
    options,
    invalid_token=errors.InvalidMarker,
)
