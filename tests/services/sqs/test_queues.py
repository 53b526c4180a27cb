"""Queues and their settings. Sources: SQS API reference and developer guide."""

import json

import pytest
from botocore.exceptions import ClientError

from groundcloud.controllers import Loop
from tests.cloud import Keys
from tests.services.sqs.test_messages import bodies, code, receive


@pytest.fixture()
def controllers(cloud):
    [(store, found)] = [(store, found) for store, found in cloud.loops.plane_controllers() if "sqs" in found[0].name]
    return Loop(store, found, now=cloud.clock, monotonic=lambda: cloud.clock().timestamp())


def attributes(sqs, queue, *names):
    return sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=names or ["All"])["Attributes"]


def arn(sqs, queue):
    return attributes(sqs, queue, "QueueArn")["QueueArn"]


def test_a_queue_has_the_defaults_of_aws(cloud, sqs, queue):
    shown = attributes(sqs, queue)
    made = str(int(cloud.clock().timestamp()))
    assert shown == {
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "CreatedTimestamp": made,
        "DelaySeconds": "0",
        "LastModifiedTimestamp": made,
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "QueueArn": f"arn:aws:sqs:us-east-1:{cloud.account}:jobs",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
        "VisibilityTimeout": "30",
    }


def test_the_url_is_where_the_caller_came(cloud, sqs, queue):
    assert queue == f"http://127.0.0.1:4566/{cloud.account}/jobs"
    assert sqs.get_queue_url(QueueName="jobs")["QueueUrl"] == queue
    with pytest.raises(sqs.exceptions.QueueDoesNotExist) as caught:
        sqs.get_queue_url(QueueName="none")
    assert code(caught) == "AWS.SimpleQueueService.NonExistentQueue"


def test_messages_are_counted_by_what_they_do(cloud, sqs, queue):
    for delay in (0, 0, 0, 60):
        sqs.send_message(QueueUrl=queue, MessageBody="a", DelaySeconds=delay)
    [message] = receive(sqs, queue)
    counts = attributes(sqs, queue, "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible",
                        "ApproximateNumberOfMessagesDelayed")  # fmt: skip
    assert list(map(int, counts.values())) == [2, 1, 1]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    cloud.clock.advance(seconds=60)
    assert attributes(sqs, queue, "ApproximateNumberOfMessages") == {"ApproximateNumberOfMessages": "3"}


def test_making_a_queue_again(sqs, queue):
    assert sqs.create_queue(QueueName="jobs", Attributes={"VisibilityTimeout": "30"})["QueueUrl"] == queue
    with pytest.raises(sqs.exceptions.QueueNameExists) as caught:
        sqs.create_queue(QueueName="jobs", Attributes={"VisibilityTimeout": "31"})
    assert code(caught) == "QueueAlreadyExists"


def test_a_name_is_free_a_minute_after_its_queue_was_deleted(cloud, sqs, queue, controllers):
    sqs.send_message(QueueUrl=queue, MessageBody="a")
    sqs.delete_queue(QueueUrl=queue)
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        receive(sqs, queue)
    with pytest.raises(sqs.exceptions.QueueDeletedRecently):
        sqs.create_queue(QueueName="jobs")
    controllers.settle()
    cloud.clock.advance(seconds=60)
    controllers.settle()
    sqs.create_queue(QueueName="jobs")
    assert bodies(sqs, queue) == []


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("DelaySeconds", "901", "InvalidAttributeValue"),
        ("VisibilityTimeout", "-1", "InvalidAttributeValue"),
        ("MessageRetentionPeriod", "59", "InvalidAttributeValue"),
        ("MaximumMessageSize", "1023", "InvalidAttributeValue"),
        ("Policy", "{", "InvalidAttributeValue"),
        ("RedrivePolicy", "[]", "InvalidAttributeValue"),
        ("RedrivePolicy", '{"maxReceiveCount": 1}', "InvalidAttributeValue"),
        ("RedriveAllowPolicy", '{"redrivePermission": "byQueue"}', "InvalidAttributeValue"),
        ("ContentBasedDeduplication", "true", "InvalidAttributeName"),
        ("Colour", "red", "InvalidAttributeName"),
    ],
)
def test_attributes_that_cannot_be(sqs, queue, name, value, expected):
    with pytest.raises(ClientError) as caught:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={name: value})
    assert code(caught) == expected


