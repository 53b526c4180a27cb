"""Event destinations of configuration sets, and notifications of identities: who hears of what becomes of mail.

Topics and CloudWatch are there; Firehose, EventBridge and Pinpoint are refused.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ses import errors
from groundcloud.services.ses.errors import InvalidParameterValue, InvalidSNSDestination
from groundcloud.services.ses.events import TYPES
from groundcloud.services.ses.identities import known
from groundcloud.services.ses.records import ConfigurationSet, DimensionConfiguration, EventDestination, Identity
from groundcloud.store import Part

_SPELLED = {
    "send": "SEND", "reject": "REJECT", "bounce": "BOUNCE", "complaint": "COMPLAINT", "delivery": "DELIVERY",
    "open": "OPEN", "click": "CLICK", "renderingFailure": "RENDERING_FAILURE",
}  # fmt: skip
_BACK = {second: first for first, second in _SPELLED.items()}
_SOURCES = {"messageTag": "MESSAGE_TAG", "emailHeader": "EMAIL_HEADER", "linkTag": "LINK_TAG"}
_NOTIFIED = ("Bounce", "Complaint", "Delivery")


class CloudWatchDestination(Part):
    dimension_configurations: list[DimensionConfiguration]


class Topic(Part):
    """AWS's `SNSDestination`."""

    topic_arn: str


class FirstEventDestination(Part):
    """AWS's `EventDestination` of the first API."""

    name: str
    matching_event_types: list[str]
    enabled: bool = False
    cloud_watch_destination: CloudWatchDestination | None = None
    sns_destination: Topic | None = None


def put(ctx: Context, configuration_set: str, given: FirstEventDestination, anew: bool) -> None:
    """Write a destination down; its types are those of the second API. Raises what both APIs have their words for."""
    ctx.find(ConfigurationSet, configuration_set)
    found = ctx.get(EventDestination, configuration_set, given.name)
    if anew and found is not None:
        raise errors.EventDestinationAlreadyExists(name=given.name, configuration_set=configuration_set)
    if not anew and found is None:
        raise errors.EventDestinationDoesNotExist(name=given.name, configuration_set=configuration_set)
    if (given.sns_destination is None) == (given.cloud_watch_destination is None):
        raise InvalidParameterValue(reason="Exactly one destination, a topic or CloudWatch, must be specified.")
    if wrong := [each for each in given.matching_event_types if each not in TYPES]:
        raise InvalidParameterValue(reason=f"Events of the type {wrong[0]} do not happen here.")
    topic = given.sns_destination.topic_arn if given.sns_destination is not None else ""
    if given.sns_destination is not None and topic.split(":")[2:3] != ["sns"]:
        raise InvalidSNSDestination(reason=f"{topic} is not the ARN of a topic.")
    dimensions = given.cloud_watch_destination.dimension_configurations if given.cloud_watch_destination else []
    place = (ctx.account, ctx.region, configuration_set, given.name)
    ctx.put(EventDestination(*place, given.enabled, given.matching_event_types, topic, dimensions))


def _second(given: FirstEventDestination) -> FirstEventDestination:
    """The same in the second API's spelling."""
    given.matching_event_types = [_SPELLED.get(each, each) for each in given.matching_event_types]
    for each in given.cloud_watch_destination.dimension_configurations if given.cloud_watch_destination else ():
        each.dimension_value_source = _SOURCES.get(each.dimension_value_source, each.dimension_value_source)
    return given


@operation(on="*")
def create_configuration_set_event_destination(
    ctx: Context, configuration_set_name: str, event_destination: FirstEventDestination
) -> object:
    put(ctx, configuration_set_name, _second(event_destination), anew=True)
    return {}


@operation(on="*")
def update_configuration_set_event_destination(
    ctx: Context, configuration_set_name: str, event_destination: FirstEventDestination
) -> object:
    put(ctx, configuration_set_name, _second(event_destination), anew=False)
    return {}


