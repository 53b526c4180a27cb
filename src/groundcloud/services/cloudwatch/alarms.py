"""Metric alarms and composite ones: PutMetricAlarm, PutCompositeAlarm, DeleteAlarms, SetAlarmState, their actions."""

import json
from collections.abc import Sequence

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.resource import Resource
from groundcloud.services.cloudwatch import actions, alarm_rules, rules, states
from groundcloud.services.cloudwatch.errors import InvalidFormat, ValidationError
from groundcloud.services.cloudwatch.history import note
from groundcloud.services.cloudwatch.parts import Dimension, MetricDataQuery, Tag
from groundcloud.services.cloudwatch.records import Alarm, Parent


def on_alarm(ctx: Context, alarm_name: str) -> Resource:
    found = ctx.get(Alarm, alarm_name)
    return Resource(ctx.arn(f"alarm:{alarm_name}"), tags=found.tags if found is not None else None)


def on_alarms(ctx: Context, alarm_names: Sequence[str]) -> list[Resource]:
    return [on_alarm(ctx, name) for name in alarm_names] or [Resource(ctx.arn("alarm:*"))]


@operation(on=on_alarm)
def put_metric_alarm(
    ctx: Context,
    alarm_name: str,
    alarm_description: str | None = None,
    actions_enabled: bool = True,
    ok_actions: Sequence[str] = (),
    alarm_actions: Sequence[str] = (),
    insufficient_data_actions: Sequence[str] = (),
    metric_name: str | None = None,
    namespace: str | None = None,
    statistic: str | None = None,
    extended_statistic: str | None = None,
    dimensions: Sequence[Dimension] = (),
    period: int | None = None,
    unit: str | None = None,
    evaluation_periods: int | None = None,
    datapoints_to_alarm: int | None = None,
    threshold: float | None = None,
    comparison_operator: str | None = None,
    treat_missing_data: str | None = None,
    evaluate_low_sample_count_percentile: str | None = None,
    metrics: Sequence[MetricDataQuery] = (),
    threshold_metric_id: str | None = None,
    tags: Sequence[Tag] = (),
) -> None:
    alarm = _begin(ctx, alarm_name, tags, composite=False)
    alarm.alarm_description, alarm.actions_enabled = alarm_description, actions_enabled
    alarm.ok_actions, alarm.alarm_actions = list(ok_actions), list(alarm_actions)
    alarm.insufficient_data_actions = list(insufficient_data_actions)
    alarm.metric_name, alarm.namespace = metric_name, namespace
    alarm.statistic, alarm.extended_statistic = statistic, extended_statistic
    alarm.dimensions, alarm.period, alarm.unit = list(dimensions), period, unit
    alarm.evaluation_periods, alarm.datapoints_to_alarm = evaluation_periods, datapoints_to_alarm
    alarm.threshold, alarm.threshold_metric_id = threshold, threshold_metric_id
    alarm.comparison_operator, alarm.treat_missing_data = comparison_operator, treat_missing_data
    alarm.evaluate_low_sample_count_percentile = evaluate_low_sample_count_percentile
    alarm.metrics = list(metrics) or None
    alarm_rules.check(alarm)
    _check_actions(alarm, "PutMetricAlarm")
    _finish(ctx, alarm)


@operation(on=on_alarm)
def put_composite_alarm(
    ctx: Context,
    alarm_name: str,
    alarm_rule: str,
    alarm_description: str | None = None,
    actions_enabled: bool = True,
    ok_actions: Sequence[str] = (),
    alarm_actions: Sequence[str] = (),
    insufficient_data_actions: Sequence[str] = (),
    tags: Sequence[Tag] = (),
) -> None:
    alarm = _begin(ctx, alarm_name, tags, composite=True)
    children = _children(ctx, alarm_name, alarm_rule)
    alarm.alarm_rule = alarm_rule
    alarm.alarm_description, alarm.actions_enabled = alarm_description, actions_enabled
    alarm.ok_actions, alarm.alarm_actions = list(ok_actions), list(alarm_actions)
    alarm.insufficient_data_actions = list(insufficient_data_actions)
    _check_actions(alarm, "PutCompositeAlarm")
    _unlink(ctx, alarm_name)
    for child in children:
        ctx.put(Parent(ctx.account, ctx.region, child, alarm_name))
    _finish(ctx, alarm)
    states.follow(ctx, alarm)


def _begin(ctx: Context, name: str, tags: Sequence[Tag], composite: bool) -> Alarm:
    """The alarm as it is, to be overwritten, or a new one. Tags count when it is made."""
    now = ctx.world.clock()
    found = ctx.get(Alarm, name)
    if found is None:
        made = Alarm(ctx.account, ctx.region, name, ctx.arn(f"alarm:{name}"), now, now, now)
        made.tags = {tag.key: tag.value for tag in tags}
        return made
    if found.composite != composite:
        kind = "MetricAlarm" if composite else "CompositeAlarm"
        raise ValidationError(reason=f"An alarm with the name {name} exists already, and is of type {kind}.")
    return found


