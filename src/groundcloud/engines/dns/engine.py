"""The parts of the DNS engine put together: one for each cloud."""

from collections.abc import Iterable

from groundcloud.engines.dns.answering import Answering
from groundcloud.engines.dns.lookup import Authority
from groundcloud.engines.dns.places import Places, parse_place
from groundcloud.engines.dns.zones import Location, Provider, Table


class Dns:
    """Tables, places and answers of one cloud, without sockets.

    `answering.answer_within(packet, vpc)` is what the resolver of a VPC calls; `add_provider` lets other engines answer
    for names of their own.
    """

    def __init__(self, region: str, locations: Iterable[str] = ()) -> None:
        networks: list[tuple[str, Location]] = [parse_place(text) for text in locations]
        self.table = Table()
        self.places = Places(region, networks)
        self.authority = Authority(self.table, self.places)
        self.answering = Answering(self.authority)
        self.live = False
        """Whether this process keeps the tables as the records are; of several workers only the first does."""

    def add_provider(self, provider: Provider) -> None:
        """`provider(name, type, vpc)` gives records, nothing for a name without that type, or None for a name that is
        not its own. The first that knows a name answers."""
        self.table.providers.append(provider)
        self.table.forget()
