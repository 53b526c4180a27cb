"""From Publish to the receivers. Sources: SNS API reference and developer guide."""

import base64
import json
import re

import pytest
from botocore.exceptions import ClientError
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from groundcloud.engines.web import NotTaken
from groundcloud.outbox import Parcel
from groundcloud.services.sns.records import Publication, Remaining
from tests.cloud import Keys

LINK = re.compile(r"http\S+")


def get(cloud, url):
    """Follow a link, without keys."""
    return cloud.request("GET", url, {})


def test_a_queue_gets_the_envelope(cloud, sns, topic, queue_of, received):
    url, arn = queue_of()
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    sent = sns.publish(
        TopicArn=topic,
        Message="hello",
        Subject="greeting",
        MessageAttributes={"n": {"DataType": "Number", "StringValue": "1"}},
    )
    [body] = received(url)
    document = json.loads(body)
    assert document["Type"] == "Notification"
    assert document["MessageId"] == sent["MessageId"]
    assert (document["TopicArn"], document["Subject"], document["Message"]) == (topic, "greeting", "hello")
    assert document["MessageAttributes"] == {"n": {"Type": "Number", "Value": "1"}}
    assert document["UnsubscribeURL"].startswith("http://127.0.0.1:4566/?Action=Unsubscribe&SubscriptionArn=")
    with cloud.store.snapshot() as tx:
        assert not list(tx.scan(Parcel))
        assert not list(tx.scan(Publication))
        assert not list(tx.scan(Remaining))


def test_raw_delivery_keeps_body_and_attributes(cloud, sns, sqs, topic, queue_of):
    url, arn = queue_of()
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    attributes = {"n": {"DataType": "String", "StringValue": "v"}}
    sns.publish(TopicArn=topic, Message="hello", MessageAttributes=attributes)
    cloud.deliver()
    [message] = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert message["Body"] == "hello"
    assert message["MessageAttributes"] == attributes


def test_a_queue_whose_policy_does_not_name_the_topic_gets_nothing(sns, topic, queue_of, received):
    url, arn = queue_of(allowed="arn:aws:sns:us-east-1:*:other")
    dead, dead_arn = queue_of("dead")
    redrive = json.dumps({"deadLetterTargetArn": dead_arn})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RedrivePolicy": redrive})
    sns.publish(TopicArn=topic, Message="hello")
    assert received(url) == []
    [body] = received(dead)
    assert json.loads(body)["Message"] == "hello"


def test_a_message_for_each_protocol(sns, topic, queue_of, received):
    url, arn = queue_of()
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    message = json.dumps({"default": "for all", "sqs": "for queues"})
    sns.publish(TopicArn=topic, Message=message, MessageStructure="json")
    assert received(url) == ["for queues"]
    with pytest.raises(ClientError, match="No default entry in JSON message body"):
        sns.publish(TopicArn=topic, Message='{"sqs": "x"}', MessageStructure="json")


def test_filters_choose_by_attributes_and_by_body(sns, topic, queue_of, received):
    raw = {"RawMessageDelivery": "true"}
    red, red_arn = queue_of("red")
    big, big_arn = queue_of("big")
    sns.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=red_arn, Attributes={**raw, "FilterPolicy": '{"colour": ["red"]}'}
    )
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=big_arn,
        Attributes={
            **raw,
            "FilterPolicyScope": "MessageBody",
            "FilterPolicy": '{"order": {"size": [{"numeric": [">", 10]}]}}',
        },
    )
    sns.publish(TopicArn=topic, Message='{"order": {"size": 11}}')
    sns.publish(
        TopicArn=topic, Message="plain", MessageAttributes={"colour": {"DataType": "String", "StringValue": "red"}}
    )
    assert received(red) == ["plain"]
    assert received(big) == ['{"order": {"size": 11}}']


