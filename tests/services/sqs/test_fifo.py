"""FIFO queues. Sources: "FIFO delivery logic" and "Exactly-once processing" in the developer guide."""

import pytest
from botocore.exceptions import ClientError

from tests.services.sqs.test_messages import bodies, code, receive


def send(sqs, queue, body, group="g", **options):
    return sqs.send_message(QueueUrl=queue, MessageBody=body, MessageGroupId=group, **options)


def test_a_group_comes_in_order_and_waits_for_what_is_in_flight(cloud, sqs, fifo):
    for number in range(5):
        send(sqs, fifo, str(number))
    first = receive(sqs, fifo, MaxNumberOfMessages=2)
    assert [message["Body"] for message in first] == ["0", "1"]
    assert bodies(sqs, fifo) == []
    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=first[0]["ReceiptHandle"])
    assert bodies(sqs, fifo) == []
    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=first[1]["ReceiptHandle"])
    assert bodies(sqs, fifo) == ["2", "3", "4"]
    cloud.clock.advance(seconds=30)
    assert bodies(sqs, fifo) == ["2", "3", "4"]


def test_groups_do_not_wait_for_one_another(sqs, fifo):
    for number in range(3):
        send(sqs, fifo, f"a{number}", "a")
        send(sqs, fifo, f"b{number}", "b")
    assert bodies(sqs, fifo) == ["a0", "a1", "a2", "b0", "b1", "b2"]
    send(sqs, fifo, "a3", "a")
    send(sqs, fifo, "c0", "c")
    assert bodies(sqs, fifo) == ["c0"]


def test_a_message_that_is_given_back_comes_before_those_behind_it(sqs, fifo):
    for number in range(3):
        send(sqs, fifo, str(number))
    [first] = receive(sqs, fifo)
    sqs.change_message_visibility(QueueUrl=fifo, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)
    assert bodies(sqs, fifo) == ["0", "1", "2"]


def test_a_duplicate_is_taken_and_never_comes(cloud, sqs, fifo):
    first = send(sqs, fifo, "a")
    second = send(sqs, fifo, "a")
    assert second["MessageId"] == first["MessageId"]
    assert second["SequenceNumber"] == first["SequenceNumber"]
    [message] = receive(sqs, fifo, MaxNumberOfMessages=10)
    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=message["ReceiptHandle"])
    cloud.clock.advance(seconds=299)
    send(sqs, fifo, "a")
    assert bodies(sqs, fifo) == []
    cloud.clock.advance(seconds=1)
    third = send(sqs, fifo, "a")
    assert int(third["SequenceNumber"]) > int(first["SequenceNumber"])
    assert bodies(sqs, fifo) == ["a"]


def test_deduplication_by_group(sqs):
    queue = sqs.create_queue(
        QueueName="high.fifo",
        Attributes={
            "FifoQueue": "true",
            "DeduplicationScope": "messageGroup",
            "FifoThroughputLimit": "perMessageGroupId",
        },
    )["QueueUrl"]
    for group in ("a", "b", "a"):
        send(sqs, queue, group, group, MessageDeduplicationId="same")
    assert bodies(sqs, queue) == ["a", "b"]


def test_an_attempt_that_is_made_again_gives_the_same_messages(cloud, sqs, fifo):
    send(sqs, fifo, "a")
    [first] = receive(sqs, fifo, ReceiveRequestAttemptId="try")
    cloud.clock.advance(seconds=20)
    [second] = receive(sqs, fifo, ReceiveRequestAttemptId="try")
    assert second["MessageId"] == first["MessageId"]
    cloud.clock.advance(seconds=20)
    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=first["ReceiptHandle"])
    with pytest.raises(ClientError, match="the receive call is not retryable"):
        receive(sqs, fifo, ReceiveRequestAttemptId="try")


def test_a_receipt_whose_time_is_over_deletes_nothing(cloud, sqs, fifo):
    send(sqs, fifo, "a")
    [message] = receive(sqs, fifo)
    cloud.clock.advance(seconds=30)
    with pytest.raises(ClientError, match="The receipt handle has expired"):
        sqs.delete_message(QueueUrl=fifo, ReceiptHandle=message["ReceiptHandle"])
    assert bodies(sqs, fifo) == ["a"]


def test_what_a_fifo_queue_needs_and_refuses(sqs, fifo):
    with pytest.raises(ClientError) as caught:
        sqs.send_message(QueueUrl=fifo, MessageBody="a")
    assert code(caught) == "MissingParameter"
    with pytest.raises(ClientError, match="not valid for this queue type"):
        send(sqs, fifo, "a", DelaySeconds=5)
    sqs.set_queue_attributes(QueueUrl=fifo, Attributes={"ContentBasedDeduplication": "false"})
    with pytest.raises(ClientError, match="should either have ContentBasedDeduplication enabled"):
        send(sqs, fifo, "a")


def test_attributes_of_a_fifo_message(sqs, fifo):
    sent = send(sqs, fifo, "a", "group", MessageDeduplicationId="one")
    [message] = receive(sqs, fifo, AttributeNames=["All"])
    shown = message["Attributes"]
    assert (shown["MessageGroupId"], shown["MessageDeduplicationId"]) == ("group", "one")
    assert shown["SequenceNumber"] == sent["SequenceNumber"]
    assert len(sent["SequenceNumber"]) == 20


def test_the_delay_of_a_fifo_queue(cloud, sqs, fifo):
    sqs.set_queue_attributes(QueueUrl=fifo, Attributes={"DelaySeconds": "10"})
    send(sqs, fifo, "a")
    cloud.clock.advance(seconds=5)
    send(sqs, fifo, "b")
    assert bodies(sqs, fifo) == []
    counts = sqs.get_queue_attributes(QueueUrl=fifo, AttributeNames=["All"])["Attributes"]
    assert counts["ApproximateNumberOfMessagesDelayed"] == "2"
    cloud.clock.advance(seconds=5)
    [first] = receive(sqs, fifo, MaxNumberOfMessages=10)
    assert first["Body"] == "a"
    sqs.delete_message(QueueUrl=fifo, ReceiptHandle=first["ReceiptHandle"])
    assert bodies(sqs, fifo) == []
    cloud.clock.advance(seconds=5)
    assert bodies(sqs, fifo) == ["b"]
