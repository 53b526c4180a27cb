"""Amazon DynamoDB."""

from groundcloud.operation import Service
from groundcloud.services.dynamodb import reads, tables, writes

service = Service("dynamodb", tables, reads, writes)
