"""What the server hands to the gateway and gets back: plain values, no sockets."""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from typing import Protocol


class Body(Protocol):
    """The body of a request, as it arrives."""

    @property
    def length(self) -> int | None:
        """Bytes announced by Content-Length (0 without a body); None when the client sends chunks without a length."""
        ...

    @property
    def complete(self) -> bool:
        """True once the last byte has arrived: `read` will not wait."""
        ...

    async def read(self, limit: int) -> bytes:
        """The whole body (or what is left of it); raises `BodyTooLarge` past `limit` bytes."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The body piece by piece, never held whole."""
        ...


class Request:
    """One HTTP request. Header names are lower case; repeated headers are joined by a comma."""

    __slots__ = ("body", "client", "headers", "known", "method", "path", "query", "secure")

    def __init__(
        self, method: str, path: str, query: str, headers: dict[str, str], body: Body, client: str, secure: bool
    ) -> None:
        self.method = method
        self.path = path
        """Percent-encoded, as it was sent, without the query."""
        self.query = query
        """As it was sent, without the question mark."""
        self.headers = headers
        """Values decoded as Latin-1: `.encode("latin-1")` gives back the bytes that were sent."""
        self.body = body
        self.client = client
        """The peer's IP address."""
        self.secure = secure
        self.known: Mapping[str, str] = {}
        """Condition keys, lower case, that the way of the request gives (`aws:sourcevpc`)."""


class FileRange:
    """`count` bytes of a file from `offset`: a response body that the kernel can send by itself.

    A path is opened when the sending starts. A descriptor belongs to the server from the moment the response is
    returned: it is closed after the answer, however that ends.
    """

    __slots__ = ("count", "file", "offset")

    def __init__(self, file: str | int, offset: int, count: int) -> None:
        self.file = file
        self.offset = offset
        self.count = count


ResponseBody = bytes | memoryview | AsyncIterable[bytes | memoryview] | FileRange


class Response:
    """One HTTP response. The server adds Content-Length (or chunks a body without one), Date and Connection.

    A Content-Length among the headers announces the length of a streamed body; with `Connection: close` among them
    the connection ends after this answer. Transfer-Encoding is the server's alone.
    """

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: list[tuple[str, str]], body: ResponseBody = b"") -> None:
        self.status = status
        self.headers = headers
        self.body = body


Handler = Callable[[Request], Response | Awaitable[Response]]
"""Answers a request. A plain function may answer at once; anything that waits returns a coroutine, which gets a task
of its own. The task is cancelled when the client goes away; while a body is arriving, the body raises
`BodyInterrupted` instead."""


class BodyTooLarge(Exception):
    """The client sent more than the reader was willing to hold."""


class BodyInterrupted(Exception):
    """The client went away, stalled, or broke the framing, before the body was complete."""
