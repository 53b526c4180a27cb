"""The controller loop: makes the world agree with the records, again and again.

An operation never waits for the world: it writes a record and returns. The controller of that kind of record is woken
by the store's change feed, reads what is wanted, makes it so, and says what to write down. Every key is looked at once
at start, and doing so twice is harmless: that is how a crash is survived. Nothing here knows a service or an engine.
"""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar

from groundcloud.context import Context
from groundcloud.store import FeedTrimmed, Key, Record, Store, Transaction
from groundcloud.store.keys import pack, unpack

log = logging.getLogger(__name__)

R = TypeVar("R", bound=Record)
T = TypeVar("T")

_FIRST_RETRY, _LAST_RETRY = 1.0, 300.0
_POLL = 1.0
"""Seconds between two looks at the change feed without a hint: other processes commit too, and give none."""
_REST = 0.02
"""Seconds between two looks at the change feed under load, so that the loop takes little from the calls."""


class Outcome(NamedTuple):
    """What came of a look at one record.

    `write`: what to write down, in a transaction of its own. It reads the record anew, for it may have changed since,
    and may be run more than once. `again`: seconds until the next look, where time alone can change what is wanted.
    """

    write: Callable[[Transaction], object] | None = None
    again: float | None = None


class Controller(Protocol[R]):
    """Keeps one kind of record and the world in agreement."""

    @property
    def name(self) -> str:
        """How status and log call it: `organizations.accounts`."""
        ...

    @property
    def kind(self) -> type[R]: ...

    def reconcile(self, key: Key, wanted: R | None) -> Outcome:
        """Make it so; `wanted` is None once the record is deleted. It may block, and may be run more than once for the
        same state. Whatever it raises is logged and shown, and it is tried again."""
        ...


class Act(Protocol):
    """How a controller calls other services' operations as its own service; `main.Cloud.act` is one."""

    def __call__(
        self,
        account: str,
        region: str,
        service: str,
        principal: str,
        work: Callable[[Context], Awaitable[T]],
        source_arn: str = "",
        role: str = "",
    ) -> T: ...


class Trouble(Record):
    """A record that is not yet what it should be, and why. `groundcloud status` shows these."""

    table = "controller.trouble"
    key = ("controller", "packed")
    watched = False

    controller: str
    packed: bytes
    """The record's key, as the store packs it."""
    error: str
    attempts: int
    since: datetime
    next_attempt: datetime

    @property
    def record_key(self) -> Key:
        return unpack(self.packed)


class _Work(NamedTuple):
    """A key of one controller."""

    controller: Controller[Any]
    key: Key

    @property
    def place(self) -> tuple[str, bytes]:
        return self.controller.name, pack(self.key)

    def __str__(self) -> str:
        return f"{self.controller.name} {'/'.join(map(str, self.key))}"


class _Turn(NamedTuple):
    """When a key is looked at next. Where a key has several, the one that `Loop._next` holds counts."""

    at: float
    order: int
    work: _Work
    attempt: int


