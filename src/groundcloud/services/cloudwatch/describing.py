"""DescribeAlarms and DescribeAlarmsForMetric."""

from collections.abc import Iterator, Sequence
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.services.cloudwatch import rules, tokens
from groundcloud.services.cloudwatch.alarms import on_alarms
from groundcloud.services.cloudwatch.parts import Dimension, pairs
from groundcloud.services.cloudwatch.records import Alarm, Parent

_PAGE = 50


@operation(on=on_alarms, read=True)
def describe_alarms(
    ctx: Context,
    alarm_names: Sequence[str] = (),
    alarm_name_prefix: str = "",
    alarm_types: Sequence[str] = (),
    children_of_alarm_name: str = "",
    parents_of_alarm_name: str = "",
    state_value: str = "",
    action_prefix: str = "",
    max_records: int = _PAGE,
    next_token: str = "",
) -> dict[str, Any]:
    """In order of their names. Without types, metric alarms only, as on AWS; unless composite ones are named."""
    types = alarm_types or ("MetricAlarm",)
    if children_of_alarm_name or parents_of_alarm_name:
        return _family(ctx, children_of_alarm_name, parents_of_alarm_name)
    answer: dict[str, Any] = {"metric_alarms": [], "composite_alarms": []}
    count, last = 0, b""
    after = tokens.opened(ctx, "DescribeAlarms", next_token)
    for position, alarm in _chosen(ctx, alarm_names, alarm_name_prefix, after):
        kind = "CompositeAlarm" if alarm.composite else "MetricAlarm"
        if kind not in types or (state_value and alarm.state_value != state_value):
            continue
        every = (*alarm.ok_actions, *alarm.alarm_actions, *alarm.insufficient_data_actions)
        if action_prefix and not any(arn.startswith(action_prefix) for arn in every):
            continue
        if count == max_records:
            return {**answer, "next_token": tokens.sealed(ctx, "DescribeAlarms", last)}
        answer["composite_alarms" if alarm.composite else "metric_alarms"].append(alarm)
        count, last = count + 1, position
    return answer


def _chosen(ctx: Context, names: Sequence[str], prefix: str, after: bytes) -> Iterator[tuple[bytes, Alarm]]:
    if names:
        for name in sorted(set(names)):
            alarm = ctx.get(Alarm, name)
            if alarm is not None and (not after or name.encode() > after):
                yield name.encode(), alarm
        return
    for position, alarm in ctx.tx.scan_from(Alarm, ctx.account, ctx.region, after=after):
        if alarm.alarm_name.startswith(prefix):
            yield position, alarm


def _family(ctx: Context, children_of: str, parents_of: str) -> dict[str, Any]:
    """The alarms that a composite one looks at, or those that look at one: name and ARN, and a child's state."""
    if children_of:
        parent = ctx.find(Alarm, children_of)
        names = rules.children(rules.parse(parent.alarm_rule)) if parent.alarm_rule else []
    else:
        ctx.find(Alarm, parents_of)
        names = [parent.alarm_name for parent in ctx.scan(Parent, parents_of)]
    found = [alarm for name in names if (alarm := ctx.get(Alarm, name)) is not None]
    fields = ("alarm_name", "alarm_arn") + (("state_value", "state_updated_timestamp") if children_of else ())
    shown = [({name: getattr(alarm, name) for name in fields}, alarm.composite) for alarm in found]
    return {
        "metric_alarms": [each for each, composite in shown if not composite],
        "composite_alarms": [each for each, composite in shown if composite],
    }


@operation(on="*", read=True)
def describe_alarms_for_metric(
    ctx: Context,
    metric_name: str,
    namespace: str,
    statistic: str | None = None,
    extended_statistic: str | None = None,
    dimensions: Sequence[Dimension] = (),
    period: int | None = None,
    unit: str | None = None,
) -> dict[str, Any]:
    wanted = pairs(dimensions)
    found = [
        alarm
        for alarm in ctx.scan(Alarm, namespace, metric_name, index="by_metric")
        if pairs(alarm.dimensions) == wanted
        and statistic in (None, alarm.statistic)
        and extended_statistic in (None, alarm.extended_statistic)
        and period in (None, alarm.period)
        and unit in (None, alarm.unit)
    ]
    return {"metric_alarms": found}