@pytest.mark.parametrize("name", ["a b", "a.fifo", "a" * 81])
def test_names_that_cannot_be(sqs, name):
    with pytest.raises(ClientError) as caught:
        sqs.create_queue(QueueName=name)
    assert code(caught) == "InvalidParameterValue"


def test_queues_are_listed_by_prefix_and_in_pages(sqs):
    for name in ("a1", "a2", "a3", "b1"):
        sqs.create_queue(QueueName=name)
    pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix="a", PaginationConfig={"PageSize": 2})
    names = [[url.rpartition("/")[2] for url in page["QueueUrls"]] for page in pages]
    assert names == [["a1", "a2"], ["a3"]]


def test_a_purge_empties_a_queue_once_a_minute(cloud, sqs, queue, controllers):
    sqs.send_message(QueueUrl=queue, MessageBody="a")
    [message] = receive(sqs, queue)
    sqs.send_message(QueueUrl=queue, MessageBody="b")
    sqs.purge_queue(QueueUrl=queue)
    assert bodies(sqs, queue) == []
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    with pytest.raises(sqs.exceptions.PurgeQueueInProgress) as caught:
        sqs.purge_queue(QueueUrl=queue)
    assert code(caught) == "AWS.SimpleQueueService.PurgeQueueInProgress"
    controllers.settle()
    sqs.send_message(QueueUrl=queue, MessageBody="c")
    assert bodies(sqs, queue) == ["c"]
    cloud.clock.advance(seconds=60)
    sqs.purge_queue(QueueUrl=queue)


def test_tags(sqs, queue):
    sqs.tag_queue(QueueUrl=queue, Tags={"a": "1", "b": "2"})
    sqs.untag_queue(QueueUrl=queue, TagKeys=["a"])
    assert sqs.list_queue_tags(QueueUrl=queue)["Tags"] == {"b": "2"}
    made = sqs.create_queue(QueueName="tagged", tags={"c": "3"})["QueueUrl"]
    assert sqs.list_queue_tags(QueueUrl=made)["Tags"] == {"c": "3"}


