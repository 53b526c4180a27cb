from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from groundcloud.controllers import Loop
from groundcloud.main import Planes
from tests.cloud import TestCloud


@pytest.fixture()
def cloud(tmp_path: Path) -> Iterator[TestCloud]:
    """A fresh cloud whose DynamoDB has its own store, as a running one has."""
    planes = Planes(tmp_path)
    made = TestCloud(tmp_path, planes=planes)
    yield made
    made.close()
    planes.close()


@pytest.fixture()
def dynamodb(cloud: TestCloud) -> Any:
    return cloud.client("dynamodb")


@pytest.fixture()
def table(dynamodb: Any) -> str:
    """A table with a partition key `pk` and a sort key `sk`, both strings."""
    dynamodb.create_table(
        TableName="things",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return "things"


@pytest.fixture()
def simple(dynamodb: Any) -> str:
    """A table with a partition key `id` only."""
    dynamodb.create_table(
        TableName="simple",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return "simple"


@pytest.fixture()
def settle(cloud: TestCloud) -> Callable[[], None]:
    """Lets the controllers of the data planes do all that is due."""

    def run() -> None:
        for store, controllers in cloud.loops.plane_controllers():
            Loop(store, controllers, now=cloud.clock, monotonic=lambda: 0.0).settle()

    return run
