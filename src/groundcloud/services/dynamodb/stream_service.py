"""Amazon DynamoDB Streams: AWS's second service over the same tables, so it lives with them."""

from groundcloud.operation import Service
from groundcloud.services.dynamodb import stream_reads

service = Service("dynamodbstreams", stream_reads, prefix="dynamodb")
