import json

import pytest

MESSAGE = {"Subject": {"Data": "Hello, Wörld"}, "Body": {"Text": {"Data": "plain"}, "Html": {"Data": "<b>rich</b>"}}}
TO = {"ToAddresses": ["Bob <bob@example.org>"], "CcAddresses": ["c@example.org"], "BccAddresses": ["d@example.org"]}


@pytest.fixture()
def last(cloud, mailbox):
    def work():
        cloud.deliver()
        return list(mailbox.list())[-1]

    return work


def test_a_mail_reaches_all_its_recipients(ses, verified, last):
    message_id = ses.send_email(
        Source=f"Ann <{verified}>", Destination=TO, Message=MESSAGE, ReplyToAddresses=["re@example.com"]
    )["MessageId"]
    mail = last()
    assert mail.sender == verified
    assert mail.recipients == ("bob@example.org", "c@example.org", "d@example.org")
    assert mail.subject == "Hello, Wörld"
    assert mail.message["From"] == f"Ann <{verified}>"
    assert mail.message["To"] == "Bob <bob@example.org>"
    assert mail.message["Reply-To"] == "re@example.com"
    assert mail.message["Bcc"] is None
    assert mail.message["Message-ID"] == f"<{message_id}@email.amazonses.com>"
    assert mail.message.get_body(("html",)).get_content().strip() == "<b>rich</b>"
    assert mail.text.strip() == "plain"


def test_nobody_sends_from_an_address_that_is_not_verified(ses, ses2):
    with pytest.raises(ses.exceptions.MessageRejected) as refused:
        ses.send_email(Source="eve@example.net", Destination=TO, Message=MESSAGE)
    assert refused.value.response["Error"]["Message"] == (
        "Email address is not verified. The following identities failed the check in region US-EAST-1: eve@example.net"
    )
    with pytest.raises(ses2.exceptions.MessageRejected):
        ses2.send_email(FromEmailAddress="eve@example.net", Destination=TO, Content={"Simple": MESSAGE})


def test_a_raw_message_stays_as_it_is(ses, verified, last):
    parties = f"From: {verified}\r\nTo: bob@example.org\r\nBcc: d@example.org,\r\n e@example.org\r\n"
    raw = f"{parties}Subject: hi\r\n\r\n.dots\r\n"
    ses.send_raw_email(RawMessage={"Data": raw.encode()})
    mail = last()
    assert mail.recipients == ("bob@example.org", "d@example.org", "e@example.org")
    assert mail.message["Bcc"] is None
    assert mail.message["Date"] is not None
    assert mail.text.strip() == ".dots"
    ses.send_raw_email(Source=verified, Destinations=["x@example.org"], RawMessage={"Data": raw.encode()})
    assert last().recipients == ("x@example.org",)


def test_a_raw_message_may_not_show_another_sender(ses, verified):
    with pytest.raises(ses.exceptions.MessageRejected):
        ses.send_raw_email(
            Source=verified, Destinations=["x@example.org"], RawMessage={"Data": b"From: eve@example.net\r\n\r\nhi"}
        )


TEMPLATE = {
    "TemplateName": "welcome",
    "SubjectPart": "Hi {{name}}",
    "TextPart": "{{a.b}}",
    "HtmlPart": "<i>{{name}}</i>",
}


def test_a_template_is_filled_in(ses, verified, last):
    ses.create_template(Template=TEMPLATE)
    data = json.dumps({"name": "Tom & Jo", "a": {"b": 7}})
    ses.send_templated_email(Source=verified, Destination=TO, Template="welcome", TemplateData=data)
    mail = last()
    assert mail.subject == "Hi Tom & Jo"
    assert mail.text.strip() == "7"
    assert mail.message.get_body(("html",)).get_content().strip() == "<i>Tom &amp; Jo</i>"
    with pytest.raises(ses.exceptions.TemplateDoesNotExistException):
        ses.send_templated_email(Source=verified, Destination=TO, Template="none", TemplateData="{}")


def test_what_cannot_be_filled_in_is_taken_and_counts_as_rejected(cloud, ses, verified, mailbox):
    ses.create_template(Template=TEMPLATE)
    before = len(list(mailbox.list()))
    assert ses.send_templated_email(Source=verified, Destination=TO, Template="welcome", TemplateData="{}")["MessageId"]
    cloud.deliver()
    assert len(list(mailbox.list())) == before
    assert ses.get_send_statistics()["SendDataPoints"][0]["Rejects"] == 1


