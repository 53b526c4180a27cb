"""What becomes of mail, told to topics and to CloudWatch.

Two ways as on AWS: event destinations of configuration sets (`eventType`), and notifications of identities
(`notificationType`). Nobody opens or clicks here, as nothing in a message is changed to see it. Sources: "Examples of
event data that Amazon SES publishes to Amazon SNS" and "Amazon SNS notification contents" in the developer guide.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email import message_from_bytes
from email.utils import getaddresses
from typing import Any, NamedTuple, Protocol

from groundcloud.outbox import Letter, Notice, Origin, Posted, notify
from groundcloud.services.ses.records import EventDestination, Identity
from groundcloud.store import Transaction

SERVICE = "ses.amazonaws.com"
TYPES = {
    "SEND": "Send", "REJECT": "Reject", "BOUNCE": "Bounce", "COMPLAINT": "Complaint", "DELIVERY": "Delivery",
    "OPEN": "Open", "CLICK": "Click", "RENDERING_FAILURE": "Rendering Failure",
}  # fmt: skip
"""Types of events as the second API spells them, and as events do."""
_MEMBERS = {"RENDERING_FAILURE": "failure"}
_METRICS = {"RENDERING_FAILURE": "RenderingFailure"}


class Event(NamedTuple):
    """Something that became of a message; `detail` is the member of its type."""

    type: str
    detail: Mapping[str, Any]


class Sample(NamedTuple):
    """Fulfils `metrics.sink.Sample`."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    timestamp: int
    value: float = 1.0
    unit: str = "Count"


class Metrics(Protocol):
    """The engine `metrics`."""

    def publish(self, account: str, region: str, points: Sequence[Sample]) -> None: ...


def senders(tx: Transaction, account: str, region: str, address: str) -> Iterator[Identity]:
    """The verified identities that mail of an address comes from: itself, its domain, those above."""
    labels = address.rpartition("@")[2].lower().split(".")
    for name in (address, *(".".join(labels[number:]) for number in range(len(labels) - 1))):
        found = tx.get(Identity, account, region, name)
        if found is not None and found.verified:
            yield found


def tell(origin: Origin, letter: Letter, events: Sequence[Event]) -> None:
    """Let every topic hear of events that wants to, once this transaction is on the disk."""
    posted = letter.posted
    if posted is None:
        return
    for event in events:
        for destination in _destinations(origin.tx, posted, event):
            if destination.topic_arn:
                document = _document(letter, posted, event, headers=True, tags=True)
                _notify(origin, posted, destination.topic_arn, {"eventType": TYPES[event.type], **document})
    identity = next(senders(origin.tx, posted.account, posted.region, posted.source), None)
    if identity is not None and identity.topics:
        _to_identity(origin, letter, posted, identity, events)


def count(tx: Transaction, metrics: Metrics | None, at: int, letter: Letter, events: Sequence[Event]) -> None:
    """Let CloudWatch have events, for the destinations that lead there. It is no part of the transaction."""
    posted = letter.posted
    if posted is None or metrics is None:
        return
    for event in events:
        for destination in _destinations(tx, posted, event):
            if not destination.topic_arn:
                dimensions = {
                    each.dimension_name: _value(letter, posted, each.dimension_name, each.dimension_value_source)
                    or each.default_dimension_value
                    for each in destination.dimensions
                }
                name = _METRICS.get(event.type, TYPES[event.type])
                metrics.publish(posted.account, posted.region, [Sample("AWS/SES", name, dimensions, at)])


def _destinations(tx: Transaction, posted: Posted, event: Event) -> Iterator[EventDestination]:
    if posted.configuration_set:
        for found in tx.scan(EventDestination, posted.account, posted.region, posted.configuration_set):
            if found.enabled and event.type in found.types:
                yield found


def _value(letter: Letter, posted: Posted, name: str, source: str) -> str:
    if source == "EMAIL_HEADER":
        return str(_headers(letter).get(name, ""))
    return next(iter(_tags(posted).get(name, ())), "") if source == "MESSAGE_TAG" else ""


