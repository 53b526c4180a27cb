"""Object Lock: the table of the User Guide, mode by mode."""

from datetime import UTC, datetime, timedelta

import pytest

from groundcloud.services.s3.rules import errors
from groundcloud.services.s3.rules import object_lock as lock
from groundcloud.services.s3.rules.object_lock import (
    COMPLIANCE,
    GOVERNANCE,
    DefaultRetention,
    LegalHold,
    ObjectLockConfiguration,
    ObjectLockRule,
    Retention,
)

NOW = datetime(2024, 2, 29, 12, tzinfo=UTC)
SOON, LATER = NOW + timedelta(days=10), NOW + timedelta(days=20)


def configuration(**period):
    return ObjectLockConfiguration("Enabled", ObjectLockRule(DefaultRetention(**period)))


def put(current, given, bypass=False):
    lock.check_retention(current, given, bypass=bypass, locked=True, now=NOW)


def test_default_retention_counts_days_and_calendar_years():
    assert lock.default_retention(configuration(mode=GOVERNANCE, days=10), NOW) == Retention(GOVERNANCE, SOON)
    year = lock.default_retention(configuration(mode=COMPLIANCE, years=1), NOW)
    assert year == Retention(COMPLIANCE, datetime(2025, 2, 28, 12, tzinfo=UTC))
    assert lock.default_retention(ObjectLockConfiguration("Enabled"), NOW) == Retention()
    assert lock.default_retention(None, NOW) == Retention()


def test_a_configuration_names_a_mode_and_one_period():
    lock.check_configuration(configuration(mode=GOVERNANCE, days=1), "Enabled")
    lock.check_configuration(ObjectLockConfiguration("Enabled"), "Enabled")
    for wrong in (
        configuration(mode=GOVERNANCE),
        configuration(days=1),
        configuration(mode=GOVERNANCE, days=1, years=1),
        configuration(mode="FOREVER", days=1),
        ObjectLockConfiguration(),
        ObjectLockConfiguration("Enabled", ObjectLockRule()),
    ):
        with pytest.raises(errors.MalformedXML):
            lock.check_configuration(wrong, "Enabled")
    for period in ({"days": 0}, {"years": -1}):
        with pytest.raises(errors.InvalidArgument, match="must be a positive integer"):
            lock.check_configuration(configuration(mode=GOVERNANCE, **period), "Enabled")
    for period in ({"days": 36_501}, {"years": 101}):
        with pytest.raises(errors.InvalidArgument, match="too large"):
            lock.check_configuration(configuration(mode=GOVERNANCE, **period), "Enabled")


def test_object_lock_and_versioning_belong_together():
    with pytest.raises(errors.InvalidBucketState, match="Versioning must be 'Enabled'"):
        lock.check_configuration(ObjectLockConfiguration("Enabled"), None)
    lock.check_versioning("Suspended", locked=False)
    with pytest.raises(errors.InvalidBucketState, match="versioning state cannot be changed") as refused:
        lock.check_versioning("Suspended", locked=True)
    assert refused.value.status == 409


def test_an_upload_brings_mode_and_date_together():
    def upload(mode=None, until=None, hold=None, locked=True):
        lock.check_upload(mode, until, hold, locked=locked, now=NOW)

    upload(locked=False)
    upload(GOVERNANCE, SOON, "ON")
    with pytest.raises(errors.InvalidArgument, match="must both be supplied"):
        upload(GOVERNANCE)
    with pytest.raises(errors.InvalidArgument, match="Unknown wormMode"):
        upload("governance", SOON)
    with pytest.raises(errors.InvalidArgument, match="must be in the future"):
        upload(GOVERNANCE, NOW)
    with pytest.raises(errors.InvalidArgument, match="Legal Hold"):
        upload(hold="MAYBE")
    with pytest.raises(errors.InvalidRequest, match="missing Object Lock Configuration"):
        upload(hold="ON", locked=False)


@pytest.mark.parametrize("mode", [GOVERNANCE, COMPLIANCE])
def test_a_retention_may_be_lengthened(mode):
    put(Retention(), Retention(mode, SOON))
    put(Retention(mode, SOON), Retention(mode, SOON))
    put(Retention(mode, SOON), Retention(mode, LATER))
    put(Retention(mode, NOW - timedelta(1)), Retention())


@pytest.mark.parametrize("given", [Retention(GOVERNANCE, SOON), Retention(COMPLIANCE, LATER), Retention()])
def test_governance_is_loosened_with_the_bypass_only(given):
    with pytest.raises(errors.AccessDeniedBecause, match="protected by object lock"):
        put(Retention(GOVERNANCE, LATER), given)
    put(Retention(GOVERNANCE, LATER), given, bypass=True)


@pytest.mark.parametrize("given", [Retention(COMPLIANCE, SOON), Retention(GOVERNANCE, LATER), Retention()])
def test_compliance_is_never_loosened(given):
    with pytest.raises(errors.AccessDeniedBecause):
        put(Retention(COMPLIANCE, LATER), given, bypass=True)


def test_a_retention_has_both_fields_and_a_date_to_come():
    with pytest.raises(errors.MalformedXML):
        put(Retention(), Retention(GOVERNANCE))
    with pytest.raises(errors.MalformedXML):
        put(Retention(), Retention("X", SOON))
    with pytest.raises(errors.InvalidArgument, match="must be in the future"):
        put(Retention(), Retention(GOVERNANCE, NOW))


def test_a_protected_version_is_not_deleted():
    def delete(current=Retention(), hold=None, bypass=False):
        lock.check_delete(current, hold, bypass=bypass, now=NOW)

    delete()
    delete(Retention(COMPLIANCE, NOW), "OFF")
    delete(Retention(GOVERNANCE, SOON), bypass=True)
    for refused in (
        {"current": Retention(GOVERNANCE, SOON)},
        {"current": Retention(COMPLIANCE, SOON), "bypass": True},
        {"hold": "ON", "bypass": True},
    ):
        with pytest.raises(errors.AccessDeniedBecause):
            delete(**refused)


def test_a_legal_hold_is_on_or_off():
    lock.check_legal_hold(LegalHold("ON"), locked=True)
    with pytest.raises(errors.MalformedXML):
        lock.check_legal_hold(LegalHold("on"), locked=True)
    with pytest.raises(errors.InvalidRequest):
        lock.check_legal_hold(LegalHold("ON"), locked=False)


def test_remaining_days_count_begun_ones():
    assert lock.remaining_days(SOON, NOW) == 10
    assert lock.remaining_days(NOW + timedelta(hours=1), NOW) == 1
    assert lock.remaining_days(NOW, NOW) == 0
    assert lock.remaining_days(NOW - timedelta(days=3), NOW) == 0
