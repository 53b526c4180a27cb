"""The loop that empties the outbox, on the event loop: many deliveries at once, each lane in its order.

It is woken by commits. What it does not finish, it finds again at the next start.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import msgspec

from groundcloud.errors import AwsError
from groundcloud.gateway.invoke import Invoker
from groundcloud.outbox import ARN, Notice, Parcel
from groundcloud.store import Store, StoreUnavailable, Transaction

log = logging.getLogger(__name__)

_AT_ONCE = (200, 100)
"""Deliveries under way within this cloud, and to receivers outside."""
_LOOK_AGAIN = 1.0
"""Seconds after which the outbox is read from its beginning, whoever wrote to it and whenever."""
_FIRST_RETRY, _LAST_RETRY = 1.0, 300.0

Finish = Callable[[Transaction, Parcel], None]
"""What to write down once a parcel is done, in the transaction that removes it; it may be run more than once."""


class Retry(Exception):
    """The delivery failed, and is to be tried again after some seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"again in {seconds} s")


Handler = Callable[[Parcel], Awaitable[Finish | None]]
"""Delivers a parcel of its kind. Raises `Retry`; whatever else it raises is logged, and tried again."""


class Publisher:
    """Empties the outbox of one store."""

    def __init__(
        self, store: Store, invoker: Invoker, clock: Callable[[], datetime], handlers: Mapping[str, Handler]
    ) -> None:
        self._store = store
        self._invoker = invoker
        self._clock = clock
        self._handlers: dict[str, Handler] = {ARN: self._to_arn, **handlers}
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._lanes: set[str] = set()
        self._pools = [0, 0]
        self._after = [b"", b""]
        self._news: asyncio.Event | None = None

    async def run(self) -> None:
        """Until it is cancelled."""
        loop = asyncio.get_running_loop()
        news = self._news = asyncio.Event()
        self._store.on_commit(lambda: _wake(loop, news))
        while True:
            news.clear()
            try:
                self._begin()
            except StoreUnavailable as error:
                log.error("the outbox cannot be read: %s", error)
            try:
                async with asyncio.timeout(_LOOK_AGAIN):
                    await news.wait()
            except TimeoutError:
                self._after = [b"", b""]

    async def drain(self) -> None:
        """Deliver what is due now, and what comes of that, for tests and before a stop."""
        while True:
            self._after = [b"", b""]
            self._begin()
            if not self._under_way:
                return
            await asyncio.wait(list(self._under_way.values()))

    # -- what is due

    def _begin(self) -> None:
        """Start what is due and has room."""
        now = int(self._clock().timestamp() * 1000)
        with self._store.snapshot() as tx:
            for pool in (0, 1):
                for position, parcel in tx.scan_from(Parcel, pool, index="by_due", after=self._after[pool]):
                    if parcel.due > now or self._pools[pool] >= _AT_ONCE[pool]:
                        break
                    self._after[pool] = position
                    if parcel.parcel_id not in self._under_way and self._is_next(tx, parcel):
                        self._start(parcel, pool)

    def _is_next(self, tx: Transaction, parcel: Parcel) -> bool:
        """Whether nothing of its lane comes before it."""
        if not parcel.lane:
            return True
        first = next(tx.scan(Parcel, parcel.lane, index="by_lane"), None)
        return parcel.lane not in self._lanes and first is not None and first.parcel_id == parcel.parcel_id

    def _start(self, parcel: Parcel, pool: int) -> None:
        self._pools[pool] += 1
        if parcel.lane:
            self._lanes.add(parcel.lane)
        task = asyncio.get_running_loop().create_task(self._deliver(parcel))
        self._under_way[parcel.parcel_id] = task

        def ended(_: "asyncio.Task[None]") -> None:
            self._pools[pool] -= 1
            self._lanes.discard(parcel.lane)
            self._under_way.pop(parcel.parcel_id, None)
            if parcel.lane or self._pools[pool] == _AT_ONCE[pool] - 1:  # something may have waited for this
                self._after = [b"", b""]
                if self._news is not None:
                    self._news.set()

        task.add_done_callback(ended)

    # -- one delivery

    async def _deliver(self, parcel: Parcel) -> None:
        try:
            finish = await self._handlers[parcel.kind](parcel)
        except Retry as retry:
            await self._again(parcel, retry.seconds)
        except Exception:
            log.exception("the delivery to %s failed, attempt %d", parcel.target, parcel.attempts + 1)
            await self._again(parcel, min(_FIRST_RETRY * 2 ** min(parcel.attempts, 20), _LAST_RETRY))
        else:
            await self._done(parcel, finish)

    async def _done(self, parcel: Parcel, finish: Finish | None) -> None:
        def work(tx: Transaction) -> None:
            tx.delete(parcel)
            if finish is not None:
                finish(tx, parcel)

        await self._store.submit(work)

    async def _again(self, parcel: Parcel, seconds: float) -> None:
        due = int(self._clock().timestamp() * 1000) + int(seconds * 1000)
        later = msgspec.structs.replace(parcel, due=due, attempts=parcel.attempts + 1)
        await self._store.submit(lambda tx: tx.put(later))

    async def _to_arn(self, parcel: Parcel) -> None:
        """A notice for a queue or topic. One that is gone, or lets nobody in, gets nothing, as on AWS."""
        notice = msgspec.msgpack.decode(parcel.payload, type=Notice)
        try:
            await self._invoker.deliver(parcel.target, notice)
        except AwsError as error:
            if error.status >= 500:
                raise Retry(min(_FIRST_RETRY * 2 ** min(parcel.attempts, 20), _LAST_RETRY)) from error
            log.warning("%s does not take a notice of %s: %s", parcel.target, notice.source_arn, error.message)


def _wake(loop: asyncio.AbstractEventLoop, news: asyncio.Event) -> None:
    """From any thread, also after the loop's end."""
    if not news.is_set() and not loop.is_closed():
        loop.call_soon_threadsafe(news.set)
