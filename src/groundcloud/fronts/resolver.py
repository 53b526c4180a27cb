"""The resolver of a VPC: DNS at 169.254.169.253 and at the base address plus two.

What this cloud knows it answers by itself (`engines/dns`), with the VPC's private zones and names; for everything else
it asks the resolvers of the host. RFC 1035; addresses: "Amazon DNS" in the VPC user guide.
"""

import asyncio
import logging
import socket
import struct
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any

from groundcloud.engines.dns.answering import NOTHING, Answering
from groundcloud.engines.dns.message import refusal
from groundcloud.engines.dns.wire import SERVFAIL

log = logging.getLogger(__name__)

_PATIENCE = 2.0
"""Seconds that one of the host's resolvers has."""
_MOST_WAITING = 512
"""Questions that are asked elsewhere at the same time; more get no answer, as from AWS's, which has a limit too."""
_BATCH = 64
_IP_PKTINFO = 8
"""Linux's ip(7): each packet says to which address it came. Python has no name for it before 3.14."""
_TCP_IDLE = 10.0


def host_resolvers(path: Path = Path("/etc/resolv.conf")) -> list[str]:
    """The addresses that the host asks."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return []
    return [words[1] for line in lines if len(words := line.split()) > 1 and words[0] == "nameserver"]


class Elsewhere:
    """Asks the host's resolvers."""

    def __init__(self, servers: Sequence[str], port: int = 53) -> None:
        self._servers = servers
        self._port = port
        self._waiting = 0

    async def ask(self, packet: bytes, tcp: bool) -> bytes:
        """The first answer that a server gives; `SERVFAIL` when none does, nothing when too many wait already."""
        if self._waiting >= _MOST_WAITING:
            return NOTHING
        self._waiting += 1
        try:
            for server in self._servers:
                try:
                    async with asyncio.timeout(_PATIENCE):
                        return await (self._by_tcp if tcp else self._by_udp)(server, packet)
                except (OSError, TimeoutError, asyncio.IncompleteReadError):
                    continue
        finally:
            self._waiting -= 1
        return refusal(packet, SERVFAIL)

    async def _by_udp(self, server: str, packet: bytes) -> bytes:
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[bytes] = loop.create_future()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Question(packet, answered), remote_addr=(server, self._port)
        )
        try:
            return await answered
        finally:
            transport.close()

    async def _by_tcp(self, server: str, packet: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(server, self._port)
        try:
            writer.write(struct.pack(">H", len(packet)) + packet)
            return await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
        finally:
            writer.close()


class _Question(asyncio.DatagramProtocol):
    """One question to one server, from a port of its own; an answer to another question is not taken."""

    def __init__(self, packet: bytes, answered: "asyncio.Future[bytes]") -> None:
        self._packet = packet
        self._answered = answered

    def connection_made(self, transport: Any) -> None:  # uvloop's transports are none of asyncio's classes
        transport.sendto(self._packet)

    def datagram_received(self, data: bytes, addr: object) -> None:
        if data[:2] == self._packet[:2] and not self._answered.done():
            self._answered.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self._answered.done():
            self._answered.set_exception(exc)


class Resolver:
    """Answers the machines of one VPC on its two sockets, which are this object's to close."""

    def __init__(self, vpc_id: str, answering: Answering, elsewhere: Elsewhere, udp: socket.socket, tcp: socket.socket):
        self._vpc_id = vpc_id
        self._answering = answering
        self._elsewhere = elsewhere
        self._udp = udp
        self._tcp = tcp
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        for each in (udp, tcp):
            each.setblocking(False)
        udp.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)

    async def start(self) -> None:
        asyncio.get_running_loop().add_reader(self._udp.fileno(), self._read)
        self._server = await asyncio.start_server(self._connected, sock=self._tcp)

    async def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._udp.fileno())
        self._udp.close()
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _read(self) -> None:
        for _ in range(_BATCH):
            try:
                packet, extra, _, sender = self._udp.recvmsg(4096, 128)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                continue
            made = self._answering.answer_within(packet, self._vpc_id, sender[0])
            if made is None:
                self._spawn(self._forward(packet, extra, sender))
            elif made:
                self._send(made, extra, sender)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _forward(self, packet: bytes, extra: list[tuple[int, int, bytes]], sender: Any) -> None:
        made = await self._elsewhere.ask(packet, tcp=False)
        if made:
            self._send(made, extra, sender)

    def _send(self, made: bytes, extra: list[tuple[int, int, bytes]], sender: Any) -> None:
        """Answer from the address that was asked: the socket has all of the VPC's."""
        try:
            self._udp.sendmsg([made], extra, 0, sender)
        except OSError:  # the machine is gone, or its way is full: it asks again
            return

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        address = writer.get_extra_info("peername")[0]
        try:
            while True:
                async with asyncio.timeout(_TCP_IDLE):
                    packet = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
                made = self._answering.answer_within(packet, self._vpc_id, address, tcp=True)
                if made is None:
                    made = await self._elsewhere.ask(packet, tcp=True)
                if not made:
                    return
                writer.write(struct.pack(">H", len(made)) + made)
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()
