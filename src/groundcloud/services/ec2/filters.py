"""EC2's filters: names and values with wildcards, over what a Describe call lists.

Each list declares its filters as functions of the record. Source: "List and filter your resources" in the EC2 user
guide: values are alternatives, filters must all hold, `*` and `?` are wildcards, a backslash takes their meaning away,
and values tell capitals from small letters.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from groundcloud.context import Context
from groundcloud.paging import Page, page_of
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.common import Tagged, find_all
from groundcloud.store import Part

R = TypeVar("R", bound=Tagged)
Value = str | int | bool | None | Iterable[str | int | None]
Filters = Mapping[str, Callable[[Any], Value]]
"""By the filter's name: what a record has there. A function of records, never of the request."""

_MOST_VALUES = 200


class Filter(Part):
    name: str = ""
    values: list[str] = []


@lru_cache(maxsize=1024)
def pattern(value: str) -> Callable[[str], object]:
    """A function that says whether a text is meant by a filter's value."""
    if "*" not in value and "?" not in value and "\\" not in value:
        return value.__eq__
    parts = re.findall(r"\\.|.", value, re.DOTALL)
    return re.compile("".join(_expression(part) for part in parts), re.DOTALL).fullmatch


def _expression(part: str) -> str:
    if len(part) == 2:
        return re.escape(part[1])
    return {"*": ".*", "?": "."}.get(part) or re.escape(part)


def texts(value: Value) -> Iterator[str]:
    """What a record has, as filters are compared with it."""
    if value is None:
        return
    if isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, (str, int)):
        yield str(value)
    else:
        for one in value:
            if one is not None:
                yield str(one)


def matcher(filters: Sequence[Filter], known: Filters) -> Callable[[Any], bool]:
    """Whether a record passes. Raises `InvalidParameterValue` for a filter that this list does not have."""
    if sum(len(each.values) for each in filters) > _MOST_VALUES:
        raise errors.FilterLimitExceeded()
    tests = [(_reader(each.name, known), [pattern(value) for value in each.values]) for each in filters]

    def passes(record: Any) -> bool:
        return all(any(wanted(text) for text in texts(read(record)) for wanted in patterns) for read, patterns in tests)

    return passes


def _reader(name: str, known: Filters) -> Callable[[Any], Value]:
    if name in known:
        return known[name]
    if name == "tag-key":
        return lambda record: [tag.key for tag in record.tags]
    if name == "tag-value":
        return lambda record: [tag.value for tag in record.tags]
    if name.startswith("tag:"):
        key = name.removeprefix("tag:")
        return lambda record: [tag.value for tag in record.tags if tag.key == key]
    raise errors.UnknownFilter(name=name or "null")


def only_values(filters: Sequence[Filter], name: str) -> list[str] | None:
    """The plain values of a filter, for reading by an index; None where it is absent or has wildcards."""
    for each in filters:
        if each.name == name and each.values and not any(set(value) & set("*?\\") for value in each.values):
            return each.values
    return None


def listed(
    ctx: Context,
    kind: type[R],
    ids: Sequence[str],
    filters: Sequence[Filter],
    known: Filters,
    *,
    indexes: Mapping[str, str] | None = None,
    each: Callable[[R], Any] | None = None,
) -> Page:
    """A Describe call's list: the records of these ids, or all, that pass the filters.

    `indexes` says which filters an index answers (`{"vpc-id": "by_vpc"}`), `each` turns records into items. Raises the
    kind's absence, `InvalidParameterValue`.
    """
    passes = matcher(filters, known)
    if ids:
        return _page((record for record in find_all(ctx, kind, ids) if passes(record)), each)
    for name, index in (indexes or {}).items():
        values = only_values(filters, name)
        if values is not None:
            found = (record for value in dict.fromkeys(values) for record in ctx.scan(kind, value, index=index))
            return _page({record.id: record for record in found if passes(record)}.values(), each)
    return ctx.page(kind, where=passes, each=each)


def _page(records: Iterable[R], each: Callable[[R], Any] | None) -> Page:
    keyed = [(record.id, record if each is None else each(record)) for record in records]
    page = page_of(keyed, lambda pair: pair[0])
    return Page(lambda after: ((position, pair[1]) for position, pair in page.start(after)))


_NEVER_WITH_MAX_RESULTS = ("instance_ids", "network_interface_ids", "volume_ids")
"""botocore's model: "You cannot specify this parameter and the ... IDs parameter in the same request."."""


def check_max_results(ctx: Context, value: int, arguments: Mapping[str, Any]) -> None:
    """`MaxResults` of any Describe call."""
    for name in _NEVER_WITH_MAX_RESULTS:
        if arguments.get(name):
            member = name.split("_")[0] + "".join(word.capitalize() for word in name.split("_")[1:])
            raise errors.InvalidParameterCombination(
                reason=f"The parameter {member} cannot be used with the parameter maxResults"
            )
    if value < 5:
        raise errors.InvalidParameterValue(
            reason=f"Value ( {value} ) for parameter maxResults is invalid. "
            "Expecting a value greater than or equal to 5."
        )
