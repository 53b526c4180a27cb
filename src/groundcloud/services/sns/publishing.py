"""Publish and PublishBatch: the message and its deliveries are written in one transaction."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from typing import Any

import msgspec

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.operation import operation
from groundcloud.outbox import SUBSCRIPTION, Parcel, parcel_id
from groundcloud.resource import Resource
from groundcloud.services.sns import errors
from groundcloud.services.sns.direct import push, text_message
from groundcloud.services.sns.errors import InvalidParameter, InvalidParameterValue
from groundcloud.services.sns.filters import wants
from groundcloud.services.sns.lookup import find_topic, topic
from groundcloud.services.sns.messages import sequence_text
from groundcloud.services.sns.platforms import PLATFORMS, is_endpoint
from groundcloud.services.sns.records import MessageAttributeValue, Publication, Remaining, Sent, Subscription, Topic
from groundcloud.services.sns.subscriptions import WITHIN, Task
from groundcloud.store import Part

_LARGEST = 262144
_INTERVAL = 300_000
"""Milliseconds for which a FIFO topic knows a message again."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")
_OF_PHONES = ("AWS.SNS.SMS.", "AWS.MM.SMS.", "AWS.SNS.MOBILE.")
"""Beginnings of attributes that say how a phone gets the message."""
_TYPE = re.compile(r"(String|Number|Binary)(\..{1,250})?|String\.Array", re.DOTALL)


class PublishBatchRequestEntry(Part):
    id: str
    message: str
    subject: str | None = None
    message_structure: str | None = None
    message_attributes: dict[str, MessageAttributeValue] = {}
    message_deduplication_id: str | None = None
    message_group_id: str | None = None


def _target(ctx: Context, topic_arn: str, target_arn: str) -> Resource:
    if not topic_arn and not target_arn:
        return Resource("*")
    if is_endpoint(target_arn):
        owner = target_arn.split(":")[4]
        return Resource(target_arn, "" if owner == ctx.account else owner)
    return topic(ctx, topic_arn or target_arn)


@operation(on=_target, data_event=True)
def publish(
    ctx: Context,
    message: str,
    topic_arn: str = "",
    target_arn: str = "",
    phone_number: str = "",
    subject: str | None = None,
    message_structure: str | None = None,
    message_attributes: Mapping[str, MessageAttributeValue] = {},
    message_deduplication_id: str | None = None,
    message_group_id: str | None = None,
) -> dict[str, str]:
    if sum(map(bool, (topic_arn, target_arn, phone_number))) != 1:
        raise InvalidParameter(reason="TopicArn or TargetArn Reason: no value for required parameter")
    entry = PublishBatchRequestEntry(
        "", message, subject, message_structure, dict(message_attributes), message_deduplication_id, message_group_id
    )
    if phone_number or is_endpoint(target_arn):
        _check(entry)
        text, by_protocol = _structured(entry)
        if phone_number:
            return text_message(ctx, phone_number, by_protocol.get("sms", text), message_attributes)
        return push(ctx, target_arn, text, by_protocol)
    return _publish(ctx, find_topic(ctx, topic_arn or target_arn), entry)


@operation(on=topic, action="sns:Publish", data_event=True)
def publish_batch(
    ctx: Context, topic_arn: str, publish_batch_request_entries: Sequence[PublishBatchRequestEntry]
) -> dict[str, list[dict[str, Any]]]:
    entries = publish_batch_request_entries
    if not entries:
        raise errors.EmptyBatchRequest()
    if len(entries) > 10:
        raise errors.TooManyEntries()
    if len({entry.id for entry in entries}) < len(entries):
        raise errors.BatchEntryIdsNotDistinct()
    if not all(_ID.fullmatch(entry.id) for entry in entries):
        raise errors.InvalidBatchEntryId()
    if sum(len(entry.message.encode()) for entry in entries) > _LARGEST:
        raise errors.BatchRequestTooLong()
    found = find_topic(ctx, topic_arn)
    answer: dict[str, list[dict[str, Any]]] = {"successful": [], "failed": []}
    for entry in entries:
        try:
            answer["successful"].append({"id": entry.id, **_publish(ctx, found, entry)})
        except AwsError as error:
            answer["failed"].append(
                {"id": entry.id, "code": error.code, "message": error.message, "sender_fault": error.status < 500}
            )
    return answer


def _publish(ctx: Context, found: Topic, entry: PublishBatchRequestEntry) -> dict[str, str]:
    """Check a message, write it down, and a delivery for each subscription that wants it."""
    _check(entry)
    message, by_protocol = _structured(entry)
    now = ctx.milliseconds
    sent = Publication(
        message_id=ctx.new_uuid(), topic_arn=found.arn, published=datetime.fromtimestamp(now / 1000, UTC),
        message=message, subject=entry.subject or "", by_protocol=by_protocol, attributes=entry.message_attributes,
        group=entry.message_group_id or "",
    )  # fmt: skip
    if found.fifo:
        before = _first_of_its_kind(ctx, found, entry, sent, now)
        if before is not None:
            return {"message_id": before.message_id, "sequence_number": sequence_text(before.sequence)}
    elif entry.message_deduplication_id:
        raise InvalidParameter(
            reason="MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not "
            "valid for this topic type"
        )
    count = 0
    for subscription in ctx.tx.scan(Subscription, found.account, found.region, found.name):
        if subscription.confirmed and _wanted(subscription, sent):
            count += 1
            _post(ctx, subscription, sent, now, count)
    if count:
        ctx.put(sent)
        ctx.put(Remaining(sent.message_id, count))
    answer = {"message_id": sent.message_id}
    return {**answer, "sequence_number": sequence_text(sent.sequence)} if found.fifo else answer


