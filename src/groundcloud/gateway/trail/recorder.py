"""Keeps events and last uses: events of writes in the writer's transaction, the rest gathered and written together."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from groundcloud.identity import Principal, Use
from groundcloud.later import Later, Write
from groundcloud.store import Store, Transaction
from groundcloud.trail import DataEventBatch, EventBatch

Waiting = dict[tuple[type[EventBatch], str, str], list[tuple[datetime, str, bytes]]]

_MOST_WAITING = 2_000
_LARGEST_BATCH = 100
"""Events in one record: about a hundred kilobytes."""


class Recorder:
    """Gathers the events that wait for no one, and writes them each second."""

    def __init__(
        self,
        store: Store,
        note_uses: Callable[[Transaction, Iterable[Use]], None],
        later: Later,
        data_accounts: Callable[[Transaction], frozenset[str]] = lambda tx: frozenset(),
    ) -> None:
        """`data_accounts` says which accounts' data events a trail wants; it is asked each second."""
        self._store = store
        self._note_uses = note_uses
        self._later = later
        self._uses: dict[tuple[str, str, str], Use] = {}
        self._waiting: Waiting = defaultdict(list)
        self._count = 0
        self._flush_soon = asyncio.Event()
        self._data_accounts = data_accounts
        with store.snapshot() as tx:
            self._wanted = data_accounts(tx)

    def put(self, tx: Transaction, account: str, region: str, time: datetime, event_id: str, event: bytes) -> None:
        """Keep an event together with what the call wrote."""
        tx.put(_batch(EventBatch, account, region, time, event_id, [event]))

    def gather(self, account: str, region: str, time: datetime, event_id: str, event: bytes) -> None:
        """Keep an event soon. Of calls that nobody can be named for, nothing is kept."""
        if account:
            self._add(EventBatch, account, region, time, event_id, event)

    def wants_data(self, account: str) -> bool:
        """Whether a trail asks for this account's data events."""
        return account in self._wanted

    def gather_data(self, account: str, region: str, time: datetime, event_id: str, event: bytes) -> None:
        """The same as `gather` for a data event."""
        self._add(DataEventBatch, account, region, time, event_id, event)

    def _add(
        self, kind: type[EventBatch], account: str, region: str, time: datetime, event_id: str, event: bytes
    ) -> None:
        self._waiting[kind, account, region].append((time, event_id, event))
        self._count += 1
        if self._count >= _MOST_WAITING:
            self._flush_soon.set()

    def used(self, principal: Principal, service: str, region: str, time: datetime, action: str) -> None:
        """Remember that credentials were used; of a service's uses within a second the last is kept."""
        self._uses[principal.access_key_id, principal.arn, service] = Use(principal, service, region, time, action)

    async def run(self, interval: float = 1.0) -> None:
        """Write what was gathered, each `interval` seconds and whenever much waits, until cancelled."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._flush_soon.wait(), interval)
            await self.flush()
            self._store.rest()

    async def flush(self) -> None:
        """Write what was gathered until now."""
        self._flush_soon.clear()
        later = self._later.take()
        if self._waiting or self._uses or later:
            waiting, self._waiting, self._count = self._waiting, defaultdict(list), 0
            uses, self._uses = self._uses, {}
            await self._store.submit(lambda tx: self._write(tx, waiting, list(uses.values()), later))
        if not self._store.reads_block:
            with self._store.snapshot() as tx:
                self._wanted = self._data_accounts(tx)

    def _write(self, tx: Transaction, waiting: Waiting, uses: list[Use], later: dict[Write, list[Any]]) -> None:
        _write_events(tx, waiting)
        self._note_uses(tx, uses)
        for write, items in later.items():
            write(tx, items)


def _write_events(tx: Transaction, waiting: Waiting) -> None:
    for (kind, account, region), events in waiting.items():
        for start in range(0, len(events), _LARGEST_BATCH):
            batch = events[start : start + _LARGEST_BATCH]
            time, event_id, _ = batch[0]
            tx.put(_batch(kind, account, region, time, event_id, [event for _, _, event in batch]))


def _batch(
    kind: type[EventBatch], account: str, region: str, time: datetime, event_id: str, events: list[bytes]
) -> EventBatch:
    milliseconds = int(time.timestamp() * 1000)
    return kind(account=account, region=region, milliseconds=milliseconds, batch_id=event_id, events=events)
