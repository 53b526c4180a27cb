"""Logs on a real server: a query and an export that its controllers run, and Live Tail over the wire."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.clouds import CommandLine, RunningCloud
from tests.services.logs.test_filters_exports_tail import export_policy

pytestmark = pytest.mark.clients
STREAM = {"logGroupName": "app", "logStreamName": "web"}


@pytest.fixture()
def up(tmp_path: Path) -> Iterator[RunningCloud]:
    command = CommandLine(tmp_path / "home")
    try:
        yield command.up(tmp_path / "cloud")
    finally:
        command.close()


def wait_for(ask: Callable[[], Any], seconds: float = 40.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := ask()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.05)
    return found


def put(logs: Any, *messages: str) -> None:
    now = int(time.time() * 1000)
    logs.put_log_events(**STREAM, logEvents=[{"timestamp": now, "message": message} for message in messages])


def test_controllers_run_queries_and_exports_while_the_server_answers(up: RunningCloud):
    logs, s3 = up.client("logs"), up.client("s3")
    logs.create_log_group(logGroupName="app")
    logs.create_log_stream(**STREAM)
    put(logs, '{"ms": 5}', '{"ms": 7}')
    now = int(time.time())
    query = logs.start_query(
        logGroupName="app", startTime=now - 60, endTime=now + 60, queryString="stats sum(ms) as total"
    )["queryId"]

    def results() -> Any:
        answer = logs.get_query_results(queryId=query)
        return answer["results"] if answer["status"] == "Complete" else None

    assert wait_for(results) == [[{"field": "total", "value": "12"}]]
    s3.create_bucket(Bucket="exports")
    s3.put_bucket_policy(Bucket="exports", Policy=export_policy(up.account))
    task = logs.create_export_task(logGroupName="app", to=(now + 60) * 1000, destination="exports", **{"from": 0})

    def finished() -> bool:
        (shown,) = logs.describe_export_tasks(taskId=task["taskId"])["exportTasks"]
        return bool(shown["status"]["code"] == "COMPLETED")

    wait_for(finished)
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket="exports")["Contents"]]
    assert f"exportedlogs/{task['taskId']}/web/000000.gz" in keys


def test_live_tail_streams_events_as_they_arrive(up: RunningCloud):
    logs = up.client("logs")
    logs.create_log_group(logGroupName="app")
    logs.create_log_stream(**STREAM)
    tailing = boto3.client(
        "logs",
        endpoint_url=up.endpoint,
        region_name="us-east-1",
        aws_access_key_id=up.printed["access_key_id"],
        aws_secret_access_key=up.printed["secret_access_key"],
        config=Config(inject_host_prefix=False, read_timeout=40, retries={"max_attempts": 0}),
    )
    arn = f"arn:aws:logs:us-east-1:{up.account}:log-group:app"
    events = tailing.start_live_tail(logGroupIdentifiers=[arn], logEventFilterPattern="ERROR")["responseStream"]
    found: list[str] = []
    writer = threading.Thread(target=put, args=(logs, "fine", "ERROR here"))
    for event in events:
        if "sessionStart" in event:
            writer.start()
        else:
            found += [one["message"] for one in event["sessionUpdate"]["sessionResults"]]
        if found:
            break
    events.close()
    writer.join()
    assert found == ["ERROR here"]
