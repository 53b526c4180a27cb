"""Who calls? From the signature of a request to a principal, by the credentials that the identities have."""

from datetime import datetime
from typing import Protocol

from groundcloud.gateway.http import Request
from groundcloud.gateway.signature import Claim, ErrorStyle, Failure, payload_hash_of, signing_key, verify
from groundcloud.identity import ANONYMOUS, BadToken, Credential, Identities, Principal
from groundcloud.store import Transaction

_MOST_KEYS = 20_000


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

    def principal(
        self,
        tx: Transaction,
        request: Request,
        claim: Claim | None,
        body: bytes,
        now: datetime,
        style: ErrorStyle,
        unsigned_body: bool = False,
    ) -> Principal:
        """Who signed the request; `ANONYMOUS` for nobody. Raises AWS's errors for what does not hold.

        `unsigned_body`: the operation's model says that its body is not signed.
        """
        if claim is None:
            return ANONYMOUS
        if self._trust_any_key is not None:
            return self._trust_any_key(claim.access_key_id)
        credential = self._credential(tx, claim, style)
        payload = ""
        key = b""
        if claim.date:
            payload = payload_hash_of(claim, body, unsigned=unsigned_body, style=style)
            key = self._signing_key(credential, claim)
        verify(
            claim, request, secret=credential.secret, signing_key=key, payload_hash=payload, now=now, style=style
        )
        if credential.expires is not None and credential.expires <= now:
            raise style.error(Failure.TOKEN_EXPIRED)
        return credential.principal

    def _credential(self, tx: Transaction, claim: Claim, style: ErrorStyle) -> Credential:
        try:
            credential = self._identities.credential(tx, claim.access_key_id, claim.token)
        except BadToken as error:
            raise style.error(Failure.TOKEN_INVALID) from error
        if credential is None or not credential.active:
            raise style.error(Failure.UNKNOWN_KEY)
        return credential

    def _signing_key(self, credential: Credential, claim: Claim) -> bytes:
        wanted = (credential.secret, claim.date, claim.region, claim.service)
        key = self._signing_keys.get(wanted)
        if key is None:
            if len(self._signing_keys) >= _MOST_KEYS:
                self._signing_keys.clear()
            key = self._signing_keys[wanted] = signing_key(*wanted)
        return key


