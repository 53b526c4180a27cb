"""Many producers and consumers while the server is killed again and again: what SQS promises holds.

Sends are repeated under their deduplication ids until they are acknowledged. In the end every message was received,
none after its deletion was acknowledged, none twice within its visibility time; those of a FIFO queue came once each
and in the order of their groups.
"""

import os
import random
import signal
import threading
import time
from collections import defaultdict
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
PRODUCERS, CONSUMERS, GROUPS = 3, 4, 4
VISIBLE_AFTER = 2


class World:
    """What all clients share: where the server is, whether it is time to end, and what they saw."""

    def __init__(self) -> None:
        self.up: dict[str, Any] = {}
        self.lock = threading.Lock()
        self.enough = threading.Event()
        """Producers end."""
        self.over = threading.Event()
        """Consumers end."""
        self.sent: set[str] = set()
        """What was acknowledged, of both queues."""
        self.first: dict[str, list[str]] = defaultdict(list)
        """FIFO bodies by group, in the order in which they were received for the first time."""
        self.hidden: dict[str, float] = {}
        """By body: until when at least nobody may have it."""
        self.deleted: dict[str, float] = {}
        self.received: set[str] = set()
        self.wrong: list[str] = []

    def client(self) -> tuple[Any, dict[str, str]]:
        up = self.up
        sqs = boto3.client(
            "sqs",
            endpoint_url=up["endpoint"],
            region_name="us-east-1",
            aws_access_key_id=up["access_key_id"],
            aws_secret_access_key=up["secret_access_key"],
            config=Config(retries={"max_attempts": 0}, read_timeout=10),
        )
        base = f"{up['endpoint']}/{up['account_id']}"
        return sqs, {"standard": f"{base}/jobs", "fifo": f"{base}/jobs.fifo"}


def again_and_again(world: World, ending: threading.Event, work: Any) -> None:
    """Until it is time to end; with a new client whenever the server was gone."""
    while not ending.is_set():
        try:
            sqs, urls = world.client()
            while not ending.is_set():
                work(sqs, urls)
        except (BotoCoreError, ClientError):
            time.sleep(0.05)


class Producer:
    """Sends to groups of its own. What was not acknowledged is sent again."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name
        self._number = 0

    def __call__(self, sqs: Any, urls: dict[str, str]) -> None:
        group = f"{self._name}-{self._number % GROUPS}"
        body = f"{group}/{self._number:06}"
        sqs.send_message(
            QueueUrl=urls["fifo"], MessageBody=f"f/{body}", MessageGroupId=group, MessageDeduplicationId=body
        )
        once = f"s/{body}/{random.random()}"  # sent again, it is another message: nothing knows it again
        sqs.send_message(QueueUrl=urls["standard"], MessageBody=once)
        with self._world.lock:
            self._world.sent |= {f"f/{body}", once}
        self._number += 1


class Consumer:
    """Receives, and deletes most of what it received; in the end all of it."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._random = random.Random(seed)

    def __call__(self, sqs: Any, urls: dict[str, str]) -> None:
        kind = self._random.choice(("standard", "fifo"))
        asked = time.monotonic()
        answer = sqs.receive_message(
            QueueUrl=urls[kind], MaxNumberOfMessages=self._random.choice((1, 3, 10)), VisibilityTimeout=VISIBLE_AFTER,
            WaitTimeSeconds=1,
        )  # fmt: skip
        came = time.monotonic()
        messages = answer.get("Messages", [])
        with self._world.lock:
            for message in messages:
                self._see(message["Body"], asked, came)
        for message in messages:
            if self._world.enough.is_set() or self._random.random() < 0.8:
                sqs.delete_message(QueueUrl=urls[kind], ReceiptHandle=message["ReceiptHandle"])
                with self._world.lock:
                    self._world.deleted[message["Body"]] = time.monotonic()
            elif kind == "fifo":
                break  # who leaves one of a group leaves those behind it, too

    def _see(self, body: str, asked: float, came: float) -> None:
        world = self._world
        if came < world.hidden.get(body, 0):
            world.wrong.append(f"{body} came twice within its visibility time")
        if asked > world.deleted.get(body, came):
            world.wrong.append(f"{body} came after it was deleted")
        # The server hid it when it answered; that was after it was asked.
        world.hidden[body] = asked + VISIBLE_AFTER
        if body not in world.received:
            world.received.add(body)
            if body.startswith("f/"):
                world.first[body.split("/")[1]].append(body)


def make_queues(world: World) -> None:
    sqs, _ = world.client()
    sqs.create_queue(QueueName="jobs")
    sqs.create_queue(QueueName="jobs.fifo", Attributes={"FifoQueue": "true"})


def test_messages_survive_and_keep_their_order_and_their_visibility(tmp_path: Path):
    world = World()
    world.up = start(tmp_path, "")
    make_queues(world)
    everybody = [
        *(Thread(again_and_again, world, world.enough, Producer(world, f"p{n}")) for n in range(PRODUCERS)),
        *(Thread(again_and_again, world, world.over, Consumer(world, n)) for n in range(CONSUMERS)),
    ]
    for thread in everybody:
        thread.start()
    try:
        for number in range(ROUNDS):
            time.sleep(1.5 + random.Random(number).random())
            os.kill(world.up["pid"], signal.SIGKILL)
            wait_for_end(world.up["pid"])
            world.up = start(tmp_path, "")
        last = time.monotonic() + 120
        while len(world.sent) <= 100 and time.monotonic() < last:
            time.sleep(0.1)
        time.sleep(1)
        world.enough.set()
        wait_until_all_came(world)
    finally:
        world.enough.set()
        world.over.set()
        for thread in everybody:
            thread.join(20)
        os.kill(world.up["pid"], signal.SIGTERM)
        wait_for_end(world.up["pid"])
    assert world.wrong == []
    assert len(world.sent) > 100
    for group, bodies in world.first.items():
        assert bodies == sorted(bodies), group
    assert world.sent <= world.received


class Thread(threading.Thread):
    def __init__(self, target: Any, *arguments: Any) -> None:
        super().__init__(target=target, args=arguments, daemon=True)


def wait_until_all_came(world: World) -> None:
    end = time.monotonic() + 180
    while time.monotonic() < end:
        with world.lock:
            if world.sent <= world.deleted.keys():
                return
        time.sleep(0.1)
    raise AssertionError(f"{len(world.sent['fifo'] - world.deleted.keys())} messages were never handled")
