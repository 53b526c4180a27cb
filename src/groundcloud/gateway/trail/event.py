"""One event, written as CloudTrail writes it."""

from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from groundcloud.context import Facts
from groundcloud.gateway.log import seconds
from groundcloud.identity import Principal

_encode = msgspec.json.Encoder().encode


class Call(NamedTuple):
    """What is known of a call when it is over."""

    event_source: str
    event_name: str
    region: str
    read: bool
    principal: Principal
    facts: Facts
    request_id: str
    event_id: str
    time: datetime
    management: bool
    parameters: Any
    answer: Any
    error_code: str
    error_message: str


def document(call: Call) -> bytes:
    """The event as JSON. Source: "CloudTrail record contents" in the CloudTrail guide."""
    event: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": _identity(call.principal),
        "eventTime": seconds(call.time) + "Z",
        "eventSource": call.event_source,
        "eventName": call.event_name,
        "awsRegion": call.region,
        "sourceIPAddress": call.facts.source_ip,
        "userAgent": call.facts.user_agent,
        "requestParameters": call.parameters or None,
        "responseElements": call.answer or None,
        "requestID": call.request_id,
        "eventID": call.event_id,
        "readOnly": call.read,
        "eventType": "AwsApiCall",
        "managementEvent": call.management,
        "recipientAccountId": call.principal.account,
        "eventCategory": "Management" if call.management else "Data",
    }
    if call.error_code:
        event["errorCode"] = call.error_code
        event["errorMessage"] = call.error_message
    return _encode(event)


def _identity(principal: Principal) -> dict[str, Any]:
    """Source: "CloudTrail userIdentity element" in the CloudTrail guide."""
    if principal.type == "Service":
        return {"type": "AWSService", "invokedBy": principal.service}
    if principal.type == "Anonymous":
        return {"type": "AWSAccount", "principalId": "", "accountId": "ANONYMOUS_PRINCIPAL"}
    shown: dict[str, Any] = {
        "type": "IAMUser" if principal.type == "User" else principal.type,
        "principalId": principal.user_id,
        "arn": principal.arn,
        "accountId": principal.account,
        "accessKeyId": principal.access_key_id,
    }
    if principal.type == "User":
        shown["userName"] = principal.name
    if principal.session is not None:
        mfa = principal.session.mfa_authenticated is not None
        attributes = {
            "creationDate": principal.session.issued.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "mfaAuthenticated": "true" if mfa else "false",
        }
        shown["sessionContext"] = {"attributes": attributes}
        if principal.type == "AssumedRole":
            shown["sessionContext"]["sessionIssuer"] = {
                "type": "Role",
                "principalId": principal.user_id.partition(":")[0],
                "arn": principal.entity_arn,
                "accountId": principal.account,
                "userName": principal.name,
            }
    return shown
