"""What the attributes of a queue may be, how they are kept, and how they are shown.

Sources: SetQueueAttributes in the API reference; the words of the refusals are those that AWS's answers have in public
threads.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from groundcloud.policy import MalformedPolicy, check_resource_policy
from groundcloud.services.sqs import errors
from groundcloud.services.sqs.records import DEFAULTS, Queue

_RANGES = {
    "DelaySeconds": (0, 900),
    "MaximumMessageSize": (1024, 1048576),
    "MessageRetentionPeriod": (60, 1209600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43200),
    "KmsDataKeyReusePeriodSeconds": (60, 86400),
}
_FLAGS = ("FifoQueue", "ContentBasedDeduplication", "SqsManagedSseEnabled")
_CHOICES = {
    "DeduplicationScope": ("queue", "messageGroup"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
}
_FIFO_ONLY = ("FifoQueue", "ContentBasedDeduplication", *_CHOICES)
_DOCUMENTS = ("Policy", "RedrivePolicy", "RedriveAllowPolicy")
WRITTEN = frozenset((*_RANGES, *_FLAGS, *_CHOICES, *_DOCUMENTS, "KmsMasterKeyId"))


def checked(name: str, fifo: bool, given: Mapping[str, str]) -> dict[str, str]:
    """The attributes in the form in which they are kept. Raises `InvalidAttributeName` and `InvalidAttributeValue`."""
    kept = {}
    for attribute, value in given.items():
        if attribute not in WRITTEN or (attribute in _FIFO_ONLY and not fifo and value != "false"):
            raise errors.InvalidAttributeName(name=attribute)
        kept[attribute] = _CHECKS.get(attribute, _as_is)(attribute, value)
    if not fifo:
        kept = {attribute: value for attribute, value in kept.items() if attribute not in _FIFO_ONLY}
    return kept


def check_together(attributes: Mapping[str, str]) -> None:
    """Attributes that do not go with one another."""
    per_group = attributes.get("FifoThroughputLimit") == "perMessageGroupId"
    if per_group and attributes.get("DeduplicationScope") != "messageGroup":
        raise errors.InvalidAttributeValue(
            reason="Invalid value for the parameter FifoThroughputLimit. Reason: The perMessageGroupId value is "
            "allowed only when the value for DeduplicationScope is messageGroup."
        )
    if attributes.get("KmsMasterKeyId") and attributes.get("SqsManagedSseEnabled") == "true":
        raise errors.InvalidAttributeValue(
            reason="You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or "
            "SQS SSE."
        )


def _wrong(attribute: str) -> errors.InvalidAttributeValue:
    return errors.InvalidAttributeValue(reason=f"Invalid value for the parameter {attribute}.")


def _as_is(attribute: str, value: str) -> str:
    return value


def _number(attribute: str, value: str) -> str:
    low, high = _RANGES[attribute]
    if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
        raise _wrong(attribute)
    return str(int(value))


def _flag(attribute: str, value: str) -> str:
    if value.lower() not in ("true", "false") or (attribute == "FifoQueue" and value.lower() == "false"):
        raise _wrong(attribute)
    return value.lower()


def _choice(attribute: str, value: str) -> str:
    if value not in _CHOICES[attribute]:
        raise _wrong(attribute)
    return value


def _policy(attribute: str, value: str) -> str:
    if not value:
        return ""
    try:
        check_resource_policy(value, "sqs")
    except MalformedPolicy as flaw:
        raise _wrong(attribute) from flaw
    return value


def redrive_of(value: str) -> tuple[str, int]:
    """The ARN and the count in a RedrivePolicy. Raises `InvalidAttributeValue`."""
    start = f"Value {value} for parameter RedrivePolicy is invalid. Reason: "
    try:
        document = json.loads(value)
        if not isinstance(document, dict):
            raise ValueError(value)
    except ValueError as error:
        raise errors.InvalidAttributeValue(
            reason="Invalid value for the parameter RedrivePolicy. Reason: Redrive policy is not a valid JSON map."
        ) from error
    for member in ("maxReceiveCount", "deadLetterTargetArn"):
        if member not in document:
            reason = f"Redrive policy does not contain mandatory attribute: {member}."
            raise errors.InvalidAttributeValue(reason=start + reason)
    if len(document) > 2:
        reason = "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount]."
        raise errors.InvalidAttributeValue(reason=start + reason)
    count = document["maxReceiveCount"]
    if not str(count).isdigit() or not 1 <= int(count) <= 1000:
        reason = f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 both inclusive."
        raise errors.InvalidAttributeValue(reason=start + reason)
    return str(document["deadLetterTargetArn"]), int(count)


def _redrive(attribute: str, value: str) -> str:
    if value:
        arn, count = redrive_of(value)
        return json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": count}, separators=(",", ":"))
    return ""


def _redrive_allow(attribute: str, value: str) -> str:
    if not value:
        return ""
    try:
        document: Any = json.loads(value)
        permission, arns = document["redrivePermission"], document.get("sourceQueueArns")
        if document.keys() - {"redrivePermission", "sourceQueueArns"}:
            raise ValueError(value)
        if permission not in ("allowAll", "denyAll", "byQueue") or not isinstance(arns, list | None):
            raise ValueError(value)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise errors.InvalidAttributeValue(
            reason="Invalid value for the parameter RedriveAllowPolicy. Reason: Amazon SQS can't create the redrive "
            "allow policy, as it's in an unsupported format."
        ) from error
    reason = ""
    if permission == "byQueue" and not arns:
        reason = (
            "When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values."
        )
    elif permission != "byQueue" and arns is not None:
        reason = "To specify one or more source queue ARNs, you must set redrivePermission to byQueue."
    elif arns is not None and len(arns) > 10:
        reason = "The maximum number of source queue ARNs you can specify is 10."
    if reason:
        raise errors.InvalidAttributeValue(
            reason=f"Value {value} for parameter RedriveAllowPolicy is invalid. Reason: Amazon SQS can't create the "
            f"redrive allow policy. {reason}"
        )
    return json.dumps(document, separators=(",", ":"))


def allows_redrive(queue: Queue, source_arn: str) -> bool:
    """Whether a queue lets another one send it what could not be handled."""
    document = json.loads(queue.attributes.get("RedriveAllowPolicy") or "{}")
    permission = document.get("redrivePermission", "allowAll")
    return permission == "allowAll" or (permission == "byQueue" and source_arn in document["sourceQueueArns"])


_CHECKS: dict[str, Callable[[str, str], str]] = {
    **dict.fromkeys(_RANGES, _number),
    **dict.fromkeys(_FLAGS, _flag),
    **dict.fromkeys(_CHOICES, _choice),
    "Policy": _policy,
    "RedrivePolicy": _redrive,
    "RedriveAllowPolicy": _redrive_allow,
}


def effective(queue: Queue) -> dict[str, str]:
    """The attributes that can be set, with their defaults, as GetQueueAttributes shows them."""
    usual = {name: value for name, value in DEFAULTS.items() if name != "KmsDataKeyReusePeriodSeconds"}
    shown = {**usual, **{name: value for name, value in queue.attributes.items() if value}}
    if queue.fifo:
        shown = {
            "ContentBasedDeduplication": "false",
            "DeduplicationScope": "queue",
            "FifoThroughputLimit": "perQueue",
            **shown,
            "FifoQueue": "true",
        }
    if shown.get("KmsMasterKeyId"):
        shown.setdefault("KmsDataKeyReusePeriodSeconds", DEFAULTS["KmsDataKeyReusePeriodSeconds"])
        shown["SqsManagedSseEnabled"] = "false"
    else:
        shown.pop("KmsDataKeyReusePeriodSeconds", None)
        shown.setdefault("SqsManagedSseEnabled", "true")
    return shown
