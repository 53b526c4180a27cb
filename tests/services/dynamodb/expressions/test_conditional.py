"""The older parameters. Source: "Legacy DynamoDB conditional parameters" in the developer guide."""

import pytest

from groundcloud.services.dynamodb.errors import ValidationException
from groundcloud.services.dynamodb.expressions.conditional import attribute_updates, comparisons, expected, together

ITEM = {"n": {"N": "5"}, "s": {"S": "hello"}, "ss": {"SS": ["a", "b"]}, "l": {"L": [{"N": "1"}]}}


def condition(operator, *values):
    return {"comparison_operator": operator, "attribute_value_list": list(values)}


@pytest.mark.parametrize(
    ("name", "test", "expected_truth"),
    [
        ("n", condition("EQ", {"N": "5.0"}), True),
        ("n", condition("NE", {"N": "5"}), False),
        ("absent", condition("NE", {"N": "5"}), True),
        ("n", condition("LT", {"N": "10"}), True),
        ("n", condition("GE", {"N": "10"}), False),
        ("n", condition("BETWEEN", {"N": "1"}, {"N": "9"}), True),
        ("n", condition("IN", {"N": "1"}, {"N": "5"}), True),
        ("s", condition("BEGINS_WITH", {"S": "he"}), True),
        ("s", condition("CONTAINS", {"S": "ell"}), True),
        ("ss", condition("NOT_CONTAINS", {"S": "z"}), True),
        ("absent", condition("NULL"), True),
        ("s", condition("NOT_NULL"), True),
    ],
)
def test_every_operator(name, test, expected_truth):
    assert together(comparisons({name: test}), "AND")(ITEM) is expected_truth


def test_conditions_are_joined_as_the_operator_says():
    found = comparisons({"n": condition("EQ", {"N": "5"}), "s": condition("EQ", {"S": "no"})})
    assert together(found, "AND")(ITEM) is False
    assert together(found, "OR")(ITEM) is True


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (condition("EQ"), "Invalid number of argument(s) for the EQ ComparisonOperator"),
        (condition("LT", {"SS": ["a"]}), "ComparisonOperator LT is not valid for SS AttributeValue type"),
        (condition("BEGINS_WITH", {"N": "1"}), "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type"),
        (condition("BETWEEN", {"N": "2"}, {"N": "1"}), "upper bound to be greater than or equal to lower bound"),
    ],
)
def test_conditions_that_cannot_be(given, message):
    with pytest.raises(ValidationException) as caught:
        comparisons({"n": given})
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "Value must be provided when Exists is null for Attribute: n"),
        ({"exists": True}, "Value must be provided when Exists is true for Attribute: n"),
        ({"exists": False, "value": {"N": "1"}}, "Value cannot be used when Exists is set to false for Attribute: n"),
        ({"attribute_value_list": [{"N": "1"}]}, "can only be used with a ComparisonOperator for Attribute: n"),
    ],
)
def test_what_is_expected_is_said_in_one_way(given, message):
    with pytest.raises(ValidationException) as caught:
        expected({"n": given})
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("update", "changed"),
    [
        ({"n": {"value": {"N": "7"}}}, {"n": {"N": "7"}}),
        ({"n": {"action": "ADD", "value": {"N": "2"}}}, {"n": {"N": "7"}}),
        ({"ss": {"action": "ADD", "value": {"SS": ["c"]}}}, {"ss": {"SS": ["a", "b", "c"]}}),
        ({"ss": {"action": "DELETE", "value": {"SS": ["a"]}}}, {"ss": {"SS": ["b"]}}),
        ({"ss": {"action": "DELETE", "value": {"SS": ["a", "b"]}}}, {"ss": None}),
        ({"l": {"action": "ADD", "value": {"L": [{"N": "2"}]}}}, {"l": {"L": [{"N": "1"}, {"N": "2"}]}}),
        ({"s": {"action": "DELETE"}}, {"s": None}),
        ({"fresh": {"action": "ADD", "value": {"N": "1"}}}, {"fresh": {"N": "1"}}),
    ],
)
def test_attribute_updates(update, changed):
    found = attribute_updates(update)(ITEM)
    assert {name: found.get(name) for name in changed} == changed
    assert {name: value for name, value in found.items() if name not in changed} == {
        name: value for name, value in ITEM.items() if name not in changed
    }


def test_a_type_stays_what_it_is():
    with pytest.raises(ValidationException, match="Type mismatch for attribute to update"):
        attribute_updates({"s": {"action": "ADD", "value": {"N": "1"}}})(ITEM)
