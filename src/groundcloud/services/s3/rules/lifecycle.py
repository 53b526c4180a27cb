"""Life-cycle configurations: their parts, and what PutBucketLifecycleConfiguration refuses.

Sources: S3 User Guide, "Lifecycle configuration elements" and "Transitioning objects using Amazon S3 Lifecycle"; API
Reference, PutBucketLifecycleConfiguration. What is due for an object is in lifecycle_due.py.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from groundcloud.services.s3.rules import errors
from groundcloud.store import Part

MAX_RULES = 1000
TRANSITION_CLASSES = ("STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
"""From the warmest to the coldest: objects only go down."""
THIRTY_DAYS_FIRST = ("STANDARD_IA", "ONEZONE_IA")
MINIMUM_SIZES = ("all_storage_classes_128K", "varies_by_storage_class")


class Tag(Part):
    key: str
    value: str = ""


class And(Part):
    prefix: str | None = None
    tags: list[Tag] | None = None
    object_size_greater_than: int | None = None
    object_size_less_than: int | None = None


class Filter(Part):
    prefix: str | None = None
    tag: Tag | None = None
    object_size_greater_than: int | None = None
    object_size_less_than: int | None = None
    and_: And | None = None


class Expiration(Part):
    date: datetime | None = None
    days: int | None = None
    expired_object_delete_marker: bool | None = None


class Transition(Part):
    date: datetime | None = None
    days: int | None = None
    storage_class: str | None = None


class NoncurrentVersionTransition(Part):
    noncurrent_days: int | None = None
    storage_class: str | None = None
    newer_noncurrent_versions: int | None = None


class NoncurrentVersionExpiration(Part):
    noncurrent_days: int | None = None
    newer_noncurrent_versions: int | None = None


class AbortIncompleteMultipartUpload(Part):
    days_after_initiation: int | None = None


class LifecycleRule(Part):
    status: str
    id: str | None = None
    prefix: str | None = None
    """The form before `filter`; a rule has one of the two."""
    filter: Filter | None = None
    expiration: Expiration | None = None
    transitions: list[Transition] | None = None
    noncurrent_version_transitions: list[NoncurrentVersionTransition] | None = None
    noncurrent_version_expiration: NoncurrentVersionExpiration | None = None
    abort_incomplete_multipart_upload: AbortIncompleteMultipartUpload | None = None


class Scope(Part):
    """What a rule's filter says, whichever way it is written."""

    prefix: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    larger_than: int | None = None
    smaller_than: int | None = None

    @property
    def has_size(self) -> bool:
        return self.larger_than is not None or self.smaller_than is not None


def scope(rule: LifecycleRule) -> Scope:
    """The filter of a rule, flat."""
    found = rule.filter
    if found is None:
        return Scope(rule.prefix or "")
    part = found.and_ or found
    tags = (found.and_.tags or []) if found.and_ is not None else [found.tag] if found.tag is not None else []
    return Scope(
        part.prefix or "",
        tuple((tag.key, tag.value) for tag in tags),
        part.object_size_greater_than,
        part.object_size_less_than,
    )


def check_lifecycle(rules: Sequence[LifecycleRule]) -> None:
    """Raises `MalformedXML`, `InvalidArgument` or `InvalidRequest` for rules that S3 refuses."""
    if not 1 <= len(rules) <= MAX_RULES:
        raise errors.MalformedXML()
    seen: set[str] = set()
    for rule in rules:
        if rule.id:
            if len(rule.id) > 255:
                raise errors.InvalidArgument(message="ID length should not exceed allowed limit of 255")
            if rule.id in seen:
                raise errors.InvalidArgument(
                    message="Rule ID must be unique. Found same ID for more than one rule",
                    argument_name="ID",
                    argument_value=rule.id,
                )
            seen.add(rule.id)
        _check_rule(rule)


