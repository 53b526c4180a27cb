"""Topics: making, listing, changing and deleting them, their policies and tags."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page
from groundcloud.resource import Resource
from groundcloud.services.sns import errors
from groundcloud.services.sns.attributes import check_topic_attribute, default_policy, effective_delivery
from groundcloud.services.sns.errors import InvalidParameter
from groundcloud.services.sns.lookup import find_topic, topic, topic_of_tags, topic_place
from groundcloud.services.sns.records import Subscription, Tag, Topic

_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}|[A-Za-z0-9_-]{1,251}\.fifo")
_MOST_TAGS = 50


def _new(ctx: Context, name: str) -> Resource:
    return Resource(ctx.arn(name))


@operation(on=_new)
def create_topic(
    ctx: Context,
    name: str,
    attributes: Mapping[str, str] = {},
    tags: Sequence[Tag] = (),
    data_protection_policy: str = "",
) -> dict[str, str]:
    fifo = attributes.get("FifoTopic") == "true"
    if not _NAME.fullmatch(name) or fifo != name.endswith(".fifo"):
        raise InvalidParameter(reason="Topic Name" if not fifo else "Fifo Topic names must end with .fifo and must be "
            "made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must be "
            "between 1 and 256 characters long.")  # fmt: skip
    for attribute, value in attributes.items():
        check_topic_attribute(attribute, value, fifo)
    kept = {attribute: value for attribute, value in attributes.items() if value and (fifo or attribute != "FifoTopic")}
    wanted = {tag.key: tag.value for tag in tags}
    found = ctx.get(Topic, name)
    if found is not None:
        if any(found.attributes.get(attribute, "") != value for attribute, value in kept.items()):
            raise InvalidParameter(reason="Attributes Reason: Topic already exists with different attributes")
        if wanted and wanted != found.tags:
            raise InvalidParameter(reason="Tags Reason: Topic already exists with different tags")
        return {"topic_arn": found.arn}
    _check_tags(wanted)
    made = Topic(ctx.account, ctx.region, name, ctx.now(), kept, wanted, _json_text(data_protection_policy))
    return {"topic_arn": ctx.put(made).arn}


@operation(on=topic)
def delete_topic(ctx: Context, topic_arn: str) -> None:
    """Deleting what is not there is no error."""
    account, region, name = topic_place(topic_arn)
    found = ctx.tx.get(Topic, account, region, name)
    if found is None:
        return
    for subscription in list(ctx.tx.scan(Subscription, account, region, name)):
        ctx.delete(subscription)
    ctx.delete(found)


@operation(on="*", read=True, page_size=100)
def list_topics(ctx: Context) -> dict[str, Page]:
    return {"topics": ctx.page(Topic, each=lambda found: {"topic_arn": found.arn})}


@operation(on=topic, read=True)
def get_topic_attributes(ctx: Context, topic_arn: str) -> dict[str, dict[str, str]]:
    found = find_topic(ctx, topic_arn)
    counts = [0, 0]
    for subscription in ctx.tx.scan(Subscription, found.account, found.region, found.name):
        counts[subscription.confirmed] += 1
    shown = {
        "TopicArn": found.arn,
        "Owner": found.account,
        "DisplayName": "",
        "Policy": default_policy(found),
        "SubscriptionsPending": str(counts[0]),
        "SubscriptionsConfirmed": str(counts[1]),
        "SubscriptionsDeleted": "0",
        "EffectiveDeliveryPolicy": effective_delivery(found),
    }
    if found.fifo:
        shown |= {"FifoTopic": "true", "ContentBasedDeduplication": "false"}
    return {"attributes": {**shown, **{name: value for name, value in found.attributes.items() if value}}}


@operation(on=topic)
def set_topic_attributes(ctx: Context, topic_arn: str, attribute_name: str, attribute_value: str = "") -> None:
    found = find_topic(ctx, topic_arn)
    if attribute_name == "FifoTopic":
        raise InvalidParameter(reason="AttributeName")
    check_topic_attribute(attribute_name, attribute_value, found.fifo)
    found.attributes[attribute_name] = attribute_value
    ctx.put(found)


# -- statements of the policy by their labels


def _statements(found: Topic) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(found.attributes.get("Policy") or default_policy(found))
    written = document.get("Statement", [])
    document["Statement"] = written if isinstance(written, list) else [written]
    return document


@operation(on=topic)
def add_permission(
    ctx: Context, topic_arn: str, label: str, aws_account_id: Sequence[str], action_name: Sequence[str]
) -> None:
    found = find_topic(ctx, topic_arn)
    document = _statements(found)
    if any(statement.get("Sid") == label for statement in document["Statement"]):
        raise InvalidParameter(reason="Statement already exists")
    for action in action_name:
        if not re.fullmatch(r"[A-Za-z]+|\*", action):
            raise InvalidParameter(reason="Policy statement action out of service scope!")
    accounts = [f"arn:aws:iam::{account}:root" for account in aws_account_id]
    actions = [f"SNS:{action}" for action in action_name]
    document["Statement"].append(
        {
            "Sid": label,
            "Effect": "Allow",
            "Principal": {"AWS": accounts[0] if len(accounts) == 1 else accounts},
            "Action": actions[0] if len(actions) == 1 else actions,
            "Resource": found.arn,
        }
    )
    text = json.dumps(document, separators=(",", ":"))
    check_topic_attribute("Policy", text, found.fifo)
    found.attributes["Policy"] = text
    ctx.put(found)


@operation(on=topic)
def remove_permission(ctx: Context, topic_arn: str, label: str) -> None:
    found = find_topic(ctx, topic_arn)
    document = _statements(found)
    document["Statement"] = [each for each in document["Statement"] if each.get("Sid") != label]
    found.attributes["Policy"] = json.dumps(document, separators=(",", ":")) if document["Statement"] else ""
    ctx.put(found)


# -- tags


def _check_tags(tags: Mapping[str, str]) -> None:
    if len(tags) > _MOST_TAGS:
        raise errors.TagLimitExceeded()
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or len(value) > 256 or key.lower().startswith("aws:"):
            raise InvalidParameter(reason="Tags Reason: Tag keys must have 1 to 128 characters and must not begin with "
                "aws:, and values must have 256 at most")  # fmt: skip


def _tagged(ctx: Context, resource_arn: str) -> Topic:
    found = ctx.tx.get(Topic, *topic_place(resource_arn, "ResourceArn"))
    if found is None:
        raise errors.TagsResourceNotFound()
    return found


@operation(on=topic_of_tags)
def tag_resource(ctx: Context, resource_arn: str, tags: Sequence[Tag]) -> object:
    found = _tagged(ctx, resource_arn)
    found.tags = {**found.tags, **{tag.key: tag.value for tag in tags}}
    _check_tags(found.tags)
    ctx.put(found)
    return {}


@operation(on=topic_of_tags)
def untag_resource(ctx: Context, resource_arn: str, tag_keys: Sequence[str]) -> object:
    found = _tagged(ctx, resource_arn)
    found.tags = {key: value for key, value in found.tags.items() if key not in tag_keys}
    ctx.put(found)
    return {}


@operation(on=topic_of_tags, read=True)
def list_tags_for_resource(ctx: Context, resource_arn: str) -> object:
    return {"tags": [{"key": key, "value": value} for key, value in _tagged(ctx, resource_arn).tags.items()]}


# -- data protection policies: they are kept, and carried out by nobody


def _json_text(policy: str) -> str:
    if policy:
        try:
            json.loads(policy)
        except ValueError as error:
            raise InvalidParameter(reason="DataProtectionPolicy") from error
    return policy


@operation(on=topic_of_tags, read=True)
def get_data_protection_policy(ctx: Context, resource_arn: str) -> object:
    return {"data_protection_policy": _tagged(ctx, resource_arn).data_protection or None}


@operation(on=topic_of_tags)
def put_data_protection_policy(ctx: Context, resource_arn: str, data_protection_policy: str) -> None:
    found = _tagged(ctx, resource_arn)
    found.data_protection = _json_text(data_protection_policy)
    ctx.put(found)
