"""The messages that tell of an event: S3's own record, the test event, and the event for EventBridge.

Sources: S3 User Guide, "Event message structure" (versions 2.1 to 2.3) and "EventBridge event message structure". It
makes dictionaries ready for JSON; who is told is decided in notifications.py.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from groundcloud.services.s3.rules.keys import url_encoded

Json = dict[str, Any]

_VERSION_2_2 = ("s3:Replication:",)
_VERSION_2_3 = (
    "s3:LifecycleExpiration:",
    "s3:LifecycleTransition",
    "s3:IntelligentTiering",
    "s3:ObjectAcl:",
    "s3:ObjectTagging:",
    "s3:ObjectRestore:Delete",
)
_WITHOUT_SIZE = ("s3:ObjectRemoved:", "s3:LifecycleExpiration:", "s3:ObjectTagging:Delete")


class Event(msgspec.Struct, frozen=True):
    """Something that happened to an object. `name` is an event type, such as `s3:ObjectCreated:Put`."""

    name: str
    time: datetime
    region: str
    bucket: str
    bucket_owner: str
    """The principal id of the bucket's owner."""
    key: str
    sequencer: str
    principal: str = ""
    """The caller's principal id (`AWS:AIDA...`)."""
    source_ip: str = ""
    request_id: str = ""
    host_id: str = ""
    size: int | None = None
    e_tag: str | None = None
    version_id: str | None = None
    extra: Mapping[str, Any] = {}
    """Further members of the record: glacierEventData, replicationEventData, lifecycleEventData, ..."""


def sequencer(microseconds: int, number: int) -> str:
    """Hexadecimal digits that grow with the order of the events of a key: 14 of the moment, 4 of a counter."""
    return f"{microseconds:014X}{number & 0xFFFF:04X}"


def record(event: Event, configuration_id: str) -> Json:
    """One record, as it stands in a message's `Records`. Keys are URL-encoded; names lack the `s3:` in front."""
    thing: Json = {"key": url_encoded(event.key)}
    if event.size is not None and not event.name.startswith(_WITHOUT_SIZE):
        thing["size"] = event.size
    if event.e_tag is not None and event.name != "s3:ObjectRemoved:Delete":
        thing["eTag"] = event.e_tag.strip('"')
    if event.version_id is not None:
        thing["versionId"] = event.version_id
    thing["sequencer"] = event.sequencer
    return {
        "eventVersion": _version(event.name),
        "eventSource": "aws:s3",
        "awsRegion": event.region,
        "eventTime": _milliseconds(event.time),
        "eventName": event.name.removeprefix("s3:"),
        "userIdentity": {"principalId": event.principal},
        "requestParameters": {"sourceIPAddress": event.source_ip},
        "responseElements": {"x-amz-request-id": event.request_id, "x-amz-id-2": event.host_id},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration_id,
            "bucket": {
                "name": event.bucket,
                "ownerIdentity": {"principalId": event.bucket_owner},
                "arn": f"arn:aws:s3:::{event.bucket}",
            },
            "object": thing,
        },
        **event.extra,
    }


def message(event: Event, configuration_id: str) -> Json:
    """The whole message for a topic, queue or function."""
    return {"Records": [record(event, configuration_id)]}


def _version(name: str) -> str:
    if name.startswith(_VERSION_2_2):
        return "2.2"
    return "2.3" if name.startswith(_VERSION_2_3) else "2.1"


def _milliseconds(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def s3_test_event(bucket: str, moment: datetime, request_id: str, host_id: str) -> Json:
    """What a destination gets when it is configured (`s3:TestEvent`)."""
    return {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": _milliseconds(moment),
        "Bucket": bucket,
        "RequestId": request_id,
        "HostId": host_id,
    }


# -- EventBridge

_CREATED_BY = {
    "Put": "PutObject",
    "Post": "POST Object",
    "Copy": "CopyObject",
    "CompleteMultipartUpload": "CompleteMultipartUpload",
}
_DELETION_TYPES = {"Delete": "Permanently Deleted", "DeleteMarkerCreated": "Delete Marker Created"}
_DETAIL_TYPES = {
    "s3:ObjectRestore:Post": "Object Restore Initiated",
    "s3:ObjectRestore:Completed": "Object Restore Completed",
    "s3:ObjectRestore:Delete": "Object Restore Expired",
    "s3:LifecycleTransition": "Object Storage Class Changed",
    "s3:IntelligentTiering": "Object Access Tier Changed",
    "s3:ObjectAcl:Put": "Object ACL Updated",
    "s3:ObjectTagging:Put": "Object Tags Added",
    "s3:ObjectTagging:Delete": "Object Tags Deleted",
}


def bridge_event(event: Event, *, id: str, account: str, requester: str, storage_class: str = "") -> Json | None:
    """The event for the account's default bus, or None for a type that EventBridge is not told of.

    `account` owns the bucket; `requester` is an account id or the name of a service; `storage_class` is where a
    transition went. Keys stand as they are.
    """
    detail_type, facts = _bridge_facts(event.name, storage_class)
    if not detail_type:
        return None
    thing: Json = {"key": event.key}
    if event.size is not None and detail_type != "Object Deleted":
        thing["size"] = event.size
    if event.e_tag is not None:
        thing["etag"] = event.e_tag.strip('"')
    if event.version_id is not None:
        thing["version-id"] = event.version_id
    thing["sequencer"] = event.sequencer
    detail = {"version": "0", "bucket": {"name": event.bucket}, "object": thing, "request-id": event.request_id}
    detail["requester"] = requester
    if event.source_ip:
        detail["source-ip-address"] = event.source_ip
    return {
        "version": "0",
        "id": id,
        "detail-type": detail_type,
        "source": "aws.s3",
        "account": account,
        "time": f"{event.time:%Y-%m-%dT%H:%M:%SZ}",
        "region": event.region,
        "resources": [f"arn:aws:s3:::{event.bucket}"],
        "detail": {**detail, **facts},
    }


def _bridge_facts(name: str, storage_class: str) -> tuple[str, Json]:
    kind, _, what = name.rpartition(":")
    if kind == "s3:ObjectCreated":
        return "Object Created", {"reason": _CREATED_BY[what]}
    if kind in ("s3:ObjectRemoved", "s3:LifecycleExpiration"):
        reason = "DeleteObject" if kind == "s3:ObjectRemoved" else "Lifecycle Expiration"
        return "Object Deleted", {"reason": reason, "deletion-type": _DELETION_TYPES[what]}
    facts = {"destination-storage-class": storage_class} if name == "s3:LifecycleTransition" else {}
    return _DETAIL_TYPES.get(name, ""), facts