def with_dead_letters(sqs, kind="", most=2):
    fifo = {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if kind else {}
    dead = sqs.create_queue(QueueName=f"dead{kind}", Attributes=fifo)["QueueUrl"]
    policy = json.dumps({"deadLetterTargetArn": arn(sqs, dead), "maxReceiveCount": most})
    source = sqs.create_queue(QueueName=f"source{kind}", Attributes={**fifo, "RedrivePolicy": policy})["QueueUrl"]
    return source, dead


def test_what_is_received_too_often_goes_to_the_dead_letters(cloud, sqs):
    source, dead = with_dead_letters(sqs)
    sqs.send_message(QueueUrl=source, MessageBody="a")
    for _ in range(2):
        assert bodies(sqs, source) == ["a"]
        cloud.clock.advance(seconds=30)
    assert bodies(sqs, source) == []
    [message] = receive(sqs, dead, AttributeNames=["All"])
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == arn(sqs, source)
    assert message["Attributes"]["ApproximateReceiveCount"] == "3"
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [source]


def test_dead_letters_of_a_fifo_queue_keep_their_group(cloud, sqs):
    source, dead = with_dead_letters(sqs, ".fifo", 1)
    sqs.send_message(QueueUrl=source, MessageBody="a", MessageGroupId="g")
    sqs.send_message(QueueUrl=source, MessageBody="b", MessageGroupId="g")
    [first] = receive(sqs, source)
    assert first["Body"] == "a"
    cloud.clock.advance(seconds=30)
    assert bodies(sqs, source) == ["b"]
    [message] = receive(sqs, dead, AttributeNames=["All"])
    assert (message["Body"], message["Attributes"]["MessageGroupId"]) == ("a", "g")


def test_a_queue_says_whose_dead_letters_it_takes(sqs):
    dead = sqs.create_queue(QueueName="dead", Attributes={"RedriveAllowPolicy": '{"redrivePermission":"denyAll"}'})
    policy = json.dumps({"deadLetterTargetArn": arn(sqs, dead["QueueUrl"]), "maxReceiveCount": 1})
    with pytest.raises(ClientError, match="does not have permission to use the dead letter queue"):
        sqs.create_queue(QueueName="source", Attributes={"RedrivePolicy": policy})


def test_a_redrive_brings_dead_letters_back_to_their_source(cloud, sqs, controllers):
    source, dead = with_dead_letters(sqs, most=1)
    for number in range(3):
        sqs.send_message(QueueUrl=source, MessageBody=str(number))
    assert len(bodies(sqs, source)) == 3
    cloud.clock.advance(seconds=30)
    assert bodies(sqs, source) == []
    handle = sqs.start_message_move_task(SourceArn=arn(sqs, dead))["TaskHandle"]
    with pytest.raises(ClientError) as caught:
        sqs.start_message_move_task(SourceArn=arn(sqs, dead))
    assert code(caught) == "AWS.SimpleQueueService.UnsupportedOperation"
    [task] = sqs.list_message_move_tasks(SourceArn=arn(sqs, dead))["Results"]
    assert (task["Status"], task["TaskHandle"], task["ApproximateNumberOfMessagesToMove"]) == ("RUNNING", handle, 3)
    controllers.settle()
    [task] = sqs.list_message_move_tasks(SourceArn=arn(sqs, dead))["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 3)
    assert sorted(bodies(sqs, source)) == ["0", "1", "2"]
    assert bodies(sqs, dead) == []


def test_a_redrive_with_a_rate_can_be_cancelled(cloud, sqs, controllers):
    source, dead = with_dead_letters(sqs, most=1)
    for number in range(5):
        sqs.send_message(QueueUrl=source, MessageBody=str(number))
    bodies(sqs, source)
    cloud.clock.advance(seconds=30)
    bodies(sqs, source)
    other = sqs.create_queue(QueueName="other")["QueueUrl"]
    task = sqs.start_message_move_task(
        SourceArn=arn(sqs, dead), DestinationArn=arn(sqs, other), MaxNumberOfMessagesPerSecond=2
    )
    controllers.settle()
    cloud.clock.advance(seconds=1)
    controllers.settle()
    moved = sqs.cancel_message_move_task(TaskHandle=task["TaskHandle"])["ApproximateNumberOfMessagesMoved"]
    cloud.clock.advance(seconds=5)
    controllers.settle()
    assert moved == 4
    assert len(bodies(sqs, other)) == 4
    with pytest.raises(ClientError, match="must be configured as a Dead Letter Queue"):
        sqs.start_message_move_task(SourceArn=arn(sqs, other))


def test_the_controller_removes_what_was_kept_long_enough(cloud, sqs, queue, fifo, controllers):
    sqs.send_message(QueueUrl=queue, MessageBody="a")
    sqs.send_message(QueueUrl=fifo, MessageBody="a", MessageGroupId="g")
    cloud.clock.advance(days=5)
    controllers.settle()
    with cloud.cloud.planes["sqs"].snapshot() as tx:
        left = [key for key, _ in tx.table.range(b"\x02sqs\0", b"\x02sqs\0\xff", 100, False)]
    assert [key[-1:] for key in left] == [b"H", b"H"]
    assert attributes(sqs, queue, "ApproximateNumberOfMessages") == {"ApproximateNumberOfMessages": "0"}


def test_another_account_sends_by_the_queues_policy(cloud, sqs, queue):
    other = cloud.cloud.create_account("other", "other@example.com")
    key = cloud.cloud.create_admin(other)
    theirs = cloud.client("sqs", Keys(key["access_key_id"], key["secret_access_key"]))
    with pytest.raises(ClientError, match="not authorized to perform: sqs:SendMessage"):
        theirs.send_message(QueueUrl=queue, MessageBody="a")
    sqs.add_permission(QueueUrl=queue, Label="them", AWSAccountIds=[other], Actions=["SendMessage"])
    theirs.send_message(QueueUrl=queue, MessageBody="a")
    assert bodies(sqs, queue) == ["a"]
    with pytest.raises(ClientError, match="not authorized to perform: sqs:ReceiveMessage"):
        receive(theirs, queue)
    sqs.remove_permission(QueueUrl=queue, Label="them")
    with pytest.raises(ClientError, match="not authorized"):
        theirs.send_message(QueueUrl=queue, MessageBody="a")


def test_permissions_that_cannot_be_given(sqs, queue):
    with pytest.raises(ClientError, match="Only the queue owner is allowed to invoke this action"):
        sqs.add_permission(QueueUrl=queue, Label="x", AWSAccountIds=["123456789012"], Actions=["DeleteQueue"])
    with pytest.raises(ClientError, match="can't find label"):
        sqs.remove_permission(QueueUrl=queue, Label="x")
