"""AWS Key Management Service."""

from groundcloud.operation import Service
from groundcloud.services.kms import (
    agreement,
    aliases,
    data_keys,
    encryption,
    errors,
    key_policies,
    keys,
    signing,
    tags,
)

service = Service(
    "kms",
    keys,
    aliases,
    key_policies,
    tags,
    encryption,
    data_keys,
    signing,
    agreement,
    invalid_token=errors.InvalidMarker,
)
