"""Documents of traffic policies, and the tree of record sets that one stands for. Pure.

Source: "Traffic policy document format" in the API reference. Each rule is a name of the zone with a record set for
each of its branches, and a branch that leads to another rule is an alias of that rule's name. The rule that the policy
begins with has the name of the instance.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from groundcloud.services.route53.errors import InvalidTrafficPolicyDocument
from groundcloud.services.route53.records import (
    AliasTarget,
    Coordinates,
    GeoLocation,
    GeoProximityLocation,
    ResourceRecord,
    ResourceRecordSet,
)

_VERSIONS = ("2015-10-01", "2023-05-09")
TYPES = ("A", "AAAA", "CAA", "CNAME", "MX", "NAPTR", "PTR", "SPF", "SRV", "TXT")
_WEBSITES = {
    "us-east-1": "Z3AQBSTGFYJSTF", "us-east-2": "Z2O1EMRO9K5GLX", "us-west-1": "Z2F56UZL2M1ACD",
    "us-west-2": "Z3BJ6K6RIION7M", "eu-west-1": "Z1BKCTXD74EZPE", "eu-central-1": "Z21DNDUVLTQW6Q",
    "ap-southeast-1": "Z3O0J2DXBE1FTB", "ap-southeast-2": "Z1WCIGYICN2BYD", "ap-northeast-1": "Z2M4EHUR26P7ZW",
    "ap-northeast-2": "Z3W03O7B5YMIYP", "sa-east-1": "Z7KQH4QJS55SO",
}  # fmt: skip
"""Hosted zones of S3's website endpoints ("Amazon S3 endpoints and quotas")."""


