import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud import TestCloud

ALARM: dict[str, Any] = {
    "AlarmName": "busy", "Namespace": "Site", "MetricName": "Load", "Statistic": "Average", "Period": 60,
    "EvaluationPeriods": 1, "Threshold": 50, "ComparisonOperator": "GreaterThanThreshold",
}  # fmt: skip


@pytest.fixture()
def alarm(cloudwatch: Any) -> Callable[..., None]:
    return lambda **members: cloudwatch.put_metric_alarm(**{**ALARM, **members})


@pytest.fixture()
def state(cloudwatch: Any) -> Callable[..., str]:
    def work(name: str = "busy") -> str:
        found = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        [shown] = found["MetricAlarms"] + found["CompositeAlarms"]
        return shown["StateValue"]

    return work


def test_a_new_alarm_has_insufficient_data(cloudwatch, alarm, state):
    alarm()
    assert state() == "INSUFFICIENT_DATA"
    [shown] = cloudwatch.describe_alarms()["MetricAlarms"]
    assert shown["StateReason"] == "Unchecked: Initial alarm creation"
    assert shown["AlarmArn"].endswith(":alarm:busy")
    assert shown["ActionsEnabled"] is True
    assert shown["OKActions"] == []


def test_an_alarm_turns_with_the_minute_and_back(cloud: TestCloud, cloudwatch, alarm, state, put, control):
    alarm()
    put(99)
    control()
    assert state() == "INSUFFICIENT_DATA"
    cloud.clock.advance(seconds=60)
    control()
    assert state() == "ALARM"
    [shown] = cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"]
    at = cloud.clock().replace(minute=0, second=0)
    assert shown["StateReason"] == (
        f"Threshold Crossed: 1 out of the last 1 datapoint [99.0 ({at:%d/%m/%y %H:%M:%S})] was greater than the "
        "threshold (50.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )
    data = json.loads(shown["StateReasonData"])
    assert data["recentDatapoints"] == [99.0]
    assert data["evaluatedDatapoints"][0]["sampleCount"] == 1.0
    put(1)
    cloud.clock.advance(seconds=60)
    control()
    assert state() == "OK"


def test_data_that_come_late_turn_an_alarm_at_once(cloud: TestCloud, alarm, state, put, control):
    alarm()
    control()
    cloud.clock.advance(seconds=5)
    put(99, ago=60)
    control()
    assert state() == "ALARM"


def test_an_alarm_of_ten_seconds_turns_after_ten_seconds(cloud: TestCloud, alarm, state, put, control):
    alarm(Period=10)
    control()
    put(99, StorageResolution=1)
    cloud.clock.advance(seconds=10)
    control()
    assert state() == "ALARM"


def test_a_state_that_was_set_lasts_until_the_next_evaluation(cloud: TestCloud, cloudwatch, alarm, state, put, control):
    alarm()
    put(1, ago=60)
    control()
    assert state() == "OK"
    cloudwatch.set_alarm_state(AlarmName="busy", StateValue="ALARM", StateReason="a rehearsal")
    control()
    assert state() == "ALARM"
    cloud.clock.advance(seconds=60)
    control()
    assert state() == "OK"
    items = cloudwatch.describe_alarm_history(AlarmName="busy", HistoryItemType="StateUpdate")["AlarmHistoryItems"]
    assert [item["HistorySummary"] for item in items] == [
        "Alarm updated from ALARM to OK",
        "Alarm updated from OK to ALARM",
        "Alarm updated from INSUFFICIENT_DATA to OK",
    ]


def test_a_changed_alarm_keeps_its_state(alarm, state, put, control):
    alarm()
    put(1, ago=60)
    control()
    alarm(Threshold=40)
    assert state() == "OK"
