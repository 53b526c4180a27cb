import copy
import re

import pytest

from groundcloud.services.dynamodb.errors import ValidationException
from groundcloud.services.dynamodb.expressions.placeholders import Expressions

ITEM = {
    "n": {"N": "5"},
    "l": {"L": [{"S": "a"}, {"S": "b"}, {"S": "c"}]},
    "m": {"M": {"in": {"N": "1"}}},
    "ss": {"SS": ["x", "y"]},
    "other": {"S": "o"},
}
VALUES = {
    ":one": {"N": "1"},
    ":s": {"S": "new"},
    ":l": {"L": [{"S": "z"}]},
    ":ss": {"SS": ["y", "z"]},
    ":all": {"SS": ["x", "y"]},
}
NAMES = {"#other": "other"}


def updated(text):
    names = {name: value for name, value in NAMES.items() if name in text}
    values = {name: VALUES[name] for name in re.findall(r":[a-z]+", text)}
    before = copy.deepcopy(ITEM)
    expressions = Expressions(names or None, values or None)
    compiled = expressions.update(text)
    expressions.finish()
    found = compiled.apply(ITEM, expressions.values)
    assert before == ITEM, "the old item stays as it is"
    return {name: found.get(name) for name in {*found, *ITEM} if found.get(name) != ITEM.get(name)}


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("SET n = n + :one", {"n": {"N": "6"}}),
        ("SET n = :one - n", {"n": {"N": "-4"}}),
        ("SET fresh = if_not_exists(fresh, :one)", {"fresh": {"N": "1"}}),
        ("SET n = if_not_exists(n, :one)", {}),
        ("SET l = list_append(l, :l)", {"l": {"L": [{"S": "a"}, {"S": "b"}, {"S": "c"}, {"S": "z"}]}}),
        ("SET l = list_append(:l, l)", {"l": {"L": [{"S": "z"}, {"S": "a"}, {"S": "b"}, {"S": "c"}]}}),
        ("SET l[1] = :s", {"l": {"L": [{"S": "a"}, {"S": "new"}, {"S": "c"}]}}),
        ("SET l[9] = :s", {"l": {"L": [{"S": "a"}, {"S": "b"}, {"S": "c"}, {"S": "new"}]}}),
        ("SET m.added = :s", {"m": {"M": {"in": {"N": "1"}, "added": {"S": "new"}}}}),
        ("REMOVE l[0], l[2]", {"l": {"L": [{"S": "b"}]}}),
        ("REMOVE n, absent", {"n": None}),
        ("SET n = #other, #other = n", {"n": {"S": "o"}, "other": {"N": "5"}}),
        ("ADD n :one", {"n": {"N": "6"}}),
        ("ADD fresh :one", {"fresh": {"N": "1"}}),
        ("ADD ss :ss", {"ss": {"SS": ["x", "y", "z"]}}),
        ("DELETE ss :ss", {"ss": {"SS": ["x"]}}),
        ("DELETE ss :all", {"ss": None}),
        ("set n = :one remove #other add fresh :one", {"n": {"N": "1"}, "other": None, "fresh": {"N": "1"}}),
    ],
)
def test_an_update_changes_what_it_names(text, changed):
    assert updated(text) == changed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SET n = :one SET m = :one", 'The "SET" section can only be used once in an update expression;'),
        ("SET m = :one, m.x = :one", "Two document paths overlap with each other"),
        ("SET m.x = :one, m[0] = :one", "Two document paths conflict with each other"),
        ("SET n = absent", "The provided expression refers to an attribute that does not exist in the item"),
        ("SET absent.deep = :one", "The document path provided in the update expression is invalid for update"),
        ("SET n = n + :s", "operator or function: +, operand type: S"),
        ("SET n = ss + :one", "An operand in the update expression has an incorrect data type"),
        ("ADD n :s", "operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND"),
        ("ADD n :ss", "An operand in the update expression has an incorrect data type"),
        ("SET n = begins_with(n, :s)", "function: begins_with"),
        ("SET", 'Syntax error; token: "<EOF>"'),
        ("FROB n = :one", 'Syntax error; token: "FROB"'),
    ],
)
def test_an_update_that_cannot_be_is_refused(text, message):
    with pytest.raises(ValidationException) as caught:
        updated(text)
    assert message in caught.value.message
