"""Record sets as the DNS engine answers from them."""

from collections.abc import Iterable, Sequence
from itertools import groupby

from groundcloud.engines.dns.names import to_wire
from groundcloud.engines.dns.places import REGIONS
from groundcloud.engines.dns.rdata import to_data
from groundcloud.engines.dns.wire import TYPES
from groundcloud.engines.dns.zones import Alias, Location, Node, Zone
from groundcloud.engines.dns.zones import RecordSet as Answer
from groundcloud.services.route53.records import GeoProximityLocation, HostedZone, RecordSet, ResourceRecordSet
from groundcloud.store import Transaction


def zone_of(tx: Transaction, zone: HostedZone) -> Zone:
    """A zone with all that is in it."""
    order = f"{zone.created.timestamp():020.6f} {zone.id}"
    vpcs = [each.vpc_id for each in zone.vpcs] if zone.config.private_zone else None
    made = Zone(zone.id, to_wire(zone.name), order, vpcs)
    made.regions = {each.vpc_id: each.vpc_region for each in zone.vpcs}
    made.changes = zone.changes
    made.servers = frozenset(zone.name_servers)
    for _, records in groupby(tx.scan(RecordSet, zone.account, zone.id), key=lambda each: each.order):
        found = list(records)
        made.put(to_wire(found[0].shown.name), node_of(found))
    return made


def node_of(records: Iterable[RecordSet]) -> Node:
    """The records of one name."""
    node: dict[int, Sequence[Answer]] = {}
    for type_, sets in groupby(records, key=lambda each: each.type):
        node[TYPES[type_]] = [_answer(each.shown) for each in sets]
    return node


def name_of_order(order: str) -> str:
    """The name behind what lists are sorted by: `com.example.www.` is `www.example.com.`"""
    return ".".join(reversed(order.removesuffix(".").split("."))) + "."


def _answer(shown: ResourceRecordSet) -> Answer:
    target = shown.alias_target
    alias = None
    if target is not None:
        alias = Alias(to_wire(target.dns_name), target.hosted_zone_id, target.evaluate_target_health)
    config = shown.cidr_routing_config
    return Answer(
        ttl=shown.ttl or 0,
        data=tuple(to_data(shown.type, each.value) for each in shown.resource_records or ()),
        identifier=shown.set_identifier or "",
        alias=alias,
        health_check=shown.health_check_id or "",
        weight=shown.weight,
        region=shown.region or "",
        failover=shown.failover or "",
        location=_location(shown),
        near=_near(shown.geo_proximity_location),
        multivalue=bool(shown.multi_value_answer),
        networks=None if config is None else (config.collection_id, config.location_name),
    )


def _location(shown: ResourceRecordSet) -> Location | None:
    geo = shown.geo_location
    if geo is None:
        return None
    return Location(geo.continent_code or "", geo.country_code or "", geo.subdivision_code or "")


def _near(given: GeoProximityLocation | None) -> tuple[float, float, int] | None:
    """A local zone group is beside its region: its name begins with it (`us-west-2-lax-1`)."""
    if given is None:
        return None
    bias = given.bias or 0
    if given.coordinates is not None:
        return float(given.coordinates.latitude), float(given.coordinates.longitude), bias
    name = given.aws_region or "-".join((given.local_zone_group or "").split("-")[:3])
    region = REGIONS.get(name, REGIONS["us-east-1"])
    assert region.latitude is not None
    assert region.longitude is not None
    return region.latitude, region.longitude, bias
