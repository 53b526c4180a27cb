import json

import pytest
from botocore.exceptions import ClientError

from tests.cloud import Keys
from tests.services.logs.conftest import milliseconds, put


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]


def messages(answer):
    return [event["message"] for event in answer["events"]]


def test_events_come_back_in_order_with_their_times(cloud, logs, stream):
    put(cloud, stream, "one", "two", ago=1000)
    put(cloud, stream, "three")
    answer = logs.get_log_events(**stream, startFromHead=True)
    assert messages(answer) == ["one", "two", "three"]
    assert answer["events"][0]["timestamp"] == milliseconds(cloud) - 1000
    assert answer["events"][0]["ingestionTime"] == milliseconds(cloud)


def test_batches_that_overlap_in_time_are_merged(cloud, logs, stream):
    now = milliseconds(cloud)
    for times in ((1, 5, 9), (2, 3), (4, 10), (0, 11)):
        events = [{"timestamp": now + time, "message": str(time)} for time in times]
        logs.put_log_events(**stream, logEvents=events)
    wanted = [str(time) for time in (0, 1, 2, 3, 4, 5, 9, 10, 11)]
    assert messages(logs.get_log_events(**stream, startFromHead=True)) == wanted
    assert messages(logs.get_log_events(**stream)) == wanted
    back, token = [], {}
    for _ in range(5):
        page = logs.get_log_events(**stream, limit=2, **token)
        back = messages(page) + back
        token = {"nextToken": page["nextBackwardToken"]}
    assert back == wanted


def test_the_newest_events_come_first_unless_asked_for_the_head(cloud, logs, stream):
    put(cloud, stream, *"abcdef")
    assert messages(logs.get_log_events(**stream, limit=2)) == ["e", "f"]
    assert messages(logs.get_log_events(**stream, limit=2, startFromHead=True)) == ["a", "b"]


def test_tokens_lead_both_ways_and_stay_the_same_at_an_end(cloud, logs, stream):
    put(cloud, stream, *"abcd")
    first = logs.get_log_events(**stream, limit=3, startFromHead=True)
    second = logs.get_log_events(**stream, limit=3, nextToken=first["nextForwardToken"])
    assert messages(second) == ["d"]
    end = logs.get_log_events(**stream, nextToken=second["nextForwardToken"])
    assert messages(end) == []
    assert end["nextForwardToken"] == second["nextForwardToken"]
    assert messages(logs.get_log_events(**stream, nextToken=end["nextBackwardToken"])) == ["a", "b", "c", "d"]
    head = logs.get_log_events(**stream, nextToken=first["nextBackwardToken"])
    assert messages(head) == []
    assert head["nextBackwardToken"] == first["nextBackwardToken"]
    put(cloud, stream, "e", ago=-5000)
    assert messages(logs.get_log_events(**stream, nextToken=end["nextForwardToken"])) == ["e"]


def test_a_span_of_time_has_its_start_and_not_its_end(cloud, logs, stream):
    now = milliseconds(cloud)
    put(cloud, stream, "a", "b", "c")
    found = logs.get_log_events(**stream, startTime=now + 1, endTime=now + 2, startFromHead=True)
    assert messages(found) == ["b"]


def test_a_batch_must_be_in_order_and_within_a_day(cloud, logs, stream):
    now = milliseconds(cloud)
    late = [{"timestamp": now, "message": "b"}, {"timestamp": now - 1, "message": "a"}]
    assert "chronological order" in refused(logs.put_log_events, **stream, logEvents=late)["Message"]
    wide = [{"timestamp": now - 86_400_001, "message": "a"}, {"timestamp": now, "message": "b"}]
    error = refused(logs.put_log_events, **stream, logEvents=wide)
    assert (error["Code"], "24 hours" in error["Message"]) == ("InvalidParameterException", True)


@pytest.mark.parametrize("events", [[], [{"timestamp": 1}], [{"timestamp": "x", "message": "m"}]])
def test_a_malformed_batch_is_refused(logs, stream, events):
    assert refused(logs.put_log_events, **stream, logEvents=events)["Code"] in (
        "InvalidParameterException", "SerializationException",
    )  # fmt: skip


def test_an_empty_message_and_a_batch_above_a_mebibyte_are_refused(cloud, logs, stream):
    now = milliseconds(cloud)
    assert (
        "logEvents.1"
        in refused(logs.put_log_events, **stream, logEvents=[{"timestamp": now, "message": ""}])["Message"]
    )
    big = [{"timestamp": now, "message": "x" * 600_000}] * 2
    assert "Upload too large" in refused(logs.put_log_events, **stream, logEvents=big)["Message"]


