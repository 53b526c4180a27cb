"""One client's connection: requests in order, one answer each, and the clock against slow clients.

What the bytes mean is parser.py's, how an answer is written head.py's and sending.py's.
"""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Protocol, cast

from groundcloud.gateway.http import BodyInterrupted, BodyTooLarge, FileRange, Handler, Response
from groundcloud.gateway.server import eager
from groundcloud.gateway.server.body import RequestBody
from groundcloud.gateway.server.head import CONTINUE, BadResponse, Head, encode_head, refusal
from groundcloud.gateway.server.limits import Limits
from groundcloud.gateway.server.parser import Received, Refused, RequestParser
from groundcloud.gateway.server.sending import ClientGone, Outgoing, opened, release

_log = logging.getLogger(__name__)
_ONE_WRITE = 65536
"""Up to here copying head and body together is cheaper than handing over two buffers."""


class Host(Protocol):
    """The server, as a connection sees it."""

    handler: Handler
    limits: Limits
    now: float
    closing: bool
    connections: "set[Connection]"

    def lost(self, connection: "Connection") -> None:
        """The connection is closed."""


class Connection(asyncio.Protocol):
    """The protocol of every transport, plain or TLS."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._current: Received | None = None
        self._task: asyncio.Task[None] | None = None
        self._refused = 0
        self._unparsed = b""
        self._reading = True
        self._answering = False
        self._draining = False
        self._lingering = False
        self._lost = False
        self._since = host.now

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._out = Outgoing(self._transport)
        self._plain = transport.get_extra_info("sslcontext") is None
        peer = transport.get_extra_info("peername")
        client = peer[0].partition("%")[0] if peer else ""
        host = self._host
        self._parser = RequestParser(host.limits, self, self._now, client, not self._plain)
        host.connections.add(self)
        if len(host.connections) > host.limits.connections or host.closing:
            self._transport.write(refusal(503))
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        if self._lingering or self._refused or self._transport.is_closing():
            return
        if self._unparsed:
            self._unparsed += data
            return
        self._parse(data)
        if self._draining and self._current is not None:
            self._drain_body(self._current)
        if self._current is None:
            self._advance()
        else:
            self._control_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """A body on its way tells its reader; otherwise nobody is left to answer, and the handler is cancelled."""
        self._lost = True
        self._host.lost(self)
        receiving = self._parser.receiving
        if receiving is not None:
            receiving.interrupt("the client closed the connection")
        current = self._current
        if self._task is not None and (self._answering or current is None or not current.body.interrupted):
            # After the task's first step: a coroutine that has not begun would run no `finally`.
            asyncio.get_running_loop().call_soon(self._task.cancel)
        self._parser.close()
        self._unparsed = b""

    def pause_writing(self) -> None:
        self._out.pause()

    def resume_writing(self) -> None:
        self._out.resume()

    # What a body asks for

    def body_wanted(self) -> None:
        if not self._lost and not self._answering:
            self._transport.write(CONTINUE)

    def body_taken(self) -> None:
        self._control_reading()

    # From bytes to handlers

    def _now(self) -> float:
        return self._host.now

    def _parse(self, data: bytes) -> None:
        try:
            self._unparsed = self._parser.feed(data)
        except Refused as refused:
            self._refused = refused.status
            receiving = self._parser.receiving
            if receiving is not None:
                receiving.interrupt("the body's framing is broken")

    def _advance(self) -> None:
        """Start the next request; with none left, go on reading or close."""
        arrived = self._parser.arrived
        if self._lost or self._lingering or self._transport.is_closing():
            return
        while self._current is None:
            if arrived:
                self._start(arrived.popleft())
            elif self._refused:
                self._refuse(self._refused)
                return
            elif self._unparsed:
                # Through the loop, so that one client's pipeline does not keep the others waiting.
                asyncio.get_running_loop().call_soon(self._resume_parsing)
                return
            else:
                self._since = self._host.now
                if self._host.closing:
                    self._transport.close()
                break
            if self._lingering or self._transport.is_closing():
                return
        self._control_reading()

    def _resume_parsing(self) -> None:
        data, self._unparsed = self._unparsed, b""
        if data and not self._lost and not self._lingering and not self._transport.is_closing():
            self._parse(data)
            if self._current is None:
                self._advance()

    def _start(self, received: Received) -> None:
        self._current = received
        try:
            result = self._host.handler(received.request)
        except Exception as error:
            self._failed(received, error)
            return
        if type(result) is Response and type(result.body) is bytes:
            self._answer_whole(received, result, result.body)
        else:
            task = eager.start(self._serve(received, result), asyncio.get_running_loop())
            if task is not None:
                self._task = task

    async def _serve(self, received: Received, result: Response | Awaitable[Response]) -> None:
        """Wait for the handler, then send; never raises. Cancelled, it ends the connection."""
        response: Response | None = None
        try:
            response = result if isinstance(result, Response) else await result
            if isinstance(response.body, bytes | memoryview):
                self._answer_whole(received, response, response.body)
            else:
                await self._answer_streamed(received, response)
        except asyncio.CancelledError:
            self._transport.abort()
        except Exception as error:
            self._failed(received, error)
        finally:
            self._task = None
            if response is not None and not isinstance(response.body, bytes | memoryview):
                await release(response.body)
        if self._current is None and not self._lost:
            self._since = self._host.now
            if self._parser.arrived or self._unparsed or self._refused or self._host.closing or not self._reading:
                asyncio.get_running_loop().call_soon(self._advance_if_free)

    # Answers

    def _head(self, received: Received, response: Response) -> Head:
        keep_alive = received.keep_alive and not self._host.closing and self._body_can_end(received)
        return encode_head(response, keep_alive, received.http10, received.request.method == "HEAD")

    def _body_can_end(self, received: Received) -> bool:
        """Whether the rest of the body is short enough to throw away. A client that waits for 100 might send none."""
        body = received.body
        if body.expects or (not body.complete and (body.interrupted or self._refused)):
            return False
        return body.complete or body.length is None or body.length - body.received <= self._host.limits.drain

    def _answer_whole(self, received: Received, response: Response, body: bytes | memoryview) -> None:
        if self._lost:
            return
        try:
            head = self._head(received, response)
        except BadResponse as error:
            self._failed(received, error)
            return
        if head.silent or not body:
            self._transport.write(head.data)
        elif len(body) <= _ONE_WRITE:
            self._transport.write(head.data + body)
        else:
            self._transport.writelines([head.data, body])
            self._out.sent(body)
        self._answered(received, head.keep_alive)

    async def _answer_streamed(self, received: Received, response: Response) -> None:
        if self._lost:
            return
        head = self._head(received, response)
        body = response.body
        if isinstance(body, FileRange):
            opened(body)
        self._answering = True
        if head.silent:
            self._transport.write(head.data)
        elif isinstance(body, FileRange):
            await self._out.file(head, body, self._plain)
        elif not isinstance(body, bytes | memoryview):
            await self._out.stream(head, body)
        self._answering = False
        self._answered(received, head.keep_alive)

    def _failed(self, received: Received, error: Exception) -> None:
        """The handler raised, or made a response that cannot be sent."""
        if isinstance(error, BodyTooLarge):
            status = 413
        elif isinstance(error, BodyInterrupted):
            status = self._refused or 408
        elif isinstance(error, ClientGone):
            status = 0
        else:
            status = 500
            _log.error("the handler failed", exc_info=error)
        if self._lost:
            return
        if self._answering:
            # Half an answer is out: only the connection's end can say that it is not whole.
            self._transport.abort()
            return
        received.keep_alive = False
        self._transport.write(refusal(status))
        self._answered(received, False)

    def _answered(self, received: Received, keep_alive: bool) -> None:
        if self._lost:
            return
        if not keep_alive:
            if received.body.complete and not self._refused:
                self._transport.close()
            else:
                self._linger()
            return
        if received.body.complete:
            self._next()
        else:
            received.body.discard()
            self._draining = True
            self._drain_body(received)
            self._control_reading()

    def _next(self) -> None:
        self._current = None
        self._draining = False

    def _advance_if_free(self) -> None:
        if self._current is None:
            self._advance()

    def _drain_body(self, received: Received) -> None:
        if received.body.complete:
            self._next()
        elif received.body.interrupted or received.body.received > self._host.limits.drain:
            self._linger()

    # Endings

    def _refuse(self, status: int) -> None:
        self._refused = status
        self._transport.write(refusal(status))
        self._linger()

    def _linger(self) -> None:
        """Close after the client has had time to read: closing over unread bytes would reset the connection."""
        self._lingering = True
        self._since = self._host.now
        receiving = self._parser.receiving
        if receiving is not None:
            receiving.discard()
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._control_reading()

    def shut(self) -> None:
        """Close now if nothing is under way; else after the answer."""
        if self._current is None and not self._lingering:
            self._transport.close()

    @property
    def receiving(self) -> RequestBody | None:
        """The body that is on its way."""
        return self._parser.receiving

    @property
    def in_head(self) -> bool:
        """A request has begun, and its head has not ended."""
        return self._parser.head_since is not None

    @property
    def queued(self) -> int:
        """Requests that wait behind the one under way."""
        return len(self._parser.arrived)

    @property
    def reading(self) -> bool:
        """False while the client is ahead of us."""
        return self._reading

    @property
    def writing_paused(self) -> bool:
        """True while we are ahead of the client."""
        return self._out.paused

    @property
    def task(self) -> asyncio.Task[None] | None:
        """The handler at work, if it waits for something."""
        return self._task

    def abort(self) -> None:
        self._transport.abort()

    # Back-pressure and the clock

    def _control_reading(self) -> None:
        """Read unless a body's buffer or the queue of requests is full."""
        receiving = self._parser.receiving
        limits = self._host.limits
        wanted = self._lingering or not (
            (receiving is not None and receiving.buffered > limits.body_buffer)
            or self._unparsed
            or len(self._parser.arrived) > limits.queue
        )
        if wanted != self._reading and not self._transport.is_closing():
            self._reading = wanted
            if wanted:
                self._transport.resume_reading()
            else:
                self._transport.pause_reading()

    def tick(self, elapsed: float) -> None:
        """Called once a second for every connection: `elapsed` seconds have passed."""
        now = self._host.now
        limits = self._host.limits
        if self._out.stalled(now, limits.stall):
            self._transport.abort()
        elif self._lingering:
            if self._transport.get_write_buffer_size():
                self._since = now
            elif now - self._since >= limits.linger:
                self._transport.abort()
        elif self._parser.receiving is not None:
            self._watch_body(elapsed)
        elif self._parser.head_since is not None:
            if now - self._parser.head_since >= limits.head_time and not self._refused:
                self._refused = 408
                if self._current is None:
                    self._advance()
        elif self._current is None and now - self._since >= limits.idle:
            self._transport.close()

    def _watch_body(self, elapsed: float) -> None:
        """Only the time in which the client could send counts against it."""
        body = self._parser.receiving
        if body is None or not self._reading or body.expects:
            return
        limits = self._host.limits
        body.quiet += elapsed
        body.waited += elapsed
        if body.quiet >= limits.stall or body.received < limits.body_rate * (body.waited - limits.stall):
            self._refused = 408
            body.interrupt("the client was too slow")
            if self._draining:
                self._linger()
