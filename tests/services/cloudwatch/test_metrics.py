from datetime import timedelta
from typing import Any

import pytest

from tests.cloud import TestCloud


@pytest.fixture()
def statistics(cloud: TestCloud, cloudwatch: Any) -> Any:
    """The data points of the last hour, in order."""

    def work(*names: str, period: int = 60, since: float = 3600, **members: Any) -> list[dict[str, Any]]:
        now = cloud.clock()
        found = cloudwatch.get_metric_statistics(
            Namespace="Site", MetricName="Load", StartTime=now - timedelta(seconds=since), EndTime=now, Period=period,
            **({"Statistics": list(names)} if names else {}), **members,
        )  # fmt: skip
        return found["Datapoints"]

    return work


ALL = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")


def simple(point: dict[str, Any]) -> tuple[float, ...]:
    return tuple(point[name] for name in ALL)


def test_values_of_a_minute_are_one_data_point(cloud: TestCloud, put, statistics):
    put(1, 2, 6, ago=5)
    [point] = statistics(*ALL)
    assert simple(point) == (3, 9, 3, 1, 6)
    assert point["Unit"] == "None"


def test_values_and_counts_and_statistic_sets_are_added(cloud: TestCloud, cloudwatch, statistics):
    at = cloud.clock() - timedelta(seconds=5)
    cloudwatch.put_metric_data(
        Namespace="Site",
        MetricData=[
            {"MetricName": "Load", "Timestamp": at, "Values": [10, 20], "Counts": [3, 1]},
            {
                "MetricName": "Load", "Timestamp": at,
                "StatisticValues": {"SampleCount": 2, "Sum": 7, "Minimum": 3, "Maximum": 4},
            },
        ],
    )  # fmt: skip
    [point] = statistics(*ALL)
    assert simple(point) == (6, 57, 9.5, 3, 20)


def test_a_percentile_needs_the_distribution(cloud: TestCloud, cloudwatch, put, statistics):
    put(*range(1, 101), ago=5)
    [point] = statistics(ExtendedStatistics=["p50", "p99", "tm90", "IQM", "PR(:50)", "TC(10%:90%)", "WM(:50)"])
    assert point["ExtendedStatistics"] == {
        "p50": 50, "p99": 99, "tm90": 45.5, "IQM": 50.5, "PR(:50)": 50, "TC(10%:90%)": 80, "WM(:50)": 37.75
    }  # fmt: skip
    at = cloud.clock() - timedelta(seconds=5)
    values = {"SampleCount": 2, "Sum": 7, "Minimum": 3, "Maximum": 4}
    cloudwatch.put_metric_data(
        Namespace="Site", MetricData=[{"MetricName": "Load", "Timestamp": at, "StatisticValues": values}]
    )
    assert statistics(ExtendedStatistics=["p50"]) == []


def test_percentiles_of_many_values_are_near(put, statistics):
    for start in range(0, 2000, 500):
        put(*range(start + 1, start + 501), ago=5)
    [point] = statistics(ExtendedStatistics=["p50", "p90"])
    assert point["ExtendedStatistics"]["p50"] == pytest.approx(1000, rel=0.02)
    assert point["ExtendedStatistics"]["p90"] == pytest.approx(1800, rel=0.02)


def test_units_and_dimensions_keep_data_apart(put, statistics):
    put(1, ago=5, Unit="Count")
    put(5, ago=5, Unit="Bytes")
    put(9, ago=5, Dimensions=[{"Name": "Host", "Value": "a"}])
    assert sorted(point["Unit"] for point in statistics("Sum")) == ["Bytes", "Count"]
    assert [point["Sum"] for point in statistics("Sum", Unit="Count")] == [1]
    assert [point["Sum"] for point in statistics("Sum", Dimensions=[{"Name": "Host", "Value": "a"}])] == [9]


def test_seconds_are_kept_for_three_hours_and_minutes_for_longer(cloud: TestCloud, put, statistics, control):
    put(1, 3, ago=5, StorageResolution=1)
    assert [point["Average"] for point in statistics("Average", period=1, since=60)] == [2]
    cloud.clock.advance(hours=4)
    control()
    assert statistics("Average", period=30, since=4 * 3600 + 60) == []
    assert [point["Average"] for point in statistics("Average", since=5 * 3600, period=300)] == [2]


