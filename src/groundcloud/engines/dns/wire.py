"""DNS messages as bytes: reading a query (RFC 1035, EDNS by RFC 6891, client subnets by RFC 7871). No sockets here.

A name is kept as on the wire, in lower case and without compression: `b"\\3www\\7example\\3com\\0"`. That makes it a
key of a table as it comes, and the name above it is what follows its first label.
"""

from ipaddress import IPv4Network, IPv6Network
from struct import Struct
from typing import NamedTuple

Name = bytes

A, NS, CNAME, SOA, PTR, HINFO, MX, TXT, AAAA, SRV, NAPTR, OPT, DS = 1, 2, 5, 6, 12, 13, 15, 16, 28, 33, 35, 41, 43
SSHFP, RRSIG, NSEC, DNSKEY, NSEC3PARAM, TLSA, SVCB, HTTPS, SPF, IXFR, AXFR, ANY, CAA = (
    44, 46, 47, 48, 51, 52, 64, 65, 99, 251, 252, 255, 257,
)  # fmt: skip
TYPES = {
    "A": A, "NS": NS, "CNAME": CNAME, "SOA": SOA, "PTR": PTR, "HINFO": HINFO, "MX": MX, "TXT": TXT, "AAAA": AAAA,
    "SRV": SRV, "NAPTR": NAPTR, "DS": DS, "SSHFP": SSHFP, "RRSIG": RRSIG, "NSEC": NSEC, "DNSKEY": DNSKEY,
    "TLSA": TLSA, "SVCB": SVCB, "HTTPS": HTTPS, "SPF": SPF, "CAA": CAA, "ANY": ANY,
}  # fmt: skip
TYPE_NAMES = {number: name for name, number in TYPES.items()}

NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, NOTAUTH, BADVERS = 0, 1, 2, 3, 4, 5, 9, 16
RCODES = {NOERROR: "NOERROR", FORMERR: "FORMERR", SERVFAIL: "SERVFAIL", NXDOMAIN: "NXDOMAIN", REFUSED: "REFUSED"}
IN, CLASS_ANY = 1, 255
QUERY, NOTIFY = 0, 4
UDP_SIZE = 1232
"""The largest UDP answer: no path fragments it (DNS flag day 2020)."""
ROOT = b"\0"

HEADER = Struct("!HHHHHH")
_TAIL = Struct("!HH")
_RECORD = Struct("!HHIH")
_CLIENT_SUBNET = 8


class Malformed(Exception):
    """These bytes are no query. `answerable` when there is a header to answer with FORMERR."""

    def __init__(self, reason: str, answerable: bool = True) -> None:
        super().__init__(reason)
        self.answerable = answerable


class Query(NamedTuple):
    """One question, as it was asked."""

    id: int
    flags: int
    opcode: int
    name: Name
    """In lower case."""
    shown: Name
    """As the client wrote it, which the answer repeats."""
    type: int
    class_: int
    end: int
    """Where the question ends in the packet."""
    edns: bool = False
    version: int = 0
    size: int = 512
    """The most that the client takes over UDP."""
    dnssec: bool = False
    subnet: IPv4Network | IPv6Network | None = None
    """Whom the resolver asks for, if it says so."""
    subnet_option: bytes = b""
    plain: bool = True
    """Whether it has no EDNS option, which may differ each time that the same is asked (RFC 7873, cookies)."""


def parse(packet: bytes) -> Query:
    """Read a query. Raises `Malformed`."""
    if len(packet) < 12:
        raise Malformed("shorter than a header", answerable=False)
    id_, flags, questions, answers, authorities, additionals = HEADER.unpack_from(packet)
    if flags & 0x8000:
        raise Malformed("a response", answerable=False)
    opcode = flags >> 11 & 15
    if opcode not in (QUERY, NOTIFY):
        return Query(id_, flags, opcode, ROOT, ROOT, 0, IN, 12)
    if questions != 1:
        raise Malformed("not one question")
    shown, position = _question_name(packet)
    if position + 4 > len(packet):
        raise Malformed("cut off in the question")
    type_, class_ = _TAIL.unpack_from(packet, position)
    end = position + 4
    edns = _edns(packet, end, answers + authorities, additionals) if additionals else _NO_EDNS
    return Query(id_, flags, opcode, shown.lower(), shown, type_, class_, end, *edns)


