"""The gateway's HTTP/1.1 server: listeners, the one clock for all connections, and an orderly end."""

import asyncio
import errno
import socket
import ssl
import time
from collections.abc import Callable, Sequence

from groundcloud.gateway.http import Handler
from groundcloud.gateway.server.connection import Connection
from groundcloud.gateway.server.limits import Limits

LOOPBACK = ("127.0.0.1", "::1")
_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def listen(hosts: Sequence[str] = LOOPBACK, port: int = 0, *, share: bool = False) -> list[socket.socket]:
    """Listening sockets, all on one port (0: a free one). An IPv6 address on a machine without IPv6 is left out.

    `share` lets several processes listen on the same port (SO_REUSEPORT). Raises OSError.
    """
    sockets: list[socket.socket] = []
    try:
        for host in hosts:
            listener = _bind(host, port, share, optional=bool(sockets))
            if listener is not None:
                sockets.append(listener)
                port = listener.getsockname()[1]
    except OSError:
        for listener in sockets:
            listener.close()
        raise
    return sockets


def _bind(host: str, port: int, share: bool, *, optional: bool) -> socket.socket | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError:
        if optional:
            return None
        raise
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if share:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        if optional and family == socket.AF_INET6 and error.errno in _NO_SUCH_ADDRESS:
            return None
        raise
    listener.setblocking(False)
    return listener


class Server:
    """A running server. `serve` makes it."""

    def __init__(self, handler: Handler, limits: Limits, clock: Callable[[], float]) -> None:
        self.handler = handler
        self.limits = limits
        self.clock = clock
        self.now = clock()
        """The coarse time of all connections: that of the last tick."""
        self.closing = False
        self.connections: set[Connection] = set()
        self.sockets: list[socket.socket] = []
        self._listeners: list[asyncio.AbstractServer] = []
        self._ticking: asyncio.TimerHandle | None = None
        self._gone: asyncio.Event = asyncio.Event()

    @property
    def port(self) -> int:
        """Of the first listener."""
        return int(self.sockets[0].getsockname()[1])

    async def start(self, sockets: Sequence[socket.socket], tls: ssl.SSLContext | None) -> None:
        loop = asyncio.get_running_loop()
        handshake = None if tls is None else self.limits.head_time
        shutdown = None if tls is None else 5.0
        for listener in sockets:
            self._listeners.append(
                await loop.create_server(
                    lambda: Connection(self),
                    sock=listener,
                    ssl=tls,
                    backlog=1024,
                    ssl_handshake_timeout=handshake,
                    ssl_shutdown_timeout=shutdown,
                )
            )
            self.sockets.append(listener)
        self._schedule()

    def _schedule(self) -> None:
        self._ticking = asyncio.get_running_loop().call_later(self.limits.tick, self._tick_again)

    def _tick_again(self) -> None:
        self._schedule()
        self.tick()

    def tick(self) -> None:
        """Look at the clock and at every connection. The loop calls it once per `limits.tick`."""
        now = self.clock()
        elapsed, self.now = now - self.now, now
        for connection in list(self.connections):
            connection.tick(elapsed)

    def lost(self, connection: Connection) -> None:
        """A connection has ended."""
        self.connections.discard(connection)
        if not self.connections:
            self._gone.set()

    async def close(self, deadline: float = 10.0) -> None:
        """Accept no more, let requests under way finish for `deadline` seconds, then end what is left."""
        self.closing = True
        for listener in self._listeners:
            listener.close()
        for connection in list(self.connections):
            connection.shut()
        try:
            async with asyncio.timeout(deadline):
                await self._all_gone()
        except TimeoutError:
            tasks = [connection.task for connection in self.connections if connection.task is not None]
            for connection in list(self.connections):
                connection.abort()
            await self._all_gone()
            if tasks:
                await asyncio.wait(tasks, timeout=1.0)
        if self._ticking is not None:
            self._ticking.cancel()

    async def _all_gone(self) -> None:
        while self.connections:
            self._gone.clear()
            await self._gone.wait()


async def serve(
    handler: Handler,
    *,
    sockets: Sequence[socket.socket] = (),
    port: int = 0,
    tls: ssl.SSLContext | None = None,
    limits: Limits | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Server:
    """Serve on the sockets of `listen`, or on the loopback addresses at `port`. Raises OSError."""
    server = Server(handler, limits or Limits(), clock)
    await server.start(sockets or listen(port=port), tls)
    return server
