"""Data keys and data key pairs, for use outside KMS; and random bytes."""

from collections.abc import Mapping, Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.kms import asymmetric, errors
from groundcloud.services.kms.access import encrypting
from groundcloud.services.kms.encryption import encrypted
from groundcloud.services.kms.lookup import locate
from groundcloud.services.kms.specs import ENCRYPT
from groundcloud.services.kms.use import done, take

_SIZES = {"AES_256": 32, "AES_128": 16}


@operation(on=encrypting("GenerateDataKey"), read=True)
def generate_data_key(
    ctx: Context,
    key_id: str,
    encryption_context: Mapping[str, str] = {},
    number_of_bytes: int = 0,
    key_spec: str = "",
    grant_tokens: Sequence[str] = (),
    dry_run: bool = False,
) -> object:
    plaintext, answer = _data_key(
        ctx, "GenerateDataKey", key_id, encryption_context, _size(key_spec, number_of_bytes), dry_run
    )
    return {"plaintext": plaintext, **answer}


@operation(on=encrypting("GenerateDataKeyWithoutPlaintext"), read=True)
def generate_data_key_without_plaintext(
    ctx: Context,
    key_id: str,
    encryption_context: Mapping[str, str] = {},
    key_spec: str = "",
    number_of_bytes: int = 0,
    grant_tokens: Sequence[str] = (),
    dry_run: bool = False,
) -> object:
    size = _size(key_spec, number_of_bytes)
    return _data_key(ctx, "GenerateDataKeyWithoutPlaintext", key_id, encryption_context, size, dry_run)[1]


def _size(key_spec: str, number_of_bytes: int) -> int:
    if bool(key_spec) == bool(number_of_bytes):
        raise errors.ValidationException(reason="Please specify either number of bytes or key spec.")
    return number_of_bytes or _SIZES[key_spec]


def _data_key(
    ctx: Context, name: str, key_id: str, context: Mapping[str, str], size: int, dry_run: bool
) -> tuple[bytes, dict[str, Any]]:
    key = locate(ctx, key_id)
    plaintext = ctx.random(size)
    blob, working = encrypted(ctx, key, name, plaintext, context)
    done(ctx, key, name, dry_run)
    return plaintext, {
        "ciphertext_blob": blob,
        "key_id": key.arn,
        "key_material_id": working.material.material_id,
    }


@operation(on=encrypting("GenerateDataKeyPair"), read=True, conditions={"kms:DataKeyPairSpec": "key_pair_spec"})
async def generate_data_key_pair(
    ctx: Context,
    key_id: str,
    key_pair_spec: str,
    encryption_context: Mapping[str, str] = {},
    grant_tokens: Sequence[str] = (),
    dry_run: bool = False,
) -> object:
    pair, answer = await _pair(ctx, "GenerateDataKeyPair", key_id, key_pair_spec, encryption_context, dry_run)
    return {"private_key_plaintext": pair.private, **answer}


@operation(
    on=encrypting("GenerateDataKeyPairWithoutPlaintext"),
    read=True,
    conditions={"kms:DataKeyPairSpec": "key_pair_spec"},
)
async def generate_data_key_pair_without_plaintext(
    ctx: Context,
    key_id: str,
    key_pair_spec: str,
    encryption_context: Mapping[str, str] = {},
    grant_tokens: Sequence[str] = (),
    dry_run: bool = False,
) -> object:
    name = "GenerateDataKeyPairWithoutPlaintext"
    return (await _pair(ctx, name, key_id, key_pair_spec, encryption_context, dry_run))[1]


async def _pair(
    ctx: Context, name: str, key_id: str, spec: str, context: Mapping[str, str], dry_run: bool
) -> tuple[asymmetric.Pair, dict[str, Any]]:
    if spec in ("SM2", "ML_KEM_512"):
        raise errors.UnsupportedOperation(reason=f"Groundcloud has no key pairs of KeyPairSpec {spec}.")
    with ctx.snapshot() as view:  # what is refused is refused before a key pair is made
        take(view, locate(view, key_id), name, ENCRYPT, algorithm="SYMMETRIC_DEFAULT")
    try:
        pair = await ctx.compute(asymmetric.generate, spec)
    except asymmetric.Unfit as error:
        raise errors.UnsupportedOperation(reason=str(error)) from error
    with ctx.snapshot() as view:
        key = locate(view, key_id)
        blob, working = encrypted(view, key, name, pair.private, context)
        done(view, key, name, dry_run)
    return pair, {
        "private_key_ciphertext_blob": blob,
        "public_key": pair.public,
        "key_id": key.arn,
        "key_pair_spec": spec,
        "key_material_id": working.material.material_id,
    }


@operation(on="*", read=True)
def generate_random(ctx: Context, number_of_bytes: int = 0) -> object:
    if not number_of_bytes:
        raise errors.ValidationException(reason="NumberOfBytes is required.")
    return {"plaintext": ctx.random(number_of_bytes)}
