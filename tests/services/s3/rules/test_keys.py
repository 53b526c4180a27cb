"""Keys: their length, and how lists and events write them."""

from urllib.parse import unquote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.services.s3.rules import errors
from groundcloud.services.s3.rules.keys import check_key, url_encoded


def test_a_key_has_at_most_1024_bytes():
    check_key("k" * 1024)
    check_key("é" * 512)
    for key in ("k" * 1025, "é" * 513):
        with pytest.raises(errors.KeyTooLong) as refused:
            check_key(key)
        assert refused.value.code == "KeyTooLongError"
        assert refused.value.facts["max_size_allowed"] == 1024


def test_the_example_of_the_guide_is_encoded_as_there():
    """ListObjectsV2, EncodingType: test_file(3).png appears as test_file%283%29.png."""
    assert url_encoded("test_file(3).png") == "test_file%283%29.png"
    assert url_encoded("a folder/ü~+.txt") == "a+folder/%C3%BC%7E%2B.txt"


@given(st.text())
def test_what_botocore_decodes_is_the_key(key):
    try:
        key.encode()
    except UnicodeEncodeError:
        return
    assert unquote_plus(url_encoded(key)) == key
    assert url_encoded(key).isascii()
