"""Messages of standard queues. Sources: SQS API reference and developer guide."""

import hashlib

import pytest
from botocore.exceptions import ClientError


def receive(sqs, queue, **options):
    return sqs.receive_message(QueueUrl=queue, **options).get("Messages", [])


def bodies(sqs, queue, **options):
    return [message["Body"] for message in receive(sqs, queue, MaxNumberOfMessages=10, **options)]


def code(caught):
    return caught.value.response["Error"]["Code"]


def test_a_message_comes_back_as_it_was_sent(sqs, queue):
    sent = sqs.send_message(QueueUrl=queue, MessageBody="hé\n")
    [message] = receive(sqs, queue)
    assert message["Body"] == "hé\n"
    assert message["MessageId"] == sent["MessageId"]
    assert message["MD5OfBody"] == sent["MD5OfMessageBody"] == hashlib.md5("hé\n".encode()).hexdigest()
    assert "Attributes" not in message


def test_a_received_message_is_hidden_until_its_visibility_timeout_is_over(cloud, sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="a")
    assert bodies(sqs, queue, VisibilityTimeout=10) == ["a"]
    assert bodies(sqs, queue) == []
    cloud.clock.advance(seconds=10)
    assert bodies(sqs, queue) == ["a"]


def test_a_deleted_message_never_comes_back(cloud, sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="a")
    [message] = receive(sqs, queue)
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    cloud.clock.advance(hours=1)
    assert bodies(sqs, queue) == []
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])


def test_an_old_receipt_deletes_nothing(cloud, sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="a")
    [first] = receive(sqs, queue)
    cloud.clock.advance(seconds=31)
    assert bodies(sqs, queue) == ["a"]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"])
    cloud.clock.advance(seconds=31)
    assert bodies(sqs, queue) == ["a"]


def test_delays_of_the_queue_and_of_a_message(cloud, sqs, queue):
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"DelaySeconds": "5"})
    sqs.send_message(QueueUrl=queue, MessageBody="queue")
    sqs.send_message(QueueUrl=queue, MessageBody="message", DelaySeconds=20)
    sqs.send_message(QueueUrl=queue, MessageBody="now", DelaySeconds=0)
    assert bodies(sqs, queue) == ["now"]
    cloud.clock.advance(seconds=5)
    assert bodies(sqs, queue) == ["queue"]
    cloud.clock.advance(seconds=15)
    assert bodies(sqs, queue) == ["message"]


