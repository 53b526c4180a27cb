"""The operations of CloudWatch Logs."""

from groundcloud.operation import Service
from groundcloud.services.logs import (
    errors,
    exports,
    groups,
    live_tail,
    metrics,
    policies,
    queries,
    reading,
    streams,
    subscriptions,
    tags,
    writing,
)

service = Service(
    "logs",
    groups,
    streams,
    writing,
    reading,
    metrics,
    subscriptions,
    exports,
    queries,
    live_tail,
    policies,
    tags,
    page_size=50,
    invalid_token=errors.InvalidNextToken,
)
