"""Makes the keys of domains that want to be signed for, and answers for them in the DNS.

A domain's CNAME records lead to names below dkim.amazonses.com, where the public key is. All three tokens lead to the
same key: no key is changed for another yet.
"""

from collections.abc import Callable
from datetime import datetime

from groundcloud.controllers import Outcome
from groundcloud.engines.dns.message import ResourceRecord
from groundcloud.engines.dns.names import to_wire
from groundcloud.engines.dns.wire import TXT
from groundcloud.engines.dns.zones import Extra
from groundcloud.sealing import Sealer
from groundcloud.services.ses.dkim import new_key, public_of, record_of
from groundcloud.services.ses.records import DKIM_PURPOSE, DkimKey, Identity
from groundcloud.store import Key, Store, Transaction

ZONE = "dkim.amazonses.com"
_TTL = 1800


class DkimKeys:
    """Implements `Controller`. Making a key takes the processor long, so no operation does."""

    name = "ses.dkim_keys"
    kind = Identity

    def __init__(self, store: Store, sealer: Sealer, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._sealer = sealer
        self._clock = clock

    def reconcile(self, key: Key, wanted: Identity | None) -> Outcome:
        with self._store.snapshot() as tx:
            known = tx.get(DkimKey, *key)
        if wanted is None or not wanted.dkim_tokens:
            return Outcome() if known is None else Outcome(lambda tx: _forget(tx, key))
        if wanted.dkim_origin != "AWS_SES" or (known is not None and known.fits(wanted)):
            return Outcome()
        private = new_key(wanted.dkim_bits)
        made = DkimKey(
            wanted.account, wanted.region, wanted.identity, wanted.dkim_tokens[0], public_of(private),
            self._sealer.seal(private, DKIM_PURPOSE), wanted.dkim_bits, self._clock(), list(wanted.dkim_tokens),
        )  # fmt: skip
        return Outcome(lambda tx: _keep(tx, made))


def _keep(tx: Transaction, made: DkimKey) -> None:
    """Unless its owner has brought another meanwhile."""
    wanted = tx.get(Identity, made.account, made.region, made.identity)
    if wanted is not None and made.fits(wanted):
        tx.put(made)


def _forget(tx: Transaction, key: Key) -> None:
    known, wanted = tx.get(DkimKey, *key), tx.get(Identity, *key)
    if known is not None and (wanted is None or not wanted.dkim_tokens):
        tx.delete(known)


class DkimNames:
    """Answers for the names that the CNAME records lead to (`engines.dns.zones.Provider`)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, name: str, type_: int, vpc: str | None) -> Extra | None:
        if not name.endswith(f".{ZONE}."):
            return None
        with self._store.snapshot() as tx:
            found = next(tx.scan(DkimKey, name.partition(".")[0], index="by_token"), None)
        if found is None:
            return None
        return [ResourceRecord(to_wire(name), TXT, _TTL, _strings(record_of(found.public)))] if type_ == TXT else []


def _strings(text: str) -> bytes:
    """A TXT record's data: strings of 255 bytes at most."""
    data = text.encode()
    parts = [data[start : start + 255] for start in range(0, len(data), 255)]
    return b"".join(bytes((len(part),)) + part for part in parts)
