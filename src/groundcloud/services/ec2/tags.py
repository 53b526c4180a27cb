"""Tags: set, removed and listed for resources of every kind.

Source: "Tag your Amazon EC2 resources" in the EC2 user guide, and "Grant permission to tag Amazon EC2 resources during
creation" for the permission that tags of new resources need.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, chain
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import KINDS, Tag, Tagged, TagSpecification, kind_named, kind_of, on
from groundcloud.services.ec2.filters import Filter, Filters, matcher, only_values

_MOST_TAGS, _LONGEST_KEY, _LONGEST_VALUE = 50, 127, 256


def tags_for(specifications: Sequence[TagSpecification], *resource_types: str) -> list[Tag]:
    """The tags that a call brings for what it makes. `resource_types`: all that it may make, the one asked for first.

    Raises `InvalidParameterValue` for tags of what the call does not make.
    """
    tags: list[Tag] = []
    for each in specifications:
        if not each.resource_type:
            raise errors.InvalidParameterValue(reason="Tag specification resource type must have a value")
        if each.resource_type not in resource_types:
            raise errors.InvalidParameterValue(
                reason=f"'{each.resource_type}' is not a valid taggable resource type for this operation."
            )
        if not each.tags:
            raise errors.InvalidParameterValue(reason="Tag specification must have at least one tag")
        if each.resource_type == resource_types[0]:
            tags += each.tags
    return merged([], tags)


def merged(old: Sequence[Tag], new: Sequence[Tag]) -> list[Tag]:
    """A resource's tags after some were set. Raises for keys and values that AWS does not take, and for too many."""
    for tag in new:
        _check(tag)
    if len({tag.key for tag in new}) != len(new):
        twice = next(tag.key for tag in new if sum(other.key == tag.key for other in new) > 1)
        raise errors.InvalidParameterValue(reason=f"Duplicate tag key '{twice}' specified.")
    tags = {tag.key: tag for tag in (*old, *new)}
    if sum(not key.startswith("aws:") for key in tags) > _MOST_TAGS:
        raise errors.TagLimitExceeded()
    return list(tags.values())


def _check(tag: Tag) -> None:
    if not tag.key:
        raise errors.InvalidParameterValue(reason="Tag key cannot be empty.")
    if tag.key.lower().startswith("aws:"):
        raise errors.InvalidParameterValue(
            reason=f"Value ( {tag.key} ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved "
            "for internal use"
        )
    if len(tag.key) > _LONGEST_KEY:
        raise errors.InvalidParameterValue(reason=f"Tag key exceeds the maximum length of {_LONGEST_KEY} characters")
    if len(tag.value) > _LONGEST_VALUE:
        raise errors.InvalidParameterValue(
            reason=f"Tag value exceeds the maximum length of {_LONGEST_VALUE} characters"
        )


def _found(ctx: Context, resource_id: str) -> Tagged:
    """The resource of any kind. Raises `InvalidID`, or the absence of its kind."""
    kind = kind_of(resource_id)
    if kind is None:
        raise errors.InvalidId(id=resource_id)
    record = ctx.get(kind, resource_id)
    if record is None:
        raise kind.absent(named=f" '{resource_id}' does")
    return record


@operation(on=on("resources"))
def create_tags(ctx: Context, resources: Sequence[str], tags: Sequence[Tag]) -> None:
    for resource_id in dict.fromkeys(resources):
        record = _found(ctx, resource_id)
        record.tags = merged(record.tags, tags)
        ctx.put(record)


class Untag(Tag):
    """A tag to be removed: with a value, only where it has that value."""

    value: str | None = None  # type: ignore[assignment]  # absent and empty differ here and nowhere else


@operation(on=on("resources"))
def delete_tags(ctx: Context, resources: Sequence[str], tags: Sequence[Untag] = ()) -> None:
    if any(tag.key.lower().startswith("aws:") for tag in tags):
        raise errors.InvalidParameterValue(reason="Tag keys starting with 'aws:' are reserved for internal use")
    for resource_id in dict.fromkeys(resources):
        record = _found(ctx, resource_id)
        if tags:
            record.tags = [tag for tag in record.tags if not any(_meant(tag, removed) for removed in tags)]
        else:
            record.tags = [tag for tag in record.tags if tag.key.startswith("aws:")]
        ctx.put(record)


def _meant(tag: Tag, removed: Untag) -> bool:
    return tag.key == removed.key and (removed.value is None or tag.value == removed.value)


_FILTERS: Filters = {
    "key": lambda item: item["key"],
    "resource-id": lambda item: item["resource_id"],
    "resource-type": lambda item: item["resource_type"],
    "value": lambda item: item["value"],
}


@operation(on="*", read=True)
def describe_tags(ctx: Context, filters: Sequence[Filter] = ()) -> object:
    passes = matcher(filters, {**_FILTERS, **_by_key(filters)})
    ids = only_values(filters, "resource-id")
    if ids is not None:
        return {"tags": _of_resources(ctx, sorted(set(ids)), passes)}
    types = only_values(filters, "resource-type")
    kinds = KINDS.values() if types is None else [kind for one in types if (kind := kind_named(one)) is not None]
    return {"tags": chain(*(_of_kind(ctx, kind, passes) for kind in sorted(kinds, key=lambda kind: kind.prefix)))}


def _by_key(filters: Sequence[Filter]) -> Filters:
    """`tag:KEY` here means the tag of that key itself."""
    names = [each.name for each in filters if each.name.startswith("tag:")]

    def reader(name: str) -> Callable[[Any], str | None]:
        return lambda item: item["value"] if item["key"] == name.removeprefix("tag:") else None

    return {name: reader(name) for name in names}


def _items(record: Tagged) -> Iterator[tuple[bytes, dict[str, str]]]:
    for tag in sorted(record.tags, key=lambda tag: tag.key):
        yield (
            tag.key.encode(),
            {
                "key": tag.key,
                "value": tag.value,
                "resource_id": record.id,
                "resource_type": record.resource_type,
            },
        )


def _of_resources(ctx: Context, ids: Sequence[str], passes: Callable[[Any], bool]) -> Page:
    """The tags of resources that the caller names; those that are not there have none."""

    def start(after: bytes) -> Iterator[tuple[bytes, Any]]:
        for resource_id in ids:
            kind = kind_of(resource_id)
            record = ctx.get(kind, resource_id) if kind is not None else None
            for position, item in _items(record) if record is not None else ():
                place = resource_id.encode() + b"\0" + position
                if place > after and passes(item):
                    yield place, item

    return Page(start)


def _of_kind(ctx: Context, kind: type[Tagged], passes: Callable[[Any], bool]) -> Page:
    """The tags of all resources of a kind, in order of their ids."""

    def start(after: bytes) -> Iterator[tuple[bytes, Any]]:
        for record in ctx.scan(kind):
            for position, item in _items(record):
                place = record.id.encode() + b"\0" + position
                if place > after and passes(item):
                    yield place, item

    return Page(start)
