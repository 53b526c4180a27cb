"""Filter policies. Source: "Filter policy constraints" and the pages on matching in the SNS developer guide."""

import json

import pytest

from groundcloud.services.sns.errors import InvalidParameter
from groundcloud.services.sns.filters import compiled, wants
from groundcloud.services.sns.records import MessageAttributeValue


def by_body(rule, value):
    return wants(json.dumps({"k": rule}), "MessageBody", {}, json.dumps({} if value is None else {"k": value}))


@pytest.mark.parametrize(
    ("rule", "yes", "no"),
    [
        (["a", "b"], "b", "c"),
        ([5], 5.0, "5"),
        ([True], True, 1),
        ([{"prefix": "ab"}], "abc", "cab"),
        ([{"suffix": "bc"}], "abc", "bca"),
        ([{"equals-ignore-case": "AbC"}], "aBc", "ab"),
        ([{"wildcard": "a*c.d"}], "abbc.d", "abc"),
        ([{"anything-but": ["a", "b"]}], "c", "a"),
        ([{"anything-but": [1, 2]}], 3, 1),
        ([{"anything-but": {"prefix": "a"}}], "b", "ab"),
        ([{"anything-but": {"suffix": ["a", "b"]}}], "c", "ab"),
        ([{"exists": True}], "x", None),
        ([{"exists": False}], None, "x"),
        ([{"numeric": ["=", 1.5]}], 1.5, 1),
        ([{"numeric": [">", 0, "<=", 10]}], 10, 0),
        ([{"cidr": "10.0.0.0/24"}], "10.0.0.7", "10.0.1.7"),
        (["a", {"prefix": "z"}], "zz", "y"),
        (["a"], ["x", "a"], ["x"]),
    ],
)
def test_operators(rule, yes, no):
    assert by_body(rule, yes)
    assert not by_body(rule, no)


def test_null_is_matched_by_null_alone():
    policy = '{"k": [null]}'
    assert wants(policy, "MessageBody", {}, '{"k": null}')
    assert not wants(policy, "MessageBody", {}, "{}")


def test_all_keys_must_match_and_any_of_their_values():
    policy = '{"a": ["1"], "b": ["2", "3"]}'

    def attributes(**values):
        return {name: MessageAttributeValue("String", value) for name, value in values.items()}

    assert wants(policy, "MessageAttributes", attributes(a="1", b="3"), "")
    assert not wants(policy, "MessageAttributes", attributes(a="1"), "")
    assert not wants(policy, "MessageAttributes", attributes(a="1", b="4"), "")


def test_arrays_and_numbers_in_attributes():
    listed = {"k": MessageAttributeValue("String.Array", '["a", 2, null]')}
    assert wants('{"k": [2]}', "MessageAttributes", listed, "")
    assert wants('{"k": [{"numeric": [">=", 2]}]}', "MessageAttributes", listed, "")
    assert wants('{"k": [3]}', "MessageAttributes", {"k": MessageAttributeValue("Number", "3.0")}, "")
    assert not wants('{"k": ["3"]}', "MessageAttributes", {"k": MessageAttributeValue("Number", "3")}, "")


def test_either_of_two():
    policy = '{"s": ["x"], "$or": [{"a": [1]}, {"b": {"c": [2]}}]}'
    assert wants(policy, "MessageBody", {}, '{"s": "x", "a": 1}')
    assert wants(policy, "MessageBody", {}, '{"s": "x", "b": {"c": 2}}')
    assert not wants(policy, "MessageBody", {}, '{"s": "x", "a": 2}')


def test_bodies_that_are_no_objects_are_wanted_by_nobody():
    for body in ("text", "[1]", "1"):
        assert not wants('{"k": [{"exists": false}]}', "MessageBody", {}, body)


def test_lists_of_objects_match_by_any_of_them():
    assert wants('{"a": {"b": [1]}}', "MessageBody", {}, '{"a": [{"b": 2}, {"b": 1}]}')


@pytest.mark.parametrize(
    "policy",
    [
        "[]",
        "{",
        '{"a": "b"}',
        '{"a": []}',
        '{"a": {"b": ["c"]}}',
        '{"a": [{"like": "b"}]}',
        '{"a": [{"prefix": 1}]}',
        '{"a": [{"numeric": [">", "1"]}]}',
        '{"a": [{"numeric": [">", 5, "<", 1]}]}',
        '{"a": [{"exists": "yes"}]}',
        '{"a": [{"anything-but": [1, {}]}]}',
        '{"a": [{"cidr": "x"}]}',
        '{"a": [["b"]]}',
        '{"a": ["1"], "b": ["1"], "c": ["1"], "d": ["1"], "e": ["1"], "f": ["1"]}',
    ],
)
def test_policies_that_are_refused(policy):
    with pytest.raises(InvalidParameter):
        compiled(policy, "MessageAttributes")
