"""Who signed a request: AWS Signature Version 4 (headers, query, chunks), Version 2 for S3, and POST policies.

Pure functions and state machines: no sockets, no store, no clock. `claim` reads what a request says about its
signer, the caller looks the key up, `verify` decides.
"""

from groundcloud.gateway.signature.chunks import ChunkDecoder
from groundcloud.gateway.signature.claim import Claim, claim
from groundcloud.gateway.signature.errors import (
    ERRORS,
    ErrorStyle,
    Failure,
    SignatureError,
    expired_token,
    invalid_token,
    missing_token,
    style_of,
    unknown_key,
)
from groundcloud.gateway.signature.post_policy import PostPolicy, policy_of, post_claim, verify_post
from groundcloud.gateway.signature.v2_form import form_claim, verify_form
from groundcloud.gateway.signature.verify import (
    STREAMING,
    BodyHash,
    body_hash_of,
    check_scope,
    payload_hash_of,
    signing_key,
    verify,
)

__all__ = [
    "ERRORS",
    "STREAMING",
    "BodyHash",
    "ChunkDecoder",
    "Claim",
    "ErrorStyle",
    "Failure",
    "PostPolicy",
    "SignatureError",
    "body_hash_of",
    "check_scope",
    "claim",
    "expired_token",
    "form_claim",
    "invalid_token",
    "missing_token",
    "payload_hash_of",
    "policy_of",
    "post_claim",
    "signing_key",
    "style_of",
    "unknown_key",
    "verify",
    "verify_form",
    "verify_post",
]
