"""Server access logs: a line for each request, the keys of log objects, and what PutBucketLogging refuses.

Sources: S3 User Guide, "Amazon S3 server access log format" and "Logging requests with server access logging".
"""

import re
from datetime import datetime
from urllib.parse import quote

import msgspec

from groundcloud.services.s3.rules import errors
from groundcloud.services.s3.rules.acl import Grantee
from groundcloud.store import Part

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UNSAFE = re.compile(r'["\x00-\x1f\x7f-\U0010ffff]')
_SPACED = re.compile(r'[\s"\x00-\x1f\x7f-\U0010ffff]')

BUCKET_RESOURCES = {
    "accelerate": "ACCELERATE",
    "acl": "ACL",
    "analytics": "ANALYTICS",
    "cors": "CORS",
    "delete": "MULTI_OBJECT_DELETE",
    "encryption": "ENCRYPTION",
    "inventory": "INVENTORY",
    "lifecycle": "LIFECYCLE",
    "location": "LOCATION",
    "logging": "LOGGING_STATUS",
    "metrics": "METRICS",
    "notification": "NOTIFICATION",
    "object-lock": "OBJECT_LOCK_CONFIGURATION",
    "ownershipControls": "OWNERSHIP_CONTROLS",
    "policy": "BUCKETPOLICY",
    "policyStatus": "POLICY_STATUS",
    "publicAccessBlock": "PUBLIC_ACCESS_BLOCK",
    "replication": "REPLICATION",
    "requestPayment": "REQUEST_PAYMENT",
    "tagging": "TAGGING",
    "uploads": "UPLOADS",
    "versioning": "VERSIONING",
    "versions": "BUCKETVERSIONS",
    "website": "WEBSITE",
}
"""What a subresource of a bucket is called in the operation field."""

OBJECT_RESOURCES = {
    "acl": "ACL",
    "attributes": "OBJECT_ATTRIBUTES",
    "legal-hold": "LEGAL_HOLD",
    "restore": "OBJECT",
    "retention": "RETENTION",
    "tagging": "OBJECT_TAGGING",
    "torrent": "TORRENT",
    "uploads": "UPLOADS",
}


class TargetGrant(Part):
    grantee: Grantee | None = None
    permission: str | None = None


class SimplePrefix(Part):
    pass


class PartitionedPrefix(Part):
    partition_date_source: str | None = None


class TargetObjectKeyFormat(Part):
    simple_prefix: SimplePrefix | None = None
    partitioned_prefix: PartitionedPrefix | None = None


class LoggingEnabled(Part):
    target_bucket: str
    target_prefix: str
    target_grants: list[TargetGrant] | None = None
    target_object_key_format: TargetObjectKeyFormat | None = None


class BucketLoggingStatus(Part):
    logging_enabled: LoggingEnabled | None = None


class Entry(msgspec.Struct, frozen=True):
    """One request. Empty texts and None are written as `-`; times are milliseconds."""

    bucket_owner: str
    bucket: str
    time: datetime
    remote_ip: str
    request_id: str
    operation: str
    request_uri: str
    """Method, path with query, and protocol, as the client sent them."""
    http_status: int
    requester: str = ""
    """Canonical id, or the ARN of a user or session; empty for anonymous callers."""
    key: str = ""
    error_code: str = ""
    bytes_sent: int | None = None
    object_size: int | None = None
    total_time: int | None = None
    turn_around_time: int | None = None
    referer: str = ""
    user_agent: str = ""
    version_id: str = ""
    host_id: str = ""
    signature_version: str = ""
    """SigV2 or SigV4."""
    cipher_suite: str = ""
    authentication_type: str = ""
    """AuthHeader or QueryString."""
    host_header: str = ""
    tls_version: str = ""
    access_point_arn: str = ""
    acl_required: bool = False


