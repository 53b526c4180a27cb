import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.auth
import pytest

from groundcloud.engines.mail.mailbox import LocalMailbox
from groundcloud.engines.phones.inbox import LocalPhones
from groundcloud.engines.web import NotTaken
from groundcloud.main import Planes
from tests.cloud import TestCloud


class Receiver:
    """A web server that is none: it takes what is posted, or refuses it as a test says."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        self.refuses: list[NotTaken] = []

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> None:
        if self.refuses:
            raise self.refuses.pop(0)
        self.posts.append((url, headers, body))


@pytest.fixture()
def web() -> Receiver:
    return Receiver()


@pytest.fixture()
def mailbox(tmp_path: Path) -> LocalMailbox:
    return LocalMailbox(tmp_path / "mail")


@pytest.fixture()
def phones(tmp_path: Path) -> LocalPhones:
    return LocalPhones(tmp_path / "phones")


@pytest.fixture()
def cloud(
    tmp_path: Path, web: Receiver, mailbox: LocalMailbox, phones: LocalPhones, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestCloud]:
    """A fresh cloud with a mailbox, phones and a web that tests look into. botocore signs by its clock."""
    planes = Planes(tmp_path)
    made = TestCloud(tmp_path, planes=planes, engines={"web": web, "mail": mailbox, "phones": phones})
    monkeypatch.setattr(
        botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: made.clock().replace(tzinfo=None)
    )
    yield made
    made.close()
    planes.close()


@pytest.fixture()
def sns(cloud: TestCloud) -> Any:
    return cloud.client("sns")


@pytest.fixture()
def sqs(cloud: TestCloud) -> Any:
    return cloud.client("sqs")


@pytest.fixture()
def topic(sns: Any) -> str:
    return sns.create_topic(Name="news")["TopicArn"]


@pytest.fixture()
def queue_of(sqs: Any) -> Callable[..., tuple[str, str]]:
    """Makes a queue that lets topics send; its URL and ARN."""

    def make(name: str = "inbox", allowed: str = "*", **attributes: str) -> tuple[str, str]:
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
                "Condition": {"ArnLike": {"aws:SourceArn": allowed}},
            },
        }
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
        return url, arn

    return make


@pytest.fixture()
def received(cloud: TestCloud, sqs: Any) -> Callable[[str], list[str]]:
    """Delivers, and gives the bodies of what a queue got, in order."""

    def take(url: str) -> list[str]:
        cloud.deliver()
        found: list[str] = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [message["Body"] for message in messages]
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    return take
