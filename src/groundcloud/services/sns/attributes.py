"""What the attributes of topics and subscriptions may be.

Sources: SetTopicAttributes and SetSubscriptionAttributes in the API reference; "Amazon SNS message delivery retries" in
the developer guide.
"""

import json
import re
from typing import Any

from groundcloud.policy import MalformedPolicy, check_resource_policy
from groundcloud.services.sns.errors import InvalidParameter
from groundcloud.services.sns.filters import compiled
from groundcloud.services.sns.records import Topic

RETRIES = {
    "minDelayTarget": 20,
    "maxDelayTarget": 20,
    "numRetries": 3,
    "numMaxDelayRetries": 0,
    "numNoDelayRetries": 0,
    "numMinDelayRetries": 0,
    "backoffFunction": "linear",
}
_LIMITS = {
    "minDelayTarget": (1, 3600),
    "maxDelayTarget": (1, 3600),
    "numRetries": (0, 100),
    "numMaxDelayRetries": (0, 100),
    "numNoDelayRetries": (0, 100),
    "numMinDelayRetries": (0, 100),
}
_BACKOFFS = ("arithmetic", "exponential", "geometric", "linear")
_OF_TOPICS = frozenset(
    (
        "DisplayName", "Policy", "DeliveryPolicy", "SignatureVersion", "TracingConfig", "ContentBasedDeduplication",
        "FifoTopic", "FifoThroughputScope", "KmsMasterKeyId",
    )
)  # fmt: skip
_FEEDBACK = re.compile(r"(HTTP|Application|Lambda|SQS|Firehose)(Success|Failure)Feedback(RoleArn|SampleRate)")
"""Where it is logged what becomes of deliveries; there is no sample rate of failures."""
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+")
_OF_SUBSCRIPTIONS = frozenset(
    ("DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy")
)


def check_topic_attribute(name: str, value: str, fifo: bool) -> None:
    """Raises `InvalidParameter`."""
    if (feedback := _FEEDBACK.fullmatch(name)) and feedback.groups()[1:] != ("Failure", "SampleRate"):
        _check_feedback(name, value)
    else:
        _check_own(name, value, fifo)


def _check_own(name: str, value: str, fifo: bool) -> None:
    if name == "KmsMasterKeyId" and value:
        raise InvalidParameter(reason="KmsMasterKeyId Reason: this cloud does not encrypt topics under KMS keys yet")
    if name not in _OF_TOPICS or (name in ("FifoTopic", "ContentBasedDeduplication") and not fifo and value == "true"):
        raise InvalidParameter(reason="AttributeName")
    flags = ("FifoTopic", "ContentBasedDeduplication")
    choices = {
        "SignatureVersion": ("1", "2"),
        "TracingConfig": ("PassThrough", "Active"),
        "FifoThroughputScope": ("Topic", "MessageGroup"),
        **dict.fromkeys(flags, ("true", "false")),
    }
    if name in choices and value not in choices[name]:
        raise InvalidParameter(reason=f"Attributes Reason: {name}: Invalid value {value!r}")
    if name == "DisplayName" and (len(value) > 100 or not value.isprintable()):
        raise InvalidParameter(reason="DisplayName: Must be 100 characters at most")
    if name == "Policy" and value:
        try:
            check_resource_policy(value, "sns")
        except MalformedPolicy as flaw:
            raise InvalidParameter(reason=f"Policy Error: {flaw}") from flaw
    if name == "DeliveryPolicy" and value:
        http = _json("DeliveryPolicy", value).get("http", {})
        if not isinstance(http, dict):
            raise InvalidParameter(reason="DeliveryPolicy: http must be an object")
        _check_retries(http.get("defaultHealthyRetryPolicy", {}))


def _check_feedback(name: str, value: str) -> None:
    """Raises `InvalidParameter`."""
    good = value.isdigit() and int(value) <= 100 if name.endswith("Rate") else _ROLE.fullmatch(value)
    if value and not good:
        raise InvalidParameter(reason=f"Attributes Reason: {name}: Invalid value {value!r}")


