"""Puts signatures into replies, for those who ask for them. What is signed and how is `dnssec.py`'s affair."""

from collections.abc import Sequence

from groundcloud.engines.dns.dnssec import NXNAME
from groundcloud.engines.dns.message import Reply, ResourceRecord
from groundcloud.engines.dns.wire import DNSKEY, DS, NOERROR, NS, NXDOMAIN, SOA, Name
from groundcloud.engines.dns.zones import Table, Zone


def keys_of(table: Table, name: Name, type_: int, vpc: str | None) -> Reply | None:
    """The keys of a signed zone, to whoever asks for them."""
    zone = table.zone_for(name, vpc) if type_ == DNSKEY else None
    if zone is None or zone.apex != name or zone.signer is None:
        return None
    return Reply(NOERROR, zone.signer.keys, lasting=False)


def signed(table: Table, reply: Reply, name: Name, type_: int, vpc: str | None) -> Reply:
    """The reply with the signatures of all sets that lie in signed zones, and with proofs of what there is not."""
    zone = table.zone_for(name, vpc)
    answers = _section(table, reply.answers, vpc)
    if any(record.type == SOA for record in reply.authorities):
        return _negative(table, reply, answers, name, vpc)
    cut = next((record.owner for record in reply.authorities if record.type == NS), None)
    if cut is not None and zone is not None and zone.signer is not None:
        return reply._replace(answers=answers, authorities=_referral(zone, reply, cut), lasting=False)
    if len(answers) == len(reply.answers):
        return reply
    return reply._replace(answers=answers, lasting=False)


def _section(table: Table, records: Sequence[ResourceRecord], vpc: str | None) -> list[ResourceRecord]:
    found: list[ResourceRecord] = []
    owners = dict.fromkeys(record.owner for record in records)
    for owner in owners:
        members = [record for record in records if record.owner == owner]
        zone = table.zone_for(owner, vpc)
        found += zone.signer.signed(members) if zone is not None and zone.signer is not None else members
    return found


def _negative(table: Table, reply: Reply, answers: list[ResourceRecord], name: Name, vpc: str | None) -> Reply:
    """A name that does not exist is said to exist without any type: the proof costs one signature (RFC 9824)."""
    soa = next(record for record in reply.authorities if record.type == SOA)
    home = table.zone_for(soa.owner, vpc)
    if home is None or home.signer is None:
        return reply._replace(answers=answers)
    denied = reply.answers[-1].data if reply.answers else name
    types = set(home.nodes.get(denied, {}))
    if denied == home.apex:
        types.add(DNSKEY)
    if reply.rcode == NXDOMAIN:
        types = {NXNAME}
    proof = home.signer.denial(denied, types, soa.ttl)
    return Reply(
        NOERROR, answers, [*home.signer.signed([soa]), *proof], authoritative=reply.authoritative, lasting=False,
        scope=reply.scope,
    )  # fmt: skip


def _referral(zone: Zone, reply: Reply, cut: Name) -> list[ResourceRecord]:
    """The servers below, with their keys' digests or the proof that there are none."""
    assert zone.signer is not None
    known = [ResourceRecord(cut, DS, each.ttl, data) for each in zone.nodes[cut].get(DS, ()) for data in each.data]
    if known:
        return [*reply.authorities, *zone.signer.signed(known)]
    return [*reply.authorities, *zone.signer.denial(cut, {NS}, 300)]
