"""Replication: what PutBucketReplication refuses, and which rules an object falls under.

Sources: S3 User Guide, "Replicating objects within and across Regions", "Replication configuration file elements",
"What does Amazon S3 replicate?"; API Reference, PutBucketReplication. It copies nothing.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import msgspec

from groundcloud.services.s3.rules import errors
from groundcloud.store import Part

MAX_RULES = 1000
PENDING, COMPLETED, FAILED, REPLICA = "PENDING", "COMPLETED", "FAILED", "REPLICA"

_BUCKET = re.compile(r"arn:aws[a-z-]*:s3:::([a-zA-Z0-9._-]{3,255})", re.ASCII)
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+", re.ASCII)
_STATUSES = ("Enabled", "Disabled")
_STORAGE_CLASSES = frozenset(
    (
        "STANDARD",
        "REDUCED_REDUNDANCY",
        "STANDARD_IA",
        "ONEZONE_IA",
        "INTELLIGENT_TIERING",
        "GLACIER",
        "DEEP_ARCHIVE",
        "GLACIER_IR",
    )
)
_SCHEMA = (
    "for this version of Cross Region Replication configuration schema. Please refer to S3 Developer Guide for more "
    "information."
)


class Tag(Part):
    key: str
    value: str = ""


class And(Part):
    prefix: str | None = None
    tags: list[Tag] | None = None


class Filter(Part):
    prefix: str | None = None
    tag: Tag | None = None
    and_: And | None = None


class Switch(Part):
    """The many elements that hold a Status of Enabled or Disabled."""

    status: str | None = None


class SourceSelectionCriteria(Part):
    sse_kms_encrypted_objects: Switch | None = None
    replica_modifications: Switch | None = None


class AccessControlTranslation(Part):
    owner: str


class EncryptionConfiguration(Part):
    replica_kms_key_id: str | None = None


class ReplicationTimeValue(Part):
    minutes: int | None = None


class ReplicationTime(Part):
    status: str
    time: ReplicationTimeValue


class Metrics(Part):
    status: str
    event_threshold: ReplicationTimeValue | None = None


class Destination(Part):
    bucket: str
    account: str | None = None
    storage_class: str | None = None
    access_control_translation: AccessControlTranslation | None = None
    encryption_configuration: EncryptionConfiguration | None = None
    replication_time: ReplicationTime | None = None
    metrics: Metrics | None = None

    @property
    def bucket_name(self) -> str:
        """The bucket behind the ARN."""
        return self.bucket.rpartition(":")[2]


class ReplicationRule(Part):
    status: str
    destination: Destination
    id: str | None = None
    priority: int | None = None
    prefix: str | None = None
    """The form before `filter` (version 1 of the schema)."""
    filter: Filter | None = None
    source_selection_criteria: SourceSelectionCriteria | None = None
    existing_object_replication: Switch | None = None
    delete_marker_replication: Switch | None = None

    @property
    def key_prefix(self) -> str:
        part = self.filter.and_ or self.filter if self.filter is not None else self
        return part.prefix or ""

    @property
    def tags(self) -> list[Tag]:
        if self.filter is None:
            return []
        if self.filter.and_ is not None:
            return self.filter.and_.tags or []
        return [self.filter.tag] if self.filter.tag is not None else []


class ReplicationConfiguration(Part):
    role: str
    rules: list[ReplicationRule]


def check_replication(given: ReplicationConfiguration, versioning: str | None) -> None:
    """Raises `InvalidRequest`, `InvalidArgument` or `MalformedXML` for a configuration that S3 refuses."""
    if versioning != "Enabled":
        raise errors.InvalidRequest(
            message="Versioning must be 'Enabled' on the bucket to apply a replication configuration"
        )
    if not 1 <= len(given.rules) <= MAX_RULES:
        raise errors.MalformedXML()
    if _ROLE.fullmatch(given.role) is None:
        raise errors.InvalidArgument(message="Invalid role ARN", argument_name="Role", argument_value=given.role)
    for rule in given.rules:
        _check_rule(rule)
        _check_destination(rule)
    _check_together(given.rules)


def _check_rule(rule: ReplicationRule) -> None:
    switches = (rule.existing_object_replication, rule.delete_marker_replication)
    if rule.status not in _STATUSES or not all(each is None or each.status in _STATUSES for each in switches):
        raise errors.MalformedXML()
    if rule.id is not None and len(rule.id) > 255:
        raise errors.InvalidArgument(message="ID length should not exceed allowed limit of 255")
    if rule.filter is None:
        if rule.prefix is None or rule.priority is not None:
            raise errors.MalformedXML()
        return
    parts = (rule.prefix, rule.filter.prefix, rule.filter.tag, rule.filter.and_)
    if sum(part is not None for part in parts) > 1 or rule.prefix is not None:
        raise errors.MalformedXML()
    if rule.priority is None:
        raise errors.InvalidRequest(message=f"Priority must be specified {_SCHEMA}")
    if rule.delete_marker_replication is None:
        raise errors.InvalidRequest(message=f"DeleteMarkerReplication must be specified {_SCHEMA}")
    if rule.tags and _on(rule.delete_marker_replication):
        raise errors.InvalidRequest(
            message="Delete marker replication is not supported if any Tag filter is specified. Please refer to S3 "
            "Developer Guide for more information."
        )


def _check_destination(rule: ReplicationRule) -> None:
    to = rule.destination
    if _BUCKET.fullmatch(to.bucket) is None:
        raise errors.InvalidArgument(message="Invalid bucket ARN", argument_name="Bucket", argument_value=to.bucket)
    if to.storage_class is not None and to.storage_class not in _STORAGE_CLASSES:
        raise errors.MalformedXML()
    translation = to.access_control_translation
    if translation is not None and (translation.owner != "Destination" or not to.account):
        raise errors.MalformedXML()
    timed = to.replication_time is not None and to.replication_time.status == "Enabled"
    if timed and (to.metrics is None or to.metrics.status != "Enabled" or rule.filter is None):
        raise errors.InvalidRequest(message="ReplicationTime requires Metrics and the current configuration schema.")
    criteria = rule.source_selection_criteria
    encrypted = _on(criteria.sse_kms_encrypted_objects) if criteria is not None else False
    has_key = to.encryption_configuration is not None and bool(to.encryption_configuration.replica_kms_key_id)
    if encrypted and not has_key:
        raise errors.InvalidRequest(
            message="ReplicaKmsKeyID must be specified if SseKmsEncryptedObjects tag is present."
        )
    if has_key and not encrypted:
        raise errors.InvalidRequest(
            message="SseKmsEncryptedObjects must be specified if EncryptionConfiguration is present."
        )


def _check_together(rules: Sequence[ReplicationRule]) -> None:
    ids = [rule.id for rule in rules if rule.id]
    if len(ids) != len(set(ids)):
        raise errors.InvalidArgument(message="Rule ID must be unique. Found same ID for more than one rule")
    if len({rule.filter is None for rule in rules}) > 1:
        raise errors.MalformedXML()
    priorities = [rule.priority for rule in rules if rule.priority is not None]
    if len(priorities) != len(set(priorities)):
        raise errors.InvalidRequest(message="Found duplicate priorities. Priority must be unique for each rule.")
    prefixes = sorted(rule.key_prefix for rule in rules if rule.filter is None)
    for first, second in pairwise(prefixes):
        if second.startswith(first):
            raise errors.InvalidRequest(message=f"Found overlapping prefixes '{first}' and '{second}'")


def _on(switch: Switch | None) -> bool:
    return switch is not None and switch.status == "Enabled"


class Candidate(msgspec.Struct, frozen=True):
    """A version as rules see it.

    `is_replica`: it came by replication itself. `metadata_change`: tags, ACL or lock of it were changed, it is not
    new. `is_old`: it was there before the rule. `by_lifecycle`: a delete marker that a life-cycle rule made.
    """

    key: str
    tags: Mapping[str, str] = {}
    is_delete_marker: bool = False
    is_replica: bool = False
    metadata_change: bool = False
    is_old: bool = False
    by_lifecycle: bool = False
    kms_encrypted: bool = False


def rules_for(rules: Iterable[ReplicationRule], version: Candidate) -> list[ReplicationRule]:
    """The rules by which a version is replicated: for each destination the one of highest priority."""
    best: dict[str, ReplicationRule] = {}
    for rule in rules:
        if rule.status == "Enabled" and _covers(rule, version) and _takes(rule, version):
            known = best.get(rule.destination.bucket)
            if known is None or (rule.priority or 0) > (known.priority or 0):
                best[rule.destination.bucket] = rule
    return list(best.values())


def _covers(rule: ReplicationRule, version: Candidate) -> bool:
    return version.key.startswith(rule.key_prefix) and all(version.tags.get(tag.key) == tag.value for tag in rule.tags)


def _takes(rule: ReplicationRule, version: Candidate) -> bool:
    criteria = rule.source_selection_criteria
    if version.is_replica:
        modifications = criteria.replica_modifications if criteria is not None else None
        if not (version.metadata_change and _on(modifications)):
            return False
    if version.is_old and not _on(rule.existing_object_replication):
        return False
    if version.is_delete_marker:
        # Rules with a bare Prefix are of the first schema, which replicates what users delete.
        return not version.by_lifecycle and (rule.filter is None or _on(rule.delete_marker_replication))
    return not version.kms_encrypted or (criteria is not None and _on(criteria.sse_kms_encrypted_objects))


def combined(statuses: Sequence[str]) -> str | None:
    """The x-amz-replication-status of an object with several destinations: COMPLETED when all are, FAILED if one is."""
    if not statuses:
        return None
    if FAILED in statuses:
        return FAILED
    return COMPLETED if all(status == COMPLETED for status in statuses) else PENDING
