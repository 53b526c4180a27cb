"""What an alarm may ask for, and when it is evaluated. Source: PutMetricAlarm in the API reference."""

import re

from groundcloud.services.cloudwatch.errors import InvalidParameterCombination, MissingParameter, ValidationError
from groundcloud.services.cloudwatch.evaluation import BANDS, COMPARISONS, TREATMENTS, Rule
from groundcloud.services.cloudwatch.records import Alarm
from groundcloud.services.cloudwatch.statistics import UnknownStatistic, statistic

_DAY, _WEEK = 86400, 7 * 86400
_SEARCH = re.compile(r"\bSEARCH\s*\(", re.IGNORECASE)
_ID = re.compile(r"[a-z][A-Za-z0-9_]{0,254}")


def check(alarm: Alarm) -> None:
    """Raises `ValidationError` and others."""
    _check_threshold(alarm)
    if alarm.evaluation_periods is None:
        raise MissingParameter(reason="The parameter EvaluationPeriods is required.")
    if alarm.datapoints_to_alarm is not None and alarm.datapoints_to_alarm > alarm.evaluation_periods:
        raise ValidationError(reason="DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    if alarm.treat_missing_data is not None and alarm.treat_missing_data not in TREATMENTS:
        raise ValidationError(
            reason=f"Invalid value '{alarm.treat_missing_data}' for TreatMissingData: must be one of "
            + ", ".join(TREATMENTS)
        )
    if alarm.evaluate_low_sample_count_percentile not in (None, "evaluate", "ignore"):
        raise ValidationError(
            reason=f"Option {alarm.evaluate_low_sample_count_percentile} is not supported. Supported options for "
            "parameter EvaluateLowSampleCountPercentile are evaluate and ignore."
        )
    if alarm.metrics:
        _check_metrics(alarm)
    else:
        _check_metric(alarm)
    period = period_of(alarm)
    if alarm.evaluation_periods * period > (_WEEK if period >= 3600 else _DAY):
        raise ValidationError(reason="Metrics cannot be checked across more than a day (EvaluationPeriods * Period "
            "must be <= 86400), or a week for periods of an hour and more.")  # fmt: skip


def _check_threshold(alarm: Alarm) -> None:
    """A number, or the band of an anomaly detector; each has comparisons of its own."""
    known = (*COMPARISONS, *BANDS)
    if alarm.comparison_operator not in known:
        raise ValidationError(
            reason="ComparisonOperator must be one of " + ", ".join(known)
            if alarm.comparison_operator
            else "ComparisonOperator must be specified"
        )
    if (alarm.threshold is None) == (alarm.threshold_metric_id is None):
        raise ValidationError(reason="Exactly one element of Threshold and ThresholdMetricId must be specified")
    if (alarm.comparison_operator in BANDS) != (alarm.threshold_metric_id is not None):
        raise ValidationError(
            reason=f"ComparisonOperator {alarm.comparison_operator} is for "
            + ("anomaly detection models" if alarm.threshold_metric_id is None else "static thresholds")
            + " only."
        )


def _check_metric(alarm: Alarm) -> None:
    for name in ("metric_name", "namespace", "period"):
        if getattr(alarm, name) is None:
            shown = "".join(word.title() for word in name.split("_"))
            raise MissingParameter(reason=f"The parameter {shown} is required.")
    if (alarm.statistic is None) == (alarm.extended_statistic is None):
        raise InvalidParameterCombination(reason="Exactly one of Statistic and ExtendedStatistic must be specified")
    _check_statistic(alarm.statistic or alarm.extended_statistic or "")
    _check_period(alarm.period or 0)


def _check_statistic(name: str) -> None:
    try:
        statistic(name)
    except UnknownStatistic as error:
        raise ValidationError(reason=f"The value {name} for parameter ExtendedStatistic is not supported.") from error


def _check_period(period: int) -> None:
    if period not in (10, 20, 30) and (period % 60 or not period):
        raise ValidationError(reason="Period must be 10, 20, 30 or a multiple of 60")


def _check_metrics(alarm: Alarm) -> None:
    if alarm.metric_name or alarm.namespace or alarm.statistic or alarm.period or alarm.dimensions:
        raise ValidationError(
            reason="The parameter MetricName, Namespace, Statistic, Period or Dimensions cannot be used with Metrics"
        )
    metrics = alarm.metrics or []
    band = next((each for each in metrics if each.id == alarm.threshold_metric_id), None)
    if alarm.threshold_metric_id and (band is None or "ANOMALY_DETECTION_BAND" not in (band.expression or "")):
        raise ValidationError(reason="ThresholdMetricId must be the id of an ANOMALY_DETECTION_BAND expression.")
    if sum(each.return_data is not False for each in metrics if each is not band) != 1:
        raise ValidationError(reason="Exactly one element of the metrics list should return data.")
    if len({each.id for each in metrics}) < len(metrics) or not all(_ID.fullmatch(each.id) for each in metrics):
        raise ValidationError(reason="The ids of Metrics must differ, and begin with a lower-case letter.")
    for each in metrics:
        if (each.metric_stat is None) == (each.expression is None):
            raise ValidationError(reason=f"Exactly one of MetricStat and Expression must be specified for {each.id}.")
        if _SEARCH.search(each.expression or ""):
            raise ValidationError(reason="SEARCH is not supported on Metric Alarms.")
        if each.metric_stat is not None:
            _check_statistic(each.metric_stat.stat)
            _check_period(each.metric_stat.period)


def period_of(alarm: Alarm) -> int:
    """Seconds of one data point; for expressions the longest period of their metrics."""
    periods = [each.metric_stat.period for each in alarm.metrics or () if each.metric_stat is not None]
    periods += [each.period for each in alarm.metrics or () if each.period is not None]
    return alarm.period or max(periods, default=60)


def tick_of(alarm: Alarm) -> int:
    """Seconds between two evaluations: a minute, or ten seconds for periods that are shorter than one."""
    return 10 if not alarm.composite and period_of(alarm) < 60 else 60


def next_tick(alarm: Alarm, now: float) -> float:
    tick = tick_of(alarm)
    return (now // tick + 1) * tick


def rule_of(alarm: Alarm) -> Rule:
    periods = alarm.evaluation_periods or 1
    return Rule(periods, alarm.datapoints_to_alarm or periods, alarm.treat_missing_data or "missing")
