"""What Route 53 remembers: zones, record sets, changes on their way to the servers, and what belongs to them."""

from collections.abc import Iterator
from datetime import datetime

from groundcloud.services.route53 import errors
from groundcloud.store import Part, Record

PENDING, INSYNC = "PENDING", "INSYNC"


class Tag(Part):
    key: str = ""
    value: str = ""


class VPC(Part):
    vpc_region: str = ""
    vpc_id: str = ""


class ResourceRecord(Part):
    value: str


class AliasTarget(Part):
    hosted_zone_id: str
    dns_name: str
    evaluate_target_health: bool


class GeoLocation(Part):
    continent_code: str | None = None
    country_code: str | None = None
    subdivision_code: str | None = None


class Coordinates(Part):
    latitude: str
    longitude: str


class GeoProximityLocation(Part):
    aws_region: str | None = None
    local_zone_group: str | None = None
    coordinates: Coordinates | None = None
    bias: int | None = None


class CidrRoutingConfig(Part):
    collection_id: str
    location_name: str


class ResourceRecordSet(Part):
    """A record set as the API takes and shows it."""

    name: str
    type: str
    set_identifier: str | None = None
    weight: int | None = None
    region: str | None = None
    geo_location: GeoLocation | None = None
    failover: str | None = None
    multi_value_answer: bool | None = None
    ttl: int | None = None
    resource_records: list[ResourceRecord] | None = None
    alias_target: AliasTarget | None = None
    health_check_id: str | None = None
    traffic_policy_instance_id: str | None = None
    cidr_routing_config: CidrRoutingConfig | None = None
    geo_proximity_location: GeoProximityLocation | None = None


class Change(Part):
    action: str
    resource_record_set: ResourceRecordSet


class ChangeBatch(Part):
    changes: list[Change]
    comment: str | None = None


class HostedZoneConfig(Part):
    comment: str | None = None
    private_zone: bool = False


def _zone_sets(zone: "HostedZone") -> Iterator[tuple[str, str]]:
    if zone.delegation_set_id is not None:
        yield (zone.delegation_set_id, zone.id)


def _zone_vpcs(zone: "HostedZone") -> Iterator[tuple[str, str, str]]:
    for vpc in zone.vpcs:
        yield (vpc.vpc_region, vpc.vpc_id, zone.id)


class HostedZone(Record):
    table = "route53.zone"
    key = ("account", "id")
    absent = errors.NoSuchHostedZone
    indexes = {
        "by_id": ("id",),
        "by_name": ("account", "order", "id"),
        "by_reference": ("account", "caller_reference"),
        "by_set": _zone_sets,
        "by_vpc": _zone_vpcs,
    }

    account: str
    id: str
    name: str
    order: str
    """The name with its labels from the last to the first: how AWS lists."""
    caller_reference: str
    created: datetime
    config: HostedZoneConfig
    resource_record_set_count: int
    name_servers: list[str]
    delegation_set_id: str | None = None
    """Of a reusable one."""
    vpcs: list[VPC] = []
    dnssec: str = "NOT_SIGNING"
    changes: int = 0
    """How many batches changed it: secondaries see its serial number grow by as much."""


class RecordSet(Record):
    table = "route53.record_set"
    key = ("account", "zone_id", "order", "type", "set_identifier")
    indexes = {
        "by_health_check": lambda each: [(each.shown.health_check_id,)] if each.shown.health_check_id else [],
        "by_collection": lambda each: (
            [(each.shown.cidr_routing_config.collection_id, each.shown.cidr_routing_config.location_name)]
            if each.shown.cidr_routing_config
            else []
        ),
    }
    watched = False

    account: str
    zone_id: str
    order: str
    type: str
    set_identifier: str
    shown: ResourceRecordSet


class ChangeInfo(Record):
    """A change, and what the servers have to look at for it."""

    table = "route53.change"
    key = ("account", "id")
    absent = errors.NoSuchChange

    account: str
    id: str
    status: str
    submitted_at: datetime
    zone_id: str
    comment: str | None = None
    names: list[str] | None = None
    """The names that changed, in the order of lists; None when it is the zone itself."""


class VpcAuthorization(Record):
    """A zone's owner lets a VPC of another account see it."""

    table = "route53.vpc_authorization"
    key = ("account", "zone_id", "vpc_region", "vpc_id")
    watched = False

    account: str
    zone_id: str
    vpc_region: str
    vpc_id: str


class DelegationSet(Record):
    """A reusable delegation set."""

    table = "route53.delegation_set"
    key = ("account", "id")
    indexes = {"by_reference": ("account", "caller_reference")}
    watched = False

    account: str
    id: str
    caller_reference: str
    name_servers: list[str]


class ResourceTags(Record):
    table = "route53.tags"
    key = ("account", "resource_type", "resource_id")
    watched = False

    account: str
    resource_type: str
    resource_id: str
    tags: list[Tag] = []


class CidrCollection(Record):
    table = "route53.cidr_collection"
    key = ("account", "id")
    indexes = {"by_name": ("account", "name")}

    account: str
    id: str
    name: str
    caller_reference: str
    revision: int = 1
    locations: dict[str, list[str]] = {}

    @property
    def arn(self) -> str:
        return f"arn:aws:route53:::cidrcollection/{self.id}"


class QueryLoggingConfig(Record):
    """Where the queries of a public zone are written."""

    table = "route53.query_logging"
    key = ("account", "id")
    absent = errors.NoSuchQueryLoggingConfig
    indexes = {"by_zone": ("account", "hosted_zone_id"), "by_zone_alone": ("hosted_zone_id",)}

    account: str
    id: str
    hosted_zone_id: str
    cloud_watch_logs_log_group_arn: str
