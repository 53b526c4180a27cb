"""AWS Identity and Access Management."""

from groundcloud.operation import Service
from groundcloud.services.iam import (
    access_keys,
    account_aliases,
    boundaries,
    group_policies,
    groups,
    instance_profiles,
    login_profiles,
    managed_policies,
    password_policy,
    policy_usage,
    policy_versions,
    role_policies,
    roles,
    tags,
    user_policies,
    users,
)

service = Service(
    "iam",
    users,
    groups,
    roles,
    instance_profiles,
    user_policies,
    group_policies,
    role_policies,
    managed_policies,
    policy_versions,
    policy_usage,
    boundaries,
    tags,
    access_keys,
    login_profiles,
    password_policy,
    account_aliases,
    arn_prefix="arn:aws:iam::{account}:",
)
