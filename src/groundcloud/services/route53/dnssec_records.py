"""What Route 53 remembers of signed zones."""

from datetime import datetime

from groundcloud.store import Record


def purpose(zone_id: str) -> str:
    """What a zone's own key is sealed for."""
    return f"route53/zone-signing-key/{zone_id}"


class KeySigningKey(Record):
    table = "route53.key_signing_key"
    key = ("account", "zone_id", "name")
    watched = False

    account: str
    zone_id: str
    name: str
    caller_reference: str
    status: str
    kms_arn: str
    public_key: bytes
    """The point, 64 bytes."""
    created_date: datetime
    last_modified_date: datetime


class ZoneSigning(Record):
    """The own key of a signed zone, and what the key-signing keys have signed."""

    table = "route53.zone_signing"
    key = ("account", "zone_id")

    account: str
    zone_id: str
    sealed: bytes
    """The private key, PKCS#8."""
    zone_key: bytes
    """The data of its DNSKEY record."""
    keys: list[bytes] = []
    """The data of all DNSKEY records that are signed."""
    signatures: list[bytes] = []
    """The data of the RRSIG records over them."""
    signed_at: float = 0.0
