"""AWS Security Token Service."""

from groundcloud.operation import Service
from groundcloud.services.sts import callers

service = Service("sts", callers, arn_prefix="arn:aws:sts::{account}:")
