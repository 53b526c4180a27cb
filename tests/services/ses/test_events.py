"""What becomes of mail: events, notifications, bounces, and who gets no more.

Sources: "Examples of event data that Amazon SES publishes to Amazon SNS", "Using the mailbox simulator", and "Using the
account-level suppression list" in SES's developer guide.
"""

import json

import pytest
from botocore.exceptions import ClientError

from groundcloud.engines.mail import NotSent

CONTENT = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}
DELIVERED, BOUNCES = "success@simulator.amazonses.com", "bounce@simulator.amazonses.com"


@pytest.fixture()
def heard(cloud):
    """A topic, and what it heard."""
    sns, sqs = cloud.client("sns"), cloud.client("sqs")
    topic = sns.create_topic(Name="mail")["TopicArn"]
    url = sqs.create_queue(QueueName="mail")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})

    def take():
        for _ in range(3):
            cloud.deliver()
        found = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(message["Body"]) for message in messages]
        return found

    return topic, take


@pytest.fixture()
def news(ses2, heard):
    """A configuration set whose events the topic hears."""
    ses2.create_configuration_set(ConfigurationSetName="news")
    ses2.create_configuration_set_event_destination(
        ConfigurationSetName="news",
        EventDestinationName="topic",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "RENDERING_FAILURE"],
            "SnsDestination": {"TopicArn": heard[0]},
        },
    )
    return "news"


def send(ses2, *to, **more):
    sent = ses2.send_email(
        FromEmailAddress="ann@example.com", Destination={"ToAddresses": list(to)}, Content=CONTENT, **more
    )
    return sent["MessageId"]


def test_a_set_hears_what_becomes_of_its_mail(ses2, verified, news, heard):
    tags = [{"Name": "campaign", "Value": "spring"}]
    sent = send(ses2, "bob@example.org", ConfigurationSetName=news, EmailTags=tags)
    found = {each["eventType"]: each for each in heard[1]()}
    assert found.keys() == {"Send", "Delivery"}
    mail = found["Delivery"]["mail"]
    assert (mail["messageId"], mail["source"], mail["destination"]) == (sent, "ann@example.com", ["bob@example.org"])
    assert mail["tags"]["campaign"] == ["spring"]
    assert mail["tags"]["ses:configuration-set"] == ["news"]
    assert mail["commonHeaders"]["subject"] == "s"
    assert found["Delivery"]["delivery"]["recipients"] == ["bob@example.org"]


def test_the_simulator_bounces_and_complains(ses, ses2, verified, news, heard, mailbox):
    before = len(list(mailbox.list()))
    send(ses2, BOUNCES, ConfigurationSetName=news)
    send(ses2, "complaint+1@simulator.amazonses.com", ConfigurationSetName=news)
    found = [each for each in heard[1]() if each["eventType"] != "Send"]
    kinds = sorted(each["eventType"] for each in found)
    assert kinds == ["Bounce", "Complaint", "Delivery"]
    [bounce] = [each["bounce"] for each in found if each["eventType"] == "Bounce"]
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Permanent", "General")
    assert bounce["bouncedRecipients"][0]["emailAddress"] == BOUNCES
    assert len(list(mailbox.list())) == before
    assert ses2.list_suppressed_destinations()["SuppressedDestinationSummaries"] == []
    [point] = ses.get_send_statistics()["SendDataPoints"]
    assert (point["Bounces"], point["Complaints"]) == (1, 1)


def test_an_identity_hears_of_its_bounces(ses, ses2, verified, heard):
    ses.set_identity_notification_topic(Identity=verified, NotificationType="Bounce", SnsTopic=heard[0])
    attributes = ses.get_identity_notification_attributes(Identities=[verified])["NotificationAttributes"][verified]
    assert (attributes["BounceTopic"], attributes["ForwardingEnabled"]) == (heard[0], True)
    send(ses2, BOUNCES)
    [found] = heard[1]()
    assert (found["notificationType"], "headers" in found["mail"]) == ("Bounce", False)
    ses.set_identity_headers_in_notifications_enabled(Identity=verified, NotificationType="Bounce", Enabled=True)
    send(ses2, BOUNCES)
    assert heard[1]()[0]["mail"]["headers"]
    with pytest.raises(ClientError, match="without topics"):
        ses.set_identity_feedback_forwarding_enabled(Identity=verified, ForwardingEnabled=False)


