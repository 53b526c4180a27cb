"""The operations of KMS."""

from groundcloud.operation import Service
from groundcloud.services.kms import (
    agreement,
    aliases,
    data_keys,
    encryption,
    errors,
    grants,
    imports,
    key_policies,
    keys,
    last_use,
    regions,
    rotation,
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
    grants,
    rotation,
    imports,
    regions,
    last_use,
    invalid_token=errors.InvalidMarker,
)
