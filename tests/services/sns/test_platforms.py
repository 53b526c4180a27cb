"""Mobile push. Sources: the API reference; the words of a known token are those of many public threads
(github.com/evanshortiss/sns-mobile/issues/33)."""

import json

import pytest
from botocore.exceptions import ClientError


@pytest.fixture()
def application(sns):
    credentials = {"PlatformCredential": "EXAMPLE"}
    return sns.create_platform_application(Name="news", Platform="GCM", Attributes=credentials)[
        "PlatformApplicationArn"
    ]


@pytest.fixture()
def device(sns, application):
    return sns.create_platform_endpoint(PlatformApplicationArn=application, Token="device-1")["EndpointArn"]


def test_an_application_keeps_its_credentials_to_itself(sns, cloud, application):
    assert application == f"arn:aws:sns:us-east-1:{cloud.account}:app/GCM/news"
    assert sns.get_platform_application_attributes(PlatformApplicationArn=application)["Attributes"] == {
        "Enabled": "true"
    }
    assert b"EXAMPLE" not in cloud.log.getvalue()
    [listed] = sns.list_platform_applications()["PlatformApplications"]
    assert listed == {"PlatformApplicationArn": application, "Attributes": {"Enabled": "true"}}


def test_an_application_needs_the_credentials_of_its_platform(sns):
    with pytest.raises(ClientError, match="PlatformPrincipal is required for the platform APNS"):
        sns.create_platform_application(Name="a", Platform="APNS", Attributes={"PlatformCredential": "EXAMPLE"})
    with pytest.raises(ClientError, match="Invalid attribute name: Colour"):
        sns.create_platform_application(Name="a", Platform="GCM", Attributes={"Colour": "red"})
    with pytest.raises(ClientError, match="Platform Reason"):
        sns.create_platform_application(Name="a", Platform="PIGEON", Attributes={"PlatformCredential": "EXAMPLE"})


def test_a_known_token_gives_the_endpoint_that_there_is(sns, application, device):
    again = sns.create_platform_endpoint(PlatformApplicationArn=application, Token="device-1")
    assert again["EndpointArn"] == device
    with pytest.raises(ClientError) as caught:
        sns.create_platform_endpoint(PlatformApplicationArn=application, Token="device-1", CustomUserData="me")
    assert caught.value.response["Error"]["Message"] == (
        f"Invalid parameter: Token Reason: Endpoint {device} already exists with the same Token, but different "
        "attributes."
    )


def test_a_token_is_of_one_endpoint_only(sns, application, device):
    other = sns.create_platform_endpoint(PlatformApplicationArn=application, Token="device-2")["EndpointArn"]
    with pytest.raises(ClientError, match="already registered with a different token"):
        sns.set_endpoint_attributes(EndpointArn=other, Attributes={"Token": "device-1"})
    sns.set_endpoint_attributes(EndpointArn=device, Attributes={"Token": "device-3", "CustomUserData": "mine"})
    sns.set_endpoint_attributes(EndpointArn=other, Attributes={"Token": "device-1"})
    listed = sns.list_endpoints_by_platform_application(PlatformApplicationArn=application)["Endpoints"]
    assert {each["EndpointArn"]: each["Attributes"]["Token"] for each in listed} == {
        device: "device-3",
        other: "device-1",
    }
    found = sns.get_endpoint_attributes(EndpointArn=device)["Attributes"]
    assert found == {"Token": "device-3", "Enabled": "true", "CustomUserData": "mine"}


def test_a_device_gets_what_is_meant_for_its_platform(cloud, sns, device, phones):
    document = {"GCM": json.dumps({"notification": {"title": "hello"}}), "default": "other"}
    sent = sns.publish(TargetArn=device, Message=json.dumps(document), MessageStructure="json")
    sns.publish(TargetArn=device, Message=json.dumps({"GCM": "alone"}), MessageStructure="json")
    sns.publish(TargetArn=device, Message="plain")
    assert sent["MessageId"]
    cloud.deliver()
    found = [kept.message for kept in phones.list()]
    assert {message.text for message in found} == {document["GCM"], "alone", "plain"}
    assert {(message.carrier, message.to, message.sender) for message in found} == {("GCM", "device-1", "news")}


def test_a_topic_reaches_devices_too(cloud, sns, topic, device, phones):
    subscribed = sns.subscribe(TopicArn=topic, Protocol="application", Endpoint=device)
    assert subscribed["SubscriptionArn"].startswith(topic)
    sns.publish(TopicArn=topic, Message="news")
    cloud.deliver()
    assert [(kept.message.to, kept.message.text) for kept in phones.list()] == [("device-1", "news")]


def test_a_disabled_endpoint_is_refused(sns, application, device):
    sns.set_endpoint_attributes(EndpointArn=device, Attributes={"Enabled": "false"})
    with pytest.raises(sns.exceptions.EndpointDisabledException, match="Endpoint is disabled"):
        sns.publish(TargetArn=device, Message="a")
    sns.set_platform_application_attributes(PlatformApplicationArn=application, Attributes={"Enabled": "false"})
    with pytest.raises(sns.exceptions.PlatformApplicationDisabledException):
        sns.publish(TargetArn=device, Message="a")


def test_what_is_deleted_is_gone_and_deleting_again_is_no_error(sns, application, device):
    for _ in range(2):
        sns.delete_endpoint(EndpointArn=device)
    with pytest.raises(ClientError, match="No endpoint found for the target arn specified"):
        sns.publish(TargetArn=device, Message="a")
    with pytest.raises(sns.exceptions.NotFoundException, match="Endpoint does not exist"):
        sns.get_endpoint_attributes(EndpointArn=device)
    other = sns.create_platform_endpoint(PlatformApplicationArn=application, Token="device-1")["EndpointArn"]
    for _ in range(2):
        sns.delete_platform_application(PlatformApplicationArn=application)
    with pytest.raises(sns.exceptions.NotFoundException, match="PlatformApplication does not exist"):
        sns.create_platform_endpoint(PlatformApplicationArn=application, Token="device-1")
    with pytest.raises(sns.exceptions.NotFoundException):
        sns.get_endpoint_attributes(EndpointArn=other)


def test_a_topic_hears_of_endpoints(sns, topic, application, queue_of, received):
    url, arn = queue_of()
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    wishes = {"EventEndpointCreated": topic, "EventEndpointDeleted": topic}
    sns.set_platform_application_attributes(PlatformApplicationArn=application, Attributes=wishes)
    made = sns.create_platform_endpoint(PlatformApplicationArn=application, Token="d")["EndpointArn"]
    [body] = received(url)
    told = {"EndpointArn": made, "EventType": "EndpointCreated", "Resource": application, "Service": "SNS"}
    assert json.loads(body) == told
