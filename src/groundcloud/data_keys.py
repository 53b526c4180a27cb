"""Data keys of KMS for what a service encrypts itself: made, wrapped anew, opened, and who may open them.

Volumes of EC2 and storage of RDS have one each. What is kept is the wrapped key; whoever opens it needs the KMS key,
and a permission of its policy or of a grant. Source: "How Amazon EBS uses AWS KMS" in the KMS developer guide.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.store import Part

VOLUME_KEY_SIZE = 64
"""Bytes of a volume's data key: what AES-256-XTS takes."""


class DataKey(Part):
    """A data key as it is kept."""

    wrapped: bytes
    key_arn: str
    context: dict[str, str]
    """Its encryption context."""


def new_data_key(ctx: Context, key_id: str, context: Mapping[str, str], size: int = VOLUME_KEY_SIZE) -> DataKey:
    """A new one under a KMS key (id, ARN or alias), which nobody has seen. Raises KMS's errors."""
    made = ctx.call(
        "kms",
        "generate_data_key_without_plaintext",
        key_id=key_id,
        number_of_bytes=size,
        encryption_context=dict(context),
    )
    return DataKey(made["ciphertext_blob"], made["key_id"], dict(context))


def rewrapped(ctx: Context, key: DataKey, key_id: str, context: Mapping[str, str]) -> DataKey:
    """The same data key under another KMS key, also of another Region, or another context. Raises KMS's errors."""
    region = key.key_arn.split(":")[3]
    if region != ctx.region:
        made = ctx.call(
            "kms", "encrypt", key_id=key_id, plaintext=opened(ctx.in_region(region), key),
            encryption_context=dict(context),
        )  # fmt: skip
        return DataKey(made["ciphertext_blob"], made["key_id"], dict(context))
    made = ctx.call(
        "kms", "re_encrypt", ciphertext_blob=key.wrapped, source_encryption_context=key.context,
        destination_key_id=key_id, destination_encryption_context=dict(context),
    )  # fmt: skip
    return DataKey(made["ciphertext_blob"], made["key_id"], dict(context))


def opened(ctx: Context, key: DataKey) -> bytes:
    """The data key itself, for an engine and nobody else. Raises KMS's errors."""
    plain: bytes = ctx.call("kms", "decrypt", ciphertext_blob=key.wrapped, encryption_context=key.context)["plaintext"]
    return plain


def granted(ctx: Context, key: DataKey, service: str, principal: str = "") -> str:
    """Let a principal (else the service, `ec2.us-east-1.amazonaws.com`) open this data key and no other: the grant's
    id. The service may retire it. Raises KMS's errors."""
    who = {"grantee_principal": principal} if principal else {"grantee_service_principal": service}
    made = ctx.call(
        "kms", "create_grant", key_id=key.key_arn, operations=["Decrypt"], retiring_service_principal=service,
        constraints={"encryption_context_subset": key.context}, **who,
    )  # fmt: skip
    grant_id: str = made["grant_id"]
    return grant_id


def retire(ctx: Context, key: DataKey, service: str, grant_ids: Sequence[str]) -> None:
    """Take grants back; those that are gone are gone."""
    as_service = ctx.as_service(service)
    for grant_id in grant_ids:
        with suppress(AwsError):
            as_service.call("kms", "retire_grant", key_id=key.key_arn, grant_id=grant_id)
