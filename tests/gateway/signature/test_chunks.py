"""Chunked bodies beyond the documented examples: unsigned trailers, framing, limits."""

import base64
import io
import zlib

import pytest
from botocore.httpchecksum import AwsChunkedWrapper, Crc32Checksum
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.gateway.signature import ChunkDecoder, SignatureError
from groundcloud.gateway.signature.claim import Claim
from tests.gateway.signature.signed_requests import KEY_ID, NOW

UNSIGNED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


def decoder(length, mode=UNSIGNED, trailer="x-amz-checksum-crc32", claimed=None):
    claimed = Claim("v4-header", KEY_ID, "00", NOW, payload_hash=mode)
    headers = {"x-amz-decoded-content-length": str(length)}
    if trailer:
        headers["x-amz-trailer"] = trailer
    return ChunkDecoder(claimed, headers, b"key")


def decoded(machine, body, step=1 << 20):
    data = b"".join(b"".join(machine.feed(body[at : at + step])) for at in range(0, len(body), step))
    machine.finish()
    return data


def refused(length, body, **options):
    with pytest.raises(SignatureError) as caught:
        decoded(decoder(length, **options), body)
    return caught.value.code


@given(body=st.binary(max_size=40000), step=st.integers(1, 30000), size=st.integers(8192, 20000))
def test_what_botocore_chunks_comes_out_whole(body, step, size):
    wrapped = AwsChunkedWrapper(
        io.BytesIO(body), checksum_cls=Crc32Checksum, checksum_name="x-amz-checksum-crc32", chunk_size=size
    ).read()
    machine = decoder(len(body))
    assert decoded(machine, wrapped, step) == body
    checksum = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
    assert machine.trailers == {"x-amz-checksum-crc32": checksum}


@pytest.mark.parametrize(
    "body",
    [
        b"3\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n",
        b"3\r\nabc\r\n0\r\nx-amz-checksum-crc32: NSRBwg==\r\n",  # without the last empty line
        b"3\r\nabc\r\n0\r\nX-Amz-Checksum-Crc32:NSRBwg==\n\r\n\r\n",  # as AWS's page ends the trailer's line
        b"3\r\nabc\r\n0\r\n\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n",
        b"00003\r\nabc\r\n0\r\nx-amz-checksum-crc32:NSRBwg==\r\n\r\n",
    ],
)
def test_the_ends_that_clients_write_are_understood(body):
    machine = decoder(3)
    assert decoded(machine, body) == b"abc"
    assert machine.trailers == {"x-amz-checksum-crc32": "NSRBwg=="}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"3\r\nabc",
        b"3\r\nabcd\r\n0\r\nx-amz-checksum-crc32:a\r\n\r\n",
        b"4\r\nabcd\r\n0\r\nx-amz-checksum-crc32:a\r\n\r\n",  # more than announced
        b"2\r\nab\r\n0\r\nx-amz-checksum-crc32:a\r\n\r\n",  # less than announced
        b"x\r\nabc\r\n0\r\n\r\n",
        b"-3\r\nabc\r\n0\r\n\r\n",
        b"+3\r\nabc\r\n0\r\n\r\n",
        b"0x3\r\nabc\r\n0\r\n\r\n",
        b"\r\n3\r\nabc\r\n0\r\n\r\n",
        b"f" * 17 + b"\r\nabc",
        b"3" + b" " * 5000,
        b"3\r\nabc\r\n0\r\nx-amz-checksum-crc32:a\r\n\r\nmore",
    ],
)
def test_broken_framing_is_an_incomplete_body(body):
    assert refused(3, body) == "IncompleteBody"


@pytest.mark.parametrize(
    "trailers",
    [
        b"",
        b"x-amz-meta-a:1\r\n",
        b"x-amz-checksum-crc32\r\n",
        b"x-amz-checksum-crc32:a\r\nx-amz-checksum-crc32:b\r\n",
        b"x-amz-checksum-crc32:a\r\nx-amz-trailer-signature:b\r\n",
    ],
)
def test_trailers_are_those_that_were_announced(trailers):
    assert refused(3, b"3\r\nabc\r\n0\r\n" + trailers + b"\r\n") == "MalformedTrailerError"


def test_only_the_last_chunk_is_small():
    small, large = b"1fff\r\n" + b"a" * 8191 + b"\r\n", b"2000\r\n" + b"a" * 8192 + b"\r\n"
    end = b"0\r\nx-amz-checksum-crc32:a\r\n\r\n"
    assert len(decoded(decoder(8192 + 8191), large + small + end)) == 8192 + 8191
    with pytest.raises(SignatureError) as caught:
        decoded(decoder(8192 + 8191), small + large + end)
    assert (caught.value.code, caught.value.status) == ("InvalidChunkSizeError", 403)
    assert caught.value.elements == {"Chunk": "1", "BadChunkSize": "8191"}


def test_a_chunked_body_announces_its_length():
    for length in ("", "x", "-1"):
        with pytest.raises(SignatureError) as caught:
            decoder(length)
        assert (caught.value.code, caught.value.status) == ("MissingContentLength", 411)


def test_a_chunk_without_a_signature_is_refused_where_chunks_are_signed():
    body = b"3\r\nabc\r\n0\r\n\r\n"
    assert refused(3, body, mode="STREAMING-AWS4-HMAC-SHA256-PAYLOAD", trailer="") == "IncompleteBody"
    body = b"3;chunk-signature=00\r\nabc\r\n0;chunk-signature=00\r\n\r\n"
    assert refused(3, body, mode="STREAMING-AWS4-HMAC-SHA256-PAYLOAD", trailer="") == "SignatureDoesNotMatch"


@given(body=st.binary(max_size=300), mode=st.sampled_from([UNSIGNED, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"]))
def test_arbitrary_bytes_raise_nothing_but_signature_errors(body, mode):
    with pytest.raises(SignatureError):
        decoded(decoder(3, mode=mode), body)


def test_a_large_chunk_is_handed_out_as_it_arrives():
    machine = decoder(1 << 40)
    assert machine.feed(b"10000000000\r\n") == []
    assert machine.feed(b"a" * 100) == [b"a" * 100]
