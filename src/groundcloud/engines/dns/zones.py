"""Zone data as the server answers from them: names, types, and the records among which a policy chooses.

Everything here lies in memory and is replaced piece by piece while questions are answered: a name's records are swapped
as a whole, so whoever reads sees the old ones or the new ones. What the records were made of is their owner's affair.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from struct import pack
from threading import Lock
from typing import NamedTuple, Protocol

from groundcloud.engines.dns.message import ResourceRecord, end_of_name
from groundcloud.engines.dns.wire import NS, ROOT, SOA, Name, above, is_below


class Alias(NamedTuple):
    """Where an alias record's answer comes from."""

    target: Name
    zone: str
    """The id of the hosted zone of the target; the record's own zone, or one of AWS's."""
    evaluate: bool
    """Whether the target's health is the record's."""


class Location(NamedTuple):
    """Where on earth: what is known of it."""

    continent: str = ""
    country: str = ""
    subdivision: str = ""
    latitude: float | None = None
    longitude: float | None = None


class RecordSet(NamedTuple):
    """One record set of a name and a type; a policy chooses among several. Which field is set says which policy."""

    ttl: int = 0
    data: tuple[bytes, ...] = ()
    identifier: str = ""
    alias: Alias | None = None
    health_check: str = ""
    weight: int | None = None
    region: str = ""
    failover: str = ""
    location: Location | None = None
    near: tuple[float, float, int] | None = None
    """Latitude, longitude and bias, for geoproximity."""
    multivalue: bool = False
    networks: tuple[str, str] | None = None
    """A CIDR collection's id and the name of a location in it."""


Node = Mapping[int, Sequence[RecordSet]]
"""The record sets of one name, by type."""


class Signer(Protocol):
    """What signs a zone's answers: `dnssec.ZoneSigner`, which is loaded for those who have signed zones only."""

    @property
    def keys(self) -> Sequence[ResourceRecord]: ...
    def signed(self, records: Sequence[ResourceRecord]) -> list[ResourceRecord]: ...
    def denial(self, name: Name, types: Iterable[int], ttl: int) -> list[ResourceRecord]: ...


class Zone:
    """One zone: its names, and what it takes to find the right one."""

    def __init__(self, id_: str, apex: Name, order: str = "", vpcs: Iterable[str] | None = None) -> None:
        self.id = id_
        self.apex = apex
        self.order = order
        """Of several public zones of one name the first in this order answers."""
        self.vpcs = None if vpcs is None else frozenset(vpcs)
        """Who sees it; None for everybody."""
        self.regions: dict[str, str] = {}
        """The regions of its VPCs."""
        self.nodes: dict[Name, Node] = {}
        self.inner: dict[Name, int] = {}
        """Names that exist for the sake of names below them, with how many there are."""
        self.cuts: set[Name] = set()
        """Where others are told to ask on."""
        self.changes = 0
        """How often it has changed: what its serial number grows by for secondaries."""
        self.servers: frozenset[str] = frozenset()
        """The names of its name servers: of several zones of one name, those that the domain is delegated to answer."""
        self.signer: Signer | None = None

    def put(self, name: Name, node: Node) -> None:
        """Replace all records of a name; an empty node removes it."""
        known = name in self.nodes
        if node:
            self.nodes[name] = node
        else:
            self.nodes.pop(name, None)
        if name != self.apex:
            (self.cuts.add if NS in node else self.cuts.discard)(name)
        if known != bool(node):
            self._count(name, 1 if node else -1)

    def _count(self, name: Name, step: int) -> None:
        while name != self.apex and name != ROOT:
            name = above(name)
            left = self.inner.get(name, 0) + step
            if left:
                self.inner[name] = left
            else:
                self.inner.pop(name, None)

    def exists(self, name: Name) -> bool:
        return name in self.nodes or name in self.inner

    def soa(self, serial_moves: bool = False) -> ResourceRecord | None:
        """The zone's SOA record; for zones with secondaries its serial number grows with each change."""
        sets = self.nodes.get(self.apex, {}).get(SOA)
        if not sets or not sets[0].data:
            return None
        data = sets[0].data[0]
        if serial_moves and self.changes:
            place = end_of_name(data, end_of_name(data, 0))
            serial = int.from_bytes(data[place : place + 4], "big") + self.changes
            data = data[:place] + pack("!I", serial & 0xFFFFFFFF) + data[place + 4 :]
        return ResourceRecord(self.apex, SOA, sets[0].ttl, data)


Extra = Sequence[ResourceRecord]
Provider = Callable[[str, int, str | None], Extra | None]
"""Names that others answer for: the name in lower case with its final dot, the type, the VPC. None: not mine."""


class Drawn(NamedTuple):
    """Answers of which chance gives each who asks one."""

    shares: Sequence[int]
    answers: Sequence[bytes]


Known = bytes | Drawn
"""What is remembered of a question: its answer without the id, or several."""


