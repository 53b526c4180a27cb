"""Source of the examples: "Filter pattern syntax" in the CloudWatch Logs guide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.services.logs.patterns import InvalidPattern, compile_pattern

TERMS = [
    ("", "anything", True),
    ("ERROR", "[ERROR 400] BAD REQUEST", True),
    ("ERROR", "[error 400] BAD REQUEST", False),
    ("ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", True),
    ("ERROR ARGUMENTS", "[ERROR 400] BAD REQUEST", False),
    ("?ERROR ?ARGUMENTS", "[ERROR 400] BAD REQUEST", True),
    ("?ERROR ?ARGUMENTS", "[INFO 420] WRONG ARGUMENTS", True),
    ("?ERROR ?ARGUMENTS", "[INFO 401] UNAUTHORIZED", False),
    ("?ERROR REQUEST", "[INFO] REQUEST FAILED", True),
    ("?ERROR REQUEST", "[ERROR] FAILED", False),
    ('"INTERNAL SERVER ERROR"', "[ERROR 500] INTERNAL SERVER ERROR", True),
    ('"INTERNAL SERVER ERROR"', "[ERROR] SERVER INTERNAL", False),
    ("ERROR -ARGUMENTS", "[ERROR 400] BAD REQUEST", True),
    ("ERROR -ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS", False),
    ("-ERROR", "[INFO] fine", True),
    ("%AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST", True),
    (r"%^[hc]at$%", "cat", True),
    (r"%^[hc]at$%", "cats", False),
    ('-"a b" c', "a b c", False),
    (r'"say \"hi\""', 'they say "hi"', True),
]


@pytest.mark.parametrize(("pattern", "message", "taken"), TERMS)
def test_terms_take_the_events_that_the_guide_says(pattern, message, taken):
    assert (compile_pattern(pattern).match(message) is not None) is taken


EVENT = (
    '{"eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111", "arrayKey": ["value", "another value"],'
    '"objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}], "SomeObject": null, "ThisFlag": true,'
    '"bandwidth": 80.5, "cluster.name": "c", "user": {"id": 1, "email": "John.Stiles@example.com"},'
    '"errorCode": "400"}'
)

JSON = [
    ('{ $.eventType = "UpdateTrail" }', True),
    ('{ $.eventType = "Update*" }', True),
    ("{ $.eventType = *Trail }", True),
    ("{ $.eventType = %Trail$% }", True),
    ('{ $.eventType != "UpdateTrail" }', False),
    ("{ $.sourceIPAddress != 123.123.* }", True),
    ('{ $.arrayKey[0] = "value" }', True),
    ('{ $.arrayKey[5] = "value" }', False),
    ('{ $.objectList[*].name = "b" }', True),
    ("{ $.objectList[1].id = 2 }", True),
    ("{ $.SomeObject IS NULL }", True),
    ("{ $.ThisFlag IS TRUE }", True),
    ("{ $.ThisFlag IS FALSE }", False),
    ("{ $.SomeOtherObject NOT EXISTS }", True),
    ("{ $.user NOT EXISTS }", False),
    ("{ $.bandwidth > 75 }", True),
    ("{ $.bandwidth <= 8.05e1 }", True),
    ("{ $.bandwidth < 75 }", False),
    ("{ $.missing != 3 }", False),
    ("{ $.['cluster.name'] = c }", True),
    ('{ ($.user.id = 1) && ($.user.email = "John.*") }', True),
    ('{ $.user.id = 2 || $.user.email = "x" }', False),
    ("{ $.user.id = 2 && $.bandwidth > 1 || $.ThisFlag IS TRUE }", True),
    ("{ $.errorCode = 400 }", True),
]


@pytest.mark.parametrize(("pattern", "taken"), JSON)
def test_conditions_on_properties_of_a_json_event(pattern, taken):
    assert (compile_pattern(pattern).match(EVENT) is not None) is taken


def test_a_pattern_for_json_takes_no_other_event():
    assert compile_pattern("{ $.a NOT EXISTS }").match("plain text") is None


def test_a_json_pattern_shows_what_its_selectors_stand_for():
    assert compile_pattern("{ $.user.id = 1 && $.eventType = * }").match(EVENT) == {
        "$.user.id": "1",
        "$.eventType": "UpdateTrail",
    }


LINE = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'

COLUMNS = [
    ("[ip, user, username, timestamp, request, status_code, bytes]", True),
    ("[ip, user, username, timestamp, request, status_code]", False),
    ("[ip=%127\\.0\\.0\\.[1-9]%, user, username, timestamp, request =*.html*, status_code = 4*, bytes]", True),
    ("[ip, user, username, timestamp, request, status_code = 404, bytes > 1000]", True),
    ("[ip, user, username, timestamp, request, status_code = 404 || status_code = 410, bytes < 1000]", False),
    ("[ip, user, username, timestamp, request, status_code >= 400 && status_code < 500, bytes]", True),
    ("[..., status_code=4*, bytes]", True),
    ("[ip, ..., bytes != 1534]", False),
    ("[...]", True),
    ('[..., request="GET /index.html HTTP/1.0", status, bytes]', True),
]


@pytest.mark.parametrize(("pattern", "taken"), COLUMNS)
def test_conditions_on_the_fields_of_a_line(pattern, taken):
    assert (compile_pattern(pattern).match(LINE) is not None) is taken


def test_a_pattern_for_fields_shows_them_all():
    assert compile_pattern("[ip, ..., bytes]").match("a [b c] \"d e\" 5") == {
        "$ip": "a", "$2": "b c", "$3": "d e", "$bytes": "5",
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    ['"open', "foo!", "{ $.a }", "{ $.a = }", "{ a = 1 }", "{ $.a > x }", "[a", "[a, ..., b, ...]", "%(a)%",
     "%open", "-",
     "{ $.a = 1 &&& $.b = 1 }", "[a=1 || b=2]", "{ ($.a = 1 }", "{" + "(" * 500 + "}"],
)  # fmt: skip
def test_what_is_no_pattern_is_refused(wrong):
    with pytest.raises(InvalidPattern):
        compile_pattern(wrong)


@given(st.text(alphabet="{}[]()$.*%\"\\=!<>&|,-? abc019'ISNOTEX", max_size=60), st.sampled_from([EVENT, LINE, ""]))
def test_any_text_is_a_pattern_or_refused(text, message):
    try:
        pattern = compile_pattern(text)
    except InvalidPattern:
        return
    found = pattern.match(message)
    assert found is None or all(isinstance(value, str) for value in found.values())


def test_a_regular_expression_that_would_backtrack_for_ever_answers_at_once():
    assert compile_pattern("%" + "a*" * 30 + "b%").match("a" * 20_000) is None
