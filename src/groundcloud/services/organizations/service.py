"""The operations of AWS Organizations."""

from groundcloud.operation import Service
from groundcloud.services.organizations import (
    account_requests,
    accounts,
    attachments,
    effective_policies,
    errors,
    handshakes,
    organizations,
    policies,
    policy_types,
    tags,
    tree,
    trusted_services,
    units,
)

service = Service(
    "organizations",
    organizations,
    units,
    tree,
    accounts,
    account_requests,
    policies,
    policy_types,
    attachments,
    effective_policies,
    handshakes,
    trusted_services,
    tags,
    arn_prefix="arn:aws:organizations::{account}:",
    page_size=20,
    invalid_token=errors.InvalidNextToken,
)
