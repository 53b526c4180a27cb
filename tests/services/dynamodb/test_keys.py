"""Keys in the store sort as DynamoDB says that keys sort."""

import base64
from decimal import Context, Decimal

from hypothesis import given
from hypothesis import strategies as st

from groundcloud.services.dynamodb import numbers
from groundcloud.services.dynamodb.errors import ValidationException
from groundcloud.services.dynamodb.keys import after, element, prefixed

NUMBERS = st.builds(
    lambda digits, exponent, negative: Decimal((negative, digits, exponent)),
    st.lists(st.integers(0, 9), min_size=1, max_size=38).map(tuple),
    st.integers(-120, 80),
    st.integers(0, 1),
)


@given(NUMBERS, NUMBERS)
def test_numbers_sort_by_value(first, second):
    left, right = numbers.canonical(str(first)), numbers.canonical(str(second))
    assert (numbers.ordered(left) < numbers.ordered(right)) == (first < second)
    assert (numbers.ordered(left) == numbers.ordered(right)) == (first == second)
    assert Decimal(left) == first


@given(NUMBERS, NUMBERS, st.binary(max_size=4), st.binary(max_size=4))
def test_what_stands_behind_a_number_does_not_count_before_it(first, second, behind, other):
    left, right = (numbers.ordered(numbers.canonical(str(one))) for one in (first, second))
    if first < second:
        assert left + behind < right + other


@given(st.text(max_size=20), st.text(max_size=20), st.binary(max_size=4), st.binary(max_size=4))
def test_strings_sort_by_their_bytes(first, second, behind, other):
    if first.encode() < second.encode():
        assert element("S", first) + b"\x01" + behind < element("S", second) + b"\x01" + other


@given(st.binary(min_size=1, max_size=6), st.binary(max_size=6))
def test_a_prefix_has_a_range_of_its_own(prefix, value):
    low, high = prefixed("B", base64.b64encode(prefix).decode())
    found = low <= element("B", base64.b64encode(value).decode()) < high
    assert found == value.startswith(prefix)


@given(st.binary(min_size=1, max_size=6), st.binary(max_size=6))
def test_after_a_prefix_comes_what_does_not_begin_with_it(prefix, rest):
    assert prefix + rest < after(prefix)


@given(NUMBERS, NUMBERS)
def test_sums_are_exact_or_refused(first, second):
    try:
        total = numbers.add(numbers.canonical(str(first)), numbers.canonical(str(second)))
    except ValidationException:
        return
    assert Decimal(total) == Context(prec=400).add(first, second)
