"""What CloudTrail remembers of trails. The events themselves are `groundcloud.trail`'s."""

from collections.abc import Iterable
from datetime import datetime

from groundcloud.services.cloudtrail import errors
from groundcloud.store import Key, Part, Record, Transaction


class Tag(Part):
    key: str
    value: str = ""


class DataResource(Part):
    type: str | None = None
    values: list[str] | None = None


class EventSelector(Part):
    read_write_type: str = "All"
    include_management_events: bool = True
    data_resources: list[DataResource] | None = None
    exclude_management_event_sources: list[str] | None = None


class AdvancedFieldSelector(Part):
    field: str
    equals: list[str] | None = None
    starts_with: list[str] | None = None
    ends_with: list[str] | None = None
    not_equals: list[str] | None = None
    not_starts_with: list[str] | None = None
    not_ends_with: list[str] | None = None


class AdvancedEventSelector(Part):
    field_selectors: list[AdvancedFieldSelector]
    name: str | None = None


def _of_data(trail: "Trail") -> Iterable[Key]:
    return [(trail.account,)] if trail.logging and trail.data else []


class Trail(Record):
    table = "cloudtrail.trail"
    key = ("account", "region", "name")
    indexes = {"with_data": _of_data}
    absent = errors.TrailNotFound

    account: str
    region: str
    """Its home region."""
    name: str
    s3_bucket_name: str
    s3_key_prefix: str | None = None
    include_global_service_events: bool = True
    is_multi_region_trail: bool = False
    log_file_validation_enabled: bool = False
    event_selectors: list[EventSelector] = []
    advanced_event_selectors: list[AdvancedEventSelector] = []
    data: bool = False
    """Whether its selectors ask for data events."""
    tags: list[Tag] = []
    logging: bool = False
    start_logging_time: datetime | None = None
    stop_logging_time: datetime | None = None

    @property
    def trail_arn(self) -> str:
        return f"arn:aws:cloudtrail:{self.region}:{self.account}:trail/{self.name}"

    @property
    def home_region(self) -> str:
        return self.region


class LogFile(Part):
    """A file that was delivered and waits for its digest."""

    object: str
    bucket: str
    hash: str
    newest: str
    oldest: str


class Delivery(Record):
    """How far a trail's delivery of one region's events has come."""

    table = "cloudtrail.delivery"
    key = ("account", "trail_region", "name", "region")
    watched = False

    account: str
    trail_region: str
    name: str
    region: str
    started: datetime
    """When logging began: a delivery of an earlier start counts no more."""
    events: bytes
    data_events: bytes
    """Positions behind what was delivered."""
    files: list[LogFile] = []
    digest_start: datetime | None = None
    previous_bucket: str | None = None
    previous_object: str | None = None
    previous_hash: str | None = None
    previous_signature: str | None = None


class TrailStatus(Record):
    """What GetTrailStatus shows of deliveries."""

    table = "cloudtrail.status"
    key = ("account", "region", "name")
    watched = False

    account: str
    region: str
    name: str
    latest_delivery_time: datetime | None = None
    latest_delivery_error: str | None = None
    latest_delivery_attempt: datetime | None = None
    latest_digest_delivery_time: datetime | None = None
    latest_digest_delivery_error: str | None = None


class DigestKey(Record):
    """A region's pair of keys for digests."""

    table = "cloudtrail.digest_key"
    key = ("region", "fingerprint")
    watched = False

    region: str
    fingerprint: str
    public: bytes
    """PKCS #1, DER."""
    sealed: bytes
    """The private key (PKCS #8, DER), sealed."""
    begins: datetime
    ends: datetime


def accounts_with_data_events(tx: Transaction) -> frozenset[str]:
    """The accounts whose data events a trail asks for."""
    return frozenset(trail.account for trail in tx.scan(Trail, index="with_data"))
