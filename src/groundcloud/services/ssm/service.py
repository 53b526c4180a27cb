"""The operations of Systems Manager."""

from groundcloud.operation import Service
from groundcloud.services.ssm import errors, labels, listing, parameters, tags

service = Service("ssm", parameters, listing, labels, tags, invalid_token=errors.InvalidNextToken)
