"""What a client sees: answers in order, connections kept or ended, and no patience for the slow."""

import asyncio
import logging

import pytest

from groundcloud.gateway.http import BodyInterrupted, Response
from tests.gateway.server.http_wire import Clock, connected, echo, limits, run, serving, talk, until

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
CLOSE = b"GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def bodies(text):
    """The bodies of a run of responses that all have a Content-Length."""
    found = []
    while text:
        head, _, text = text.partition(b"\r\n\r\n")
        size = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
        found.append(text[:size])
        text = text[size:]
    return found


def at_once(request):
    return Response(200, [], request.path.encode())


async def later(request):
    await asyncio.sleep(0)
    return at_once(request)


@pytest.mark.parametrize("handler", [at_once, later])
def test_pipelined_requests_are_answered_in_order(handler):
    many = b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in range(2000))
    assert bodies(talk(handler, many + CLOSE)) == [b"/%d" % n for n in range(2000)] + [b"/last"]


def test_a_full_queue_of_pipelined_requests_stops_reading():
    async def script():
        go = asyncio.Event()
        seen = []

        async def handler(request):
            seen.append(request.path)
            await go.wait()
            return at_once(request)

        async with serving(handler) as server, connected(server) as client:
            many = [b"GET /%d HTTP/1.1\r\nHost: a\r\nX: %s\r\n\r\n" % (n, b"x" * 1000) for n in range(5000)]
            client.send(b"".join(many) + CLOSE)
            await until(lambda: seen)
            connection = next(iter(server.connections))
            await until(lambda: not connection.reading)
            assert connection.queued < 100
            go.set()
            answered = bodies(await client.rest())
            assert answered == [b"/%d" % n for n in range(5000)] + [b"/last"]

    run(script())


def test_a_handler_may_answer_at_once_and_the_next_wait():
    def handler(request):
        return at_once(request) if request.path == "/1" else later(request)

    texts = [b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % (n % 2) for n in range(50)]
    assert bodies(talk(handler, *texts, CLOSE)) == [b"/%d" % (n % 2) for n in range(50)] + [b"/last"]


def test_a_request_in_single_bytes_is_understood():
    text = b"POST /a?b=c HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
    answer = talk(echo, *(text[n : n + 1] for n in range(len(text))))
    assert answer.endswith(b"\r\n\r\nPOST /a ? b=c host=a hello")


