"""Heads of responses, compared as bytes."""

import email.utils
import time

import pytest

from groundcloud.gateway.http import FileRange, Response
from groundcloud.gateway.server.head import BadResponse, encode_head, refusal


async def stream():
    yield b"x"


def lines(response, keep_alive=True, http10=False, head_only=False):
    """The head's lines without its Date."""
    data = encode_head(response, keep_alive, http10, head_only).data
    assert data.endswith(b"\r\n\r\n")
    return [line for line in data.decode("latin-1").split("\r\n")[:-2] if not line.startswith("Date: ")]


def test_a_body_of_bytes_has_its_length():
    response = Response(200, [("x-amzn-RequestId", "1"), ("A", "\xe4")], b"abc")
    assert lines(response) == ["HTTP/1.1 200 OK", "x-amzn-RequestId: 1", "A: \xe4", "Content-Length: 3"]


@pytest.mark.parametrize(
    ("response", "options", "expected"),
    [
        (Response(200, []), {}, ["Content-Length: 0"]),
        (Response(200, [], stream()), {}, ["Transfer-Encoding: chunked"]),
        (Response(200, [("content-length", "7")], stream()), {}, ["Content-Length: 7"]),
        (Response(200, [], FileRange("f", 5, 9)), {}, ["Content-Length: 9"]),
        (Response(200, [], stream()), {"http10": True}, ["Connection: close"]),
        (Response(200, []), {"http10": True}, ["Content-Length: 0", "Connection: keep-alive"]),
        (Response(200, []), {"keep_alive": False}, ["Content-Length: 0", "Connection: close"]),
        (Response(200, [("Connection", "close")]), {}, ["Content-Length: 0", "Connection: close"]),
        (Response(200, [("Content-Length", "9")]), {"head_only": True}, ["Content-Length: 9"]),
        (Response(200, [], b"abc"), {"head_only": True}, ["Content-Length: 3"]),
        (Response(204, []), {}, []),
        (Response(304, [("ETag", '"a"')]), {}, ['ETag: "a"']),
        (Response(304, [("Content-Length", "9")]), {}, ["Content-Length: 9"]),
        (Response(299, []), {}, ["Content-Length: 0"]),
    ],
)
def test_framing_follows_the_body_and_the_status(response, options, expected):
    """RFC 9110 8.6: no Content-Length in 204; in 304 and to HEAD that of the answer to GET."""
    assert lines(response, **options)[1:] == expected


@pytest.mark.parametrize(
    "headers",
    [
        [("A", "b\r\nC: d")],
        [("A", "b\n")],
        [("A", "b\r")],
        [("A", "\0")],
        [("A", "\u0100")],
        [("A b", "c")],
        [("A:", "c")],
        [("", "c")],
        [("A\r\nB", "c")],
        [("Transfer-Encoding", "chunked")],
        [("Content-Length", "4")],
        [("Content-Length", "3, 3")],
        [("Content-Length", "\u00b3")],
    ],
)
def test_a_head_that_would_lie_or_inject_is_refused(headers):
    for _ in range(2):
        with pytest.raises(BadResponse):
            encode_head(Response(200, headers, b"abc"), True, False, False)


def test_the_date_is_that_of_now_unless_the_handler_gives_one():
    head = encode_head(Response(200, []), True, False, False).data.decode()
    date = head.split("Date: ")[1].split("\r\n")[0]
    assert abs(email.utils.parsedate_to_datetime(date).timestamp() - time.time()) < 60
    given = encode_head(Response(200, [("date", "then")]), True, False, False).data.decode()
    assert given.lower().count("date: ") == 1


def test_a_refusal_is_a_whole_answer():
    assert refusal(431).startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\n")
