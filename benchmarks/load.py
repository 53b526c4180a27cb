"""A small load generator: signed requests over keep-alive connections, one under way on each.

All requests are built and signed before the clock starts, so that a slow client does not hide a fast server.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import uvloop
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class Result(NamedTuple):
    """What one run showed. Rate is answers per second, times are milliseconds."""

    rate: float
    p50: float
    p99: float
    failed: int
    first_failure: str
    answers: int = 0
    """How many came."""


def signed(endpoint: str, service: str, form: str, key: str, secret: str, region: str = "us-east-1") -> bytes:
    """One POST of the query protocol, as the bytes that go over the wire."""
    request = AWSRequest(
        "POST",
        endpoint + "/",
        headers={"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "User-Agent": "benchmark"},
        data=form.encode(),
    )
    request.headers["Host"] = urlsplit(endpoint).netloc
    SigV4Auth(Credentials(key, secret), service, region).add_auth(request)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    body = form.encode()
    return f"POST / HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def signed_json(
    endpoint: str, service: str, target: str, body: str, key: str, secret: str, region: str = "us-east-1"
) -> bytes:
    """One POST of the JSON protocol, likewise."""
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": target, "User-Agent": "benchmark"}
    request = AWSRequest("POST", endpoint + "/", headers=headers, data=body.encode())
    request.headers["Host"] = urlsplit(endpoint).netloc
    SigV4Auth(Credentials(key, secret), service, region).add_auth(request)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return f"POST / HTTP/1.1\r\n{head}Content-Length: {len(body.encode())}\r\n\r\n".encode() + body.encode()


class _Client(asyncio.Protocol):
    """Sends one request after another and measures each answer; connects again when the server closes."""

    def __init__(self, port: int, take: Callable[[], bytes | None], seen: list[float], failures: list[bytes]) -> None:
        self._port = port
        self._take = take
        self._seen = seen
        self._failures = failures
        self._buffer = b""
        self._begun = 0.0
        self._waiting = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def connect(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self._port)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.WriteTransport = transport  # type: ignore[assignment]  # uvloop's is no subclass
        self._buffer = b""
        self._send()

    def _send(self) -> None:
        request = self._take()
        if request is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._begun = time.perf_counter()
        self._waiting = True
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.find(b"content-length:")
        if at >= 0:
            line_end = head.find(b"\r\n", at)
            length = int(head[at + 15 : line_end if line_end >= 0 else len(head)])
            if len(self._buffer) < end + 4 + length:
                return
        elif not self._buffer.endswith(b"0\r\n\r\n"):
            return
        self._waiting = False
        self._seen.append(time.perf_counter() - self._begun)
        if not head.startswith(b"http/1.1 200"):
            self._failures.append(self._buffer[:600])
        self._buffer = b""
        if b"connection: close" in head:
            self._transport.close()  # connection_lost goes on
        else:
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if self.done.done():
            return
        if self._waiting:
            self._failures.append(b"the connection was lost before the answer")
            self._waiting = False
        task = asyncio.get_running_loop().create_task(self.connect())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def run(port: int, requests: Sequence[bytes], concurrency: int, seconds: float, repeat: bool) -> Result:
    """Send requests for some seconds; `repeat` starts again at the first when all are sent, else the run ends there."""
    return uvloop.run(_run(port, requests, concurrency, seconds, repeat))


async def _run(port: int, requests: Sequence[bytes], concurrency: int, seconds: float, repeat: bool) -> Result:
    sent = 0
    end = time.perf_counter() + seconds

    def take() -> bytes | None:
        nonlocal sent
        if time.perf_counter() >= end or (not repeat and sent >= len(requests)):
            return None
        sent += 1
        return requests[(sent - 1) % len(requests)]

    seen: list[float] = []
    failures: list[bytes] = []
    begun = time.perf_counter()
    clients = [_Client(port, take, seen, failures) for _ in range(concurrency)]
    await asyncio.gather(*(client.connect() for client in clients))
    await asyncio.gather(*(client.done for client in clients))
    elapsed = time.perf_counter() - begun
    seen.sort()
    if not seen:
        return Result(0.0, 0.0, 0.0, len(failures), failures[0].decode(errors="replace") if failures else "")
    return Result(
        rate=len(seen) / elapsed,
        p50=seen[len(seen) // 2] * 1000,
        p99=seen[min(len(seen) - 1, len(seen) * 99 // 100)] * 1000,
        failed=len(failures),
        first_failure=failures[0].decode(errors="replace") if failures else "",
        answers=len(seen),
    )
