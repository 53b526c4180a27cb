"""Routing policies: which of several record sets of a name and type is answered, by health, chance and place.

Source: Developer Guide, "Choosing a routing policy" and "How Amazon Route 53 chooses records when health checking is
configured". Wherever nobody is healthy, everybody is taken to be.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from ipaddress import ip_network
from itertools import accumulate
from random import Random
from typing import NamedTuple

from groundcloud.engines.dns.places import REGIONS, Asker, Places, covers, distance
from groundcloud.engines.dns.zones import Location, RecordSet

_MOST_VALUES = 8
Healthy = Callable[[RecordSet], bool]


class Choice(NamedTuple):
    """The record sets to answer with."""

    sets: Sequence[RecordSet]
    lasting: bool = True
    """Whether the same is chosen for everybody until the data change."""
    scope: int = 0
    among: Sequence[RecordSet] = ()
    """Those that one was drawn from, if it is the draw alone that others may get something else by."""
    shares: Sequence[int] = ()
    """How much of all weights those up to each one have."""


class Chooser:
    """Chooses among record sets."""

    def __init__(self, places: Places, networks: Callable[[], Mapping[tuple[str, str], tuple[str, ...]]]) -> None:
        self.places = places
        self._networks = networks
        self.random = Random()

    def choose(self, sets: Sequence[RecordSet], healthy: Healthy, asker: Asker) -> Choice:
        first = sets[0]
        if len(sets) == 1 and first.location is None and first.networks is None:
            return Choice(sets)
        if first.weight is not None:
            return self._weighted(sets, healthy)
        if first.failover:
            return _failover(sets, healthy)
        if first.multivalue:
            return self._multivalue(sets, healthy)
        if first.location is not None:
            return self._geolocation(sets, healthy, asker)
        if first.networks is not None:
            return self._by_network(sets, healthy, asker)
        if first.near is not None or first.region:
            return self._nearest(sets, healthy, asker)
        return Choice(sets[:1])

    def _weighted(self, sets: Sequence[RecordSet], healthy: Healthy) -> Choice:
        """Weight 0 counts only where no other is healthy (Developer Guide, "Weighted routing")."""
        well = [each for each in sets if healthy(each)]
        among = [each for each in well if each.weight] or well or [each for each in sets if each.weight] or list(sets)
        if len(among) == 1:
            return Choice(among)
        weights = [each.weight or 0 for each in among]
        shares = list(accumulate(weights if any(weights) else [1] * len(among)))
        chosen = self.random.choices(among, cum_weights=shares)
        return Choice(chosen, lasting=False, among=among, shares=shares)

    def draw(self, shares: Sequence[int]) -> int:
        """A place among those that have these shares."""
        return bisect_right(shares, self.random.random() * shares[-1])

    def _multivalue(self, sets: Sequence[RecordSet], healthy: Healthy) -> Choice:
        well = [each for each in sets if healthy(each)] or list(sets)
        if len(well) == 1:
            return Choice(well)
        return Choice(self.random.sample(well, min(len(well), _MOST_VALUES)), lasting=False)

    def _geolocation(self, sets: Sequence[RecordSet], healthy: Healthy, asker: Asker) -> Choice:
        """The smallest region that the asker is in and whose record is healthy."""
        place = self.places.of(asker)
        fitting = [(rank, each) for each in sets if (rank := _fit(each.location, place)) is not None]
        return _first(sorted(fitting, key=lambda pair: -pair[0]), healthy, asker)

    def _by_network(self, sets: Sequence[RecordSet], healthy: Healthy, asker: Asker) -> Choice:
        """The longest block that holds the asker; the location `*` is for the rest."""
        network, known = asker.network, self._networks()
        fitting = []
        for each in sets:
            if each.networks is None:
                continue
            if each.networks[1] == "*":
                fitting.append((-1, each))
            blocks = [ip_network(block) for block in known.get(each.networks, ())] if network is not None else []
            lengths = [block.prefixlen for block in blocks if network is not None and covers(block, network)]
            if lengths:
                fitting.append((max(lengths), each))
        return _first(sorted(fitting, key=lambda pair: -pair[0]), healthy, asker)

    def _nearest(self, sets: Sequence[RecordSet], healthy: Healthy, asker: Asker) -> Choice:
        place = self.places.of(asker)
        among = [each for each in sets if healthy(each)] or sets
        lasting = self.places.one_for_all and all(each.alias is None for each in sets)
        return Choice([min(among, key=lambda each: _far(each, place))], lasting=lasting, scope=_scope(asker))


def _failover(sets: Sequence[RecordSet], healthy: Healthy) -> Choice:
    """With both unhealthy the primary is answered."""
    ordered = sorted(sets, key=lambda each: each.failover)  # PRIMARY, SECONDARY
    return Choice([next((each for each in ordered if healthy(each)), ordered[0])])


def _first(ranked: Sequence[tuple[int, RecordSet]], healthy: Healthy, asker: Asker) -> Choice:
    found = next((each for _, each in ranked if healthy(each)), ranked[0][1] if ranked else None)
    return Choice([found] if found is not None else [], lasting=False, scope=_scope(asker))


def _scope(asker: Asker) -> int:
    return asker.subnet.prefixlen if asker.subnet is not None else 0


def _fit(wanted: Location | None, place: Location) -> int | None:
    """How closely a place is described: 3 for the subdivision down to 0 for everywhere; None when it is elsewhere."""
    if wanted is None:
        return None
    if wanted.country == "*":
        return 0
    if wanted.subdivision:
        return 3 if (wanted.country, wanted.subdivision) == (place.country, place.subdivision) else None
    if wanted.country:
        return 2 if wanted.country == place.country else None
    return 1 if wanted.continent == place.continent else None


def _far(each: RecordSet, place: Location) -> float:
    """The distance, with a bias: positive ones draw more of the earth to a record, negative ones less."""
    region = REGIONS.get(each.region)
    if each.near is not None:
        latitude, longitude, bias = each.near
    elif region is not None and region.latitude is not None and region.longitude is not None:
        latitude, longitude, bias = region.latitude, region.longitude, 0
    else:
        return 1e9
    if place.latitude is None or place.longitude is None:
        return 1e9
    far = distance(latitude, longitude, place.latitude, place.longitude)
    return far * (1 - bias / 100) if bias >= 0 else far / (1 + bias / 100)
