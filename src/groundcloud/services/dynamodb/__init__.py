"""Amazon DynamoDB."""

from groundcloud.operation import Service
from groundcloud.services.dynamodb import queries, reads, tables, writes

service = Service("dynamodb", tables, reads, writes, queries)
