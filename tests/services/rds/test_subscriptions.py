"""Event subscriptions. Source: "Subscribing to Amazon RDS event notification" in the RDS user guide."""

import json

import pytest

from tests.services.rds.test_instances import refused


@pytest.fixture()
def topic(cloud):
    return cloud.client("sns").create_topic(Name="databases")["TopicArn"]


@pytest.fixture()
def received(cloud, topic):
    """The messages that have come to a queue that subscribes the topic."""
    sqs, sns = cloud.client("sqs"), cloud.client("sns")
    queue = sqs.create_queue(QueueName="events")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
               "Action": "sqs:SendMessage", "Resource": arn}]}  # fmt: skip
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(allowed)})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def take():
        cloud.deliver()
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for each in found:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=each["ReceiptHandle"])
        bodies = [json.loads(each["Body"]) for each in found]
        return [(each["Subject"], json.loads(each["Message"])) for each in bodies]

    return take


def test_events_of_a_category_come_to_the_topic(cloud, rds, topic, received, create, becomes):
    made = rds.create_event_subscription(
        SubscriptionName="Ends", SnsTopicArn=topic, SourceType="db-instance", EventCategories=["deletion"]
    )["EventSubscription"]
    assert (made["Status"], made["CustSubscriptionId"], made["CustomerAwsId"]) == ("creating", "ends", cloud.account)
    assert made["EventSubscriptionArn"] == f"arn:aws:rds:us-east-1:{cloud.account}:es:ends"
    create()
    becomes("available")
    rds.modify_db_instance(DBInstanceIdentifier="shop", MasterUserPassword="another-one")
    assert received() == []
    rds.delete_db_instance(DBInstanceIdentifier="shop", SkipFinalSnapshot=True)
    ((subject, message),) = received()
    assert subject == "RDS Notification Message"
    assert (message["Event Source"], message["Source ID"]) == ("db-instance", "shop")
    assert message["Event Message"] == "DB instance is being deleted"


def test_an_event_has_aws_s_number(rds, topic, received, create, becomes):
    rds.create_event_subscription(SubscriptionName="all", SnsTopicArn=topic)
    create()
    becomes("available")
    rds.modify_db_instance(DBInstanceIdentifier="shop", MasterUserPassword="another-one")
    assert received()[-1][1]["Event ID"].endswith("#RDS-EVENT-0016")
    rds.modify_event_subscription(SubscriptionName="all", Enabled=False)
    rds.modify_db_instance(DBInstanceIdentifier="shop", MasterUserPassword="and-another")
    assert received() == []


def test_a_subscription_may_name_its_sources(rds, topic, received, create, becomes):
    create()
    create("other")
    becomes("available")
    becomes("available", "other")
    rds.create_event_subscription(
        SubscriptionName="one", SnsTopicArn=topic, SourceType="db-instance", SourceIds=["shop"]
    )
    rds.modify_db_instance(DBInstanceIdentifier="other", MasterUserPassword="another-one")
    assert received() == []
    rds.add_source_identifier_to_subscription(SubscriptionName="one", SourceIdentifier="other")
    rds.modify_db_instance(DBInstanceIdentifier="other", MasterUserPassword="and-another")
    assert [message["Source ID"] for _, message in received()] == ["other"]
    rds.remove_source_identifier_from_subscription(SubscriptionName="one", SourceIdentifier="other")
    found = rds.describe_event_subscriptions(SubscriptionName="one")["EventSubscriptionsList"]
    assert [each["SourceIdsList"] for each in found] == [["shop"]]


def test_what_cannot_be_subscribed_is_refused_by_aws_s_codes(rds, topic):
    with refused(rds, "SNSTopicArnNotFound"):
        rds.create_event_subscription(SubscriptionName="x", SnsTopicArn=topic + "-not")
    with refused(rds, "SNSInvalidTopic"):
        rds.create_event_subscription(SubscriptionName="x", SnsTopicArn="topic")
    with refused(rds, "SubscriptionCategoryNotFound"):
        rds.create_event_subscription(
            SubscriptionName="x", SnsTopicArn=topic, SourceType="db-snapshot", EventCategories=["failover"]
        )
    with refused(rds, "SourceNotFound"):
        rds.create_event_subscription(
            SubscriptionName="x", SnsTopicArn=topic, SourceType="db-instance", SourceIds=["nobody"]
        )
    with refused(rds, "SubscriptionNotFound"):
        rds.delete_event_subscription(SubscriptionName="x")
    rds.create_event_subscription(SubscriptionName="x", SnsTopicArn=topic)
    with refused(rds, "SubscriptionAlreadyExist"):
        rds.create_event_subscription(SubscriptionName="X", SnsTopicArn=topic)
    rds.delete_event_subscription(SubscriptionName="x")
    assert rds.describe_event_subscriptions()["EventSubscriptionsList"] == []
