"""Event notifications: what PutBucketNotificationConfiguration refuses, and who is told of an event.

Sources: S3 User Guide, "Amazon S3 Event Notifications", "Configuring event notifications using object key name
filtering"; API Reference, PutBucketNotificationConfiguration. The messages themselves are in event_messages.py.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from groundcloud.services.s3.rules import errors
from groundcloud.store import Part

_OTHERS = (
    "s3:ReducedRedundancyLostObject",
    "s3:LifecycleTransition",
    "s3:IntelligentTiering",
    "s3:ObjectAcl:Put",
    "s3:ObjectRetention:Put",
)
_KINDS = {
    "s3:ObjectCreated": ("Put", "Post", "Copy", "CompleteMultipartUpload"),
    "s3:ObjectRemoved": ("Delete", "DeleteMarkerCreated"),
    "s3:ObjectRestore": ("Post", "Completed", "Delete"),
    "s3:Replication": (
        "OperationFailedReplication",
        "OperationNotTracked",
        "OperationMissedThreshold",
        "OperationReplicatedAfterThreshold",
    ),
    "s3:LifecycleExpiration": ("Delete", "DeleteMarkerCreated"),
    "s3:ObjectTagging": ("Put", "Delete"),
    "s3:ObjectAnnotation": ("Put", "Delete"),
}
EVENTS = frozenset(_OTHERS) | {f"{kind}:{name}" for kind, names in _KINDS.items() for name in (*names, "*")}
"""Every event type that a configuration may name."""

_ARNS = {
    "topic_arn": re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):\d{12}:[\w.-]+", re.ASCII),
    "queue_arn": re.compile(r"arn:aws[a-z-]*:sqs:([a-z0-9-]+):\d{12}:[\w.-]+", re.ASCII),
    "lambda_function_arn": re.compile(r"arn:aws[a-z-]*:lambda:([a-z0-9-]+):\d{12}:function:[\w:$-]+", re.ASCII),
}


class FilterRule(Part):
    name: str | None = None
    value: str | None = None


class S3KeyFilter(Part):
    filter_rules: list[FilterRule] | None = None


class Filter(Part):
    key: S3KeyFilter | None = None


class TopicConfiguration(Part):
    topic_arn: str
    events: list[str]
    id: str | None = None
    filter: Filter | None = None


class QueueConfiguration(Part):
    queue_arn: str
    events: list[str]
    id: str | None = None
    filter: Filter | None = None


class LambdaFunctionConfiguration(Part):
    lambda_function_arn: str
    events: list[str]
    id: str | None = None
    filter: Filter | None = None


class EventBridgeConfiguration(Part):
    pass


class NotificationConfiguration(Part):
    topic_configurations: list[TopicConfiguration] | None = None
    queue_configurations: list[QueueConfiguration] | None = None
    lambda_function_configurations: list[LambdaFunctionConfiguration] | None = None
    event_bridge_configuration: EventBridgeConfiguration | None = None


class Target(NamedTuple):
    """Where one configuration sends what. `kind` is `sns`, `sqs` or `lambda`."""

    kind: str
    arn: str
    id: str
    events: tuple[str, ...]
    prefix: str
    suffix: str
    filtered: bool
    """Whether it names a prefix or suffix at all."""

    def wants(self, event: str, key: str) -> bool:
        """Whether an event (`s3:ObjectCreated:Put`) on a key is sent here."""
        return (
            (event in self.events or event.rpartition(":")[0] + ":*" in self.events)
            and key.startswith(self.prefix)
            and key.endswith(self.suffix)
        )


def targets(given: NotificationConfiguration) -> list[Target]:
    """All destinations of a configuration, flat: functions, queues, topics."""
    found = [_target("lambda", each.lambda_function_arn, each) for each in given.lambda_function_configurations or ()]
    found += [_target("sqs", each.queue_arn, each) for each in given.queue_configurations or ()]
    return found + [_target("sns", each.topic_arn, each) for each in given.topic_configurations or ()]


def _target(kind: str, arn: str, each: TopicConfiguration | QueueConfiguration | LambdaFunctionConfiguration) -> Target:
    rules = _rules(each.filter)
    values = {(rule.name or "").lower(): rule.value or "" for rule in rules}
    prefix, suffix = values.get("prefix", ""), values.get("suffix", "")
    return Target(kind, arn, each.id or "", tuple(each.events), prefix, suffix, bool(rules))


def _rules(given: Filter | None) -> Sequence[FilterRule]:
    return (given.key.filter_rules or ()) if given is not None and given.key is not None else ()


def told_of(among: Iterable[Target], event: str, key: str) -> list[Target]:
    """The targets that want an event on a key."""
    return [target for target in among if target.wants(event, key)]


def check_notifications(given: NotificationConfiguration, region: str) -> None:
    """Raises `InvalidArgument` or `MalformedXML`; `region` is the bucket's. Whether destinations exist and let S3 in
    is for the caller to find out (`unreachable` is the error)."""
    for member, arn, each in _configurations(given):
        _check_arn(member, arn, region)
        if not each.events:
            raise errors.MalformedXML()
        for event in each.events:
            if event not in EVENTS:
                raise _invalid("A specified event is not supported for notifications.", "Event", event)
        _check_filter(_rules(each.filter))
    flat = targets(given)
    ids = [target.id for target in flat if target.id]
    if len(ids) != len(set(ids)):
        raise _invalid("Same ID used for multiple configurations. IDs must be unique", "Id", "")
    if any(len(each) > 255 for each in ids):
        raise _invalid("ID length should not exceed allowed limit of 255", "Id", "")
    for first, second in combinations(flat, 2):
        _check_overlap(first, second)


def _configurations(
    given: NotificationConfiguration,
) -> Iterable[tuple[str, str, TopicConfiguration | QueueConfiguration | LambdaFunctionConfiguration]]:
    for topic in given.topic_configurations or ():
        yield "topic_arn", topic.topic_arn, topic
    for queue in given.queue_configurations or ():
        yield "queue_arn", queue.queue_arn, queue
    for function in given.lambda_function_configurations or ():
        yield "lambda_function_arn", function.lambda_function_arn, function


def _invalid(message: str, name: str, value: str) -> errors.InvalidArgument:
    return errors.InvalidArgument(message=message, argument_name=name, argument_value=value)


def _check_arn(member: str, arn: str, region: str) -> None:
    found = _ARNS[member].fullmatch(arn)
    if found is None:
        fifo = arn.endswith(".fifo")
        kinds = {"topic_arn": "SNS topics", "queue_arn": "SQS queues"}
        if fifo and member in kinds:
            raise _invalid(f"FIFO {kinds[member]} are not supported.", "ARN", arn)
        raise _invalid("The ARN is not well formed", "ARN", arn)
    if arn.endswith(".fifo"):
        kind = "SNS topics" if member == "topic_arn" else "SQS queues"
        raise _invalid(f"FIFO {kind} are not supported.", "ARN", arn)
    if found[1] != region:
        raise _invalid(
            "The notification destination service region is not valid for the bucket location constraint", "ARN", arn
        )


def _check_filter(rules: Sequence[FilterRule]) -> None:
    seen: set[str] = set()
    for rule in rules:
        name = (rule.name or "").lower()
        if name not in ("prefix", "suffix"):
            raise _invalid("filter rule name must be either prefix or suffix", "FilterRule.Name", rule.name or "")
        if name in seen:
            raise _invalid(f"Cannot specify more than one {name} rule in a filter.", "FilterRule.Name", name)
        seen.add(name)
        if len((rule.value or "").encode()) > 1024:
            raise _invalid(
                "Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation",
                "FilterRule.Value",
                rule.value or "",
            )


def _check_overlap(first: Target, second: Target) -> None:
    """One event on one key may have one destination only."""
    shared = [(a, b) for a in first.events for b in second.events if _same_event(a, b)]
    if not shared:
        return
    prefixes = first.prefix.startswith(second.prefix) or second.prefix.startswith(first.prefix)
    suffixes = first.suffix.endswith(second.suffix) or second.suffix.endswith(first.suffix)
    if not (prefixes and suffixes):
        return
    if first.filtered or second.filtered:
        raise _invalid(
            "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are "
            "overlapping for the same event type.",
            "FilterRule",
            f"{first.prefix}, {second.prefix}",
        )
    raise _invalid(
        "Configurations overlap. Configurations on the same bucket cannot share a common event type.",
        "Event",
        ", ".join(shared[0]),
    )


def _same_event(first: str, second: str) -> bool:
    if first == second:
        return True
    kind, _, name = first.rpartition(":")
    other_kind, _, other_name = second.rpartition(":")
    return kind == other_kind and "*" in (name, other_name)


def unreachable(arns: Sequence[str], reason: str) -> errors.InvalidArgument:
    """The error for destinations that do not exist or do not let S3 send."""
    facts: dict[str, object] = {"argument_name": arns[0], "argument_value": reason}
    return errors.InvalidArgument(message="Unable to validate the following destination configurations", **facts)
