"""`kill -9` while transactions and log events are written: a transaction is there whole, with its stream, or not."""

import os
import random
import signal
import threading
import time
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.crash.test_kill import start
from tests.crash.test_kill_s3 import wait_for_end

pytestmark = pytest.mark.slow

ROUNDS = int(os.environ.get("GROUNDCLOUD_CRASH_ROUNDS", "2"))
CLIENTS = 4
GROUP = {"logGroupName": "crash"}


def client_of(up: dict[str, Any], service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=up["endpoint"],
        region_name="us-east-1",
        aws_access_key_id=up["access_key_id"],
        aws_secret_access_key=up["secret_access_key"],
        config=Config(retries={"max_attempts": 0}, read_timeout=20),
    )


class Writer(threading.Thread):
    """Writes pairs of items in one transaction, and a line for each; `done` and `logged` were acknowledged."""

    def __init__(self, up: dict[str, Any], prefix: str) -> None:
        super().__init__(daemon=True)
        self._items, self._logs = client_of(up, "dynamodb"), client_of(up, "logs")
        self.stream = prefix
        self.tried: list[str] = []
        self.done: list[str] = []
        self.logged: list[str] = []

    def run(self) -> None:
        try:
            self._logs.create_log_stream(**GROUP, logStreamName=self.stream)
            while True:
                self._step(f"{self.stream}-{len(self.tried)}")
        except (BotoCoreError, ClientError):
            return

    def _step(self, name: str) -> None:
        self.tried.append(name)
        put = [
            {"Put": {"TableName": "crash", "Item": {"id": {"S": f"{name}/{half}"}, "by": {"S": self.stream}}}}
            for half in "ab"
        ]
        self._items.transact_write_items(TransactItems=put)
        self.done.append(name)
        event = {"timestamp": int(time.time() * 1000), "message": name}
        self._logs.put_log_events(**GROUP, logStreamName=self.stream, logEvents=[event])
        self.logged.append(name)


def prepare(up: dict[str, Any]) -> None:
    attributes = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "by")]
    client_of(up, "dynamodb").create_table(
        TableName="crash",
        AttributeDefinitions=attributes,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[{
            "IndexName": "by-client", "KeySchema": [{"AttributeName": "by", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )  # fmt: skip
    client_of(up, "logs").create_log_group(**GROUP)


def everything(up: dict[str, Any]) -> tuple[set[str], set[str], list[str]]:
    """The ids of the table, of its index, and of its stream."""
    pages = client_of(up, "dynamodb").get_paginator("scan")
    table = {item["id"]["S"] for page in pages.paginate(TableName="crash") for item in page["Items"]}
    index = {
        item["id"]["S"] for page in pages.paginate(TableName="crash", IndexName="by-client") for item in page["Items"]
    }
    streams = client_of(up, "dynamodbstreams")
    arn = streams.list_streams(TableName="crash")["Streams"][0]["StreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")[
        "ShardIterator"
    ]
    told: list[str] = []
    while records := (answer := streams.get_records(ShardIterator=iterator))["Records"]:
        told += [record["dynamodb"]["Keys"]["id"]["S"] for record in records]
        iterator = answer["NextShardIterator"]
    return table, index, told


def check(up: dict[str, Any], writers: list[Writer]) -> None:
    table, index, told = everything(up)
    assert index == table
    assert sorted(told) == sorted(table), "the stream does not tell each item once"
    logs = client_of(up, "logs")
    for writer in writers:
        for name in writer.tried:
            halves = {f"{name}/{half}" in table for half in "ab"}
            assert len(halves) == 1, f"half of {name} is there"
            assert halves == {True} or name not in writer.done, f"{name} was acknowledged and is gone"
        pages = logs.get_paginator("filter_log_events").paginate(**GROUP, logStreamNames=[writer.stream])
        found = [event["message"] for page in pages for event in page["events"]]
        assert set(writer.logged) <= set(found)
        assert len(found) == len(set(found))


def test_no_acknowledged_transaction_or_event_is_lost_and_none_is_there_by_half(tmp_path: Path):
    known: list[Writer] = []
    for number in range(ROUNDS):
        up = start(tmp_path, "")
        if not number:
            prepare(up)
        writers = [Writer(up, f"r{number}c{each}") for each in range(CLIENTS)]
        for writer in writers:
            writer.start()
        begun = time.monotonic()
        while not all(writer.logged for writer in writers) and time.monotonic() < begun + 30:
            time.sleep(0.01)
        time.sleep(random.uniform(0.5, 1.5))
        os.kill(up["pid"], signal.SIGKILL)
        for writer in writers:
            writer.join(30)
        known += writers
        up = start(tmp_path, "")
        try:
            assert sum(len(writer.logged) for writer in writers) > CLIENTS
            check(up, known)
        finally:
            os.kill(up["pid"], signal.SIGTERM)
        wait_for_end(up["pid"])
