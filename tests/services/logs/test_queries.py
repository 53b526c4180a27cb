"""Source of the examples: "CloudWatch Logs Insights language query syntax" in the CloudWatch Logs guide."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundcloud.services.logs.insights import MalformedQuery, Row, parse_query
from groundcloud.services.logs.insights.fields import Time
from tests.services.logs.conftest import milliseconds, put
from tests.services.logs.test_events import refused

BASE = 1_556_122_800_000  # 2019-04-24 16:20:00
LINES = [
    '{"type": "END", "duration": 12.5, "user": {"name": "ann", "roles": ["a", "b"]}, "status": 200}',
    '{"type": "END", "duration": 40, "user": {"name": "bob"}, "status": 404}',
    '{"type": "START", "user": {"name": "ann"}, "status": "500"}',
    "plain user=carol, method:GET, latency := 17",
]


def run(query, lines=LINES, limit=1000):
    rows = [
        Row({"@timestamp": Time(BASE + place * 60_000), "@message": line, "@logStream": "s"}, line)
        for place, line in enumerate(lines)
    ]
    return [dict(row) for row in parse_query(query).run(rows, limit, lambda row: "p")]


def column(query, name):
    return [row.get(name) for row in run(query)]


def test_the_newest_events_come_first_with_time_message_and_pointer():
    found = run("fields @timestamp, @message | limit 1")
    assert found == [{"@timestamp": "2019-04-24 16:23:00.000", "@message": LINES[3], "@ptr": "p"}]


@pytest.mark.parametrize(
    ("condition", "places"),
    [
        ('type = "END"', [0, 1]),
        ("status = 500", [2]),
        ("status >= 400 and status < 500", [1]),
        ("duration > 20 or type = 'START'", [1, 2]),
        ("not type = 'END'", [2, 3]),
        ("user.name in ['ann', 'x']", [0, 2]),
        ("user.name not in ['ann']", [1, 3]),
        ("@message like /(?i)GET/", [3]),
        ("@message like 'carol'", [3]),
        ("@message not like /END|START/", [3]),
        ("@message =~ /^plain/", [3]),
        ("ispresent(duration)", [0, 1]),
        ("user.roles.1 = 'b'", [0]),
        ("strlen(type) = 3", [0, 1]),
        ("(status + 100) / 2 = 150", [0]),
        ("status - 4 * 100 = 4", [1]),
        ("2 ^ 3 ^ 1 = 8 and status % 100 = 4", [1]),
        ("toupper(user.name) = 'BOB'", [1]),
        ("duration != 40", [0]),
        ("`user.name` = 'bob'", [1]),
    ],
)
def test_filters(condition, places):
    assert column(f"filter {condition} | sort @timestamp asc", "@message") == [LINES[place] for place in places]


def test_statistics_by_a_field_and_by_time():
    found = run("stats count(*) as n, avg(duration), max(duration) as most, pct(duration, 50) by type | sort n desc")
    assert found == [
        {"type": "END", "n": "2", "avg(duration)": "26.25", "most": "40", "pct(duration, 50)": "26.25"},
        {"type": "START", "n": "1"},
    ]
    assert run("stats count(*) by bin(2m) | sort bin(2m) asc") == [
        {"bin(2m)": "2019-04-24 16:20:00.000", "count(*)": "2"},
        {"bin(2m)": "2019-04-24 16:22:00.000", "count(*)": "2"},
    ]
    assert run("stats sum(status), count_distinct(user.name), earliest(status), sortsLast(user.name)") == [
        {
            "sum(status)": "1104",
            "count_distinct(user.name)": "2",
            "earliest(status)": "200",
            "sortsLast(user.name)": "bob",
        }
    ]


def test_statistics_of_statistics():
    found = run("stats count(*) as n by user.name | stats max(n) as most, count(*) as groups")
    assert found == [{"most": "2", "groups": "2"}]


def test_parse_by_a_glob_and_by_a_regular_expression():
    found = run('parse @message "user=*, method:*, latency := *" as name, method, latency | filter ispresent(name) '
                "| display name, method, latency")  # fmt: skip
    assert found == [{"name": "carol", "method": "GET", "latency": "17", "@ptr": "p"}]
    found = run(r"parse @message /user=(?<who>\w+), method:(?<how>\w+)/ | filter ispresent(who) | display who, how")
    assert found == [{"who": "carol", "how": "GET", "@ptr": "p"}]


def test_sort_dedup_limit_and_new_fields():
    assert column("fields duration * 2 as twice | sort duration desc | limit 2", "twice") == ["80", "25"]
    assert column("fields user.name | filter ispresent(user.name) | dedup user.name", "user.name") == ["ann", "bob"]
    assert column("fields concat(type, '-', status) as both | sort @timestamp | limit 1", "both") == ["END-200"]
    assert column("fields coalesce(duration, 0) as d | sort @timestamp asc", "d") == ["12.5", "40", "0", "0"]


@pytest.mark.parametrize(
    "wrong",
    ["", "foo", "fields", "filter a =", "limit x", "stats foo(a)", "fields a b", "filter (a", "parse @message 'x' as a",
     "parse 'x * y'", "fields nofunction(a)", "stats count(*) by", "filter a like 5", "filter @message like /(/",
     "pattern @message", "stats count(*) | stats count(*) | stats count(*)", "fields 'open",
     "filter " + "(" * 200 + "a",
     "stats count(*) by bin(x)", "sort", "limit 0", "fields a |"],
)  # fmt: skip
def test_what_is_no_query_is_refused(wrong):
    with pytest.raises(MalformedQuery):
        parse_query(wrong)


WORDS = [
    "fields",
    "filter",
    "stats",
    "sort",
    "parse",
    "limit",
    "dedup",
    "|",
    ",",
    "(",
    ")",
    "a",
    "@message",
    "count",
    "*",
    "by",
    "bin",
    "5m",
    "as",
    "like",
    "/x*/",
    "'s'",
    "3",
    "-",
    "^",
    "=",
    "and",
    "not",
    "in",
    "[",
    "]",
    "desc",
    "%",
]


@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
def test_any_query_runs_or_is_refused(query):
    try:
        program = parse_query(query)
    except MalformedQuery:
        return
    found = program.run([Row({"@timestamp": Time(5), "@message": '{"a": 3}'}, '{"a": 3}')], 10, lambda row: "p")
    assert all(isinstance(value, str) for row in found for _, value in row)


# -- through the API


def test_a_query_runs_over_a_group_and_its_results_can_be_read(cloud, logs, stream, settle):
    put(cloud, stream, '{"level": "info", "ms": 5}', '{"level": "error", "ms": 7}', '{"level": "error", "ms": 9}')
    now = milliseconds(cloud) // 1000
    query = logs.start_query(
        logGroupName="app", startTime=now - 60, endTime=now + 60,
        queryString="filter level = 'error' | stats sum(ms) as total by level",
    )["queryId"]  # fmt: skip
    assert logs.get_query_results(queryId=query)["status"] == "Scheduled"
    settle()
    answer = logs.get_query_results(queryId=query)
    assert answer["status"] == "Complete"
    assert answer["results"] == [[{"field": "level", "value": "error"}, {"field": "total", "value": "16"}]]
    assert (answer["statistics"]["recordsScanned"], answer["statistics"]["recordsMatched"]) == (3.0, 2.0)
    assert logs.describe_queries(logGroupName="app", status="Complete")["queries"][0]["queryId"] == query
    assert refused(logs.stop_query, queryId=query)["Code"] == "InvalidParameterException"


def test_a_pointer_of_a_result_leads_to_the_whole_event(cloud, logs, stream, settle):
    put(cloud, stream, '{"level": "info", "ms": 5}')
    now = milliseconds(cloud) // 1000
    query = logs.start_query(logGroupName="app", startTime=now - 60, endTime=now + 60, queryString="fields ms")
    settle()
    (row,) = logs.get_query_results(queryId=query["queryId"])["results"]
    record = logs.get_log_record(logRecordPointer=row[-1]["value"])["logRecord"]
    assert (record["level"], record["@logStream"]) == ("info", "web")
    assert refused(logs.get_log_record, logRecordPointer="nonsense")["Code"] == "InvalidParameterException"


def test_a_query_can_be_stopped_and_a_malformed_one_is_refused(logs, stream, settle):
    times = {"logGroupName": "app", "startTime": 0, "endTime": 1}
    query = logs.start_query(**times, queryString="fields @message")["queryId"]
    assert logs.stop_query(queryId=query)["success"]
    settle()
    assert logs.get_query_results(queryId=query)["status"] == "Cancelled"
    assert refused(logs.start_query, **times, queryString="nonsense")["Code"] == "MalformedQueryException"


def test_queries_are_saved_by_name(logs):
    made = logs.put_query_definition(name="errors/all", queryString="fields @message")["queryDefinitionId"]
    logs.put_query_definition(name="errors/all", queryString="limit 5", queryDefinitionId=made)
    (shown,) = logs.describe_query_definitions(queryDefinitionNamePrefix="errors/")["queryDefinitions"]
    assert (shown["queryDefinitionId"], shown["queryString"]) == (made, "limit 5")
    assert logs.delete_query_definition(queryDefinitionId=made)["success"]
    assert refused(logs.delete_query_definition, queryDefinitionId=made)["Code"] == "ResourceNotFoundException"


def test_the_fields_of_a_group_are_counted(cloud, logs, stream):
    put(cloud, stream, '{"a": 1}', "text", ago=1000)
    found = {one["name"]: one["percent"] for one in logs.get_log_group_fields(logGroupName="app")["logGroupFields"]}
    assert (found["@message"], found["a"]) == (100, 50)
