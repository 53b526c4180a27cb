"""The head of a response as bytes. Knows no sockets; refuses what would let a value write headers of its own."""

import re
import time
from email.utils import formatdate
from http import HTTPStatus

from groundcloud.gateway.http import FileRange, Response

_STATUS = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_ORDINARY, _LENGTH, _CONNECTION, _FORBIDDEN, _DATE = range(5)
_KINDS = {
    "content-length": _LENGTH,
    "connection": _CONNECTION,
    "transfer-encoding": _FORBIDDEN,
    "keep-alive": _FORBIDDEN,
    "date": _DATE,
}
_known: dict[str, int] = {}
_KNOWN_KEPT = 1024
_date = (0, "")

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class BadResponse(Exception):
    """The handler's response cannot be sent: a header with a line break, a length that is not the body's."""


class Head:
    """How a response begins, and how its body is framed."""

    __slots__ = ("chunked", "data", "keep_alive", "length", "silent")

    def __init__(self, data: bytes, length: int | None, chunked: bool, silent: bool, keep_alive: bool) -> None:
        self.data = data
        self.length = length
        """Bytes of body that follow; None when they are chunked or end with the connection."""
        self.chunked = chunked
        self.silent = silent
        """No body follows, whatever the head announces: HEAD, 204, 304."""
        self.keep_alive = keep_alive


def encode_head(response: Response, keep_alive: bool, http10: bool, head_only: bool) -> Head:
    """The head that fits the response's body; raises `BadResponse`. RFC 9110 6.6.1, 8.6; RFC 9112 6."""
    status = response.status
    lines = [_STATUS.get(status) or f"HTTP/1.1 {status} \r\n"]
    announced: int | None = None
    dated = False
    for name, value in response.headers:
        kind = _known.get(name)
        if kind is None:
            kind = _learn(name)
        if kind:
            if kind == _LENGTH:
                announced = _announced(value)
                continue
            if kind == _CONNECTION:
                keep_alive = keep_alive and value.lower() != "close"
                continue
            dated = dated or kind == _DATE
        lines.append(f"{name}: {value}\r\n")
    bodiless = status < 200 or status == 204 or status == 304
    silent = bodiless or head_only
    length = _length(response, announced, silent)
    chunked = length is None and not bodiless and not http10
    if length is None and not chunked and not silent:
        keep_alive = False
    if chunked:
        lines.append("Transfer-Encoding: chunked\r\n")
    elif length is not None and (not bodiless or (status == 304 and announced is not None)):
        lines.append(f"Content-Length: {length}\r\n")
    if not dated:
        lines.append(_date_line())
    if not keep_alive:
        lines.append("Connection: close\r\n")
    elif http10:
        lines.append("Connection: keep-alive\r\n")
    return Head(_join(lines), length, chunked, silent, keep_alive)


def refusal(status: int) -> bytes:
    """A whole answer for a client whose bytes were no request."""
    text = f"{_STATUS[status]}Content-Length: 0\r\n{_date_line()}Connection: close\r\n\r\n"
    return text.encode("ascii")


def _join(lines: list[str]) -> bytes:
    text = "".join(lines)
    # One look at the whole head: a line break inside a value makes one more than there are lines.
    if text.count("\n") != len(lines) or text.count("\r") != len(lines) or "\0" in text:
        raise BadResponse("a header holds a control character")
    try:
        return text.encode("latin-1") + b"\r\n"
    except UnicodeEncodeError:
        raise BadResponse("a header holds a character outside Latin-1") from None


def _learn(name: str) -> int:
    if _TOKEN.fullmatch(name) is None:
        raise BadResponse("a header's name is no token")
    kind = _KINDS.get(name.lower(), _ORDINARY)
    if kind == _FORBIDDEN:
        raise BadResponse("the framing of the answer is the server's")
    if len(_known) < _KNOWN_KEPT:
        _known[name] = kind
    return kind


def _announced(value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise BadResponse("Content-Length is no number")
    return int(value)


def _length(response: Response, announced: int | None, silent: bool) -> int | None:
    body = response.body
    if isinstance(body, bytes | memoryview):
        known = len(body)
    elif isinstance(body, FileRange):
        known = body.count
    else:
        return announced
    if announced is None or announced == known:
        return known
    if silent:
        return announced
    raise BadResponse("Content-Length is not the length of the body")


def _date_line() -> str:
    global _date
    now = int(time.time())
    if now != _date[0]:
        _date = (now, f"Date: {formatdate(now, usegmt=True)}\r\n")
    return _date[1]
