"""Encrypt, Decrypt and ReEncrypt."""

from collections.abc import Mapping, Sequence

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.kms import asymmetric, ciphertext, errors
from groundcloud.services.kms.access import (
    check_tokens,
    encrypting,
    key_resource,
    named_by,
    opening,
    source,
    with_facts,
)
from groundcloud.services.kms.lookup import locate
from groundcloud.services.kms.records import Key
from groundcloud.services.kms.specs import ENCRYPT, SPECS
from groundcloud.services.kms.use import Working, done, done_again, take

_SYMMETRIC = "SYMMETRIC_DEFAULT"


@operation(on=encrypting("Encrypt"), read=True, conditions={"kms:EncryptionAlgorithm": "encryption_algorithm"})
def encrypt(
    ctx: Context,
    key_id: str,
    plaintext: bytes,
    encryption_context: Mapping[str, str] = {},
    grant_tokens: Sequence[str] = (),
    encryption_algorithm: str = _SYMMETRIC,
    dry_run: bool = False,
) -> object:
    key = locate(ctx, key_id)
    blob, _ = encrypted(ctx, key, "Encrypt", plaintext, encryption_context, encryption_algorithm)
    done(ctx, key, "Encrypt", dry_run)
    return {"ciphertext_blob": blob, "key_id": key.arn, "encryption_algorithm": encryption_algorithm}


def encrypted(
    ctx: Context,
    key: Key,
    operation_name: str,
    plaintext: bytes,
    context: Mapping[str, str],
    algorithm: str = _SYMMETRIC,
) -> tuple[bytes, Working]:
    """The ciphertext under a key, and what it was made with."""
    symmetric = algorithm == _SYMMETRIC
    working = take(ctx, key, operation_name, ENCRYPT, algorithm=algorithm, public=not symmetric)
    if symmetric:
        check_context(context)
        material_id = working.material.material_id
        random = ctx.random(ciphertext.RANDOM)
        blob = ciphertext.encrypt(
            working.secret, key.account, key.key_id, material_id, plaintext, context, random
        )  # fmt: skip
        return blob, working
    refuse_context(context)
    most = asymmetric.largest(SPECS[key.key_spec].size, algorithm)
    if len(plaintext) > most:
        raise errors.ValidationException(
            reason=f"Algorithm {algorithm} and key spec {key.key_spec} cannot encrypt data larger than {most} bytes."
        )
    return asymmetric.encrypt(working.material.public_key, algorithm, plaintext), working


def refuse_context(context: Mapping[str, str]) -> None:
    if context:
        raise errors.ValidationException(reason="EncryptionContext is not supported for asymmetric KMS keys.")


def check_context(context: Mapping[str, str]) -> None:
    """Raises `ValidationException` for one that is too long (Developer Guide, "Resource quotas": 8,192)."""
    if sum(len(name) + len(value) for name, value in context.items()) > 8192:
        raise errors.ValidationException(reason="EncryptionContext is too long.")


def _decrypted_again(ctx: Context, answer: Mapping[str, str]) -> None:
    done_again(ctx, answer["key_id"], "Decrypt")


@operation(
    on=opening,
    read=True,
    conditions={"kms:EncryptionAlgorithm": "encryption_algorithm"},
    again=_decrypted_again,
)
def decrypt(
    ctx: Context,
    ciphertext_blob: bytes = b"",
    encryption_context: Mapping[str, str] = {},
    grant_tokens: Sequence[str] = (),
    key_id: str = "",
    encryption_algorithm: str = _SYMMETRIC,
    dry_run: bool = False,
) -> object:
    working, plaintext = decrypted(ctx, "Decrypt", ciphertext_blob, encryption_context, key_id, encryption_algorithm)
    done(ctx, working.key, "Decrypt", dry_run)
    return {
        "key_id": working.key.arn,
        "plaintext": plaintext,
        "encryption_algorithm": encryption_algorithm,
        "key_material_id": working.material.material_id if encryption_algorithm == _SYMMETRIC else None,
    }


