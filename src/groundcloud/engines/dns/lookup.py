"""From a question to its answer: zones, wildcards, CNAMEs, delegations, aliases, policies. No bytes of messages here.

Follows RFC 1034 section 4.3.2, RFC 4592 (wildcards), RFC 2308 (negative answers) and RFC 8482 (ANY).
"""

from collections.abc import Sequence

from groundcloud.engines.dns.message import Draw, Reply, ResourceRecord
from groundcloud.engines.dns.names import to_text
from groundcloud.engines.dns.places import Asker, Places
from groundcloud.engines.dns.policies import Choice, Chooser
from groundcloud.engines.dns.wire import AAAA, ANY, CNAME, DS, HINFO, NOERROR, NS, NXDOMAIN, ROOT, SOA, A, Name, above
from groundcloud.engines.dns.zones import Alias, Node, RecordSet, Table, Zone

_LONGEST_CHAIN = 8
"""CNAMEs and aliases behind one another; what is longer goes in circles."""
_ALIAS_TTL = 60
"""Of alias records whose target is not a record here (Developer Guide, "Choosing between alias and non-alias")."""
_MOST_DRAWN = 32
"""Records of which a draw among them is remembered."""
_MINIMAL_ANY = b"\x07RFC8482\x00"


class _Found:
    """What one question has gathered so far."""

    __slots__ = ("answers", "asker", "drawn", "lasting", "scope", "steps")

    def __init__(self, asker: Asker) -> None:
        self.asker = asker
        self.answers: list[ResourceRecord] = []
        self.lasting = True
        self.scope = 0
        self.steps = 0
        self.drawn: Choice | None = None

    def deeper(self) -> bool:
        """Whether one more step may be taken."""
        self.steps += 1
        return self.steps <= _LONGEST_CHAIN

    def reply(self, rcode: int, authorities: Sequence[ResourceRecord] = (), **more: object) -> Reply:
        return Reply(rcode, self.answers, authorities, lasting=self.lasting, scope=self.scope, **more)  # type: ignore[arg-type]  # Reply's own fields


