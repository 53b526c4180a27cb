"""The operations of STS."""

from groundcloud.operation import Service
from groundcloud.services.sts import callers, roles, saml, users, web_identity

service = Service("sts", callers, roles, saml, users, web_identity, arn_prefix="arn:aws:sts::{account}:")
