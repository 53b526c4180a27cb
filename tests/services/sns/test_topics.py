"""Topics and subscriptions as settings. Sources: SNS API reference and developer guide."""

import json

import pytest
from botocore.exceptions import ClientError


def attributes(sns, topic):
    return sns.get_topic_attributes(TopicArn=topic)["Attributes"]


def test_making_a_topic_again_gives_the_same_one(cloud, sns, topic):
    assert topic == f"arn:aws:sns:us-east-1:{cloud.account}:news"
    assert sns.create_topic(Name="news")["TopicArn"] == topic
    with pytest.raises(ClientError, match="already exists with different attributes"):
        sns.create_topic(Name="news", Attributes={"DisplayName": "x"})
    with pytest.raises(ClientError, match="Fifo Topic names must end with"):
        sns.create_topic(Name="news", Attributes={"FifoTopic": "true"})


def test_a_topic_has_the_defaults_of_aws(cloud, sns, topic):
    shown = attributes(sns, topic)
    assert (shown["Owner"], shown["DisplayName"], shown["SubscriptionsConfirmed"]) == (cloud.account, "", "0")
    retries = json.loads(shown["EffectiveDeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"]
    assert (retries["numRetries"], retries["minDelayTarget"], retries["backoffFunction"]) == (3, 20, "linear")
    [statement] = json.loads(shown["Policy"])["Statement"]
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceOwner": cloud.account}}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Policy", "{"),
        ("SignatureVersion", "3"),
        ("DeliveryPolicy", '{"http": 1}'),
        ("Colour", "red"),
        ("FifoTopic", "true"),
    ],
)
def test_attributes_that_a_topic_cannot_have(sns, topic, name, value):
    with pytest.raises(sns.exceptions.InvalidParameterException):
        sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)


def test_deleting_a_topic_ends_its_subscriptions_and_may_be_done_twice(sns, topic, queue_of):
    _, arn = queue_of()
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sns.delete_topic(TopicArn=topic)
    sns.delete_topic(TopicArn=topic)
    assert sns.list_subscriptions()["Subscriptions"] == []
    with pytest.raises(sns.exceptions.NotFoundException):
        attributes(sns, topic)


def test_topics_and_subscriptions_are_listed_in_pages_of_a_hundred(sns, topic, queue_of):
    for number in range(101):
        sns.create_topic(Name=f"t{number:03}")
    first = sns.list_topics()
    assert len(first["Topics"]) == 100
    assert len(sns.list_topics(NextToken=first["NextToken"])["Topics"]) == 2
    _, arn = queue_of()
    made = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")
    listed = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert {entry["SubscriptionArn"] for entry in listed} == {made, "PendingConfirmation"}


def test_subscribing_again_gives_the_same_subscription(sns, topic, queue_of):
    _, arn = queue_of()
    first = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    assert sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"] == first
    with pytest.raises(ClientError, match="already exists with different attributes"):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})


def test_attributes_of_a_subscription(sns, topic, queue_of):
    _, arn = queue_of()
    made = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    sns.set_subscription_attributes(SubscriptionArn=made, AttributeName="FilterPolicy", AttributeValue='{"a": ["b"]}')
    shown = sns.get_subscription_attributes(SubscriptionArn=made)["Attributes"]
    assert (shown["FilterPolicy"], shown["FilterPolicyScope"]) == ('{"a": ["b"]}', "MessageAttributes")
    assert (shown["PendingConfirmation"], shown["ConfirmationWasAuthenticated"]) == ("false", "true")
    with pytest.raises(ClientError, match="FilterPolicy: failed to parse JSON"):
        sns.set_subscription_attributes(SubscriptionArn=made, AttributeName="FilterPolicy", AttributeValue="{")


@pytest.mark.parametrize(
    ("protocol", "endpoint"),
    [("http", "https://example.com"), ("email", "nobody"), ("sqs", "queue"), ("pigeon", "x")],
)
def test_endpoints_that_cannot_be(sns, topic, protocol, endpoint):
    with pytest.raises(sns.exceptions.InvalidParameterException):
        sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)


def test_tags_and_data_protection(sns, topic):
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    sns.untag_resource(ResourceArn=topic, TagKeys=["a"])
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [{"Key": "b", "Value": "2"}]
    sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy='{"Name": "x"}')
    assert sns.get_data_protection_policy(ResourceArn=topic)["DataProtectionPolicy"] == '{"Name": "x"}'
