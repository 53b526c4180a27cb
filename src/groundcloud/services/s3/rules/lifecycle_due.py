"""What a bucket's life-cycle rules want done with a version or an upload at a moment.

Sources: S3 User Guide, "Lifecycle configuration elements", "Examples of S3 Lifecycle configurations" (conflicts:
permanent deletion before transition before a new delete marker; the earlier expiration; the colder class). It does
nothing itself, and leaves locked versions to Object Lock's rules.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote

import msgspec

from groundcloud.services.s3.rules.lifecycle import TRANSITION_CLASSES, LifecycleRule, Scope, due_at, scope

EXPIRE = "Expire"
"""The current version goes: for good in a bucket without versions, else under a delete marker."""
TRANSITION = "Transition"
DELETE_VERSION = "DeleteVersion"
"""A noncurrent version goes for good."""
REMOVE_DELETE_MARKER = "RemoveDeleteMarker"
"""A delete marker that has no versions left goes."""

_SMALL = 128 * 1024
_DEGREE = {name: degree for degree, name in enumerate(TRANSITION_CLASSES)}
_MAY_FOLLOW_ONEZONE = ("GLACIER", "DEEP_ARCHIVE")
_NO_TAGS: dict[str, str] = {}


class Version(msgspec.Struct, frozen=True):
    """An object's version, or a delete marker, as rules see it."""

    key: str
    last_modified: datetime
    size: int = 0
    tags: Mapping[str, str] = {}
    storage_class: str = "STANDARD"
    is_current: bool = True
    is_delete_marker: bool = False
    is_alone: bool = False
    """Whether the key has no other version."""
    noncurrent_since: datetime | None = None
    newer_noncurrent_versions: int = 0
    """How many noncurrent versions are newer than this one."""


class Action(NamedTuple):
    """What is due, since when, and by which rule."""

    kind: str
    at: datetime
    rule_id: str
    storage_class: str = ""


class LifecycleRules:
    """The enabled rules of a bucket, ready to be asked for many objects."""

    def __init__(
        self,
        rules: Sequence[LifecycleRule],
        *,
        versioning: str | None = None,
        minimum_size: str = "all_storage_classes_128K",
    ) -> None:
        """`versioning`: the bucket's status; `minimum_size`: its TransitionDefaultMinimumObjectSize."""
        self._rules = [(rule, scope(rule)) for rule in rules if rule.status == "Enabled"]
        self._versioned = versioning in ("Enabled", "Suspended")
        self._minimum_size = minimum_size

    def due(self, version: Version, now: datetime) -> Action | None:
        """The one action that is due now, or None."""
        if version.is_delete_marker and version.is_current:
            return self._marker(version, now)
        found = [
            action
            for rule, covered in self._rules
            if _covers(covered, version)
            for action in self._actions(rule, covered, version)
            if action.at <= now
        ]
        return min(found, key=self._precedence) if found else None

    def expiration(self, version: Version) -> Action | None:
        """When a current version will expire and by which rule: what x-amz-expiration tells."""
        found = [
            Action(EXPIRE, at, rule.id or "")
            for rule, covered in self._rules
            if _covers(covered, version) and (at := _expires(rule, version)) is not None
        ]
        return min(found, key=lambda each: each.at) if found and version.is_current else None

    def abort(self, key: str, initiated: datetime) -> Action | None:
        """When a multipart upload will be aborted and by which rule (x-amz-abort-date, x-amz-abort-rule-id)."""
        found = [
            Action(
                "Abort",
                due_at(initiated, rule.abort_incomplete_multipart_upload.days_after_initiation or 0),
                rule.id or "",
            )
            for rule, covered in self._rules
            if rule.abort_incomplete_multipart_upload is not None and key.startswith(covered.prefix)
        ]
        return min(found, key=lambda each: each.at) if found else None

    def _precedence(self, action: Action) -> tuple[int, int, datetime]:
        permanent = action.kind == DELETE_VERSION or (action.kind == EXPIRE and not self._versioned)
        rank = 0 if permanent else 1 if action.kind == TRANSITION else 2
        return rank, -_DEGREE.get(action.storage_class, 0), action.at

    def _marker(self, version: Version, now: datetime) -> Action | None:
        """An expired delete marker goes by its own rule, or when a rule's Days or Date have come for it."""
        if not version.is_alone:
            return None
        for rule, covered in self._rules:
            given = rule.expiration
            if given is None or covered.tags or covered.has_size or not version.key.startswith(covered.prefix):
                continue
            at = version.last_modified if given.expired_object_delete_marker else _expires(rule, version)
            if at is not None and at <= now:
                return Action(REMOVE_DELETE_MARKER, at, rule.id or "")
        return None

    def _actions(self, rule: LifecycleRule, covered: Scope, version: Version) -> list[Action]:
        name = rule.id or ""
        if version.is_current:
            at = _expires(rule, version)
            found = [] if at is None else [Action(EXPIRE, at, name)]
            for each in rule.transitions or ():
                when = each.date if each.days is None else due_at(version.last_modified, each.days)
                if when is not None and self._may_go(version, each.storage_class or "", covered):
                    found.append(Action(TRANSITION, when, name, each.storage_class or ""))
            return found
        since = version.noncurrent_since or version.last_modified
        found = []
        end = rule.noncurrent_version_expiration
        if end is not None and version.newer_noncurrent_versions >= (end.newer_noncurrent_versions or 0):
            found.append(Action(DELETE_VERSION, due_at(since, end.noncurrent_days or 0), name))
        for move in rule.noncurrent_version_transitions or ():
            enough = version.newer_noncurrent_versions >= (move.newer_noncurrent_versions or 0)
            if enough and self._may_go(version, move.storage_class or "", covered):
                when = due_at(since, move.noncurrent_days or 0)
                found.append(Action(TRANSITION, when, name, move.storage_class or ""))
        return found

    def _may_go(self, version: Version, target: str, covered: Scope) -> bool:
        """Whether a version may get this class: colder than its own; small versions stay unless a filter has sizes."""
        if version.is_delete_marker or _DEGREE.get(version.storage_class, -1) >= _DEGREE[target]:
            return False
        if version.storage_class == "ONEZONE_IA" and target not in _MAY_FOLLOW_ONEZONE:
            return False
        if version.size >= _SMALL or covered.has_size:
            return True
        return self._minimum_size == "varies_by_storage_class" and target in ("GLACIER", "DEEP_ARCHIVE")


def _covers(covered: Scope, version: Version) -> bool:
    if not version.key.startswith(covered.prefix):
        return False
    if covered.tags and not all(version.tags.get(key) == value for key, value in covered.tags):
        return False
    if covered.larger_than is not None and version.size <= covered.larger_than:
        return False
    return covered.smaller_than is None or version.size < covered.smaller_than


def _expires(rule: LifecycleRule, version: Version) -> datetime | None:
    given = rule.expiration
    if given is None:
        return None
    return given.date if given.days is None else due_at(version.last_modified, given.days)


def expiration_header(action: Action) -> str:
    """The text of x-amz-expiration: `expiry-date="Fri, 21 Dec 2012 00:00:00 GMT", rule-id="..."`, id encoded."""
    return f'expiry-date="{http_date(action.at)}", rule-id="{quote(action.rule_id, safe="")}"'


def http_date(moment: datetime) -> str:
    """RFC 9110's date, whatever the locale."""
    day = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[moment.weekday()]
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[moment.month - 1]
    return f"{day}, {moment.day:02} {month} {moment.year} {moment:%H:%M:%S} GMT"