def test_what_a_template_lacks_is_told(ses2, verified, news, heard):
    ses2.create_email_template(TemplateName="t", TemplateContent={"Subject": "{{name}}", "Text": "x"})
    ses2.send_email(
        FromEmailAddress=verified,
        Destination={"ToAddresses": ["bob@example.org"]},
        Content={"Template": {"TemplateName": "t", "TemplateData": "{}"}},
        ConfigurationSetName=news,
    )
    [found] = heard[1]()
    assert found["eventType"] == "Rendering Failure"
    assert found["failure"] == {
        "errorMessage": "Attribute 'name' is not present in the rendering data.",
        "templateName": "t",
    }


class Refusing:
    """A mail server that takes nothing."""

    async def send(self, envelope):
        raise NotSent("the server answered 550 no such user", permanent=True)


def test_who_bounces_gets_no_more(cloud, ses2, verified, news, heard):
    cloud.cloud.world.engines.add("mail", Refusing())
    sent = send(ses2, "Gone@example.org", ConfigurationSetName=news)
    bounces = [each for each in heard[1]() if each["eventType"] == "Bounce"]
    assert "550 no such user" in bounces[0]["bounce"]["bouncedRecipients"][0]["diagnosticCode"]
    found = ses2.get_suppressed_destination(EmailAddress="gone@example.org")["SuppressedDestination"]
    assert (found["Reason"], found["Attributes"]["MessageId"]) == ("BOUNCE", sent)
    send(ses2, "gone@example.org", ConfigurationSetName=news)
    [again] = [each for each in heard[1]() if each["eventType"] == "Bounce"]
    assert again["bounce"]["bounceSubType"] == "OnAccountSuppressionList"


def test_the_suppression_list_is_kept_and_may_be_off(cloud, ses2, verified, mailbox):
    ses2.put_suppressed_destination(EmailAddress="bob@example.org", Reason="COMPLAINT")
    [listed] = ses2.list_suppressed_destinations(Reasons=["COMPLAINT"])["SuppressedDestinationSummaries"]
    assert listed["EmailAddress"] == "bob@example.org"
    assert ses2.list_suppressed_destinations(Reasons=["BOUNCE"])["SuppressedDestinationSummaries"] == []
    before = len(list(mailbox.list()))
    send(ses2, "bob@example.org", "eve@example.org")
    cloud.deliver()
    assert list(mailbox.list())[-1].recipients == ("eve@example.org",)
    ses2.create_configuration_set(ConfigurationSetName="all")
    ses2.put_configuration_set_suppression_options(ConfigurationSetName="all", SuppressedReasons=[])
    send(ses2, "bob@example.org", ConfigurationSetName="all")
    ses2.put_account_suppression_attributes(SuppressedReasons=["BOUNCE"])
    assert ses2.get_account()["SuppressionAttributes"] == {"SuppressedReasons": ["BOUNCE"]}
    send(ses2, "bob@example.org")
    cloud.deliver()
    assert len(list(mailbox.list())) == before + 3
    ses2.delete_suppressed_destination(EmailAddress="bob@example.org")
    with pytest.raises(ses2.exceptions.NotFoundException):
        ses2.get_suppressed_destination(EmailAddress="bob@example.org")


