"""Packets in, packets out: what the sockets of the server and the resolvers of VPCs call. No sockets here.

Answers that everybody gets are remembered as bytes until the data change, and so are those among which nothing but
chance chooses: most questions cost one look into a dictionary.
"""

from collections.abc import Callable
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
from groundcloud.engines.dns.zones import Drawn, Known

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
        self.noted: Callable[[bytes, bytes, str, bool], None] | None = None
        """Told of each question from outside, its answer, who asked and whether by TCP."""

    def answer(self, packet: bytes, address: str = "", tcp: bool = False) -> bytes:
        """The answer to somebody outside every VPC: by public zones, or REFUSED."""
        found = self._answer(packet, address, None, tcp)
        made = refuse(packet) if found is None else found
        if self.noted is not None:
            self.noted(packet, made, address, tcp)
        return made

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
                return packet[:2] + (known if type(known) is bytes else self._drawn(known))
        try:
            query = parse(packet)
        except Malformed as error:
            return refusal(packet, FORMERR) if error.answerable else NOTHING
        most = _TCP_SIZE if tcp else min(query.size, UDP_SIZE)
        key = _key(packet, query, most)
        known = memory.get(key)
        if known is not None and query.subnet is None:
            return packet[:2] + (known if type(known) is bytes else self._drawn(known))
        reply = self._reply(query, address, vpc)
        if reply is None:
            return None
        made = response(packet, query, reply, most)
        lasting = self._lasting(packet, query, reply, made, most)
        if lasting is not None:
            if len(memory) >= _MOST_REMEMBERED:
                memory.clear()
            memory[key] = lasting
            if query.plain and not tcp and len(packet) <= _LONGEST_REMEMBERED:
                memory[packet[2:]] = lasting
        return made

    def _lasting(self, packet: bytes, query: Query, reply: Reply, made: bytes, most: int) -> Known | None:
        """What everybody gets until the data change: an answer, or one of several by chance."""
        if query.subnet is not None:
            return None
        if reply.lasting:
            return made[2:]
        if reply.draw is None or query.dnssec:
            return None
        each = [response(packet, query, reply._replace(answers=found), most)[2:] for found in reply.draw.answers]
        return Drawn(reply.draw.shares, each)

    def _drawn(self, known: Known) -> bytes:
        assert isinstance(known, Drawn)
        return known.answers[self._authority.chooser.draw(known.shares)]

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
