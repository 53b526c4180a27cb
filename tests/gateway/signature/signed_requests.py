"""Requests for the tests of signatures: from HTTP text, and from what botocore has signed."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from groundcloud.gateway.http import Request

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
CREDENTIALS = Credentials(KEY_ID, SECRET)
NOW = datetime(2013, 5, 24, tzinfo=UTC)


class NoBody:
    length = 0

    async def read(self, limit: int) -> bytes:
        return b""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b""


def request(method="GET", path="/", query="", headers=None) -> Request:
    return Request(method, path, query, headers or {}, NoBody(), "127.0.0.1", False)


def from_http(text: str) -> tuple[Request, bytes]:
    """A request and its body from HTTP text, read as a server does: bytes as Latin-1, folded lines kept."""
    head, _, body = text.encode().decode("latin-1").partition("\n\n")
    first, *lines = head.split("\n")
    method, target = first.split(" ", 1)
    path, _, query = target.rsplit(" ", 1)[0].partition("?")
    headers: dict[str, str] = {}
    name = ""
    for line in lines:
        if line[:1] in " \t":
            headers[name] += "\n" + line
            continue
        name, _, value = line.partition(":")
        name, value = name.lower(), value.strip(" ")
        headers[name] = f"{headers[name]},{value}" if name in headers else value
    return request(method, path, query, headers), body.strip("\n").encode("latin-1")


def from_botocore(signed: AWSRequest) -> Request:
    """The request as it arrives after botocore has prepared and sent it."""
    prepared = signed.prepare()
    parts = urlsplit(prepared.url)
    headers = {"host": parts.netloc}
    for name, value in prepared.headers.items():
        text = value.decode("latin-1") if isinstance(value, bytes) else value.encode().decode("latin-1")
        name = name.lower()
        headers[name] = f"{headers[name]},{text}" if name in headers and name != "host" else text
    return request(prepared.method, parts.path or "/", parts.query, headers)
