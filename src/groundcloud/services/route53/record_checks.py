"""What Route 53 refuses of a record set, in its words (from public threads where its documentation has none)."""

from collections.abc import Iterator, Sequence

from groundcloud.engines.dns.names import BadName, to_text, to_wire
from groundcloud.engines.dns.rdata import BadValue, to_data
from groundcloud.services.route53 import errors
from groundcloud.services.route53.geo_locations import is_known
from groundcloud.services.route53.records import Change, HostedZone, ResourceRecordSet

_POLICIES = {
    "weight": "weighted",
    "region": "latency",
    "failover": "failover",
    "geo_location": "geolocation",
    "multi_value_answer": "multivalue answer",
    "cidr_routing_config": "CIDR",
    "geo_proximity_location": "geoproximity",
}
_SINGLE = ("CNAME", "SOA")


def _is_set(shown: ResourceRecordSet, field: str) -> bool:
    """A weight of 0 is one; MultiValueAnswer=false is none."""
    value = getattr(shown, field)
    return value is not None and value is not False


def policy(shown: ResourceRecordSet) -> str:
    """Its routing policy as AWS calls it in errors; empty for a simple record set."""
    return next((name for field, name in _POLICIES.items() if _is_set(shown, field)), "")


def check_request(changes: Sequence[Change]) -> None:
    """The form of the changes, whatever the zone has. Raises `InvalidInput`."""
    if not changes:
        raise errors.InvalidInput(reason="The change batch has no changes.")
    values = [each.value for change in changes for each in change.resource_record_set.resource_records or ()]
    if len(changes) > 1000 or len(values) > 1000:
        raise errors.InvalidChangeBatch(reasons="Number of records limit of 1000 exceeded.")
    if sum(map(len, values)) > 32_000:
        raise errors.InvalidChangeBatch(reasons="Number of characters limit of 32000 exceeded.")
    for change in changes:
        _check_form(change)


def _check_form(change: Change) -> None:
    shown = change.resource_record_set
    where = (
        f"in Change with [Action={change.action}, Name={shown.name}, Type={shown.type}, "
        f"SetIdentifier={shown.set_identifier or 'null'}]"
    )
    plain = shown.ttl is not None and shown.resource_records is not None
    given = [shown.alias_target is not None, plain, shown.traffic_policy_instance_id is not None]
    wanted = "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]"
    half = not plain and (shown.ttl is not None or shown.resource_records is not None)
    if not any(given):
        raise errors.InvalidInput(reason=f"Invalid request: {wanted}, but found none {where}")
    if sum(given) > 1 or half:
        raise errors.InvalidInput(reason=f"Invalid request: {wanted}, but found more than one {where}")
    policies = [field for field in _POLICIES if _is_set(shown, field)]
    names = "Weight, Region, Failover, GeoLocation, MultiValueAnswer, CidrRoutingConfig, or GeoProximityLocation"
    if len(policies) > 1:
        raise errors.InvalidInput(
            reason=f"Invalid request: Expected exactly one of [{names}], but found more than one {where}"
        )
    if policies and shown.set_identifier is None:
        raise errors.InvalidInput(reason=f"Invalid request: Missing field 'SetIdentifier' {where}")
    if shown.set_identifier is not None and not policies:
        raise errors.InvalidInput(reason=f"Invalid request: Expected exactly one of [{names}], but found none {where}")
    if shown.traffic_policy_instance_id is not None:
        raise errors.InvalidInput(reason=f"Invalid request: TrafficPolicyInstanceId cannot be set {where}")


def normalize(shown: ResourceRecordSet) -> None:
    """Its name as Route 53 keeps it. Raises `InvalidChangeBatch`."""
    try:
        shown.name = to_text(to_wire(shown.name))
        if shown.alias_target is not None:
            shown.alias_target.dns_name = to_text(to_wire(shown.alias_target.dns_name))
    except BadName as error:
        raise errors.InvalidChangeBatch(
            reasons=f"FATAL problem: DomainLabelEmpty encountered with '{error}'"
        ) from error


def place(shown: ResourceRecordSet) -> str:
    identifier = f", set-identifier='{shown.set_identifier}'" if shown.set_identifier else ""
    return f"[name='{shown.name}', type='{shown.type}'{identifier}]"


