"""Event subscriptions: whoever has one is told of events by an SNS topic. `lookup.note_event` sends them."""

from collections.abc import Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.errors import AwsError
from groundcloud.operation import operation
from groundcloud.services.rds import errors
from groundcloud.services.rds.lookup import KINDS, merged, on
from groundcloud.services.rds.records import Tag
from groundcloud.services.rds.subscription_records import EventSubscription

CATEGORIES = {
    "db-instance": ["availability", "backup", "configuration change", "creation", "deletion", "failover", "failure",
                    "low storage", "maintenance", "notification", "read replica", "recovery", "restoration"],
    "db-cluster": ["creation", "deletion", "failover", "failure", "maintenance", "notification"],
    "db-snapshot": ["creation", "deletion", "notification", "restoration"],
    "db-parameter-group": ["configuration change"],
}  # fmt: skip
"""By source type. Source: "Amazon RDS event categories and event messages"."""
_MOST = 20


def _checked_categories(source_type: str, names: Sequence[str]) -> list[str]:
    """Raises `SubscriptionCategoryNotFound`, `InvalidParameterValue`."""
    if source_type and source_type not in CATEGORIES:
        raise errors.InvalidParameterValue(reason=f"Invalid source type: {source_type}")
    known = CATEGORIES[source_type] if source_type else sorted({each for one in CATEGORIES.values() for each in one})
    if unknown := [each for each in names if each not in known]:
        raise errors.SubscriptionCategoryNotFound(names=", ".join(unknown))
    return list(dict.fromkeys(names))


def _checked_sources(ctx: Context, source_type: str, names: Sequence[str]) -> list[str]:
    """Raises `SourceNotFound`, `InvalidParameterCombination`."""
    if names and not source_type:
        raise errors.InvalidParameterCombination(reason="SourceIds cannot be specified without SourceType")
    record = next((record for record, kind in KINDS.values() if kind == source_type and kind), None)
    for name in names:
        if record is None or not ctx.exists(record, name.lower()):
            raise errors.SourceNotFound(name=name)
    return [each.lower() for each in dict.fromkeys(names)]


def _checked_topic(ctx: Context, arn: str) -> str:
    """Raises `SNSInvalidTopic`, `SNSTopicArnNotFound`."""
    parts = arn.split(":")
    if len(parts) != 6 or parts[2] != "sns":
        raise errors.SNSInvalidTopic(arn=arn)
    if arn.endswith(".fifo"):
        raise errors.SNSInvalidTopic(arn=arn)
    try:
        ctx.call("sns", "get_topic_attributes", topic_arn=arn)
    except AwsError as error:
        if not error.code.startswith("NotFound"):
            raise
        raise errors.SNSTopicArnNotFound(arn=arn) from error
    return arn


def _shown(subscription: EventSubscription) -> dict[str, Any]:
    fields = {name: getattr(subscription, name) for name in subscription.__struct_fields__}
    return {
        **fields,
        "customer_aws_id": subscription.account,
        "source_type": subscription.source_type or None,
        "source_ids_list": subscription.source_ids_list or None,
        "event_categories_list": subscription.event_categories_list or None,
        "status": "active",
        "event_subscription_arn": subscription.arn,
    }


@operation(on=on("es", "subscription_name"))
def create_event_subscription(
    ctx: Context,
    subscription_name: str,
    sns_topic_arn: str,
    source_type: str = "",
    event_categories: Sequence[str] = (),
    source_ids: Sequence[str] = (),
    enabled: bool = True,
    tags: Sequence[Tag] = (),
) -> object:
    name = subscription_name.lower()
    if ctx.exists(EventSubscription, name):
        raise errors.SubscriptionAlreadyExist(name=subscription_name)
    if sum(1 for _ in ctx.scan(EventSubscription)) >= _MOST:
        raise errors.EventSubscriptionQuotaExceeded(most=_MOST)
    made = EventSubscription(
        ctx.account, ctx.region, name, _checked_topic(ctx, sns_topic_arn),
        f"{ctx.now():%Y-%m-%d %H:%M:%S}.0", source_type, _checked_sources(ctx, source_type, source_ids),
        _checked_categories(source_type, event_categories), enabled, merged((), tags),
    )  # fmt: skip
    return {"event_subscription": {**_shown(ctx.put(made)), "status": "creating"}}


@operation(on=on("es", "subscription_name"))
def modify_event_subscription(
    ctx: Context,
    subscription_name: str,
    sns_topic_arn: str = "",
    source_type: str | None = None,
    event_categories: Sequence[str] | None = None,
    enabled: bool | None = None,
) -> object:
    found = ctx.find(EventSubscription, subscription_name.lower())
    if sns_topic_arn:
        found.sns_topic_arn = _checked_topic(ctx, sns_topic_arn)
    if source_type is not None and source_type != found.source_type:
        found.source_type, found.source_ids_list = source_type, []
    if event_categories is not None:
        found.event_categories_list = list(event_categories)
    found.event_categories_list = _checked_categories(found.source_type, found.event_categories_list)
    found.enabled = found.enabled if enabled is None else enabled
    return {"event_subscription": {**_shown(ctx.put(found)), "status": "modifying"}}


@operation(on=on("es", "subscription_name"))
def delete_event_subscription(ctx: Context, subscription_name: str) -> object:
    found = ctx.find(EventSubscription, subscription_name.lower())
    ctx.delete(found)
    return {"event_subscription": {**_shown(found), "status": "deleting"}}


@operation(on=on("es", "subscription_name"), read=True, harmless=["Filters"])
def describe_event_subscriptions(ctx: Context, subscription_name: str = "") -> object:
    if subscription_name:
        return {"event_subscriptions_list": [_shown(ctx.find(EventSubscription, subscription_name.lower()))]}
    return {"event_subscriptions_list": ctx.page(EventSubscription, each=_shown)}


@operation(on=on("es", "subscription_name"))
def add_source_identifier_to_subscription(ctx: Context, subscription_name: str, source_identifier: str) -> object:
    found = ctx.find(EventSubscription, subscription_name.lower())
    more = _checked_sources(ctx, found.source_type, [source_identifier])
    found.source_ids_list = list(dict.fromkeys([*found.source_ids_list, *more]))
    return {"event_subscription": _shown(ctx.put(found))}


@operation(on=on("es", "subscription_name"))
def remove_source_identifier_from_subscription(ctx: Context, subscription_name: str, source_identifier: str) -> object:
    found = ctx.find(EventSubscription, subscription_name.lower())
    if source_identifier.lower() not in found.source_ids_list:
        raise errors.SourceNotFound(name=source_identifier)
    found.source_ids_list = [each for each in found.source_ids_list if each != source_identifier.lower()]
    return {"event_subscription": _shown(ctx.put(found))}
