"""Public keys, key agreement (ECDH) and key encapsulation (ML-KEM)."""

from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.kms import asymmetric, errors
from groundcloud.services.kms.access import using
from groundcloud.services.kms.lookup import locate
from groundcloud.services.kms.metadata import algorithms
from groundcloud.services.kms.specs import AGREE, ENCAPSULATE, SPECS
from groundcloud.services.kms.use import check_usable, done, ring_of, take


@operation(on=using("GetPublicKey"), read=True)
def get_public_key(ctx: Context, key_id: str, grant_tokens: Sequence[str] = ()) -> object:
    key = locate(ctx, key_id)
    if SPECS[key.key_spec].symmetric:
        raise errors.UnsupportedOperation(reason=f"{key.arn} is not an asymmetric KMS key.")
    ring = ring_of(ctx, key)
    check_usable(key, ring, ctx.now())
    assert ring.current is not None
    return {
        "key_id": key.arn,
        "public_key": ring.current.public_key,
        "customer_master_key_spec": key.key_spec,
        "key_spec": key.key_spec,
        "key_usage": key.key_usage,
        **algorithms(key),
    }


@operation(
    on=using("DeriveSharedSecret"), read=True, conditions={"kms:KeyAgreementAlgorithm": "key_agreement_algorithm"}
)
def derive_shared_secret(
    ctx: Context,
    key_id: str,
    key_agreement_algorithm: str,
    public_key: bytes,
    grant_tokens: Sequence[str] = (),
    dry_run: bool = False,
) -> object:
    key = locate(ctx, key_id)
    working = take(ctx, key, "DeriveSharedSecret", AGREE, algorithm=key_agreement_algorithm)
    try:
        secret = asymmetric.agree(working.secret, public_key)
    except asymmetric.Unfit as error:
        raise errors.ValidationException(reason=str(error)) from error
    done(ctx, key, "DeriveSharedSecret", dry_run)
    return {
        "key_id": key.arn,
        "shared_secret": secret,
        "key_agreement_algorithm": key_agreement_algorithm,
        "key_origin": key.origin,
    }


@operation(on=using("Encapsulate"), read=True)
def encapsulate(
    ctx: Context,
    key_id: str,
    encapsulation_algorithm: str,
    grant_tokens: Sequence[str] = (),
    dry_run: bool = False,
) -> object:
    key = locate(ctx, key_id)
    working = take(ctx, key, "Encapsulate", ENCAPSULATE, algorithm=encapsulation_algorithm, public=True)
    secret, ciphertext = asymmetric.encapsulate(working.material.public_key)
    done(ctx, key, "Encapsulate", dry_run)
    return {
        "key_id": key.arn,
        "shared_secret": secret,
        "shared_secret_ciphertext_blob": ciphertext,
        "encapsulation_algorithm": encapsulation_algorithm,
    }


@operation(on=using("Decapsulate"), read=True)
def decapsulate(
    ctx: Context,
    key_id: str,
    shared_secret_ciphertext_blob: bytes,
    encapsulation_algorithm: str,
    grant_tokens: Sequence[str] = (),
    dry_run: bool = False,
) -> object:
    key = locate(ctx, key_id)
    working = take(ctx, key, "Decapsulate", ENCAPSULATE, algorithm=encapsulation_algorithm)
    try:
        secret = asymmetric.decapsulate(working.secret, shared_secret_ciphertext_blob)
    except asymmetric.Unfit as error:
        raise errors.InvalidCiphertext() from error
    done(ctx, key, "Decapsulate", dry_run)
    return {"key_id": key.arn, "shared_secret": secret, "encapsulation_algorithm": encapsulation_algorithm}
