"""The operations of SNS."""

from groundcloud.operation import Service
from groundcloud.services.sns import publishing, subscriptions, topics

service = Service("sns", topics, subscriptions, publishing)
