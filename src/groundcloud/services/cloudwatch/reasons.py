"""How an alarm says why it is in its state: StateReason for people, StateReasonData for programs."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from groundcloud.services.cloudwatch.evaluation import ALARM, BANDS, COMPARISONS, INSUFFICIENT, Verdict
from groundcloud.services.cloudwatch.records import Alarm

_WORDS = {
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "GreaterThanThreshold": "greater than",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}


class Value(NamedTuple):
    """A data point that was looked at: the beginning of its period, its value, and how many samples it has."""

    at: int
    value: float
    samples: float | None = None
    band: tuple[float, float] | None = None
    """The lower and the upper bound that were expected, for alarms by a band."""


def iso(moment: datetime) -> str:
    """`2026-11-22T05:00:00.000+0000`."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}+0000"


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def reason(alarm: Alarm, verdict: Verdict, used: Sequence[Value], state: str) -> str:
    """The sentence for people. `used`: the newest first."""
    if state == INSUFFICIENT:
        count = verdict.filled or 1
        return f"Insufficient Data: {_plural(count, 'datapoint')} {'was' if count == 1 else 'were'} unknown."
    needed = alarm.datapoints_to_alarm or alarm.evaluation_periods or 1
    periods = alarm.evaluation_periods or 1
    if not used:
        treated = "Breaching" if alarm.treat_missing_data == "breaching" else "NonBreaching"
        verb = "was" if verdict.filled == 1 else "were"
        return (
            f"Threshold Crossed: no datapoints were received for {_plural(verdict.filled, 'period')} and "
            f"{_plural(verdict.filled, 'missing datapoint')} {verb} treated as [{treated}]."
        )
    wanted = verdict.breaching if state == ALARM else len(used) - verdict.breaching
    shown = [each for each in used if breaches(alarm, each) == (state == ALARM)] or list(used)
    texts = ", ".join(f"{each.value} ({datetime.fromtimestamp(each.at, UTC):%d/%m/%y %H:%M:%S})" for each in shown)
    verb = "was" if len(shown) == 1 else "were"
    negation = "" if state == ALARM else "not "
    turn = "OK -> ALARM" if state == ALARM else "ALARM -> OK"
    least = needed if state == ALARM else periods - needed + 1
    crossed = "Thresholds" if alarm.threshold_metric_id else "Threshold"
    return (
        f"{crossed} Crossed: {wanted} out of the last {_plural(periods, 'datapoint')} [{texts}] {verb} {negation}"
        f"{_threshold(alarm, shown)} (minimum {_plural(least, 'datapoint')} for {turn} transition)."
    )


def _threshold(alarm: Alarm, shown: Sequence[Value]) -> str:
    """What values were compared with, and how."""
    operator = alarm.comparison_operator or "GreaterThanThreshold"
    if alarm.threshold_metric_id is None:
        return f"{_WORDS[operator]} the threshold ({alarm.threshold})"
    bands = [each.band for each in shown if each.band is not None]
    lower = f"less than the lower thresholds [{', '.join(str(low) for low, _ in bands)}]"
    upper = f"greater than the upper thresholds [{', '.join(str(high) for _, high in bands)}]"
    words = {"LessThanLowerThreshold": lower, "GreaterThanUpperThreshold": upper}
    return words.get(operator, f"{lower} or {upper}")


def breaches(alarm: Alarm, value: Value) -> bool:
    """Whether a data point is beyond what the alarm allows."""
    if alarm.threshold_metric_id is not None:
        assert value.band is not None  # values without one are not looked at
        return BANDS[alarm.comparison_operator or ""](value.value, *value.band)
    return COMPARISONS[alarm.comparison_operator or "GreaterThanThreshold"](value.value, alarm.threshold or 0.0)


def reason_data(alarm: Alarm, used: Sequence[Value], now: datetime) -> str:
    """The document for programs."""
    document: dict[str, object] = {"version": "1.0", "queryDate": iso(now)}
    if used:
        document["startDate"] = iso(datetime.fromtimestamp(used[-1].at, UTC))
    if alarm.unit:
        document["unit"] = alarm.unit
    if alarm.statistic or alarm.extended_statistic:
        document["statistic"] = alarm.statistic or alarm.extended_statistic
    document |= {
        "period": alarm.period or _period_of(alarm),
        "recentDatapoints": [each.value for each in reversed(used)],
        "threshold": alarm.threshold,
        "evaluatedDatapoints": [
            {
                "timestamp": iso(datetime.fromtimestamp(each.at, UTC)),
                **({"sampleCount": each.samples} if each.samples is not None else {}),
                "value": each.value,
            }
            for each in used
        ],
    }
    return json.dumps(document, separators=(",", ":"))


def _period_of(alarm: Alarm) -> int:
    return next((each.metric_stat.period for each in alarm.metrics or () if each.metric_stat is not None), 60)
