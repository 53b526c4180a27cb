"""AWS Identity and Access Management."""

from groundcloud.operation import Service
from groundcloud.services.iam import access_keys, user_policies, users

service = Service("iam", users, access_keys, user_policies, arn_prefix="arn:aws:iam::{account}:")
