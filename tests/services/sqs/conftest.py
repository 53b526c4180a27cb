from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.auth
import pytest

from groundcloud.main import Planes
from tests.cloud import TestCloud


@pytest.fixture()
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestCloud]:
    """A fresh cloud whose SQS has its own store, as a running one has. botocore signs by its clock."""
    planes = Planes(tmp_path)
    made = TestCloud(tmp_path, planes=planes)
    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: made.clock().replace(tzinfo=None)
    )
    yield made
    made.close()
    planes.close()


@pytest.fixture()
def sqs(cloud: TestCloud) -> Any:
    return cloud.client("sqs")


@pytest.fixture()
def queue(sqs: Any) -> str:
    """A standard queue; its URL."""
    return sqs.create_queue(QueueName="jobs")["QueueUrl"]


@pytest.fixture()
def fifo(sqs: Any) -> str:
    """A FIFO queue that takes the contents as deduplication ids; its URL."""
    return sqs.create_queue(
        QueueName="jobs.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    )["QueueUrl"]