def test_events_too_old_or_too_new_are_told_of_and_left_out(cloud, logs, stream):
    day = 86_400_000
    put(cloud, stream, "kept")
    old = milliseconds(cloud) - 14 * day
    answer = logs.put_log_events(
        **stream, logEvents=[{"timestamp": old - 1, "message": "old"}, {"timestamp": old + 1, "message": "just"}]
    )
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    new = milliseconds(cloud) + 2 * 3_600_000 + 1
    answer = logs.put_log_events(**stream, logEvents=[{"timestamp": new, "message": "new"}])
    assert answer["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 0}
    logs.put_retention_policy(logGroupName="app", retentionInDays=1)
    answer = logs.put_log_events(
        **stream,
        logEvents=[{"timestamp": milliseconds(cloud) - day - 5, "message": "a"},
                   {"timestamp": milliseconds(cloud) - 10, "message": "b"}],
    )  # fmt: skip
    assert answer["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 1}
    assert messages(logs.get_log_events(**stream, startFromHead=True)) == ["b", "kept"]


def test_a_stream_that_is_not_there_is_named_in_the_error(logs, stream):
    event = [{"timestamp": 1, "message": "m"}]
    assert refused(logs.put_log_events, logGroupName="app", logStreamName="x", logEvents=event) == {
        "Code": "ResourceNotFoundException", "Message": "The specified log stream does not exist.",
    }  # fmt: skip
    assert refused(logs.put_log_events, logGroupName="no", logStreamName="x", logEvents=event)["Message"] == (
        "The specified log group does not exist."
    )


def test_a_filter_finds_events_of_all_streams_in_order_of_time(cloud, logs, stream):
    logs.create_log_stream(logGroupName="app", logStreamName="api")
    put(cloud, stream, "ERROR one", "fine", ago=2000)
    put(cloud, {**stream, "logStreamName": "api"}, "ERROR two", ago=3000)
    found = logs.filter_log_events(logGroupName="app", filterPattern="ERROR")["events"]
    assert [(event["logStreamName"], event["message"]) for event in found] == [
        ("api", "ERROR two"), ("web", "ERROR one"),
    ]  # fmt: skip
    assert len({event["eventId"] for event in found}) == 2
    only = logs.filter_log_events(logGroupName="app", logStreamNamePrefix="w")["events"]
    assert [event["message"] for event in only] == ["ERROR one", "fine"]
    assert refused(logs.filter_log_events, logGroupName="app", filterPattern="{ $.")["Code"] == (
        "InvalidParameterException"
    )


def test_pages_of_a_filter_lose_nothing_and_repeat_nothing(cloud, logs, stream):
    logs.create_log_stream(logGroupName="app", logStreamName="api")
    for turn in range(4):
        put(cloud, stream, *[f"w{turn}{number}" for number in range(5)], ago=1000 - turn)
        put(cloud, {**stream, "logStreamName": "api"}, *[f"a{turn}{number}" for number in range(5)], ago=1000 - turn)
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="app", PaginationConfig={"PageSize": 3})
    found = [event for page in pages for event in page["events"]]
    assert len(found) == len({event["eventId"] + event["logStreamName"] for event in found}) == 40
    assert [event["timestamp"] for event in found] == sorted(event["timestamp"] for event in found)


def test_events_of_a_deleted_stream_are_gone_for_good(cloud, logs, stream, settle):
    put(cloud, stream, "secret")
    logs.delete_log_stream(**stream)
    logs.create_log_stream(**stream)
    assert messages(logs.get_log_events(**stream)) == []
    settle()
    with cloud.cloud.planes["logs"].snapshot() as tx:
        assert not [1 for _, data in tx.table.range(b"", b"\xff", 1000, False) if b"secret" in data]


def test_retention_hides_at_once_and_removes_soon(cloud, logs, stream, settle):
    put(cloud, stream, "old", ago=3 * 86_400_000)
    put(cloud, stream, "new")
    logs.put_retention_policy(logGroupName="app", retentionInDays=1)
    assert messages(logs.get_log_events(**stream)) == ["new"]
    settle()
    logs.delete_retention_policy(logGroupName="app")
    assert messages(logs.get_log_events(**stream)) == ["new"]


def test_a_reader_may_read_one_stream_and_write_none(cloud, iam, logs, stream):
    put(cloud, stream, "m")
    iam.create_user(UserName="reader")
    arn = f"arn:aws:logs:us-east-1:{cloud.account}:log-group:app:log-stream:web"
    allowed = {"Effect": "Allow", "Action": "logs:GetLogEvents", "Resource": arn}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=document)
    reader = cloud.client("logs", Keys.of(iam.create_access_key(UserName="reader")["AccessKey"]))
    assert messages(reader.get_log_events(**stream)) == ["m"]
    error = refused(reader.put_log_events, **stream, logEvents=[{"timestamp": 1, "message": "m"}])
    assert error["Code"] == "AccessDeniedException"
    assert f"logs:PutLogEvents on resource: {arn}" in error["Message"]
