"""What SQS remembers of queues. Messages are no records: `standard.py` and `fifo.py` keep them as rows of bytes.

All of it lies in SQS's own store, so that a message and the queue that it belongs to are read in one transaction.
"""

from collections.abc import Iterable
from datetime import datetime

from groundcloud.services.sqs import errors
from groundcloud.services.sqs.layout import after, base
from groundcloud.store import Key, Record

DEFAULTS = {
    "DelaySeconds": "0",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "VisibilityTimeout": "30",
    "KmsDataKeyReusePeriodSeconds": "300",
}
"""Source: CreateQueue in the API reference."""


def _by_dead_letters(queue: "Queue") -> Iterable[Key]:
    return [(queue.account, queue.region, queue.dead_letters, queue.name)] if queue.dead_letters else []


class Queue(Record):
    table = "sqs.queue"
    key = ("account", "region", "name")
    indexes = {"by_dead_letters": _by_dead_letters}
    absent = errors.QueueDoesNotExist

    account: str
    region: str
    name: str
    number: int
    """Under which its messages lie; never given twice."""
    created: datetime
    modified: datetime
    attributes: dict[str, str] = {}
    """Those that were set, as AWS spells them."""
    tags: dict[str, str] = {}
    purged: datetime | None = None
    number_before: int = 0
    """That of the messages which the last purge removed."""
    dead_letters: str = ""
    """The name of its dead-letter queue."""
    most_receives: int = 0
    """After which a message goes there; 0 without such a queue."""

    @property
    def fifo(self) -> bool:
        return self.name.endswith(".fifo")

    @property
    def arn(self) -> str:
        return f"arn:aws:sqs:{self.region}:{self.account}:{self.name}"

    @property
    def policy(self) -> str:
        return self.attributes.get("Policy", "")

    def seconds(self, name: str) -> int:
        """A number among its attributes, or its default."""
        return int(self.attributes.get(name) or DEFAULTS[name])

    def is_on(self, name: str) -> bool:
        return self.attributes.get(name) == "true"


class LastNumber(Record):
    """The number of the queue that was made last."""

    table = "sqs.last_number"
    key = ("name",)
    watched = False

    name: str
    number: int


class Deleted(Record):
    """A queue that was deleted: its name is not given again for a minute."""

    table = "sqs.deleted"
    key = ("account", "region", "name")

    account: str
    region: str
    name: str
    at: datetime


class Erasure(Record):
    """Messages of a queue that was deleted or purged, until the controller has removed them."""

    table = "sqs.erasure"
    key = ("number",)

    number: int

    @property
    def low(self) -> bytes:
        return base(self.number)

    @property
    def high(self) -> bytes:
        return after(base(self.number))


class MoveTask(Record):
    """A redrive of messages out of a dead-letter queue."""

    table = "sqs.move_task"
    key = ("account", "region", "source", "rank")

    account: str
    region: str
    source: str
    """The name of the queue that they leave."""
    rank: int
    """Falls with time: the newest is first."""
    task_id: str
    started: datetime
    destination_arn: str = ""
    rate: int = 0
    status: str = "RUNNING"
    moved: int = 0
    to_move: int = 0
    failure: str = ""
