"""Notification configurations: the User Guide's valid and invalid examples of filters."""

import msgspec
import pytest
from botocore.session import get_session

from groundcloud.services.s3.rules import errors, notifications
from groundcloud.services.s3.rules.notifications import EVENTS, NotificationConfiguration, targets, told_of

QUEUE = "arn:aws:sqs:us-west-2:111122223333:q"
TOPIC = "arn:aws:sns:us-west-2:111122223333:t"
FUNCTION = "arn:aws:lambda:us-west-2:111122223333:function:f"
CREATED, PUT, REMOVED = "s3:ObjectCreated:*", "s3:ObjectCreated:Put", "s3:ObjectRemoved:Delete"


def filtered(prefix=None, suffix=None):
    rules = [{"name": name, "value": value} for name, value in (("prefix", prefix), ("suffix", suffix)) if value]
    return {"key": {"filter_rules": rules}}


def queue(*events, **members):
    return {"queue_arn": QUEUE, "events": list(events), **members}


def topic(*events, **members):
    return {"topic_arn": TOPIC, "events": list(events), **members}


def configuration(queues=(), topics=(), functions=()):
    whole = {
        "queue_configurations": list(queues),
        "topic_configurations": list(topics),
        "lambda_function_configurations": list(functions),
    }
    return msgspec.convert(whole, NotificationConfiguration)


def check(*queues, **others):
    notifications.check_notifications(configuration(queues, **others), "us-west-2")


def test_the_events_are_those_of_the_model():
    assert set(get_session().get_service_model("s3").shape_for("Event").enum) == EVENTS


def test_the_guides_valid_examples_are_taken():
    check(
        queue(CREATED),
        topics=[topic(REMOVED)],
        functions=[{"lambda_function_arn": FUNCTION, "events": ["s3:ObjectAcl:Put"]}],
    )
    check(queue(CREATED, filter=filtered("images/")), topics=[topic(CREATED, filter=filtered("logs/"))])
    check(queue(CREATED, filter=filtered(suffix=".jpg")), topics=[topic(CREATED, filter=filtered(suffix=".png"))])
    check(
        queue(CREATED, filter=filtered("images/", ".jpg")),
        topics=[topic(CREATED, filter=filtered("images/", ".png"))],
    )
    check(queue(PUT), topics=[topic("s3:ObjectCreated:Copy")])
    check()


def test_the_same_event_for_two_destinations_overlaps():
    for other in (CREATED, PUT):
        with pytest.raises(errors.InvalidArgument, match="Configurations overlap") as refused:
            check(queue(CREATED), topics=[topic(other)])
        assert refused.value.facts["argument_value"] in (f"{CREATED}, {CREATED}", f"{CREATED}, {PUT}")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (filtered("images"), filtered("images/1")),
        (filtered(suffix="jpg"), filtered(suffix=".jpg")),
        (filtered("images", ".jpg"), filtered("images", "jpg")),
        (filtered("images"), filtered(suffix=".jpg")),
        (None, filtered("images")),
    ],
)
def test_overlapping_prefixes_and_suffixes_are_ambiguous(first, second):
    with pytest.raises(errors.InvalidArgument, match="Configuration is ambiguously defined"):
        check(queue(CREATED, filter=first), topics=[topic(PUT, filter=second)])


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"events": ["s3:ObjectCreated"]}, "specified event is not supported"),
        ({"queue_arn": "q"}, "The ARN is not well formed"),
        ({"queue_arn": TOPIC}, "The ARN is not well formed"),
        ({"queue_arn": QUEUE + ".fifo"}, "FIFO SQS queues are not supported"),
        ({"queue_arn": QUEUE.replace("us-west-2", "eu-west-1")}, "region is not valid for the bucket location"),
        ({"filter": {"key": {"filter_rules": [{"name": "infix", "value": "x"}]}}}, "must be either prefix or suffix"),
        (
            {"filter": {"key": {"filter_rules": [{"name": "Prefix", "value": "x"}, {"name": "prefix", "value": "y"}]}}},
            "more than one prefix rule",
        ),
        ({"filter": filtered("é" * 513)}, "cannot exceed 1024 bytes"),
        ({"id": "x" * 256}, "limit of 255"),
    ],
)
def test_a_configuration_against_a_rule_is_refused(members, text):
    with pytest.raises(errors.InvalidArgument) as refused:
        check({**queue(CREATED), **members})
    assert text in refused.value.message


def test_ids_are_unique_and_events_are_named():
    with pytest.raises(errors.InvalidArgument, match="IDs must be unique"):
        check(queue(PUT, id="x"), queue(REMOVED, id="x"))
    with pytest.raises(errors.MalformedXML):
        check(queue())


def test_an_event_goes_to_those_who_asked_for_it():
    given = targets(
        configuration(
            [queue(CREATED, id="images", filter=filtered("images/", ".jpg")), queue(REMOVED, id="gone")],
            [topic("s3:ObjectAcl:Put", id="acl")],
        )
    )

    def told(event, key):
        return [target.id for target in told_of(given, event, key)]

    assert told(PUT, "images/a.jpg") == ["images"]
    assert told(PUT, "images/a.png") == []
    assert told(PUT, "a.jpg") == []
    assert told("s3:ObjectRemoved:Delete", "x") == ["gone"]
    assert told("s3:ObjectRemoved:DeleteMarkerCreated", "x") == []
    assert told("s3:ObjectAcl:Put", "x") == ["acl"]
    assert [(target.kind, target.arn) for target in given] == [("sqs", QUEUE), ("sqs", QUEUE), ("sns", TOPIC)]


def test_destinations_that_cannot_be_reached_are_named():
    error = notifications.unreachable([QUEUE], "Permissions on the destination queue do not allow S3 to publish")
    assert error.message == "Unable to validate the following destination configurations"
    assert error.facts["argument_name"] == QUEUE