class Loop:
    """Runs controllers, one piece of work at a time, in one thread or step by step.

    `monotonic` gives seconds for waiting, `now` the time to show to people; tests move both. `poll` is how many seconds
    the commits of other processes may wait.
    """

    def __init__(
        self,
        store: Store,
        controllers: Sequence[Controller[Any]],
        *,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
        poll: float = _POLL,
    ) -> None:
        self._poll = poll
        self._store = store
        self._controllers = list(controllers)
        self._now = now
        self._monotonic = monotonic
        self._next: dict[_Work, _Turn] = {}
        self._turns: list[_Turn] = []
        self._order = itertools.count()
        self._troubled: set[tuple[str, bytes]] = set()
        self._revision: int | None = None
        self._news = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None

    # -- in a thread of its own

    def start(self) -> None:
        """Begin to run in a thread."""
        self._store.on_commit(self._news.set)
        self._thread = threading.Thread(target=self._run, name="controllers", daemon=True)
        self._thread.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Finish the piece of work at hand, and end. What is left is found again at the next start."""
        self._stopping = True
        self._news.set()
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self) -> None:
        while not self._stopping:
            try:
                busy = self.step()
            except Exception:  # the store's trouble, not a controller's: it may come back
                log.exception("the controller loop cannot read the store")
                busy = False
            if not busy and not self._stopping:
                self._wait()

    def _wait(self) -> None:
        """Until there is news, a key is due, or it is time to look for commits of other processes."""
        due = self._turns[0].at - self._monotonic() if self._turns else self._poll
        self._news.wait(max(0.0, min(self._poll, due)))
        if self._news.is_set() and not self._stopping:
            time.sleep(_REST)
        self._news.clear()

    # -- one step

    def step(self) -> bool:
        """Look at the feed, then at the key that is due first; False when none is due."""
        self._read_feed()
        turn = self._take()
        if turn is None:
            return False
        work, attempt = turn.work, turn.attempt
        try:
            with self._store.snapshot() as tx:
                wanted = tx.get(work.controller.kind, *work.key)
            outcome = work.controller.reconcile(work.key, wanted)
            self._write_down(work, outcome)
        except Exception as error:
            self._failed(work, attempt + 1, error)
        else:
            if outcome.again is not None:
                self._schedule(work, self._monotonic() + outcome.again)
        return True

    def settle(self, most: int = 100_000) -> None:
        """Step until nothing is due: for tests, and before a stop. Raises `RuntimeError` when that never comes."""
        for _ in range(most):
            if not self.step():
                return
        raise RuntimeError("the controllers do not come to rest")

    # -- what is to be looked at

    def _read_feed(self) -> None:
        if self._revision is None:
            self._look_at_everything()
            return
        try:
            changes = self._store.changes(self._revision)
        except FeedTrimmed:
            self._look_at_everything()
            return
        for change in changes:
            for controller in self._controllers:
                if controller.kind.table == change.table:
                    self._schedule(_Work(controller, change.key), self._monotonic())
        if changes:
            self._revision = changes[-1].revision

    def _look_at_everything(self) -> None:
        """Every record of every controller, and every key whose last look failed: its record may be gone."""
        revision = self._store.revision()  # before the scan: what is committed in between is seen twice, not never
        with self._store.snapshot() as tx:
            for controller in self._controllers:
                for record in tx.scan(controller.kind):
                    self._schedule(_Work(controller, record.key_values()), self._monotonic())
                for trouble in tx.scan(Trouble, controller.name):
                    self._troubled.add((trouble.controller, trouble.packed))
                    self._schedule(_Work(controller, trouble.record_key), self._monotonic())
        self._revision = revision

    def _schedule(self, work: _Work, at: float, attempt: int = 0) -> None:
        """A look at `at`, unless one is due before. A change of the record makes it due now, whatever failed before."""
        known = self._next.get(work)
        if known is not None and known.at <= at:
            return
        turn = self._next[work] = _Turn(at, next(self._order), work, attempt)
        heapq.heappush(self._turns, turn)

    def _take(self) -> _Turn | None:
        """The key that is due first. Once taken it can be scheduled again: no change during the work is lost."""
        while self._turns and self._turns[0].at <= self._monotonic():
            turn = heapq.heappop(self._turns)
            if self._next.get(turn.work) is turn:
                del self._next[turn.work]
                return turn
        return None

    # -- what came of it

    def _write_down(self, work: _Work, outcome: Outcome) -> None:
        place = work.place
        recovered = place in self._troubled
        if outcome.write is None and not recovered:
            return

        def write(tx: Transaction) -> None:
            if outcome.write is not None:
                outcome.write(tx)
            trouble = tx.get(Trouble, *place) if recovered else None
            if trouble is not None:
                tx.delete(trouble)

        self._store.write(write)
        self._troubled.discard(place)

    def _failed(self, work: _Work, attempt: int, error: Exception) -> None:
        """Note the failure for people, and try again later, each time after twice as long."""
        delay = min(_FIRST_RETRY * 2 ** min(attempt - 1, 20), _LAST_RETRY)
        log.error("%s failed, attempt %d; again in %d s", work, attempt, delay, exc_info=error)
        self._schedule(work, self._monotonic() + delay, attempt)
        now = self._now().replace(microsecond=0)
        text = f"{type(error).__name__}: {error}"
        place = work.place

        def write(tx: Transaction) -> None:
            known = tx.get(Trouble, *place)
            since = known.since if known is not None else now
            tx.put(Trouble(*place, text, attempt, since, datetime.fromtimestamp(now.timestamp() + delay, now.tzinfo)))

        self._troubled.add(place)
        try:
            self._store.write(write)
        except Exception:  # the store itself may be what failed; the log has the first error
            log.exception("%s: its failure could not be written down", work)


def troubles(tx: Transaction) -> list[Trouble]:
    """Everything that is not yet what it should be."""
    return list(tx.scan(Trouble))


__all__ = ["Act", "Controller", "Loop", "Outcome", "Trouble", "troubles"]
