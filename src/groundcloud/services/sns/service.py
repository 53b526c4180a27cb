"""The operations of SNS."""

from groundcloud.operation import Service
from groundcloud.services.sns import platforms, publishing, subscriptions, texts, topics

service = Service("sns", topics, subscriptions, publishing, platforms, texts)