def test_old_points_are_gathered_and_forgotten_in_the_end(cloud: TestCloud, cloudwatch, put, statistics, control):
    put(1, 3, ago=600)
    put(5, ago=670)
    for days, period in ((16, 300), (64, 3600)):
        cloud.clock.advance(days=days)
        control()
        found = statistics(*ALL, since=(days + 16) * 86400, period=86400)
        if days == 16:
            assert simple(found[0]) == (3, 9, 3, 1, 5)
    found = statistics(*ALL, since=90 * 86400, period=86400)
    assert simple(found[0]) == (3, 9, 3, 1, 5)
    cloud.clock.advance(days=400)
    control()
    assert statistics("Sum", since=500 * 86400, period=86400) == []


def test_metrics_are_listed_by_namespace_name_and_dimension(cloud: TestCloud, cloudwatch, put):
    put(1, Dimensions=[{"Name": "Host", "Value": "a"}])
    put(1, Dimensions=[{"Name": "Host", "Value": "b"}])
    put(1, name="Errors")
    put(1, namespace="Other")

    def listed(**members: Any) -> list[tuple[str, str]]:
        return [(each["Namespace"], each["MetricName"]) for each in cloudwatch.list_metrics(**members)["Metrics"]]

    assert listed() == [("Other", "Load"), ("Site", "Errors"), ("Site", "Load"), ("Site", "Load")]
    assert listed(MetricName="Errors") == [("Site", "Errors")]
    [found] = cloudwatch.list_metrics(Dimensions=[{"Name": "Host", "Value": "b"}])["Metrics"]
    assert found["Dimensions"] == [{"Name": "Host", "Value": "b"}]
    cloud.clock.advance(hours=4)
    assert listed(RecentlyActive="PT3H") == []
    assert len(listed()) == 4
    cloud.clock.advance(days=15)
    assert listed() == []


def test_a_long_list_comes_in_pages(cloudwatch, put):
    for start in (0, 400):
        data = [{"MetricName": f"m{number:04}", "Value": 1} for number in range(start, start + 400)]
        cloudwatch.put_metric_data(Namespace="Site", MetricData=data)
    pages = list(cloudwatch.get_paginator("list_metrics").paginate())
    assert [len(page["Metrics"]) for page in pages] == [500, 300]
    assert pages[1]["Metrics"][-1]["MetricName"] == "m0799"


@pytest.mark.parametrize(
    ("datum", "code"),
    [
        ({}, "MissingParameter"),
        ({"Value": 1, "Values": [1]}, "InvalidParameterCombination"),
        ({"Values": [1, 2], "Counts": [1]}, "InvalidParameterValue"),
        ({"Value": float("nan")}, "InvalidParameterValue"),
        ({"Value": 2.0**361}, "InvalidParameterValue"),
        ({"Value": 1, "StorageResolution": 5}, "InvalidParameterValue"),
    ],
)
def test_data_that_mean_nothing_are_refused(cloudwatch, datum: dict[str, Any], code: str):
    with pytest.raises(cloudwatch.exceptions.ClientError) as refused:
        cloudwatch.put_metric_data(Namespace="Site", MetricData=[{"MetricName": "Load", **datum}])
    assert refused.value.response["Error"]["Code"].startswith(code)


def test_data_of_three_weeks_ago_or_of_tomorrow_are_refused(cloudwatch, put):
    for ago in (21 * 86400, -86400):
        with pytest.raises(cloudwatch.exceptions.InvalidParameterValueException):
            put(1, ago=ago)


def test_more_than_1440_data_points_are_not_given(cloudwatch, statistics):
    with pytest.raises(cloudwatch.exceptions.InvalidParameterCombinationException) as refused:
        statistics("Sum", since=86400 * 2)
    assert "You have requested up to 2,880 datapoints, which exceeds the limit of 1,440." in str(refused.value)
