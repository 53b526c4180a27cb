"""Requests as RFC 9112 wants them, and what is refused; then random bytes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundcloud.gateway.http import Response
from groundcloud.gateway.server.limits import Limits
from groundcloud.gateway.server.parser import Refused, RequestParser
from tests.gateway.server.http_wire import connected, echo, run, serving, talk

HOST = b"Host: a\r\n"


class Flow:
    def body_wanted(self):
        raise AssertionError

    def body_taken(self):
        raise AssertionError


def parser(**limits):
    return RequestParser(Limits(**limits), Flow(), lambda: 0.0, "192.0.2.1", False)


def parse(*pieces, **limits):
    """The requests in the pieces; `Refused` passes through."""
    made = parser(**limits)
    for piece in pieces:
        assert made.feed(piece) == b""
    return list(made.arrived)


GET = b"GET / HTTP/1.1\r\n" + HOST
POST = b"POST / HTTP/1.1\r\n" + HOST
REFUSED = {
    "both lengths (RFC 9112 6.1)": (400, POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "both lengths, turned round": (400, POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"),
    "two lengths (RFC 9112 6.3)": (400, POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\n"),
    "a list of lengths": (400, POST + b"Content-Length: 3, 4\r\n\r\n"),
    "a signed length": (400, POST + b"Content-Length: +3\r\n\r\n"),
    "a negative length": (400, POST + b"Content-Length: -3\r\n\r\n"),
    "an empty length": (400, POST + b"Content-Length:\r\n\r\n"),
    "a hexadecimal length": (400, POST + b"Content-Length: 0x3\r\n\r\n"),
    "a length beyond 64 bits": (400, POST + b"Content-Length: 99999999999999999999999\r\n\r\n"),
    "chunked twice": (400, POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n"),
    "an unknown coding": (501, POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n"),
    "identity": (501, POST + b"Transfer-Encoding: identity\r\n\r\n"),
    "chunks in 1.0": (400, b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "a folded header (RFC 9112 5.2)": (400, GET + b"A: b\r\n c\r\n\r\n"),
    "a space before the colon (RFC 9112 5.1)": (400, GET + b"A : b\r\n\r\n"),
    "a header without a name": (400, GET + b": b\r\n\r\n"),
    "a header without a colon": (400, GET + b"abc\r\n\r\n"),
    "a bare line feed": (400, b"GET / HTTP/1.1\nHost: a\n\n"),
    "a NUL in a value": (400, GET + b"A: b\0c\r\n\r\n"),
    "a bare CR in a value": (400, GET + b"A: b\rc\r\n\r\n"),
    "a control character in a value": (400, GET + b"A: b\x07c\r\n\r\n"),
    "no Host (RFC 9112 3.2)": (400, b"GET / HTTP/1.1\r\n\r\n"),
    "two Hosts": (400, GET + b"Host: b\r\n\r\n"),
    "a fragment": (400, b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
    "a relative target": (400, b"GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
    "an absolute target without a host": (400, b"GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n"),
    "a raw byte in the target": (400, b"GET /\xe4 HTTP/1.1\r\nHost: a\r\n\r\n"),
    "a tunnel": (405, b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"),
    "an unknown expectation (RFC 9110 10.1.1)": (417, GET + b"Expect: tea\r\n\r\n"),
    "HTTP/0.9": (505, b"GET /\r\n\r\n"),
    "HTTP/2 in words": (505, b"GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    "the preface of HTTP/2": (400, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "TLS": (400, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    "an unknown method": (400, b"BREW / HTTP/1.1\r\nHost: a\r\n\r\n"),
    "an upgrade with chunks": (
        501,
        POST + b"Connection: upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("status", "text"), REFUSED.values(), ids=REFUSED.keys())
def test_a_bad_request_is_refused(status, text):
    for pieces in ([text], [text[n : n + 1] for n in range(len(text))]):
        with pytest.raises(Refused) as refused:
            parse(*pieces)
        assert refused.value.status == status


def test_a_refusal_on_the_wire_is_small_and_ends_the_connection():
    answer = talk(echo, b"GET / HTTP/1.1\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n")
    assert head.endswith(b"Connection: close")
    assert body == b""


def test_a_good_request_before_a_bad_one_is_answered_first():
    answer = talk(echo, b"GET /good HTTP/1.1\r\nHost: a\r\n\r\nnonsense\r\n\r\n")
    first, second = answer.split(b"HTTP/1.1 ")[1:]
    assert first.startswith(b"200 ")
    assert first.endswith(b"GET /good ?  host=a ")
    assert second.startswith(b"400 ")


GROWING = {
    "a header value": (431, b"GET / HTTP/1.1\r\nHost: ", b"a" * 1000),
    "a header name": (431, b"GET / HTTP/1.1\r\n", b"a" * 1000),
    "headers in number": (431, b"GET / HTTP/1.1\r\n", b"A: b\r\n" * 10),
    "headers in size": (431, b"GET / HTTP/1.1\r\n", b"A: " + b"b" * 900 + b"\r\n"),
    "the target": (414, b"GET /", b"a" * 1000),
    "a chunk extension": (431, b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"a" * 1000),
    "a trailer": (431, b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: ", b"a" * 1000),
    "trailers": (431, b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n" * 10),
    "empty lines before the request": (431, b"", b"\r\n" * 500),
}  # fmt: skip


@pytest.mark.parametrize(("status", "start", "more"), GROWING.values(), ids=GROWING.keys())
@pytest.mark.parametrize("together", [1, 100])
def test_what_grows_without_end_is_refused(status, start, more, together):
    made = parser(head=20000, header=8000, headers=50)
    made.feed(start)
    with pytest.raises(Refused) as refused:
        for _ in range(40):
            made.feed(more * together)
    assert refused.value.status == status


def test_limits_leave_room_for_what_they_allow():
    text = b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"x" * 15000 + b"\r\nB: " + b"y" * 15000 + b"\r\n\r\n"
    (received,) = parse(text)
    assert len(received.request.headers["a"]) == 15000


def test_the_request_is_given_as_it_was_sent():
    (received,) = parse(
        b"PUT /b%2Fk/a%20b//c/../d?x=%41&y HTTP/1.1\r\n"
        b"HoSt: s3.us-east-1.amazonaws.com\r\nX-Amz-Meta-A:  \t b\xe4 c \t\r\n"
        b"X-Multi: 1\r\nx-multi: 2\r\nEmpty:\r\n\r\n"
    )
    request = received.request
    assert (request.method, request.path, request.query) == ("PUT", "/b%2Fk/a%20b//c/../d", "x=%41&y")
    assert request.headers == {
        "host": "s3.us-east-1.amazonaws.com",
        "x-amz-meta-a": "b\xe4 c",
        "x-multi": "1,2",
        "empty": "",
    }
    assert (request.client, request.secure, request.body.length) == ("192.0.2.1", False, 0)


@pytest.mark.parametrize(
    ("target", "path", "query", "host"),
    [
        (b"http://b:80/c?d", "/c", "d", "b:80"),
        (b"https://b", "/", "", "b"),
        (b"http://b?c", "/", "c", "b"),
        (b"/http://b/c", "/http://b/c", "", "a"),
        (b"*", "*", "", "a"),
        (b"/?", "/", "", "a"),
        (b"/a?b?c", "/a", "b?c", "a"),
    ],
)
def test_targets_come_in_origin_form_and_an_absolute_one_names_the_host(target, path, query, host):
    (received,) = parse(b"OPTIONS " + target + b" HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (received.request.path, received.request.query, received.request.headers["host"]) == (path, query, host)


def test_a_name_seen_before_is_not_confused_with_another():
    for name in (b"X-A", b"x-a", b"X-a", b"X-B"):
        (received,) = parse(b"GET / HTTP/1.1\r\nHost: a\r\n" + name + b": 1\r\n\r\n")
        assert name.decode().lower() in received.request.headers


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_where_the_segments_are_cut_makes_no_difference(data):
    text = (
        b"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
        b"POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\nT: u\r\n\r\n"
        b"GET /3?q HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\nhi"
        b"HEAD /4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    )
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=12)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    received = parse(*pieces)
    assert [(r.request.method, r.request.path, r.keep_alive, r.body.complete) for r in received] == [
        ("POST", "/1", True, True),
        ("POST", "/2", True, True),
        ("GET", "/3", True, True),
        ("HEAD", "/4", False, True),
    ]
    assert [r.body.received for r in received] == [5, 4, 2, 0]
    assert [set(r.request.headers) & {"t"} for r in received] == [set()] * 4


SEEDS = [text for _, text in REFUSED.values()] + [
    b"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
    b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
]


@st.composite
def mutated(draw):
    """Requests, good and bad, in a row, with bytes changed, cut out and doubled."""
    text = bytearray(b"".join(draw(st.lists(st.sampled_from(SEEDS), min_size=1, max_size=3))))
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 20)))
        text[start:end] = draw(st.one_of(st.just(b""), st.binary(max_size=8), st.just(bytes(text[start:end]) * 2)))
    return bytes(text)


def test_no_bytes_bring_the_server_down(caplog):
    """Whatever comes, each answer is well formed, and the next client is served."""

    async def handler(request):
        data = b"".join([piece async for piece in request.body])
        assert request.path.startswith("/") or request.path == "*"
        return Response(200, [], data)

    async def attack(server, data):
        async with connected(server) as client:
            client.send(data)
            client.writer.write_eof()
            answers = await client.rest()
        assert answers == b"" or answers.startswith(b"HTTP/1.1 ")
        assert b"HTTP/1.1 500" not in answers
        async with connected(server) as client:
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert await client.status() == 200

    async def script():
        async with serving(handler) as server:
            for data in examples:
                await attack(server, data)

    examples = []

    @settings(deadline=None, max_examples=300, database=None)
    @given(st.one_of(st.binary(max_size=300), mutated()))
    def collect(data):
        examples.append(data)

    collect()
    run(script())
    assert caplog.records == []