class Endpoint(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    type: str
    value: str
    region: str = ""


class Branch(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    """Where a rule leads to, and when."""

    endpoint_reference: str = ""
    rule_reference: str = ""
    evaluate_target_health: bool | str = True
    health_check: str = ""
    weight: int | str = ""
    region: str = ""
    is_default: bool | str = False
    continent: str = ""
    country: str = ""
    subdivision: str = ""
    latitude: float | str = ""
    longitude: float | str = ""
    bias: int | str = ""


class Rule(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    rule_type: str
    primary: Branch | None = None
    secondary: Branch | None = None
    locations: list[Branch] = []
    regions: list[Branch] = []
    geoproximity_locations: list[Branch] = []
    items: list[Branch] = []

    @property
    def branches(self) -> list[Branch]:
        """Those that its type has. Raises `InvalidTrafficPolicyDocument`."""
        fields = {
            "failover": [each for each in (self.primary, self.secondary) if each is not None],
            "geo": self.locations, "latency": self.regions, "geoproximity": self.geoproximity_locations,
            "multivalue": self.items, "weighted": self.items,
        }  # fmt: skip
        found = fields.get(self.rule_type)
        if not found:
            raise _wrong(f"a rule of the type {self.rule_type} has no branches")
        return found


class Document(msgspec.Struct, rename="pascal", forbid_unknown_fields=True):
    aws_policy_format_version: str = msgspec.field(name="AWSPolicyFormatVersion")
    record_type: str
    start_endpoint: str = ""
    start_rule: str = ""
    endpoints: dict[str, Endpoint] = {}
    rules: dict[str, Rule] = {}


def _wrong(reason: str) -> InvalidTrafficPolicyDocument:
    return InvalidTrafficPolicyDocument(reason=reason)


def parse(text: str) -> Document:
    """Raises `InvalidTrafficPolicyDocument`."""
    try:
        found = msgspec.json.decode(text, type=Document)
    except msgspec.MsgspecError as error:
        raise _wrong(str(error)) from error
    if found.aws_policy_format_version not in _VERSIONS:
        raise _wrong(f"AWSPolicyFormatVersion {found.aws_policy_format_version} is not known")
    if found.record_type not in TYPES:
        raise _wrong(f"RecordType {found.record_type} is not supported")
    if bool(found.start_endpoint) == bool(found.start_rule):
        raise _wrong("exactly one of StartEndpoint and StartRule is needed")
    for endpoint in found.endpoints.values():
        _check_endpoint(endpoint)
    if found.start_endpoint and found.start_endpoint not in found.endpoints:
        raise _wrong(f"the endpoint {found.start_endpoint} is not defined")
    _walk(found, found.start_rule, ())
    return found


def _check_endpoint(endpoint: Endpoint) -> None:
    if endpoint.type == "s3-website" and endpoint.region in _WEBSITES:
        return
    if endpoint.type != "value":
        where = f" in {endpoint.region}" if endpoint.region else ""
        raise _wrong(f"endpoints of the type {endpoint.type}{where} are not in this cloud")


def _walk(document: Document, rule_id: str, above: tuple[str, ...]) -> None:
    """Every branch leads to what there is, and to no rule above it."""
    if not rule_id:
        return
    rule = document.rules.get(rule_id)
    if rule is None:
        raise _wrong(f"the rule {rule_id} is not defined")
    if rule_id in above or len(above) > 50:
        raise _wrong(f"the rule {rule_id} leads back to itself")
    for branch in rule.branches:
        if bool(branch.endpoint_reference) == bool(branch.rule_reference):
            raise _wrong(f"a branch of {rule_id} needs exactly one of EndpointReference and RuleReference")
        if branch.endpoint_reference and branch.endpoint_reference not in document.endpoints:
            raise _wrong(f"the endpoint {branch.endpoint_reference} is not defined")
        if rule.rule_type == "multivalue" and branch.rule_reference:
            raise _wrong("a multivalue rule leads to endpoints only")
        _walk(document, branch.rule_reference, (*above, rule_id))


# -- record sets


class Site(NamedTuple):
    """Where a document is applied."""

    name: str
    zone_id: str
    zone_name: str
    ttl: int
    instance_id: str


def record_sets(document: Document, site: Site) -> list[ResourceRecordSet]:
    """The tree, the deepest rules first: an alias's target is there before it. Raises
    `InvalidTrafficPolicyDocument`."""
    if document.start_endpoint:
        made = ResourceRecordSet(site.name, document.record_type)
        _lead(made, document.endpoints[document.start_endpoint], site)
        return [made]
    found: dict[str, list[ResourceRecordSet]] = {}
    _grow(document, document.start_rule, site, site.name, found)
    return [each for sets in found.values() for each in sets]


def _grow(document: Document, rule_id: str, site: Site, name: str, found: dict[str, list[ResourceRecordSet]]) -> None:
    rule = document.rules[rule_id]
    for branch in rule.branches:
        if branch.rule_reference and branch.rule_reference not in found:
            _grow(document, branch.rule_reference, site, _hidden(site, branch.rule_reference), found)
    found[rule_id] = list(_branches(document, rule, site, name))


def _hidden(site: Site, rule_id: str) -> str:
    digest = hashlib.sha256(f"{site.instance_id}/{rule_id}".encode()).hexdigest()
    return f"_{digest[:20]}.{site.zone_name}"


def _branches(document: Document, rule: Rule, site: Site, name: str) -> Iterator[ResourceRecordSet]:
    for number, branch in enumerate(rule.branches):
        reference = branch.endpoint_reference or branch.rule_reference
        made = ResourceRecordSet(name, document.record_type, set_identifier=f"{number}-{reference}"[:128])
        try:
            _ROUTES[rule.rule_type](made, branch, number)
        except ValueError as error:
            raise _wrong(f"a branch to {reference} has a value that is none: {error}") from error
        made.health_check_id = branch.health_check or None
        if branch.rule_reference:
            target = _hidden(site, branch.rule_reference)
            made.alias_target = AliasTarget(site.zone_id, target, _true(branch.evaluate_target_health))
        else:
            _lead(made, document.endpoints[branch.endpoint_reference], site, _true(branch.evaluate_target_health))
        yield made


def _lead(made: ResourceRecordSet, endpoint: Endpoint, site: Site, evaluate: bool = False) -> None:
    if endpoint.type == "value":
        made.ttl, made.resource_records = site.ttl, [ResourceRecord(endpoint.value)]
    else:
        target = f"s3-website-{endpoint.region}.amazonaws.com."
        made.alias_target = AliasTarget(_WEBSITES[endpoint.region], target, evaluate)


def _true(value: bool | str) -> bool:
    return value is True or str(value).lower() == "true"


def _failover(made: ResourceRecordSet, branch: Branch, number: int) -> None:
    made.failover = ("PRIMARY", "SECONDARY")[number]


def _geo(made: ResourceRecordSet, branch: Branch, number: int) -> None:
    country = "*" if _true(branch.is_default) else branch.country or None
    made.geo_location = GeoLocation(branch.continent or None, country, branch.subdivision or None)


def _latency(made: ResourceRecordSet, branch: Branch, number: int) -> None:
    made.region = branch.region


def _geoproximity(made: ResourceRecordSet, branch: Branch, number: int) -> None:
    place = GeoProximityLocation(bias=int(branch.bias) if branch.bias != "" else None)
    if branch.region:
        place.aws_region = branch.region.removeprefix("aws:route53:")
    else:
        place.coordinates = Coordinates(f"{float(branch.latitude):.2f}", f"{float(branch.longitude):.2f}")
    made.geo_proximity_location = place


def _multivalue(made: ResourceRecordSet, branch: Branch, number: int) -> None:
    made.multi_value_answer = True


def _weighted(made: ResourceRecordSet, branch: Branch, number: int) -> None:
    made.weight = int(branch.weight)


_ROUTES: Mapping[str, Callable[[ResourceRecordSet, Branch, int], Any]] = {
    "failover": _failover, "geo": _geo, "latency": _latency, "geoproximity": _geoproximity,
    "multivalue": _multivalue, "weighted": _weighted,
}  # fmt: skip
