"""What PutBucketLifecycleConfiguration refuses, in S3's words."""

from datetime import UTC, datetime

import msgspec
import pytest

from groundcloud.services.s3.rules import errors
from groundcloud.services.s3.rules.lifecycle import LifecycleRule, check_lifecycle, due_at

DATE = datetime(2027, 1, 1, tzinfo=UTC)


def rule(**members):
    return msgspec.convert({"status": "Enabled", "filter": {"prefix": "a/"}, **members}, LifecycleRule)


def check(*rules):
    check_lifecycle([rule(**each) for each in rules])


def refused(kind, text, **members):
    with pytest.raises(kind) as raised:
        check(members)
    assert text in raised.value.message


def move(storage_class, **when):
    return {"storage_class": storage_class, **when}


def test_every_documented_form_is_taken():
    check({"expiration": {"days": 1}})
    check({"expiration": {"date": DATE}})
    check({"expiration": {"expired_object_delete_marker": True}})
    check({"filter": None, "prefix": "", "expiration": {"days": 1}})
    check({"filter": {}, "expiration": {"days": 1}})
    check({"filter": {"tag": {"key": "k", "value": ""}}, "expiration": {"days": 1}})
    check({"filter": {"and_": {"prefix": "", "object_size_greater_than": 500}}, "expiration": {"days": 1}})
    check({"transitions": [move("INTELLIGENT_TIERING", days=0)]})
    check({"transitions": [move("STANDARD_IA", days=30), move("GLACIER", days=60)], "expiration": {"days": 61}})
    check({"abort_incomplete_multipart_upload": {"days_after_initiation": 7}})
    check(
        {
            "noncurrent_version_transitions": [{"noncurrent_days": 30, "storage_class": "STANDARD_IA"}],
            "noncurrent_version_expiration": {"noncurrent_days": 60, "newer_noncurrent_versions": 5},
        }
    )


def test_a_configuration_has_one_to_a_thousand_rules():
    check_lifecycle([rule(id=str(n), expiration={"days": 1}) for n in range(1000)])
    for count in (0, 1001):
        with pytest.raises(errors.MalformedXML):
            check_lifecycle([rule(expiration={"days": 1})] * count)


def test_ids_are_unique_and_short():
    with pytest.raises(errors.InvalidArgument, match="Rule ID must be unique"):
        check({"id": "x", "expiration": {"days": 1}}, {"id": "x", "expiration": {"days": 2}})
    refused(errors.InvalidArgument, "limit of 255", id="x" * 256, expiration={"days": 1})


@pytest.mark.parametrize(
    "members",
    [
        {"status": "enabled"},
        {"prefix": "a"},
        {"filter": None},
        {"filter": {"prefix": "a", "tag": {"key": "k", "value": "v"}}},
        {"filter": {"and_": {"prefix": "a"}}},
        {"expiration": {}},
        {"expiration": {"days": 1, "date": DATE}},
        {"transitions": [move("STANDARD", days=30)]},
        {"transitions": [move("GLACIER")]},
        {"transitions": [move("GLACIER", days=1, date=DATE)]},
        {"noncurrent_version_transitions": [{"storage_class": "GLACIER"}]},
        {"noncurrent_version_expiration": {"newer_noncurrent_versions": 3}},
    ],
)
def test_what_the_schema_forbids_is_malformed(members):
    with pytest.raises(errors.MalformedXML):
        check({"expiration": {"days": 1}, **members})


def test_a_rule_needs_an_action():
    refused(errors.InvalidRequest, "At least one action needs to be specified in a rule")


def test_days_are_positive_and_dates_are_midnights():
    refused(errors.InvalidArgument, "'Days' for Expiration action must be a positive integer", expiration={"days": 0})
    at_noon = {"date": DATE.replace(hour=12)}
    refused(errors.InvalidArgument, "'Date' must be at midnight GMT", expiration=at_noon)
    refused(errors.InvalidArgument, "must be nonnegative", transitions=[move("GLACIER", days=-1)])
    text = "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer"
    refused(errors.InvalidArgument, text, abort_incomplete_multipart_upload={"days_after_initiation": 0})
    end = {"noncurrent_days": 1, "newer_noncurrent_versions": 0}
    refused(errors.InvalidArgument, "'NewerNoncurrentVersions' for", noncurrent_version_expiration=end)


def test_infrequent_access_waits_thirty_days():
    text = "'Days' in Transition action must be greater than or equal to 30 for storageClass 'STANDARD_IA'"
    refused(errors.InvalidArgument, text, transitions=[move("STANDARD_IA", days=29)])
    steps = [move("STANDARD_IA", days=30), move("GLACIER", days=45)]
    refused(errors.InvalidArgument, "must be 30 days more than", transitions=steps)


def test_colder_classes_come_later_and_expiration_last():
    steps = [move("GLACIER", days=100), move("DEEP_ARCHIVE", days=90)]
    refused(errors.InvalidArgument, "must be greater than 'Days'", transitions=steps)
    text = (
        "'Days' in the Expiration action for filter '(prefix=a/)' must be greater than 'Days' in the Transition action"
    )
    refused(errors.InvalidArgument, text, transitions=[move("GLACIER", days=10)], expiration={"days": 10})


def test_a_rule_uses_days_or_dates_and_each_class_once():
    steps = [move("GLACIER", days=1), move("DEEP_ARCHIVE", date=DATE)]
    refused(errors.InvalidRequest, "Found mixed 'Date' and 'Days' based Transition actions", transitions=steps)
    text = "Found mixed 'Date' and 'Days' based Expiration and Transition actions"
    refused(errors.InvalidRequest, text, transitions=[move("GLACIER", days=1)], expiration={"date": DATE})
    steps = [move("GLACIER", days=1), move("GLACIER", days=2)]
    refused(errors.InvalidRequest, "'StorageClass' must be different", transitions=steps)


def test_tags_and_sizes_do_not_go_with_markers_and_uploads():
    tag = {"tag": {"key": "k", "value": "v"}}
    abort = {"days_after_initiation": 1}
    text = "AbortIncompleteMultipartUpload cannot be specified with Tags."
    refused(errors.InvalidRequest, text, filter=tag, abort_incomplete_multipart_upload=abort)
    text = "ExpiredObjectDeleteMarker cannot be specified with Tags."
    refused(errors.InvalidRequest, text, filter=tag, expiration={"expired_object_delete_marker": True})
    text = "AbortIncompleteMultipartUpload cannot be specified with Object Size."
    size = {"object_size_greater_than": 1}
    refused(errors.InvalidRequest, text, filter=size, abort_incomplete_multipart_upload=abort)


def test_sizes_leave_room_between_them_and_tag_keys_differ():
    sizes = {"and_": {"object_size_greater_than": 10, "object_size_less_than": 10}}
    refused(errors.InvalidRequest, "'ObjectSizeLessThan' must be greater", filter=sizes, expiration={"days": 1})
    tags = {"and_": {"tags": [{"key": "k", "value": "1"}, {"key": "k", "value": "2"}]}}
    refused(errors.InvalidRequest, "Duplicate Tag Keys", filter=tags, expiration={"days": 1})


def test_days_end_at_the_next_midnight():
    """The User Guide's example: created 1/15/2014 10:30 UTC, 3 days: due on 1/19/2014 00:00 UTC."""
    assert due_at(datetime(2014, 1, 15, 10, 30, tzinfo=UTC), 3) == datetime(2014, 1, 19, tzinfo=UTC)
