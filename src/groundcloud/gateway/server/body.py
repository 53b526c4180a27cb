"""The body of a request between the parser, which fills it, and the handler, which empties it."""

import asyncio
from typing import Protocol

from groundcloud.gateway.http import BodyInterrupted, BodyTooLarge

_PIECE_COST = 64
"""Bytes that a piece costs beside its content, so that a flood of tiny chunks fills the buffer as well."""


class Flow(Protocol):
    """The connection, as a body sees it."""

    def body_wanted(self) -> None:
        """The handler asks for the body for the first time: time for `100 Continue`."""

    def body_taken(self) -> None:
        """The buffer is empty again: reading may go on."""


class RequestBody:
    """Implements `http.Body`. One reader; what has been read is gone."""

    __slots__ = (
        "_discarding",
        "_error",
        "_flow",
        "_pieces",
        "_waiter",
        "buffered",
        "complete",
        "expects",
        "length",
        "quiet",
        "received",
        "waited",
    )

    def __init__(self, flow: Flow, length: int | None, expects: bool) -> None:
        self._flow = flow
        self._pieces: list[bytes] = []
        self._waiter: asyncio.Future[None] | None = None
        self._error: str | None = None
        self._discarding = False
        self.length = length
        self.expects = expects
        """The client waits for `100 Continue` and has not had it."""
        self.complete = False
        self.received = 0
        self.buffered = 0
        self.quiet = 0.0
        """Seconds since the last byte, as the ticker counts them."""
        self.waited = 0.0
        """Seconds in which the client could have sent."""

    # The parser's side

    def feed(self, data: bytes) -> None:
        self.received += len(data)
        self.quiet = 0.0
        self.expects = False
        if self._discarding:
            return
        self._pieces.append(data)
        self.buffered += len(data) + _PIECE_COST
        self._wake()

    def finish(self) -> None:
        self.complete = True
        self._wake()

    def interrupt(self, reason: str) -> None:
        """No more will come. What has arrived is dropped: half a body is of no use."""
        if not self.complete and self._error is None:
            self._error = reason
            self._drop()
            self._wake()

    def discard(self) -> None:
        """Throw away what has come and what will come."""
        self._discarding = True
        self._drop()

    @property
    def interrupted(self) -> bool:
        return self._error is not None

    def _drop(self) -> None:
        self._pieces.clear()
        self.buffered = 0

    def _wake(self) -> None:
        if self._waiter is not None:
            waiter, self._waiter = self._waiter, None
            if not waiter.done():
                waiter.set_result(None)

    # The handler's side

    async def read(self, limit: int) -> bytes:
        """The rest of the body in one piece; raises `BodyTooLarge` past `limit` bytes, `BodyInterrupted`."""
        if self.length is not None and self.length > limit:
            raise BodyTooLarge
        if self.complete:
            self._ask()
            if len(self._pieces) == 1 and len(self._pieces[0]) <= limit:
                self.buffered = 0
                return self._pieces.pop()
            return self._whole(self._pieces, limit)
        taken: list[bytes] = []
        size = 0
        async for piece in self:
            size += len(piece)
            if size > limit:
                raise BodyTooLarge
            taken.append(piece)
        return b"".join(taken)

    def _ask(self) -> None:
        """Let the client send, also where there is nothing to send: botocore, which had a final answer instead of the
        100 that it waits for, misreads the next answer on the connection."""
        if self.expects:
            self.expects = False
            self._flow.body_wanted()

    def _whole(self, pieces: list[bytes], limit: int) -> bytes:
        data = b"".join(pieces)
        if len(data) > limit:
            raise BodyTooLarge
        self._drop()
        return data

    def __aiter__(self) -> "RequestBody":
        return self

    async def __anext__(self) -> bytes:
        while not self._pieces:
            if self._error is not None:
                raise BodyInterrupted(self._error)
            self._ask()
            if self.complete:
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        pieces = self._pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self._drop()
        if not self.complete:
            self._flow.body_taken()
        return data