def check_subscription_attribute(name: str, value: str, protocol: str, scope: str = "MessageAttributes") -> None:
    """Raises `InvalidParameter`; `scope` is that of the subscription's filter policy."""
    if name not in _OF_SUBSCRIPTIONS:
        raise InvalidParameter(reason="AttributeName")
    if name == "RawMessageDelivery":
        if value not in ("true", "false"):
            raise InvalidParameter(reason="RawMessageDelivery: Invalid value")
        if value == "true" and protocol not in ("http", "https", "sqs"):
            raise InvalidParameter(
                reason="Attributes Reason: RawMessageDelivery: Delivery protocol "
                f"[{protocol}] does not support raw message delivery."
            )
    elif name == "FilterPolicyScope":
        if value not in ("MessageAttributes", "MessageBody"):
            raise InvalidParameter(reason="FilterPolicyScope: Invalid value. Valid values are MessageAttributes, "
                "MessageBody")  # fmt: skip
    elif name == "FilterPolicy" and value:
        compiled(value, scope)
    elif name == "RedrivePolicy" and value:
        target = _json("RedrivePolicy", value).get("deadLetterTargetArn", "")
        if not isinstance(target, str) or target.split(":")[2:3] != ["sqs"]:
            raise InvalidParameter(reason="RedrivePolicy: deadLetterTargetArn is an invalid arn")
    elif name == "DeliveryPolicy" and value:
        if protocol not in ("http", "https"):
            raise InvalidParameter(reason="DeliveryPolicy: only for http and https")
        _check_retries(_json("DeliveryPolicy", value).get("healthyRetryPolicy", {}))


def _json(name: str, value: str) -> dict[str, Any]:
    try:
        found = json.loads(value)
    except ValueError as error:
        raise InvalidParameter(reason=f"{name}: failed to parse JSON.") from error
    if not isinstance(found, dict):
        raise InvalidParameter(reason=f"{name}: must be a JSON object")
    return found


def _check_retries(given: Any) -> None:
    if given is None:
        return
    if not isinstance(given, dict) or given.keys() - RETRIES.keys():
        raise InvalidParameter(reason="DeliveryPolicy: healthyRetryPolicy has members that are not known")
    for name, (low, high) in _LIMITS.items():
        value = given.get(name, RETRIES[name])
        if not isinstance(value, int) or not low <= value <= high:
            raise InvalidParameter(reason=f"DeliveryPolicy: healthyRetryPolicy.{name} must be from {low} to {high}")
    if given.get("backoffFunction", "linear") not in _BACKOFFS:
        raise InvalidParameter(reason="DeliveryPolicy: healthyRetryPolicy.backoffFunction must be one of "
            + ", ".join(_BACKOFFS))  # fmt: skip
    if given.get("minDelayTarget", 20) > given.get("maxDelayTarget", 20):
        raise InvalidParameter(reason="DeliveryPolicy: minDelayTarget must not be greater than maxDelayTarget")


def effective_retries(topic_policy: str, subscription_policy: str) -> dict[str, Any]:
    """How deliveries over HTTP are tried again: the subscription's word, unless the topic lets none have one."""
    http = json.loads(topic_policy).get("http", {}) if topic_policy else {}
    usual = {**RETRIES, **(http.get("defaultHealthyRetryPolicy") or {})}
    if subscription_policy and not http.get("disableSubscriptionOverrides"):
        return {**RETRIES, **(json.loads(subscription_policy).get("healthyRetryPolicy") or {})}
    return usual


def default_policy(topic: Topic) -> str:
    """What AWS writes for a topic that has no policy of its own."""
    return json.dumps(
        {
            "Version": "2008-10-17",
            "Id": "__default_policy_ID",
            "Statement": [
                {
                    "Sid": "__default_statement_ID",
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": [
                        "SNS:GetTopicAttributes",
                        "SNS:SetTopicAttributes",
                        "SNS:AddPermission",
                        "SNS:RemovePermission",
                        "SNS:DeleteTopic",
                        "SNS:Subscribe",
                        "SNS:ListSubscriptionsByTopic",
                        "SNS:Publish",
                    ],
                    "Resource": topic.arn,
                    "Condition": {"StringEquals": {"AWS:SourceOwner": topic.account}},
                }
            ],
        },
        separators=(",", ":"),
    )


def effective_delivery(topic: Topic) -> str:
    """`EffectiveDeliveryPolicy`, as GetTopicAttributes shows it."""
    return json.dumps(
        {
            "http": {
                "defaultHealthyRetryPolicy": effective_retries(topic.attributes.get("DeliveryPolicy", ""), ""),
                "disableSubscriptionOverrides": False,
                "defaultRequestPolicy": {"headerContentType": "text/plain; charset=UTF-8"},
            }
        },
        separators=(",", ":"),
    )