def test_visibility_is_changed_and_the_receipt_stays_good(cloud, sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="a")
    [message] = receive(sqs, queue, VisibilityTimeout=10)
    handle = {"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]}
    sqs.change_message_visibility(**handle, VisibilityTimeout=100)
    cloud.clock.advance(seconds=50)
    assert bodies(sqs, queue) == []
    sqs.change_message_visibility(**handle, VisibilityTimeout=200)
    cloud.clock.advance(seconds=100)
    assert bodies(sqs, queue) == []
    sqs.delete_message(**handle)
    cloud.clock.advance(seconds=200)
    assert bodies(sqs, queue) == []


def test_a_timeout_of_nothing_gives_the_message_back_at_once(sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="a")
    [message] = receive(sqs, queue)
    handle = {"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]}
    sqs.change_message_visibility(**handle, VisibilityTimeout=0)
    with pytest.raises(ClientError) as caught:
        sqs.change_message_visibility(**handle, VisibilityTimeout=10)
    assert code(caught) == "AWS.SimpleQueueService.MessageNotInflight"
    [again] = receive(sqs, queue, AttributeNames=["ApproximateReceiveCount"])
    assert again["Attributes"] == {"ApproximateReceiveCount": "2"}
    with pytest.raises(ClientError) as caught:
        sqs.change_message_visibility(**handle, VisibilityTimeout=10)
    assert code(caught) == "InvalidParameterValue"


def test_a_message_is_hidden_for_twelve_hours_at_most(cloud, sqs, queue):
    sqs.send_message(QueueUrl=queue, MessageBody="a")
    [message] = receive(sqs, queue, VisibilityTimeout=7200)
    cloud.clock.advance(hours=1)
    with pytest.raises(ClientError, match="Total VisibilityTimeout for the message is beyond the limit"):
        sqs.change_message_visibility(
            QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=11 * 3600 + 1
        )


def test_made_up_receipts_and_those_of_other_queues_are_refused(sqs, queue):
    other = sqs.create_queue(QueueName="other")["QueueUrl"]
    sqs.send_message(QueueUrl=other, MessageBody="a")
    [message] = receive(sqs, other)
    for handle in ("nonsense", "bm9uc2Vuc2U=", message["ReceiptHandle"]):
        with pytest.raises(sqs.exceptions.ReceiptHandleIsInvalid):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=handle)


def test_system_attributes(cloud, sqs, queue):
    trace = "Root=1-5759e988-bd862e3fe1be46a994272793"
    sqs.send_message(
        QueueUrl=queue,
        MessageBody="a",
        MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": trace}},
    )
    sent = int(cloud.clock().timestamp() * 1000)
    cloud.clock.advance(seconds=2)
    [message] = receive(sqs, queue, MessageSystemAttributeNames=["All"])
    shown = message["Attributes"]
    assert shown.pop("SenderId").startswith("AIDA")
    assert shown == {
        "SentTimestamp": str(sent),
        "ApproximateReceiveCount": "1",
        "ApproximateFirstReceiveTimestamp": str(sent + 2000),
        "AWSTraceHeader": trace,
    }


def test_message_attributes_and_their_digest(sqs, queue):
    attributes = {
        "colour": {"DataType": "String", "StringValue": "red"},
        "size.x": {"DataType": "Number.int", "StringValue": "12"},
        "blob": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    # boto3 checks the digest of what it receives by its own reading of the rule
    sent = sqs.send_message(QueueUrl=queue, MessageBody="a", MessageAttributes=attributes)
    assert len(sent["MD5OfMessageAttributes"]) == 32
    [message] = receive(sqs, queue, MessageAttributeNames=["All"], VisibilityTimeout=0)
    assert message["MessageAttributes"] == attributes
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    [message] = receive(sqs, queue, MessageAttributeNames=["size.*"])
    assert message["MessageAttributes"] == {"size.x": attributes["size.x"]}
    assert message["MD5OfMessageAttributes"] != sent["MD5OfMessageAttributes"]


def test_the_digest_of_attributes_is_the_documented_one(sqs, queue):
    """Computed by hand from "Calculating the MD5 message digest for message attributes" in the developer guide."""
    sent = sqs.send_message(
        QueueUrl=queue, MessageBody="a", MessageAttributes={"n": {"DataType": "String", "StringValue": "v"}}
    )
    expected = hashlib.md5(b"\0\0\0\1n\0\0\0\6String\1\0\0\0\1v").hexdigest()
    assert sent["MD5OfMessageAttributes"] == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"MessageBody": ""}, "MissingParameter"),
        ({"MessageBody": "\x00"}, "InvalidMessageContents"),
        ({"MessageBody": "a" * 1025}, "InvalidParameterValue"),
        ({"DelaySeconds": 901}, "InvalidParameterValue"),
        ({"MessageDeduplicationId": "x"}, "InvalidParameterValue"),
        ({"MessageAttributes": {"AWS.x": {"DataType": "String", "StringValue": "v"}}}, "InvalidParameterValue"),
        ({"MessageAttributes": {"x": {"DataType": "Text", "StringValue": "v"}}}, "InvalidParameterValue"),
        ({"MessageAttributes": {"x": {"DataType": "String", "StringValue": ""}}}, "InvalidParameterValue"),
        ({"MessageAttributes": {"x": {"DataType": "Number", "StringValue": "one"}}}, "InvalidParameterValue"),
    ],
)
def test_what_cannot_be_sent(sqs, queue, change, expected):
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MaximumMessageSize": "1024"})
    with pytest.raises(ClientError) as caught:
        sqs.send_message(**{"QueueUrl": queue, "MessageBody": "a", **change})
    assert code(caught) == expected


