from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import botocore.auth
import pytest

from groundcloud.controllers import Loop
from groundcloud.engines.mail.mailbox import LocalMailbox
from groundcloud.main import Planes
from tests.cloud import TestCloud


@pytest.fixture()
def mailbox(tmp_path: Path) -> LocalMailbox:
    return LocalMailbox(tmp_path / "mail")


@pytest.fixture()
def cloud(tmp_path: Path, mailbox: LocalMailbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestCloud]:
    """A fresh cloud with a mailbox, at ten seconds past a full hour. botocore signs by its clock."""
    planes = Planes(tmp_path)
    made = TestCloud(tmp_path, planes=planes, engines={"mail": mailbox})
    made.clock.time = made.clock.time.replace(minute=0, second=10)
    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: made.clock().replace(tzinfo=None)
    )
    yield made
    made.close()
    planes.close()


@pytest.fixture()
def cloudwatch(cloud: TestCloud) -> Any:
    return cloud.client("cloudwatch")


@pytest.fixture()
def control(cloud: TestCloud) -> Callable[[], None]:
    """Lets the controllers of alarms and metrics do all that is due by the clock that the test moves."""
    mine = ("cloudwatch.",)
    stores = [(cloud.store, cloud.loops.controllers()), *cloud.loops.plane_controllers()]
    loops = [
        Loop(store, chosen, now=cloud.clock, monotonic=lambda: cloud.clock().timestamp())
        for store, controllers in stores
        if (chosen := [each for each in controllers if each.name.startswith(mine)])
    ]

    def settle() -> None:
        for _ in range(2):
            for loop in loops:
                loop.settle()

    return settle


@pytest.fixture()
def put(cloud: TestCloud, cloudwatch: Any) -> Callable[..., None]:
    """Puts values of a metric, some seconds ago."""

    def work(*values: float, ago: float = 0, name: str = "Load", namespace: str = "Site", **members: Any) -> None:
        at = cloud.clock() - timedelta(seconds=ago)
        data = [{"MetricName": name, "Value": value, "Timestamp": at, **members} for value in values]
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=data)

    return work
