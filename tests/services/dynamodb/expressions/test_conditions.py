"""The condition language by itself: what holds, what is refused, and that nothing but a refusal comes of nonsense."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.services.dynamodb.errors import ValidationException
from groundcloud.services.dynamodb.expressions.placeholders import Expressions

ITEM = {
    "a": {"N": "5"},
    "s": {"S": "hello"},
    "l": {"L": [{"S": "x"}, {"M": {"deep": {"BOOL": True}}}]},
    "ss": {"SS": ["x", "y"]},
    "b": {"B": "AAEC"},
}
VALUES = {":five": {"N": "5"}, ":ten": {"N": "10"}, ":h": {"S": "he"}, ":x": {"S": "x"}, ":t": {"BOOL": True}}


def holds(text, names=None, **values):
    values = values or {name: VALUES[name] for name in re.findall(r":[a-z]+", text) if name in VALUES}
    expressions = Expressions(names, values or None)
    condition = expressions.condition(text)
    expressions.finish()
    return condition(ITEM)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a = :five", True),
        ("a <> :five", False),
        ("absent <> :five", True),
        ("absent = :five", False),
        ("a < :ten AND a >= :five", True),
        ("a > :ten OR NOT a > :ten", True),
        ("a BETWEEN :five AND :ten", True),
        ("a IN (:ten, :five)", True),
        ("begins_with(s, :h)", True),
        ("contains(s, :h)", True),
        ("contains(ss, :x)", True),
        ("contains(l, :x)", True),
        ("l[0] = :x", True),
        ("l[1].deep = :t", True),
        ("l[7] = :x", False),
        ("size(s) = :five", True),
        ("size(a) = :five", False),
        ("attribute_exists(l[1].deep)", True),
        ("attribute_not_exists(l[1].shallow)", True),
        ("a = :five AND (s = :h OR contains(ss, :x))", True),
        ("NOT (a = :five AND s = :h)", True),
        ("a = :x", False),
        ("s < :ten", False),
    ],
)
def test_conditions_hold_or_do_not(text, expected):
    assert holds(text) is expected


def test_names_stand_for_attributes_that_words_cannot():
    assert Expressions({"#n": "with.dot"}, None).condition("attribute_exists(#n)")({"with.dot": {"S": ""}})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Invalid ConditionExpression: The expression can not be empty;"),
        ("a = = :five", 'Invalid ConditionExpression: Syntax error; token: "=", near: "= = :five"'),
        ("a = :five AND", 'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "AND"'),
        ("((a = :five))", "Invalid ConditionExpression: The expression has redundant parentheses;"),
        ("name = :five", "Attribute name is a reserved keyword; reserved keyword: name"),
        ("#n = :five", "An expression attribute name used in the document path is not defined; attribute name: #n"),
        ("a = :nine", "An expression attribute value used in expression is not defined; attribute value: :nine"),
        ("nonsense(a)", "Invalid function name; function: nonsense"),
        ("size(a)", "The function is not allowed to be used this way in an expression; function: size"),
        ("begins_with(s)", "operator or function: begins_with, number of operands: 1"),
        ("begins_with(s, :five)", "operator or function: begins_with, operand type: N"),
        ("a < :t", "operator or function: <, operand type: BOOL"),
        ("a = a", "operator: =, first operand: [a]"),
        ("a BETWEEN :ten AND :five", "upper bound to be greater than or equal to lower bound"),
        ("attribute_exists(:five)", "Operator or function requires a document path"),
        ("if_not_exists(a, :five) = :five", "The function is not allowed in a condition expression"),
        ("attribute_type(a, :x)", "Invalid attribute type name found; type: x, valid types:"),
        (" OR ".join(["a=:t"] * 400), "maximum allowed number of operators"),
        ("NOT " * 500 + "a = :five", "too many nesting levels"),
        ("a = :five" + " " * 5000, "Expression size has exceeded the maximum allowed size; expression size: 5009"),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_aws(text, message):
    with pytest.raises(ValidationException) as caught:
        holds(text)
    assert message in caught.value.message


WORDS = (
    "a b s l ss #n :five :ten :h :x :none AND OR NOT BETWEEN IN ( ) , . [ ] 0 1 99999999999 = <> < <= > >= + - size "
    "attribute_exists attribute_type begins_with contains if_not_exists list_append SET REMOVE ADD DELETE name \u00e9 '"
)
PIECES = st.sampled_from(WORDS.split())


@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=25).map(" ".join)))
def test_nonsense_is_refused_and_nothing_else(text):
    for read in ("condition", "update", "projection"):
        expressions = Expressions({"#n": "n"}, dict(VALUES))
        try:
            found = getattr(expressions, read)(text)
            if read == "condition":
                assert found(ITEM) in (True, False)
            elif read == "update":
                found.apply(ITEM, expressions.values)
        except ValidationException:
            pass


def conditions(depth):
    """Conditions, with what Python says of them for a = 5."""
    number = st.integers(-9, 9)
    simple = st.tuples(st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), number)
    if not depth:
        return simple
    below = conditions(depth - 1)
    return st.one_of(
        simple,
        st.tuples(st.just("NOT"), below),
        st.tuples(st.just("AND"), below, below),
        st.tuples(st.just("OR"), below, below),
    )


PYTHON = {
    "=": lambda n: n == 5,
    "<>": lambda n: n != 5,
    "<": lambda n: n > 5,
    "<=": lambda n: n >= 5,
    ">": lambda n: n < 5,
    ">=": lambda n: n <= 5,
}


def spelled(tree, values):
    """The condition as text, and its truth."""
    if tree[0] == "NOT":
        text, truth = spelled(tree[1], values)
        return f"NOT ({text})", not truth
    if tree[0] in ("AND", "OR"):
        (left, first), (right, second) = spelled(tree[1], values), spelled(tree[2], values)
        return f"({left}) {tree[0]} ({right})", (first and second) if tree[0] == "AND" else (first or second)
    name = f":v{len(values)}"
    values[name] = {"N": str(tree[1])}
    return f"a {tree[0]} {name}", PYTHON[tree[0]](tree[1])


@given(conditions(4))
def test_a_condition_says_what_logic_says(tree):
    values = {}
    text, truth = spelled(tree, values)
    assert Expressions(None, values).condition(text)(ITEM) is truth