def test_a_fifo_topic_keeps_order_and_knows_duplicates(cloud, sns, sqs, queue_of):
    topic = sns.create_topic(Name="news.fifo", Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "true"})[
        "TopicArn"
    ]
    url, arn = queue_of("inbox.fifo", FifoQueue="true")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    numbers = [sns.publish(TopicArn=topic, Message=str(n), MessageGroupId="g")["SequenceNumber"] for n in range(9)]
    again = sns.publish(TopicArn=topic, Message="0", MessageGroupId="g")
    assert again["SequenceNumber"] == numbers[0]
    assert numbers == sorted(numbers)
    cloud.deliver()
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [message["Body"] for message in messages] == [str(n) for n in range(9)]
    with pytest.raises(ClientError, match="MessageGroupId parameter is required"):
        sns.publish(TopicArn=topic, Message="x")


def test_mail_is_confirmed_by_its_link_and_ended_by_another(cloud, sns, topic, mailbox):
    answer = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="alice@example.com")
    assert answer["SubscriptionArn"] == "pending confirmation"
    sns.publish(TopicArn=topic, Message="too early")
    cloud.deliver()
    [question] = mailbox.list()
    assert question.subject == "AWS Notification - Subscription Confirmation"
    status, _, body = get(cloud, LINK.search(question.text)[0])
    assert status == 200
    assert b"<SubscriptionArn>" + topic.encode() in body
    sns.publish(TopicArn=topic, Message="hello", Subject="greeting")
    cloud.deliver()
    [_, mail] = mailbox.list()
    assert mail.recipients == ("alice@example.com",)
    assert (mail.subject, mail.text.splitlines()[0]) == ("greeting", "hello")
    assert get(cloud, LINK.search(mail.text)[0])[0] == 200
    assert sns.list_subscriptions()["Subscriptions"] == []


def verify(cloud, document, names):
    """As a receiver would: fetch the certificate, and check the signature over the named members."""
    status, _, pem = get(cloud, document["SigningCertURL"])
    assert status == 200
    text = "".join(f"{name}\n{document[name]}\n" for name in names)
    kind = hashes.SHA256() if document["SignatureVersion"] == "2" else hashes.SHA1()
    key = x509.load_pem_x509_certificate(pem).public_key()
    key.verify(base64.b64decode(document["Signature"]), text.encode(), padding.PKCS1v15(), kind)


def test_a_web_server_is_asked_and_gets_signed_messages(cloud, sns, topic, web):
    sns.set_topic_attributes(TopicArn=topic, AttributeName="SignatureVersion", AttributeValue="2")
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint="http://example.com/hook")
    cloud.deliver()
    [(url, headers, body)] = web.posts
    assert url == "http://example.com/hook"
    assert headers["x-amz-sns-message-type"] == "SubscriptionConfirmation"
    question = json.loads(body)
    verify(cloud, question, ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"))
    arn = sns.confirm_subscription(TopicArn=topic, Token=question["Token"])["SubscriptionArn"]
    sns.publish(TopicArn=topic, Message="hello", Subject="greeting")
    cloud.deliver()
    _, headers, body = web.posts[1]
    assert headers["x-amz-sns-subscription-arn"] == arn
    verify(cloud, json.loads(body), ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"))


def test_a_web_server_that_fails_is_tried_by_the_delivery_policy(cloud, sns, sqs, topic, web, queue_of, received):
    dead, dead_arn = queue_of("dead")
    policy = {"healthyRetryPolicy": {"numRetries": 2, "minDelayTarget": 5, "maxDelayTarget": 5}}
    sns.subscribe(
        TopicArn=topic,
        Protocol="http",
        Endpoint="http://example.com/hook",
        Attributes={
            "DeliveryPolicy": json.dumps(policy),
            "RawMessageDelivery": "true",
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn}),
        },
    )
    cloud.deliver()
    sns.confirm_subscription(TopicArn=topic, Token=json.loads(web.posts.pop()[2])["Token"])
    for message, refusals in (("late", 2), ("lost", 3)):
        web.refuses = [NotTaken("the receiver answered 500")] * refusals
        sns.publish(TopicArn=topic, Message=message)
        for _ in range(3):
            cloud.deliver()
            cloud.clock.advance(seconds=5)
    assert [body for _, _, body in web.posts] == [b"late"]
    assert received(dead) == ["lost"]