def _question_name(packet: bytes) -> tuple[Name, int]:
    """The first name may not be compressed: there is nothing before it to point to."""
    position, length = 12, len(packet)
    while position < length:
        label = packet[position]
        if label == 0:
            name = packet[12 : position + 1]
            if len(name) > 255:
                raise Malformed("a name longer than 255 bytes")
            return name, position + 1
        if label > 63:
            raise Malformed("no label")
        position += label + 1
    raise Malformed("cut off in a name")


def skip_name(packet: bytes, position: int) -> int:
    """Where the name at a position ends. Raises `Malformed`."""
    length = len(packet)
    while position < length:
        label = packet[position]
        if label == 0:
            return position + 1
        if label >= 192:
            return position + 2
        if label > 63:
            raise Malformed("no label")
        position += label + 1
    raise Malformed("cut off in a name")


_Edns = tuple[bool, int, int, bool, IPv4Network | IPv6Network | None, bytes, bool]
_NO_EDNS: _Edns = (False, 0, 512, False, None, b"", True)


def _edns(packet: bytes, position: int, before: int, additionals: int) -> _Edns:
    """The last fields of a `Query`. Raises `Malformed`."""
    found = _NO_EDNS
    for number in range(before + additionals):
        owner = position
        position = skip_name(packet, position)
        if position + 10 > len(packet):
            raise Malformed("cut off in a record")
        type_, class_, ttl, size = _RECORD.unpack_from(packet, position)
        position += 10
        if position + size > len(packet):
            raise Malformed("cut off in a record's data")
        if type_ == OPT and number >= before:
            if found[0] or packet[owner] != 0:
                raise Malformed("not one OPT record of the root")
            subnet, option = _client_subnet(packet[position : position + size]) if size else (None, b"")
            found = (True, ttl >> 16 & 255, max(512, class_), bool(ttl & 0x8000), subnet, option, not size)
        position += size
    return found


def _client_subnet(options: bytes) -> tuple[IPv4Network | IPv6Network | None, bytes]:
    """The client subnet among EDNS options (RFC 7871, section 6)."""
    position = 0
    while position + 4 <= len(options):
        code, size = _TAIL.unpack_from(options, position)
        data = options[position + 4 : position + 4 + size]
        if len(data) < size:
            raise Malformed("cut off in an option")
        position += 4 + size
        if code == _CLIENT_SUBNET:
            return _network(data), data
    return None, b""


def _network(data: bytes) -> IPv4Network | IPv6Network:
    family, prefix = int.from_bytes(data[:2], "big"), data[2] if len(data) > 2 else 0
    width = {1: 4, 2: 16}.get(family)
    address = data[4:]
    if width is None or len(data) < 4 or prefix > width * 8 or len(address) != (prefix + 7) // 8:
        raise Malformed("no client subnet")
    whole = address.ljust(width, b"\0")
    kind: type[IPv4Network] | type[IPv6Network] = IPv4Network if width == 4 else IPv6Network
    try:
        return kind((whole, prefix))
    except ValueError as error:
        raise Malformed("bits of a client subnet beyond its prefix") from error


def above(name: Name) -> Name:
    """The name without its first label."""
    return name[name[0] + 1 :]


def is_below(name: Name, apex: Name) -> bool:
    """Whether a name is an apex or lies below it."""
    while len(name) > len(apex):
        name = name[name[0] + 1 :]
    return name == apex


def labels(name: Name) -> list[bytes]:
    """The labels without the root's, from the first on."""
    found, position = [], 0
    while name[position]:
        found.append(name[position + 1 : position + 1 + name[position]])
        position += name[position] + 1
    return found
