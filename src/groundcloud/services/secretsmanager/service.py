"""The operations of Secrets Manager."""

from groundcloud.operation import Service
from groundcloud.services.secretsmanager import (
    errors,
    listing,
    passwords,
    policies,
    replication,
    rotation,
    secrets,
    versions,
)

service = Service(
    "secretsmanager",
    secrets,
    versions,
    listing,
    policies,
    passwords,
    replication,
    rotation,
    invalid_token=errors.InvalidNextToken,
)
