"""What answers inside each VPC: the metadata service, the resolver, and the gateway under AWS's own host names.

The network engine makes the sockets inside a VPC and hands them over; machines reach them as `engines/network` lets
them. A request to the gateway has the address that AWS would see: the machine's public one.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from socket import socket

from groundcloud.engines.dns.answering import Answering
from groundcloud.engines.network.wanted import Networks, Unreachable
from groundcloud.fronts.metadata import Metadata
from groundcloud.fronts.resolver import Elsewhere, Resolver
from groundcloud.gateway.http import Handler, Request, Response
from groundcloud.gateway.server import Server, serve

log = logging.getLogger(__name__)

_LOOK = 1.0
"""Seconds between two looks for VPCs that came or went without a word."""


class _Opened:
    """The listeners of one VPC."""

    def __init__(self, servers: list[Server], resolver: Resolver) -> None:
        self._servers = servers
        self._resolver = resolver

    async def close(self) -> None:
        await asyncio.gather(self._resolver.close(), *(server.close() for server in self._servers))


class Vpcs:
    """Listens inside the VPCs of this installation. `run` belongs on the event loop; `changed` may be called from any
    thread when a VPC has been made or removed."""

    def __init__(
        self,
        networks: Networks,
        metadata: Metadata,
        gateway: Handler,
        outside: Callable[[str, str], str],
        answering: Answering,
        elsewhere: Elsewhere,
        tls: ssl.SSLContext,
    ) -> None:
        self._networks = networks
        self._metadata = metadata
        self._gateway = gateway
        self._outside = outside
        self._answering = answering
        self._elsewhere = elsewhere
        self._tls = tls
        self._open: dict[str, _Opened] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news: asyncio.Event | None = None

    def changed(self) -> None:
        """Say that VPCs came or went."""
        if self._loop is not None and self._news is not None:
            self._loop.call_soon_threadsafe(self._news.set)

    async def run(self) -> None:
        self._loop, self._news = asyncio.get_running_loop(), asyncio.Event()
        try:
            while True:
                self._news.clear()
                await self._look()
                try:
                    async with asyncio.timeout(_LOOK):
                        await self._news.wait()
                except TimeoutError:
                    continue
        finally:
            await asyncio.gather(*(opened.close() for opened in self._open.values()))

    async def _look(self) -> None:
        try:
            there = await asyncio.to_thread(self._networks.networks)
            for vpc_id in there - self._open.keys():
                self._open[vpc_id] = await self._listen(vpc_id)
            for vpc_id in self._open.keys() - there:
                await self._open.pop(vpc_id).close()
        except (Unreachable, OSError) as error:
            log.warning("VPCs cannot be listened in: %s", error)

    async def _listen(self, vpc_id: str) -> _Opened:
        descriptors = await asyncio.to_thread(self._networks.listen, vpc_id)
        sockets = {name: socket(fileno=descriptor) for name, descriptor in descriptors.items()}
        for each in sockets.values():
            each.setblocking(False)
        resolver = Resolver(vpc_id, self._answering, self._elsewhere, sockets["dns-udp"], sockets["dns-tcp"])
        await resolver.start()
        handle = partial(self._handle, vpc_id)
        servers = [
            await serve(partial(self._metadata.handle, vpc_id), sockets=[sockets["metadata"]]),
            await serve(handle, sockets=[sockets["http"]]),
            await serve(handle, sockets=[sockets["https"]], tls=self._tls),
        ]
        log.info("listening in %s", vpc_id)
        return _Opened(servers, resolver)

    def _handle(self, vpc_id: str, request: Request) -> Response | Awaitable[Response]:
        request.client = self._outside(vpc_id, request.client)
        return self._gateway(request)
