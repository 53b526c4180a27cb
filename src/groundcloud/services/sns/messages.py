"""Messages as receivers get them: JSON envelopes, what is signed of them, mails. Pure.

Source: "Parsing Amazon SNS message formats" and "Verifying the signatures of Amazon SNS messages" in the developer
guide.
"""

import base64
import json
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, NamedTuple
from urllib.parse import urlencode

from groundcloud.services.sns.records import Publication, Subscription, Topic

VERSION = "2010-03-31"
_FIRST_SEQUENCE = 10_000_000_000_000_000_000
_SENDER = "no-reply@sns.amazonaws.com"
_SIGNED = ("Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")


class Signer(NamedTuple):
    """Signs a text, in the form (1 or 2) that the topic has; and where the certificate is, under any address."""

    sign: Callable[[bytes, str], bytes]
    path: str


def unsubscribe_url(subscription: Subscription) -> str:
    """Nothing in it needs to be quoted."""
    return f"{subscription.base}/?Action=Unsubscribe&SubscriptionArn={subscription.arn}&Version={VERSION}"


def confirm_url(subscription: Subscription, token: str) -> str:
    query = {
        "Action": "ConfirmSubscription",
        "TopicArn": subscription.topic_arn,
        "Token": token,
        "Version": VERSION,
    }
    return f"{subscription.base}/?{urlencode(query)}"


def sequence_text(sequence: int) -> str:
    """A sequence number of a FIFO topic: twenty digits that grow."""
    return str(_FIRST_SEQUENCE + sequence)


def _timestamp(moment: Any) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def _signed(document: dict[str, Any], subscription: Subscription, version: str, signer: Signer) -> dict[str, Any]:
    text = "".join(f"{name}\n{document[name]}\n" for name in _SIGNED if document.get(name) is not None)
    signature = base64.b64encode(signer.sign(text.encode(), version)).decode()
    return {
        **document,
        "SignatureVersion": version,
        "Signature": signature,
        "SigningCertURL": subscription.base + signer.path,
    }


def notification(sent: Publication, subscription: Subscription, topic: Topic, signer: Signer) -> dict[str, Any]:
    """The envelope of a message."""
    document: dict[str, Any] = {"Type": "Notification", "MessageId": sent.message_id}
    if sent.sequence:
        document["SequenceNumber"] = sequence_text(sent.sequence)
    document["TopicArn"] = sent.topic_arn
    if sent.subject:
        document["Subject"] = sent.subject
    document["Message"] = sent.message_for(subscription.protocol)
    document["Timestamp"] = _timestamp(sent.published)
    document = _signed(document, subscription, topic.attributes.get("SignatureVersion", "1"), signer)
    document["UnsubscribeURL"] = unsubscribe_url(subscription)
    if sent.attributes:
        document["MessageAttributes"] = {
            name: {
                "Type": value.data_type,
                "Value": value.string_value
                if value.binary_value is None
                else base64.b64encode(value.binary_value).decode(),
            }
            for name, value in sent.attributes.items()
        }
    return document


def confirmation(
    subscription: Subscription, topic: Topic, message_id: str, moment: Any, token: str, signer: Signer
) -> dict[str, Any]:
    """What asks a receiver whether it wants to be subscribed."""
    url = confirm_url(subscription, token)
    document = {
        "Type": "SubscriptionConfirmation",
        "MessageId": message_id,
        "Token": token,
        "TopicArn": subscription.topic_arn,
        "Message": f"You have chosen to subscribe to the topic {subscription.topic_arn}.\n"
        "To confirm the subscription, visit the SubscribeURL included in this message.",
        "SubscribeURL": url,
        "Timestamp": _timestamp(moment),
    }
    return _signed(document, subscription, topic.attributes.get("SignatureVersion", "1"), signer)


def function_event(document: dict[str, Any], subscription: Subscription) -> bytes:
    """An envelope as functions get it ("Using AWS Lambda with Amazon SNS"): its URLs are spelled otherwise there."""
    spelled = {"SigningCertURL": "SigningCertUrl", "UnsubscribeURL": "UnsubscribeUrl", "SubscribeURL": "SubscribeUrl"}
    inner = {spelled.get(name, name): value for name, value in document.items()}
    inner = {"Subject": None, "MessageAttributes": {}, **inner}
    record = {"EventVersion": "1.0", "EventSubscriptionArn": subscription.arn, "EventSource": "aws:sns", "Sns": inner}
    return json.dumps({"Records": [record]}).encode()


def text_of(document: dict[str, Any]) -> str:
    """An envelope as AWS writes it: indented by two, one member in each line."""
    return json.dumps(document, indent=2, ensure_ascii=False)


# -- mails


def _mail(topic: Topic, to: str, subject: str, text: str) -> bytes:
    mail = EmailMessage(policy=SMTP)
    name = topic.attributes.get("DisplayName") or "AWS Notifications"
    mail["From"] = f'"{name.replace(chr(34), "")}" <{_SENDER}>'
    mail["To"] = to
    mail["Subject"] = subject
    mail.set_content(text)
    return mail.as_bytes()


def mail_of_message(sent: Publication, subscription: Subscription, topic: Topic, signer: Signer) -> bytes:
    """A message as a mail: its text with a link to end the subscription, or for email-json its envelope."""
    subject = sent.subject or "AWS Notification Message"
    if subscription.protocol == "email-json":
        text = text_of(notification(sent, subscription, topic, signer))
    else:
        text = (
            f"{sent.message_for('email')}\n\n--\nTo receive no more of these messages, follow this link:\n"
            f"{unsubscribe_url(subscription)}\n"
        )
    return _mail(topic, subscription.endpoint, subject, text)


def mail_of_confirmation(document: dict[str, Any], subscription: Subscription, topic: Topic) -> bytes:
    if subscription.protocol == "email-json":
        text = text_of(document)
    else:
        text = (
            f"You have chosen to subscribe to the topic:\n{subscription.topic_arn}\n\n"
            f"To confirm this subscription, follow this link:\n{document['SubscribeURL']}\n\n"
            "If you did not ask for it, do nothing: nobody is subscribed without the link.\n"
        )
    return _mail(topic, subscription.endpoint, "AWS Notification - Subscription Confirmation", text)


SENDER = _SENDER
"""The address that mails come from."""
