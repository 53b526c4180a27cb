"""Listening, serving many, TLS, and an orderly end."""

import asyncio
import datetime
import socket
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from groundcloud.gateway.http import FileRange, Response
from groundcloud.gateway.server import listen, serve
from tests.gateway.server.http_wire import Client, connected, echo, limits, run, serving, until

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def test_listeners_are_loopback_only_unless_told_otherwise():
    listeners = listen()
    try:
        hosts = {listener.getsockname()[0] for listener in listeners}
        assert hosts <= {"127.0.0.1", "::1"}
        assert "127.0.0.1" in hosts
        assert len({listener.getsockname()[1] for listener in listeners}) == 1
    finally:
        for listener in listeners:
            listener.close()


def test_a_port_in_use_is_an_error_and_leaves_no_listener_behind():
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError):
        listen(port=taken.getsockname()[1])


def test_processes_may_share_a_port():
    first = listen(("127.0.0.1",), share=True)[0]
    second = listen(("127.0.0.1",), first.getsockname()[1], share=True)[0]
    assert first.getsockname() == second.getsockname()
    first.close()
    second.close()


def test_both_loopback_addresses_answer():
    async def script():
        async with serving(echo) as server:
            for listener in server.sockets:
                reader, writer = await asyncio.open_connection(*listener.getsockname()[:2])
                writer.write(GET)
                assert await Client(reader, writer).status() == 200
                writer.close()

    run(script())


def test_two_hundred_clients_keep_their_connections():
    async def client_of(server, number):
        async with connected(server) as client:
            for turn in range(5):
                body = b"%d/%d" % (number, turn)
                client.send(b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
                status, _, answer = await client.answer()
                assert (status, answer) == (200, b"POST /x ?  host=a " + body)

    async def waiting(request):
        await asyncio.sleep(0)
        return await echo(request)

    async def script():
        async with serving(waiting) as server:
            await asyncio.gather(*(client_of(server, number) for number in range(200)))
            await until(lambda: not server.connections)

    run(script())


def test_more_connections_than_allowed_are_told_so():
    async def script():
        async with serving(echo, limits=limits(connections=1)) as server, connected(server) as first:
            first.send(GET)
            assert await first.status() == 200
            async with connected(server) as second:
                assert await second.status() == 503
            first.send(GET)
            assert await first.status() == 200

    run(script())


def test_closing_lets_a_request_under_way_finish_and_ends_idle_connections():
    async def script():
        started, go = asyncio.Event(), asyncio.Event()

        async def slow(request):
            started.set()
            await go.wait()
            return Response(200, [], b"done")

        server = await serve(slow, limits=limits())
        port = server.port
        async with connected(server) as busy, connected(server) as idle:
            busy.send(GET)
            await started.wait()
            await until(lambda: len(server.connections) == 2)
            closing = asyncio.create_task(server.close(deadline=30))
            assert await idle.rest() == b""
            go.set()
            status, headers, body = await busy.answer()
            assert (status, body, headers["connection"]) == (200, b"done", "close")
            await closing
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)

    run(script())


def test_closing_waits_for_an_answer_that_is_being_streamed():
    async def script():
        go = asyncio.Event()

        async def stream():
            yield b"a"
            await go.wait()
            yield b"b"

        server = await serve(lambda request: Response(200, [], stream()), limits=limits())
        async with connected(server) as client:
            client.send(GET)
            await client.reader.readuntil(b"\r\n\r\n1\r\na\r\n")
            closing = asyncio.create_task(server.close(deadline=30))
            await asyncio.sleep(0)
            go.set()
            assert await client.rest() == b"1\r\nb\r\n0\r\n\r\n"
            await closing

    run(script())


def test_what_is_not_done_by_the_deadline_is_cancelled():
    async def script():
        ended = asyncio.Event()
        started = asyncio.Event()

        async def endless(request):
            started.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        server = await serve(endless, limits=limits())
        async with connected(server) as client:
            client.send(GET)
            await started.wait()
            await server.close(deadline=0)
            assert ended.is_set()
            assert not server.connections
            assert await client.rest() == b""

    run(script())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Paths of a certificate for 127.0.0.1 and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    day = datetime.timedelta(days=1)
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


def test_tls_carries_the_same_requests_streams_and_files(certificate, tmp_path):
    content = bytes(range(256)) * 12288
    (tmp_path / "file").write_bytes(content)

    async def handler(request):
        assert request.secure
        if request.method == "PUT":
            return Response(200, [], b"".join([piece async for piece in request.body]))
        return Response(200, [], FileRange(str(tmp_path / "file"), 256, len(content) - 512))

    async def script():
        ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ours.load_cert_chain(*certificate)
        theirs = ssl.create_default_context(cafile=certificate[0])
        async with (
            serving(handler, tls=ours) as server,
            connected(server, ssl=theirs, server_hostname="localhost") as client,
        ):
            client.send(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(content) + content)
            assert (await client.answer())[2] == content
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            assert (await client.answer())[2] == content[256:-256]
            assert await client.rest() == b""

    run(script())
