"""Which events a trail takes: basic and advanced event selectors. Pure.

Source: "Logging management events" and "Logging data events" in the CloudTrail guide, and the API reference of
EventSelector and AdvancedFieldSelector.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from groundcloud.services.cloudtrail import errors
from groundcloud.services.cloudtrail.records import (
    AdvancedEventSelector,
    AdvancedFieldSelector,
    DataResource,
    EventSelector,
    Trail,
)

Event = Mapping[str, Any]

S3_OBJECT, DYNAMODB_TABLE = "AWS::S3::Object", "AWS::DynamoDB::Table"
_FIELDS = frozenset(("readOnly", "eventSource", "eventName", "eventCategory", "resources.type", "resources.ARN"))
_MOST = 5


def resource_of(event: Event) -> tuple[str, str]:
    """Type and ARN of the resource that a data event is about; nothing for what has none."""
    given = event.get("requestParameters") or {}
    if event.get("eventSource") == "s3.amazonaws.com" and "bucket" in given:
        return S3_OBJECT, f"arn:aws:s3:::{given['bucket']}/{given.get('key', '')}"
    if event.get("eventSource") == "dynamodb.amazonaws.com" and "tableName" in given:
        name = str(given["tableName"])
        if name.startswith("arn:"):
            return DYNAMODB_TABLE, name
        account, region = event.get("recipientAccountId"), event.get("awsRegion")
        return DYNAMODB_TABLE, f"arn:aws:dynamodb:{region}:{account}:table/{name}"
    return "", ""


def takes(trail: Trail, event: Event) -> bool:
    """Whether a trail delivers an event."""
    if trail.advanced_event_selectors:
        return any(_advanced(selector, event) for selector in trail.advanced_event_selectors)
    selectors = trail.event_selectors or [EventSelector()]
    return any(_basic(selector, event) for selector in selectors)


def _basic(selector: EventSelector, event: Event) -> bool:
    wanted = selector.read_write_type
    if wanted != "All" and event.get("readOnly", False) is not (wanted == "ReadOnly"):
        return False
    if event.get("managementEvent"):
        excluded = selector.exclude_management_event_sources or ()
        return selector.include_management_events and event.get("eventSource") not in excluded
    kind, arn = resource_of(event)
    return any(
        resource.type == kind and any(_covers(kind, value, arn) for value in resource.values or ())
        for resource in selector.data_resources or ()
    )


def _covers(kind: str, value: str, arn: str) -> bool:
    """A value is the beginning of an object's ARN, or a table's ARN; `arn:aws:s3` is all of a service."""
    if value in ("arn:aws:s3", "arn:aws:dynamodb"):
        return True
    return arn.startswith(value) if kind == S3_OBJECT else arn == value


def _advanced(selector: AdvancedEventSelector, event: Event) -> bool:
    return all(_field(one, event) for one in selector.field_selectors)


def _field(wanted: AdvancedFieldSelector, event: Event) -> bool:
    value = _value(wanted.field, event)
    allowed: Sequence[tuple[list[str] | None, Any]] = (
        (wanted.equals, lambda one: value == one),
        (wanted.starts_with, value.startswith),
        (wanted.ends_with, value.endswith),
    )
    denied: Sequence[tuple[list[str] | None, Any]] = (
        (wanted.not_equals, lambda one: value == one),
        (wanted.not_starts_with, value.startswith),
        (wanted.not_ends_with, value.endswith),
    )
    if any(values and any(test(one) for one in values) for values, test in denied):
        return False
    asked = [(values, test) for values, test in allowed if values]
    return not asked or any(test(one) for values, test in asked for one in values)


def _value(field: str, event: Event) -> str:
    if field == "eventCategory":
        return "Management" if event.get("managementEvent") else "Data"
    if field == "resources.type":
        return resource_of(event)[0]
    if field == "resources.ARN":
        return resource_of(event)[1]
    value = event.get(field, "")
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


# -- checks


def check(basic: Sequence[EventSelector], advanced: Sequence[AdvancedEventSelector]) -> None:
    """Raises `InvalidEventSelectorsException`."""
    if bool(basic) == bool(advanced):
        raise errors.InvalidEventSelectors(
            reason="Exactly one of EventSelectors and AdvancedEventSelectors must be specified."
        )
    if len(basic) > _MOST:
        raise errors.InvalidEventSelectors(reason="A trail can have at most 5 event selectors.")
    for selector in basic:
        for resource in selector.data_resources or ():
            _check_resource(resource)
    for one in advanced:
        _check_advanced(one)


def _check_resource(resource: DataResource) -> None:
    if resource.type not in (S3_OBJECT, DYNAMODB_TABLE):
        raise errors.InvalidEventSelectors(reason=f"Groundcloud has no data events of the type {resource.type}.")
    beginning = "arn:aws:s3" if resource.type == S3_OBJECT else "arn:aws:dynamodb"
    for value in resource.values or ():
        if not value.startswith(beginning):
            raise errors.InvalidEventSelectors(
                reason=f"Value {value} for DataResources.Values is invalid for the type {resource.type}."
            )


def _check_advanced(selector: AdvancedEventSelector) -> None:
    by_field = {one.field: one for one in selector.field_selectors}
    category = by_field.get("eventCategory")
    if category is None or category.equals not in (["Management"], ["Data"]):
        raise errors.InvalidEventSelectors(reason="Each selector needs eventCategory, equal to Management or to Data.")
    if unknown := by_field.keys() - _FIELDS:
        raise errors.InvalidEventSelectors(
            reason=f"Groundcloud does not select events by {', '.join(sorted(unknown))}."
        )
    if category.equals == ["Data"]:
        kind = by_field.get("resources.type")
        if kind is None or not kind.equals or len(kind.equals) != 1:
            raise errors.InvalidEventSelectors(
                reason="A selector of data events needs resources.type, equal to one value."
            )
        _check_resource(DataResource(kind.equals[0]))


def has_data(basic: Sequence[EventSelector], advanced: Sequence[AdvancedEventSelector]) -> bool:
    """Whether selectors ask for data events."""
    return any(selector.data_resources for selector in basic) or any(
        one.field == "eventCategory" and one.equals == ["Data"] for each in advanced for one in each.field_selectors
    )