class Authority:
    """Answers from a table."""

    def __init__(self, table: Table, places: Places) -> None:
        self.table = table
        self.places = places
        self.chooser = Chooser(places, lambda: table.networks)

    def lookup(self, name: Name, type_: int, asker: Asker) -> Reply | None:
        """The answer; None when no zone and no provider knows the name."""
        zone = self.table.private_zone_for(name, asker.vpc)
        if zone is None:
            extra = self._provided(name, type_, asker)
            if extra is not None:
                return extra
            zone = self.table.zone_for(name, asker.vpc)
        return None if zone is None else self.within(zone, name, type_, asker)

    def within(self, zone: Zone, name: Name, type_: int, asker: Asker) -> Reply:
        """The answer of one zone to a name in it."""
        if type_ == DS and name == zone.apex and name != ROOT:  # the zone above says it (RFC 4035, section 3.1.4.1)
            zone = self.table.zone_for(above(name), asker.vpc) or zone
        return self._answer(zone, name, type_, _Found(asker))

    def _provided(self, name: Name, type_: int, asker: Asker) -> Reply | None:
        if not self.table.providers:
            return None
        text = to_text(name)
        for provider in self.table.providers:
            records = provider(text, type_, asker.vpc)
            if records is not None:
                return Reply(NOERROR, records, lasting=False)
        return None

    def _answer(self, zone: Zone, name: Name, type_: int, found: _Found) -> Reply:
        if zone.cuts:
            cut = _cut(zone, name)
            if cut is not None and not (type_ == DS and cut == name):
                return _referral(zone, cut, found)
        node = zone.nodes.get(name)
        if node is None:
            if name in zone.inner:
                return self._nothing(zone, NOERROR, found)
            node = _wildcard(zone, name)
            if node is None:
                return self._nothing(zone, NXDOMAIN, found)
        if type_ == ANY:
            found.answers.append(ResourceRecord(name, HINFO, 3789, _MINIMAL_ANY))
            return found.reply(NOERROR)
        sets = node.get(type_)
        if sets is None and CNAME in node:
            return self._follow(zone, name, node[CNAME], type_, found)
        if sets is None:
            return self._nothing(zone, NOERROR, found)
        before = len(found.answers)
        self._records(zone, name, type_, sets, found)
        if len(found.answers) == before:
            return self._nothing(zone, NOERROR, found)
        drawn = found.drawn
        if drawn is None or found.steps or len(drawn.among) > _MOST_DRAWN or any(each.alias for each in sets):
            return found.reply(NOERROR)
        return found.reply(NOERROR, draw=Draw(drawn.shares, [_plain(name, type_, each) for each in drawn.among]))

    def _follow(self, zone: Zone, name: Name, sets: Sequence[RecordSet], type_: int, found: _Found) -> Reply:
        """A CNAME, and what its target answers as far as that lies here."""
        before = len(found.answers)
        self._records(zone, name, CNAME, sets, found)
        if len(found.answers) == before:
            return self._nothing(zone, NOERROR, found)
        target = found.answers[-1].data
        if not found.deeper():
            return found.reply(NOERROR)
        further = self.table.zone_for(target, found.asker.vpc)
        if further is None:
            extra = self._provided(target, type_, found.asker)
            if extra is not None:
                found.answers += extra.answers
                found.lasting = False
            return found.reply(NOERROR)
        return self._answer(further, target, type_, found)

    def _records(self, zone: Zone, name: Name, type_: int, sets: Sequence[RecordSet], found: _Found) -> None:
        """The records that the policy chooses, added to what was found."""
        soa = zone.soa(self.table.transferable) if type_ == SOA and name == zone.apex else None
        if soa is not None:
            found.answers.append(soa)
            return
        chosen = self.chooser.choose(sets, lambda each: self._healthy(zone, each, type_, found.asker, 0), found.asker)
        found.lasting &= chosen.lasting
        if chosen.among:
            found.drawn = chosen
        found.scope = max(found.scope, chosen.scope)
        for each in chosen.sets:
            if each.alias is not None:
                self._alias(zone, name, type_, each.alias, found)
            else:
                found.answers += _plain(name, type_, each)

    def _alias(self, zone: Zone, name: Name, type_: int, alias: Alias, found: _Found) -> None:
        """The target's records under the alias's own name."""
        if not found.deeper():
            return
        home = self.table.zones.get(alias.zone)
        if home is None:
            if type_ in (A, AAAA):
                found.lasting = False
                extra = self._provided(alias.target, type_, found.asker)
                records = extra.answers if extra is not None else ()
                found.answers += [each._replace(owner=name, ttl=_ALIAS_TTL) for each in records if each.type == type_]
            return
        if home.vpcs is not None and home is not zone and found.asker.vpc not in home.vpcs:
            return  # what is private is told to nobody else
        node = home.nodes.get(alias.target) or _wildcard(home, alias.target) or {}
        if sets := node.get(type_):
            self._records(home, name, type_, sets, found)

    def _healthy(self, zone: Zone, each: RecordSet, type_: int, asker: Asker, depth: int) -> bool:
        """Whether a record counts as healthy: its own check, and its target where that is evaluated."""
        if each.health_check and each.health_check in self.table.unhealthy:
            return False
        alias = each.alias
        if alias is None or not alias.evaluate or depth > _LONGEST_CHAIN:
            return True
        home = self.table.zones.get(alias.zone)
        if home is None:
            extra = self._provided(alias.target, type_, asker)
            return extra is None or bool(extra.answers)
        sets = (home.nodes.get(alias.target) or _wildcard(home, alias.target) or {}).get(type_, ())
        return any(self._healthy(home, target, type_, asker, depth + 1) for target in sets)

    def _nothing(self, zone: Zone, rcode: int, found: _Found) -> Reply:
        """No such name, or no such type, with the SOA record that says for how long (RFC 2308, section 3)."""
        soa = zone.soa(self.table.transferable)
        if soa is None:
            return found.reply(rcode)
        minimum = int.from_bytes(soa.data[-4:], "big")
        return found.reply(rcode, [soa._replace(ttl=min(soa.ttl, minimum))])


def _plain(name: Name, type_: int, each: RecordSet) -> list[ResourceRecord]:
    """The records of a set that is no alias."""
    return [ResourceRecord(name, type_, each.ttl, data) for data in each.data]


def _cut(zone: Zone, name: Name) -> Name | None:
    """The highest delegation that a name lies at or below."""
    found = None
    while len(name) > len(zone.apex):
        if name in zone.cuts:
            found = name
        name = above(name)
    return found


def _wildcard(zone: Zone, name: Name) -> Node | None:
    """The records of the asterisk below the closest name that exists."""
    while name != zone.apex and len(name) > len(zone.apex):
        name = above(name)
        if zone.exists(name) or name == zone.apex:
            return zone.nodes.get(b"\x01*" + name)
    return None


def _referral(zone: Zone, cut: Name, found: _Found) -> Reply:
    """Whom to ask instead, with the addresses that the zone itself has for them."""
    servers = [ResourceRecord(cut, NS, each.ttl, data) for each in zone.nodes[cut][NS] for data in each.data]
    glue = [
        ResourceRecord(server.data, type_, each.ttl, data)
        for server in servers
        for type_ in (A, AAAA)
        for each in zone.nodes.get(server.data, {}).get(type_, ())
        for data in each.data
    ]
    return found.reply(NOERROR, servers, additionals=glue, authoritative=bool(found.answers))
