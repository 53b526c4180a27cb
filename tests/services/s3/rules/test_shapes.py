"""The parts of the rules have the fields of AWS's model: what the gateway parses converts, what it writes is there."""

from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from botocore.session import get_session

from groundcloud.names import snake
from groundcloud.services.s3.rules import (
    acl,
    cors,
    lifecycle,
    logging,
    notifications,
    object_lock,
    public,
    replication,
    website,
)

MODEL = get_session().get_service_model("s3")

PARTS = {
    "AccessControlPolicy": acl.AccessControlPolicy,
    "LifecycleRule": lifecycle.LifecycleRule,
    "CORSConfiguration": cors.CORSConfiguration,
    "WebsiteConfiguration": website.WebsiteConfiguration,
    "BucketLoggingStatus": logging.BucketLoggingStatus,
    "NotificationConfiguration": notifications.NotificationConfiguration,
    "ReplicationConfiguration": replication.ReplicationConfiguration,
    "ObjectLockConfiguration": object_lock.ObjectLockConfiguration,
    "ObjectLockRetention": object_lock.Retention,
    "ObjectLockLegalHold": object_lock.LegalHold,
    "PublicAccessBlockConfiguration": public.PublicAccessBlockConfiguration,
}

NOT_WRITTEN = {
    "ObjectLockRetention": {"event_hold", "event_hold_duration"},
    "DefaultRetention": {"default_event_hold"},
}
"""Event holds of Object Lock; a request with them is refused by name."""


def nested(hint: Any) -> type | None:
    """The structure in a field's type, through None and lists."""
    if get_origin(hint) in (Union, UnionType, list):
        return next(filter(None, map(nested, get_args(hint))), None)
    return hint if isinstance(hint, type) and issubclass(hint, msgspec.Struct) else None


def differences(shape: Any, part: type, path: str) -> list[str]:
    members = {snake(name): member for name, member in shape.members.items()}
    hints = get_type_hints(part)
    lacking = members.keys() - hints.keys() - NOT_WRITTEN.get(shape.name, set())
    found = [f"{path} lacks {name}" for name in lacking] + [f"{path} adds {name}" for name in hints.keys() - members]
    for name, member in members.items():
        inner = member.member if member.type_name == "list" else member
        if inner.type_name == "structure" and name in hints:
            kind = nested(hints[name])
            found += differences(inner, kind, f"{path}.{name}") if kind else [f"{path}.{name} is no part"]
    return found


@pytest.mark.parametrize("name", PARTS)
def test_a_part_has_the_members_of_its_shape(name):
    assert differences(MODEL.shape_for(name), PARTS[name], name) == []
