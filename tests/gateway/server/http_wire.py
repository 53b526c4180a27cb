"""A client of raw bytes and a server to talk to, in one event loop: tests read as scripts of what is sent and seen."""

import asyncio
from contextlib import asynccontextmanager

import uvloop

from groundcloud.gateway.http import Response
from groundcloud.gateway.server import serve
from groundcloud.gateway.server.limits import Limits


def run(script):
    """Runs a test's coroutine on uvloop; the time limit only catches a test that hangs."""

    async def guarded():
        async with asyncio.timeout(60):
            return await script

    return uvloop.run(guarded())


async def until(condition):
    """Lets the loop turn until the condition holds."""
    while not condition():
        await asyncio.sleep(0)


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def limits(**changed):
    """Limits whose ticker never fires by itself: tests call `server.tick()`."""
    return Limits(**{"tick": 3600.0, **changed})


@asynccontextmanager
async def serving(handler, **options):
    options.setdefault("limits", limits())
    server = await serve(handler, **options)
    try:
        yield server
    finally:
        await server.close(deadline=0)


class Client:
    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer

    def send(self, data):
        self.writer.write(data)

    async def answer(self, *, head_only=False):
        """Status, headers (lower case) and body of the next response."""
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
        status = int(lines[0].split(" ")[1])
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
        body = b""
        if not (head_only or status < 200 or status in (204, 304)):
            body = await self._body(headers)
        return status, headers, body

    async def _body(self, headers):
        if "content-length" in headers:
            return await self.reader.readexactly(int(headers["content-length"]))
        if headers.get("transfer-encoding") != "chunked":
            return await self.reader.read()
        body = b""
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            body += (await self.reader.readexactly(size + 2))[:-2]
        assert await self.reader.readexactly(2) == b"\r\n"
        return body

    async def rest(self):
        """Everything up to the end of the connection; a reset is an end too."""
        try:
            return await self.reader.read()
        except ConnectionError:
            return b""

    async def status(self):
        return (await self.answer())[0]


@asynccontextmanager
async def connected(server, **options):
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, **options)
    try:
        yield Client(reader, writer)
    finally:
        writer.close()


def talk(handler, *script, **options):
    """Sends the pieces, one segment each, closes the sending side last; gives back all that the server said."""

    async def conversation():
        async with serving(handler, **options) as server, connected(server) as client:
            for piece in script:
                client.send(piece)
                await client.writer.drain()
                await asyncio.sleep(0)
            return await client.rest()

    return run(conversation())


async def echo(request):
    """Answers with what it understood of the request."""
    body = await request.body.read(1 << 20)
    line = f"{request.method} {request.path} ? {request.query} host={request.headers.get('host')} ".encode()
    return Response(200, [("Content-Type", "text/plain")], line + body)
