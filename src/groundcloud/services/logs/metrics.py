"""Metric filters: what they take from events becomes data points of a metric.

The points go to the engine `metrics`, which CloudWatch is; without one, filters are kept and can be tested, and nothing
is counted. Source: "Creating metrics from log events using filters" in the CloudWatch Logs guide.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.logs import errors
from groundcloud.services.logs.names import find_group, milliseconds, named, on_group, plane, resource
from groundcloud.services.logs.pages import page
from groundcloud.services.logs.patterns import InvalidPattern, Pattern, compile_pattern
from groundcloud.services.logs.records import LogGroup, MetricFilter, MetricTransformation
from groundcloud.store import Transaction

_MOST_FILTERS = 100
_MOST_DIMENSIONS = 3


class Point(NamedTuple):
    """One value of a metric."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    timestamp: int
    """Milliseconds since 1970."""
    value: float
    unit: str


class Metrics(Protocol):
    """Where values go: the engine `metrics`."""

    def publish(self, account: str, region: str, points: Sequence[Point]) -> None:
        """Take values. It must not block and raises nothing."""
        ...


def pattern_of(text: str) -> Pattern:
    """Raises `InvalidParameterException`."""
    try:
        return compile_pattern(text)
    except InvalidPattern as error:
        raise errors.invalid(str(error)) from error


@operation(on=on_group)
async def put_metric_filter(
    ctx: Context,
    log_group_name: str,
    filter_name: str,
    filter_pattern: str,
    metric_transformations: Sequence[MetricTransformation],
) -> None:
    pattern_of(filter_pattern)
    for each in metric_transformations:
        _check(each, filter_pattern)
    owner = named(ctx, log_group_name)
    now = milliseconds(ctx)

    def work(tx: Transaction) -> None:
        group = find_group(tx, owner)
        old = tx.get(MetricFilter, *owner, filter_name)
        if old is None:
            if group.metric_filter_count >= _MOST_FILTERS:
                raise errors.LimitExceeded(reason="Resource limit exceeded.")
            group.metric_filter_count += 1
            tx.put(group)
        made = old.creation_time if old is not None else now
        tx.put(MetricFilter(*owner, filter_name, filter_pattern, list(metric_transformations), made))

    await plane(ctx).submit(work)


def _check(wanted: MetricTransformation, filter_pattern: str) -> None:
    """Raises `InvalidParameterException`."""
    if wanted.dimensions:
        if wanted.default_value is not None:
            raise errors.invalid("Invalid metric transformation: dimensions and default value are mutually exclusive.")
        if len(wanted.dimensions) > _MOST_DIMENSIONS:
            raise errors.invalid("Invalid metric transformation: at most 3 dimensions are allowed.")
        if filter_pattern.strip()[:1] not in ("{", "["):
            raise errors.invalid(
                "Invalid metric transformation: dimensions are supported for JSON and space-delimited patterns only."
            )
    if not wanted.metric_value.startswith("$") and _number(wanted.metric_value) is None:
        raise errors.invalid(
            f"Invalid metric transformation: metricValue '{wanted.metric_value}' is neither a number nor a selector."
        )


@operation(on=on_group)
async def delete_metric_filter(ctx: Context, log_group_name: str, filter_name: str) -> None:
    owner = named(ctx, log_group_name)

    def work(tx: Transaction) -> None:
        group = find_group(tx, owner)
        found = tx.get(MetricFilter, *owner, filter_name)
        if found is None:
            raise errors.FilterNotFound()
        tx.delete(found)
        group.metric_filter_count -= 1
        tx.put(group)

    await plane(ctx).submit(work)


def _on_filters(ctx: Context, log_group_name: str) -> Resource:
    return resource(ctx, named(ctx, log_group_name) if log_group_name else (ctx.account, ctx.region, ""))


@operation(on=_on_filters, read=True, page_size=50)
def describe_metric_filters(
    ctx: Context,
    log_group_name: str = "",
    filter_name_prefix: str = "",
    metric_name: str = "",
    metric_namespace: str = "",
) -> object:
    if bool(metric_name) != bool(metric_namespace):
        raise errors.invalid("metricName and metricNamespace must be specified together.")
    if log_group_name:
        with plane(ctx).snapshot() as tx:
            find_group(tx, named(ctx, log_group_name))

    def wanted(each: MetricFilter) -> bool:
        return not metric_name or any(
            (one.metric_name, one.metric_namespace) == (metric_name, metric_namespace)
            for one in each.metric_transformations
        )

    prefix = named(ctx, log_group_name) if log_group_name else (ctx.account, ctx.region)
    return {
        "metric_filters": page(
            ctx,
            MetricFilter,
            *prefix,
            begins=filter_name_prefix,
            name=lambda each: each.filter_name,
            where=wanted,
            index="" if log_group_name else "by_name",
        )
    }


@operation(on="*", read=True)
def test_metric_filter(ctx: Context, filter_pattern: str, log_event_messages: Sequence[str]) -> object:
    pattern = pattern_of(filter_pattern)
    matches = []
    for number, message in enumerate(log_event_messages, 1):
        found = pattern.match(message)
        if found is not None:
            matches.append({"event_number": number, "event_message": message, "extracted_values": found})
    return {"matches": matches}


def publish(ctx: Context, group: LogGroup, timestamps: Sequence[int], messages: Sequence[str]) -> None:
    """Give what the group's filters take from new events to CloudWatch."""
    sink: Metrics | None = ctx.world.engines.get("metrics")
    if sink is None or not messages:
        return
    with plane(ctx).snapshot() as tx:
        filters = list(tx.scan(MetricFilter, group.account, group.region, group.log_group_name))
    points = [point for each in filters for point in points_of(each, timestamps, messages)]
    if points:
        sink.publish(group.account, group.region, points)


def points_of(wanted: MetricFilter, timestamps: Sequence[int], messages: Sequence[str]) -> Iterator[Point]:
    """The values of one filter: one for each event that it takes, and the default once for a batch that has none."""
    pattern = compile_pattern(wanted.filter_pattern)
    taken = [
        (timestamp, message)
        for timestamp, message in zip(timestamps, messages, strict=True)
        if pattern.match(message) is not None
    ]
    for each in wanted.metric_transformations:
        if not taken and each.default_value is not None:
            yield Point(each.metric_namespace, each.metric_name, {}, timestamps[-1], each.default_value, _unit(each))
        for timestamp, message in taken:
            text = each.metric_value
            value = _number(pattern.value(message, text) if text.startswith("$") else text)
            dimensions = {name: pattern.value(message, selector) for name, selector in (each.dimensions or {}).items()}
            known = {name: shown for name, shown in dimensions.items() if shown is not None}
            if value is not None and len(known) == len(dimensions):
                yield Point(each.metric_namespace, each.metric_name, known, timestamp, value, _unit(each))


def _unit(wanted: MetricTransformation) -> str:
    return wanted.unit or "None"


def _number(text: Any) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None
