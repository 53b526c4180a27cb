"""What CloudWatch Logs has of deliveries, and functions as receivers.

Sources: "Amazon SNS message delivery status" and "Using AWS Lambda with Amazon SNS" in the guides.
"""

import json

import pytest
from botocore.exceptions import ClientError

from groundcloud.engines.functions import NotInvoked
from groundcloud.engines.web import NotTaken

FUNCTION = "arn:aws:lambda:us-east-1:{}:function:handle"


@pytest.fixture()
def role(cloud):
    """A role that SNS takes and that may write logs."""
    iam = cloud.client("iam")
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    arn = iam.create_role(RoleName="feedback", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    writes = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    policy = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": writes, "Resource": "*"}}
    iam.put_role_policy(RoleName="feedback", PolicyName="logs", PolicyDocument=json.dumps(policy))
    return arn


@pytest.fixture()
def lines(cloud):
    """Delivers, and gives the lines of a log group as documents."""

    def take(group):
        cloud.deliver()
        cloud.deliver()
        logs = cloud.client("logs")
        try:
            return [json.loads(event["message"]) for event in logs.filter_log_events(logGroupName=group)["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return []

    return take


def log(sns, topic, protocol, role, rate="100"):
    for name, value in (("SuccessFeedbackRoleArn", role), ("FailureFeedbackRoleArn", role),
                        ("SuccessFeedbackSampleRate", rate)):  # fmt: skip
        sns.set_topic_attributes(TopicArn=topic, AttributeName=protocol + name, AttributeValue=value)


def test_a_delivery_to_a_queue_is_logged(cloud, sns, topic, queue_of, role, lines):
    _, arn = queue_of()
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    log(sns, topic, "SQS", role)
    sent = sns.publish(TopicArn=topic, Message="hello")
    [line] = lines(f"sns/us-east-1/{cloud.account}/news")
    assert line["status"] == "SUCCESS"
    assert line["notification"]["messageId"] == sent["MessageId"]
    assert line["notification"]["messageMD5Sum"] == "5d41402abc4b2a76b9719d911017c592"
    assert (line["notification"]["topicArn"], line["delivery"]["destination"]) == (topic, arn)
    assert (line["delivery"]["statusCode"], line["delivery"]["attempts"]) == (200, 1)


def test_a_queue_that_lets_nobody_in_is_logged_as_a_failure_in_sqs_words(cloud, sns, topic, queue_of, role, lines):
    _, arn = queue_of(allowed="arn:aws:sns:us-east-1:*:other")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    log(sns, topic, "SQS", role)
    sns.publish(TopicArn=topic, Message="hello")
    [line] = lines(f"sns/us-east-1/{cloud.account}/news/Failure")
    assert line["status"] == "FAILURE"
    assert json.loads(line["delivery"]["providerResponse"])["ErrorCode"] == "AccessDeniedException"
    assert line["delivery"]["statusCode"] == 400


def test_only_the_wanted_share_of_successes_is_logged(cloud, sns, topic, queue_of, role, lines):
    _, arn = queue_of()
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    log(sns, topic, "SQS", role, rate="0")
    sns.publish(TopicArn=topic, Message="hello")
    assert lines(f"sns/us-east-1/{cloud.account}/news") == []


def test_a_role_that_may_not_write_loses_the_line_and_nothing_else(cloud, sns, topic, queue_of, role, lines, received):
    cloud.client("iam").delete_role_policy(RoleName="feedback", PolicyName="logs")
    url, arn = queue_of()
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    log(sns, topic, "SQS", role)
    sns.publish(TopicArn=topic, Message="hello")
    assert received(url) == ["hello"]
    assert lines(f"sns/us-east-1/{cloud.account}/news") == []


def test_a_web_server_that_refuses_is_logged_once_it_is_given_up(cloud, sns, topic, web, role, lines):
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint="http://receiver.example.com/")
    cloud.deliver()
    url = json.loads(web.posts[0][2])["SubscribeURL"]
    cloud.request("GET", url, {})
    log(sns, topic, "HTTP", role)
    web.refuses = [NotTaken("the server answered 403", permanent=True)]
    sns.publish(TopicArn=topic, Message="hello")
    [line] = lines(f"sns/us-east-1/{cloud.account}/news/Failure")
    assert line["delivery"]["providerResponse"] == "the server answered 403"


def test_texts_are_logged_by_the_accounts_role(cloud, sns, role, lines):
    sns.set_sms_attributes(attributes={"DeliveryStatusIAMRole": role, "DeliveryStatusSuccessSamplingRate": "100"})
    sns.publish(PhoneNumber="+12065550100", Message="hello")
    [line] = lines(f"sns/us-east-1/{cloud.account}/DirectPublishToPhoneNumber")
    assert (line["delivery"]["destination"], line["delivery"]["smsType"]) == ("+12065550100", "Promotional")


def test_an_attribute_that_is_no_role_is_refused(sns, topic):
    for name, value in (("SQSFailureFeedbackRoleArn", "me"), ("SQSSuccessFeedbackSampleRate", "101")):
        with pytest.raises(ClientError, match="Invalid value"):
            sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)
    with pytest.raises(ClientError, match="AttributeName"):
        sns.set_topic_attributes(TopicArn=topic, AttributeName="SQSFailureFeedbackSampleRate", AttributeValue="1")


# -- functions


class Functions:
    """Runs nothing: it keeps events, or refuses them as a test says."""

    def __init__(self):
        self.events = []
        self.refuses = []

    async def invoke(self, function_arn, event, service, source_arn):
        if self.refuses:
            raise self.refuses.pop(0)
        self.events.append((function_arn, json.loads(event), service, source_arn))


def test_without_functions_a_message_goes_to_the_dead_letters_and_the_reason_is_logged(
    cloud, sns, topic, queue_of, received, role, lines
):
    url, arn = queue_of()
    dead = json.dumps({"deadLetterTargetArn": arn})
    function = FUNCTION.format(cloud.account)
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function, Attributes={"RedrivePolicy": dead})
    log(sns, topic, "Lambda", role)
    sns.publish(TopicArn=topic, Message="hello")
    [body] = received(url)
    assert json.loads(body)["Message"] == "hello"
    [line] = lines(f"sns/us-east-1/{cloud.account}/news/Failure")
    assert line["delivery"]["providerResponse"] == f"{function} is not there: this cloud runs no functions"


def test_a_function_gets_an_event(cloud, sns, topic):
    functions = Functions()
    cloud.cloud.world.engines.add("functions", functions)
    function = FUNCTION.format(cloud.account)
    arn = sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)["SubscriptionArn"]
    functions.refuses = [NotInvoked("busy")]
    sns.publish(TopicArn=topic, Message="hello", Subject="greeting")
    cloud.deliver()
    cloud.deliver()
    [(invoked, event, service, source)] = functions.events
    assert (invoked, service, source) == (function, "sns.amazonaws.com", topic)
    [record] = event["Records"]
    assert (record["EventSource"], record["EventSubscriptionArn"]) == ("aws:sns", arn)
    assert (record["Sns"]["Message"], record["Sns"]["Subject"]) == ("hello", "greeting")
    assert {"SigningCertUrl", "UnsubscribeUrl"} <= record["Sns"].keys()
