"""Verifies domains by their records in the DNS of this cloud, and gives up on who does not answer."""

from collections.abc import Callable
from datetime import datetime

from groundcloud.controllers import Outcome
from groundcloud.services.ses.identities import LINK_LASTS, RECORDS_LAST
from groundcloud.services.ses.records import Identity
from groundcloud.store import Key, Transaction

_EVERY = 10.0
Ask = Callable[[str, str], list[str]]
"""The records of a public name: `ask(name, "TXT")` gives texts, `ask(name, "CNAME")` names."""


class Verifications:
    """A domain is its owner's who can put records there: TXT at `_amazonses`, or the three CNAMEs of DKIM."""

    name = "ses.verifications"
    kind = Identity

    def __init__(self, ask: Ask, clock: Callable[[], datetime]) -> None:
        self._ask = ask
        self._clock = clock

    def reconcile(self, key: Key, wanted: Identity | None) -> Outcome:
        if wanted is None or wanted.failed or (wanted.verified and (wanted.dkim_verified or not wanted.dkim_tokens)):
            return Outcome()
        dkim = bool(wanted.dkim_tokens) and all(self._points(wanted, token) for token in wanted.dkim_tokens)
        verified = wanted.verified or dkim or self._says(wanted)
        if verified != wanted.verified or dkim != wanted.dkim_verified:
            return Outcome(lambda tx: _note(tx, key, verified, dkim))
        if wanted.verified:
            return Outcome(again=_EVERY)
        left = (wanted.asked + (RECORDS_LAST if wanted.domain else LINK_LASTS) - self._clock()).total_seconds()
        if left <= 0:
            return Outcome(lambda tx: _give_up(tx, key))
        return Outcome(again=min(left, _EVERY) if wanted.domain else left)

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
