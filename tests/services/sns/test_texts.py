"""Text messages. Sources: "Mobile text messaging with Amazon SNS" in the developer guide, the API reference."""

import asyncio

import pytest
from botocore.exceptions import ClientError

from groundcloud.publishing.phones import Replies

NUMBER = "+12065550100"


def texts(cloud, phones):
    cloud.deliver()
    return [(kept.message.to, kept.message.text) for kept in phones.list()]


def test_a_text_reaches_a_number(cloud, sns, phones):
    sns.set_sms_attributes(attributes={"DefaultSenderID": "Ground"})
    assert sns.publish(PhoneNumber=NUMBER, Message="hello")["MessageId"]
    sender = {"AWS.SNS.SMS.SenderID": {"DataType": "String", "StringValue": "Other"}}
    sns.publish(PhoneNumber=NUMBER, Message="again", MessageAttributes=sender)
    cloud.deliver()
    found = {kept.message.text: (kept.message.to, kept.message.sender) for kept in phones.list()}
    assert found == {"hello": (NUMBER, "Ground"), "again": (NUMBER, "Other")}


def test_what_is_no_number_is_refused(sns):
    for number in ("0", "+1", "call me", "+12345678901234567"):
        with pytest.raises(sns.exceptions.InvalidParameterException, match="is not valid to publish to"):
            sns.publish(PhoneNumber=number, Message="a")
    wrong = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Loud"}}
    with pytest.raises(ClientError, match=r"AWS\.SNS\.SMS\.SMSType"):
        sns.publish(PhoneNumber=NUMBER, Message="a", MessageAttributes=wrong)
    with pytest.raises(ClientError, match="Message too long"):
        sns.publish(PhoneNumber=NUMBER, Message="a" * 1601)


def test_a_topic_reaches_numbers_under_its_display_name(cloud, sns, topic, phones):
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="Daily news here")
    subscribed = sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint=NUMBER)
    assert subscribed["SubscriptionArn"].startswith(topic)
    sns.publish(TopicArn=topic, Message="hello")
    assert texts(cloud, phones) == [(NUMBER, "Daily news> hello")]
    with pytest.raises(ClientError, match="Invalid parameter"):
        sns.subscribe(TopicArn=topic, Protocol="sms", Endpoint="nobody")


def test_preferences_are_kept(sns):
    wanted = {"DefaultSMSType": "Transactional", "MonthlySpendLimit": "1"}
    sns.set_sms_attributes(attributes=wanted)
    assert sns.get_sms_attributes()["attributes"] == wanted
    assert sns.get_sms_attributes(attributes=["DefaultSMSType"])["attributes"] == {"DefaultSMSType": "Transactional"}
    for wrong in ({"DefaultSMSType": "Loud"}, {"Colour": "red"}, {"UsageReportS3Bucket": "b"}):
        with pytest.raises(sns.exceptions.InvalidParameterException):
            sns.set_sms_attributes(attributes=wrong)


def test_who_answers_stop_gets_no_more_until_opted_in(cloud, sns, phones):
    sns.publish(PhoneNumber=NUMBER, Message="first")
    assert len(texts(cloud, phones)) == 1
    [first] = phones.list()
    phones.reply(first, "thanks")
    asyncio.run(Replies(cloud.cloud.world).read())
    assert not sns.check_if_phone_number_is_opted_out(phoneNumber=NUMBER)["isOptedOut"]
    phones.reply(first, " stop ")
    asyncio.run(Replies(cloud.cloud.world).read())
    assert sns.check_if_phone_number_is_opted_out(phoneNumber=NUMBER)["isOptedOut"]
    assert sns.list_phone_numbers_opted_out()["phoneNumbers"] == [NUMBER]
    sns.publish(PhoneNumber=NUMBER, Message="unwanted")
    assert len(texts(cloud, phones)) == 1
    sns.opt_in_phone_number(phoneNumber=NUMBER)
    assert sns.list_phone_numbers_opted_out()["phoneNumbers"] == []
    sns.publish(PhoneNumber=NUMBER, Message="second")
    assert len(texts(cloud, phones)) == 2
    phones.reply(first, "STOP")
    asyncio.run(Replies(cloud.cloud.world).read())
    with pytest.raises(ClientError, match="once every 30 days"):
        sns.opt_in_phone_number(phoneNumber=NUMBER)
    cloud.clock.advance(days=31)
    sns.opt_in_phone_number(phoneNumber=NUMBER)


def test_a_number_is_verified_by_the_password_that_it_got(cloud, sns, phones):
    assert not sns.get_sms_sandbox_account_status()["IsInSandbox"]
    sns.create_sms_sandbox_phone_number(PhoneNumber=NUMBER)
    assert sns.list_sms_sandbox_phone_numbers()["PhoneNumbers"] == [{"PhoneNumber": NUMBER, "Status": "Pending"}]
    [(_, text)] = texts(cloud, phones)
    password = text.rstrip(".").split()[-1]
    with pytest.raises(sns.exceptions.VerificationException):
        sns.verify_sms_sandbox_phone_number(PhoneNumber=NUMBER, OneTimePassword="00000")
    sns.verify_sms_sandbox_phone_number(PhoneNumber=NUMBER, OneTimePassword=password)
    assert sns.list_sms_sandbox_phone_numbers()["PhoneNumbers"] == [{"PhoneNumber": NUMBER, "Status": "Verified"}]
    sns.delete_sms_sandbox_phone_number(PhoneNumber=NUMBER)
    with pytest.raises(sns.exceptions.ResourceNotFoundException):
        sns.delete_sms_sandbox_phone_number(PhoneNumber=NUMBER)


def test_a_password_is_not_guessed(cloud, sns, phones):
    sns.create_sms_sandbox_phone_number(PhoneNumber=NUMBER)
    [(_, text)] = texts(cloud, phones)
    for _ in range(5):
        with pytest.raises(sns.exceptions.VerificationException):
            sns.verify_sms_sandbox_phone_number(PhoneNumber=NUMBER, OneTimePassword="00000")
        cloud.settle()
    with pytest.raises(sns.exceptions.VerificationException):
        sns.verify_sms_sandbox_phone_number(PhoneNumber=NUMBER, OneTimePassword=text.rstrip(".").split()[-1])


def test_there_are_no_origination_numbers(sns):
    assert sns.list_origination_numbers()["PhoneNumbers"] == []
