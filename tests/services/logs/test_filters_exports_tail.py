import asyncio
import gzip
import json

import pytest

from groundcloud.services.logs.live_tail import Session
from groundcloud.services.logs.patterns import compile_pattern
from tests.services.logs.conftest import milliseconds, put
from tests.services.logs.test_events import refused

COUNT = {"metricName": "Errors", "metricNamespace": "App", "metricValue": "1"}


class Sink:
    def __init__(self):
        self.points = []

    def publish(self, account, region, points):
        self.points += points


def test_a_metric_filter_is_kept_shown_and_deleted(logs, stream):
    logs.put_metric_filter(
        logGroupName="app",
        filterName="errors",
        filterPattern="ERROR",
        metricTransformations=[{**COUNT, "defaultValue": 0}],
    )
    (shown,) = logs.describe_metric_filters(metricName="Errors", metricNamespace="App")["metricFilters"]
    assert shown["metricTransformations"] == [{**COUNT, "defaultValue": 0.0}]
    assert logs.describe_log_groups()["logGroups"][0]["metricFilterCount"] == 1
    logs.delete_metric_filter(logGroupName="app", filterName="errors")
    assert logs.describe_metric_filters(logGroupName="app")["metricFilters"] == []


def test_a_metric_filter_publishes_what_it_takes_from_events(cloud, logs, stream):
    sink = Sink()
    cloud.cloud.world.engines.add("metrics", sink)
    logs.put_metric_filter(
        logGroupName="app", filterName="latency", filterPattern="{ $.latency = * }",
        metricTransformations=[{
            "metricName": "Latency", "metricNamespace": "App", "metricValue": "$.latency", "unit": "Milliseconds",
            "dimensions": {"Path": "$.path"},
        }],
    )  # fmt: skip
    put(cloud, stream, '{"latency": 12.5, "path": "/a"}', "text", '{"latency": 3}')
    (point,) = sink.points  # the last event lacks the dimension
    assert (point.name, point.value, point.dimensions, point.unit) == ("Latency", 12.5, {"Path": "/a"}, "Milliseconds")
    assert point.timestamp == milliseconds(cloud)


def test_a_pattern_is_tried_on_messages(logs):
    answer = logs.test_metric_filter(
        filterPattern="[ip, ..., size > 100]", logEventMessages=["1.2.3.4 GET 200", "1.2.3.4 GET 50"]
    )
    assert answer["matches"] == [
        {
            "eventNumber": 1,
            "eventMessage": "1.2.3.4 GET 200",
            "extractedValues": {"$ip": "1.2.3.4", "$2": "GET", "$size": "200"},
        }
    ]


def test_a_subscription_to_what_is_not_there_is_refused_as_by_aws(cloud, logs, stream):
    arn = f"arn:aws:lambda:us-east-1:{cloud.account}:function:f"
    error = refused(
        logs.put_subscription_filter, logGroupName="app", filterName="f", filterPattern="", destinationArn=arn
    )
    assert error["Code"] == "InvalidParameterException"
    assert error["Message"].startswith("Could not execute the lambda function.")
    assert logs.describe_subscription_filters(logGroupName="app")["subscriptionFilters"] == []


# -- exports


def export_policy(account: str) -> str:
    """The policy of the guide, "Export log data to Amazon S3", for a bucket `exports`."""
    service = {"Service": "logs.us-east-1.amazonaws.com"}
    source = {
        "StringEquals": {"aws:SourceAccount": [account]},
        "ArnLike": {"aws:SourceArn": [f"arn:aws:logs:us-east-1:{account}:log-group:*"]},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::exports",
         "Condition": source},
        {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::exports/*",
         "Condition": source},
    ]})  # fmt: skip


@pytest.fixture()
def bucket(cloud):
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="exports")
    s3.put_bucket_policy(Bucket="exports", Policy=export_policy(cloud.account))
    return "exports"


def test_an_export_writes_gzipped_lines_to_the_bucket(cloud, logs, stream, bucket, settle):
    put(cloud, stream, "hello", "world")
    now = milliseconds(cloud)
    task = logs.create_export_task(
        logGroupName="app", to=now + 1000, destination=bucket, destinationPrefix="p", **{"from": 0}
    )["taskId"]
    settle()
    (shown,) = logs.describe_export_tasks(taskId=task)["exportTasks"]
    assert shown["status"]["code"] == "COMPLETED"
    s3 = cloud.client("s3")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]]
    assert keys == [f"p/{task}/web/000000.gz", "p/aws-logs-write-test"]
    lines = gzip.decompress(s3.get_object(Bucket=bucket, Key=keys[0])["Body"].read()).decode().splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == ["hello", "world"]
    assert lines[0].startswith(cloud.clock().strftime("%Y-%m-%dT%H:%M:%S.000Z"))


def test_a_bucket_that_does_not_let_logs_in_is_refused(cloud, logs, stream):
    cloud.client("s3").create_bucket(Bucket="shut")
    arguments = {"logGroupName": "app", "from": 0, "to": 1, "destination": "shut"}
    error = refused(logs.create_export_task, **arguments)
    assert error["Message"].startswith("GetBucketAcl call on the given bucket failed.")
    assert "does not exist" in refused(logs.create_export_task, **{**arguments, "destination": "none"})["Message"]


def test_one_export_runs_at_a_time_and_can_be_cancelled(logs, stream, bucket):
    arguments = {"logGroupName": "app", "from": 0, "to": 1, "destination": bucket}
    task = logs.create_export_task(**arguments)["taskId"]
    assert refused(logs.create_export_task, **arguments)["Code"] == "LimitExceededException"
    logs.cancel_export_task(taskId=task)
    assert logs.describe_export_tasks(statusCode="CANCELLED")["exportTasks"][0]["taskId"] == task
    assert refused(logs.cancel_export_task, taskId=task)["Code"] == "InvalidOperationException"


# -- Live Tail


def context(cloud):
    from groundcloud.context import Facts
    from groundcloud.services.iam.identities import root_principal

    operation = cloud.cloud.services["logs"].operation("StartLiveTail")
    return cloud.cloud.invoker.context(operation, root_principal(cloud.account), "us-east-1", "r", Facts(), None)


def test_a_tail_shows_what_has_come_since_the_last_look(cloud, logs, stream):
    put(cloud, stream, "before")
    owner = (cloud.account, "us-east-1", "app")
    session = Session(context(cloud), [owner], (), ("w",), compile_pattern("ERROR"))
    assert session.news() == ([], False)
    put(cloud, stream, "ERROR a", "fine")
    logs.create_log_stream(logGroupName="app", logStreamName="api")
    put(cloud, {**stream, "logStreamName": "api"}, "ERROR elsewhere")
    found, sampled = session.news()
    assert [(one["message"], one["log_stream_name"]) for one in found] == [("ERROR a", "web")]
    assert not sampled
    assert session.news() == ([], False)
    put(cloud, stream, *["ERROR"] * 600)
    found, sampled = session.news()
    assert (len(found), sampled) == (500, True)
    cloud.clock.advance(hours=3, seconds=1)
    assert session.over


def test_a_tail_begins_with_what_it_was_asked_for(cloud, logs, stream):
    operation = cloud.cloud.services["logs"].operation("StartLiveTail").function
    arn = f"arn:aws:logs:us-east-1:{cloud.account}:log-group:app"

    async def first():
        answer = await operation(context(cloud), log_group_identifiers=[arn], log_event_filter_pattern="x")
        return await anext(answer["response_stream"])

    start = asyncio.run(first())["session_start"]
    assert (start["log_group_identifiers"], start["log_event_filter_pattern"]) == ([arn], "x")