def test_a_batch_succeeds_and_fails_by_its_entries(sqs, queue):
    answer = sqs.send_message_batch(
        QueueUrl=queue,
        Entries=[{"Id": "good", "MessageBody": "a"}, {"Id": "bad", "MessageBody": "b", "DelaySeconds": 901}],
    )
    assert [entry["Id"] for entry in answer["Successful"]] == ["good"]
    [failed] = answer["Failed"]
    assert (failed["Id"], failed["Code"], failed["SenderFault"]) == ("bad", "InvalidParameterValue", True)
    [message] = receive(sqs, queue, MaxNumberOfMessages=10)
    answer = sqs.change_message_visibility_batch(
        QueueUrl=queue,
        Entries=[
            {"Id": "1", "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 60},
            {"Id": "2", "ReceiptHandle": "none", "VisibilityTimeout": 60},
        ],
    )
    assert [entry["Id"] for entry in answer["Successful"]] == ["1"]
    assert answer["Failed"][0]["Code"] == "ReceiptHandleIsInvalid"
    answer = sqs.delete_message_batch(QueueUrl=queue, Entries=[{"Id": "1", "ReceiptHandle": message["ReceiptHandle"]}])
    assert [entry["Id"] for entry in answer["Successful"]] == ["1"]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([], "AWS.SimpleQueueService.EmptyBatchRequest"),
        ([{"Id": "a", "MessageBody": "a"}] * 2, "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"),
        ([{"Id": "a b", "MessageBody": "a"}], "AWS.SimpleQueueService.InvalidBatchEntryId"),
        (
            [{"Id": str(n), "MessageBody": "a"} for n in range(11)],
            "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
        ),
        (
            [{"Id": str(n), "MessageBody": "a" * 600_000} for n in range(2)],
            "AWS.SimpleQueueService.BatchRequestTooLong",
        ),
    ],
)
def test_batches_that_are_none(sqs, queue, entries, expected):
    with pytest.raises(ClientError) as caught:
        sqs.send_message_batch(QueueUrl=queue, Entries=entries)
    assert code(caught) == expected


def test_messages_are_gone_when_their_retention_is_over(cloud, sqs, queue):
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MessageRetentionPeriod": "60"})
    sqs.send_message(QueueUrl=queue, MessageBody="old")
    cloud.clock.advance(seconds=59)
    sqs.send_message(QueueUrl=queue, MessageBody="young")
    cloud.clock.advance(seconds=1)
    assert bodies(sqs, queue) == ["young"]


def test_ten_are_received_at_most_and_the_oldest_first(sqs, queue):
    for number in range(12):
        sqs.send_message(QueueUrl=queue, MessageBody=str(number))
    assert bodies(sqs, queue) == [str(number) for number in range(10)]
    assert bodies(sqs, queue) == ["10", "11"]
    with pytest.raises(ClientError, match="Must be between 1 and 10, if provided"):
        receive(sqs, queue, MaxNumberOfMessages=11)


def test_bodies_are_sealed_in_the_store_unless_the_queue_says_no(cloud, sqs, queue):
    plain = sqs.create_queue(QueueName="plain", Attributes={"SqsManagedSseEnabled": "false"})["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="a secret of the queue")
    sqs.send_message(QueueUrl=plain, MessageBody="known to everybody")
    with cloud.cloud.planes["sqs"].snapshot() as tx:
        rows = b"".join(value for _, value in tx.table.range(b"", b"\xff", 10_000, False))
    assert b"known to everybody" in rows
    assert b"a secret of the queue" not in rows
    assert bodies(sqs, queue) == ["a secret of the queue"]


def test_bodies_under_a_key_of_kms_need_its_permission(cloud, sqs):
    kms = cloud.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    url = sqs.create_queue(QueueName="sealed", Attributes={"KmsMasterKeyId": key})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="a")
    assert bodies(sqs, url, VisibilityTimeout=0) == ["a"]
    kms.disable_key(KeyId=key)
    cloud.clock.advance(seconds=301)
    with pytest.raises(ClientError) as caught:
        sqs.send_message(QueueUrl=url, MessageBody="b")
    assert code(caught) == "KMS.DisabledException"
