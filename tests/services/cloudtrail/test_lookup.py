import json
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from groundcloud.trail import EventBatch
from tests.cloud import Keys


@pytest.fixture()
def history(cloud, iam):
    """Users a to e, made a minute apart."""
    for name in "abcde":
        iam.create_user(UserName=name)
        cloud.clock.advance(minutes=1)
    cloud.settle()


def names(trail_client, key="EventName", value="CreateUser", **options):
    found = trail_client.lookup_events(LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}], **options)
    return [json.loads(event["CloudTrailEvent"])["requestParameters"]["userName"] for event in found["Events"]]


def test_events_are_found_newest_first(trail_client, history):
    assert names(trail_client) == list("edcba")


@pytest.mark.parametrize(
    ("key", "value", "count"),
    [
        ("EventName", "CreateUser", 5),
        ("EventName", "Create", 0),
        ("EventSource", "iam.amazonaws.com", 5),
        ("ResourceName", "c", 1),
        ("ResourceType", "AWS::IAM::User", 5),
        ("Username", "admin", 5),
        ("ReadOnly", "false", 5),
        ("ReadOnly", "true", 0),
    ],
)
def test_events_are_found_by_each_attribute(trail_client, history, key, value, count):
    attribute = {"AttributeKey": key, "AttributeValue": value}
    assert len(trail_client.lookup_events(LookupAttributes=[attribute])["Events"]) == count


def test_an_event_is_found_by_its_id_and_by_the_key_of_its_caller(cloud, trail_client, history):
    (event, *_) = trail_client.lookup_events(MaxResults=1)["Events"]
    by_id = [{"AttributeKey": "EventId", "AttributeValue": event["EventId"]}]
    assert trail_client.lookup_events(LookupAttributes=by_id)["Events"] == [event]
    by_key = [{"AttributeKey": "AccessKeyId", "AttributeValue": cloud.admin.access_key_id}]
    assert len(trail_client.lookup_events(LookupAttributes=by_key)["Events"]) >= 5
    assert (event["Username"], event["EventName"], event["ReadOnly"]) == ("admin", "CreateUser", "false")
    assert event["Resources"] == [{"ResourceType": "AWS::IAM::User", "ResourceName": "e"}]


def test_pages_lose_nothing_and_repeat_nothing(trail_client, history):
    pages = trail_client.get_paginator("lookup_events").paginate(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateUser"}],
        PaginationConfig={"PageSize": 2},
    )
    found = [event["Resources"][0]["ResourceName"] for page in pages for event in page["Events"]]
    assert found == list("edcba")


def test_a_span_of_time_limits_a_lookup(cloud, trail_client, history):
    start = cloud.clock() - timedelta(minutes=4)
    assert names(trail_client, StartTime=start, EndTime=start + timedelta(minutes=1)) == ["c", "b"]


def test_events_older_than_90_days_are_not_shown_and_then_forgotten(cloud, trail_client, history, work):
    def age(tx):
        for batch in list(tx.scan(EventBatch)):
            tx.delete(batch)
            batch.milliseconds -= 90 * 86_400_000 + 1000
            tx.put(batch)

    cloud.store.write(age)
    assert names(trail_client) == []
    assert [event for event in cloud.events() if event["eventName"] == "CreateUser"]
    work()
    assert not [event for event in cloud.events() if event["eventName"] == "CreateUser"]


def test_reads_are_there_too_and_other_accounts_events_are_not(cloud, trail_client, iam):
    other = cloud.cloud.create_admin(cloud.cloud.create_account("other", "other@example.com"))
    iam.list_users()
    cloud.settle()
    attribute = [{"AttributeKey": "EventName", "AttributeValue": "ListUsers"}]
    assert len(trail_client.lookup_events(LookupAttributes=attribute)["Events"]) == 1
    stranger = cloud.client("cloudtrail", Keys(other["access_key_id"], other["secret_access_key"]))
    assert stranger.lookup_events(LookupAttributes=attribute)["Events"] == []


def test_two_attributes_and_a_wrong_token_are_refused(trail_client):
    one = {"AttributeKey": "EventName", "AttributeValue": "x"}
    with pytest.raises(ClientError, match="InvalidLookupAttributesException"):
        trail_client.lookup_events(LookupAttributes=[one, one])
    with pytest.raises(ClientError, match="InvalidNextTokenException"):
        trail_client.lookup_events(NextToken="x")