@operation(on="*")
def delete_configuration_set_event_destination(
    ctx: Context, configuration_set_name: str, event_destination_name: str
) -> object:
    ctx.find(ConfigurationSet, configuration_set_name)
    ctx.delete(found_destination(ctx, configuration_set_name, event_destination_name))
    return {}


def found_destination(ctx: Context, configuration_set: str, name: str) -> EventDestination:
    """Raises `EventDestinationDoesNotExist`."""
    return ctx.find(EventDestination, configuration_set, name)


@operation(on="*", read=True)
def describe_configuration_set(
    ctx: Context, configuration_set_name: str, configuration_set_attribute_names: Sequence[str] = ()
) -> dict[str, Any]:
    shown: dict[str, Any] = {"configuration_set": {"name": ctx.find(ConfigurationSet, configuration_set_name).name}}
    if "eventDestinations" in configuration_set_attribute_names:
        found = ctx.scan(EventDestination, configuration_set_name)
        shown["event_destinations"] = [_first(each) for each in found]
    return shown


def _first(found: EventDestination) -> dict[str, Any]:
    sources = {second: first for first, second in _SOURCES.items()}
    return {
        "name": found.name,
        "enabled": found.enabled,
        "matching_event_types": [_BACK[each] for each in found.types],
        "sns_destination": {"topic_arn": found.topic_arn} if found.topic_arn else None,
        "cloud_watch_destination": {
            "dimension_configurations": [
                {
                    "dimension_name": each.dimension_name,
                    "dimension_value_source": sources.get(each.dimension_value_source, each.dimension_value_source),
                    "default_dimension_value": each.default_dimension_value,
                }
                for each in found.dimensions
            ]
        }
        if found.dimensions
        else None,
    }


# -- notifications of identities


def _identity(ctx: Context, name: str) -> Identity:
    found = ctx.get(Identity, name)
    if found is None:
        raise InvalidParameterValue(reason=f"Identity {name} does not exist.")
    return found


@operation(on="*")
def set_identity_notification_topic(ctx: Context, identity: str, notification_type: str, sns_topic: str = "") -> object:
    found = _identity(ctx, identity)
    if sns_topic and sns_topic.split(":")[2:3] != ["sns"]:
        raise InvalidParameterValue(reason=f"{sns_topic} is not the ARN of a topic.")
    found.topics.pop(notification_type, None)
    if sns_topic:
        found.topics[notification_type] = sns_topic
    ctx.put(found)
    return {}


@operation(on="*")
def set_identity_headers_in_notifications_enabled(
    ctx: Context, identity: str, notification_type: str, enabled: bool
) -> object:
    found = _identity(ctx, identity)
    found.headers_in = sorted({*found.headers_in, notification_type} - (set() if enabled else {notification_type}))
    ctx.put(found)
    return {}


@operation(on="*")
def set_identity_feedback_forwarding_enabled(ctx: Context, identity: str, forwarding_enabled: bool) -> object:
    """Bounces come to nobody's mail box here; it may be turned off only where topics have them, as on AWS."""
    found = _identity(ctx, identity)
    if not forwarding_enabled and not {"Bounce", "Complaint"} <= found.topics.keys():
        raise InvalidParameterValue(reason="Feedback forwarding cannot be disabled without topics for bounces and "
            "complaints.")  # fmt: skip
    found.forwarding = forwarding_enabled
    ctx.put(found)
    return {}


@operation(on="*", read=True)
def get_identity_notification_attributes(ctx: Context, identities: Sequence[str]) -> Mapping[str, Any]:
    return {
        "notification_attributes": {
            found.identity: {
                **{f"{kind.lower()}_topic": found.topics.get(kind, "") for kind in _NOTIFIED},
                "forwarding_enabled": found.forwarding,
                **{f"headers_in_{kind.lower()}_notifications_enabled": kind in found.headers_in for kind in _NOTIFIED},
            }
            for found in known(ctx, identities)
        }
    }


@operation(on="*")
def set_identity_dkim_enabled(ctx: Context, identity: str, dkim_enabled: bool) -> object:
    found = _identity(ctx, identity)
    found.dkim_enabled = dkim_enabled
    ctx.put(found)
    return {}
