"""Subscriptions: making, confirming, listing, changing and ending them."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta

import msgspec

from groundcloud.context import Context
from groundcloud.identity import ANONYMOUS
from groundcloud.operation import operation
from groundcloud.outbox import SUBSCRIPTION, Parcel, parcel_id
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.services.sns.attributes import check_subscription_attribute, effective_retries
from groundcloud.services.sns.endpoints import check_endpoint
from groundcloud.services.sns.errors import AuthorizationError, InvalidParameter, SubscriptionNotFound
from groundcloud.services.sns.lookup import find_subscription, find_topic, subscription, topic, topic_place
from groundcloud.services.sns.records import PENDING, Subscription, Topic

TOKEN_PURPOSE = "sns confirmation"  # noqa: S105 - what it is sealed for
TOKEN_LASTS = timedelta(days=2)
"""Source: ConfirmSubscription in the API reference: tokens are valid for two days."""
WITHIN = ("lambda", "sqs")
"""Protocols whose receivers are part of this cloud."""


class Task(msgspec.Struct):
    """What is to be delivered to a subscription: a message, or the question whether it is wanted."""

    message_id: str
    confirmation: bool = False


@operation(on=topic, conditions={"sns:Protocol": "protocol", "sns:Endpoint": "endpoint"})
def subscribe(
    ctx: Context,
    topic_arn: str,
    protocol: str,
    endpoint: str = "",
    attributes: Mapping[str, str] = {},
    return_subscription_arn: bool = False,
) -> dict[str, str]:
    found = find_topic(ctx, topic_arn)
    check_endpoint(ctx, found, protocol, endpoint)
    scope = attributes.get("FilterPolicyScope", "MessageAttributes")
    for name, value in attributes.items():
        check_subscription_attribute(name, value, protocol, scope)
    kept = {name: value for name, value in attributes.items() if value}
    place = (found.account, found.region, found.name)
    made = next(ctx.tx.scan(Subscription, *place, protocol, endpoint, index="by_endpoint"), None)
    if made is not None:
        if kept and any(made.attributes.get(name) != value for name, value in kept.items()):
            raise InvalidParameter(reason="Attributes Reason: Subscription already exists with different attributes")
    else:
        made = Subscription(
            *place, id=ctx.new_uuid(), owner=ctx.account, protocol=protocol, endpoint=endpoint, created=ctx.now(),
            base=ctx.facts.endpoint or f"https://sns.{ctx.region}.amazonaws.com", principal=ctx.principal.arn,
            confirmed=_needs_no_confirmation(ctx, found, protocol, endpoint), attributes=kept,
        )  # fmt: skip
        made.by_signed_call = made.confirmed
        ctx.put(made)
    if not made.confirmed:
        _ask(ctx, made)
    return {"subscription_arn": made.arn if made.confirmed or return_subscription_arn else "pending confirmation"}


def _needs_no_confirmation(ctx: Context, found: Topic, protocol: str, endpoint: str) -> bool:
    """A queue, function or endpoint of the caller's own, and of the topic's account, is subscribed at once. So is a
    phone, which can end it by a reply."""
    if protocol in (*WITHIN, "application"):
        return endpoint.split(":")[4] == ctx.account == found.account
    return protocol == "sms"


def _ask(ctx: Context, made: Subscription) -> None:
    """Let the receiver have the question whether it wants this."""
    now = ctx.milliseconds
    ctx.put(
        Parcel(
            parcel_id=parcel_id(now, ctx.random(8)), kind=SUBSCRIPTION, target=made.arn,
            payload=msgspec.msgpack.encode(Task(ctx.new_uuid(), confirmation=True)), due=now, made=now,
            slow=made.protocol not in WITHIN,
        )
    )  # fmt: skip


def token_text(subscription_arn: str, until: float) -> bytes:
    """What a confirmation's token says, before it is sealed."""
    return json.dumps([subscription_arn, until]).encode()


