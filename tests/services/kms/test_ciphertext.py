"""Properties of the ciphertext of symmetric keys."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.services.kms.ciphertext import RANDOM, NotCiphertext, bound, decrypt, encrypt, read

MATERIAL = bytes(range(32))
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
CONTEXTS = st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=3)


def made(plaintext: bytes, context: dict[str, str], random: bytes = bytes(RANDOM)) -> bytes:
    return encrypt(MATERIAL, "111122223333", KEY_ID, "ab" * 32, plaintext, context, random)


@given(st.binary(max_size=200), CONTEXTS, st.binary(min_size=RANDOM, max_size=RANDOM))
def test_what_goes_in_comes_out_and_the_key_is_named(plaintext, context, random):
    written = read(made(plaintext, context, random))
    assert (written.account, written.key_id, written.material_id) == ("111122223333", KEY_ID, "ab" * 32)
    assert decrypt(MATERIAL, written, context) == plaintext


@given(CONTEXTS, CONTEXTS)
def test_different_contexts_bind_differently(one, other):
    assert (bound(one) == bound(other)) == (one == other)


@given(st.data())
def test_no_changed_byte_goes_unseen(data):
    blob = bytearray(made(b"plaintext", {"a": "b"}))
    blob[data.draw(st.integers(0, len(blob) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(NotCiphertext):
        decrypt(MATERIAL, read(bytes(blob)), {"a": "b"})


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(blob):
    try:
        decrypt(MATERIAL, read(blob), {})
    except NotCiphertext:
        return
    raise AssertionError("random bytes are a ciphertext")


@given(st.integers(0, 150))
def test_a_ciphertext_that_was_cut_is_refused(length):
    blob = made(b"plaintext", {})
    with pytest.raises(NotCiphertext):
        decrypt(MATERIAL, read(blob[: min(length, len(blob) - 1)]), {})
