"""Condition operators, by the tables and examples of the IAM User Guide."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.policy import parse
from groundcloud.policy.operators import OPERATORS

KEY = "aws:Key"


def holds(operator, wanted, given_value, version="2012-10-17", **more):
    """Whether a statement with one condition applies to a request in which the key has the value (None: is absent)."""
    document = {
        "Version": version,
        "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {KEY: wanted}}},
        ],
    }
    facts = {KEY.lower(): given_value, **more}
    return parse(json.dumps(document)).statements[0].applies("*", facts.get)


# "IAM JSON policy elements: Condition operators"
TABLE = [
    ("StringEquals", "a", "a", True),
    ("StringEquals", "a", "A", False),
    ("StringEquals", ["b", "a"], "a", True),
    ("StringEquals", "a*", "ab", False),
    ("StringEquals", "a*", "a*", True),
    ("StringEquals", "", "", True),
    ("StringNotEquals", "a", "b", True),
    ("StringNotEquals", "a", "a", False),
    ("StringNotEquals", ["a", "b"], "b", False),
    ("StringNotEquals", ["a", "b"], "c", True),
    ("StringEqualsIgnoreCase", "Abc", "aBC", True),
    ("StringNotEqualsIgnoreCase", "Abc", "aBC", False),
    ("StringNotEqualsIgnoreCase", "Abc", "abd", True),
    ("StringLike", "home/*", "home/x/y", True),
    ("StringLike", "t?.*", "t2.micro", True),
    ("StringLike", "t?.*", "t10.micro", False),
    ("StringLike", "Home/*", "home/x", False),
    ("StringNotLike", ["a*", "b*"], "bc", False),
    ("StringNotLike", ["a*", "b*"], "cb", True),
    ("NumericEquals", "10", "10.0", True),
    ("NumericEquals", 10, "10", True),
    ("NumericEquals", "0.1", "0.10", True),
    ("NumericEquals", "10", "ten", False),
    ("NumericNotEquals", "10", "11", True),
    ("NumericNotEquals", ["10", "11"], "11", False),
    ("NumericLessThan", "10", "9", True),
    ("NumericLessThan", "10", "10", False),
    ("NumericLessThan", "9", "10", False),
    ("NumericLessThanEquals", "10", "10", True),
    ("NumericLessThanEquals", "10", "11", False),
    ("NumericGreaterThan", "10", "10.01", True),
    ("NumericGreaterThan", "10", "10", False),
    ("NumericGreaterThanEquals", "10", "10", True),
    ("NumericGreaterThanEquals", "10", "-11", False),
    ("DateEquals", "2020-01-01T00:00:01Z", "2020-01-01T00:00:01Z", True),
    ("DateEquals", "2020-01-01T00:00:01Z", "1577836801", True),
    ("DateEquals", "2020-01-01", "2020-01-01T01:00:00+01:00", True),
    ("DateNotEquals", "2020-01-01", "2020-01-02", True),
    ("DateLessThan", "2020-01-01T00:00:00Z", "2019-12-31T23:59:59.999Z", True),
    ("DateLessThan", "2020", "2020-01-01T00:00:00Z", False),
    ("DateLessThanEquals", "2020-02", "2020-02-01T00:00:00Z", True),
    ("DateGreaterThan", "2020-01-01T00:00:01Z", "2020-01-01T00:00:02Z", True),
    ("DateGreaterThan", "1577836801", "2020-01-01T00:00:01Z", False),
    ("DateGreaterThanEquals", "1577836801", "2020-01-01T00:00:01Z", True),
    ("DateGreaterThan", "2020-01-01T00:00:01Z", "yesterday", False),
    ("Bool", "true", "true", True),
    ("Bool", True, "true", True),
    ("Bool", "False", "false", True),
    ("Bool", "true", "false", False),
    ("BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", True),
    ("BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "AAAA", False),
    ("IpAddress", "203.0.113.0/24", "203.0.113.77", True),
    ("IpAddress", "203.0.113.0/24", "203.0.114.1", False),
    ("IpAddress", "203.0.113.7", "203.0.113.7", True),
    ("IpAddress", ["203.0.113.0/24", "2001:DB8:1234:5678::/64"], "2001:db8:1234:5678::1", True),
    ("IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5679::1", False),
    ("IpAddress", "0.0.0.0/0", "2001:db8::1", False),
    ("IpAddress", "203.0.113.0/24", "::ffff:203.0.113.5", True),
    ("IpAddress", "203.0.113.0/24", "not an address", False),
    ("NotIpAddress", "203.0.113.0/24", "203.0.114.1", True),
    ("NotIpAddress", "203.0.113.0/24", "203.0.113.1", False),
    ("ArnEquals", "arn:aws:sns:*:123456789012:topic-?", "arn:aws:sns:eu-west-1:123456789012:topic-1", True),
    ("ArnLike", "arn:aws:sns:*:123456789012:*", "arn:aws:sns:eu-west-1:123456789012:t", True),
    ("ArnLike", "arn:aws:sns:*:topic", "arn:aws:sns:eu-west-1:123456789012:topic", False),
    ("ArnNotEquals", "arn:aws:sns:*:123456789012:*", "arn:aws:sns:eu-west-1:123456789012:t", False),
    ("ArnNotLike", "arn:aws:sns:*:123456789012:*", "arn:aws:sns:eu-west-1:210987654321:t", True),
    ("Null", "true", None, True),
    ("Null", "true", "x", False),
    ("Null", "true", "", False),
    ("Null", "true", [], True),
    ("Null", "false", "x", True),
    ("Null", "false", None, False),
    ("Null", False, ["x"], True),
]


@pytest.mark.parametrize(("operator", "wanted", "value", "expected"), TABLE)
def test_an_operator_compares_as_the_user_guide_says(operator, wanted, value, expected):
    assert holds(operator, wanted, value) is expected


# "Conditions with multiple context keys or values": set operators, and keys that are missing or empty
SETS = [
    ("ForAllValues:StringEquals", ["PostDateTime", "Message", "Tags"], ["PostDateTime", "Message"], True),
    ("ForAllValues:StringEquals", ["PostDateTime", "Message", "Tags"], ["PostDateTime", "UserName"], False),
    ("ForAllValues:StringLike", ["Post*", "Tags"], ["PostDateTime", "Tags"], True),
    ("ForAllValues:StringNotEquals", ["a", "b"], ["c", "d"], True),
    ("ForAllValues:StringNotEquals", ["a", "b"], ["c", "a"], False),
    ("ForAllValues:StringEquals", ["a"], "a", True),
    ("ForAllValues:StringEquals", ["a"], None, True),
    ("ForAllValues:StringEquals", ["a"], [], True),
    ("ForAllValues:StringEquals", ["a"], "", True),
    ("ForAllValues:StringEqualsIfExists", ["a"], ["b"], False),
    ("ForAnyValue:StringEquals", ["ID", "PostDateTime"], ["UserName", "Message", "PostDateTime"], True),
    ("ForAnyValue:StringEquals", ["ID", "PostDateTime"], ["UserName"], False),
    ("ForAnyValue:StringNotEquals", ["a"], ["a", "b"], True),
    ("ForAnyValue:StringNotEquals", ["a"], ["a"], False),
    ("ForAnyValue:StringEquals", ["a"], None, False),
    ("ForAnyValue:StringEquals", ["a"], [], False),
    ("ForAnyValue:StringEquals", ["", "a"], "", False),
    ("ForAnyValue:StringNotEquals", ["a"], None, False),
    ("ForAnyValue:StringEqualsIfExists", ["a"], None, True),
    ("ForAnyValue:ArnLike", ["arn:aws:iam::*:role/a*"], ["x", "arn:aws:iam::123456789012:role/ab"], True),
    ("StringEquals", ["a"], ["b", "a"], True),
    ("StringNotEquals", ["a"], ["b", "a"], False),
]


@pytest.mark.parametrize(("operator", "wanted", "value", "expected"), SETS)
def test_a_set_operator_looks_at_every_value_of_the_request(operator, wanted, value, expected):
    assert holds(operator, wanted, value) is expected


WANTED = {"Numeric": "1", "Date": "2020-01-01", "Bool": "true", "Binary": "AA==", "Ip": "10.0.0.0/8", "Arn": "arn:*"}
COMPARING = sorted(set(OPERATORS) - {"Null"})


def wanted_by(operator):
    name = operator.removeprefix("Not")
    return next((value for prefix, value in WANTED.items() if name.startswith(prefix)), "x")


@pytest.mark.parametrize("operator", COMPARING)
def test_an_absent_key_meets_negated_operators_only(operator):
    assert holds(operator, wanted_by(operator), None) is OPERATORS[operator].negated
    assert ("Not" in operator) is OPERATORS[operator].negated


@pytest.mark.parametrize("operator", COMPARING)
def test_if_exists_holds_for_an_absent_key(operator):
    assert holds(f"{operator}IfExists", wanted_by(operator), None)


@given(
    st.sampled_from(COMPARING), st.sampled_from(["x", "1", "true", "10.1.2.3", "arn:aws:s3:::b", "2020-01-01", "AA=="])
)
def test_if_exists_changes_nothing_for_a_key_that_is_there(operator, value):
    assert holds(f"{operator}IfExists", wanted_by(operator), value) is holds(operator, wanted_by(operator), value)


@given(st.none() | st.text(max_size=3) | st.lists(st.text(max_size=2), max_size=2))
def test_a_key_is_either_null_or_not(value):
    assert holds("Null", "true", value) is not holds("Null", "false", value)


@pytest.mark.parametrize(
    "positive", ["StringEquals", "StringLike", "NumericEquals", "DateEquals", "IpAddress", "ArnLike"]
)
@given(value=st.none() | st.sampled_from(["x", "1", "2020-01-01", "10.9.9.9", "arn:aws:s3:::b"]))
def test_a_negated_operator_is_the_opposite(positive, value):
    negated = (
        "NotIpAddress"
        if positive == "IpAddress"
        else positive.replace("Equals", "NotEquals").replace("Like", "NotLike")
    )
    assert holds(negated, wanted_by(positive), value) is not holds(positive, wanted_by(positive), value)


def test_condition_keys_ignore_case():
    condition = {"Bool": {"AWS:SecureTransport": "true"}}
    document = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}}
    assert parse(json.dumps(document)).statements[0].applies("*", {"aws:securetransport": "true"}.get)


def test_all_operators_and_all_keys_must_hold():
    condition = {"StringEquals": {"aws:a": "1", "aws:b": "2"}, "Bool": {"aws:c": "true"}}
    document = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}}
    statement = parse(json.dumps(document)).statements[0]
    right = {"aws:a": "1", "aws:b": "2", "aws:c": "true"}
    assert statement.applies("*", right.get)
    for key in right:
        assert not statement.applies("*", {**right, key: "wrong"}.get)


# "Policy elements: Variables and tags"
def test_a_variable_stands_for_the_requests_value():
    assert holds("StringLike", "home/${aws:username}/*", "home/alice/x", **{"aws:username": "alice"})
    assert not holds("StringLike", "home/${aws:username}/*", "home/bob/x", **{"aws:username": "alice"})
    assert holds("ArnLike", "arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::1:user/al", **{"aws:username": "al"})
    assert holds("Bool", "${aws:flag}", "true", **{"aws:flag": "True"})


def test_a_variable_is_plain_text_before_2012():
    assert holds("StringEquals", "${aws:username}", "${aws:username}", version="2008-10-17")


def test_a_default_stands_in_for_an_absent_variable():
    assert holds("StringEquals", "${aws:userid, 'anonymous'}", "anonymous")
    assert not holds("StringEquals", "${aws:userid, 'anonymous'}", "anonymous", **{"aws:userid": "AIDAX"})


def test_special_variables_are_plain_characters():
    assert holds("StringLike", "a${*}b${?}c${$}", "a*b?c$")
    assert not holds("StringLike", "a${*}b${?}c${$}", "axxbxc$")


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "ArnNotLike"])
def test_a_variable_without_a_value_makes_the_condition_fail(operator):
    assert not holds(operator, "${aws:username}", "x")


def test_other_values_still_match_beside_a_variable_without_a_value():
    assert holds("StringLike", ["", "home/", "home/${aws:username}/"], "home/")


def test_numbers_and_dates_take_no_variables():
    assert not holds("NumericEquals", "${aws:n}", "5", **{"aws:n": "5"})
