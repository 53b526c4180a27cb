"""Answers that are streamed, and files."""

import asyncio
import hashlib
import os

import pytest

from groundcloud.gateway.http import FileRange, Response
from tests.gateway.server.http_wire import Clock, connected, limits, run, serving, talk, until

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
CLOSE = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
MIB = 1 << 20


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_files():
    return len(os.listdir("/proc/self/fd"))


def streaming(pieces, headers=(), closed=None):
    """A handler that streams the pieces; an exception among them is raised."""

    async def stream():
        try:
            for piece in pieces:
                await asyncio.sleep(0)
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            if closed is not None:
                closed.append(True)

    return lambda request: Response(200, list(headers), stream())


def test_a_stream_without_a_length_is_chunked():
    answer = talk(streaming([b"abc", b"", b"x" * 16]), CLOSE)
    assert answer.endswith(b"\r\n\r\n3\r\nabc\r\n10\r\n" + b"x" * 16 + b"\r\n0\r\n\r\n")


def test_a_stream_with_a_length_is_not_and_keeps_the_connection():
    async def script():
        handler = streaming([b"abc", b"de"], [("Content-Length", "5")])
        async with serving(handler) as server, connected(server) as client:
            for _ in range(3):
                client.send(GET)
                status, headers, body = await client.answer()
                assert (status, headers["content-length"], body) == (200, "5", b"abcde")

    run(script())


