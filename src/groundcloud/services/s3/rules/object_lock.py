"""Object Lock: default retention, retention and legal hold of versions, and what they refuse.

Sources: S3 User Guide, "Locking objects with Object Lock" and "Object Lock considerations"; API Reference,
PutObjectLockConfiguration, PutObjectRetention, PutObjectLegalHold.
"""

from datetime import datetime, timedelta

from groundcloud.services.s3.rules import errors
from groundcloud.store import Part

GOVERNANCE = "GOVERNANCE"
COMPLIANCE = "COMPLIANCE"
MAX_DAYS = 36_500
MAX_YEARS = 100
PROTECTED = "Access Denied because object protected by object lock."


class DefaultRetention(Part):
    mode: str | None = None
    days: int | None = None
    years: int | None = None


class ObjectLockRule(Part):
    default_retention: DefaultRetention | None = None


class ObjectLockConfiguration(Part):
    object_lock_enabled: str | None = None
    rule: ObjectLockRule | None = None


class Retention(Part):
    """ObjectLockRetention: both fields, or neither (which takes a retention away)."""

    mode: str | None = None
    retain_until_date: datetime | None = None


class LegalHold(Part):
    status: str | None = None


NO_RETENTION = Retention()


def check_configuration(given: ObjectLockConfiguration, versioning: str | None) -> None:
    """Raises `InvalidBucketState` without versioning, `MalformedXML`, or `InvalidArgument` for a wrong period."""
    if versioning != "Enabled":
        raise errors.InvalidBucketState(
            message="Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
        )
    if given.object_lock_enabled != "Enabled":
        raise errors.MalformedXML()
    if given.rule is None:
        return
    period = given.rule.default_retention
    if period is None or period.mode not in (GOVERNANCE, COMPLIANCE) or (period.days is None) == (period.years is None):
        raise errors.MalformedXML()
    unit, length, most = (
        ("Days", period.days, MAX_DAYS) if period.days is not None else ("Years", period.years or 0, MAX_YEARS)
    )
    argument = {"argument_name": unit, "argument_value": length}
    if length <= 0:
        raise errors.InvalidArgument(message="Default retention period must be a positive integer value.", **argument)
    if length > most:
        raise errors.InvalidArgument(message="Default retention period too large.", **argument)


def check_versioning(status: str, locked: bool) -> None:
    """Raises `InvalidBucketState` for suspending the versions of a bucket with Object Lock."""
    if locked and status != "Enabled":
        raise errors.InvalidBucketState(
            message="An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
        )


def default_retention(given: ObjectLockConfiguration | None, now: datetime) -> Retention:
    """The retention that a new version gets where its upload names none."""
    period = given.rule.default_retention if given is not None and given.rule is not None else None
    if period is None:
        return NO_RETENTION
    until = now + timedelta(days=period.days) if period.days is not None else _years_later(now, period.years or 0)
    return Retention(period.mode, until)


def _years_later(now: datetime, years: int) -> datetime:
    try:
        return now.replace(year=now.year + years)
    except ValueError:  # 29 February
        return now.replace(year=now.year + years, day=28)


def check_upload(
    mode: str | None, retain_until_date: datetime | None, legal_hold: str | None, *, locked: bool, now: datetime
) -> None:
    """Judges the x-amz-object-lock-* headers of an upload or copy.

    `locked` says whether the bucket has Object Lock. Raises `InvalidRequest` or `InvalidArgument`.
    """
    if mode is None and retain_until_date is None and legal_hold is None:
        return
    check_bucket(locked)
    if (mode is None) != (retain_until_date is None):
        raise errors.InvalidArgument(
            message="x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
            argument_name="x-amz-object-lock-mode" if mode is None else "x-amz-object-lock-retain-until-date",
            argument_value="null",
        )
    if mode is not None and mode not in (GOVERNANCE, COMPLIANCE):
        raise errors.InvalidArgument(
            message="Unknown wormMode directive.", argument_name="x-amz-object-lock-mode", argument_value=mode
        )
    if legal_hold is not None and legal_hold not in ("ON", "OFF"):
        raise errors.InvalidArgument(
            message="Legal Hold must be either of 'ON' or 'OFF'",
            argument_name="x-amz-object-lock-legal-hold",
            argument_value=legal_hold,
        )
    if retain_until_date is not None and retain_until_date <= now:
        raise _in_the_past(retain_until_date, "x-amz-object-lock-retain-until-date")


def check_bucket(locked: bool) -> None:
    """Raises `InvalidRequest` for a bucket without Object Lock."""
    if not locked:
        raise errors.InvalidRequest(message="Bucket is missing Object Lock Configuration")


def _in_the_past(until: datetime, name: str) -> errors.InvalidArgument:
    return errors.InvalidArgument(
        message="The retain until date must be in the future!", argument_name=name, argument_value=str(until)
    )


def check_legal_hold(given: LegalHold, *, locked: bool) -> None:
    """Raises `InvalidRequest` for a bucket without Object Lock, `MalformedXML` for a status that is none."""
    check_bucket(locked)
    if given.status not in ("ON", "OFF"):
        raise errors.MalformedXML()


def check_retention(current: Retention, given: Retention, *, bypass: bool, locked: bool, now: datetime) -> None:
    """Judges PutObjectRetention on a version.

    `bypass`: x-amz-bypass-governance-retention came and the caller has s3:BypassGovernanceRetention. A retention may
    always be lengthened in its mode; governance may be shortened, changed or taken away with the bypass only, and
    compliance never. Raises `AccessDenied`, `MalformedXML`, `InvalidArgument` or `InvalidRequest`.
    """
    check_bucket(locked)
    if (given.mode is None) != (given.retain_until_date is None) or given.mode not in (None, GOVERNANCE, COMPLIANCE):
        raise errors.MalformedXML()
    if given.retain_until_date is not None and given.retain_until_date <= now:
        raise _in_the_past(given.retain_until_date, "RetainUntilDate")
    if not is_retained(current, now) or _lengthens(current, given):
        return
    if current.mode == COMPLIANCE or not bypass:
        raise errors.AccessDeniedBecause(message=PROTECTED)


def _lengthens(current: Retention, given: Retention) -> bool:
    if given.retain_until_date is None or current.retain_until_date is None:
        return False
    return given.mode == current.mode and given.retain_until_date >= current.retain_until_date


def is_retained(current: Retention, now: datetime) -> bool:
    """Whether the retention of a version still runs."""
    return current.mode is not None and current.retain_until_date is not None and current.retain_until_date > now


def check_delete(current: Retention, legal_hold: str | None, *, bypass: bool, now: datetime) -> None:
    """Raises `AccessDenied` for removing a version that is protected; delete markers may always be put on top."""
    held = legal_hold == "ON"
    retained = is_retained(current, now) and (current.mode == COMPLIANCE or not bypass)
    if held or retained:
        raise errors.AccessDeniedBecause(message=PROTECTED)


def remaining_days(until: datetime, now: datetime) -> int:
    """What the condition key s3:object-lock-remaining-retention-days shows: days, begun ones counted."""
    return max(0, -((now - until) // timedelta(days=1)))