def test_a_bulk_mail_has_a_status_for_each_destination(ses, verified, last):
    ses.create_template(Template=TEMPLATE)
    destinations = [
        {"Destination": {"ToAddresses": ["bob@example.org"]}, "ReplacementTemplateData": '{"name": "Bob"}'},
        {"Destination": {"ToAddresses": ["jo@example.org"]}},
    ]
    found = ses.send_bulk_templated_email(
        Source=verified, Template="welcome", DefaultTemplateData='{"a": {"b": 1}}', Destinations=destinations
    )
    assert [each["Status"] for each in found["Status"]] == ["Success", "InvalidParameterValue"]
    assert last().subject == "Hi Bob"


def test_templates_are_listed_changed_and_deleted(ses):
    ses.create_template(Template=TEMPLATE)
    with pytest.raises(ses.exceptions.AlreadyExistsException):
        ses.create_template(Template=TEMPLATE)
    ses.update_template(Template={**TEMPLATE, "SubjectPart": "Hello"})
    assert ses.get_template(TemplateName="welcome")["Template"]["SubjectPart"] == "Hello"
    assert [each["Name"] for each in ses.list_templates()["TemplatesMetadata"]] == ["welcome"]
    with pytest.raises(ses.exceptions.InvalidTemplateException):
        ses.create_template(Template={**TEMPLATE, "TemplateName": "loop", "TextPart": "{{#each x}}{{/each}}"})
    ses.delete_template(TemplateName="welcome")
    assert ses.list_templates()["TemplatesMetadata"] == []


def test_the_second_api_sends_the_same(ses2, verified, last):
    simple = {**MESSAGE, "Headers": [{"Name": "X-Team", "Value": "blue"}]}
    ses2.send_email(FromEmailAddress=verified, Destination=TO, Content={"Simple": simple})
    assert last().message["X-Team"] == "blue"
    ses2.create_email_template(TemplateName="t", TemplateContent={"Subject": "Hi {{name}}", "Text": "x"})
    template = {"TemplateName": "t", "TemplateData": '{"name": "Bob"}'}
    ses2.send_email(FromEmailAddress=verified, Destination=TO, Content={"Template": template})
    assert last().subject == "Hi Bob"
    inline = {"TemplateContent": {"Subject": "In {{name}}", "Text": "x"}, "TemplateData": '{"name": "line"}'}
    ses2.send_email(FromEmailAddress=verified, Destination=TO, Content={"Template": inline})
    assert last().subject == "In line"
    raw = f"From: {verified}\nTo: bob@example.org\nSubject: raw\n\nhi\n"
    ses2.send_email(Content={"Raw": {"Data": raw.encode()}})
    assert last().subject == "raw"
    assert ses2.get_account()["SendQuota"]["SentLast24Hours"] == 10


def test_what_was_sent_is_counted_for_a_day(cloud, ses, verified):
    ses.send_email(Source=verified, Destination=TO, Message=MESSAGE)
    assert ses.get_send_quota()["SentLast24Hours"] == 3
    assert ses.get_send_statistics()["SendDataPoints"][0]["DeliveryAttempts"] == 3
    cloud.clock.advance(hours=25)
    assert ses.get_send_quota()["SentLast24Hours"] == 0


def test_a_configuration_set_has_to_be_there(ses, ses2, verified):
    with pytest.raises(ses.exceptions.ConfigurationSetDoesNotExistException):
        ses.send_email(Source=verified, Destination=TO, Message=MESSAGE, ConfigurationSetName="site")
    ses.create_configuration_set(ConfigurationSet={"Name": "site"})
    ses.send_email(Source=verified, Destination=TO, Message=MESSAGE, ConfigurationSetName="site")
    assert ses2.list_configuration_sets()["ConfigurationSets"] == ["site"]
    ses2.delete_configuration_set(ConfigurationSetName="site")
    assert ses.list_configuration_sets()["ConfigurationSets"] == []


def test_a_header_cannot_be_smuggled_in_by_a_subject(ses, verified, last):
    message = {**MESSAGE, "Subject": {"Data": "hi\r\nBcc: eve@example.net"}}
    ses.send_email(Source=verified, Destination=TO, Message=message)
    mail = last()
    assert mail.message["Bcc"] is None
    assert mail.subject == "hi Bcc: eve@example.net"


def test_a_header_of_several_lines_is_refused(ses2, verified):
    for header in ({"Name": "X-A", "Value": "b\r\nBcc: eve@example.net"}, {"Name": "X-A\r\nBcc", "Value": "b"}):
        with pytest.raises(ses2.exceptions.ClientError):
            ses2.send_email(
                FromEmailAddress=verified, Destination=TO, Content={"Simple": {**MESSAGE, "Headers": [header]}}
            )
