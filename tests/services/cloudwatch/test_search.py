"""SEARCH. Source: "CloudWatch search expression syntax" in the user guide."""

from datetime import timedelta

import pytest

from groundcloud.metrics import Metric
from groundcloud.services.cloudwatch import search
from groundcloud.services.cloudwatch.search import Malformed


def metric(namespace, name, **dimensions):
    return Metric("1", "us-east-1", namespace, name, "", 1, tuple(sorted(dimensions.items())))


ALL = [
    metric("AWS/EC2", "CPUUtilization", InstanceId="i-1"),
    metric("AWS/EC2", "CPUUtilization", InstanceId="i-2"),
    metric("AWS/EC2", "CPUCreditUsage", InstanceId="i-1"),
    metric("AWS/EC2", "NetworkIn", InstanceId="i-2"),
    metric("AWS/EC2", "CPUUtilization", ImageId="ami-1"),
    metric("AWS/RDS", "CPUUtilization", DBInstanceIdentifier="my-prod-db"),
    metric("My Site", "Load", Page="front page", Zone="a"),
]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("{AWS/EC2,InstanceId}", [0, 1, 2, 3]),
        ("{AWS/EC2}", [0, 1, 2, 3, 4]),
        ('{AWS/EC2,InstanceId} MetricName="CPUUtilization"', [0, 1]),
        ('{AWS/EC2, InstanceId} MetricName="CPUUtil"', []),
        ("{AWS/EC2,InstanceId} CPU", [0, 1, 2]),
        ("{AWS/EC2,InstanceId} cpu usage", [2]),
        ("{AWS/EC2,InstanceId} Credit OR Network", [2, 3]),
        ("{AWS/EC2,InstanceId} NOT CPU", [3]),
        ("{AWS/EC2,InstanceId} MetricName=CPU NOT i-1", [1]),
        ('{AWS/EC2,InstanceId} InstanceId=("i-1" OR "i-3")', [0, 2]),
        ('MetricName="CPUUtilization" AND Namespace="AWS/RDS"', [5]),
        ("prod", [5]),
        ('"my-prod-db"', [5]),
        ('{"My Site", Page, Zone} "front page"', [6]),
        ('{"My Site", Page}', []),
        ("{AWS/EC2,InstanceId} (Network OR Credit) AND i-2", [3]),
    ],
)
def test_a_search_finds(text, places):
    found = search.parse(text)
    assert [place for place, each in enumerate(ALL) if found.finds(each)] == places


@pytest.mark.parametrize(
    "text", ["", "{}", "(CPU", "CPU)", "MetricName=", "CPU AND", "NOT", "{AWS/EC2} :aws.AccountId=1"]
)
def test_what_is_no_search_is_refused(text):
    with pytest.raises(Malformed):
        search.parse(text)


def test_series_are_told_apart_by_what_differs():
    assert search.label(ALL[0], ALL[:2]) == "i-1"
    assert search.label(ALL[0], ALL[:3]) == "i-1 CPUUtilization"
    assert search.label(ALL[5], [ALL[5]]) == "CPUUtilization"


@pytest.fixture()
def ask(cloud, cloudwatch):
    def work(expression, **members):
        end = cloud.clock().replace(second=0)
        found = cloudwatch.get_metric_data(
            MetricDataQueries=[{"Id": "e1", "Expression": expression, **members}],
            StartTime=end - timedelta(minutes=10),
            EndTime=end,
        )["MetricDataResults"]
        return {each["Label"]: each["Values"] for each in found}

    return work


def test_a_search_gives_a_series_for_each_metric(cloud, put, ask):
    for host, value in (("a", 1), ("b", 2)):
        put(value, name="Load", Dimensions=[{"Name": "Host", "Value": host}])
    put(9, name="Free", Dimensions=[{"Name": "Host", "Value": "a"}])
    cloud.clock.advance(minutes=1)
    text = "SEARCH('{Site,Host} MetricName=\"Load\"', 'Sum', 60)"
    assert ask(text) == {"a": [1], "b": [2]}
    assert ask(text, Label="host") == {"host a": [1], "host b": [2]}
    assert ask(f"SUM({text})") == {"e1": [3]}
    assert ask(f"SLICE(SORT({text}, MAX, DESC), 0)") == {"e1": [2]}
    assert ask(f"SLICE(SORT({text}, MAX, ASC), 0, 1)") == {"a": [1]}
    assert ask("SEARCH('{Site,Host} Nothing', 'Sum', 60)") == {}


def test_a_metric_without_data_for_two_weeks_is_not_found(cloud, put, ask):
    put(1, name="Load")
    cloud.clock.advance(days=15)
    assert ask("SEARCH('{Site} Load', 'Sum', 60)") == {}
