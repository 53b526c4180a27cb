from datetime import timedelta
from typing import Any

import pytest

from tests.cloud import TestCloud


@pytest.fixture()
def query(cloud: TestCloud, cloudwatch: Any) -> Any:
    """The results of queries over the last ten minutes, the oldest first, by their ids."""

    def work(*expressions: str, **members: Any) -> list[list[float]]:
        end = cloud.clock().replace(second=0)
        stat = {"Period": 60, "Stat": "Sum"}
        metrics = [
            {
                "Id": name,
                "ReturnData": False,
                "MetricStat": {**stat, "Metric": {"Namespace": "Site", "MetricName": name}},
            }
            for name in ("m1", "m2")
        ]
        asked = [{"Id": f"e{number}", "Expression": text} for number, text in enumerate(expressions)]
        found = cloudwatch.get_metric_data(
            MetricDataQueries=[*metrics, *asked], StartTime=end - timedelta(minutes=10), EndTime=end,
            ScanBy="TimestampAscending", **members,
        )  # fmt: skip
        return [result["Values"] for result in found["MetricDataResults"]]

    return work


@pytest.fixture()
def _data(cloud: TestCloud, put) -> None:
    """m1: 1, 2, _, 4; m2: 10 in each of the four minutes; the newest one minute ago."""
    cloud.clock.advance(minutes=30)
    for minutes, value in ((4, 1), (3, 2), (1, 4)):
        put(value, name="m1", ago=60 * minutes)
    for minutes in (4, 3, 2, 1):
        put(10, name="m2", ago=60 * minutes)


@pytest.mark.usefixtures("_data")
@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("m1 + m2", [11, 12, 14]),
        ("m2 / m1 - 1", [9, 4, 1.5]),
        ("-m1 ^ 2 * 3", [-3, -12, -48]),
        ("2 * (m1 + 1)", [4, 6, 10]),
        ("m1 > 1 AND m2 == 10", [0, 1, 1]),
        ("IF(m1 > 1, m1, 0)", [0, 2, 4]),
        ("IF(m1 > 1, m1)", [2, 4]),
        ("FILL(m1, 0)", [0, 0, 0, 0, 0, 0, 1, 2, 0, 4]),
        ("FILL(m1, REPEAT)", [1, 2, 2, 4]),
        ("FILL(m1, LINEAR)", [1, 2, 3, 4]),
        ("m2 - AVG(m2)", [0, 0, 0, 0]),
        ("SUM([m1, m2])", [11, 12, 10, 14]),
        ("MAX(METRICS())", [10, 10, 10, 10]),
        ("RATE(m2)", [0, 0, 0]),
        ("DIFF(m1)", [1, 2]),
        ("RUNNING_SUM(m1)", [1, 3, 7]),
        ("m1 * 0 + PERIOD(m1)", [60, 60, 60]),
        ("m1 / 0", []),
        ("ABS(m1 - 3)", [2, 1, 1]),
    ],
)
def test_an_expression_is_worked_out(query, expression: str, values: list[float]):
    assert query(expression) == [values]


@pytest.mark.usefixtures("_data")
def test_an_expression_may_use_another(query):
    assert query("m1 * 2", "e0 + 1") == [[2, 4, 8], [3, 5, 9]]


@pytest.mark.parametrize(
    "expression", ["m1 +", "nobody + 1", "NONSENSE(m1)", "1 + 1", "e0", "(m1", "m1 $ 2", "AVG + m1"]
)
def test_an_expression_that_means_nothing_is_refused(cloudwatch, query, expression: str):
    with pytest.raises(cloudwatch.exceptions.ClientError) as refused:
        query(expression)
    assert refused.value.response["Error"]["Code"] == "ValidationError"


def test_a_function_that_is_not_there_says_so(cloudwatch, query):
    with pytest.raises(cloudwatch.exceptions.ClientError) as refused:
        query("SERVICE_QUOTA(m1)")
    assert refused.value.response["Error"]["Code"] == "NotImplemented"


@pytest.mark.usefixtures("_data")
def test_points_come_the_newest_first_and_in_pages(cloud: TestCloud, cloudwatch):
    metric = {"Namespace": "Site", "MetricName": "m2"}
    queries = [{"Id": name, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}} for name in ("a", "b")]
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries, StartTime=cloud.clock() - timedelta(minutes=10), EndTime=cloud.clock(),
        MaxDatapoints=3,
    )  # fmt: skip
    found = [
        [(each["Id"], len(each["Values"]), each["StatusCode"]) for each in page["MetricDataResults"]] for page in pages
    ]
    assert found == [
        [("a", 3, "PartialData")],
        [("a", 1, "Complete"), ("b", 2, "PartialData")],
        [("b", 2, "Complete")],
    ]


@pytest.mark.usefixtures("_data")
def test_an_alarm_watches_an_expression(cloud: TestCloud, cloudwatch, control):
    def stat(name: str) -> dict[str, Any]:
        metric = {"Metric": {"Namespace": "Site", "MetricName": name}, "Period": 60, "Stat": "Sum"}
        return {"Id": name, "MetricStat": metric, "ReturnData": False}

    cloudwatch.put_metric_alarm(
        AlarmName="ratio", EvaluationPeriods=1, Threshold=0.3, ComparisonOperator="GreaterThanThreshold",
        Metrics=[stat("m1"), stat("m2"), {"Id": "e", "Expression": "m1 / m2", "ReturnData": True}],
    )  # fmt: skip
    control()
    [shown] = cloudwatch.describe_alarms()["MetricAlarms"]
    assert shown["StateValue"] == "ALARM"
    assert [each["Id"] for each in shown["Metrics"]] == ["m1", "m2", "e"]
