"""The operations of DynamoDB."""

from groundcloud.operation import Service
from groundcloud.services.dynamodb import (
    backups,
    batches,
    exports,
    limits,
    partiql_operations,
    queries,
    reads,
    recovery,
    resource_policies,
    table_updates,
    tables,
    tags,
    time_to_live,
    transactions,
    writes,
)

service = Service(
    "dynamodb",
    tables,
    table_updates,
    reads,
    writes,
    queries,
    backups,
    recovery,
    exports,
    batches,
    transactions,
    time_to_live,
    tags,
    resource_policies,
    limits,
    partiql_operations,
)
