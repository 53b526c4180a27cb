"""Response bodies on their way out: streams with back-pressure, files by the kernel's own hand."""

import asyncio
import logging
import os
from collections.abc import AsyncIterable

from groundcloud.gateway.http import FileRange
from groundcloud.gateway.server.head import BadResponse, Head
from groundcloud.lent import give_back

_log = logging.getLogger(__name__)
WRITE_BUFFER = 262144
"""Bytes that wait for the client before a stream pauses."""
_PIECE = 1 << 20
"""Bytes per read or sendfile: enough to be quick, little enough to let others have their turn."""
_SMALL = 65536


class ClientGone(Exception):
    """The client closed the connection before it had the whole file."""


class Outgoing:
    """The writing half of a connection: bytes, and waiting while the client is slower than we are."""

    def __init__(self, transport: asyncio.Transport) -> None:
        transport.set_write_buffer_limits(high=WRITE_BUFFER)
        self.transport = transport
        self._plain = transport.get_extra_info("sslcontext") is None
        self._sent = 0
        self._waiting = False
        self._seen = (0, 0)
        self._seen_at = 0.0
        self._room: asyncio.Future[None] | None = None

    @property
    def paused(self) -> bool:
        """The client is behind."""
        return self._room is not None or self._waiting

    def stalled(self, now: float, limit: float) -> bool:
        """Whether nothing has left for `limit` seconds although something waits. To be asked at every tick."""
        buffered = self.transport.get_write_buffer_size()
        # What sendfile sends, the transport does not see.
        state = (buffered, self._sent)
        if state != self._seen or not (buffered or self._waiting):
            self._seen = state
            self._seen_at = now
            return False
        return now - self._seen_at >= limit

    def pause(self) -> None:
        if self._room is None:
            self._room = asyncio.get_running_loop().create_future()

    def resume(self) -> None:
        if self._room is not None:
            room, self._room = self._room, None
            if not room.done():
                room.set_result(None)

    async def drain(self) -> None:
        """Waits until the transport has room. The task is cancelled when the client goes away."""
        if self._room is not None:
            await self._room

    def sent(self, body: object) -> None:
        """A piece was written. Where all of it is the kernel's already, its buffer is free."""
        if self._plain and not self.transport.get_write_buffer_size():
            give_back(body)

    async def stream(self, head: Head, body: AsyncIterable[bytes | memoryview]) -> None:
        """Raises `BadResponse` when the body is not as long as announced."""
        transport = self.transport
        transport.write(head.data)
        left = head.length
        async for piece in body:
            if not piece:
                continue
            if left is not None:
                left -= len(piece)
                if left < 0:
                    raise BadResponse("the body is longer than announced")
            if head.chunked:
                transport.writelines([b"%x\r\n" % len(piece), piece, b"\r\n"])
            else:
                transport.write(piece)
            await self.drain()
            self.sent(piece)
        if left:
            raise BadResponse("the body is shorter than announced")
        if head.chunked:
            transport.write(b"0\r\n\r\n")

    async def file(self, head: Head, body: FileRange, plain: bool) -> None:
        """Sends an `opened` file. Raises `BadResponse` when it ends before the range does, `ClientGone`."""
        descriptor = opened(body)
        if body.count <= _SMALL:
            # One short read costs less than a turn through a thread.
            data = os.pread(descriptor, body.count, body.offset)
            if len(data) < body.count:
                raise BadResponse("the file is shorter than announced")
            self.transport.write(head.data + data)
        elif plain:
            await self._by_kernel(head, descriptor, body.offset, body.count)
        else:
            await self._by_reads(head, descriptor, body.offset, body.count)

    async def _by_reads(self, head: Head, descriptor: int, offset: int, count: int) -> None:
        loop = asyncio.get_running_loop()
        self.transport.write(head.data)
        while count:
            piece = await loop.run_in_executor(None, os.pread, descriptor, min(count, _PIECE), offset)
            if not piece:
                raise BadResponse("the file is shorter than announced")
            offset += len(piece)
            count -= len(piece)
            self.transport.write(piece)
            await self.drain()

    async def _by_kernel(self, head: Head, descriptor: int, offset: int, count: int) -> None:
        """The transport must be empty first: the kernel writes behind its back."""
        transport = self.transport
        await self.drain()
        transport.set_write_buffer_limits(high=0)
        try:
            transport.write(head.data)
            await self.drain()
        finally:
            transport.set_write_buffer_limits(high=WRITE_BUFFER)
        # The loop lets nobody watch a transport's own descriptor; a duplicate is the same socket.
        socket = os.dup(transport.get_extra_info("socket").fileno())
        try:
            while count:
                try:
                    sent = os.sendfile(socket, descriptor, offset, min(count, _PIECE))
                except BlockingIOError:
                    await self._writable(socket)
                    continue
                except (BrokenPipeError, ConnectionResetError):
                    raise ClientGone from None
                if not sent:
                    raise BadResponse("the file is shorter than announced")
                offset += sent
                count -= sent
                self._sent += sent
                if count:
                    await self._writable(socket)
        finally:
            os.close(socket)

    async def _writable(self, socket: int) -> None:
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        loop.add_writer(socket, _set, ready)
        self._waiting = True
        try:
            await ready
        finally:
            self._waiting = False
            loop.remove_writer(socket)


def _set(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)


def opened(body: FileRange) -> int:
    """The file's descriptor. Raises OSError."""
    if isinstance(body.file, str):
        body.file = os.open(body.file, os.O_RDONLY | os.O_CLOEXEC)
    return body.file


async def release(body: object) -> None:
    """Let go of a response body, sent or not: close the file, run the generator's `finally`."""
    if isinstance(body, FileRange):
        if isinstance(body.file, int):
            os.close(body.file)
            body.file = ""
        return
    close = getattr(body, "aclose", None)
    if close is not None:
        try:
            await close()
        except Exception as error:
            _log.error("a response body failed while it was closed", exc_info=error)
