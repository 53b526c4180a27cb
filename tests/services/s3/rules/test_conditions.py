"""Conditional requests. The combinations are those of the GetObject and CopyObject pages of the API Reference."""

from datetime import UTC, datetime, timedelta

import pytest

from groundcloud.services.s3.rules import errors
from groundcloud.services.s3.rules.conditions import (
    Preconditions,
    check_copy_source,
    check_delete,
    check_read,
    check_write,
    names,
)

CHANGED = datetime(2026, 1, 2, 3, 4, 5, 678_000, UTC)
BEFORE, AFTER = CHANGED - timedelta(hours=1), CHANGED + timedelta(hours=1)
TAG = "abc"


def read(**given):
    check_read(Preconditions(**given), TAG, CHANGED)


def test_an_e_tag_matches_with_and_without_quotes_in_lists_and_by_a_star():
    assert names('"abc"', "abc")
    assert names("abc", '"abc"')
    assert names('"x", "abc"', "abc")
    assert names("*", "abc")
    assert not names('"x"', "abc")


def test_a_read_that_fails_a_condition_is_412_and_names_it():
    for given, name in (
        ({"if_match": '"x"'}, "If-Match"),
        ({"if_unmodified_since": BEFORE}, "If-Unmodified-Since"),
        ({"if_match": '"x"', "if_unmodified_since": AFTER}, "If-Match"),
    ):
        with pytest.raises(errors.PreconditionFailed) as refused:
            read(**given)
        assert refused.value.status == 412
        assert refused.value.facts == {"condition": name}


def test_a_read_of_what_the_caller_has_is_304():
    for given in (
        {"if_none_match": '"abc"'},
        {"if_modified_since": AFTER},
        {"if_none_match": '"abc"', "if_modified_since": BEFORE},
    ):
        with pytest.raises(errors.NotModified) as refused:
            read(**given)
        assert refused.value.status == 304


def test_a_matching_tag_goes_before_the_dates():
    read(if_match='"abc"', if_unmodified_since=BEFORE)
    read(if_none_match='"x"', if_modified_since=AFTER)


def test_a_failed_if_match_goes_before_a_matching_if_none_match():
    with pytest.raises(errors.PreconditionFailed):
        read(if_match='"x"', if_none_match='"abc"')


def test_dates_are_compared_by_the_second():
    second = CHANGED.replace(microsecond=0)
    read(if_unmodified_since=second)
    with pytest.raises(errors.NotModified):
        read(if_modified_since=second)


def test_a_copy_of_an_unchanged_source_is_412_not_304():
    for given in ({"if_none_match": '"abc"'}, {"if_modified_since": AFTER}, {"if_match": "x"}):
        with pytest.raises(errors.PreconditionFailed, match="pre-conditions") as refused:
            check_copy_source(Preconditions(**given), TAG, CHANGED)
        assert str(refused.value.facts["condition"]).startswith("x-amz-copy-source-If-")
    check_copy_source(Preconditions(if_match="abc", if_unmodified_since=BEFORE), TAG, CHANGED)


def test_a_write_once_refuses_an_existing_object():
    check_write(None, "*", None)
    with pytest.raises(errors.PreconditionFailed):
        check_write(None, "*", TAG)


def test_a_write_may_ask_for_the_object_it_read():
    check_write('"abc"', None, TAG)
    with pytest.raises(errors.PreconditionFailed):
        check_write('"x"', None, TAG)
    with pytest.raises(errors.NoSuchKey):
        check_write('"abc"', None, None)


def test_a_write_with_an_e_tag_in_if_none_match_is_not_implemented():
    with pytest.raises(errors.NotImplementedHeader) as refused:
        check_write(None, '"abc"', None)
    assert refused.value.status == 501
    with pytest.raises(errors.NotImplementedHeader):
        check_write("abc", "*", TAG)


def test_a_conditional_delete_wants_its_object():
    check_delete(None, None)
    check_delete("*", TAG)
    check_delete('"abc"', TAG)
    with pytest.raises(errors.PreconditionFailed):
        check_delete('"x"', TAG)
    with pytest.raises(errors.NoSuchKey):
        check_delete("*", None)
