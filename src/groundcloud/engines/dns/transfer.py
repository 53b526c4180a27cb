"""Zone transfers to secondaries: the messages of AXFR (RFC 5936) and NOTIFY (RFC 1996). No sockets here.

Only public zones are transferred. What a policy chooses at each question (weights, health, places) cannot be told to a
secondary: it gets the records that are chosen now, and an alias becomes the records that it stands for.
"""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from groundcloud.engines.dns.lookup import Authority
from groundcloud.engines.dns.message import Reply, ResourceRecord, Writer, response
from groundcloud.engines.dns.places import Asker
from groundcloud.engines.dns.wire import AXFR, IXFR, NOTAUTH, NOTIFY, REFUSED, SOA, Query
from groundcloud.engines.dns.zones import Zone

_MESSAGE_SIZE = 16_000


class Transfers:
    """Who may have whole zones, and the messages that bring them."""

    def __init__(self, authority: Authority, secondaries: tuple[str, ...]) -> None:
        """`secondaries`: networks, or `address:port` and `address` of servers that are also notified."""
        self._authority = authority
        self.notified = [_server(text) for text in secondaries if "/" not in text]
        hosts = [host for host, _ in self.notified]
        self._allowed = [ip_network(text) for text in (*hosts, *(text for text in secondaries if "/" in text))]
        authority.table.transferable = bool(secondaries)

    def wants(self, query: Query) -> bool:
        return query.type in (AXFR, IXFR)

    def messages(self, packet: bytes, query: Query, address: str) -> Iterator[bytes]:
        """The answer to AXFR, or to IXFR, which a whole zone answers as well (RFC 1995, section 4)."""
        asker = ip_address(address)
        if not any(asker in network for network in self._allowed):
            yield response(packet, query, Reply(REFUSED, authoritative=False), _MESSAGE_SIZE)
            return
        zones = self._authority.table.public.get(query.name)
        soa = zones[0].soa(serial_moves=True) if zones else None
        if not zones or soa is None:
            yield response(packet, query, Reply(NOTAUTH, authoritative=False), _MESSAGE_SIZE)
            return
        question = packet[12 : query.end]
        writer = Writer(question)
        for record in (soa, *self._records(zones[0]), soa):
            writer.record(0, record)
            if len(writer.buffer) > _MESSAGE_SIZE:
                yield writer.finish(query.id, 0x8400)
                writer = Writer(question)
        if writer.counts[0]:
            yield writer.finish(query.id, 0x8400)

    def _records(self, zone: Zone) -> Iterator[ResourceRecord]:
        """All records but the zone's SOA, as they are answered now."""
        for name, node in list(zone.nodes.items()):
            for type_, sets in node.items():
                if type_ == SOA:
                    continue
                if len(sets) == 1 and sets[0].data:
                    yield from (ResourceRecord(name, type_, sets[0].ttl, data) for data in sets[0].data)
                else:
                    yield from self._authority.within(zone, name, type_, Asker()).answers


def notification(zone: Zone, id_: int) -> bytes:
    """Tells a secondary that a zone has changed."""
    question = zone.apex + SOA.to_bytes(2, "big") + b"\0\1"
    soa = zone.soa(serial_moves=True)
    writer = Writer(question)
    if soa is not None:
        writer.record(0, soa)
    return writer.finish(id_, NOTIFY << 11 | 0x0400)


def _server(text: str) -> tuple[str, int]:
    """An address with its port, 53 when it names none. Raises `ValueError`."""
    host, _, port = text.rpartition(":") if text.count(":") == 1 or "]:" in text else (text, "", "53")
    host = host.strip("[]")
    ip_address(host)
    return host, int(port)