def _check_rule(rule: LifecycleRule) -> None:
    if rule.status not in ("Enabled", "Disabled") or (rule.filter is None) == (rule.prefix is None):
        raise errors.MalformedXML()
    if rule.filter is not None:
        _check_filter(rule.filter)
    covered = scope(rule)
    actions = (
        rule.expiration,
        rule.transitions,
        rule.noncurrent_version_transitions,
        rule.noncurrent_version_expiration,
        rule.abort_incomplete_multipart_upload,
    )
    if not any(actions):
        raise errors.InvalidRequest(message="At least one action needs to be specified in a rule")
    where = f"filter '(prefix={covered.prefix})'" if rule.filter is not None else f"prefix '{covered.prefix}'"
    if rule.expiration is not None:
        _check_expiration(rule.expiration, covered)
    if rule.transitions:
        _check_transitions(rule.transitions, rule.expiration, where)
    _check_noncurrent(rule, where)
    if rule.abort_incomplete_multipart_upload is not None:
        _check_unfiltered(covered, "AbortIncompleteMultipartUpload")
        days = rule.abort_incomplete_multipart_upload.days_after_initiation
        _positive(days, "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action")


def _check_filter(given: Filter) -> None:
    parts = (given.prefix, given.tag, given.object_size_greater_than, given.object_size_less_than, given.and_)
    if sum(part is not None for part in parts) > 1:
        raise errors.MalformedXML()
    if given.and_ is not None:
        _check_and(given.and_)
    for name, tag in (("Tag", given.tag), *(("Tags", tag) for tag in (given.and_.tags if given.and_ else None) or [])):
        if tag is not None and not tag.key:
            raise errors.InvalidArgument(message=f"The {name} key must not be empty")


def _check_and(given: And) -> None:
    sizes = (given.object_size_greater_than, given.object_size_less_than)
    predicates = len(given.tags or ()) + sum(part is not None for part in (given.prefix, *sizes))
    if predicates < 2:
        raise errors.MalformedXML()
    keys = [tag.key for tag in given.tags or ()]
    if len(keys) != len(set(keys)):
        raise errors.InvalidRequest(message="Duplicate Tag Keys are not allowed.")
    low, high = sizes
    if low is not None and high is not None and low >= high:
        raise errors.InvalidRequest(message="'ObjectSizeLessThan' must be greater than 'ObjectSizeGreaterThan'")


def _check_unfiltered(covered: Scope, action: str) -> None:
    if covered.tags:
        raise errors.InvalidRequest(message=f"{action} cannot be specified with Tags.")
    if covered.has_size:
        raise errors.InvalidRequest(message=f"{action} cannot be specified with Object Size.")


def _check_expiration(given: Expiration, covered: Scope) -> None:
    parts = (given.date, given.days, given.expired_object_delete_marker)
    if sum(part is not None for part in parts) != 1:
        raise errors.MalformedXML()
    if given.date is not None:
        _midnight(given.date)
    elif given.days is not None:
        _positive(given.days, "'Days' for Expiration action")
    else:
        _check_unfiltered(covered, "ExpiredObjectDeleteMarker")


def _positive(days: int | None, what: str) -> None:
    if days is None:
        raise errors.MalformedXML()
    if days <= 0:
        raise errors.InvalidArgument(message=f"{what} must be a positive integer")


def _midnight(date: datetime) -> None:
    if (date.hour, date.minute, date.second, date.microsecond) != (0, 0, 0, 0):
        raise errors.InvalidArgument(message="'Date' must be at midnight GMT")


def _check_transitions(given: Sequence[Transition], expiration: Expiration | None, where: str) -> None:
    for each in given:
        if each.storage_class not in TRANSITION_CLASSES or (each.date is None) == (each.days is None):
            raise errors.MalformedXML()
        if each.date is not None:
            _midnight(each.date)
        elif each.days is not None:
            _check_days(each.days, each.storage_class, "Transition", "Days")
    _check_classes([each.storage_class for each in given], "Transition", where)
    dated = {each.date is not None for each in given}
    if len(dated) > 1:
        raise errors.InvalidRequest(
            message=f"Found mixed 'Date' and 'Days' based Transition actions in lifecycle rule for {where}"
        )
    if expiration is not None and expiration.expired_object_delete_marker is None:
        if (expiration.date is not None) not in dated:
            raise errors.InvalidRequest(
                message="Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for "
                f"{where}"
            )
        _check_expiration_last(given, expiration, where)
    moments = [(each.storage_class or "", each.days if each.days is not None else _day(each.date)) for each in given]
    _check_order(moments, "Transition", "Days" if given[0].days is not None else "Date", where)


