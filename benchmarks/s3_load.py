"""Load for S3: requests with bodies, answers whose bytes are counted and dropped, one under way on each connection.

Addresses are signed before the clock starts. Bodies are received into one buffer that all connections share, so that
the client takes as little of the machine as it can.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import uvloop
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from load import Result
from peers import Running

_BUFFER = memoryview(bytearray(1 << 20))


class Call(NamedTuple):
    """One request: its head with the blank line, and its body."""

    head: bytes
    body: bytes = b""


def signed(server: Running, method: str, path: str, body: bytes = b"") -> Call:
    """A request as SDKs send it over TLS: signed in its headers, the body unsigned."""
    host = f"127.0.0.1:{server.port}"
    request = AWSRequest(method, f"http://{host}{path}", headers={"Host": host, "User-Agent": "benchmark"})
    request.context["payload_signing_enabled"] = False
    request.headers["X-Amz-Content-SHA256"] = "UNSIGNED-PAYLOAD"
    _Auth(Credentials(server.key, server.secret), "s3", "us-east-1").add_auth(request)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return Call(f"{method} {path} HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode(), body)


class _Auth(S3SigV4Auth):
    def payload(self, request: AWSRequest) -> str:
        return "UNSIGNED-PAYLOAD"


class _Client(asyncio.BufferedProtocol):
    def __init__(self, port: int, take: Callable[[], Call | None], seen: list[float], failures: list[bytes]) -> None:
        self._port = port
        self._waiting = False
        self._take = take
        self._seen = seen
        self._failures = failures
        self._head = b""
        self._left = 0
        self._begun = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def connect(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self._port)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.WriteTransport = transport  # type: ignore[assignment]  # uvloop's is no subclass
        self._send()

    def _send(self) -> None:
        call = self._take()
        if call is None:
            self.done.set_result(None)
            self._transport.close()
            return
        self._begun, self._waiting = time.perf_counter(), True
        if call.body:
            self._transport.writelines((call.head, call.body))
        else:
            self._transport.write(call.head)

    def get_buffer(self, sizehint: int) -> memoryview:
        return _BUFFER

    def buffer_updated(self, count: int) -> None:
        if self._left:
            self._left -= count
        else:
            self._head += bytes(_BUFFER[:count])
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            self._left = _length(self._head[:end].lower()) - (len(self._head) - end - 4)
        if self._left:
            return
        self._seen.append(time.perf_counter() - self._begun)
        head, self._head, self._waiting = self._head.partition(b"\r\n\r\n")[0].lower(), b"", False
        if not head.startswith(b"http/1.1 200"):
            self._failures.append(head[:600])
        if b"connection: close" in head or b"content-length:" not in head:
            self._transport.close()  # connection_lost goes on
        else:
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if self.done.done():
            return
        if self._waiting:
            self._failures.append(b"the connection was lost before the answer")
            self.done.set_result(None)
            return
        self._connecting = asyncio.get_running_loop().create_task(self.connect())


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


def run(port: int, calls: Sequence[Call], concurrency: int, seconds: float, most: int = 1 << 60) -> Result:
    """Send calls, again from the first when all are sent, for some seconds or until `most` are sent."""
    return uvloop.run(_run(port, calls, concurrency, seconds, most))


async def _run(port: int, calls: Sequence[Call], concurrency: int, seconds: float, most: int) -> Result:
    sent = 0
    begun = time.perf_counter()

    def take() -> Call | None:
        nonlocal sent
        if sent >= most or (time.perf_counter() >= begun + seconds and sent >= concurrency):
            return None
        sent += 1
        return calls[(sent - 1) % len(calls)]

    seen: list[float] = []
    failures: list[bytes] = []
    clients = [_Client(port, take, seen, failures) for _ in range(concurrency)]
    await asyncio.gather(*(client.connect() for client in clients))
    await asyncio.gather(*(client.done for client in clients))
    elapsed = time.perf_counter() - begun
    seen.sort()
    if not seen or failures:
        return Result(0.0, 0.0, 0.0, len(failures), failures[0].decode(errors="replace") if failures else "")
    p99 = seen[min(len(seen) - 1, len(seen) * 99 // 100)]
    return Result(len(seen) / elapsed, seen[len(seen) // 2] * 1000, p99 * 1000, 0, "")
