"""Bytes in, requests out: HTTP/1.1 as RFC 9112 wants it from a server. No sockets, no waiting.

httptools (llhttp) does the grammar; this module adds the limits and what llhttp leaves to its user.
"""

import re
from collections import deque
from collections.abc import Callable
from typing import Any, NoReturn

import httptools

from groundcloud.gateway.http import Request
from groundcloud.gateway.server.body import Flow, RequestBody
from groundcloud.gateway.server.limits import Limits

_SLICE = 4096
"""Heads are parsed in slices, so that one segment full of pipelined requests does not become a thousand objects."""
_METHODS = {name.encode(): name for name in ("GET", "PUT", "POST", "HEAD", "DELETE", "OPTIONS", "PATCH")}
_NAMES: dict[bytes, str] = {}
_NAMES_KEPT = 1024
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]+)(.*)")


class Refused(Exception):
    """The client's bytes are no acceptable request; `status` says why. Nothing after them is parsed."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Received:
    """A request and what the connection must know to answer it."""

    __slots__ = ("body", "http10", "keep_alive", "request")

    def __init__(self, request: Request, body: RequestBody, keep_alive: bool, http10: bool) -> None:
        self.request = request
        self.body = body
        self.keep_alive = keep_alive
        self.http10 = http10


class RequestParser:
    """Appends to `arrived` each request whose head is complete; its body fills as more is fed."""

    def __init__(self, limits: Limits, flow: Flow, clock: Callable[[], float], client: str, secure: bool) -> None:
        self._limits = limits
        self._flow = flow
        self._clock = clock
        self._client = client
        self._secure = secure
        self._http: Any = httptools.HttpRequestParser(self)
        self._target = b""
        self._headers: dict[str, str] = {}
        self._fields: list[tuple[bytes, bytes]] = []
        self._grown = 0
        self._raw = 0
        self._status = 400
        self._last: Received | None = None
        self.arrived: deque[Received] = deque()
        self.receiving: RequestBody | None = None
        """The body that is not complete yet."""
        self.head_since: float | None = None
        """When the first byte of an unfinished head came."""

    def feed(self, data: bytes) -> bytes:
        """Parse; returns what is left when the queue is full. Raises `Refused`, after which it must not be fed."""
        body = self.receiving
        if body is not None and 0 < len(data) <= self._raw:
            self._feed_raw(body, data)
            return b""
        if len(data) <= _SLICE and not self._raw:
            self._feed(data)
            return b""
        view = memoryview(data)
        offset = 0
        while offset < len(data):
            if self.receiving is None and len(self.arrived) > self._limits.queue:
                return bytes(view[offset:])
            offset += self._feed_slice(view[offset:])
        return b""

    def close(self) -> None:
        """Nothing will be fed any more: break the circle of references between this object and httptools'."""
        self._http = None
        self.arrived.clear()

    def _feed_slice(self, view: memoryview) -> int:
        """One slice: never past the end of a body of known length."""
        body = self.receiving
        if body is not None and body.length is not None:
            if not self._raw:
                # Nothing of the rest is grammar. The next message has a parser of its own.
                self._raw = body.length - body.received
                self._http = httptools.HttpRequestParser(self)
            piece = bytes(view[: self._raw])
            self._feed_raw(body, piece)
            return len(piece)
        size = _SLICE if body is None else 4 * _SLICE
        self._feed(view[:size])
        return min(size, len(view))

    def _feed_raw(self, body: RequestBody, piece: bytes) -> None:
        self._raw -= len(piece)
        body.feed(piece)
        if not self._raw:
            self._finish(body)

    def _feed(self, data: bytes | memoryview) -> None:
        # Ends of heads, bodies' bytes and ends of messages set it back; what only grows has none of them.
        self._grown += len(data)
        while True:
            try:
                self._http.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                # Upgrades are not taken, which RFC 9110 7.8 allows: the request is answered as if it had not asked.
                data = data[upgrade.args[0] :]
                if self._raw:
                    data = data[self._feed_slice(memoryview(data)) :] if data else data
                if data:
                    continue
            except httptools.HttpParserError:
                raise Refused(self._status) from None
            break
        if self._grown > self._limits.head or len(self._fields) > self._limits.headers:
            raise Refused(414 if len(self._target) > self._limits.head // 2 else 431)

    # What httptools calls

    def on_message_begin(self) -> None:
        self._target = b""
        self._fields = []
        self._grown = 0
        self.head_since = self._clock()

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers come here too and are never looked at: RFC 9110 6.5.1 allows to drop them.
        self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        self.head_since = None
        self._grown = 0
        http = self._http
        headers = self._headers = self._named()
        version = http.get_http_version()
        if version != "1.1":
            if version != "1.0":
                self._refuse(505)
            http10 = True
        else:
            http10 = False
            if "host" not in headers:
                self._refuse(400)
        method = http.get_method()
        length, expects = self._framing_of(headers, http10)
        path, _, query = self._path(method).partition("?")
        body = RequestBody(self._flow, length, expects)
        name = _METHODS.get(method) or method.decode("latin-1")
        request = Request(name, path, query, headers, body, self._client, self._secure)
        if http.should_upgrade() and length != 0:
            # llhttp takes the body of a request with Upgrade for the new protocol's bytes.
            if length is None:
                self._refuse(501)
            self._raw = length or 0
        self.receiving = body
        self.arrived.append(Received(request, body, http.should_keep_alive(), http10))

    def _named(self) -> dict[str, str]:
        """The headers by name."""
        headers: dict[str, str] = {}
        longest = self._limits.header
        if len(self._fields) > self._limits.headers:
            self._refuse(431)
        for name, value in self._fields:
            if len(name) + len(value) > longest:
                self._refuse(431)
            key = _NAMES.get(name) or _learned(name)
            text = value.decode("latin-1").rstrip(" \t")
            if key in headers:
                if key == "host":
                    self._refuse(400)
                text = f"{headers[key]},{text}"
            headers[key] = text
        self._fields = []
        return headers

    def on_body(self, data: bytes) -> None:
        self._grown = 0
        if self.receiving is not None:
            self.receiving.feed(data)

    def on_message_complete(self) -> None:
        self._grown = 0
        if self.receiving is not None and not self._raw:
            self._finish(self.receiving)

    def _finish(self, body: RequestBody) -> None:
        self.receiving = None
        body.finish()

    def _framing_of(self, headers: dict[str, str], http10: bool) -> tuple[int | None, bool]:
        """Length of the body (None: chunked) and whether the client waits for 100. RFC 9112 6.3."""
        length: int | None = 0
        if "content-length" in headers:
            length = int(headers["content-length"])
        elif "transfer-encoding" in headers:
            if http10:
                self._refuse(400)
            if headers["transfer-encoding"].lower() != "chunked":
                self._refuse(501)
            length = None
        expects = False
        if "expect" in headers and not http10:
            if headers["expect"].lower() != "100-continue":
                self._refuse(417)
            expects = True
        return length, expects

    def _path(self, method: bytes) -> str:
        """The target in origin form. RFC 9112 3.2."""
        target = self._target.decode("latin-1")
        if method == b"CONNECT":
            self._refuse(405)
        if "#" in target:
            self._refuse(400)
        if target[0] == "/" or target == "*":
            return target
        absolute = _ABSOLUTE.fullmatch(target)
        if absolute is None:
            self._refuse(400)
        authority, rest = absolute.groups()
        self._headers["host"] = authority
        return rest if rest.startswith("/") else "/" + rest

    def _refuse(self, status: int) -> NoReturn:
        """Stops httptools: it wraps whatever a callback raises."""
        self._status = status
        raise Refused(status)


def _learned(name: bytes) -> str:
    key = name.decode("latin-1").lower()
    if len(_NAMES) < _NAMES_KEPT:
        _NAMES[name] = key
    return key
