import gzip

import pytest

from groundcloud.gateway.payload import InvalidCompression, inflated, without_chunking


def test_a_compressed_body_is_read_as_what_it_was():
    assert inflated(gzip.compress(b"Action=X"), "gzip", 100) == b"Action=X"
    assert inflated(b"plain", "identity", 100) == b"plain"


@pytest.mark.parametrize(
    "body",
    [gzip.compress(bytes(10_000_000)), b"not gzip", gzip.compress(b"x")[:-4], gzip.compress(b"x") + b"more"],
    ids=["bomb", "not gzip", "cut", "more behind"],
)
def test_a_bomb_or_a_broken_stream_is_refused(body):
    with pytest.raises(InvalidCompression):
        inflated(body, "gzip", 1_000_000)


def test_chunking_is_no_encoding_of_the_object():
    assert without_chunking({"content-encoding": "aws-chunked"}) == {}
    assert without_chunking({"content-encoding": "aws-chunked,gzip"}) == {"content-encoding": "gzip"}
    assert without_chunking({"content-encoding": "gzip"}) == {"content-encoding": "gzip"}
