"""The engine `metrics`: for what measures and waits for nobody, such as metric filters of CloudWatch Logs."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from groundcloud.metrics.publishing import Datum, publish
from groundcloud.store import Store, StoreUnavailable, Transaction

log = logging.getLogger(__name__)


class Sample(Protocol):
    """One value of a metric."""

    @property
    def namespace(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def dimensions(self) -> Mapping[str, str]: ...
    @property
    def timestamp(self) -> int:
        """Milliseconds since 1970."""
        ...

    @property
    def value(self) -> float: ...
    @property
    def unit(self) -> str: ...


class Sink:
    """Writes samples down soon, on the event loop. A crash may lose those of the last moments."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._writing: set[asyncio.Task[None]] = set()

    def publish(self, account: str, region: str, points: Sequence[Sample]) -> None:
        """Take values. It does not block."""
        data = [
            Datum(
                each.namespace, each.name, each.value, tuple(each.dimensions.items()), each.unit,
                datetime.fromtimestamp(each.timestamp / 1000, UTC),
            )
            for each in points
        ]  # fmt: skip
        task = asyncio.get_running_loop().create_task(self._write(account, region, data))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, account: str, region: str, data: list[Datum]) -> None:
        def work(tx: Transaction) -> None:
            publish(tx, account, region, data, self._clock())

        try:
            await self._store.submit(work)
        except StoreUnavailable as error:
            log.error("%d values of metrics are lost: %s", len(data), error)