@operation(on=topic, public=True)
def confirm_subscription(
    ctx: Context, topic_arn: str, token: str, authenticate_on_unsubscribe: str = ""
) -> dict[str, str]:
    """The token is the permission: whoever follows the link has no keys."""
    opened = ctx.open_text(token, TOKEN_PURPOSE)
    if opened is None:
        raise InvalidParameter(reason="Token")
    arn, until = json.loads(opened)
    if until < ctx.now().timestamp() or not arn.startswith(topic_arn + ":"):
        raise InvalidParameter(reason="Token")
    topic_place(topic_arn)
    found = find_subscription(ctx, arn)
    signed = ctx.principal is not ANONYMOUS
    if authenticate_on_unsubscribe.lower() == "true":
        if not signed:
            raise AuthorizationError(reason="AuthenticateOnUnsubscribe needs a signed request")
        found.must_authenticate = True
    if not found.confirmed:
        found.confirmed, found.by_signed_call = True, signed
    ctx.put(found)
    return {"subscription_arn": found.arn}


@operation(on=subscription, public=True)
def unsubscribe(ctx: Context, subscription_arn: str) -> None:
    """Whoever has the link may follow it, unless the confirmation said otherwise. Deleting again is no error."""
    try:
        found = find_subscription(ctx, subscription_arn)
    except SubscriptionNotFound:
        return
    if ctx.principal is not ANONYMOUS:
        owner = found.owner if ctx.account == found.owner else found.account
        ctx.authorize("sns:Unsubscribe", Resource(found.topic_arn, "" if owner == ctx.account else owner))
    elif found.must_authenticate:
        raise AuthorizationError(reason="User is not authorized to perform this action")
    ctx.delete(found)


def _shown(found: Subscription) -> dict[str, str]:
    return {
        "subscription_arn": found.arn if found.confirmed else PENDING,
        "owner": found.owner,
        "protocol": found.protocol,
        "endpoint": found.endpoint,
        "topic_arn": found.topic_arn,
    }


@operation(on="*", read=True, page_size=100)
def list_subscriptions(ctx: Context) -> dict[str, Page]:
    return {"subscriptions": ctx.page(Subscription, index="by_owner", each=_shown)}


@operation(on=topic, read=True, page_size=100)
def list_subscriptions_by_topic(ctx: Context, topic_arn: str) -> dict[str, Page]:
    found = find_topic(ctx, topic_arn)

    def start(after: bytes) -> Iterator[tuple[bytes, dict[str, str]]]:
        place = (found.account, found.region, found.name)
        for position, each in ctx.tx.scan_from(Subscription, *place, after=after):
            yield position, _shown(each)

    return {"subscriptions": Page(start)}


@operation(on=subscription, read=True)
def get_subscription_attributes(ctx: Context, subscription_arn: str) -> dict[str, dict[str, str]]:
    found = find_subscription(ctx, subscription_arn)
    shown = {
        "SubscriptionArn": found.arn,
        "TopicArn": found.topic_arn,
        "Owner": found.owner,
        "Protocol": found.protocol,
        "Endpoint": found.endpoint,
        "SubscriptionPrincipal": found.principal,
        "ConfirmationWasAuthenticated": str(found.by_signed_call).lower(),
        "PendingConfirmation": str(not found.confirmed).lower(),
        "RawMessageDelivery": "false",
        **found.attributes,
    }
    if found.protocol in ("http", "https"):
        place = (found.account, found.region, found.topic)
        of_topic = ctx.tx.get(Topic, *place)
        policy = of_topic.attributes.get("DeliveryPolicy", "") if of_topic is not None else ""
        retries = effective_retries(policy, found.attributes.get("DeliveryPolicy", ""))
        shown["EffectiveDeliveryPolicy"] = json.dumps({"healthyRetryPolicy": retries}, separators=(",", ":"))
    if "FilterPolicy" in shown:
        shown.setdefault("FilterPolicyScope", "MessageAttributes")
    return {"attributes": shown}


@operation(on=subscription)
def set_subscription_attributes(
    ctx: Context, subscription_arn: str, attribute_name: str, attribute_value: str = ""
) -> None:
    found = find_subscription(ctx, subscription_arn)
    scope = found.attributes.get("FilterPolicyScope", "MessageAttributes")
    check_subscription_attribute(attribute_name, attribute_value, found.protocol, scope)
    if attribute_value:
        found.attributes[attribute_name] = attribute_value
    else:
        found.attributes.pop(attribute_name, None)
    ctx.put(found)