def _to_identity(origin: Origin, letter: Letter, posted: Posted, identity: Identity, events: Sequence[Event]) -> None:
    for event in events:
        kind = TYPES[event.type]
        if topic := identity.topics.get(kind):
            document = _document(letter, posted, event, headers=kind in identity.headers_in, tags=False)
            _notify(origin, posted, topic, {"notificationType": kind, **document})


def _notify(origin: Origin, posted: Posted, topic_arn: str, document: Mapping[str, Any]) -> None:
    source = f"arn:aws:ses:{posted.region}:{posted.account}:identity/{posted.source}"
    notify(origin, topic_arn, Notice(SERVICE, source, posted.account, json.dumps(document), as_owner=True))


def _document(letter: Letter, posted: Posted, event: Event, *, headers: bool, tags: bool) -> dict[str, Any]:
    mail: dict[str, Any] = {
        "timestamp": timestamp(posted.at),
        "source": posted.source,
        "sourceArn": f"arn:aws:ses:{posted.region}:{posted.account}:identity/{posted.source}",
        "sourceIp": posted.source_ip,
        "callerIdentity": posted.caller,
        "sendingAccountId": posted.account,
        "messageId": posted.message_id,
        "destination": list(letter.recipients),
    }
    if headers:
        found = _headers(letter)
        common = {name: str(found[name]) for name in ("Date", "Subject") if found[name] is not None}
        people = {name: [str(each) for each in found.get_all(name, [])] for name in ("From", "To", "Cc") if found[name]}
        mail |= {
            "headersTruncated": False,
            "headers": [{"name": name, "value": str(value)} for name, value in found.items()],
            "commonHeaders": {
                **{name.lower(): values for name, values in people.items()},
                **{name.lower(): value for name, value in common.items()},
                "messageId": posted.message_id,
            },
        }
    if tags:
        mail["tags"] = _tags(posted)
    return {"mail": mail, _MEMBERS.get(event.type, TYPES[event.type].lower()): dict(event.detail)}


def _headers(letter: Letter) -> Any:
    return message_from_bytes(letter.message)


def _tags(posted: Posted) -> dict[str, list[str]]:
    domain = getaddresses([posted.source])[0][1].rpartition("@")[2]
    own = {"ses:from-domain": [domain], "ses:caller-identity": [posted.caller], "ses:source-ip": [posted.source_ip]}
    if posted.configuration_set:
        own["ses:configuration-set"] = [posted.configuration_set]
    return {**own, **posted.tags}


def timestamp(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03}Z"


# -- what events say


def delivered(at: int, posted: Posted, recipients: Sequence[str]) -> Event:
    detail = {
        "timestamp": timestamp(at), "processingTimeMillis": at - posted.at, "recipients": list(recipients),
        "smtpResponse": "250 2.0.0 OK", "reportingMTA": "groundcloud.invalid",
    }  # fmt: skip
    return Event("DELIVERY", detail)


def bounced(at: int, feedback_id: str, recipients: Sequence[str], kind: str, reason: str, status: str) -> Event:
    detail = {
        "feedbackId": feedback_id, "bounceType": "Permanent", "bounceSubType": kind,
        "bouncedRecipients": [
            {"emailAddress": each, "action": "failed", "status": status, "diagnosticCode": reason}
            for each in recipients
        ],
        "timestamp": timestamp(at), "reportingMTA": "dns; groundcloud.invalid",
    }  # fmt: skip
    return Event("BOUNCE", detail)


def complained(at: int, feedback_id: str, recipients: Sequence[str]) -> Event:
    detail = {
        "feedbackId": feedback_id, "complaintSubType": None,
        "complainedRecipients": [{"emailAddress": each} for each in recipients],
        "timestamp": timestamp(at), "userAgent": "Amazon SES Mailbox Simulator", "complaintFeedbackType": "abuse",
        "arrivalDate": timestamp(at),
    }  # fmt: skip
    return Event("COMPLAINT", detail)
