from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from groundcloud.controllers import Loop
from groundcloud.main import Planes
from tests.cloud import TestCloud


@pytest.fixture()
def cloud(tmp_path: Path) -> Iterator[TestCloud]:
    """A fresh cloud whose Logs have their own store, as a running one has."""
    planes = Planes(tmp_path)
    made = TestCloud(tmp_path, planes=planes)
    yield made
    made.close()
    planes.close()


@pytest.fixture()
def logs(cloud: TestCloud) -> Any:
    return cloud.client("logs")


@pytest.fixture()
def stream(logs: Any) -> dict[str, str]:
    """A group `app` with a stream `web`, as arguments."""
    logs.create_log_group(logGroupName="app")
    logs.create_log_stream(logGroupName="app", logStreamName="web")
    return {"logGroupName": "app", "logStreamName": "web"}


@pytest.fixture()
def settle(cloud: TestCloud) -> Any:
    """Lets the controllers of Logs do what is due."""

    def run() -> None:
        for store, controllers in cloud.loops.plane_controllers():
            Loop(store, controllers, now=cloud.clock, monotonic=lambda: 0.0).settle()

    return run


def milliseconds(cloud: TestCloud) -> int:
    return int(cloud.clock().timestamp() * 1000)


def put(cloud: TestCloud, stream: dict[str, str], *messages: str, ago: int = 0) -> None:
    """Put messages into a stream, a millisecond apart; `ago` in milliseconds."""
    start = milliseconds(cloud) - ago
    events = [{"timestamp": start + number, "message": message} for number, message in enumerate(messages)]
    cloud.client("logs").put_log_events(**stream, logEvents=events)