def test_a_stream_to_http_1_0_ends_with_the_connection():
    answer = talk(streaming([b"abc", b"de"]), b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"Connection: close" in head
    assert b"chunked" not in head
    assert body == b"abcde"


@pytest.mark.parametrize("pieces", [[b"abc"], [b"abcde", b"f"], [b"abc", ValueError("broken")]])
def test_a_stream_that_fails_or_lies_about_its_length_breaks_the_connection(pieces, caplog):
    closed = []
    answer = talk(streaming(pieces, [("Content-Length", "5")], closed), GET + GET)
    assert answer.count(b"HTTP/1.1 ") <= 1
    assert not answer.endswith(b"abcdef")
    assert closed == [True]
    assert "the handler failed" in caplog.text


def test_a_chunked_stream_that_fails_has_no_end():
    assert not talk(streaming([b"abc", ValueError("broken")]), GET).endswith(b"0\r\n\r\n")


def test_head_gets_the_head_alone_and_the_stream_is_not_run():
    ran = []
    handler = streaming([b"abc"], [("Content-Length", "3")], ran)
    answer = talk(handler, b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert answer.count(b"Content-Length: 3\r\n") == 2
    assert answer.endswith(b"\r\n\r\n")
    assert ran == []


def test_a_client_that_leaves_ends_the_stream():
    async def script():
        closed = []

        async def endless():
            try:
                while True:
                    yield bytes(65536)
            finally:
                await asyncio.sleep(0)
                closed.append(True)

        async with serving(lambda request: Response(200, [], endless())) as server:
            async with connected(server) as client:
                client.send(GET)
                await client.reader.readexactly(100000)
            await until(lambda: closed)
            await until(lambda: not server.connections)

    run(script())


def test_a_client_that_leaves_before_the_stream_begins_closes_what_was_opened(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    opened = []

    def handler(request):
        opened.append(os.open(tmp_path / "file", os.O_RDONLY))
        return Response(200, [], FileRange(opened[-1], 0, 3))

    async def script():
        async with serving(handler) as server:
            for _ in range(20):
                async with connected(server) as client:
                    client.send(GET)
                    client.writer.transport.abort()
            async with connected(server) as client:
                client.send(CLOSE)
                assert (await client.rest()).endswith(b"abc")
            await until(lambda: not server.connections)

    before = open_files()
    run(script())
    assert opened
    assert open_files() <= before


def test_256_mib_pass_through_in_bounded_memory():
    async def script():
        size, piece = 256 * MIB, bytes(range(256)) * 4096
        most = start = resident()

        async def echo(request):
            async def through():
                nonlocal most
                async for data in request.body:
                    most = max(most, resident())
                    yield data

            return Response(200, [("Content-Length", str(size))], through())

        async def upload(client):
            client.send(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size)
            for _ in range(size // len(piece)):
                client.send(piece)
                await client.writer.drain()

        async with serving(echo) as server, connected(server) as client:
            uploading = asyncio.create_task(upload(client))
            await client.reader.readuntil(b"\r\n\r\n")
            ours, left = hashlib.sha1(), size
            while left:
                data = await client.reader.read(65536)
                assert data
                ours.update(data)
                left -= len(data)
            await uploading
        theirs = hashlib.sha1()
        for _ in range(size // len(piece)):
            theirs.update(piece)
        assert ours.digest() == theirs.digest()
        assert most - start < 32 * MIB

    run(script())


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A file of 64 MiB and its content."""
    path = tmp_path_factory.mktemp("files") / "large"
    content = os.urandom(MIB) * 64
    path.write_bytes(content)
    return str(path), content


@pytest.mark.parametrize("by_descriptor", [True, False])
def test_a_file_of_64_mib_is_sent_whole_and_in_ranges(large, by_descriptor):
    path, content = large
    ranges = [(0, len(content)), (12345, 20 * MIB), (len(content) - 7, 7), (5, 0), (MIB + 1, 100000)]

    def handler(request):
        offset, count = ranges[int(request.path[1:])]
        file = os.open(path, os.O_RDONLY) if by_descriptor else path
        return Response(206, [], FileRange(file, offset, count))

    async def script():
        async with serving(handler) as server, connected(server) as client:
            for number, (offset, count) in enumerate(ranges):
                client.send(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number)
                status, headers, body = await client.answer()
                assert (status, headers["content-length"]) == (206, str(count))
                assert body == content[offset : offset + count]
            requests = [b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % (n % 5) for n in range(10)]
            client.send(b"".join(requests))
            for number in range(10):
                offset, count = ranges[number % 5]
                assert (await client.answer())[2] == content[offset : offset + count]

    before = open_files()
    run(script())
    assert open_files() <= before


def test_a_file_is_sent_in_bounded_memory(large):
    path, content = large

    async def script():
        most = start = resident()
        async with serving(lambda request: Response(200, [], FileRange(path, 0, len(content)))) as server:
            for _ in range(4):
                async with connected(server) as client:
                    client.send(CLOSE)
                    while await client.reader.read(MIB):
                        most = max(most, resident())
        assert most - start < 16 * MIB

    run(script())


@pytest.mark.parametrize("size", [10, 10 * MIB])
def test_a_file_that_is_shorter_than_the_range_breaks_the_connection(tmp_path, size, caplog):
    (tmp_path / "file").write_bytes(bytes(size))
    answer = talk(lambda request: Response(200, [], FileRange(str(tmp_path / "file"), 0, size + 1)), GET)
    assert len(answer.partition(b"\r\n\r\n")[2]) <= size
    assert "the handler failed" in caplog.text


def test_a_file_that_is_not_there_is_answered_500(tmp_path, caplog):
    answer = talk(lambda request: Response(200, [], FileRange(str(tmp_path / "none"), 0, 1)), GET)
    assert answer.startswith(b"HTTP/1.1 500 ")
    assert "the handler failed" in caplog.text


def test_head_of_a_file_has_its_length_and_closes_it(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    before = open_files()

    def handler(request):
        return Response(200, [], FileRange(os.open(tmp_path / "file", os.O_RDONLY), 0, 3))

    answer = talk(handler, b"HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert b"Content-Length: 3\r\n" in answer
    assert answer.endswith(b"\r\n\r\n")
    assert open_files() <= before


def test_a_client_that_leaves_or_does_not_read_a_file_lets_go_of_it(large, caplog):
    path, content = large
    handler = lambda request: Response(200, [], FileRange(path, 0, len(content)))  # noqa: E731

    async def script():
        clock = Clock()
        async with serving(handler, clock=clock, limits=limits(stall=20)) as server:
            async with connected(server) as client:
                client.send(GET)
                await client.reader.readexactly(MIB)
            await until(lambda: not server.connections)
            async with connected(server) as client:
                client.writer.transport.pause_reading()
                client.send(GET)
                await until(lambda: any(connection.writing_paused for connection in server.connections))
                server.tick()
                clock.now += 20
                server.tick()
                await until(lambda: not server.connections)

    before = open_files()
    run(script())
    assert open_files() <= before
    assert caplog.records == []
