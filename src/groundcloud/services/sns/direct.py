"""Publish to one phone: a text message to a number, or a push notification to an endpoint.

Sources: "Publishing SMS messages to a mobile phone" and "Sending mobile push notifications" in the developer guide.
"""

import re
from collections.abc import Mapping

import msgspec

from groundcloud.context import Context
from groundcloud.outbox import PHONE, Parcel, parcel_id
from groundcloud.services.sns import errors
from groundcloud.services.sns.errors import InvalidParameter, InvalidParameterValue
from groundcloud.services.sns.phone_records import TextPreferences
from groundcloud.services.sns.platforms import application_of, find_endpoint
from groundcloud.services.sns.records import MessageAttributeValue

_NUMBER = re.compile(r"\+?[1-9]\d{6,14}")
_LONGEST_TEXT = 1600
_SENDER_ID, _TYPE = "AWS.SNS.SMS.SenderID", "AWS.SNS.SMS.SMSType"
SENDER_ID = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9-]{1,11}")
TYPES = ("Promotional", "Transactional")


class ToPhone(msgspec.Struct, omit_defaults=True):
    """A message to a phone: a text to a number, or a notification to an endpoint's ARN."""

    carrier: str
    to: str
    text: str
    account: str
    region: str
    message_id: str
    sender: str = ""
    type: str = ""


def number_of(text: str) -> str:
    """A phone number as E.164 writes it. Raises `InvalidParameter`."""
    digits = re.sub(r"[\s().-]", "", text)
    if not _NUMBER.fullmatch(digits):
        raise InvalidParameter(reason=f"PhoneNumber Reason: {text} is not valid to publish to")
    return digits if digits.startswith("+") else f"+{digits}"


def post(ctx: Context, message: ToPhone) -> None:
    """Let a phone have a message once this transaction is on the disk."""
    now = ctx.milliseconds
    payload = msgspec.msgpack.encode(message)
    ctx.put(Parcel(parcel_id(now, ctx.random(8)), PHONE, message.to, payload, due=now, made=now, slow=True))


def text_message(
    ctx: Context, phone_number: str, text: str, attributes: Mapping[str, MessageAttributeValue]
) -> dict[str, str]:
    """Raises `InvalidParameter` and `ParameterValueInvalid`."""
    number = number_of(phone_number)
    if len(text) > _LONGEST_TEXT:
        raise InvalidParameter(reason="Message too long")
    preferences = ctx.get(TextPreferences)
    usual = preferences.attributes if preferences is not None else {}
    sender = _value(attributes, _SENDER_ID) or usual.get("DefaultSenderID", "")
    kind = _value(attributes, _TYPE) or usual.get("DefaultSMSType", "Promotional")
    if sender and not SENDER_ID.fullmatch(sender):
        raise InvalidParameterValue(reason=f"Invalid value for message attribute {_SENDER_ID}: {sender}")
    if kind not in TYPES:
        raise InvalidParameterValue(reason=f"Invalid value for message attribute {_TYPE}: {kind}")
    message = ToPhone("sms", number, text, ctx.account, ctx.region, ctx.new_uuid(), sender or "NOTICE", kind)
    post(ctx, message)
    return {"message_id": message.message_id}


def _value(attributes: Mapping[str, MessageAttributeValue], name: str) -> str:
    found = attributes.get(name)
    return (found.string_value or "") if found is not None else ""


def push(ctx: Context, endpoint_arn: str, text: str, by_protocol: Mapping[str, str]) -> dict[str, str]:
    """Raises `InvalidParameter`, `EndpointDisabled` and `PlatformApplicationDisabled`."""
    endpoint = find_endpoint(ctx, endpoint_arn)
    application = application_of(ctx, endpoint) if endpoint is not None else None
    if endpoint is None or application is None or endpoint.region != ctx.region:
        raise InvalidParameter(reason="TargetArn Reason: No endpoint found for the target arn specified")
    if application.attributes.get("Enabled", "true").lower() == "false":
        raise errors.PlatformApplicationDisabled()
    if not endpoint.enabled:
        raise errors.EndpointDisabled()
    body = by_protocol.get(endpoint.platform, text)
    place = (endpoint.account, endpoint.region)
    message = ToPhone(endpoint.platform, endpoint.arn, body, *place, ctx.new_uuid(), endpoint.application)
    post(ctx, message)
    return {"message_id": message.message_id}
