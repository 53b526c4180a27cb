"""Packets in, packets out: what the sockets of the server and the resolvers of VPCs call. No sockets here.

Answers that everybody gets are remembered as bytes until the data change, so that most questions cost one look into a
dictionary.
"""

from struct import Struct

from groundcloud.engines.dns.lookup import Authority
from groundcloud.engines.dns.message import Reply, refusal, response
from groundcloud.engines.dns.places import Asker
from groundcloud.engines.dns.wire import (
    AXFR,
    BADVERS,
    CLASS_ANY,
    FORMERR,
    IN,
    IXFR,
    NOTIMP,
    QUERY,
    REFUSED,
    UDP_SIZE,
    Malformed,
    Query,
    parse,
)

_MOST_REMEMBERED = 20_000
_LONGEST_REMEMBERED = 300
_TCP_SIZE = 65535

_KIND = Struct("!BHH")

NOTHING = b""
"""What deserves no answer: a response, or less than a header."""


class Answering:
    """Answers packets by an authority's data."""

    def __init__(self, authority: Authority) -> None:
        self._authority = authority
        self._table = authority.table
        self.asked = 0

    def answer(self, packet: bytes, address: str = "", tcp: bool = False) -> bytes:
        """The answer to somebody outside every VPC: by public zones, or REFUSED."""
        found = self._answer(packet, address, None, tcp)
        return refuse(packet) if found is None else found

    def answer_within(self, packet: bytes, vpc: str, address: str = "", tcp: bool = False) -> bytes | None:
        """The answer to somebody in a VPC, by its private zones, the providers and the public zones; None when the
        name is nobody's here, so that the resolver may ask elsewhere."""
        return self._answer(packet, address, vpc, tcp)

    def _answer(self, packet: bytes, address: str, vpc: str | None, tcp: bool) -> bytes | None:
        self.asked += 1
        memory = self._table.remembered.get(vpc)
        if memory is None:
            memory = self._table.remembered.setdefault(vpc, {})
        if not tcp:
            known = memory.get(packet[2:])
            if known is not None:
                return packet[:2] + known
        try:
            query = parse(packet)
        except Malformed as error:
            return refusal(packet, FORMERR) if error.answerable else NOTHING
        most = _TCP_SIZE if tcp else min(query.size, UDP_SIZE)
        key = _key(packet, query, most)
        known = memory.get(key)
        if known is not None and query.subnet is None:
            return packet[:2] + known
        reply = self._reply(query, address, vpc)
        if reply is None:
            return None
        made = response(packet, query, reply, most)
        if reply.lasting and query.subnet is None:
            if len(memory) >= _MOST_REMEMBERED:
                memory.clear()
            memory[key] = made[2:]
            if query.plain and not tcp and len(packet) <= _LONGEST_REMEMBERED:
                memory[packet[2:]] = made[2:]
        return made

    def _reply(self, query: Query, address: str, vpc: str | None) -> Reply | None:
        if query.opcode != QUERY:
            return Reply(NOTIMP, authoritative=False)
        if query.version != 0:
            return Reply(BADVERS, authoritative=False)
        if query.type in (AXFR, IXFR):  # over UDP and for whom it is not allowed
            return Reply(REFUSED, authoritative=False)
        if query.class_ not in (IN, CLASS_ANY):
            return Reply(REFUSED, authoritative=False)
        found = self._authority.lookup(query.name, query.type, Asker(address, vpc, query.subnet))
        return found if found is None or not self._table.signs else self._signed(query, found, vpc)

    def _signed(self, query: Query, found: Reply, vpc: str | None) -> Reply:
        from groundcloud.engines.dns.signing import keys_of, signed  # for those who have signed zones

        found = keys_of(self._table, query.name, query.type, vpc) or found
        return signed(self._table, found, query.name, query.type, vpc) if query.dnssec else found


def _key(packet: bytes, query: Query, most: int) -> bytes:
    """What the same answer is given to, whatever options a query has besides the client's subnet (cookies differ each
    time). No packet begins so: a header's first flag says that it is no response."""
    kind = query.version << 2 | query.dnssec << 1 | query.edns
    return _KIND.pack(255, kind, most) + packet[2:4] + packet[12 : query.end]


def refuse(packet: bytes) -> bytes:
    """REFUSED, with the question."""
    query = parse(packet)
    return response(packet, query, Reply(REFUSED, authoritative=False), UDP_SIZE)
