"""What an alarm does when its state changes: topics get a message, instances are stopped, rebooted or terminated.

Source: "Amazon SNS notifications" and "Create alarms to stop, terminate, reboot, or recover an EC2 instance" in the
user guide; the shape of the message is that of AWS's alarm notifications.
"""

import json
import re
from datetime import datetime
from typing import Any

from groundcloud.context import Context
from groundcloud.errors import AwsError, ParameterNotWritten
from groundcloud.models import regions
from groundcloud.outbox import Notice
from groundcloud.services.cloudwatch.errors import ValidationError
from groundcloud.services.cloudwatch.history import note
from groundcloud.services.cloudwatch.reasons import iso
from groundcloud.services.cloudwatch.records import Alarm

SERVICE = "cloudwatch.amazonaws.com"
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(\.fifo)?")
_INSTANCE = re.compile(r"arn:aws[a-z-]*:automate:[a-z0-9-]+:ec2:(stop|terminate|reboot)")
_OF_INSTANCES = {"stop": "stop_instances", "terminate": "terminate_instances", "reboot": "reboot_instances"}
_LONGEST_SUBJECT = 100


def region_name(region: str) -> str:
    """How people call a Region: `US East (N. Virginia)`."""
    return regions().get(region, region)


def check(arns: list[str], member: str, operation: str, composite: bool, dimensions: list[str]) -> None:
    """Raises `ValidationError` for what is no ARN, `ParameterNotWritten` for a kind of action that is not there."""
    for arn in arns:
        if arn.count(":") < 5 or not arn.startswith("arn:"):
            raise ValidationError(reason=f"Invalid arn syntax: {arn}")
        if _INSTANCE.fullmatch(arn):
            if composite or "InstanceId" not in dimensions:
                raise ValidationError(
                    reason="Invalid use of EC2 'Stop', 'Terminate' or 'Reboot' action: the alarm needs a metric with "
                    "the dimension InstanceId."
                )
        elif not _TOPIC.fullmatch(arn):
            raise ParameterNotWritten(parameter=f"{member} ({arn})", service="cloudwatch", operation=operation)


def run(ctx: Context, alarm: Alarm, old: str, now: datetime) -> None:
    """Carry out the actions of the state that an alarm has turned to."""
    if not alarm.actions_enabled:
        return
    actions = {
        "OK": alarm.ok_actions, "ALARM": alarm.alarm_actions, "INSUFFICIENT_DATA": alarm.insufficient_data_actions
    }[alarm.state_value]  # fmt: skip
    for arn in actions:
        error = _to_topic(ctx, alarm, arn, old, now) if _TOPIC.fullmatch(arn) else _to_instance(ctx, alarm, arn)
        done = "Succeeded" if error is None else "Failed"
        summary = f"Successfully executed action {arn}" if error is None else f"Failed to execute action {arn}"
        data = {
            "actionState": done,
            "stateUpdateTimestamp": int(alarm.state_updated_timestamp.timestamp() * 1000),
            "notificationResource": arn,
            **({"error": error} if error is not None else {}),
        }
        note(ctx.tx, alarm, now, "Action", summary[:255], data)


def _to_topic(ctx: Context, alarm: Alarm, arn: str, old: str, now: datetime) -> str | None:
    """What kept the message from the topic; None for nothing."""
    place = region_name(alarm.region)
    subject = f'{alarm.state_value}: "{alarm.alarm_name}" in {place}'
    notice = Notice(
        service=SERVICE,
        source_arn=alarm.alarm_arn,
        source_account=alarm.account,
        message=json.dumps(message(alarm, old, now), separators=(",", ":")),
        subject=re.sub(r"[^\x20-\x7e]", "?", subject)[:_LONGEST_SUBJECT],
        as_owner=True,
        by_protocol={"email": mail(alarm, old, now)},
        group=alarm.alarm_name if arn.endswith(".fifo") else "",
        deduplication_id=f"{alarm.alarm_name}/{int(now.timestamp() * 1000)}" if arn.endswith(".fifo") else "",
    )
    if not ctx.admits(arn, notice):
        return f"CloudWatch is not authorized to perform: SNS:Publish on resource: {arn}, or it does not exist"
    ctx.notify(arn, notice)
    return None


def _to_instance(ctx: Context, alarm: Alarm, arn: str) -> str | None:
    """Acts for the account, which is what AWS's service-linked role does."""
    found = _INSTANCE.fullmatch(arn)
    assert found is not None
    instance = next(each.value for each in alarm.dimensions if each.name == "InstanceId")
    try:
        ctx.call("ec2", _OF_INSTANCES[found[1]], instance_ids=[instance])
    except (AwsError, KeyError) as error:
        return error.message if isinstance(error, AwsError) else "EC2 has no such operation"
    return None