def test_tokens_that_are_made_up_or_too_old_confirm_nothing(cloud, sns, topic, web):
    with pytest.raises(ClientError, match="Invalid parameter: Token"):
        sns.confirm_subscription(TopicArn=topic, Token="x" * 20)
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint="http://example.com/hook")
    cloud.deliver()
    cloud.clock.advance(days=2, seconds=1)
    with pytest.raises(ClientError, match="Invalid parameter: Token"):
        sns.confirm_subscription(TopicArn=topic, Token=json.loads(web.posts[0][2])["Token"])


def test_a_subscription_that_wants_it_is_ended_by_signed_calls_only(cloud, sns, topic, web):
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint="http://example.com/hook")
    cloud.deliver()
    token = json.loads(web.posts[0][2])["Token"]
    arn = sns.confirm_subscription(TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")["SubscriptionArn"]
    link = f"http://127.0.0.1:4566/?Action=Unsubscribe&SubscriptionArn={arn}&Version=2010-03-31"
    status, _, body = get(cloud, link)
    assert status == 403
    assert b"<Code>AuthorizationError</Code>" in body
    user = cloud.client("iam")
    user.create_user(UserName="nobody")
    keys = Keys.of(user.create_access_key(UserName="nobody")["AccessKey"])
    with pytest.raises(ClientError, match="not authorized to perform"):
        cloud.client("sns", keys).unsubscribe(SubscriptionArn=arn)
    sns.unsubscribe(SubscriptionArn=arn)
    with pytest.raises(sns.exceptions.NotFoundException):
        sns.get_subscription_attributes(SubscriptionArn=arn)


def test_batches(sns, topic, queue_of, received):
    url, arn = queue_of()
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    answer = sns.publish_batch(
        TopicArn=topic,
        PublishBatchRequestEntries=[{"Id": "a", "Message": "1"}, {"Id": "b", "Message": "2", "Subject": "x\ny"}],
    )
    assert [entry["Id"] for entry in answer["Successful"]] == ["a"]
    assert [(entry["Id"], entry["Code"]) for entry in answer["Failed"]] == [("b", "InvalidParameter")]
    assert received(url) == ["1"]
    with pytest.raises(sns.exceptions.BatchEntryIdsNotDistinctException):
        sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=[{"Id": "a", "Message": "1"}] * 2)


@pytest.mark.parametrize(
    "change",
    [
        {"Message": ""},
        {"Message": "x" * 262145},
        {"Subject": "x" * 101},
        {"Subject": "a\nb"},
        {"MessageStructure": "xml"},
        {"MessageDeduplicationId": "x"},
        {"TopicArn": "arn:aws:sns:us-east-1:000000000000"},
    ],
)
def test_what_cannot_be_published(sns, topic, change):
    with pytest.raises(ClientError) as caught:
        sns.publish(**{"TopicArn": topic, "Message": "a", **change})
    assert caught.value.response["Error"]["Code"] == "InvalidParameter"


def test_what_has_no_engine_is_refused(sns, topic):
    stream = "arn:aws:firehose:us-east-1:123456789012:deliverystream/s"
    with pytest.raises(ClientError, match="Does not support this protocol string: firehose"):
        sns.subscribe(TopicArn=topic, Protocol="firehose", Endpoint=stream)


def test_another_account_publishes_by_the_topics_policy(cloud, sns, topic, queue_of, received):
    url, arn = queue_of()
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    other = cloud.cloud.create_account("other", "other@example.com")
    key = cloud.cloud.create_admin(other)
    theirs = cloud.client("sns", Keys(key["access_key_id"], key["secret_access_key"]))
    with pytest.raises(ClientError, match="not authorized to perform: sns:Publish"):
        theirs.publish(TopicArn=topic, Message="a")
    sns.add_permission(TopicArn=topic, Label="them", AWSAccountId=[other], ActionName=["Publish"])
    theirs.publish(TopicArn=topic, Message="b")
    assert received(url) == ["b"]
