"""Event destinations of configuration sets in the second API."""

from collections.abc import Callable
from typing import Any, TypeVar

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.ses import destinations, errors
from groundcloud.services.ses.destinations import CloudWatchDestination, FirstEventDestination, Topic
from groundcloud.services.ses.errors import (
    AlreadyExistsException,
    BadRequestException,
    NotFoundException,
    SendingPausedException,
)
from groundcloud.services.ses.records import ConfigurationSet, EventDestination
from groundcloud.store import Part

T = TypeVar("T")


class EventDestinationDefinition(Part):
    enabled: bool = False
    matching_event_types: list[str] = []
    cloud_watch_destination: CloudWatchDestination | None = None
    sns_destination: Topic | None = None


def in_its_words(work: Callable[[], T]) -> T:
    """The first API's errors as the second one has them."""
    try:
        return work()
    except (errors.ConfigurationSetDoesNotExist, errors.EventDestinationDoesNotExist) as error:
        raise NotFoundException(reason=error.message) from error
    except errors.EventDestinationAlreadyExists as error:
        raise AlreadyExistsException(reason=error.message) from error
    except (errors.AccountSendingPaused, errors.ConfigurationSetSendingPaused) as error:
        raise SendingPausedException(reason=error.message) from error
    except (errors.InvalidParameterValue, errors.InvalidSNSDestination, errors.InvalidDeliveryOptions) as error:
        raise BadRequestException(reason=error.message) from error


def _put(ctx: Context, configuration_set: str, name: str, given: EventDestinationDefinition, anew: bool) -> None:
    whole = FirstEventDestination(
        name, given.matching_event_types, given.enabled, given.cloud_watch_destination, given.sns_destination
    )
    in_its_words(lambda: destinations.put(ctx, configuration_set, whole, anew))


@operation(on="configuration-set/{configuration_set_name}")
def create_configuration_set_event_destination(
    ctx: Context,
    configuration_set_name: str,
    event_destination_name: str,
    event_destination: EventDestinationDefinition,
) -> None:
    _put(ctx, configuration_set_name, event_destination_name, event_destination, anew=True)


@operation(on="configuration-set/{configuration_set_name}")
def update_configuration_set_event_destination(
    ctx: Context,
    configuration_set_name: str,
    event_destination_name: str,
    event_destination: EventDestinationDefinition,
) -> None:
    _put(ctx, configuration_set_name, event_destination_name, event_destination, anew=False)


@operation(on="configuration-set/{configuration_set_name}")
def delete_configuration_set_event_destination(
    ctx: Context, configuration_set_name: str, event_destination_name: str
) -> None:
    found_set(ctx, configuration_set_name)
    name = event_destination_name
    ctx.delete(in_its_words(lambda: destinations.found_destination(ctx, configuration_set_name, name)))


@operation(on="configuration-set/{configuration_set_name}", read=True)
def get_configuration_set_event_destinations(ctx: Context, configuration_set_name: str) -> dict[str, Any]:
    found_set(ctx, configuration_set_name)
    return {"event_destinations": [_shown(each) for each in ctx.scan(EventDestination, configuration_set_name)]}


def _shown(found: EventDestination) -> dict[str, Any]:
    return {
        "name": found.name,
        "enabled": found.enabled,
        "matching_event_types": found.types,
        "sns_destination": {"topic_arn": found.topic_arn} if found.topic_arn else None,
        "cloud_watch_destination": {"dimension_configurations": found.dimensions} if found.dimensions else None,
    }


def found_set(ctx: Context, name: str) -> ConfigurationSet:
    found: ConfigurationSet = in_its_words(lambda: ctx.find(ConfigurationSet, name))
    return found