def _day(date: datetime | None) -> int:
    return date.toordinal() if date is not None else 0


def _check_expiration_last(given: Sequence[Transition], expiration: Expiration, where: str) -> None:
    name = "Days" if expiration.days is not None else "Date"
    end = expiration.days if expiration.days is not None else _day(expiration.date)
    if any(end <= (each.days if each.days is not None else _day(each.date)) for each in given):
        raise errors.InvalidArgument(
            message=f"'{name}' in the Expiration action for {where} must be greater than '{name}' in the Transition "
            "action"
        )


def _check_days(days: int, storage_class: str | None, action: str, name: str) -> None:
    if days < 0:
        raise errors.InvalidArgument(message=f"'{name}' in {action} action must be nonnegative")
    if storage_class in THIRTY_DAYS_FIRST and days < 30:
        raise errors.InvalidArgument(
            message=f"'{name}' in {action} action must be greater than or equal to 30 for storageClass "
            f"'{storage_class}'"
        )


def _check_classes(classes: Sequence[str | None], action: str, where: str) -> None:
    if len(set(classes)) != len(classes):
        raise errors.InvalidRequest(
            message=f"'StorageClass' must be different for '{action}' actions in same 'Rule' with {where}"
        )


def _check_order(moments: Sequence[tuple[str, int]], action: str, name: str, where: str) -> None:
    """Colder classes come later; thirty days later than the infrequent-access ones."""
    falling = sorted(moments, key=lambda each: TRANSITION_CLASSES.index(each[0]))
    for (warm, first), (cold, second) in pairwise(falling):
        start = f"'{name}' in the '{action}' action with StorageClass '{cold}' for {where} must be"
        end = f"in the '{action}' action with StorageClass '{warm}'"
        if warm in THIRTY_DAYS_FIRST and second < first + 30:
            raise errors.InvalidArgument(message=f"{start} 30 days more than '{where}' {end}")
        if second <= first:
            raise errors.InvalidArgument(message=f"{start} greater than '{name}' {end}")


def _check_noncurrent(rule: LifecycleRule, where: str) -> None:
    moves = rule.noncurrent_version_transitions or []
    for each in moves:
        if each.storage_class not in TRANSITION_CLASSES or each.noncurrent_days is None:
            raise errors.MalformedXML()
        _check_days(each.noncurrent_days, each.storage_class, "NoncurrentVersionTransition", "NoncurrentDays")
        _check_newer(each.newer_noncurrent_versions, "NoncurrentVersionTransition")
    _check_classes([each.storage_class for each in moves], "NoncurrentVersionTransition", where)
    moments = [(each.storage_class or "", each.noncurrent_days or 0) for each in moves]
    _check_order(moments, "NoncurrentVersionTransition", "NoncurrentDays", where)
    end = rule.noncurrent_version_expiration
    if end is None:
        return
    _positive(end.noncurrent_days, "'NoncurrentDays' for NoncurrentVersionExpiration action")
    _check_newer(end.newer_noncurrent_versions, "NoncurrentVersionExpiration")
    if moves and (end.noncurrent_days or 0) <= max(each.noncurrent_days or 0 for each in moves):
        raise errors.InvalidArgument(
            message=f"'NoncurrentDays' in the NoncurrentVersionExpiration action for {where} must be greater than "
            "'NoncurrentDays' in the NoncurrentVersionTransition action"
        )


def _check_newer(count: int | None, action: str) -> None:
    if count is None:
        return
    if count <= 0:
        raise errors.InvalidArgument(
            message=f"'NewerNoncurrentVersions' for {action} action must be a positive integer"
        )
    if count > 100:
        raise errors.InvalidArgument(message=f"'NewerNoncurrentVersions' for {action} action must not exceed 100")


def due_at(since: datetime, days: int) -> datetime:
    """When `days` have passed since a moment, rounded up to midnight UTC.

    Source: User Guide, "Lifecycle configuration elements", "Lifecycle rules based on an object's age".
    """
    end = since + timedelta(days=days)
    midnight = end.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if midnight == end else midnight + timedelta(days=1)
