"""Verifies domains by their records in the DNS of this cloud, and gives up on who does not answer."""

from collections.abc import Callable
from datetime import datetime

from groundcloud.controllers import Outcome
from groundcloud.services.ses.dkim import public_in
from groundcloud.services.ses.identities import LINK_LASTS, RECORDS_LAST
from groundcloud.services.ses.records import DkimKey, Identity
from groundcloud.store import Key, Store, Transaction

_EVERY = 10.0
Ask = Callable[[str, str], list[str]]
"""The records of a public name: `ask(name, "TXT")` gives texts, `ask(name, "CNAME")` names."""


class Verifications:
    """A domain is its owner's who can put records there: TXT at `_amazonses`, or the three CNAMEs of DKIM."""

    name = "ses.verifications"
    kind = Identity

    def __init__(self, store: Store, ask: Ask, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._ask = ask
        self._clock = clock

    def reconcile(self, key: Key, wanted: Identity | None) -> Outcome:
        if wanted is None or wanted.failed or (wanted.verified and (wanted.dkim_verified or not wanted.dkim_tokens)):
            return Outcome()
        dkim = self._signs(wanted)
        verified = wanted.verified or dkim or self._says(wanted)
        if verified != wanted.verified or dkim != wanted.dkim_verified:
            return Outcome(lambda tx: _note(tx, key, verified, dkim))
        if wanted.verified:
            return Outcome(again=_EVERY)
        left = (wanted.asked + (RECORDS_LAST if wanted.domain else LINK_LASTS) - self._clock()).total_seconds()
        if left <= 0:
            return Outcome(lambda tx: _give_up(tx, key))
        return Outcome(again=min(left, _EVERY) if wanted.domain else left)

    def _signs(self, wanted: Identity) -> bool:
        """Whether receivers find the key: by the three CNAME records, or in a TXT record that the owner made."""
        if wanted.dkim_origin == "AWS_SES":
            return bool(wanted.dkim_tokens) and all(self._points(wanted, token) for token in wanted.dkim_tokens)
        with self._store.snapshot() as tx:
            key = tx.get(DkimKey, wanted.account, wanted.region, wanted.identity)
        name = f"{wanted.dkim_tokens[0]}._domainkey.{wanted.identity}" if wanted.dkim_tokens else ""
        return key is not None and any(public_in(text) == key.public for text in self._ask(name, "TXT"))

    def _says(self, wanted: Identity) -> bool:
        return wanted.domain and wanted.token in self._ask(f"_amazonses.{wanted.identity}", "TXT")

    def _points(self, wanted: Identity, token: str) -> bool:
        names = self._ask(f"{token}._domainkey.{wanted.identity}", "CNAME")
        return f"{token}.dkim.amazonses.com" in [name.rstrip(".").lower() for name in names]


def _note(tx: Transaction, key: Key, verified: bool, dkim: bool) -> None:
    found = tx.get(Identity, *key)
    if found is not None:
        found.verified, found.dkim_verified = verified, dkim
        tx.put(found)


def _give_up(tx: Transaction, key: Key) -> None:
    found = tx.get(Identity, *key)
    if found is not None and not found.verified:
        found.failed = True
        tx.put(found)