def _wanted(subscription: Subscription, sent: Publication) -> bool:
    policy = subscription.attributes.get("FilterPolicy")
    if not policy:
        return True
    scope = subscription.attributes.get("FilterPolicyScope", "MessageAttributes")
    return wants(policy, scope, sent.attributes, sent.message_for(subscription.protocol))


def _post(ctx: Context, subscription: Subscription, sent: Publication, now: int, number: int) -> None:
    # The sequence number keeps messages of one millisecond in their order.
    chance = sent.sequence.to_bytes(8, "big") + number.to_bytes(4, "big") + bytes.fromhex(sent.message_id[:8])
    ctx.put(
        Parcel(
            parcel_id=parcel_id(now, chance), kind=SUBSCRIPTION, target=subscription.arn,
            payload=msgspec.msgpack.encode(Task(sent.message_id)), due=now, made=now,
            lane=f"{subscription.arn}/{sent.group}" if sent.sequence else "", slow=subscription.protocol not in WITHIN,
        )
    )  # fmt: skip


def _check(entry: PublishBatchRequestEntry) -> None:
    """Raises `InvalidParameter` and `ParameterValueInvalid`."""
    if not entry.message:
        raise InvalidParameter(reason="Empty message")
    size = len(entry.message.encode())
    for name, value in entry.message_attributes.items():
        size += _check_attribute(name, value)
    if size > _LARGEST:
        raise InvalidParameter(reason="Message too long")
    subject = entry.subject
    if subject is not None and not (0 < len(subject) <= 100 and subject.isprintable() and subject.isascii()):
        raise InvalidParameter(reason="Subject")
    if entry.message_structure not in (None, "", "json"):
        raise InvalidParameter(reason="MessageStructure")


def _check_attribute(name: str, value: MessageAttributeValue) -> int:
    taken = name.lower().startswith(("aws.", "amazon.")) and not name.startswith(_OF_PHONES)
    if taken or not re.fullmatch(r"[A-Za-z0-9_.-]{1,256}", name):
        raise InvalidParameterValue(reason=f"The message attribute name '{name}' is invalid.")
    if not _TYPE.fullmatch(value.data_type):
        raise InvalidParameterValue(
            reason=f"The message attribute '{name}' has an invalid message attribute type, the set of supported type "
            "prefixes is Binary, Number, and String."
        )
    content = value.binary_value if value.data_type.startswith("Binary") else (value.string_value or "").encode()
    if not content:
        raise InvalidParameterValue(
            reason=f"The message attribute '{name}' must contain non-empty message attribute value for message "
            f"attribute type '{value.data_type}'."
        )
    if value.data_type.startswith("Number"):
        try:
            float(content)
        except ValueError:
            raise InvalidParameterValue(reason=f"Could not cast message attribute '{name}' value to number.") from None
    return len(name.encode()) + len(value.data_type.encode()) + len(content)


def _structured(entry: PublishBatchRequestEntry) -> tuple[str, dict[str, str]]:
    """The message for all, and those for some protocols. Raises `InvalidParameter`."""
    if entry.message_structure != "json":
        return entry.message, {}
    try:
        document = json.loads(entry.message)
    except ValueError as error:
        raise InvalidParameter(reason="Message Structure - JSON message body failed to parse") from error
    if isinstance(document, dict) and not PLATFORMS.isdisjoint(document):  # for one platform nobody needs a default
        document.setdefault("default", "")
    if not isinstance(document, dict) or not isinstance(document.get("default"), str):
        raise InvalidParameter(reason="Message Structure - No default entry in JSON message body")
    others = {name: text for name, text in document.items() if name != "default" and isinstance(text, str)}
    return document["default"], others


def _first_of_its_kind(
    ctx: Context, found: Topic, entry: PublishBatchRequestEntry, sent: Publication, now: int
) -> Sent | None:
    """Number a message of a FIFO topic; the one before, if it came in the last five minutes."""
    if not entry.message_group_id:
        raise InvalidParameter(reason="The MessageGroupId parameter is required for FIFO topics")
    deduplication_id = entry.message_deduplication_id or ""
    if not deduplication_id:
        if not found.is_on("ContentBasedDeduplication"):
            raise InvalidParameter(
                reason="The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId "
                "provided explicitly"
            )
        deduplication_id = sha256(entry.message.encode()).hexdigest()
    scope = entry.message_group_id if found.attributes.get("FifoThroughputScope") == "MessageGroup" else ""
    before = ctx.tx.get(Sent, found.arn, scope, deduplication_id)
    if before is not None and now - before.at < _INTERVAL:
        return before
    for old in list(islice(ctx.tx.scan(Sent, index="by_time"), 2)):
        if now - old.at >= _INTERVAL:
            ctx.delete(old)
    found.sequence += 1
    ctx.put(found)
    sent.sequence, sent.deduplication_id = found.sequence, deduplication_id
    ctx.put(Sent(found.arn, scope, deduplication_id, now, sent.message_id, sent.sequence))
    return None
