"""Who calls? From the signature of a request to a principal, by the credentials that the identities have."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from groundcloud.gateway.endpoint import Endpoint
from groundcloud.gateway.http import Request
from groundcloud.gateway.signature import (
    Claim,
    ErrorStyle,
    PostPolicy,
    check_scope,
    expired_token,
    invalid_token,
    payload_hash_of,
    policy_of,
    signing_key,
    unknown_key,
    verify,
    verify_form,
    verify_post,
)
from groundcloud.identity import ANONYMOUS, BadToken, Credential, Identities, Principal
from groundcloud.store import Transaction

_MOST_KEYS = 20_000


class Authenticated(NamedTuple):
    """Who signed a request, and the key that also signs the chunks of its body."""

    principal: Principal
    signing_key: bytes = b""


class Signed(Protocol):
    """What of a call its signature is about."""

    request: Request
    claim: Claim | None
    body: bytes
    bucket: str
    form: dict[str, str]
    now: datetime


class Trust(Protocol):
    """Which principal a key stands for when any key is trusted."""

    def __call__(self, access_key_id: str) -> Principal: ...


class Authenticator:
    """Verifies signatures. Signing keys are remembered together with the secret they came from: a key that was made
    anew under the same id can never be answered from memory."""

    def __init__(self, identities: Identities, trust_any_key: Trust | None = None) -> None:
        self._identities = identities
        self._trust_any_key = trust_any_key
        self._signing_keys: dict[tuple[str, str, str, str], bytes] = {}

    def authenticate(self, tx: Transaction, call: Signed, endpoint: Endpoint) -> Authenticated:
        """Who signed the request; `ANONYMOUS` for nobody. Raises AWS's errors for what does not hold."""
        claim, style = call.claim, endpoint.voice.style
        if claim is None:
            return Authenticated(ANONYMOUS)
        if self._trust_any_key is not None:
            return Authenticated(self._trust_any_key(claim.access_key_id))
        check_scope(claim, service=endpoint.voice.signing_name, region=None, style=style)
        credential = self._credential(tx, claim, style)
        key = self._signing_key(credential, claim) if claim.date else b""
        if claim.kind == "v2-form":
            verify_form(claim, call.request, call.form, secret=credential.secret, now=call.now, style=style)
        else:
            payload = ""
            if claim.date:
                payload = payload_hash_of(claim, call.body, unsigned=endpoint.unsigned_body, style=style)
            verify(
                claim, call.request, secret=credential.secret, signing_key=key, payload_hash=payload, now=call.now,
                style=style, bucket=call.bucket,
            )  # fmt: skip
        if credential.expires is not None and credential.expires <= call.now:
            raise expired_token(style, claim.token)
        return Authenticated(credential.principal, key)

    def authenticate_post(
        self, tx: Transaction, claim: Claim, fields: Mapping[str, str], now: datetime
    ) -> tuple[Principal, PostPolicy]:
        """Who signed a browser's form, and its policy. Raises S3's errors for what does not hold."""
        style = ErrorStyle.S3
        if self._trust_any_key is not None:
            return self._trust_any_key(claim.access_key_id), PostPolicy(policy_of(fields))
        check_scope(claim, service="s3", region=None, style=style)
        credential = self._credential(tx, claim, style)
        key = self._signing_key(credential, claim) if claim.date else b""
        policy = verify_post(claim, fields, secret=credential.secret, signing_key=key)
        if credential.expires is not None and credential.expires <= now:
            raise expired_token(style, claim.token)
        return credential.principal, policy

    def _credential(self, tx: Transaction, claim: Claim, style: ErrorStyle) -> Credential:
        try:
            credential = self._identities.credential(tx, claim.access_key_id, claim.token)
        except BadToken as error:
            raise invalid_token(style, claim.token) from error
        if credential is None or not credential.active:
            raise unknown_key(style, claim.access_key_id)
        return credential

    def _signing_key(self, credential: Credential, claim: Claim) -> bytes:
        wanted = (credential.secret, claim.date, claim.region, claim.service)
        key = self._signing_keys.get(wanted)
        if key is None:
            if len(self._signing_keys) >= _MOST_KEYS:
                self._signing_keys.clear()
            key = self._signing_keys[wanted] = signing_key(*wanted)
        return key