def test_http_1_0_closes_unless_asked_to_stay():
    answer = talk(at_once, b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.0\r\n\r\n")
    first, second = answer.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert b"Connection: keep-alive\r\n" in first
    assert b"Connection: close\r\n" in second
    assert bodies(answer) == [b"/a", b"/b"]


def test_a_chunked_body_is_put_together_and_its_trailers_are_dropped():
    text = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    text += b"3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nHost: evil\r\n\r\n"
    assert bodies(talk(echo, text + CLOSE)) == [b"POST / ?  host=a abcde", b"GET /last ?  host=a "]


def test_one_hundred_continue_is_sent_when_the_body_is_read():
    async def script():
        async with serving(echo) as server, connected(server) as client:
            client.send(b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            assert await client.status() == 100
            client.send(b"abc")
            assert (await client.answer())[2].endswith(b"abc")
            client.send(GET)
            assert await client.status() == 200

    run(script())


def test_one_hundred_continue_is_sent_also_for_an_empty_body():
    """botocore takes a final answer that comes instead as the state of the connection, and hangs at the next one."""

    async def script():
        async with serving(echo) as server, connected(server) as client:
            for _ in range(2):
                client.send(b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n")
                assert await client.status() == 100
                assert (await client.answer())[0] == 200

    run(script())


def test_an_answer_without_reading_the_expected_body_ends_the_connection():
    async def script():
        async with serving(lambda request: Response(403, [])) as server, connected(server) as client:
            client.send(b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            status, headers, _ = await client.answer()
            assert (status, headers["connection"]) == (403, "close")
            assert await client.rest() == b""

    run(script())


def test_no_continue_for_a_body_that_is_there_already():
    text = b"PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"
    assert talk(echo, text).startswith(b"HTTP/1.1 200")


def test_a_short_unread_body_is_thrown_away_and_the_connection_kept():
    async def script():
        async with serving(at_once) as server, connected(server) as client:
            for framing, body in (
                (b"Content-Length: 4", b"GET "),
                (b"Transfer-Encoding: chunked", b"1\r\nx\r\n0\r\n\r\n"),
            ):
                client.send(b"PUT /a HTTP/1.1\r\nHost: a\r\n" + framing + b"\r\n\r\n")
                assert (await client.answer())[2] == b"/a"
                client.send(body + b"GET /b HTTP/1.1\r\nHost: a\r\n\r\n")
                assert (await client.answer())[2] == b"/b"

    run(script())


def test_a_long_unread_body_ends_the_connection_after_the_answer_is_read():
    async def script():
        async with serving(at_once, limits=limits(drain=1000)) as server, connected(server) as client:
            client.send(b"PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n")
            status, headers, _ = await client.answer()
            assert (status, headers["connection"]) == (200, "close")
            client.send(b"x" * 1001)
            assert await client.rest() == b""

    run(script())


def test_a_long_unread_chunked_body_ends_the_connection():
    async def script():
        async with serving(at_once, limits=limits(drain=1000)) as server, connected(server) as client:
            client.send(b"PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
            assert await client.status() == 200
            client.send(b"7d0\r\n" + b"x" * 2000 + b"\r\n")
            assert await client.rest() == b""

    run(script())


def test_a_failing_handler_is_answered_500_and_logged(caplog):
    async def fails(request):
        raise ValueError("no")

    with caplog.at_level(logging.ERROR):
        assert talk(fails, GET).startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert "the handler failed" in caplog.text


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: b", "a\nb", "a\rb", "a\0b", "\u2028"])
def test_a_header_cannot_bring_headers_of_its_own(value):
    answer = talk(lambda request: Response(200, [("x-amz-meta-a", value)]), GET)
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert b"x-amz-meta-a" not in answer


def test_a_handler_that_cancels_itself_ends_the_connection_only(caplog):
    async def cancelled(request):
        if request.path == "/later":
            await asyncio.sleep(0)
        raise asyncio.CancelledError

    for path in (b"/now", b"/later"):
        assert talk(cancelled, b"GET " + path + b" HTTP/1.1\r\nHost: a\r\n\r\n") == b""
    assert caplog.records == []


def test_what_is_no_response_is_answered_500(caplog):
    assert talk(lambda request: None, GET).startswith(b"HTTP/1.1 500 ")
    assert "the handler failed" in caplog.text


def test_a_body_past_the_readers_limit_is_answered_413():
    async def small(request):
        return Response(200, [], await request.body.read(3))

    text = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nabcd"
    assert talk(small, text).startswith(b"HTTP/1.1 413 ")


def test_a_broken_chunk_interrupts_the_body_and_is_answered_400():
    seen = []

    async def handler(request):
        try:
            return Response(200, [], await request.body.read(100))
        except BodyInterrupted as error:
            seen.append(str(error))
            raise

    text = b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert talk(handler, text + b"3\r\nabc\r\nxyz").startswith(b"HTTP/1.1 400 ")
    assert seen == ["the body's framing is broken"]


def test_a_client_that_leaves_interrupts_its_body():
    async def script():
        seen = asyncio.get_running_loop().create_future()

        async def handler(request):
            try:
                return Response(200, [], await request.body.read(100))
            except BodyInterrupted as error:
                seen.set_result(str(error))
                raise

        async with serving(handler) as server:
            async with connected(server) as client:
                client.send(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
                await until(lambda: server.connections)
            assert await seen == "the client closed the connection"
            await until(lambda: not server.connections)

    run(script())


def test_a_client_that_leaves_cancels_the_handler_that_waits():
    async def script():
        started, ended = asyncio.Event(), asyncio.Event()

        async def handler(request):
            started.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        async with serving(handler) as server:
            async with connected(server) as client:
                client.send(GET)
                await started.wait()
            await ended.wait()
            await until(lambda: not server.connections)

    run(script())


def test_a_slow_head_is_answered_408():
    async def script():
        clock = Clock()
        async with serving(echo, clock=clock, limits=limits(head_time=20)) as server, connected(server) as client:
            client.send(b"GET / HTTP/1.1\r\nHos")
            await until(lambda: any(connection.in_head for connection in server.connections))
            clock.now += 19
            server.tick()
            client.send(b"t: a\r\n")
            assert len(server.connections) == 1
            clock.now += 1
            server.tick()
            assert await client.status() == 408
            assert await client.rest() == b""

    run(script())


def test_an_idle_connection_is_closed_in_silence():
    async def script():
        clock = Clock()
        async with serving(echo, clock=clock, limits=limits(idle=60)) as server, connected(server) as client:
            client.send(GET)
            assert await client.status() == 200
            clock.now += 59
            server.tick()
            client.send(GET)
            assert await client.status() == 200
            clock.now += 59
            server.tick()
            client.send(GET)
            assert await client.status() == 200
            clock.now += 60
            server.tick()
            assert await client.rest() == b""

    run(script())


@pytest.mark.parametrize(("sent", "wait"), [(b"", 20), (b"x" * 1000, 23)])
def test_a_slow_body_is_interrupted_and_answered_408(sent, wait):
    """Nothing for `stall` seconds, or less than `body_rate` on average after them."""

    async def script():
        clock = Clock()
        chosen = limits(stall=20, body_rate=500)
        async with serving(echo, clock=clock, limits=chosen) as server, connected(server) as client:
            client.send(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + sent)
            await until(lambda: any(connection.receiving for connection in server.connections))
            for second in range(wait):
                if sent and second < 20:
                    before = next(iter(server.connections)).receiving.received
                    client.send(b"x")
                    await until(lambda: next(iter(server.connections)).receiving.received > before)
                clock.now += 1
                server.tick()
            assert await client.status() == 408
            assert await client.rest() == b""

    run(script())


def test_a_client_told_to_wait_is_not_called_slow():
    async def script():
        clock = Clock()
        go = asyncio.Event()
        started = asyncio.Event()

        async def handler(request):
            started.set()
            await go.wait()
            return await echo(request)

        async with serving(handler, clock=clock, limits=limits(stall=20)) as server, connected(server) as client:
            client.send(b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
            await started.wait()
            clock.now += 100
            server.tick()
            go.set()
            assert await client.status() == 100
            client.send(b"abc")
            assert await client.status() == 200

    run(script())


def test_a_client_that_does_not_read_is_cut_off():
    async def script():
        clock = Clock()
        closed = asyncio.Event()

        async def endless():
            try:
                while True:
                    yield b"x" * 65536
            finally:
                closed.set()

        handler = lambda request: Response(200, [], endless())  # noqa: E731
        async with serving(handler, clock=clock, limits=limits(stall=20)) as server, connected(server) as client:
            client.writer.transport.pause_reading()
            client.send(GET)
            await until(lambda: any(connection.writing_paused for connection in server.connections))
            server.tick()
            clock.now += 20
            server.tick()
            await closed.wait()
            await until(lambda: not server.connections)

    run(script())


def test_a_refused_client_that_goes_on_sending_is_cut_off():
    async def script():
        clock = Clock()
        async with serving(echo, clock=clock, limits=limits(linger=5)) as server, connected(server) as client:
            client.send(b"nonsense\r\n\r\n")
            assert await client.status() == 400
            client.send(b"x" * 100000)
            assert len(server.connections) == 1
            clock.now += 5
            server.tick()
            await until(lambda: not server.connections)

    run(script())


def test_a_parallel_upgrade_is_answered_as_if_it_had_not_asked():
    text = b"POST /a HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\n"
    for pieces in ([text + b"abc" + CLOSE], [text, b"ab", b"c" + CLOSE], [text + b"a", b"bc", CLOSE]):
        assert bodies(talk(echo, *pieces)) == [b"POST /a ?  host=a abc", b"GET /last ?  host=a "]