class Table:
    """All zones, the health of checks, and the answers that were given before."""

    def __init__(self) -> None:
        self.zones: dict[str, Zone] = {}
        self.public: dict[Name, list[Zone]] = {}
        self.private: dict[str, dict[Name, list[Zone]]] = {}
        self.vpc_regions: dict[str, str] = {}
        """The regions of the VPCs that are known."""
        self.unhealthy: frozenset[str] = frozenset()
        """Health checks that are not healthy now; what is not known is healthy."""
        self.networks: dict[tuple[str, str], tuple[str, ...]] = {}
        """The CIDR blocks of a collection's location."""
        self.providers: list[Provider] = []
        self.delegations: dict[Name, frozenset[str]] = {}
        """The name servers of domains that are registered."""
        self.signs = False
        """Whether any zone is signed."""
        self.transferable = False
        """Whether zones have secondaries, so that their serial numbers have to grow."""
        self.remembered: dict[str | None, dict[bytes, Known]] = {}
        self.on_change: list[Callable[[Zone], None]] = []
        self._writing = Lock()

    # -- changes, from any thread

    def add(self, zone: Zone) -> None:
        """A zone, new or anew."""
        with self._writing:
            self._remove(zone.id)
            self.zones[zone.id] = zone
            self.vpc_regions.update(zone.regions)
            self.signs = self.signs or zone.signer is not None
            if zone.vpcs is None:
                self._into(self.public, zone)
            for vpc in zone.vpcs or ():
                self._into(self.private.setdefault(vpc, {}), zone)
        self._changed(zone)

    def remove(self, id_: str) -> None:
        with self._writing:
            self._remove(id_)
        self.forget()

    def put(self, id_: str, names: Mapping[Name, Node], changes: int) -> None:
        """Replace what some names of a zone have; `changes`: how often it has changed with this."""
        zone = self.zones.get(id_)
        if zone is None:
            return
        with self._writing:
            for name, node in names.items():
                zone.put(name, node)
            zone.changes = changes
        self._changed(zone)

    def _changed(self, zone: Zone) -> None:
        self.forget()
        for listener in self.on_change:
            listener(zone)

    def forget(self) -> None:
        """The answers given before count no more. Whoever works on one now keeps it in the old memory."""
        self.remembered = {}

    def set_health(self, check: str, healthy: bool) -> None:
        if (check in self.unhealthy) == (not healthy):
            return
        with self._writing:
            self.unhealthy = self.unhealthy - {check} if healthy else self.unhealthy | {check}
        self.forget()

    def set_networks(self, collection: str, locations: Mapping[str, Sequence[str]]) -> None:
        with self._writing:
            kept = {place: blocks for place, blocks in self.networks.items() if place[0] != collection}
            kept.update({(collection, name): tuple(blocks) for name, blocks in locations.items()})
            self.networks = kept
        self.forget()

    def delegate(self, apex: Name, servers: Iterable[str] | None) -> None:
        """Which name servers a domain has where it is registered; None when it is not."""
        with self._writing:
            if servers is None:
                self.delegations.pop(apex, None)
            else:
                self.delegations[apex] = frozenset(servers)
            if apex in self.public:
                self.public[apex] = self._sorted(self.public[apex])
        self.forget()

    def _sorted(self, zones: Iterable[Zone]) -> list[Zone]:
        return sorted(
            zones, key=lambda each: (not each.servers & self.delegations.get(each.apex, frozenset()), each.order)
        )

    def _into(self, where: dict[Name, list[Zone]], zone: Zone) -> None:
        where[zone.apex] = self._sorted([*where.get(zone.apex, ()), zone])

    def _remove(self, id_: str) -> None:
        old = self.zones.pop(id_, None)
        if old is None:
            return
        places = [self.public] if old.vpcs is None else [self.private[vpc] for vpc in old.vpcs]
        for where in places:
            left = [zone for zone in where[old.apex] if zone is not old]
            if left:
                where[old.apex] = left
            else:
                del where[old.apex]

    # -- looking

    def zone_for(self, name: Name, vpc: str | None) -> Zone | None:
        """The zone that a name lies in: the closest private one of the VPC, or else the closest public one."""
        found = _closest(self.private[vpc], name) if vpc in self.private else None
        return found or _closest(self.public, name)

    def private_zone_for(self, name: Name, vpc: str | None) -> Zone | None:
        return _closest(self.private[vpc], name) if vpc in self.private else None


def _closest(zones: Mapping[Name, Sequence[Zone]], name: Name) -> Zone | None:
    while True:
        found = zones.get(name)
        if found:
            return found[0]
        if name == ROOT:
            return None
        name = above(name)


__all__ = [
    "Alias", "Drawn", "Extra", "Known", "Location", "Node", "Provider", "RecordSet", "Signer", "Table", "Zone",
    "is_below",
]  # fmt: skip
