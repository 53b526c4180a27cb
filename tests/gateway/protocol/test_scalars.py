"""Timestamps, numbers and blobs in all their spellings."""

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.gateway.protocol import cbor, scalars
from groundcloud.gateway.protocol.errors import Malformed
from groundcloud.gateway.protocol.headers import split_dates, split_list
from groundcloud.gateway.protocol.jsonread import number

AT = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(
    lambda at: at.replace(tzinfo=UTC, microsecond=at.microsecond // 1000 * 1000)
)


@pytest.mark.parametrize(
    ("text", "fraction"),
    [
        ("2030-01-02T03:04:05Z", 0),
        ("2030-01-02T03:04:05.250Z", 250),
        ("2030-01-02T05:04:05+02:00", 0),
        ("2030-01-02T03:04:05", 0),
        ("Wed, 02 Jan 2030 03:04:05 GMT", 0),
        ("1893553445", 0),
        ("1893553445.25", 250),
        ("1.89355344525E9", 250),
    ],
)
def test_every_spelling_of_a_timestamp_is_read(text, fraction):
    assert scalars.timestamp_from_text(text) == AT + timedelta(milliseconds=fraction)
    assert scalars.timestamp_from_text(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text", ["", "x", "2030-13-01T00:00:00Z", "9" * 30, "2030-01-02T25:00:00Z", "NaN", "-", "1e300"]
)
def test_what_is_no_timestamp_is_malformed(text):
    with pytest.raises(Malformed):
        scalars.timestamp_from_text(text)


def test_the_spellings_that_are_written():
    at = AT + timedelta(milliseconds=250)
    assert scalars.iso8601(AT) == "2030-01-02T03:04:05Z"
    assert scalars.iso8601(at) == "2030-01-02T03:04:05.250Z"
    assert scalars.iso8601_milliseconds(AT) == "2030-01-02T03:04:05.000Z"
    assert scalars.rfc822(at) == "Wed, 02 Jan 2030 03:04:05 GMT"
    assert scalars.epoch_seconds(AT) == 1893553445
    assert scalars.epoch_seconds(at) == 1893553445.25
    assert scalars.iso8601(AT.astimezone(timezone(timedelta(hours=2)))) == "2030-01-02T03:04:05Z"
    assert scalars.iso8601(1893553445) == "2030-01-02T03:04:05Z"


@given(MOMENTS)
def test_what_is_written_is_read_back(at):
    assert scalars.timestamp_from_text(scalars.iso8601(at)) == at
    assert scalars.timestamp_from_text(str(scalars.epoch_seconds(at))) == at
    assert scalars.timestamp_from_text(scalars.rfc822(at)) == at.replace(microsecond=0)
    assert cbor.decode(cbor.encode(at)) == at


@given(st.floats())
def test_every_float_comes_back(value):
    text = scalars.float_to_text(value)
    back = scalars.float_from_text(text)
    assert back == value or (math.isnan(back) and math.isnan(value))


def test_the_special_floats_of_json_are_texts():
    assert math.isnan(number("NaN"))
    assert number("-Infinity") == -math.inf
    with pytest.raises(Malformed):
        number("nan")


@given(st.binary(max_size=100))
def test_every_blob_comes_back(value):
    assert scalars.blob_from_text(scalars.blob_to_text(value)) == value


@pytest.mark.parametrize("text", ["a", "a===", "é", "ab!c", "\ud800"])
def test_what_is_no_base64_is_malformed(text):
    with pytest.raises(Malformed):
        scalars.blob_from_text(text)


def test_lists_in_headers_may_quote_their_items():
    assert split_list('a, "b, \\"c\\"" ,d') == ["a", 'b, "c"', "d"]
    assert split_list("") == []
    both = "Wed, 02 Jan 2030 03:04:05 GMT, Thu, 03 Jan 2030 03:04:05 GMT"
    assert split_dates(both) == ["Wed, 02 Jan 2030 03:04:05 GMT", "Thu, 03 Jan 2030 03:04:05 GMT"]
    assert split_dates("2030-01-02T03:04:05Z,2030-01-03T03:04:05Z")[1] == "2030-01-03T03:04:05Z"


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


@given(JSON_LIKE)
def test_what_cbor_writes_cbor_reads(value):
    assert cbor.decode(cbor.encode(value)) == value
