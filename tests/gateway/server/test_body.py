"""The body of a request, between a parser that fills it and a handler that empties it."""

import asyncio

import pytest

from groundcloud.gateway.http import BodyInterrupted, BodyTooLarge, Response
from groundcloud.gateway.server.body import RequestBody
from tests.gateway.server.http_wire import connected, run, serving, until


class Flow:
    def __init__(self):
        self.said = []

    def body_wanted(self):
        self.said.append("wanted")

    def body_taken(self):
        self.said.append("taken")


def body(length=None, expects=False, pieces=(), complete=True):
    made = RequestBody(Flow(), length, expects)
    for piece in pieces:
        made.feed(piece)
    if complete:
        made.finish()
    return made


def at_once(work):
    """The result of a coroutine that must not wait."""
    with pytest.raises(StopIteration) as stop:
        work.send(None)
    return stop.value.value


@pytest.mark.parametrize("pieces", [(), (b"abc",), (b"a", b"bc")])
def test_a_body_that_is_there_is_read_without_waiting(pieces):
    made = body(pieces=pieces)
    assert made.complete
    assert at_once(made.read(3)) == b"".join(pieces)
    assert at_once(made.read(3)) == b""


@pytest.mark.parametrize("pieces", [(b"abcd",), (b"ab", b"cd")])
@pytest.mark.parametrize("length", [4, None])
def test_a_body_past_the_limit_is_not_read(pieces, length):
    with pytest.raises(BodyTooLarge):
        body(length, pieces=pieces).read(3).send(None)


def test_an_announced_length_past_the_limit_is_refused_before_a_byte_is_asked_for():
    made = body(4, expects=True, complete=False)
    with pytest.raises(BodyTooLarge):
        made.read(3).send(None)
    assert made._flow.said == []


def test_reading_waits_for_the_rest_and_says_that_it_wants_it():
    async def script():
        made = body(5, expects=True, complete=False)
        reading = asyncio.create_task(made.read(5))
        await until(lambda: made._flow.said == ["wanted"])
        made.feed(b"ab")
        await until(lambda: made._flow.said == ["wanted", "taken"])
        made.feed(b"cde")
        made.finish()
        assert await reading == b"abcde"

    run(script())


def test_pieces_come_as_they_arrive():
    async def script():
        made = body(complete=False)
        seen = []

        async def reader():
            async for piece in made:
                seen.append(piece)

        reading = asyncio.create_task(reader())
        made.feed(b"a")
        made.feed(b"b")
        await until(lambda: seen == [b"ab"])
        made.feed(b"c")
        await until(lambda: seen == [b"ab", b"c"])
        made.finish()
        await reading

    run(script())


def test_an_interrupted_body_raises_now_and_later():
    async def script():
        made = body(5, pieces=[b"ab"], complete=False)
        reading = asyncio.create_task(made.read(5))
        await until(lambda: made._flow.said == ["taken"])
        made.interrupt("gone")
        for work in (reading, made.read(5), anext(made)):
            with pytest.raises(BodyInterrupted, match="gone"):
                await work

    run(script())


def test_a_complete_body_cannot_be_interrupted():
    made = body(pieces=[b"abc"])
    made.interrupt("gone")
    assert at_once(made.read(3)) == b"abc"


def test_a_flood_of_tiny_pieces_counts_for_more_than_its_bytes():
    made = body(pieces=[b"a"] * 1000, complete=False)
    assert made.buffered > 50000


def test_a_handler_that_does_not_read_stops_the_client():
    async def script():
        go, started = asyncio.Event(), asyncio.Event()

        async def handler(request):
            started.set()
            await go.wait()
            size = 0
            async for piece in request.body:
                size += len(piece)
            return Response(200, [], b"%d" % size)

        async with serving(handler) as server, connected(server) as client:
            size = 32 << 20
            client.send(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size + bytes(size))
            await started.wait()
            connection = next(iter(server.connections))
            await until(lambda: not connection.reading)
            assert connection.receiving.buffered <= 2 * server.limits.body_buffer
            go.set()
            assert (await client.answer())[2] == b"%d" % size

    run(script())


def test_reads_of_two_requests_do_not_mix():
    async def handler(request):
        return Response(200, [], b"".join([piece async for piece in request.body]))

    async def script():
        async with serving(handler) as server, connected(server) as client:
            for text in (b"a" * 300000, b"b", b"c" * 70000):
                client.send(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(text) + text)
            for text in (b"a" * 300000, b"b", b"c" * 70000):
                assert (await client.answer())[2] == text

    run(script())
