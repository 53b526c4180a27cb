"""What the server hands to the gateway and gets back: plain values, no sockets."""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Protocol


class Body(Protocol):
    """The body of a request, as it arrives."""

    @property
    def length(self) -> int | None:
        """Bytes announced by Content-Length; None when the client sends chunks without a length."""
        ...

    async def read(self, limit: int) -> bytes:
        """The whole body; raises `BodyTooLarge` past `limit` bytes."""
        ...

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The body piece by piece, never held whole."""
        ...


class Request:
    """One HTTP request. Header names are lower case; repeated headers are joined by a comma."""

    __slots__ = ("body", "client", "headers", "method", "path", "query", "secure")

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


class Response:
    """One HTTP response. The server adds Content-Length (or chunks a body without one), Date and Connection."""

    __slots__ = ("body", "headers", "status")

    def __init__(
        self, status: int, headers: list[tuple[str, str]], body: bytes | AsyncIterable[bytes] = b""
    ) -> None:
        self.status = status
        self.headers = headers
        self.body = body


class BodyTooLarge(Exception):
    """The client sent more than the reader was willing to hold."""


class BodyInterrupted(Exception):
    """The client went away, or broke the framing, before the body was complete."""
