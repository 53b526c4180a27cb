"""Replication: the schema's two versions, and "What does Amazon S3 replicate?"."""

import msgspec
import pytest

from groundcloud.services.s3.rules import errors, replication
from groundcloud.services.s3.rules.replication import Candidate, ReplicationConfiguration, ReplicationRule, rules_for

ROLE = "arn:aws:iam::111122223333:role/replication"
TO = {"bucket": "arn:aws:s3:::destination"}
NEW = {"filter": {}, "priority": 1, "delete_marker_replication": {"status": "Disabled"}}


def rule(**members):
    return msgspec.convert({"status": "Enabled", "destination": TO, **members}, ReplicationRule)


def check(*rules, role=ROLE, versioning="Enabled"):
    replication.check_replication(ReplicationConfiguration(role, [rule(**each) for each in rules]), versioning)


def names(rules, version):
    return [found.id for found in rules_for(rules, version)]


def test_both_versions_of_the_schema_are_taken():
    check({"prefix": ""})
    check({"prefix": "a/"}, {"prefix": "b/"})
    check(NEW, {**NEW, "priority": 2, "filter": {"and_": {"prefix": "a", "tags": [{"key": "k", "value": "v"}]}}})


@pytest.mark.parametrize(
    ("members", "error", "text"),
    [
        (
            {"filter": {}, "delete_marker_replication": {"status": "Disabled"}},
            errors.InvalidRequest,
            "Priority must be",
        ),
        ({"filter": {}, "priority": 1}, errors.InvalidRequest, "DeleteMarkerReplication must be specified"),
        (
            {"filter": {"tag": {"key": "k", "value": "v"}}, "delete_marker_replication": {"status": "Enabled"}},
            errors.InvalidRequest,
            "not supported if any Tag filter",
        ),
        ({"destination": {"bucket": "destination"}}, errors.InvalidArgument, "Invalid bucket ARN"),
        ({"id": "x" * 256}, errors.InvalidArgument, "limit of 255"),
        (
            {"source_selection_criteria": {"sse_kms_encrypted_objects": {"status": "Enabled"}}},
            errors.InvalidRequest,
            "ReplicaKmsKeyID must be specified",
        ),
        (
            {"destination": {**TO, "encryption_configuration": {"replica_kms_key_id": "k"}}},
            errors.InvalidRequest,
            "SseKmsEncryptedObjects must be specified",
        ),
        (
            {"destination": {**TO, "replication_time": {"status": "Enabled", "time": {"minutes": 15}}}},
            errors.InvalidRequest,
            "requires Metrics",
        ),
    ],
)
def test_a_rule_against_a_rule_is_refused(members, error, text):
    base = {} if "filter" in members and "tag" not in members["filter"] else NEW
    with pytest.raises(error) as refused:
        check({**base, **members})
    assert text in refused.value.message


@pytest.mark.parametrize(
    "members",
    [
        {"status": "On"},
        {"filter": None, "priority": None},
        {"prefix": "a"},
        {"filter": {"prefix": "a", "tag": {"key": "k", "value": "v"}}},
        {"destination": {**TO, "storage_class": "COLD"}},
        {"destination": {**TO, "access_control_translation": {"owner": "Destination"}}},
        {"delete_marker_replication": {"status": "Maybe"}},
    ],
)
def test_what_the_schema_forbids_is_malformed(members):
    with pytest.raises(errors.MalformedXML):
        check({**NEW, **members})


def test_rules_differ_in_id_priority_and_prefix():
    with pytest.raises(errors.InvalidArgument, match="Rule ID must be unique"):
        check({"id": "x", "prefix": "a"}, {"id": "x", "prefix": "b"})
    with pytest.raises(errors.InvalidRequest, match="Priority must be unique"):
        check(NEW, NEW)
    with pytest.raises(errors.InvalidRequest, match="overlapping prefixes"):
        check({"prefix": "a"}, {"prefix": "ab"})
    with pytest.raises(errors.MalformedXML):
        check(NEW, {"prefix": "a"})
    with pytest.raises(errors.MalformedXML):
        check()


def test_the_bucket_has_versions_and_the_role_is_a_role():
    with pytest.raises(errors.InvalidRequest, match="Versioning must be 'Enabled'"):
        check(NEW, versioning="Suspended")
    with pytest.raises(errors.InvalidArgument, match="Invalid role ARN"):
        check(NEW, role="replication")


def test_rules_choose_by_prefix_and_tags():
    both = {"and_": {"prefix": "a/", "tags": [{"key": "k", "value": "v"}]}}
    rules = [rule(**{**NEW, "filter": both, "id": "both"})]
    assert names(rules, Candidate("a/x", {"k": "v"})) == ["both"]
    assert names(rules, Candidate("a/x", {"k": "w"})) == []
    assert names(rules, Candidate("b/x", {"k": "v"})) == []
    assert names([rule(prefix="a", status="Disabled")], Candidate("a")) == []


def test_the_highest_priority_decides_for_each_destination():
    other = {"destination": {"bucket": "arn:aws:s3:::other"}}
    rules = [
        rule(**NEW, id="low"),
        rule(**{**NEW, "priority": 9, "id": "high"}),
        rule(**{**NEW, "priority": 5, "id": "other", **other}),
    ]
    assert names(rules, Candidate("k")) == ["high", "other"]


def test_delete_markers_go_where_the_rule_says_so():
    marker = Candidate("k", is_delete_marker=True)
    on = {"delete_marker_replication": {"status": "Enabled"}}
    assert names([rule(**NEW, id="off")], marker) == []
    assert names([rule(**{**NEW, **on, "id": "on"})], marker) == ["on"]
    assert names([rule(prefix="", id="old")], marker) == ["old"]
    by_lifecycle = Candidate("k", is_delete_marker=True, by_lifecycle=True)
    assert names([rule(**{**NEW, **on}), rule(prefix="")], by_lifecycle) == []


def test_replicas_old_objects_and_kms_objects_need_their_switch():
    plain = [rule(**NEW, id="r")]
    on = {"status": "Enabled"}
    criteria = {"sse_kms_encrypted_objects": on, "replica_modifications": on}
    open_ = [rule(**NEW, id="r", existing_object_replication=on, source_selection_criteria=criteria)]
    for version in (
        Candidate("k", is_old=True),
        Candidate("k", kms_encrypted=True),
        Candidate("k", is_replica=True, metadata_change=True),
    ):
        assert names(plain, version) == []
        assert names(open_, version) == ["r"]
    assert names(open_, Candidate("k", is_replica=True)) == []


def test_the_status_of_several_destinations():
    assert replication.combined([]) is None
    assert replication.combined(["COMPLETED", "COMPLETED"]) == "COMPLETED"
    assert replication.combined(["COMPLETED", "PENDING"]) == "PENDING"
    assert replication.combined(["PENDING", "FAILED"]) == "FAILED"
    assert rule(**NEW).destination.bucket_name == "destination"
