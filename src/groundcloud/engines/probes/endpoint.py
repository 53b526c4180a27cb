"""Asks an endpoint whether it is well: TCP, HTTP and HTTPS, and a text in what it answers.

Limits of time and size are Route 53's: 4 seconds to connect (10 for TCP), 2 more for the answer, 5,120 bytes searched.
Certificates are not validated, as Route 53 does not.
"""

import asyncio
import os
import socket
import ssl
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import httptools

from groundcloud.engines.probes.board import Check, Seen, may_be_asked

_CONNECT, _CONNECT_TCP, _ANSWER = 4.0, 10.0, 2.0
_SEARCHED = 5120
_AGENT = "Amazon-Route53-Health-Check-Service (ref {id}; report http://amzn.to/1vsZADi)"

Resolve = Callable[[str], Awaitable[str | None]]
"""The IPv4 address of a name; None when it has none."""


class Prober:
    """Asks endpoints."""

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._tls.check_hostname = False
        self._tls.verify_mode = ssl.CERT_NONE

    async def ask(self, check: Check) -> Seen:
        """One look; whatever goes wrong is a result too."""
        begun = time.monotonic()
        address = check.address or await self._resolve(check.host)
        if address is None:
            return Seen(False, "Failure: DNS resolution failed: the domain name does not resolve to an IPv4 address")
        if not may_be_asked(address):
            return Seen(False, f"Failure: The domain name resolves to {address}, which health checkers can't reach.")
        try:
            limit = _CONNECT_TCP if check.type == "TCP" else _CONNECT
            async with asyncio.timeout(limit):
                reader, writer = await self._connect(check, address)
        except TimeoutError:
            return Seen(
                False,
                "Failure: Connection timed out. The endpoint or the internet connection is down, or requests are being "
                "blocked by your firewall.",
            )
        except (OSError, ValueError) as error:
            return Seen(False, f"Failure: The health checker could not establish a connection: {_reason(error)}.")
        here = writer.get_extra_info("sockname")[0]
        try:
            healthy, text = await self._converse(check, reader, writer)
        finally:
            writer.close()
        if text.startswith("HTTP"):
            text = f"{text.partition('. ')[0]}. Resolved IP: {address}. {text.partition('. ')[2]}"
        return Seen(healthy, f"{'Success' if healthy else 'Failure'}: {text}", here, time.monotonic() - begun)

    async def _connect(self, check: Check, address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        options: dict[str, Any] = {"family": socket.AF_INET6 if ":" in address else socket.AF_INET}
        if check.type.startswith("HTTPS"):
            options["ssl"] = self._tls
            options["server_hostname"] = check.host if check.sni and check.host else ""
        return await asyncio.open_connection(address, check.port, **options)

    async def _converse(
        self, check: Check, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> tuple[bool, str]:
        if check.type == "TCP":
            return True, "TCP connection was established"
        answer = _Answer(_SEARCHED if check.search else 0)
        try:
            async with asyncio.timeout(_ANSWER):
                writer.write(_request(check))
                while not answer.enough:
                    data = await reader.read(8192)
                    if not data:
                        break
                    answer.feed(data)
        except TimeoutError:
            if not answer.status:
                return False, "The endpoint didn't respond within the timeout limit."
        except (OSError, httptools.HttpParserError) as error:
            return False, f"The endpoint's answer could not be read: {error}."
        if not answer.status:
            return False, "The endpoint closed the connection without an answer."
        return _judge(check, answer)


def _reason(error: Exception) -> str:
    """In the system's words; event loops have others of their own."""
    if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) and error.errno:
        return os.strerror(error.errno)
    return str(error)


def _judge(check: Check, answer: "_Answer") -> tuple[bool, str]:
    try:
        phrase = HTTPStatus(answer.status).phrase
    except ValueError:
        phrase = "Unknown"
    text = f"HTTP Status Code: {answer.status}. {phrase}"
    if not 200 <= answer.status < 400:
        return False, text
    if check.search and check.search.encode() not in bytes(answer.body[:_SEARCHED]):
        return False, f"{text}, but the response body didn't contain the search string"
    return True, text


def _request(check: Check) -> bytes:
    usual = 443 if check.type.startswith("HTTPS") else 80
    host = check.host or (f"[{check.address}]" if ":" in check.address else check.address)
    host = host if check.port == usual else f"{host}:{check.port}"
    path = check.path if check.path.startswith("/") else f"/{check.path}"
    lines = (
        f"GET {path} HTTP/1.1", f"Host: {host}", "Connection: close", f"User-Agent: {_AGENT.format(id=check.id)}",
        "Accept: */*", "Accept-Encoding: *", "", "",
    )  # fmt: skip
    return "\r\n".join(lines).encode("utf-8")


class _Answer:
    """What came of an HTTP answer, as far as it matters."""

    def __init__(self, wanted: int) -> None:
        self.status = 0
        self.body = bytearray()
        self._wanted = wanted
        self._whole = False
        self._headers = False
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: bytes) -> None:
        self._parser.feed_data(data)

    @property
    def enough(self) -> bool:
        return self._whole or (self._headers and len(self.body) >= self._wanted)

    # -- what the parser calls

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        self._headers = self.status >= 200

    def on_body(self, body: bytes) -> None:
        if len(self.body) < self._wanted:
            self.body += body

    def on_message_complete(self) -> None:
        self._whole = self.status >= 200
