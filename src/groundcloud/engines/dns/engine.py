"""The parts of the DNS engine put together: one for each cloud."""

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address

from groundcloud.engines.dns.answering import Answering
from groundcloud.engines.dns.lookup import Authority
from groundcloud.engines.dns.names import BadName, to_text, to_wire
from groundcloud.engines.dns.places import Asker, Places, parse_place
from groundcloud.engines.dns.wire import CNAME, TXT, A
from groundcloud.engines.dns.zones import Location, Provider, Table


class Dns:
    """Tables, places and answers of one cloud, without sockets.

    `answering.answer_within(packet, vpc)` is what the resolver of a VPC calls; `add_provider` lets other engines answer
    for names of their own.
    """

    def __init__(self, region: str, locations: Iterable[str] = ()) -> None:
        networks: list[tuple[str, Location]] = [parse_place(text) for text in locations]
        self.table = Table()
        self.places = Places(region, networks, self.table.vpc_regions)
        self.authority = Authority(self.table, self.places)
        self.answering = Answering(self.authority)
        self.live = False
        """Whether this process keeps the tables as the records are; of several workers only the first does."""

    async def resolve(self, name: str) -> str | None:
        """The IPv4 address of a name, by this cloud's own public names and then by the machine's resolver."""
        try:
            reply = self.authority.lookup(to_wire(name), A, Asker())
        except BadName:
            return None
        records = reply.answers if reply is not None else ()
        found = next((each.data for each in records if each.type == A), None)
        if found is not None:
            return str(IPv4Address(found))
        if reply is not None and not (records and records[-1].type == CNAME):
            return None
        elsewhere = to_text(records[-1].data) if records else name
        try:
            answers = await asyncio.get_running_loop().getaddrinfo(elsewhere, None, family=socket.AF_INET)
        except OSError:
            return None
        return str(answers[0][4][0]) if answers else None

    def public_records(self, name: str, type_: str) -> list[str]:
        """The records of a public name of this cloud's zones: TXT as texts, CNAME as names. Whoever asks here waits
        for nobody."""
        wanted = {"TXT": TXT, "CNAME": CNAME}[type_]
        try:
            reply = self.authority.lookup(to_wire(name), wanted, Asker())
        except BadName:
            return []
        found = [each.data for each in (reply.answers if reply is not None else ()) if each.type == wanted]
        return [to_text(data) if wanted == CNAME else _text(data) for data in found]

    def add_provider(self, provider: Provider) -> None:
        """`provider(name, type, vpc)` gives records, nothing for a name without that type, or None for a name that is
        not its own. The first that knows a name answers."""
        self.table.providers.append(provider)
        self.table.forget()


def _text(data: bytes) -> str:
    """The strings of a TXT record as one."""
    parts, at = [], 0
    while at < len(data):
        parts.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return b"".join(parts).decode(errors="replace")
