"""What only the process that leads does, on its event loop: DNS and health checks, deliveries, machines.

Of several processes that answer, one leads; `serve.py` says which.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from groundcloud.controllers import Controller, Loop
from groundcloud.engines.dns.server import DnsServer
from groundcloud.engines.dns.sockets import Pair
from groundcloud.engines.dns.transfer import Transfers
from groundcloud.loops import Loops
from groundcloud.main import Cloud
from groundcloud.settings import Settings
from groundcloud.store import StoreUnavailable

if TYPE_CHECKING:
    from groundcloud.ground import Ground

log = logging.getLogger(__name__)


class Chore(Protocol):
    """What only the process that leads does, on its event loop."""

    async def run(self) -> None: ...


class Deliveries:
    """What the outbox holds, and what is answered to it."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def run(self) -> None:
        from groundcloud.publishing.phones import Replies  # the first answer need not wait for it

        await asyncio.gather(self._cloud.publisher().run(), _lasting(Replies(self._cloud.world).run))


class MachinesAndNetworks:
    """Machines and what answers inside their networks, where the host has the engines for them."""

    def __init__(self, cloud: Cloud, data: Path, tls: ssl.SSLContext, loops: list[Loop]) -> None:
        self._cloud = cloud
        self._data = data
        self._tls = tls
        self._loops = loops

    async def run(self) -> None:
        if "machines" not in self._cloud.world.engines:
            return
        ground = await asyncio.to_thread(self._build)
        for controllers in (ground.controllers(), ground.slow_controllers()):
            loop = Loop(self._cloud.store, controllers, now=self._cloud.world.clock)
            self._loops.append(loop)
            loop.start()
        await asyncio.gather(ground.vpcs.run(), _lasting(ground.metrics.run), _lasting(ground.databases.gauges.run))

    def _build(self) -> "Ground":
        from groundcloud.ground import Ground

        return Ground(self._cloud, self._data, self._tls)


class Names:
    """The DNS server in the process that leads: it answers once all zones are read. What is asked before waits in its
    sockets."""

    def __init__(self, cloud: Cloud, settings: Settings, pairs: list[Pair], loops: list[Loop]) -> None:
        self._cloud = cloud
        self._loops = loops
        dns = cloud.dns
        alone = settings.workers == 1 and not cloud.store.reads_block
        self._poll = 1.0 if alone else 0.05  # what other processes commit is answered within milliseconds too
        transfers = Transfers(dns.authority, settings.dns_secondaries)
        self._server = DnsServer(dns.answering, transfers, pairs)
        dns.table.on_change.append(self._server.changed)

    async def run(self) -> None:
        from groundcloud.services.route53.health_controller import Witness  # the first answer need not wait for it
        from groundcloud.services.route53.health_metrics import HealthMetrics
        from groundcloud.services.route53.query_log_controller import QueryLogWriter

        controllers = await self._load()
        loop = Loop(self._cloud.store, controllers, now=self._cloud.world.clock, poll=self._poll)
        self._loops.append(loop)
        loop.start()
        await self._server.start()
        rounds = self._cloud.rounds
        store, clock = self._cloud.store, self._cloud.world.clock
        witness = Witness(store, rounds, clock)
        queries = QueryLogWriter(store, self._cloud.query_log, self._cloud.act)
        metrics = HealthMetrics(store, self._cloud.world.plane("cloudwatch"), rounds.board, clock)
        try:
            chores = (rounds.run, witness.run, metrics.run, queries.run)
            await asyncio.gather(*[_lasting(chore) for chore in chores])
        finally:
            await self._server.close()

    async def _load(self) -> list[Controller[Any]]:
        """All zones; a store that is away is waited for, and so is whoever asks."""
        while True:
            try:
                return await asyncio.to_thread(Loops(self._cloud).name_controllers)
            except StoreUnavailable as error:
                log.error("DNS waits for the store: %s", error)
                await asyncio.sleep(1)


async def _lasting(run: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Begin again after a bug: it must not end what runs beside."""
    while True:
        try:
            await run()
        except Exception:
            log.exception("%s ended and begins again", run.__qualname__)
            await asyncio.sleep(1)
