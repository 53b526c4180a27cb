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
from groundcloud.engines.host.client import HostAway
from groundcloud.engines.machines.wanted import MachineFailed
from groundcloud.engines.network.wanted import Networks, Unreachable
from groundcloud.fronts.metadata import Metadata
from groundcloud.fronts.resolver import Elsewhere, Resolver
from groundcloud.gateway.http import Handler, Request, Response
from groundcloud.gateway.server import Server, serve
from groundcloud.services.ec2.network.ways import Way

log = logging.getLogger(__name__)

HOST = "host"
"""What stands in the place of a VPC's id for `groundcloud shell`."""
_LOOK = 1.0
"""Seconds between two looks for VPCs that came or went without a word."""


class _Opened:
    """The listeners of one VPC."""

    def __init__(self, servers: list[Server], resolver: Resolver) -> None:
        self.servers = servers
        self._resolver = resolver

    async def close(self) -> None:
        await asyncio.gather(self._resolver.close(), *(server.close() for server in self.servers))


class Vpcs:
    """Listens inside the VPCs of this installation. `run` belongs on the event loop; `changed` may be called from any
    thread when a VPC has been made or removed."""

    def __init__(
        self,
        networks: Networks,
        metadata: Metadata,
        gateway: Handler,
        way: Callable[[str, str, str], Way],
        answering: Answering,
        elsewhere: Elsewhere,
        tls: ssl.SSLContext,
        host: Callable[[], dict[str, int]],
    ) -> None:
        """`way`: how a call from a private address of a VPC to a host came; `host`: sockets of the host's own."""
        self._networks = networks
        self._metadata = metadata
        self._gateway = gateway
        self._way = way
        self._answering = answering
        self._elsewhere = elsewhere
        self._tls = tls
        self._host = host
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
            await self._listen_on_host()
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
            for vpc_id in self._open.keys() - there - {HOST}:
                await self._open.pop(vpc_id).close()
        except (Unreachable, OSError) as error:
            log.warning("VPCs cannot be listened in: %s", error)

    async def _listen_on_host(self) -> None:
        try:
            sockets = _opened(await asyncio.to_thread(self._host))
        except (HostAway, MachineFailed, OSError) as error:
            log.warning("groundcloud shell has no names: %s", error)
            return
        self._open[HOST] = await self._answer(HOST, sockets, self._gateway)

    async def _listen(self, vpc_id: str) -> _Opened:
        sockets = _opened(await asyncio.to_thread(self._networks.listen, vpc_id))
        metadata = sockets.pop("metadata")
        opened = await self._answer(vpc_id, sockets, partial(self._handle, vpc_id))
        opened.servers.append(await serve(partial(self._metadata.handle, vpc_id), sockets=[metadata]))
        log.info("listening in %s", vpc_id)
        return opened

    async def _answer(self, place: str, sockets: dict[str, socket], handle: Handler) -> _Opened:
        resolver = Resolver(place, self._answering, self._elsewhere, sockets["dns-udp"], sockets["dns-tcp"])
        await resolver.start()
        plain = await serve(handle, sockets=[sockets["http"]])
        secure = await serve(handle, sockets=[sockets["https"]], tls=self._tls)
        return _Opened([plain, secure], resolver)

    def _handle(self, vpc_id: str, request: Request) -> Response | Awaitable[Response]:
        way = self._way(vpc_id, request.client, request.headers.get("host", ""))
        request.client, request.known = way.address, way.known
        return self._gateway(request)


def _opened(descriptors: dict[str, int]) -> dict[str, socket]:
    sockets = {name: socket(fileno=descriptor) for name, descriptor in descriptors.items()}
    for each in sockets.values():
        each.setblocking(False)
    return sockets
