"""What queues tell CloudWatch each minute: how many messages they have. A queue that stays empty tells nothing.

Source: "Available CloudWatch metrics for Amazon SQS" in the developer guide.
"""

from collections.abc import Callable
from datetime import datetime

from groundcloud.controllers import Outcome
from groundcloud.metrics import Datum, publish
from groundcloud.services.sqs.lookup import messages
from groundcloud.services.sqs.records import Queue
from groundcloud.store import Key, Store

_EVERY = 60.0
_NAMES = (
    "ApproximateNumberOfMessagesVisible", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"
)  # fmt: skip


class Gauges:
    """Counts the messages of each queue."""

    name = "sqs.gauges"
    kind = Queue

    def __init__(self, store: Store, metrics: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._metrics = metrics
        self._clock = clock
        self._busy: set[Key] = set()

    def reconcile(self, key: Key, wanted: Queue | None) -> Outcome:
        if wanted is None:
            self._busy.discard(key)
            return Outcome()
        now = self._clock()
        with self._store.snapshot() as tx:
            counts = messages(tx, wanted, int(now.timestamp() * 1000)).counts()
        if any(counts) or key in self._busy:
            dimensions = (("QueueName", wanted.name),)
            data = [
                Datum("AWS/SQS", name, float(count), dimensions, "Count")
                for name, count in zip(_NAMES, counts, strict=True)
            ]
            self._metrics.write(lambda tx: publish(tx, wanted.account, wanted.region, data, now))
        (self._busy.add if any(counts) else self._busy.discard)(key)
        return Outcome(again=_EVERY)
