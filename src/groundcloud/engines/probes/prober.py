"""When which checker asks: a schedule of its own for each, on one event loop. Tests move the clock and step."""

import asyncio
import contextlib
import heapq
import itertools
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NamedTuple

from groundcloud.engines.probes.board import Board, Check, Seen

log = logging.getLogger(__name__)

_AT_ONCE = 128
"""Probes under way at the same time."""
_STAGGER = 0.05
"""Seconds between the first looks of a check's checkers."""

Ask = Callable[[Check], Awaitable[Seen]]


class _Turn(NamedTuple):
    at: float
    order: int
    id: str
    number: int
    generation: int
    first: bool = False


class Rounds:
    """Runs the checkers of a board."""

    def __init__(
        self,
        board: Board,
        ask: Ask,
        now: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.board = board
        self._ask = ask
        self._now = now
        self.monotonic = monotonic
        self._turns: list[_Turn] = []
        self._order = itertools.count()
        self._generation: dict[str, int] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._asking: set[asyncio.Task[None]] = set()
        self.dirty: set[str] = set()
        """Checks of which something new was seen since that was last written down."""

    # -- from any thread

    def watch(self, check: Check, known: bool | None = None) -> None:
        """Begin, or go on with other settings."""
        self._on_loop(lambda: self._watch(check, known))

    def forget(self, id_: str) -> None:
        self._on_loop(lambda: self._forget(id_))

    def _on_loop(self, work: Callable[[], None]) -> None:
        if self._loop is None:
            work()
            return
        with contextlib.suppress(RuntimeError):  # the loop has just ended
            self._loop.call_soon_threadsafe(work)

    def _watch(self, check: Check, known: bool | None) -> None:
        found = self.board.all.get(check.id)
        if found is not None and found.check == check:
            return
        self.board.put(check, known)
        generation = self._generation[check.id] = next(self._order)
        for number in range(len(check.regions) if check.asks else 0):
            at = self.monotonic() + number * _STAGGER
            heapq.heappush(self._turns, _Turn(at, next(self._order), check.id, number, generation, first=True))
        self._news.set()

    def _forget(self, id_: str) -> None:
        self._generation.pop(id_, None)
        self.board.remove(id_)
        self.dirty.discard(id_)

    # -- on the event loop

    async def run(self) -> None:
        """Until it is cancelled."""
        self._loop = asyncio.get_running_loop()
        try:
            while True:
                self._news.clear()
                self.begin_due()
                self.board.look_at_alarms()
                wait = min(1.0, self._turns[0].at - self.monotonic()) if self._turns else 1.0
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(0.0, wait)):
                        await self._news.wait()
        finally:
            self._loop = None
            for task in self._asking:
                task.cancel()

    def begin_due(self) -> None:
        """Let every checker whose time has come ask, and say when it asks next."""
        now = self.monotonic()
        while self._turns and self._turns[0].at <= now:
            turn = heapq.heappop(self._turns)
            if self._generation.get(turn.id) != turn.generation:
                continue
            task = asyncio.get_running_loop().create_task(self._look(turn))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
            heapq.heappush(self._turns, self._after(turn, now))

    def _after(self, turn: _Turn, now: float) -> _Turn:
        """The checkers share the interval between them; one that is late does not ask twice in a row."""
        check = self.board.all[turn.id].check
        step = check.interval * (turn.number + 1) / len(check.regions) if turn.first else float(check.interval)
        return turn._replace(at=max(turn.at + step, now), order=next(self._order), first=False)

    async def _look(self, turn: _Turn) -> None:
        found = self.board.all.get(turn.id)
        if found is None:
            return
        async with self._room:
            try:
                seen = await self._ask(found.check)
            except Exception as error:  # a bug here must not end the checkers
                log.exception("the health check %s could not ask", turn.id)
                seen = Seen(False, f"Failure: {type(error).__name__}")
        if self._generation.get(turn.id) == turn.generation:
            self.board.report(turn.id, turn.number, seen, self._now())
            self.dirty.add(turn.id)

    async def settle(self) -> None:
        """Begin what is due and wait for it: for tests."""
        self.begin_due()
        while self._asking:
            await asyncio.gather(*self._asking)