def decrypted(
    ctx: Context, operation_name: str, blob: bytes, context: Mapping[str, str], key_id: str, algorithm: str
) -> tuple[Working, bytes]:
    """The plaintext, and what opened it."""
    if algorithm != _SYMMETRIC:
        return _decrypted_by_pair(ctx, operation_name, blob, context, key_id, algorithm)
    try:
        written = ciphertext.read(blob)
        key = locate(ctx, key_id) if key_id else named_by(ctx, written)
        if (written.account, written.key_id) != (key.account, key.key_id):
            raise errors.IncorrectKey()
        working = take(ctx, key, operation_name, ENCRYPT, algorithm=algorithm, material_id=written.material_id)
        return working, ciphertext.decrypt(working.secret, written, context)
    except ciphertext.NotCiphertext as error:
        raise errors.InvalidCiphertext() from error


def _decrypted_by_pair(
    ctx: Context, operation_name: str, blob: bytes, context: Mapping[str, str], key_id: str, algorithm: str
) -> tuple[Working, bytes]:
    if not key_id:
        raise errors.ValidationException(reason="KeyId is required to decrypt with an asymmetric KMS key.")
    refuse_context(context)
    working = take(ctx, locate(ctx, key_id), operation_name, ENCRYPT, algorithm=algorithm)
    try:
        return working, asymmetric.decrypt(working.secret, algorithm, blob)
    except asymmetric.Unfit as error:
        raise errors.InvalidCiphertext() from error


def _both_keys(
    ctx: Context,
    ciphertext_blob: bytes,
    source_key_id: str,
    source_encryption_context: Mapping[str, str],
    destination_key_id: str,
    destination_encryption_context: Mapping[str, str],
    grant_tokens: Sequence[str],
) -> list[Resource]:
    """ReEncrypt takes two permissions, one on each key."""
    check_tokens(ctx, grant_tokens)
    origin = source(ctx, ciphertext_blob, source_key_id, source_encryption_context, "ReEncryptFrom")
    target = key_resource(ctx, destination_key_id, operation="ReEncryptTo", context=destination_encryption_context)
    same = "true" if origin.arn == target.arn else "false"
    return [
        with_facts(origin, reencryptonsamekey=same)._replace(action="kms:ReEncryptFrom"),
        with_facts(target, reencryptonsamekey=same)._replace(action="kms:ReEncryptTo"),
    ]


@operation(on=_both_keys, read=True)
def re_encrypt(
    ctx: Context,
    destination_key_id: str,
    ciphertext_blob: bytes = b"",
    source_encryption_context: Mapping[str, str] = {},
    source_key_id: str = "",
    destination_encryption_context: Mapping[str, str] = {},
    source_encryption_algorithm: str = _SYMMETRIC,
    destination_encryption_algorithm: str = _SYMMETRIC,
    grant_tokens: Sequence[str] = (),
    dry_run: bool = False,
) -> object:
    origin, plaintext = decrypted(
        ctx, "ReEncrypt", ciphertext_blob, source_encryption_context, source_key_id, source_encryption_algorithm
    )
    key = locate(ctx, destination_key_id)
    context, algorithm = destination_encryption_context, destination_encryption_algorithm
    blob, target = encrypted(ctx, key, "ReEncrypt", plaintext, context, algorithm)
    done(ctx, origin.key, "ReEncrypt", dry_run)
    if key.arn != origin.key.arn:
        done(ctx, key, "ReEncrypt")
    return {
        "ciphertext_blob": blob,
        "source_key_id": origin.key.arn,
        "key_id": key.arn,
        "source_encryption_algorithm": source_encryption_algorithm,
        "destination_encryption_algorithm": algorithm,
        "source_key_material_id": origin.material.material_id if source_encryption_algorithm == _SYMMETRIC else None,
        "destination_key_material_id": target.material.material_id if algorithm == _SYMMETRIC else None,
    }
