"""Key material that the customer brings: parameters to wrap it, its import, its expiry and its removal.

The private key of the wrapping pair is sealed in the import token; nothing of it is stored.
"""

from datetime import datetime, timedelta

import msgspec
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap_with_padding

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.sealing import NotOurs
from groundcloud.services.kms import asymmetric, errors
from groundcloud.services.kms.access import key
from groundcloud.services.kms.asymmetric import Pair
from groundcloud.services.kms.lookup import own
from groundcloud.services.kms.making import sealed
from groundcloud.services.kms.records import Key, KeyMaterial, KeyRing, RegionSet
from groundcloud.services.kms.specs import SPECS
from groundcloud.services.kms.use import check_manageable, missing, ring_of

_VALID = timedelta(hours=24)
_EXPIRES, _STAYS = "KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"


class ImportToken(msgspec.Struct, array_like=True):
    """What is sealed in an import token: how to unwrap, and until when."""

    algorithm: str
    private_key: bytes
    valid_to: datetime


def _purpose(found: Key) -> str:
    return f"kms import token/{found.arn}"


@operation(
    on=key,
    read=True,
    conditions={"kms:WrappingAlgorithm": "wrapping_algorithm", "kms:WrappingKeySpec": "wrapping_key_spec"},
)
async def get_parameters_for_import(
    ctx: Context, key_id: str, wrapping_algorithm: str, wrapping_key_spec: str
) -> object:
    with ctx.snapshot() as view:
        found = _imported_key(view, key_id)
    if "SM2" in (wrapping_key_spec, wrapping_algorithm[:3]):
        raise errors.UnsupportedOperation(reason="Groundcloud has no SM2 keys.")
    if wrapping_algorithm == "RSAES_PKCS1_V1_5":
        raise errors.UnsupportedOperation(reason="The wrapping algorithm RSAES_PKCS1_V1_5 is no longer supported.")
    pair = await ctx.compute(asymmetric.generate, wrapping_key_spec)
    valid_to = ctx.now() + _VALID
    token = msgspec.msgpack.encode(ImportToken(wrapping_algorithm, pair.private, valid_to))
    return {
        "key_id": found.arn,
        "import_token": ctx.seal(token, _purpose(found)),
        "public_key": pair.public,
        "parameters_valid_to": valid_to,
    }


def _imported_key(ctx: Context, key_id: str) -> Key:
    found = own(ctx, key_id)
    if found.origin != "EXTERNAL":
        raise errors.UnsupportedOperation(
            reason=f"{found.arn} origin is {found.origin} which is not valid for this operation."
        )
    check_manageable(found, "PendingImport", "Disabled")
    return found


@operation(on=key, conditions={"kms:ExpirationModel": "expiration_model", "kms:ValidTo": "valid_to"})
def import_key_material(
    ctx: Context,
    key_id: str,
    import_token: bytes,
    encrypted_key_material: bytes,
    valid_to: datetime | None = None,
    expiration_model: str = _EXPIRES,
    import_type: str = "",
    key_material_description: str = "",
    key_material_id: str = "",
) -> object:
    found = _imported_key(ctx, key_id)
    _check_expiry(ctx, expiration_model, valid_to)
    material = sealed(ctx, found.key_id, _unwrapped(ctx, found, import_token, encrypted_key_material))
    if key_material_id and key_material_id != material.material_id:
        raise errors.IncorrectKeyMaterial(reason="The key material does not have the given key material ID.")
    material.expiration_model = expiration_model
    material.valid_to = valid_to if expiration_model == _EXPIRES else None
    material.description = key_material_description
    ring = ring_of(ctx, found)
    _put_material(ctx, found, ring, material, import_type)
    ctx.put(ring)
    if found.key_state == "PendingImport" and not _lacking(ctx, ring):
        found.key_state = "Enabled"
        ctx.put(found)
    return {"key_id": found.arn, "key_material_id": material.material_id}


def _lacking(ctx: Context, ring: KeyRing) -> bool:
    """Whether material that a ciphertext may need is gone."""
    return any(missing(each, ctx.now()) for each in ring.materials if each.state in ("CURRENT", "NON_CURRENT"))


def _check_expiry(ctx: Context, expiration_model: str, valid_to: datetime | None) -> None:
    if expiration_model == _STAYS:
        if valid_to is not None:
            raise errors.ValidationException(reason="ValidTo must be absent when key material does not expire.")
    elif valid_to is None or not ctx.now() < valid_to <= ctx.now() + timedelta(days=365):
        raise errors.ValidationException(reason="ValidTo must be in the future, at most 365 days from now.")


