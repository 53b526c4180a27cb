import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from groundcloud.engines.mail.mailbox import LocalMailbox
from tests.cloud import TestCloud
from tests.services.cloudwatch.test_alarms import ALARM


@pytest.fixture()
def topic(cloud: TestCloud) -> str:
    return cloud.client("sns").create_topic(Name="ops")["TopicArn"]


def confirm(cloud: TestCloud, mailbox: LocalMailbox) -> None:
    """Follow the link in the mail that asks."""
    cloud.deliver()
    [mail] = list(mailbox.list())
    [link] = re.findall(r"https?://\S*ConfirmSubscription\S*", mail.text)
    parts = urlsplit(link)
    assert cloud.request("GET", f"http://{parts.netloc}{parts.path}?{parts.query}", {})[0] == 200


def test_an_alarm_sends_a_mail_through_a_topic(cloud: TestCloud, cloudwatch, topic, mailbox, put, control):
    """From the measurement to the mailbox: AWS 101's "e-mail when the health check fails"."""
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="ann@example.com")
    confirm(cloud, mailbox)
    cloudwatch.put_metric_alarm(**ALARM, AlarmActions=[topic], AlarmDescription="too much")
    put(99, ago=60)
    control()
    cloud.deliver()
    mail = list(mailbox.list())[-1]
    assert mail.recipients == ("ann@example.com",)
    assert mail.subject == 'ALARM: "busy" in US East (N. Virginia)'
    assert "has entered the ALARM state" in mail.text
    assert "INSUFFICIENT_DATA -> ALARM" in mail.text
    assert "too much" in mail.text


def test_a_queue_behind_a_topic_gets_the_document(cloud: TestCloud, cloudwatch, topic, put, control):
    sqs, sns = cloud.client("sqs"), cloud.client("sns")
    url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{cloud.account}:inbox"
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    cloudwatch.put_metric_alarm(
        **ALARM, AlarmActions=[topic], OKActions=[topic], Dimensions=[{"Name": "Host", "Value": "a"}]
    )
    put(99, ago=60, Dimensions=[{"Name": "Host", "Value": "a"}])
    control()
    cloud.deliver()
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    document: dict[str, Any] = json.loads(message["Body"])
    assert document["AlarmName"] == "busy"
    assert document["NewStateValue"] == "ALARM"
    assert document["OldStateValue"] == "INSUFFICIENT_DATA"
    assert document["AWSAccountId"] == cloud.account
    assert document["Region"] == "US East (N. Virginia)"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000", document["StateChangeTime"])
    assert document["Trigger"] == {
        "MetricName": "Load", "Namespace": "Site", "StatisticType": "Statistic", "Statistic": "AVERAGE", "Unit": None,
        "Dimensions": [{"value": "a", "name": "Host"}], "Period": 60, "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold", "Threshold": 50.0, "TreatMissingData": "missing",
        "EvaluateLowSampleCountPercentile": "",
    }  # fmt: skip


def test_disabled_actions_do_nothing(cloud: TestCloud, cloudwatch, topic):
    cloudwatch.put_metric_alarm(**ALARM, AlarmActions=[topic])
    cloudwatch.disable_alarm_actions(AlarmNames=["busy", "none"])
    cloudwatch.set_alarm_state(AlarmName="busy", StateValue="ALARM", StateReason="a rehearsal")
    assert cloudwatch.describe_alarm_history(AlarmName="busy", HistoryItemType="Action")["AlarmHistoryItems"] == []
    cloudwatch.enable_alarm_actions(AlarmNames=["busy"])
    cloudwatch.set_alarm_state(AlarmName="busy", StateValue="OK", StateReason="a rehearsal")
    cloudwatch.set_alarm_state(AlarmName="busy", StateValue="ALARM", StateReason="a rehearsal")
    [item] = cloudwatch.describe_alarm_history(AlarmName="busy", HistoryItemType="Action")["AlarmHistoryItems"]
    assert item["HistorySummary"] == f"Successfully executed action {topic}"


def test_a_topic_that_lets_no_alarm_in_stands_in_the_history(cloud: TestCloud, cloudwatch, topic):
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": topic}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    cloud.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    cloudwatch.put_metric_alarm(**ALARM, AlarmActions=[topic])
    cloudwatch.set_alarm_state(AlarmName="busy", StateValue="ALARM", StateReason="a rehearsal")
    [item] = cloudwatch.describe_alarm_history(AlarmName="busy", HistoryItemType="Action")["AlarmHistoryItems"]
    assert item["HistorySummary"] == f"Failed to execute action {topic}"


def test_an_action_of_an_instance_needs_an_instance(cloudwatch):
    with pytest.raises(cloudwatch.exceptions.ClientError) as refused:
        cloudwatch.put_metric_alarm(**ALARM, AlarmActions=["arn:aws:automate:us-east-1:ec2:stop"])
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    with pytest.raises(cloudwatch.exceptions.ClientError) as refused:
        cloudwatch.put_metric_alarm(**ALARM, AlarmActions=["nonsense"])
    assert "Invalid arn syntax: nonsense" in refused.value.response["Error"]["Message"]
