"""The reader of policy documents: strict JSON with places."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.policy.document import JsonObject, MalformedPolicy, line_and_column, read

VALUES = st.recursive(
    st.none() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=4), VALUES, max_size=4), st.sampled_from([None, 1, "\t"]), st.booleans())
def test_it_reads_what_json_writes(value, indent, ascii_only):
    assert read(json.dumps(value, indent=indent, ensure_ascii=ascii_only)) == value


@given(st.text(max_size=60) | st.text(alphabet='{}[]":,\\ truefalsn0123-.eE', max_size=60))
def test_any_text_is_an_object_or_a_malformed_policy(text):
    try:
        assert isinstance(read(text), JsonObject)
    except MalformedPolicy as refused:
        assert refused.detail == "This policy contains invalid Json"
    else:
        assert isinstance(json.loads(text), dict)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '"x"',
        "{",
        '{"a":1,}',
        '{"a":1 "b":2}',
        "{'a':1}",
        '{"a":[1,]}',
        '{"a":NaN}',
        '{"a":tru}',
        '{"a":01}',
        '{"a":"\n"}',
        '{"a":1}{"b":2}',
        '{"a":1,"a":2}',
        '{"a":' + "[" * 100_000,
        '{"a":' * 1000,
        '{"a":"' + "x" * 200_000 + '"}',
        '\ufeff{"a":1}',
    ],
)
def test_bad_documents_are_refused(text):
    with pytest.raises(MalformedPolicy):
        read(text)


def test_numbers_and_booleans_become_their_text():
    assert read('{"a": true, "b": false, "c": 1.50, "d": -2e3}') == {
        "a": "true",
        "b": "false",
        "c": "1.50",
        "d": "-2e3",
    }


def test_an_object_knows_its_place():
    text = '{\n  "Statement": [\n    {"a": 1}\n  ]\n}'
    statement = read(text)["Statement"][0]
    assert line_and_column(text, statement.start) == (3, 5)
    assert line_and_column(text, statement.end) == (3, 13)
