"""DNSSEC signed as questions come (RFC 4034, RFC 4035, algorithm 13 of RFC 6605), with compact denials (RFC 9824).

A zone's own key signs its answers here; what the key-signing keys have signed, the set of the zone's keys, is given.
No sockets, and no secrets beyond the key that a signer holds.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from struct import pack

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from groundcloud.engines.dns.message import ResourceRecord
from groundcloud.engines.dns.wire import DNSKEY, NSEC, RRSIG, Name, labels

ALGORITHM = 13
"""ECDSA on curve P-256 with SHA-256."""
ZONE_KEY, KEY_SIGNING_KEY = 256, 257
NXNAME = 128
KEYS_TTL = 3600
_BACK, _AHEAD, _FRESH = 3 * 3600, 3 * 86400, 86400
"""Seconds: how long before now a signature begins, how long it lasts, and when it is made anew."""
_MOST_KEPT = 10_000


def key_data(flags: int, public: bytes) -> bytes:
    """The data of a DNSKEY record; `public` is a point, 64 bytes."""
    return pack("!HBB", flags, 3, ALGORITHM) + public


def key_tag(data: bytes) -> int:
    """The short name of a key (RFC 4034, appendix B)."""
    total = sum(byte << 8 if not number & 1 else byte for number, byte in enumerate(data))
    return (total + (total >> 16)) & 0xFFFF


def point(key: ec.EllipticCurvePublicKey) -> bytes:
    numbers = key.public_numbers()
    return numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")


def raw_signature(der: bytes) -> bytes:
    r, s = decode_dss_signature(der)
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def unsigned(type_: int, owner: Name, ttl: int, zone: Name, tag: int, begin: int, end: int) -> bytes:
    """The data of an RRSIG record up to its signature."""
    parts = labels(owner)
    count = len(parts) - (parts[:1] == [b"*"])
    return pack("!HBBIIIH", type_, ALGORITHM, count, ttl, end, begin, tag) + zone


def to_sign(head: bytes, owner: Name, type_: int, ttl: int, data: Iterable[bytes]) -> bytes:
    """What a signature covers (RFC 4034, section 3.1.8.1)."""
    fixed = owner + pack("!HHI", type_, 1, ttl)
    return head + b"".join([fixed + pack("!H", len(each)) + each for each in sorted(set(data))])


def nsec_data(name: Name, types: Iterable[int]) -> bytes:
    """That a name has these types and no others, and that nothing follows until just behind it."""
    windows: dict[int, bytearray] = {}
    for type_ in types:
        bits = windows.setdefault(type_ >> 8, bytearray(32))
        bits[(type_ & 255) >> 3] |= 0x80 >> (type_ & 7)
    bitmap = b"".join(
        bytes((window, len(trimmed))) + trimmed
        for window, bits in sorted(windows.items())
        if (trimmed := bytes(bits).rstrip(b"\0"))
    )
    return b"\x01\x00" + name + bitmap


class ZoneSigner:
    """Signs one zone's answers."""

    def __init__(
        self,
        zone: Name,
        key: ec.EllipticCurvePrivateKey,
        keys: Sequence[bytes],
        key_signatures: Sequence[bytes],
        now: Callable[[], float] = time.time,
    ) -> None:
        """`keys`: the data of all DNSKEY records; `key_signatures`: of the RRSIG records that cover them."""
        self._zone = zone
        self._key = key
        self._tag = key_tag(key_data(ZONE_KEY, point(key.public_key())))
        self._now = now
        self._kept: dict[tuple[Name, int, int, tuple[bytes, ...]], tuple[float, bytes]] = {}
        self.keys = [ResourceRecord(zone, DNSKEY, KEYS_TTL, data) for data in keys]
        self.key_signatures = [ResourceRecord(zone, RRSIG, KEYS_TTL, data) for data in key_signatures]

    def sign(self, owner: Name, type_: int, ttl: int, data: Iterable[bytes]) -> ResourceRecord:
        """The RRSIG record of a set; made anew once a day, and kept until then."""
        place = (owner, type_, ttl, tuple(sorted(data)))
        now = self._now()
        made, found = self._kept.get(place, (0.0, b""))
        if now - made > _FRESH:
            head = unsigned(type_, owner, ttl, self._zone, self._tag, int(now) - _BACK, int(now) + _AHEAD)
            der = self._key.sign(to_sign(head, owner, type_, ttl, place[3]), ec.ECDSA(hashes.SHA256()))
            found = head + raw_signature(der)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[place] = (now, found)
        return ResourceRecord(owner, RRSIG, ttl, found)

    def signed(self, records: Sequence[ResourceRecord]) -> list[ResourceRecord]:
        """Records of this zone, each set followed by its signature."""
        sets: dict[tuple[Name, int], list[ResourceRecord]] = {}
        for record in records:
            sets.setdefault((record.owner, record.type), []).append(record)
        found: list[ResourceRecord] = []
        for (owner, type_), members in sets.items():
            found += members
            if type_ == DNSKEY:
                found += self.key_signatures
            else:
                found.append(self.sign(owner, type_, members[0].ttl, [each.data for each in members]))
        return found

    def denial(self, name: Name, types: Iterable[int], ttl: int) -> list[ResourceRecord]:
        """The signed proof that a name has no other types than these."""
        return self.signed([ResourceRecord(name, NSEC, ttl, nsec_data(name, {*types, RRSIG, NSEC}))])
