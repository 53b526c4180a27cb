"""AWS Security Token Service."""

from groundcloud.operation import Service
from groundcloud.services.sts import callers, roles, users

service = Service("sts", callers, roles, users, arn_prefix="arn:aws:sts::{account}:")
