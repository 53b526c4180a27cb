"""Secret values: encrypted under a data key of KMS, bound to their secret and version by the encryption context.

Source: AWS Secrets Manager User Guide, "Secret encryption and decryption": one data key for each version, and the
context `SecretARN` and `SecretVersionId`.
"""

import hmac
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.services.secretsmanager import errors
from groundcloud.services.secretsmanager.records import PREVIOUS, Secret, SecretValue, Version

DEFAULT_KEY = "alias/aws/secretsmanager"
_MOST_VERSIONS = 100
_IV = 12

Plain = str | bytes
"""A string secret or a binary one."""


def given(secret_string: str | None, secret_binary: bytes | None) -> Plain | None:
    """The value that a call brings. Raises `InvalidParameterException` for two."""
    if secret_string is not None and secret_binary is not None:
        raise errors.InvalidParameter(
            reason="You can't specify both a binary secret value and a string secret value in the same secret."
        )
    return secret_string if secret_string is not None else secret_binary


def write(ctx: Context, secret: Secret, version_id: str, value: Plain, kms_key_id: str | None) -> str:
    """Store the value of a version; the ARN of the key that protects it. Raises `EncryptionFailure` and
    `AccessDeniedException`."""
    try:
        made: dict[str, Any] = ctx.call(
            "kms",
            "generate_data_key",
            key_id=kms_key_id or DEFAULT_KEY,
            key_spec="AES_256",
            encryption_context=_context(secret, version_id),
        )
    except AwsError as error:
        raise _failure(error, errors.EncryptionFailure) from error
    iv = ctx.random(_IV)
    data = value.encode() if isinstance(value, str) else value
    ctx.put(
        SecretValue(
            account=secret.account, region=secret.region, name=secret.name, version_id=version_id,
            data_key=made["ciphertext_blob"], sealed=iv + AESGCM(made["plaintext"]).encrypt(iv, data, None),
            binary=isinstance(value, bytes),
        )
    )  # fmt: skip
    return str(made["key_id"])


def read(ctx: Context, secret: Secret, version_id: str) -> Plain | None:
    """The value of a version, None where it has none yet. Raises `DecryptionFailure` and `AccessDeniedException`."""
    stored = ctx.tx.view(SecretValue, secret.account, secret.region, secret.name, version_id)
    if stored is None:
        return None
    try:
        opened: dict[str, Any] = ctx.call(
            "kms",
            "decrypt",
            ciphertext_blob=stored.data_key,
            encryption_context=_context(secret, version_id),
        )
    except AwsError as error:
        raise _failure(error, errors.DecryptionFailure) from error
    sealed, key = stored.sealed, opened["plaintext"]
    data = ctx.tx.remembered((sealed, key), lambda: AESGCM(key).decrypt(sealed[:_IV], sealed[_IV:], None))
    return data if stored.binary else data.decode()


def _context(secret: Secret, version_id: str) -> dict[str, str]:
    return {"SecretARN": secret.arn, "SecretVersionId": version_id}


def _failure(error: AwsError, otherwise: type[AwsError]) -> AwsError:
    return errors.AccessToKmsDenied() if "AccessDenied" in error.code else otherwise(reason=error.message)


def same(one: Plain | None, other: Plain) -> bool:
    """Whether two values are the same, in a time that does not tell."""
    if one is None or isinstance(one, str) != isinstance(other, str):
        return False
    a = one.encode() if isinstance(one, str) else one
    b = other.encode() if isinstance(other, str) else other
    return hmac.compare_digest(a, b)


def shown(value: Plain | None) -> dict[str, Plain | None]:
    """The value as answers have it."""
    return {"secret_binary": value} if isinstance(value, bytes) else {"secret_string": value}


# -- versions and their staging labels


def add_version(ctx: Context, secret: Secret, version_id: str, value: Plain, stages: list[str]) -> None:
    """A new version with its labels, which other versions lose. The oldest deprecated ones go when there are many."""
    key = write(ctx, secret, version_id, value, secret.kms_key_id)
    secret.versions.append(Version(version_id=version_id, created_date=ctx.now(), kms_key_id=key))
    for stage in stages:
        move(secret, stage, version_id)
    secret.last_changed_date = ctx.now()
    deprecated = [version for version in secret.versions if not version.stages]
    for version in deprecated[: max(0, len(secret.versions) - _MOST_VERSIONS)]:
        secret.versions.remove(version)
        forget(ctx, secret, version.version_id)


def move(secret: Secret, stage: str, version_id: str | None) -> None:
    """Attach a label to a version, or to none. The version that was current becomes the previous one."""
    before = secret.staged(stage)
    if before is not None and before.version_id == version_id:
        return
    if before is not None:
        before.stages.remove(stage)
    target = secret.version_of(version_id) if version_id else None
    if target is not None:
        target.stages.append(stage)
    if stage == "AWSCURRENT" and before is not None and target is not None:
        if PREVIOUS in target.stages:
            target.stages.remove(PREVIOUS)
        move(secret, PREVIOUS, before.version_id)


def forget(ctx: Context, secret: Secret, version_id: str) -> None:
    stored = ctx.tx.get(SecretValue, secret.account, secret.region, secret.name, version_id)
    if stored is not None:
        ctx.delete(stored)


def forget_all(ctx: Context, secret: Secret) -> None:
    for version in secret.versions:
        forget(ctx, secret, version.version_id)
