"""The operations of RDS."""

from groundcloud.operation import Service
from groundcloud.services.rds import (
    describing,
    ending,
    errors,
    instances,
    options,
    parameter_groups,
    snapshots,
    subnet_groups,
)

service = Service(
    "rds",
    instances,
    describing,
    ending,
    snapshots,
    subnet_groups,
    parameter_groups,
    options,
    invalid_token=errors.InvalidMarker,
)
