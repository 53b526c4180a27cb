"""Keeps events: those of writes inside the writer's transaction, those of reads gathered and written together."""

import asyncio
from collections import defaultdict
from contextlib import suppress
from datetime import datetime

from groundcloud.gateway.trail.records import EventBatch
from groundcloud.store import Store, Transaction

_MOST_WAITING = 2_000


class Recorder:
    """Gathers the events that wait for no one, and writes them each second."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[tuple[str, str], list[tuple[datetime, str, bytes]]] = defaultdict(list)
        self._count = 0
        self._flush_soon = asyncio.Event()

    def put(self, tx: Transaction, account: str, region: str, time: datetime, event_id: str, event: bytes) -> None:
        """Keep an event together with what the call wrote."""
        tx.put(_batch(account, region, time, event_id, [event]))

    def gather(self, account: str, region: str, time: datetime, event_id: str, event: bytes) -> None:
        """Keep an event soon. Of calls that nobody can be named for, nothing is kept."""
        if not account:
            return
        self._waiting[account, region].append((time, event_id, event))
        self._count += 1
        if self._count >= _MOST_WAITING:
            self._flush_soon.set()

    async def run(self, interval: float = 1.0) -> None:
        """Write what was gathered, each `interval` seconds and whenever much waits, until cancelled."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._flush_soon.wait(), interval)
            await self.flush()

    async def flush(self) -> None:
        """Write what was gathered until now."""
        self._flush_soon.clear()
        if self._waiting:
            waiting, self._waiting, self._count = self._waiting, defaultdict(list), 0
            await self._store.submit(lambda tx: _write(tx, waiting))


def _write(tx: Transaction, waiting: dict[tuple[str, str], list[tuple[datetime, str, bytes]]]) -> None:
    for (account, region), events in waiting.items():
        time, event_id, _ = events[0]
        tx.put(_batch(account, region, time, event_id, [event for _, _, event in events]))


def _batch(account: str, region: str, time: datetime, event_id: str, events: list[bytes]) -> EventBatch:
    milliseconds = int(time.timestamp() * 1000)
    return EventBatch(account=account, region=region, milliseconds=milliseconds, batch_id=event_id, events=events)