def _unwrapped(ctx: Context, found: Key, import_token: bytes, wrapped: bytes) -> Pair:
    """The material as it was wrapped for this token. Raises the errors of import."""
    try:
        token = msgspec.msgpack.decode(ctx.open(import_token, _purpose(found)), type=ImportToken)
    except NotOurs as error:
        raise errors.InvalidImportToken() from error
    if token.valid_to <= ctx.now():
        raise errors.ExpiredImportToken()
    try:
        return fitting(found.key_spec, unwrap(token.private_key, token.algorithm, wrapped))
    except asymmetric.Unfit as error:
        raise errors.InvalidCiphertext() from error


def unwrap(private_key: bytes, algorithm: str, wrapped: bytes) -> bytes:
    """`RSAES_OAEP_SHA_256`: the material itself; `RSA_AES_KEY_WRAP_SHA_256`: an AES key, then the material under it
    (RFC 5649). Raises `Unfit`."""
    if algorithm.startswith("RSAES_OAEP_"):
        return asymmetric.decrypt(private_key, algorithm, wrapped)
    size = asymmetric.modulus_size(private_key)
    inner = asymmetric.decrypt(private_key, algorithm.replace("RSA_AES_KEY_WRAP", "RSAES_OAEP"), wrapped[:size])
    try:
        return aes_key_unwrap_with_padding(inner, wrapped[size:])
    except (InvalidUnwrap, ValueError) as error:
        raise asymmetric.Unfit(str(error)) from error


def fitting(key_spec: str, material: bytes) -> Pair:
    """Material that fits a key spec. Raises `Unfit`, `IncorrectKeyMaterialException`."""
    spec = SPECS[key_spec]
    if not spec.symmetric:
        return asymmetric.read_pair(material, key_spec)
    if len(material) != spec.size:
        raise errors.IncorrectKeyMaterial(reason=f"The key material of a {key_spec} key must have {spec.size} bytes.")
    return Pair(material, b"")


def _put_material(ctx: Context, found: Key, ring: KeyRing, material: KeyMaterial, import_type: str) -> None:
    """The first material works at once; another one of a symmetric key waits to be rotated to."""
    known = ring.material(material.material_id)
    if known is not None:
        if import_type == "NEW_KEY_MATERIAL":
            raise errors.IncorrectKeyMaterial(reason="The key material was imported into this key already.")
        material.state, material.rotation_date = known.state, known.rotation_date
        material.rotation_type = known.rotation_type
        ring.materials[ring.materials.index(known)] = material
        return
    _check_new(ctx, found, ring, material, import_type)
    if ring.materials:
        material.state = "PENDING_ROTATION"
        ring.materials = [each for each in ring.materials if each.state != "PENDING_ROTATION"]
    ring.materials.append(material)


def _check_new(ctx: Context, found: Key, ring: KeyRing, material: KeyMaterial, import_type: str) -> None:
    primary = _primary_ring(ctx, found)
    if primary is not None:
        if primary.material(material.material_id) is None:
            raise errors.IncorrectKeyMaterial(
                reason="A replica key takes the key material that was imported into its primary key."
            )
        return
    if not ring.materials:
        return
    if import_type != "NEW_KEY_MATERIAL" or found.key_spec != "SYMMETRIC_DEFAULT":
        raise errors.IncorrectKeyMaterial(reason="The key material is not what was imported into this key before.")


def _primary_ring(ctx: Context, found: Key) -> KeyRing | None:
    """The key ring of a replica's primary key; None for any other key."""
    regions = ctx.get(RegionSet, found.key_id) if found.multi_region else None
    if regions is None or regions.primary == found.region:
        return None
    return ctx.tx.get(KeyRing, found.account, regions.primary, found.key_id)


@operation(on=key)
def delete_imported_key_material(ctx: Context, key_id: str, key_material_id: str = "") -> object:
    """The key waits for an import of the same material then."""
    found = own(ctx, key_id)
    if found.origin != "EXTERNAL":
        raise errors.UnsupportedOperation(
            reason=f"{found.arn} origin is {found.origin} which is not valid for this operation."
        )
    check_manageable(found, "Disabled", "PendingDeletion", "PendingImport", "PendingReplicaDeletion")
    ring = ring_of(ctx, found)
    material = ring.material(key_material_id) if key_material_id else ring.current
    if material is None or not material.sealed:
        return {"key_id": found.arn}
    forget(found, ring, material)
    ctx.put(ring)
    ctx.put(found)
    return {"key_id": found.arn, "key_material_id": material.material_id}


def forget(found: Key, ring: KeyRing, material: KeyMaterial) -> None:
    """Remove imported material. A key that may need it becomes PendingImport."""
    if material.state == "PENDING_ROTATION":
        ring.materials.remove(material)
        return
    material.sealed = b""
    if found.key_state in ("Enabled", "Disabled"):
        found.key_state = "PendingImport"
