"""Which topic or subscription a call means, and how policies see them."""

import re

from groundcloud.context import Context
from groundcloud.resource import Resource
from groundcloud.services.sns import errors
from groundcloud.services.sns.attributes import default_policy
from groundcloud.services.sns.records import Subscription, Topic

_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):(\d{12}):([\w-]{1,256}(?:\.fifo)?)", re.ASCII)
_SUBSCRIPTION = re.compile(_TOPIC.pattern + r":([0-9a-f-]{36})", re.ASCII)


def topic_place(topic_arn: str, member: str = "TopicArn") -> tuple[str, str, str]:
    """Account, region and name. Raises `InvalidParameter`."""
    found = _TOPIC.fullmatch(topic_arn)
    if found is None:
        raise errors.InvalidParameter(reason=f"{member} Reason: An ARN must have at least 6 elements, not "
            f"{topic_arn.count(':') + 1}" if topic_arn.count(":") < 5 else f"{member}")  # fmt: skip
    return found[2], found[1], found[3]


def find_topic(ctx: Context, topic_arn: str) -> Topic:
    """Raises `NotFound`."""
    account, region, name = topic_place(topic_arn)
    found = ctx.tx.get(Topic, account, region, name) if region == ctx.region else None
    if found is None:
        raise errors.TopicNotFound()
    return found


def find_subscription(ctx: Context, subscription_arn: str) -> Subscription:
    """Raises `InvalidParameter` and `NotFound`."""
    found = _SUBSCRIPTION.fullmatch(subscription_arn)
    if found is None:
        raise errors.InvalidParameter(reason="SubscriptionArn Reason: An ARN must have at least 6 elements")
    subscription = ctx.tx.get(Subscription, found[2], found[1], found[3], found[4])
    if subscription is None:
        raise errors.SubscriptionNotFound()
    return subscription


# -- what operations declare


def of_topic(ctx: Context, found: Topic) -> Resource:
    return Resource(
        found.arn,
        "" if found.account == ctx.account else found.account,
        tags=found.tags,
        policy=found.attributes.get("Policy") or default_policy(found),
    )


def topic(ctx: Context, topic_arn: str) -> Resource:
    """The topic of a call, as policies see it."""
    account, region, name = topic_place(topic_arn)
    found = ctx.tx.get(Topic, account, region, name)
    if found is None:
        return Resource(topic_arn, "" if account == ctx.account else account)
    return of_topic(ctx, found)


def topic_of_tags(ctx: Context, resource_arn: str) -> Resource:
    account, region, name = topic_place(resource_arn, "ResourceArn")
    found = ctx.tx.get(Topic, account, region, name)
    return (
        of_topic(ctx, found) if found is not None else Resource(resource_arn, "" if account == ctx.account else account)
    )


def subscription(ctx: Context, subscription_arn: str) -> Resource:
    """The subscription of a call: its owner's, with the policy of nobody."""
    found = _SUBSCRIPTION.fullmatch(subscription_arn)
    if found is None:
        return Resource(subscription_arn)
    known = ctx.tx.get(Subscription, found[2], found[1], found[3], found[4])
    owner = known.owner if known is not None else found[2]
    return Resource(subscription_arn, "" if owner == ctx.account else owner)
