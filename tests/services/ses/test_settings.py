"""What accounts, configuration sets and identities are told. Source: the API references of both APIs."""

import pytest

CONTENT = {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}}


def send(ses2, **more):
    to = {"ToAddresses": ["bob@example.org"]}
    return ses2.send_email(FromEmailAddress="ann@example.com", Destination=to, Content=CONTENT, **more)


def send_first(ses, **more):
    return ses.send_email(
        Source="ann@example.com",
        Destination={"ToAddresses": ["bob@example.org"]},
        Message={"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}},
        **more,
    )


def test_an_account_may_be_paused(ses, ses2, verified):
    ses2.put_account_sending_attributes(SendingEnabled=False)
    assert (ses.get_account_sending_enabled()["Enabled"], ses2.get_account()["SendingEnabled"]) == (False, False)
    with pytest.raises(ses.exceptions.AccountSendingPausedException):
        send_first(ses)
    with pytest.raises(ses2.exceptions.SendingPausedException):
        send(ses2)
    ses.update_account_sending_enabled(Enabled=True)
    assert send(ses2)["MessageId"]


def test_a_set_may_be_paused(ses, ses2, verified):
    ses2.create_configuration_set(ConfigurationSetName="news", SendingOptions={"SendingEnabled": False})
    with pytest.raises(ses.exceptions.ConfigurationSetSendingPausedException):
        send_first(ses, ConfigurationSetName="news")
    with pytest.raises(ses2.exceptions.SendingPausedException):
        send(ses2, ConfigurationSetName="news")
    ses.update_configuration_set_sending_enabled(ConfigurationSetName="news", Enabled=True)
    assert send(ses2, ConfigurationSetName="news")["MessageId"]
    ses2.put_configuration_set_sending_options(ConfigurationSetName="news", SendingEnabled=False)
    assert not ses2.get_configuration_set(ConfigurationSetName="news")["SendingOptions"]["SendingEnabled"]


def test_an_identity_has_a_set_for_mail_that_names_none(ses2, verified):
    ses2.create_configuration_set(ConfigurationSetName="news", SendingOptions={"SendingEnabled": False})
    ses2.put_email_identity_configuration_set_attributes(EmailIdentity=verified, ConfigurationSetName="news")
    assert ses2.get_email_identity(EmailIdentity=verified)["ConfigurationSetName"] == "news"
    with pytest.raises(ses2.exceptions.SendingPausedException):
        send(ses2)
    ses2.delete_configuration_set(ConfigurationSetName="news")
    assert send(ses2)["MessageId"]
    with pytest.raises(ses2.exceptions.NotFoundException):
        ses2.put_email_identity_configuration_set_attributes(EmailIdentity=verified, ConfigurationSetName="news")


def test_a_set_is_made_with_what_is_usual_and_nothing_beyond(ses2):
    ses2.create_configuration_set(
        ConfigurationSetName="news",
        DeliveryOptions={"TlsPolicy": "OPTIONAL"},
        ReputationOptions={"ReputationMetricsEnabled": False},
        SuppressionOptions={"SuppressedReasons": ["BOUNCE"]},
    )
    found = ses2.get_configuration_set(ConfigurationSetName="news")
    assert found["DeliveryOptions"] == {"TlsPolicy": "OPTIONAL"}
    assert found["SuppressionOptions"] == {"SuppressedReasons": ["BOUNCE"]}
    for call, wanted in (
        ("put_configuration_set_delivery_options", {"TlsPolicy": "REQUIRE"}),
        ("put_configuration_set_reputation_options", {"ReputationMetricsEnabled": True}),
    ):
        with pytest.raises(ses2.exceptions.BadRequestException):
            getattr(ses2, call)(ConfigurationSetName="news", **wanted)


def test_identities_and_sets_are_tagged(cloud, ses2, verified):
    ses2.create_configuration_set(ConfigurationSetName="news", Tags=[{"Key": "a", "Value": "1"}])
    for resource in (f"identity/{verified}", "configuration-set/news"):
        arn = f"arn:aws:ses:us-east-1:{cloud.account}:{resource}"
        ses2.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
        assert {"Key": "b", "Value": "2"} in ses2.list_tags_for_resource(ResourceArn=arn)["Tags"]
        ses2.untag_resource(ResourceArn=arn, TagKeys=["a", "b"])
        assert ses2.list_tags_for_resource(ResourceArn=arn)["Tags"] == []
    with pytest.raises(ses2.exceptions.NotFoundException):
        ses2.list_tags_for_resource(ResourceArn=f"arn:aws:ses:us-east-1:{cloud.account}:identity/nobody")