def test_destinations_of_one_api_are_seen_by_the_other(ses, ses2, news, heard):
    shown = ses.describe_configuration_set(
        ConfigurationSetName=news, ConfigurationSetAttributeNames=["eventDestinations"]
    )["EventDestinations"]
    assert [(each["Name"], each["SNSDestination"]["TopicARN"]) for each in shown] == [("topic", heard[0])]
    assert "renderingFailure" in shown[0]["MatchingEventTypes"]
    dimension = {"DimensionName": "campaign", "DimensionValueSource": "messageTag", "DefaultDimensionValue": "none"}
    destination = {
        "Name": "watch",
        "MatchingEventTypes": ["send"],
        "CloudWatchDestination": {"DimensionConfigurations": [dimension]},
    }
    ses.create_configuration_set_event_destination(ConfigurationSetName=news, EventDestination=destination)
    with pytest.raises(ses.exceptions.EventDestinationAlreadyExistsException):
        ses.create_configuration_set_event_destination(ConfigurationSetName=news, EventDestination=destination)
    found = ses2.get_configuration_set_event_destinations(ConfigurationSetName=news)["EventDestinations"]
    watch = next(each for each in found if each["Name"] == "watch")
    assert watch["CloudWatchDestination"]["DimensionConfigurations"][0]["DimensionValueSource"] == "MESSAGE_TAG"
    ses2.delete_configuration_set_event_destination(ConfigurationSetName=news, EventDestinationName="watch")
    with pytest.raises(ses.exceptions.EventDestinationDoesNotExistException):
        ses.delete_configuration_set_event_destination(ConfigurationSetName=news, EventDestinationName="watch")
    ses2.delete_configuration_set(ConfigurationSetName=news)
    with pytest.raises(ses2.exceptions.NotFoundException):
        ses2.get_configuration_set(ConfigurationSetName=news)


def test_cloudwatch_counts_by_tags(cloud, ses2, verified):
    ses2.create_configuration_set(ConfigurationSetName="news")
    dimension = {"DimensionName": "campaign", "DimensionValueSource": "MESSAGE_TAG", "DefaultDimensionValue": "none"}
    ses2.create_configuration_set_event_destination(
        ConfigurationSetName="news",
        EventDestinationName="watch",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["DELIVERY"],
            "CloudWatchDestination": {"DimensionConfigurations": [dimension]},
        },
    )
    send(ses2, DELIVERED, ConfigurationSetName="news", EmailTags=[{"Name": "campaign", "Value": "spring"}])
    cloud.deliver()
    cloudwatch = cloud.client("cloudwatch")
    [metric] = cloudwatch.list_metrics(Namespace="AWS/SES")["Metrics"]
    assert (metric["MetricName"], metric["Dimensions"]) == ("Delivery", [{"Name": "campaign", "Value": "spring"}])


def test_bulk_mail_has_a_status_for_each(cloud, ses2, verified, mailbox):
    ses2.create_email_template(TemplateName="t", TemplateContent={"Subject": "Hi {{name}}", "Text": "{{city}}"})
    entries = [
        {
            "Destination": {"ToAddresses": ["bob@example.org"]},
            "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": '{"name": "Bob"}'}},
            "ReplacementHeaders": [{"Name": "X-One", "Value": "1"}],
        },
        {"Destination": {"ToAddresses": ["eve@example.org"]}},
        {"Destination": {"ToAddresses": ["nobody"]},
         "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": '{"name": "N"}'}}},
    ]  # fmt: skip
    template = {"TemplateName": "t", "TemplateData": '{"city": "Seoul"}'}
    found = ses2.send_bulk_email(
        FromEmailAddress=verified, DefaultContent={"Template": template}, BulkEmailEntries=entries
    )["BulkEmailEntryResults"]
    assert [each["Status"] for each in found] == ["SUCCESS", "INVALID_PARAMETER", "INVALID_PARAMETER"]
    assert "Attribute 'name' is not present" in found[1]["Error"]
    cloud.deliver()
    last = list(mailbox.list())[-1]
    assert (last.subject, last.text.strip(), last.message["X-One"]) == ("Hi Bob", "Seoul", "1")


def test_a_template_is_looked_at_before_it_is_sent(ses, ses2):
    ses2.create_email_template(TemplateName="t", TemplateContent={"Subject": "Hi {{name}}", "Text": "hello"})
    for client, call in ((ses, "test_render_template"), (ses2, "test_render_email_template")):
        shown = getattr(client, call)(TemplateName="t", TemplateData='{"name": "Ann"}')["RenderedTemplate"]
        assert "Subject: Hi Ann" in shown
        with pytest.raises(ClientError, match="Attribute 'name' is not present"):
            getattr(client, call)(TemplateName="t", TemplateData="{}")
