"""The operations of CloudTrail."""

from groundcloud.operation import Service
from groundcloud.services.cloudtrail import errors, lookup, public_keys, tags, trails

service = Service("cloudtrail", trails, tags, lookup, public_keys, invalid_token=errors.InvalidToken)
