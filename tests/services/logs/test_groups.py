import json

import pytest
from botocore.exceptions import ClientError

from tests.services.logs.conftest import milliseconds, put
from tests.services.logs.test_events import messages, refused


def test_a_group_is_shown_as_it_was_made(cloud, logs):
    logs.create_log_group(logGroupName="/app/web", tags={"team": "blue"})
    (group,) = logs.describe_log_groups()["logGroups"]
    arn = f"arn:aws:logs:us-east-1:{cloud.account}:log-group:/app/web"
    assert group == {
        "logGroupName": "/app/web", "creationTime": milliseconds(cloud), "metricFilterCount": 0, "arn": f"{arn}:*",
        "storedBytes": 0, "logGroupClass": "STANDARD", "logGroupArn": arn,
    }  # fmt: skip
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "blue"}
    assert refused(logs.create_log_group, logGroupName="/app/web") == {
        "Code": "ResourceAlreadyExistsException", "Message": "The specified log group already exists",
    }  # fmt: skip


def test_groups_are_found_by_prefix_by_pattern_and_in_pages(logs):
    for name in ("/a/1", "/a/2", "/a/3", "/b/1", "zebra"):
        logs.create_log_group(logGroupName=name)

    def names(**options):
        pages = logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 2}, **options)
        return [group["logGroupName"] for page in pages for group in page["logGroups"]]

    assert names() == ["/a/1", "/a/2", "/a/3", "/b/1", "zebra"]
    assert names(logGroupNamePrefix="/a") == ["/a/1", "/a/2", "/a/3"]
    assert names(logGroupNamePattern="B/") == ["/b/1"]


def test_streams_are_listed_by_name_and_by_their_last_event(cloud, logs, stream):
    for name in ("api", "worker"):
        logs.create_log_stream(logGroupName="app", logStreamName=name)
    put(cloud, {**stream, "logStreamName": "worker"}, "x", ago=5000)
    put(cloud, stream, "x")

    def names(**options):
        pages = logs.get_paginator("describe_log_streams").paginate(
            logGroupName="app", PaginationConfig={"PageSize": 2}, **options
        )
        return [one["logStreamName"] for page in pages for one in page["logStreams"]]

    assert names() == ["api", "web", "worker"]
    assert names(descending=True) == ["worker", "web", "api"]
    assert names(logStreamNamePrefix="w") == ["web", "worker"]
    assert names(logStreamNamePrefix="w", descending=True) == ["worker", "web"]
    assert names(orderBy="LastEventTime", descending=True) == ["web", "worker", "api"]
    error = refused(logs.describe_log_streams, logGroupName="app", orderBy="LastEventTime", logStreamNamePrefix="w")
    assert error["Code"] == "InvalidParameterException"


def test_a_stream_shows_its_first_and_last_event(cloud, logs, stream):
    put(cloud, stream, "a", ago=4000)
    put(cloud, stream, "b", ago=9000)
    (shown,) = logs.describe_log_streams(logGroupName="app")["logStreams"]
    now = milliseconds(cloud)
    assert (shown["firstEventTimestamp"], shown["lastEventTimestamp"]) == (now - 9000, now - 4000)


def test_a_protected_group_is_not_deleted(logs):
    logs.create_log_group(logGroupName="kept", deletionProtectionEnabled=True)
    assert refused(logs.delete_log_group, logGroupName="kept")["Code"] == "ValidationException"
    logs.put_log_group_deletion_protection(logGroupIdentifier="kept", deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName="kept")
    assert logs.describe_log_groups()["logGroups"] == []


def test_tags_come_and_go(cloud, logs, stream):
    arn = f"arn:aws:logs:us-east-1:{cloud.account}:log-group:app"
    logs.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    logs.tag_log_group(logGroupName="app", tags={"c": "3"})
    assert logs.list_tags_log_group(logGroupName="app")["tags"] == {"b": "2", "c": "3"}


@pytest.fixture()
def key(cloud):
    """A key that Logs may use for the groups of this account, as the guide's policy says."""
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": cloud.account}, "Action": "kms:*", "Resource": "*"},
        {
            "Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"},
            "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
            "Resource": "*",
            "Condition": {
                "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:us-east-1:{cloud.account}:*"}
            },
        },
    ]  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return cloud.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]


def test_events_are_encrypted_under_a_key_of_kms(cloud, logs, key):
    logs.create_log_group(logGroupName="app", kmsKeyId=key)
    stream = {"logGroupName": "app", "logStreamName": "web"}
    logs.create_log_stream(**stream)
    put(cloud, stream, "very secret")
    assert messages(logs.get_log_events(**stream)) == ["very secret"]
    with cloud.cloud.planes["logs"].snapshot() as tx:
        assert not [1 for _, data in tx.table.range(b"", b"\xff", 1000, False) if b"very secret" in data]
    logs.disassociate_kms_key(logGroupName="app")
    put(cloud, stream, "plain")
    assert messages(logs.get_log_events(**stream)) == ["very secret", "plain"]


def test_whoever_disables_the_key_makes_its_events_unreadable(cloud, logs, key, stream):
    put(cloud, stream, "before")
    logs.associate_kms_key(logGroupName="app", kmsKeyId=key)
    put(cloud, stream, "after")
    cloud.client("kms").disable_key(KeyId=key)
    cloud.clock.advance(minutes=6)
    assert "cannot be used" in refused(logs.get_log_events, **stream)["Message"]


def test_a_key_whose_policy_does_not_let_logs_in_is_refused(cloud, logs):
    key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    error = refused(logs.create_log_group, logGroupName="app", kmsKeyId=key)
    assert (error["Code"], "could not be used" in error["Message"]) == ("InvalidParameterException", True)


def test_resource_policies_are_kept_and_checked(logs):
    document = json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "route53.amazonaws.com"}, "Action": "logs:PutLogEvents",
        "Resource": "*",
    }]})  # fmt: skip
    logs.put_resource_policy(policyName="dns", policyDocument=document)
    (shown,) = logs.describe_resource_policies()["resourcePolicies"]
    assert (shown["policyName"], json.loads(shown["policyDocument"])) == ("dns", json.loads(document))
    assert refused(logs.put_resource_policy, policyName="x", policyDocument="{}")["Code"] == "InvalidParameterException"
    logs.delete_resource_policy(policyName="dns")
    assert refused(logs.delete_resource_policy, policyName="dns")["Code"] == "ResourceNotFoundException"


def test_a_policy_lets_another_account_write(cloud, logs, stream):
    other = cloud.cloud.create_account("other", "other@example.com")
    from tests.cloud import Keys

    made = cloud.cloud.create_admin(other)
    stranger = cloud.client("logs", Keys(made["access_key_id"], made["secret_access_key"]))
    arn = f"arn:aws:logs:us-east-1:{cloud.account}:log-group:app"
    with pytest.raises(ClientError) as caught:
        stranger.get_log_events(logGroupIdentifier=arn, logStreamName="web")
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    logs.put_resource_policy(policyName="p", policyDocument=json.dumps({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": other}, "Action": "logs:GetLogEvents", "Resource": f"{arn}:*",
    }]}))  # fmt: skip
    assert stranger.get_log_events(logGroupIdentifier=arn, logStreamName="web")["events"] == []
