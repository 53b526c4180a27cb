"""The DNS server's process side: UDP and TCP sockets on the event loop, notifications to secondaries.

What is answered is the affair of `answering.py`; nothing that a packet brings may end the server.
"""

import asyncio
import contextlib
import logging
import secrets
import time
from collections.abc import Iterable, Sequence
from itertools import count
from socket import AF_INET, AF_INET6, SOCK_DGRAM, socket

from groundcloud.engines.dns.answering import Answering
from groundcloud.engines.dns.sockets import Pair
from groundcloud.engines.dns.transfer import Transfers, notification
from groundcloud.engines.dns.wire import QUERY, Malformed, parse
from groundcloud.engines.dns.zones import Zone

log = logging.getLogger(__name__)

_BATCH = 32
"""Datagrams taken in one go: enough to spare the loop's turns, few enough to keep nobody else waiting."""
_MOST_CONNECTIONS = 256
_IDLE = 10.0
"""Seconds that a TCP connection may be silent (RFC 7766, section 6.2.3)."""
_NOTIFY_DELAY = 0.05
"""Seconds in which several changes become one notification."""
_NOTIFY_AGAIN = (0.5, 2.0, 5.0, 15.0)


class DnsServer:
    """Listens; `start` and `close` belong to one event loop."""

    def __init__(self, answering: Answering, transfers: Transfers, pairs: Sequence[Pair]) -> None:
        self._answering = answering
        self._transfers = transfers
        self._pairs = pairs
        self._servers: list[asyncio.Server] = []
        self._connections: set[asyncio.Task[None]] = set()
        self._notifier = _Notifier(transfers)
        self._complained = 0.0

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        for udp, tcp in self._pairs:
            loop.add_reader(udp.fileno(), self._read, udp)
            self._servers.append(await asyncio.start_server(self._connected, sock=tcp))
        self._notifier.start(loop)

    @property
    def changed(self) -> "_Notifier":
        """To be called with each zone that changes, from any thread."""
        return self._notifier

    async def close(self) -> None:
        loop = asyncio.get_running_loop()
        for udp, _ in self._pairs:
            loop.remove_reader(udp.fileno())
            udp.close()
        for server in self._servers:
            server.close()
        tasks = [*self._connections, *self._notifier.close()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    # -- UDP

    def _read(self, udp: socket) -> None:
        receive, send, answer = udp.recvfrom, udp.sendto, self._answering.answer
        for _ in range(_BATCH):
            try:
                packet, sender = receive(4096)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # an earlier answer's receiver is gone
                continue
            try:
                made = answer(packet, sender[0])
                if made:
                    send(made, sender)
            except OSError:  # nobody takes the answer, or the way is full: the client asks again
                continue
            except Exception as error:  # a bug here must not end the server
                self._complain(error)

    def _complain(self, error: Exception) -> None:
        """Log a bug, at most once a second: whoever sends such packets must not fill the disk."""
        now = time.monotonic()
        if now - self._complained > 1:
            self._complained = now
            log.error("a DNS query was not answered", exc_info=error)

    # -- TCP

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._connections) >= _MOST_CONNECTIONS:
            writer.close()
            return
        self._connections.add(task)
        try:
            await self._converse(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        except Exception as error:  # a bug here must not end the server
            self._complain(error)
        finally:
            self._connections.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address = writer.get_extra_info("peername")[0]
        while True:
            async with asyncio.timeout(_IDLE):
                length = int.from_bytes(await reader.readexactly(2), "big")
                packet = await reader.readexactly(length)
            for message in self._messages(packet, address):
                if not message:
                    return
                writer.write(len(message).to_bytes(2, "big") + message)
                async with asyncio.timeout(_IDLE):
                    await writer.drain()

    def _messages(self, packet: bytes, address: str) -> Iterable[bytes]:
        """The messages that answer one; an empty one ends the connection."""
        try:
            query = parse(packet)
        except Malformed:
            return [self._answering.answer(packet, address, tcp=True)]
        if query.opcode == QUERY and self._transfers.wants(query):
            return self._transfers.messages(packet, query, address)
        return [self._answering.answer(packet, address, tcp=True)]


class _Notifier:
    """Sends NOTIFY to the secondaries after changes, again until they acknowledge."""

    def __init__(self, transfers: Transfers) -> None:
        self._transfers = transfers
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: dict[str, Zone] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._ids = count(secrets.randbelow(1 << 16))

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def close(self) -> set[asyncio.Task[None]]:
        self._loop = None
        return set(self._tasks)

    def __call__(self, zone: Zone) -> None:
        loop = self._loop
        if loop is None or not self._transfers.notified or zone.vpcs is not None:
            return
        with contextlib.suppress(RuntimeError):  # the loop has just ended
            loop.call_soon_threadsafe(self._gather, zone)

    def _gather(self, zone: Zone) -> None:
        if not self._waiting and self._loop is not None:
            self._loop.call_later(_NOTIFY_DELAY, self._send)
        self._waiting[zone.id] = zone

    def _send(self) -> None:
        zones, self._waiting = self._waiting, {}
        if self._loop is None:
            return
        for zone in zones.values():
            for server in self._transfers.notified:
                task = self._loop.create_task(self._tell(zone, server))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _tell(self, zone: Zone, server: tuple[str, int]) -> None:
        id_ = next(self._ids) & 0xFFFF
        loop = asyncio.get_running_loop()
        with socket(AF_INET6 if ":" in server[0] else AF_INET, SOCK_DGRAM) as udp:
            udp.setblocking(False)
            for patience in _NOTIFY_AGAIN:
                with contextlib.suppress(OSError, TimeoutError):
                    await loop.sock_connect(udp, server)
                    await loop.sock_sendall(udp, notification(zone, id_))
                    async with asyncio.timeout(patience):
                        if (await loop.sock_recv(udp, 512))[:2] == id_.to_bytes(2, "big"):
                            return
        log.warning("the secondary %s port %d does not acknowledge changes", *server)
