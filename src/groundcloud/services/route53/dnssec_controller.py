"""Has KMS sign the keys of signed zones, and gives zones their signer."""

from collections.abc import Callable
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_private_key

from groundcloud.controllers import Outcome
from groundcloud.engines.dns.dnssec import (
    KEY_SIGNING_KEY,
    KEYS_TTL,
    ZoneSigner,
    key_data,
    key_tag,
    raw_signature,
    to_sign,
    unsigned,
)
from groundcloud.engines.dns.names import to_wire
from groundcloud.engines.dns.wire import DNSKEY
from groundcloud.engines.dns.zones import Table, Zone
from groundcloud.sealing import Sealer
from groundcloud.services.route53.dnssec_records import KeySigningKey, ZoneSigning, purpose
from groundcloud.services.route53.records import HostedZone
from groundcloud.services.route53.zone_data import zone_of
from groundcloud.store import Key, Store, Transaction

_VALID, _BACK, _RENEWED = 14 * 86400, 3 * 3600, 3 * 86400
"""Seconds that signatures over keys last, how long before now they begin, and after which they are made anew."""

SignByKms = Callable[[str, str, bytes], bytes]
"""Account, ARN of the key and message: an ECDSA signature, DER."""


class Signing:
    """The keys of zones, and the signers made of them."""

    def __init__(self, store: Store, sealer: Sealer, by_kms: SignByKms, now: Callable[[], datetime]) -> None:
        self._store = store
        self._sealer = sealer
        self._by_kms = by_kms
        self._now = now

    def read(self, tx: Transaction, zone: HostedZone) -> Zone:
        """A zone with its records, and with its signer where it is signed."""
        made = zone_of(tx, zone)
        signing = tx.get(ZoneSigning, zone.account, zone.id) if zone.dnssec == "SIGNING" else None
        if signing is not None and signing.signatures:
            secret = self._sealer.open(signing.sealed, purpose(zone.id))
            key = load_der_private_key(secret, None)
            assert isinstance(key, ec.EllipticCurvePrivateKey)
            now = self._now
            made.signer = ZoneSigner(made.apex, key, signing.keys, signing.signatures, lambda: now().timestamp())
        return made

    def refresh(self, account: str, zone_id: str) -> bool:
        """Have the keys signed, where they changed or their signatures grow old; whether that was so."""
        with self._store.snapshot() as tx:
            zone, signing = tx.get(HostedZone, account, zone_id), tx.get(ZoneSigning, account, zone_id)
            active = [each for each in tx.scan(KeySigningKey, account, zone_id) if each.status == "ACTIVE"]
        if zone is None or signing is None or not active:
            return False
        now = self._now().timestamp()
        keys = sorted([*(key_data(KEY_SIGNING_KEY, each.public_key) for each in active), signing.zone_key])
        if keys == signing.keys and now - signing.signed_at < _RENEWED:
            return False
        signatures = [self._signature(zone, each, keys, int(now)) for each in active]

        def write(tx: Transaction) -> None:
            found = tx.get(ZoneSigning, account, zone_id)
            if found is not None:
                found.keys, found.signatures, found.signed_at = keys, signatures, now
                tx.put(found)

        self._store.write(write)
        return True

    def _signature(self, zone: HostedZone, key: KeySigningKey, keys: list[bytes], now: int) -> bytes:
        apex, tag = to_wire(zone.name), key_tag(key_data(KEY_SIGNING_KEY, key.public_key))
        head = unsigned(DNSKEY, apex, KEYS_TTL, apex, tag, now - _BACK, now + _VALID)
        der = self._by_kms(zone.account, key.kms_arn, to_sign(head, apex, DNSKEY, KEYS_TTL, keys))
        return head + raw_signature(der)


class Signatures:
    """Implements `Controller`: signatures over keys are made anew long before they end."""

    name = "route53.signatures"
    kind = ZoneSigning

    def __init__(self, store: Store, table: Table, signing: Signing) -> None:
        self._store = store
        self._table = table
        self._signing = signing

    def reconcile(self, key: Key, wanted: ZoneSigning | None) -> Outcome:
        if wanted is None:
            return Outcome()
        if self._signing.refresh(wanted.account, wanted.zone_id):
            with self._store.snapshot() as tx:
                zone = tx.get(HostedZone, wanted.account, wanted.zone_id)
                if zone is not None:
                    self._table.add(self._signing.read(tx, zone))
        return Outcome(again=_RENEWED)
