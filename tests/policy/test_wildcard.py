"""Patterns: `*`, `?`, policy variables and ARNs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.policy.operators import arn_test
from groundcloud.policy.wildcard import Variable, Wild, bound, matcher, tokens


def reference(pattern: str, text: str) -> bool:
    """The textbook matcher, by dynamic programming."""
    reach = {0}
    for sign in pattern:
        if sign == "*":
            reach = set(range(min(reach), len(text) + 1)) if reach else set()
        else:
            reach = {at + 1 for at in reach if at < len(text) and sign in ("?", text[at])}
    return len(text) in reach


@given(st.text(alphabet="ab:/*?.\n", max_size=12), st.text(alphabet="ab:/.\n", max_size=14))
def test_the_matcher_agrees_with_the_textbook(pattern, text):
    assert matcher(tokens(pattern, variables=False))(text) is reference(pattern, text)


@given(st.lists(st.text(alphabet="ab*?", max_size=4), min_size=6, max_size=6), st.text(alphabet="ab:", max_size=12))
def test_an_arn_pattern_compares_the_first_five_parts_one_by_one(parts, text):
    given_parts = text.split(":", 5)
    expected = len(given_parts) == 6 and all(map(reference, parts, given_parts))
    assert arn_test(tokens(":".join(parts), variables=False))(text) is expected


@given(st.text(alphabet="aB*?", max_size=8), st.text(alphabet="aBb", max_size=8))
def test_ignoring_case_is_matching_in_lower_case(pattern, text):
    assert matcher(tokens(pattern, False), ignore_case=True)(text) is reference(pattern.lower(), text.lower())


def test_a_hostile_pattern_does_not_blow_up():
    pattern = tokens("*a" * 40 + "b", variables=False)
    assert not matcher(pattern)("a" * 4000)  # without atomic groups this would not end


# IAM User Guide, "Policy elements: Resource" and "Condition operators" (the example of ArnLike beside StringLike)
ARNS = [
    ("arn:aws:s3:::my_corporate_bucket/*", "arn:aws:s3:::my_corporate_bucket/a/b:c", True),
    ("arn:aws:s3:::my_corporate_bucket/*", "arn:aws:s3:::my_corporate_bucket", False),
    ("arn:aws:iam::123456789012:user/accounting/*", "arn:aws:iam::123456789012:user/accounting/x/y", True),
    ("arn:aws:iam::*:user/Bob", "arn:aws:iam::123456789012:user/Bob", True),
    ("arn:aws:iam::*:user/Bob", "arn:aws:iam::123456789012:user/bob", False),
    ("arn:aws:sqs", "arn:aws:sqs:us-east-2:123456789012:queue1", True),
    ("arn:aws:sqs:us-east-2", "arn:aws:sqs:us-east-1:123456789012:queue1", False),
    ("arn:aws:sns:us-east-1:123456789012:topic*", "arn:aws:sns:us-east-1:123456789012:topic:sub", True),
    ("arn:aws:ec2:*:instance/*", "arn:aws:ec2:us-east-1:123456789012:instance/i-1", False),
    (
        "arn:aws:someservice:*:111122223333:finance/*",
        "arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt",
        False,
    ),
    ("*", "*", True),
    ("arn:aws:s3:::*", "*", False),
]


@pytest.mark.parametrize(("pattern", "arn", "expected"), ARNS)
def test_an_arn_pattern_matches_as_the_user_guide_says(pattern, arn, expected):
    assert arn_test(tokens(pattern, variables=True))(arn) is expected


def test_a_string_pattern_crosses_what_an_arn_pattern_does_not():
    pattern = tokens("arn:aws:someservice:*:111122223333:finance/*", variables=False)
    assert matcher(pattern)("arn:aws:someservice:us-east-2:999999999999:store/abc:111122223333:finance/document.txt")


def test_variables_are_read_with_defaults_and_specials():
    assert tokens("a/${aws:PrincipalTag/Team, 'none'}/${*}${?}${$}*", variables=True) == (
        "a/",
        Variable("aws:principaltag/team", "aws:PrincipalTag/Team", "none"),
        "/*?$",
        Wild.ANY,
    )


def test_variables_are_plain_text_in_the_old_version():
    assert tokens("${aws:username}", variables=False) == ("${aws:username}",)
    assert tokens("${*}", variables=False) == ("${", Wild.ANY, "}")


@pytest.mark.parametrize("broken", ["${", "${}", "${aws:username", "$", "$$", "${a'b}", "${a, none}", "a${,}"])
def test_a_broken_variable_is_plain_text(broken):
    assert tokens(broken, variables=True) == (broken,)


def test_a_wildcard_in_a_variables_value_is_a_plain_character():
    test = bound(tokens("home/${aws:username}/*", variables=True), matcher)({"aws:username": "*"}.get)
    assert test("home/*/x")
    assert not test("home/alice/x")


def test_a_colon_in_a_variables_value_does_not_move_the_parts_of_an_arn():
    bind = bound(tokens("arn:aws:iam::${aws:PrincipalTag/a}:user/bob", variables=True), arn_test)
    assert not bind({"aws:principaltag/a": "1:user/eve"}.get)("arn:aws:iam::1:user/eve:user/bob")
    assert bind({"aws:principaltag/a": "1"}.get)("arn:aws:iam::1:user/bob")


def test_a_variable_may_be_a_whole_arn():
    bind = bound(tokens("${aws:PrincipalArn}", variables=True), arn_test)
    test = bind({"aws:principalarn": "arn:aws:iam::1:role/*"}.get)
    assert test("arn:aws:iam::1:role/*")
    assert not test("arn:aws:iam::1:role/a")


@pytest.mark.parametrize(
    ("value", "expected"), [(None, None), ([], None), (["a", "b"], None), (["a"], True), ("a", True)]
)
def test_a_variable_wants_exactly_one_value(value, expected):
    test = bound(tokens("${aws:x}", variables=True), matcher)({"aws:x": value}.get)
    assert (test and test("a")) is expected


@pytest.mark.parametrize("hostile", ["${" * 60_000, "${a" + " " * 120_000, "${a, '" * 20_000, "$" * 120_000])
def test_unclosed_variables_are_read_in_linear_time(hostile):
    assert tokens(hostile, variables=True) == (hostile,)  # quadratic work would take minutes
