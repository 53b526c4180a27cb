"""How keys, their material and their aliases come to be; for customers' keys and AWS managed ones alike."""

import hmac
from datetime import timedelta

from groundcloud.context import Context
from groundcloud.services.kms.asymmetric import Pair
from groundcloud.services.kms.records import Alias, Key, KeyMaterial, KeyRing


def secret(ctx: Context, size: int) -> Pair:
    """The material of a symmetric or HMAC key: a secret of so many bytes."""
    return Pair(ctx.random(size), b"")


def new_key_id(ctx: Context, multi_region: bool = False) -> str:
    digits = ctx.random(16).hex()
    if multi_region:
        return f"mrk-{digits}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def put_key(ctx: Context, key: Key, material: Pair | None, rotation: bool = False) -> Key:
    """Store a key under a new id with its first material; without any, it waits for an import."""
    key.key_id = new_key_id(ctx, key.multi_region)
    key.arn = ctx.arn(f"key/{key.key_id}")
    ring = KeyRing(account=key.account, realm=key.realm, key_id=key.key_id)
    if material is not None:
        ring.materials.append(sealed(ctx, key.key_id, material))
    if rotation:
        ring.rotation_enabled = True
        ring.next_rotation_date = key.creation_date + timedelta(days=ring.rotation_period_in_days)
    ctx.put(ring)
    return ctx.put(key)


def sealed(ctx: Context, key_id: str, material: Pair) -> KeyMaterial:
    return KeyMaterial(
        material_id=material_id(key_id, material.private),
        sealed=ctx.seal(material.private, purpose(key_id)),
        public_key=material.public,
    )


def material_id(key_id: str, material: bytes) -> str:
    """The same material of the same key has the same id, which an import of it again is known by; the id tells
    nothing of the material."""
    return hmac.digest(material, b"key material id of " + key_id.encode(), "sha256").hex()


def purpose(key_id: str) -> str:
    """What material is sealed for."""
    return f"kms/{key_id}"


def put_alias(ctx: Context, alias_name: str, key: Key) -> Alias:
    now = ctx.now()
    return ctx.put(
        Alias(
            account=ctx.account, region=ctx.region, alias_name=alias_name, alias_arn=ctx.arn(alias_name),
            target_key_id=key.key_id, creation_date=now, last_updated_date=now,
        )
    )  # fmt: skip