def _finish(ctx: Context, alarm: Alarm) -> None:
    now = ctx.world.clock()
    new = ctx.get(Alarm, alarm.alarm_name) is None
    alarm.alarm_configuration_updated_timestamp = now
    alarm.held_until = 0.0
    ctx.put(alarm)
    kind = "Create" if new else "Update"
    summary = f'Alarm "{alarm.alarm_name}" {"created" if new else "updated"}'
    note(ctx.tx, alarm, now, "ConfigurationUpdate", summary[:255], {"version": "1.0", "type": kind})


def _check_actions(alarm: Alarm, name: str) -> None:
    dimensions = [each.name for each in alarm.dimensions]
    for member, arns in (
        ("OKActions", alarm.ok_actions), ("AlarmActions", alarm.alarm_actions),
        ("InsufficientDataActions", alarm.insufficient_data_actions),
    ):  # fmt: skip
        actions.check(arns, member, name, alarm.composite, dimensions)


def _children(ctx: Context, name: str, text: str) -> list[str]:
    """The alarms of a rule, all of which exist, and none of which looks at this one."""
    try:
        children = rules.children(rules.parse(text))
    except rules.MalformedRule as error:
        raise ValidationError(reason=f"Error: Invalid alarm rule expression: {error}") from error
    if missing := [child for child in children if not ctx.exists(Alarm, child) and child != name]:
        listed = ", ".join(missing)
        raise ValidationError(
            reason=f"Could not save the composite alarm as alarms [{listed}] in the alarm rule do not exist"
        )
    seen, waiting = set[str](), list(children)
    while waiting:
        child = waiting.pop()
        if child == name:
            raise ValidationError(reason=f"Could not save the composite alarm: its rule leads back to {name}")
        found = None if child in seen else ctx.get(Alarm, child)
        seen.add(child)
        if found is not None and found.composite:
            waiting += rules.children(rules.parse(found.alarm_rule or "FALSE"))
    return children


def _unlink(ctx: Context, name: str) -> None:
    """Let no alarm have this composite one as its parent any more."""
    found = ctx.get(Alarm, name)
    for child in rules.children(rules.parse(found.alarm_rule)) if found is not None and found.alarm_rule else ():
        known = ctx.get(Parent, child, name)
        if known is not None:
            ctx.delete(known)


@operation(on=on_alarms)
def delete_alarms(ctx: Context, alarm_names: Sequence[str]) -> None:
    """All or none. A composite alarm goes alone (DeleteAlarms in the API reference)."""
    found = [ctx.find(Alarm, name) for name in alarm_names]
    if len(found) > 1 and sum(alarm.composite for alarm in found) > 1:
        raise ValidationError(reason="You can delete one composite alarm at a time")
    now = ctx.world.clock()
    for alarm in found:
        _unlink(ctx, alarm.alarm_name)
        ctx.delete(alarm)
        data = {"version": "1.0", "type": "Delete"}
        note(ctx.tx, alarm, now, "ConfigurationUpdate", f'Alarm "{alarm.alarm_name}" deleted'[:255], data)


@operation(on=on_alarm)
def set_alarm_state(
    ctx: Context, alarm_name: str, state_value: str, state_reason: str, state_reason_data: str | None = None
) -> None:
    """It lasts until the next evaluation."""
    alarm = ctx.find(Alarm, alarm_name)
    if state_reason_data:
        try:
            json.loads(state_reason_data)
        except ValueError as error:
            raise InvalidFormat(reason="The StateReasonData is not valid JSON.") from error
    alarm.held_until = alarm_rules.next_tick(alarm, ctx.world.clock().timestamp())
    states.turn(ctx, alarm, state_value, state_reason, state_reason_data or None)


@operation(on=on_alarms)
def enable_alarm_actions(ctx: Context, alarm_names: Sequence[str]) -> None:
    _switch(ctx, alarm_names, True)


@operation(on=on_alarms)
def disable_alarm_actions(ctx: Context, alarm_names: Sequence[str]) -> None:
    _switch(ctx, alarm_names, False)


def _switch(ctx: Context, names: Sequence[str], on: bool) -> None:
    """Names of no alarm are passed over, as on AWS."""
    for name in names:
        alarm = ctx.get(Alarm, name)
        if alarm is not None and alarm.actions_enabled != on:
            alarm.actions_enabled = on
            alarm.alarm_configuration_updated_timestamp = ctx.world.clock()
            ctx.put(alarm)
