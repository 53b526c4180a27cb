"""The operations of CloudWatch."""

from groundcloud.operation import Service
from groundcloud.services.cloudwatch import (
    alarms,
    anomaly_detectors,
    dashboards,
    data_queries,
    describing,
    errors,
    getting,
    history,
    listing,
    putting,
    tags,
)

service = Service(
    "cloudwatch",
    putting,
    getting,
    data_queries,
    listing,
    alarms,
    describing,
    history,
    dashboards,
    anomaly_detectors,
    tags,
    invalid_token=errors.InvalidNextToken,
)
