"""The operations of CloudWatch."""

from groundcloud.operation import Service
from groundcloud.services.cloudwatch import (
    alarms,
    data_queries,
    describing,
    errors,
    getting,
    history,
    listing,
    putting,
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
    invalid_token=errors.InvalidNextToken,
)
