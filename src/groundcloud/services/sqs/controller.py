"""What happens to queues by itself: old messages go, deleted queues are emptied, redrives move their messages.

All of it in short transactions, so that calls get their turn in between.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from groundcloud.controllers import Outcome
from groundcloud.names import uuid_text
from groundcloud.services.sqs.fifo import Fifo
from groundcloud.services.sqs.layout import Content
from groundcloud.services.sqs.lookup import by_arn, messages
from groundcloud.services.sqs.records import Deleted, MoveTask, Queue
from groundcloud.store import Key, Store, Transaction

_AT_ONCE = 200
_EXPIRE_EVERY = 60.0
_KEPT = timedelta(seconds=60)
_BATCH = 50
_MOST_TASKS_SHOWN = 10


class Retention:
    """Removes the messages that a queue has kept long enough. A receive gives none of them, however late this comes."""

    name = "sqs.retention"
    kind = Queue

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def reconcile(self, key: Key, wanted: Queue | None) -> Outcome:
        if wanted is None:
            return Outcome()
        now = int(self._clock().timestamp() * 1000)

        def work(tx: Transaction) -> int:
            return messages(tx, wanted, now).expire(_AT_ONCE)

        with self._store.snapshot() as tx:  # most of the time there is nothing, and nothing is written
            busy = messages(tx, wanted, now).has_expired()
        while busy:
            busy = self._store.write(work) >= _AT_ONCE
        return Outcome(again=_EXPIRE_EVERY)


class Names:
    """Forgets, after a minute, that a queue was deleted."""

    name = "sqs.names"
    kind = Deleted

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock

    def reconcile(self, key: Key, wanted: Deleted | None) -> Outcome:
        if wanted is None:
            return Outcome()
        left = (wanted.at + _KEPT - self._clock()).total_seconds()
        return Outcome(again=left) if left > 0 else Outcome(write=lambda tx: tx.delete(wanted))


class Moves:
    """Carries out redrives, a batch at a time. A message that is moved is a new one: it gets a new id, and its time
    begins anew ("Moving messages out of a dead-letter queue" in the developer guide)."""

    name = "sqs.moves"
    kind = MoveTask

    def __init__(self, store: Store, clock: Callable[[], datetime], entropy: Callable[[int], bytes]) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy

    def reconcile(self, key: Key, wanted: MoveTask | None) -> Outcome:
        if wanted is None or wanted.status != "RUNNING":
            return Outcome()
        most = _BATCH
        if wanted.rate:  # by the time since the start: each batch changes the task, and that wakes this again at once
            seconds = self._clock().timestamp() + wanted.rank / 1000
            most = min(_BATCH, int(wanted.rate * (seconds + 1)) - wanted.moved)
            if most <= 0:
                return Outcome(again=0.5)
        self._store.write(lambda tx: self._move(tx, key, most))
        return Outcome(again=0.0)

    def _move(self, tx: Transaction, key: Key, most: int) -> None:
        task = tx.get(MoveTask, *key)
        if task is None or task.status != "RUNNING":
            return
        source = tx.get(Queue, task.account, task.region, task.source)
        if source is None:
            task.status, task.failure = "FAILED", "AWS.SimpleQueueService.NonExistentQueue"
            tx.put(task)
            return
        now = int(self._clock().timestamp() * 1000)
        left = task.to_move - task.moved
        found = messages(tx, source, now).oldest(min(most, left)) if left > 0 else []
        for content, _ in found:
            target = self._target(tx, task, content)
            if target is None:  # nowhere to go: it stays
                self._put(tx, source, content, now)
                task.status, task.failure = "FAILED", "CouldNotDetermineMessageSource"
                break
            self._put(tx, target, self._anew(content, now), now)
            task.moved += 1
        if not found:
            task.status = "COMPLETED"
        tx.put(task)
        if task.status == "COMPLETED":
            for old in list(tx.scan(MoveTask, task.account, task.region, task.source))[_MOST_TASKS_SHOWN:]:
                tx.delete(old)

    def _target(self, tx: Transaction, task: MoveTask, content: Content) -> Queue | None:
        place = by_arn(task.destination_arn or content.source_arn)
        return tx.get(Queue, *place) if place is not None else None

    def _anew(self, content: Content, now: int) -> Content:
        content.message_id = uuid_text(self._entropy(16))
        content.sent, content.earlier, content.source_arn = now, 0, ""
        return content

    def _put(self, tx: Transaction, target: Queue, content: Content, now: int) -> None:
        rows = messages(tx, target, now)
        if isinstance(rows, Fifo):
            rows.put(content, 0, once=False)
        else:
            rows.put(content, 0)
