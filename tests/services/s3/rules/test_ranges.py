"""Range rules of RFC 9110 section 14 as S3 keeps them."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.services.s3.rules import errors
from groundcloud.services.s3.rules.ranges import ByteRange, check_one_way, of_copy_source, of_part, requested


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=5-", 5, 100),
        ("bytes=-10", 90, 100),
        ("bytes=-1000", 0, 100),
        ("bytes=90-5000", 90, 100),
        ("Bytes=0-0", 0, 1),
    ],
)
def test_a_single_range_is_cut_to_the_object(header, start, end):
    assert requested(header, 100) == ByteRange(start, end, 100)


@pytest.mark.parametrize("header", ["", "bytes=-", "bytes=9-5", "bytes=0-1,5-6", "lines=0-1", "bytes=a-b", "bytes 0-1"])
def test_a_range_that_says_nothing_is_ignored(header):
    assert requested(header, 100) is None


@pytest.mark.parametrize(("header", "size"), [("bytes=100-", 100), ("bytes=-0", 100), ("bytes=0-", 0), ("bytes=-5", 0)])
def test_a_range_behind_the_end_is_refused_with_the_actual_size(header, size):
    with pytest.raises(errors.InvalidRange) as refused:
        requested(header, size)
    assert refused.value.status == 416
    assert refused.value.facts == {"range_requested": header, "actual_object_size": size}


@given(st.binary(min_size=1, max_size=60), st.integers(0, 80), st.integers(0, 80))
def test_ranges_cut_as_slices_do(data, first, last):
    if first >= len(data):
        with pytest.raises(errors.InvalidRange):
            requested(f"bytes={first}-", len(data))
        return
    tail = requested(f"bytes={first}-", len(data))
    assert data[tail.start : tail.end] == data[first:]
    if last >= first:
        cut = requested(f"bytes={first}-{last}", len(data))
        assert data[cut.start : cut.end] == data[first : last + 1]
        assert cut.content_range == f"bytes {first}-{min(last, len(data) - 1)}/{len(data)}"


@given(st.binary(min_size=1, max_size=60), st.integers(1, 80))
def test_a_suffix_is_the_end_of_the_object(data, count):
    cut = requested(f"bytes=-{count}", len(data))
    assert data[cut.start : cut.end] == data[-count:]


@given(st.lists(st.integers(0, 50), min_size=1, max_size=8))
def test_the_parts_of_an_object_lie_one_behind_the_other(sizes):
    ranges = [of_part(number, sizes) for number in range(1, len(sizes) + 1)]
    assert ranges[0].start == 0
    assert ranges[-1].end == sum(sizes)
    assert all(before.end == after.start for before, after in itertools.pairwise(ranges))


def test_a_part_that_is_not_there_is_refused():
    with pytest.raises(errors.InvalidPartNumber):
        of_part(3, [5, 5])
    with pytest.raises(errors.InvalidPartNumber):
        of_part(0, [5])


def test_range_and_part_number_exclude_each_other():
    check_one_way("bytes=0-1", None)
    with pytest.raises(errors.InvalidRequest, match="both Range header and partNumber"):
        check_one_way("bytes=0-1", 1)


def test_a_copy_range_needs_both_ends_inside_the_source():
    assert of_copy_source("bytes=0-4", 5) == ByteRange(0, 5, 5)
    for header in ("bytes=0-", "bytes=-4", "bytes=4-1", "0-4", "bytes=0-4,6-7"):
        with pytest.raises(errors.InvalidArgument, match="must be of the form bytes=first-last"):
            of_copy_source(header, 10)
    with pytest.raises(errors.InvalidArgument, match="Range specified is not valid for source object of size: 5"):
        of_copy_source("bytes=0-5", 5)
