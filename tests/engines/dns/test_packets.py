"""Packets of all kinds, most of them malformed: each gets an answer that can be read, or none."""

import dns.message
import dns.name
import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.engines.dns.names import BadName, sort_key, to_text, to_wire
from groundcloud.engines.dns.wire import Malformed, parse
from tests.engines.dns.zonefiles import Asked, zone

ASKED = Asked(zone("example.com", {"www": {"A": "192.0.2.1"}, "*": {"TXT": '"x"'}}))
QUERY = dns.message.make_query("www.example.com", "A", use_edns=True).to_wire()


def check(packet: bytes) -> None:
    answer = ASKED.dns.answering.answer(packet, "192.0.2.200")
    if answer:
        found = dns.message.from_wire(answer)
        assert answer[:2] == packet[:2]
        assert answer[2] & 0x80
        assert len(answer) <= 1232
        assert found.rcode() in range(24)


@given(st.binary(max_size=600))
def test_any_bytes_are_survived(packet: bytes) -> None:
    check(packet)


@given(st.data())
def test_a_query_with_changed_bytes_is_survived(data: st.DataObject) -> None:
    packet = bytearray(QUERY)
    for _ in range(data.draw(st.integers(1, 6))):
        packet[data.draw(st.integers(0, len(packet) - 1))] = data.draw(st.integers(0, 255))
    check(bytes(packet[: data.draw(st.integers(0, len(packet)))]))


@given(st.binary(max_size=80), st.integers(0, 65535), st.integers(0, 3))
def test_a_query_with_any_record_behind_it_is_survived(data: bytes, type_: int, section: int) -> None:
    header = bytearray(QUERY[:12])
    header[6:12] = b"\0" * 6
    header[5 + 2 * section] = 1
    question = to_wire("www.example.com") + b"\0\1\0\1"
    check(bytes(header) + question + b"\0" + type_.to_bytes(2, "big") + b"\x04\xd0\0\0\0\0" + data)


@pytest.mark.parametrize("packet", [b"", b"\0" * 11, b"\0\1\x80\0" + QUERY[4:]])
def test_what_is_no_query_is_not_answered(packet: bytes) -> None:
    assert ASKED.dns.answering.answer(packet) == b""


@pytest.mark.parametrize(
    "question",
    [
        b"\xc0\x0c\0\1\0\1",  # a name that points to itself
        b"\x40" + b"x" * 64 + b"\0\0\1\0\1",  # a label of 64 bytes
        (b"\x3f" + b"x" * 63) * 4 + b"\0\0\1\0\1",  # a name of 257 bytes
        b"\3www",
    ],
)
def test_a_name_that_is_none_is_a_format_error(question: bytes) -> None:
    answer = ASKED.dns.answering.answer(b"\x12\x34\0\0\0\1\0\0\0\0\0\0" + question)
    assert answer[:2] == b"\x12\x34"
    assert answer[3] & 15 == dns.rcode.FORMERR


def test_two_opt_records_are_a_format_error() -> None:
    opt = b"\0\0\x29\x04\xd0\0\0\0\0\0\0"
    with pytest.raises(Malformed):
        parse(QUERY[:10] + b"\0\2" + to_wire("www.example.com") + b"\0\1\0\1" + opt + opt)


_LABELS = st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=6)


@given(_LABELS)
def test_every_name_survives_its_text(labels: list[bytes]) -> None:
    wire = dns.name.Name([*labels, b""]).to_wire()
    assert wire is not None
    assert to_wire(to_text(wire)) == wire.lower()


@given(st.text(max_size=60))
def test_any_text_is_a_name_or_is_refused(text: str) -> None:
    try:
        wire = to_wire(text)
    except BadName:
        return
    assert to_wire(to_text(wire)) == wire


def test_names_are_shown_with_octal_escapes_and_listed_from_the_last_label() -> None:
    """Developer Guide, "DNS domain name format", and API Reference, ListResourceRecordSets."""
    assert to_text(to_wire("*.Example.com")) == r"\052.example.com."
    assert to_wire(r"\052.example.com") == to_wire("*.example.com")
    assert sort_key(to_wire("www.example.com")) == "com.example.www."
