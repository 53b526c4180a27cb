"""What CloudTrail remembers of trails. The events themselves are `groundcloud.trail`'s."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

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


def _of_organization(trail: "Trail") -> Iterable[Key]:
    return [(trail.organization_id,)] if trail.organization_id else []


def _of_data(trail: "Trail") -> Iterable[Key]:
    return [(trail.account,)] if trail.logging and trail.data else []


class Trail(Record):
    table = "cloudtrail.trail"
    key = ("account", "region", "name")
    indexes = {"with_data": _of_data, "by_organization": _of_organization}
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
    sns_topic_name: str | None = None
    """As it was given: a name or an ARN."""
    cloud_watch_logs_log_group_arn: str | None = None
    cloud_watch_logs_role_arn: str | None = None
    logs_since: datetime | None = None
    """When the log group was named: events from before are not for it."""
    organization_id: str = ""
    """The organization whose accounts' events it takes, if it is an organization's."""

    @property
    def is_organization_trail(self) -> bool:
        return bool(self.organization_id)

    @property
    def sns_topic_arn(self) -> str | None:
        name = self.sns_topic_name
        if name is None or name.startswith("arn:"):
            return name
        return f"arn:aws:sns:{self.region}:{self.account}:{name}"

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
    key: ClassVar[tuple[str, ...]] = ("account", "trail_region", "name", "region")
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
    member: str = ""
    """The account whose events these are, where it is not the trail's own."""
    log_events: bytes = b""
    log_data_events: bytes = b""
    """Positions behind what was sent to CloudWatch Logs."""

    @property
    def of_account(self) -> str:
        return self.member or self.account


class MemberDelivery(Delivery):
    """The same for an account of the organization that a trail is for."""

    table = "cloudtrail.member_delivery"
    key = ("account", "trail_region", "name", "member", "region")


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
    latest_notification_time: datetime | None = None
    latest_notification_error: str | None = None
    latest_notification_attempt: datetime | None = None
    latest_cloud_watch_logs_delivery_time: datetime | None = None
    latest_cloud_watch_logs_delivery_error: str | None = None


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