def flaws(zone: HostedZone, shown: ResourceRecordSet) -> Iterator[str]:
    """What is wrong with a record set by itself."""
    if shown.name != zone.name and not shown.name.endswith(f".{zone.name}"):
        yield f"RRSet with DNS name {shown.name} is not permitted in zone {zone.name}"
        return
    if shown.type == "CNAME" and shown.name == zone.name:
        yield f"RRSet of type CNAME with DNS name {shown.name} is not permitted at apex in zone {zone.name}"
    if shown.type == "SOA" and shown.name != zone.name:
        yield f"RRSet of type SOA with DNS name {shown.name} is not permitted in zone {zone.name}"
    if shown.type == "DS" and shown.name == zone.name:
        yield f"RRSet of type DS with DNS name {shown.name} is not permitted at apex in zone {zone.name}"
    if shown.multi_value_answer and (shown.type in ("CNAME", "NS", "SOA") or shown.alias_target is not None):
        yield (
            f"RRSet with DNS name {shown.name}, type {shown.type}, SetIdentifier {shown.set_identifier} "
            "cannot be created as a multivalue answer record"
        )
    if shown.alias_target is not None and shown.type in ("NS", "SOA"):
        yield f"An alias of type {shown.type} with DNS name {shown.name} is not permitted"
    if shown.geo_location is not None and not is_known(shown.geo_location):
        yield f"RRSet with DNS name {shown.name}, type {shown.type} names a geolocation that is not supported"
    yield from _bad_values(shown)


def _bad_values(shown: ResourceRecordSet) -> Iterator[str]:
    values = [each.value for each in shown.resource_records or ()]
    seen: set[bytes] = set()
    for value in values:
        try:
            data = to_data(shown.type, value)
        except BadValue as error:
            yield f"Invalid Resource Record: 'FATAL problem: {error}'"
            continue
        if data in seen:
            yield f"Duplicate Resource Record: '{value}'"
        seen.add(data)
    if shown.type in _SINGLE and len(values) > 1:
        yield f"Invalid Resource Record: 'FATAL problem: {shown.type}RRDATANotSingleton (Only one value is allowed)'"


def clashes(shown: ResourceRecordSet, others: Sequence[ResourceRecordSet], zone: HostedZone) -> Iterator[str]:
    """What is wrong with a record set beside the others of its name."""
    conflicting = next((each.type for each in others if (each.type == "CNAME") != (shown.type == "CNAME")), None)
    if conflicting is not None and shown.type == "CNAME":
        yield (
            f"RRSet of type CNAME with DNS name {shown.name} is not permitted as it conflicts with other records "
            f"with the same DNS name in zone {zone.name}"
        )
    elif conflicting is not None:
        yield (
            f"RRSet of type {shown.type} with DNS name {shown.name} is not permitted because a conflicting RRSet of "
            f"type CNAME with the same DNS name already exists in zone {zone.name}"
        )
    yield from _mixtures(shown, [each for each in others if each.type == shown.type])


def _mixtures(shown: ResourceRecordSet, same: Sequence[ResourceRecordSet]) -> Iterator[str]:
    own = policy(shown)
    if not own:
        if same:
            yield (
                f"RRSet with DNS name {shown.name}, type {shown.type} cannot be created as other RRSets exist with "
                "the same name and type."
            )
        return
    begin = (
        f"RRSet with DNS name {shown.name}, type {shown.type}, SetIdentifier {shown.set_identifier} cannot be created"
    )
    if any(policy(each) != own for each in same):
        yield f"{begin} as a non-{own} set exists with the same name and type."
        return
    if any(None not in (each.ttl, shown.ttl) and each.ttl != shown.ttl for each in same if own == "weighted"):
        yield (
            f"RRSet with DNS name {shown.name} and type {shown.type}, SetIdentifier {shown.set_identifier} cannot be "
            "created as weighted sets must contain the same TTL."
        )
    for field in ("region", "failover", "geo_location", "cidr_routing_config"):
        value = getattr(shown, field)
        if value is not None and any(getattr(each, field) == value for each in same):
            yield f"{begin} as an RRSet with the same {own} value exists with the same name and type."