def line(entry: Entry) -> str:
    """The log line of a request, without its line end: 26 fields in the documented order."""
    return " ".join(
        (
            _word(entry.bucket_owner),
            _word(entry.bucket),
            _time(entry.time),
            _word(entry.remote_ip),
            _word(entry.requester),
            _word(entry.request_id),
            _word(entry.operation),
            quote(entry.key, safe="/-_.~", errors="surrogatepass") or "-",
            _quoted(entry.request_uri),
            str(entry.http_status),
            _word(entry.error_code),
            _number(entry.bytes_sent),
            _number(entry.object_size),
            _number(entry.total_time),
            _number(entry.turn_around_time),
            _quoted(entry.referer),
            _quoted(entry.user_agent),
            _word(entry.version_id),
            _word(entry.host_id),
            _word(entry.signature_version),
            _word(entry.cipher_suite),
            _word(entry.authentication_type),
            _word(entry.host_header),
            _word(entry.tls_version),
            _word(entry.access_point_arn),
            "Yes" if entry.acl_required else "-",
        )
    )


def _escape(found: re.Match[str]) -> str:
    return quote(found[0], safe="", errors="surrogatepass")


def _word(text: str) -> str:
    return _SPACED.sub(_escape, text) or "-"


def _quoted(text: str) -> str:
    """In quotes; what would end the quotes or the line is percent-encoded, so a client cannot forge an entry."""
    return f'"{_UNSAFE.sub(_escape, text) or "-"}"'


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)


def _time(moment: datetime) -> str:
    return f"[{moment.day:02}/{_MONTHS[moment.month - 1]}/{moment:%Y:%H:%M:%S} +0000]"


def operation(method: str, resource: str, *, website: bool = False) -> str:
    """The operation field: `REST.GET.OBJECT`, `REST.PUT.BUCKETPOLICY`, `WEBSITE.GET.OBJECT`, `REST.COPY.PART`."""
    return f"{'WEBSITE' if website else 'REST'}.{method}.{resource}"


def target_key(
    target: LoggingEnabled,
    *,
    account: str,
    region: str,
    bucket: str,
    event_time: datetime,
    delivery_time: datetime,
    unique: str,
) -> str:
    """The key of a log object.

    Simple: `<prefix>YYYY-mm-DD-HH-MM-SS-<unique>`. Partitioned: `<prefix><account>/<region>/<bucket>/YYYY/MM/DD/...`,
    by delivery time, or by the day of the events (then hours, minutes and seconds are 00). `account`, `region` and
    `bucket` are the source's; `unique` is 16 characters that no other log of that second has.
    """
    form = target.target_object_key_format
    partitioned = form.partitioned_prefix if form is not None else None
    if partitioned is None:
        return f"{target.target_prefix}{delivery_time:%Y-%m-%d-%H-%M-%S}-{unique}"
    by_event = partitioned.partition_date_source == "EventTime"
    when = event_time.replace(hour=0, minute=0, second=0) if by_event else delivery_time
    folder = f"{target.target_prefix}{account}/{region}/{bucket}/{when:%Y/%m/%d}"
    return f"{folder}/{when:%Y-%m-%d-%H-%M-%S}-{unique}"


def check_logging(given: BucketLoggingStatus, *, target_takes_acls: bool = True) -> None:
    """Raises `MalformedXML`, or `InvalidArgument` for grants on a target bucket without ACLs."""
    target = given.logging_enabled
    if target is None:
        return
    form = target.target_object_key_format
    if form is not None:
        source = form.partitioned_prefix.partition_date_source if form.partitioned_prefix is not None else None
        both_or_none = (form.simple_prefix is None) == (form.partitioned_prefix is None)
        if both_or_none or source not in (None, "EventTime", "DeliveryTime"):
            raise errors.MalformedXML()
    for grant in target.target_grants or ():
        if grant.grantee is None or grant.permission not in ("FULL_CONTROL", "READ", "WRITE"):
            raise errors.MalformedXML()
    if target.target_grants and not target_takes_acls:
        raise errors.InvalidArgument(
            message="The target bucket for logging has ACLs disabled and cannot have target grants",
            argument_name="TargetGrants",
            argument_value="",
        )
