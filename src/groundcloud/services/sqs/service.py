"""The operations of SQS."""

from groundcloud.operation import Service
from groundcloud.services.sqs import errors, handling, moving, permissions, queues, receiving, sending, tags

service = Service(
    "sqs",
    queues,
    sending,
    receiving,
    handling,
    permissions,
    tags,
    moving,
    invalid_token=errors.InvalidNextToken,
    page_size=1000,
)
