"""Anomaly detection: the band that values are expected in, detectors, and alarms by them."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from groundcloud.services.cloudwatch.math.anomaly import band
from groundcloud.services.cloudwatch.math.values import Series

DAY = 86400
METRIC = {"Namespace": "Site", "MetricName": "Load"}
STAT = {"Id": "m1", "MetricStat": {"Metric": METRIC, "Period": 60, "Stat": "Sum"}}
BAND = {"Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)"}


def days(count, value_of, step=300):
    """Values of whole days before day 100."""
    start = (100 - count) * DAY
    return Series({at: float(value_of(at)) for at in range(start, 100 * DAY, step)}, step, "Load")


def test_the_band_follows_the_time_of_day():
    """At night 10 and by day 100, each with a little more and less."""
    known = days(7, lambda at: (100 if at % DAY >= DAY // 2 else 10) + (at // 300) % 2)
    upper, lower = band(known, [100 * DAY + 6 * 3600, 100 * DAY + 18 * 3600], 2)
    assert list(upper.points.values()) == pytest.approx([11.5, 101.5])
    assert list(lower.points.values()) == pytest.approx([9.5, 99.5])


def test_more_deviations_make_a_wider_band():
    known = days(3, lambda at: (at // 300) % 2)
    narrow, wide = (band(known, [100 * DAY], deviations)[0].points[100 * DAY] for deviations in (1, 3))
    assert (narrow, wide) == (pytest.approx(1.0), pytest.approx(2.0))


def test_nothing_is_expected_of_what_is_hardly_known():
    known = Series({99 * DAY + 60 * number: 1.0 for number in range(14)}, 60)
    assert not band(known, [100 * DAY], 2)[0].points
    known.points[99 * DAY + 60 * 20] = 1.0
    assert band(known, [100 * DAY], 2)[0].points == {100 * DAY: 1.0}


def test_what_comes_later_is_not_known_before():
    known = days(3, lambda at: 1.0)
    known.points[100 * DAY] = 1000.0
    upper, _ = band(known, [100 * DAY, 100 * DAY + 300], 2)
    assert upper.points[100 * DAY] == 1.0
    assert upper.points[100 * DAY + 300] > 1.0


@pytest.fixture()
def _history(cloud, cloudwatch):
    """An hour of 9, 10 and 11, up to now."""
    now = cloud.clock().replace(second=0)
    data = [
        {"MetricName": "Load", "Value": 9 + number % 3, "Timestamp": now - timedelta(minutes=number)}
        for number in range(1, 61)
    ]
    cloudwatch.put_metric_data(Namespace="Site", MetricData=data)


@pytest.mark.usefixtures("_history")
def test_a_query_gives_both_bounds(cloud, cloudwatch):
    now = cloud.clock().replace(second=0)
    found = cloudwatch.get_metric_data(
        MetricDataQueries=[{**STAT, "ReturnData": False}, BAND], StartTime=now - timedelta(minutes=2), EndTime=now
    )["MetricDataResults"]
    assert [(each["Id"], each["Label"]) for each in found] == [("ad1", "Load upper"), ("ad1", "Load lower")]
    assert all(11 < value < 12 for value in found[0]["Values"])
    assert all(8 < value < 9 for value in found[1]["Values"])


def alarm(cloudwatch, **members):
    cloudwatch.put_metric_alarm(
        **{
            "AlarmName": "odd",
            "EvaluationPeriods": 1,
            "Metrics": [STAT, BAND],
            "ThresholdMetricId": "ad1",
            "ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold",
            **members,
        }
    )


def state(cloudwatch):
    found = cloudwatch.describe_alarms()["MetricAlarms"][0]
    return found["StateValue"], found["StateReason"]


@pytest.mark.usefixtures("_history")
def test_an_alarm_goes_off_beyond_the_band(cloud, cloudwatch, control, put):
    alarm(cloudwatch)
    put(10)
    cloud.clock.advance(minutes=1)
    control()
    assert state(cloudwatch)[0] == "OK"
    put(50)
    cloud.clock.advance(minutes=1)
    control()
    value, reason = state(cloudwatch)
    assert value == "ALARM"
    assert reason.startswith("Thresholds Crossed: 1 out of the last 1 datapoint [50.0 ")
    assert "was less than the lower thresholds [8." in reason
    assert "or greater than the upper thresholds [11." in reason


def test_an_alarm_without_anything_learnt_has_insufficient_data(cloud, cloudwatch, control, put):
    alarm(cloudwatch)
    put(10)
    cloud.clock.advance(minutes=1)
    control()
    assert state(cloudwatch)[0] == "INSUFFICIENT_DATA"


@pytest.mark.parametrize(
    "members",
    [
        {"Threshold": 1.0},
        {"ThresholdMetricId": "m1"},
        {"ComparisonOperator": "GreaterThanThreshold"},
        {"ThresholdMetricId": "nobody"},
        {"Metrics": [{"Id": "s", "Expression": "SUM(SEARCH('{A} b', 'Sum'))"}, {**BAND, "ReturnData": False}, STAT]},
    ],
)
def test_what_does_not_go_together_is_refused(cloudwatch, members):
    with pytest.raises(ClientError) as caught:
        alarm(cloudwatch, **members)
    assert caught.value.response["Error"]["Code"] == "ValidationError"


def test_detectors_are_kept_and_listed(cloudwatch, put):
    single = {**METRIC, "Stat": "Average"}
    cloudwatch.put_anomaly_detector(SingleMetricAnomalyDetector=single)
    cloudwatch.put_anomaly_detector(**METRIC, Stat="Average")
    cloudwatch.put_anomaly_detector(**METRIC, Stat="p90", Dimensions=[{"Name": "Host", "Value": "a"}])
    put(1)
    first = cloudwatch.describe_anomaly_detectors(MaxResults=1)
    rest = cloudwatch.describe_anomaly_detectors(NextToken=first["NextToken"])
    found = [*first["AnomalyDetectors"], *rest["AnomalyDetectors"]]
    assert [(each["Stat"], each["StateValue"]) for each in found] == [
        ("Average", "TRAINED"),
        ("p90", "TRAINED_INSUFFICIENT_DATA"),
    ]
    cloudwatch.delete_anomaly_detector(SingleMetricAnomalyDetector=single)
    with pytest.raises(cloudwatch.exceptions.ResourceNotFoundException):
        cloudwatch.delete_anomaly_detector(SingleMetricAnomalyDetector=single)
    with pytest.raises(cloudwatch.exceptions.MissingRequiredParameterException):
        cloudwatch.put_anomaly_detector(Namespace="Site", Stat="Sum")
