"""What is due: ages, filters, versions, and the User Guide's order where rules disagree."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from groundcloud.services.s3.rules import lifecycle_due as due
from groundcloud.services.s3.rules.lifecycle import LifecycleRule
from groundcloud.services.s3.rules.lifecycle_due import LifecycleRules, Version, expiration_header

MADE = datetime(2014, 1, 15, 10, 30, tzinfo=UTC)
BIG = 1 << 20


def rules(*given, **options):
    whole = [{"status": "Enabled", "filter": {}, "id": f"r{n}", **each} for n, each in enumerate(given)]
    return LifecycleRules(msgspec.convert(whole, list[LifecycleRule]), **options)


def after(days):
    return MADE.replace(hour=0, minute=0) + timedelta(days=days + 1)


def kind(found):
    return found and (found.kind, found.storage_class, found.rule_id)


def version(**members):
    return Version(**{"key": "a/b", "last_modified": MADE, "size": BIG, **members})


def test_an_object_expires_when_its_days_have_passed_and_not_before():
    given = rules({"expiration": {"days": 3}})
    assert given.due(version(), after(3) - timedelta(seconds=1)) is None
    assert kind(given.due(version(), after(3))) == ("Expire", "", "r0")


def test_a_date_expires_whatever_its_age():
    given = rules({"expiration": {"date": datetime(2014, 2, 1, tzinfo=UTC)}})
    assert given.due(version(), datetime(2014, 1, 31, 23, tzinfo=UTC)) is None
    assert kind(given.due(version(), datetime(2014, 2, 1, tzinfo=UTC))) == ("Expire", "", "r0")


def test_disabled_rules_do_nothing():
    assert rules({"status": "Disabled", "expiration": {"days": 1}}).due(version(), after(9)) is None


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        ({"prefix": "a/"}, True),
        ({"prefix": "b/"}, False),
        ({"tag": {"key": "k", "value": "v"}}, True),
        ({"tag": {"key": "k", "value": "w"}}, False),
        ({"object_size_greater_than": BIG - 1}, True),
        ({"object_size_greater_than": BIG}, False),
        ({"object_size_less_than": BIG + 1}, True),
        ({"object_size_less_than": BIG}, False),
        ({"and_": {"prefix": "a/", "tags": [{"key": "k", "value": "v"}]}}, True),
        ({"and_": {"prefix": "a/", "tags": [{"key": "k", "value": "v"}, {"key": "l", "value": ""}]}}, False),
    ],
)
def test_filters_choose_by_prefix_tags_and_size(scope, covered):
    given = rules({"filter": scope, "expiration": {"days": 1}})
    assert (given.due(version(tags={"k": "v"}), after(1)) is not None) is covered


def test_the_old_prefix_counts():
    given = rules({"filter": None, "prefix": "z", "expiration": {"days": 1}})
    assert given.due(version(), after(1)) is None
    assert given.due(version(key="z1"), after(1)) is not None


def test_a_transition_goes_to_the_coldest_class_that_is_due():
    steps = [{"days": 30, "storage_class": "STANDARD_IA"}, {"days": 60, "storage_class": "GLACIER"}]
    given = rules({"transitions": steps})
    assert kind(given.due(version(), after(30))) == ("Transition", "STANDARD_IA", "r0")
    assert kind(given.due(version(), after(60))) == ("Transition", "GLACIER", "r0")
    assert given.due(version(storage_class="STANDARD_IA"), after(30)) is None
    assert given.due(version(storage_class="DEEP_ARCHIVE"), after(60)) is None


def test_permanent_deletion_goes_before_transition_and_transition_before_a_delete_marker():
    both = ({"expiration": {"days": 10}}, {"transitions": [{"days": 10, "storage_class": "GLACIER"}]})
    assert kind(rules(*both).due(version(), after(10))) == ("Expire", "", "r0")
    assert kind(rules(*both, versioning="Enabled").due(version(), after(10))) == ("Transition", "GLACIER", "r1")


def test_small_objects_stay_unless_a_filter_says_otherwise():
    step = {"transitions": [{"days": 0, "storage_class": "GLACIER"}]}
    small = version(size=1000)
    assert rules(step).due(small, after(0)) is None
    assert rules(step, minimum_size="varies_by_storage_class").due(small, after(0)) is not None
    assert rules({**step, "filter": {"object_size_greater_than": 500}}).due(small, after(0)) is not None
    warm = {"transitions": [{"days": 0, "storage_class": "GLACIER_IR"}]}
    assert rules(warm, minimum_size="varies_by_storage_class").due(small, after(0)) is None


def test_noncurrent_versions_count_from_when_they_were_replaced():
    given = rules({"noncurrent_version_expiration": {"noncurrent_days": 3}}, versioning="Enabled")
    old = version(is_current=False, noncurrent_since=MADE + timedelta(days=10))
    assert given.due(old, after(12)) is None
    assert kind(given.due(old, after(13))) == ("DeleteVersion", "", "r0")
    assert given.due(version(), after(99)) is None


def test_the_newest_noncurrent_versions_are_kept():
    end = {"noncurrent_days": 1, "newer_noncurrent_versions": 2}
    given = rules({"noncurrent_version_expiration": end}, versioning="Enabled")
    kept = [given.due(version(is_current=False, newer_noncurrent_versions=n), after(5)) is None for n in range(4)]
    assert kept == [True, True, False, False]


def test_noncurrent_versions_move_to_colder_classes():
    move = {"noncurrent_days": 30, "storage_class": "STANDARD_IA"}
    given = rules({"noncurrent_version_transitions": [move]}, versioning="Enabled")
    assert kind(given.due(version(is_current=False), after(30))) == ("Transition", "STANDARD_IA", "r0")
    assert given.due(version(is_current=False, is_delete_marker=True), after(30)) is None


def test_a_delete_marker_alone_is_removed():
    marker = version(is_delete_marker=True, size=0, is_alone=True)
    by_flag = rules({"expiration": {"expired_object_delete_marker": True}}, versioning="Enabled")
    assert kind(by_flag.due(marker, MADE)) == ("RemoveDeleteMarker", "", "r0")
    assert by_flag.due(version(is_delete_marker=True), MADE) is None
    assert by_flag.due(version(), after(99)) is None
    by_days = rules({"expiration": {"days": 5}}, versioning="Enabled")
    assert by_days.due(marker, after(4)) is None
    assert kind(by_days.due(marker, after(5))) == ("RemoveDeleteMarker", "", "r0")


def test_uploads_are_aborted_by_prefix_and_the_earliest_rule():
    abort = "abort_incomplete_multipart_upload"
    given = rules(
        {abort: {"days_after_initiation": 7}}, {abort: {"days_after_initiation": 1}, "filter": {"prefix": "x"}}
    )
    assert given.abort("a", MADE) == ("Abort", after(7), "r0", "")
    assert given.abort("x", MADE) == ("Abort", after(1), "r1", "")
    assert rules({"expiration": {"days": 1}}).abort("a", MADE) is None


def test_the_expiration_header_names_the_earliest_rule():
    given = rules({"expiration": {"days": 9}}, {"expiration": {"days": 3}, "id": "a rule/é"})
    found = given.expiration(version())
    assert expiration_header(found) == 'expiry-date="Sun, 19 Jan 2014 00:00:00 GMT", rule-id="a%20rule%2F%C3%A9"'
    assert given.expiration(version(is_current=False)) is None
    assert found.kind == due.EXPIRE
