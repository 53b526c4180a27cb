"""Signatures and message authentication codes."""

import hmac
from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.kms import asymmetric, errors
from groundcloud.services.kms.access import using
from groundcloud.services.kms.lookup import locate
from groundcloud.services.kms.specs import MAC, SIGN
from groundcloud.services.kms.use import done, take

_CONDITIONS = {"kms:SigningAlgorithm": "signing_algorithm", "kms:MessageType": "message_type"}


@operation(on=using("Sign"), read=True, conditions=_CONDITIONS)
async def sign(
    ctx: Context,
    key_id: str,
    message: bytes,
    signing_algorithm: str,
    message_type: str = "RAW",
    grant_tokens: Sequence[str] = (),
    dry_run: bool = False,
) -> object:
    """RSA takes milliseconds, so it is signed beside the event loop."""
    with ctx.snapshot() as view:
        key = locate(view, key_id)
        working = take(view, key, "Sign", SIGN, algorithm=signing_algorithm)
    try:
        signature = await ctx.compute(asymmetric.sign, working.secret, signing_algorithm, message_type, message)
    except asymmetric.Unfit as error:
        raise errors.ValidationException(reason=str(error)) from error
    done(ctx, key, "Sign", dry_run)
    return {"key_id": key.arn, "signature": signature, "signing_algorithm": signing_algorithm}


@operation(on=using("Verify"), read=True, conditions=_CONDITIONS)
def verify(
    ctx: Context,
    key_id: str,
    message: bytes,
    signature: bytes,
    signing_algorithm: str,
    message_type: str = "RAW",
    grant_tokens: Sequence[str] = (),
    dry_run: bool = False,
) -> object:
    key = locate(ctx, key_id)
    working = take(ctx, key, "Verify", SIGN, algorithm=signing_algorithm, public=True)
    try:
        asymmetric.verify(working.material.public_key, signing_algorithm, message_type, message, signature)
    except asymmetric.InvalidSignature as error:
        raise errors.InvalidSignature() from error
    except asymmetric.Unfit as error:
        raise errors.ValidationException(reason=str(error)) from error
    done(ctx, key, "Verify", dry_run)
    return {"key_id": key.arn, "signature_valid": True, "signing_algorithm": signing_algorithm}


@operation(on=using("GenerateMac"), read=True, conditions={"kms:MacAlgorithm": "mac_algorithm"})
def generate_mac(
    ctx: Context,
    message: bytes,
    key_id: str,
    mac_algorithm: str,
    grant_tokens: Sequence[str] = (),
    dry_run: bool = False,
) -> object:
    key = locate(ctx, key_id)
    working = take(ctx, key, "GenerateMac", MAC, algorithm=mac_algorithm)
    done(ctx, key, "GenerateMac", dry_run)
    return {"mac": _mac(working.secret, message, mac_algorithm), "mac_algorithm": mac_algorithm, "key_id": key.arn}


@operation(on=using("VerifyMac"), read=True, conditions={"kms:MacAlgorithm": "mac_algorithm"})
def verify_mac(
    ctx: Context,
    message: bytes,
    key_id: str,
    mac_algorithm: str,
    mac: bytes,
    grant_tokens: Sequence[str] = (),
    dry_run: bool = False,
) -> object:
    key = locate(ctx, key_id)
    working = take(ctx, key, "VerifyMac", MAC, algorithm=mac_algorithm)
    if not hmac.compare_digest(_mac(working.secret, message, mac_algorithm), mac):
        raise errors.InvalidMac()
    done(ctx, key, "VerifyMac", dry_run)
    return {"key_id": key.arn, "mac_valid": True, "mac_algorithm": mac_algorithm}


def _mac(secret: bytes, message: bytes, algorithm: str) -> bytes:
    """HMAC (RFC 2104); the algorithm is `HMAC_SHA_256` and its like."""
    return hmac.digest(secret, message, f"sha{algorithm[-3:]}")
