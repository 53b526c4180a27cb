"""Checkers that ask real endpoints on this machine, on schedules whose clock the test moves."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from groundcloud.ca import server_context
from groundcloud.engines.probes import endpoint
from groundcloud.engines.probes.board import Board, Check, Seen
from groundcloud.engines.probes.endpoint import Prober
from groundcloud.engines.probes.prober import Rounds

AT = datetime(2026, 1, 1, tzinfo=UTC)
REGIONS = ("us-east-1", "eu-west-1", "sa-east-1", "us-west-2")


async def here(name: str) -> str | None:
    return "127.0.0.1" if name == "www.example.com" else None


@contextlib.asynccontextmanager
async def site(
    answer: bytes, tls: ssl.SSLContext | None = None, asked: list[bytes] | None = None
) -> AsyncIterator[int]:
    """A web server with one answer; its port."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        if asked is not None:
            asked.append(request)
        writer.write(answer)
        if answer:
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def page(status: str, body: bytes = b"", chunked: bool = False) -> bytes:
    if chunked:
        pieces = b"".join(b"%x\r\n%s\r\n" % (len(each), each) for each in (body[:3], body[3:])) + b"0\r\n\r\n"
        return f"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + pieces
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def seen(answer: bytes, tls: ssl.SSLContext | None = None, **settings: Any) -> Seen:
    async def ask() -> Seen:
        async with site(answer, tls) as port:
            settings.setdefault("type", "HTTP")
            return await Prober(here).ask(Check(id="a", address="127.0.0.1", port=port, **settings))

    return asyncio.run(ask())


@pytest.mark.parametrize("status", ["200 OK", "204 No Content", "302 Found", "399 Odd"])
def test_statuses_of_two_and_three_hundred_are_healthy(status: str) -> None:
    assert seen(page(status)).healthy


@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "503 Service Unavailable"])
def test_other_statuses_are_failures_with_their_reason(status: str) -> None:
    found = seen(page(status))
    code, _, phrase = status.partition(" ")
    assert not found.healthy
    assert found.text == f"Failure: HTTP Status Code: {code}. Resolved IP: 127.0.0.1. {phrase}"


def test_success_is_said_as_aws_says_it() -> None:
    """CLI reference, get-health-check-status."""
    assert seen(page("200 OK")).text == "Success: HTTP Status Code: 200. Resolved IP: 127.0.0.1. OK"


@pytest.mark.parametrize("chunked", [False, True])
def test_a_text_is_searched_in_the_first_5120_bytes(chunked: bool) -> None:
    inside, outside = b"x" * 5115 + b"needl", b"x" * 5116 + b"needl"
    search: dict[str, Any] = {"type": "HTTP_STR_MATCH", "search": "needl"}
    assert seen(page("200 OK", inside, chunked), **search).healthy
    assert not seen(page("200 OK", outside, chunked), **search).healthy


def test_https_needs_no_valid_certificate(tmp_path: Path) -> None:
    assert seen(page("200 OK"), server_context(tmp_path, ["localhost"]), type="HTTPS", host="other.example").healthy


def test_an_answer_that_is_no_http_is_a_failure() -> None:
    assert not seen(b"SSH-2.0-server\r\n").healthy


def test_an_endpoint_that_says_nothing_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_ANSWER", 0.05)
    assert "didn't respond within the timeout limit" in seen(b"").text


def test_a_port_that_is_open_is_enough_for_tcp() -> None:
    assert seen(b"", type="TCP").healthy


def test_nobody_listening_is_a_failure() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        check = Check("a", "TCP", address="127.0.0.1", port=held.getsockname()[1])
        found = asyncio.run(Prober(here).ask(check))
    assert (found.healthy, "Connection refused" in found.text) == (False, True)


def test_a_name_is_resolved_and_sent_as_the_host() -> None:
    asked: list[bytes] = []

    async def ask() -> list[Seen]:
        async with site(page("200 OK"), asked=asked) as port:
            prober = Prober(here)
            known = Check("a", "HTTP", host="www.example.com", port=port, path="/health?x=1")
            return [await prober.ask(known), await prober.ask(known._replace(host="unknown.example.com"))]

    known, unknown = asyncio.run(ask())
    assert (known.healthy, unknown.healthy) == (True, False)
    assert asked[0].startswith(b"GET /health?x=1 HTTP/1.1\r\nHost: www.example.com:")
    assert b"Amazon-Route53-Health-Check-Service (ref a;" in asked[0]


@pytest.mark.parametrize("address", ["10.0.0.1", "192.168.1.1", "169.254.169.254", "224.0.0.1", "0.0.0.0"])
def test_a_name_leads_into_no_private_network(address: str) -> None:
    async def elsewhere(name: str) -> str:
        return address

    found = asyncio.run(Prober(elsewhere).ask(Check("a", "HTTP", host="www.example.com")))
    assert (found.healthy, "can't reach" in found.text) == (False, True)


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def rounds(ask: Callable[[Check], Awaitable[Seen]], told: list[tuple[float, bool]]) -> tuple[Rounds, Time]:
    clock = Time()
    board = Board(lambda id_, healthy: told.append((clock.now, healthy)))
    return Rounds(board, ask, lambda: AT, clock), clock


@pytest.mark.parametrize(("interval", "threshold"), [(10, 1), (10, 3), (30, 3)])
def test_a_failure_turns_the_status_within_interval_times_threshold(interval: int, threshold: int) -> None:
    well = True
    told: list[tuple[float, bool]] = []

    async def ask(check: Check) -> Seen:
        return Seen(well, "text")

    async def live() -> float:
        nonlocal well
        found, clock = rounds(ask, told)
        found.watch(Check("a", "HTTP", interval=interval, threshold=threshold, regions=REGIONS))
        for step in range(int(interval * (threshold + 4) * 4)):
            if step == interval * 9:
                well, begun = False, clock.now
            await found.settle()
            clock.now += 0.25
        return begun

    begun = asyncio.run(live())
    assert [healthy for _, healthy in told] == [True, False]
    assert told[1][0] - begun <= interval * threshold + 0.25


def test_each_checker_asks_once_in_an_interval_and_they_share_it() -> None:
    times: list[float] = []
    told: list[tuple[float, bool]] = []

    async def live() -> None:
        async def ask(check: Check) -> Seen:
            times.append(clock.now)
            return Seen(True, "text")

        found, clock = rounds(ask, told)
        found.watch(Check("a", "HTTP", interval=10, regions=REGIONS))
        for _ in range(161):
            await found.settle()
            clock.now += 0.25

    asyncio.run(live())
    later = [each for each in times if each >= 1010]
    assert len(later) == pytest.approx(4 * 3, abs=2)
    assert max(b - a for a, b in pairwise(later)) <= 2.75


def test_a_check_that_is_forgotten_or_changed_is_asked_no_more_as_it_was() -> None:
    ports: list[int] = []

    async def live() -> None:
        async def ask(check: Check) -> Seen:
            ports.append(check.port)
            return Seen(True, "text")

        found, clock = rounds(ask, [])
        check = Check("a", "HTTP", interval=10, regions=REGIONS, port=1)
        found.watch(check)
        await found.settle()
        found.watch(check._replace(port=2))
        clock.now += 1
        await found.settle()
        found.forget("a")
        clock.now += 30
        await found.settle()

    asyncio.run(live())
    assert ports[:1] == [1]
    assert set(ports[1:]) == {2}
    assert len(ports) == 5