def message(alarm: Alarm, old: str, now: datetime) -> dict[str, Any]:
    """The document that topics get."""
    document: dict[str, Any] = {
        "AlarmName": alarm.alarm_name,
        "AlarmDescription": alarm.alarm_description,
    }
    if alarm.composite:
        document |= {"AlarmRule": alarm.alarm_rule}
    document |= {
        "AWSAccountId": alarm.account,
        "AlarmConfigurationUpdatedTimestamp": iso(alarm.alarm_configuration_updated_timestamp),
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": iso(now),
        "Region": region_name(alarm.region),
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": old,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
    }
    if alarm.composite:
        return {**document, "NewStateReasonData": alarm.state_reason_data}
    return {**document, "Trigger": _trigger(alarm)}


def _trigger(alarm: Alarm) -> dict[str, Any]:
    trigger: dict[str, Any] = {}
    if alarm.metrics:
        trigger["Metrics"] = [
            {
                "Id": each.id,
                **({"Expression": each.expression} if each.expression else {}),
                **({"Label": each.label} if each.label else {}),
                "ReturnData": each.return_data is not False,
            }
            for each in alarm.metrics
        ]
    else:
        kind = "Statistic" if alarm.statistic else "ExtendedStatistic"
        # Simple statistics stand in capitals in messages, and nowhere else.
        trigger = {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "StatisticType": kind,
            kind: _CAPITALS.get(alarm.statistic or "", alarm.extended_statistic),
            "Unit": alarm.unit,
            "Dimensions": [{"value": each.value, "name": each.name} for each in alarm.dimensions],
        }
    return {
        **trigger,
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        **({"DatapointsToAlarm": alarm.datapoints_to_alarm} if alarm.datapoints_to_alarm else {}),
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        **({"ThresholdMetricId": alarm.threshold_metric_id} if alarm.threshold_metric_id else {}),
        "TreatMissingData": alarm.treat_missing_data or "missing",
        "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
    }


_CAPITALS = {
    "SampleCount": "SAMPLE_COUNT", "Average": "AVERAGE", "Sum": "SUM", "Minimum": "MINIMUM", "Maximum": "MAXIMUM"
}  # fmt: skip


def mail(alarm: Alarm, old: str, now: datetime) -> str:
    """What people get who subscribed with an e-mail address."""
    moment = f"{now:%A %d %B, %Y %H:%M:%S} UTC"
    lines = [
        f'You are receiving this email because your Amazon CloudWatch Alarm "{alarm.alarm_name}" in the '
        f"{region_name(alarm.region)} region has entered the {alarm.state_value} state, because "
        f'"{alarm.state_reason}" at "{moment}".',
        "",
        "Alarm Details:",
        f"- Name:                       {alarm.alarm_name}",
        f"- Description:                {alarm.alarm_description or ''}",
        f"- State Change:               {old} -> {alarm.state_value}",
        f"- Reason for State Change:    {alarm.state_reason}",
        f"- Timestamp:                  {moment}",
        f"- AWS Account:                {alarm.account}",
        f"- Alarm Arn:                  {alarm.alarm_arn}",
    ]
    if alarm.composite:
        lines.append(f"- Alarm Rule:                 {alarm.alarm_rule}")
    else:
        lines += _threshold(alarm)
    lines += ["", "State Change Actions:"]
    for name, actions in (
        ("OK", alarm.ok_actions), ("ALARM", alarm.alarm_actions), ("INSUFFICIENT_DATA", alarm.insufficient_data_actions)
    ):  # fmt: skip
        listed = f" [{', '.join(actions)}]" if actions else ""
        lines.append(f"- {name}:{listed}")
    return "\n".join(lines)


def _threshold(alarm: Alarm) -> list[str]:
    threshold = alarm.threshold if alarm.threshold_metric_id is None else f"(band {alarm.threshold_metric_id})"
    lines = [
        "",
        "Threshold:",
        f"- The alarm is in the ALARM state when the metric is {alarm.comparison_operator} {threshold} for at "
        f"least {alarm.datapoints_to_alarm or alarm.evaluation_periods} of the last {alarm.evaluation_periods} "
        f"period(s) of {alarm.period or 60} seconds.",
    ]
    if alarm.metric_name:
        dimensions = ", ".join(f"{each.name} = {each.value}" for each in alarm.dimensions)
        lines += [
            "",
            "Monitored Metric:",
            f"- MetricNamespace:                     {alarm.namespace}",
            f"- MetricName:                          {alarm.metric_name}",
            f"- Dimensions:                          [{dimensions}]",
            f"- Period:                              {alarm.period} seconds",
            f"- Statistic:                           {alarm.statistic or alarm.extended_statistic}",
            f"- Unit:                                {alarm.unit or 'not specified'}",
            f"- TreatMissingData:                    {alarm.treat_missing_data or 'missing'}",
        ]
    return lines
