"""A key as DescribeKey shows it."""

from typing import Any

from groundcloud.context import Context
from groundcloud.services.kms.records import Key, KeyRing, RegionSet
from groundcloud.services.kms.specs import AGREE, ENCAPSULATE, ENCRYPT, MAC, SIGN, SPECS
from groundcloud.services.kms.use import missing, ring_of, state_of

_ALGORITHMS = {
    ENCRYPT: "encryption_algorithms",
    SIGN: "signing_algorithms",
    MAC: "mac_algorithms",
    AGREE: "key_agreement_algorithms",
    ENCAPSULATE: "encapsulation_algorithms",
}


def metadata(ctx: Context, key: Key) -> dict[str, Any]:
    """KeyMetadata; members that do not apply are absent."""
    ring = ring_of(ctx, key)
    state = state_of(key, ring, ctx.now())
    found: dict[str, Any] = {
        "aws_account_id": key.account,
        "key_id": key.key_id,
        "arn": key.arn,
        "creation_date": key.creation_date,
        "enabled": state == "Enabled",
        "description": key.description,
        "key_usage": key.key_usage,
        "key_state": state,
        "deletion_date": key.deletion_date,
        "origin": key.origin,
        "key_manager": key.key_manager,
        "customer_master_key_spec": key.key_spec,
        "key_spec": key.key_spec,
        "multi_region": key.multi_region,
        **algorithms(key),
    }
    if key.key_state == "PendingReplicaDeletion":
        found["pending_deletion_window_in_days"] = key.pending_window_in_days
    if key.multi_region:
        found["multi_region_configuration"] = _regions(ctx, key)
    return found | _material(ctx, key, ring)


def algorithms(key: Key) -> dict[str, list[str]]:
    """The algorithms that a key's usage and spec allow, under the member that lists them."""
    return {_ALGORITHMS[key.key_usage]: list(SPECS[key.key_spec].algorithms[key.key_usage])}


def _material(ctx: Context, key: Key, ring: KeyRing) -> dict[str, Any]:
    current = ring.current
    if current is None or missing(current, ctx.now()):
        return {}
    found: dict[str, Any] = {}
    if key.key_spec == "SYMMETRIC_DEFAULT":
        found["current_key_material_id"] = current.material_id
    if key.origin == "EXTERNAL":
        found |= {"expiration_model": current.expiration_model, "valid_to": current.valid_to}
    return found


def _regions(ctx: Context, key: Key) -> dict[str, Any]:
    regions = ctx.tx.get(RegionSet, key.account, key.key_id) or RegionSet(key.account, key.key_id, key.region)
    return {
        "multi_region_key_type": "PRIMARY" if regions.primary == key.region else "REPLICA",
        "primary_key": {"arn": in_region(key, regions.primary), "region": regions.primary},
        "replica_keys": [{"arn": in_region(key, region), "region": region} for region in regions.replicas],
    }


def in_region(key: Key, region: str) -> str:
    """The ARN of a multi-Region key in another Region."""
    return f"arn:aws:kms:{region}:{key.account}:key/{key.key_id}"
