import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.services.dynamodb.errors import ValidationException
from groundcloud.services.dynamodb.partiql import Insert, Select, parse


def test_a_select_is_its_table_its_paths_and_its_conditions():
    found = parse('SELECT a, b.c[0] FROM "my-table"."by-b" WHERE pk = \'x\' AND n > ?', [{"N": "1"}])
    assert isinstance(found, Select)
    assert (found.table, found.index_name) == ("my-table", "by-b")
    assert found.projection.text == "#n1, #n2.#n3[0]"
    first, second = found.where
    assert (first.attribute, first.operator, first.value) == ("pk", "=", {"S": "x"})
    assert (second.attribute, second.operator, second.condition.values) == ("n", ">", {":v7": {"N": "1"}})


def test_an_insert_has_all_kinds_of_values():
    found = parse(
        "INSERT INTO t VALUE {'s': 'it''s', 'n': -1.5e3, 'b': true, 'z': NULL, 'l': [1, 'a'], 'm': {'x': ?}, "
        "'set': <<'a', 'b'>>}",
        [{"BOOL": False}],
    )
    assert isinstance(found, Insert)
    assert found.item == {
        "s": {"S": "it's"}, "n": {"N": "-1.5e3"}, "b": {"BOOL": True}, "z": {"NULL": True},
        "l": {"L": [{"N": "1"}, {"S": "a"}]}, "m": {"M": {"x": {"BOOL": False}}}, "set": {"SS": ["a", "b"]},
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    ["", "SELECT", "SELECT * FROM", "SELECT * FROM t WHERE", "SELECT * FROM t WHERE a", "INSERT INTO t VALUE 5",
     "UPDATE t WHERE a = 1", "DELETE FROM t", "SELECT * FROM t WHERE a = ?", "SELECT * FROM t; SELECT * FROM t",
     "INSERT INTO t VALUE {'a': <<1, 'b'>>}", "DROP TABLE t", "SELECT * FROM t WHERE a = 'open",
     "SELECT * FROM t WHERE " + "(" * 100 + "a = 1", "UPDATE t SET a = set_add(b, <<1>>) WHERE k = 1"],
)  # fmt: skip
def test_what_is_no_statement_is_refused(wrong):
    with pytest.raises(ValidationException, match="Statement wasn't well formed"):
        parse(wrong)


def test_parameters_must_be_as_many_as_the_question_marks():
    with pytest.raises(ValidationException):
        parse("SELECT * FROM t WHERE a = 1", [{"N": "1"}])


WORDS = [
    "SELECT",
    "*",
    "FROM",
    "t",
    "WHERE",
    "a",
    "=",
    "1",
    "AND",
    "OR",
    "NOT",
    "(",
    ")",
    "'x'",
    "?",
    ",",
    ".",
    "[",
    "]",
    "{",
    "}",
    ":",
    "<<",
    ">>",
    "IN",
    "BETWEEN",
    "IS",
    "MISSING",
    "NULL",
    "UPDATE",
    "SET",
    "REMOVE",
    "DELETE",
    "INSERT",
    "INTO",
    "VALUE",
    "RETURNING",
    "ALL",
    "OLD",
    "size",
    "begins_with",
    "+",
    "-",
    ";",
    "EXISTS",
]


@given(st.lists(st.sampled_from(WORDS), max_size=15).map(" ".join))
def test_any_text_is_a_statement_or_refused(text):
    try:
        parse(text, [{"N": "1"}] * text.count("?"))
    except ValidationException as error:
        assert error.message
