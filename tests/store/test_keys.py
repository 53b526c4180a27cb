from hypothesis import given
from hypothesis import strategies as st

from groundcloud.store.keys import after_prefix, pack, unpack

elements = st.one_of(st.text(max_size=8), st.binary(max_size=8), st.integers(-(1 << 63), (1 << 63) - 1))
texts = st.lists(st.text(alphabet="\0\x01ab\xff\U00010000", max_size=4), max_size=3).map(tuple)


@given(st.lists(elements, max_size=4).map(tuple))
def test_a_packed_tuple_unpacks_to_itself(key):
    assert unpack(pack(key)) == key


@given(texts, texts)
def test_packed_tuples_sort_as_tuples_do(left, right):
    as_bytes = tuple(text.encode() for text in left), tuple(text.encode() for text in right)
    assert (pack(left) < pack(right)) == (as_bytes[0] < as_bytes[1])


@given(st.lists(st.integers(-(1 << 63), (1 << 63) - 1), min_size=2, max_size=2))
def test_packed_numbers_sort_as_numbers_do(numbers):
    left, right = numbers
    assert (pack((left,)) < pack((right,))) == (left < right)


@given(texts, texts)
def test_a_prefix_ranges_over_exactly_what_begins_with_it(prefix, key):
    low = pack(prefix)
    assert (low <= pack(key) < after_prefix(low)) == (key[: len(prefix)] == prefix)
