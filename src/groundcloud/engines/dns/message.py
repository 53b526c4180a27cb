"""Writing DNS messages: header, records with compressed names, EDNS, and truncation. No sockets here."""

from collections.abc import Iterable, Sequence
from struct import Struct
from typing import NamedTuple

from groundcloud.engines.dns.wire import (
    BADVERS,
    CNAME,
    HEADER,
    MX,
    NS,
    OPT,
    PTR,
    SOA,
    UDP_SIZE,
    Malformed,
    Name,
    Query,
)

_FIXED = Struct("!HHI")
_LENGTH = Struct("!H")
_COMPRESSED = {NS: 0, CNAME: 0, PTR: 0, MX: 2}
"""Types whose data end in a name that may be compressed (RFC 3597, section 4), and where it begins."""


class ResourceRecord(NamedTuple):
    """One record of an answer; the data are as on the wire, without compression."""

    owner: Name
    type: int
    ttl: int
    data: bytes


class Draw(NamedTuple):
    """What chance chooses among for each who asks: answers, and how much of all shares those up to each one have."""

    shares: Sequence[int]
    answers: "Sequence[Sequence[ResourceRecord]]"


class Reply(NamedTuple):
    """What is answered to a question."""

    rcode: int
    answers: Sequence[ResourceRecord] = ()
    authorities: Sequence[ResourceRecord] = ()
    additionals: Sequence[ResourceRecord] = ()
    authoritative: bool = True
    lasting: bool = True
    """Whether everybody gets it until the data change: not by chance, not by who asks."""
    scope: int = 0
    """How many bits of the client's subnet the answer depends on (RFC 7871)."""
    draw: Draw | None = None
    """Where nothing but one draw keeps everybody from getting the same: `answers` is one of its answers."""


class Writer:
    """A message that grows record by record."""

    def __init__(self, question: bytes = b"") -> None:
        self.buffer = bytearray(12)
        self.counts = [0, 0, 0]
        self._known: dict[bytes, int] = {}
        self._questions = 0
        if question:
            self._questions = 1
            self._remember(question[:-4].lower(), 12)
            self.buffer += question

    def _remember(self, name: Name, position: int) -> None:
        """Where a name and the names above it are from now on found."""
        while len(name) > 1 and position < 0x4000:
            self._known.setdefault(name, position)
            step = name[0] + 1
            position += step
            name = name[step:]

    def name(self, name: Name) -> None:
        """A name, as a pointer as far as it has been written before."""
        known, buffer = self._known, self.buffer
        while len(name) > 1:
            pointer = known.get(name)
            if pointer is not None:
                buffer += _LENGTH.pack(0xC000 | pointer)
                return
            if len(buffer) < 0x4000:
                known[name] = len(buffer)
            step = name[0] + 1
            buffer += name[:step]
            name = name[step:]
        buffer.append(0)

    def record(self, section: int, record: ResourceRecord) -> None:
        """Add to answers (0), authorities (1) or additionals (2)."""
        owner, type_, ttl, data = record
        self.name(owner)
        buffer = self.buffer
        buffer += _FIXED.pack(type_, 1, ttl)
        self.counts[section] += 1
        offset = _COMPRESSED.get(type_)
        if offset is None and type_ != SOA:
            buffer += _LENGTH.pack(len(data))
            buffer += data
            return
        start = len(buffer)
        buffer += b"\0\0"
        if type_ == SOA:
            first = end_of_name(data, 0)
            second = end_of_name(data, first)
            self.name(data[:first])
            self.name(data[first:second])
            buffer += data[second:]
        else:
            assert offset is not None
            buffer += data[:offset]
            self.name(data[offset:])
        _LENGTH.pack_into(buffer, start, len(buffer) - start - 2)

    def finish(self, id_: int, flags: int) -> bytes:
        HEADER.pack_into(self.buffer, 0, id_, flags, self._questions, *self.counts)
        return bytes(self.buffer)


def end_of_name(data: bytes, position: int) -> int:
    """Where an uncompressed name ends."""
    while data[position]:
        position += data[position] + 1
    return position + 1


def response(packet: bytes, query: Query, reply: Reply, most: int) -> bytes:
    """The answer to a packet, of at most so many bytes: what does not fit sets TC, or is left out where it is only
    additional (RFC 2181, section 9)."""
    flags = 0x8000 | query.flags & 0x7900 | (0x0400 if reply.authoritative else 0) | reply.rcode & 15
    writer = Writer(packet[12 : query.end])
    opt = _opt(query, reply) if query.edns else b""
    most -= len(opt)
    for section, records in enumerate((reply.answers, reply.authorities, reply.additionals)):
        if not _add(writer, section, records, most) and section < 2:
            flags |= 0x0200
            break
    if opt:
        writer.buffer += opt
        writer.counts[2] += 1
    return writer.finish(query.id, flags)


def _add(writer: Writer, section: int, records: Iterable[ResourceRecord], most: int) -> bool:
    """Whether all fit; a set that does not is not begun: the message is as it was before the first that did not."""
    for record in records:
        before = len(writer.buffer)
        writer.record(section, record)
        if len(writer.buffer) > most:
            del writer.buffer[before:]
            writer.counts[section] -= 1
            return False
    return True


def _opt(query: Query, reply: Reply) -> bytes:
    extended = BADVERS >> 4 if reply.rcode == BADVERS else 0
    options = b""
    if query.subnet_option:
        data = query.subnet_option[:3] + bytes((reply.scope,)) + query.subnet_option[4:]
        options = b"\0\x08" + _LENGTH.pack(len(data)) + data
    flags = extended << 24 | (0x8000 if query.dnssec else 0)
    return b"\0" + Struct("!HHIH").pack(OPT, UDP_SIZE, flags, len(options)) + options


def refusal(packet: bytes, rcode: int) -> bytes:
    """An error without a question, for what could not be read. Raises `Malformed` when there is no header."""
    if len(packet) < 12:
        raise Malformed("shorter than a header", answerable=False)
    id_, flags = HEADER.unpack_from(packet)[:2]
    return HEADER.pack(id_, 0x8000 | flags & 0x7900 | rcode, 0, 0, 0, 0)
