"""The AWS CLI, unmodified, with the profile that the first start writes: version 1 from PyPI, version 2 of Debian."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = {"aws-cli/1": str(Path(sys.executable).with_name("aws")), "aws-cli/2": "/usr/bin/aws"}

pytestmark = [pytest.mark.clients, pytest.mark.parametrize("version", PROGRAMS)]


class Cli:
    """One version of the program, in its owner's environment."""

    def __init__(self, program: str, environment: dict[str, str], endpoint: str) -> None:
        self._program = program
        self._environment = {**environment, "AWS_PAGER": "", "AWS_DEFAULT_OUTPUT": "json"}
        self._endpoint = [] if self._reads_endpoint() else ["--endpoint-url", endpoint]

    def _reads_endpoint(self) -> bool:
        """Whether it takes `endpoint_url` from a profile: since 1.29.0 and 2.13.0 (the AWS CLI's change logs)."""
        version = re.match(r"aws-cli/(\d+)\.(\d+)", self._run("--version").stdout)
        assert version is not None
        return int(version[2]) >= {1: 29, 2: 13}[int(version[1])]

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self._run(*([] if "--endpoint-url" in arguments else self._endpoint), *arguments)

    def _run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [self._program, *arguments], env=self._environment, capture_output=True, text=True, timeout=60
        )

    def __call__(self, *arguments: str) -> Any:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None


@pytest.fixture()
def aws(version: str, owner) -> Cli:
    return Cli(PROGRAMS[version], owner.environment, owner.printed["endpoint"])


def test_it_is_the_version_that_is_meant(aws: Cli, version: str):
    assert aws.run("--version").stdout.startswith(version)


def test_it_asks_who_it_is(aws: Cli, owner):
    assert aws("sts", "get-caller-identity")["Arn"] == f"arn:aws:iam::{owner.account}:user/admin"


def test_it_makes_a_user_and_finds_it(aws: Cli, owner):
    made = aws("iam", "create-user", "--user-name", "alice", "--tags", "Key=team,Value=blue")["User"]
    assert made["Arn"] == f"arn:aws:iam::{owner.account}:user/alice"
    assert [user["UserName"] for user in aws("iam", "list-users")["Users"]] == ["admin", "alice"]
    aws("iam", "delete-user", "--user-name", "alice")
    refused = aws.run("iam", "get-user", "--user-name", "alice")
    assert refused.returncode != 0
    assert "(NoSuchEntity)" in refused.stderr
    assert "The user with name alice cannot be found." in refused.stderr


def test_it_takes_the_certificate_of_the_installation(aws: Cli, owner):
    assert (
        aws("--endpoint-url", owner.printed["tls_endpoint"], "sts", "get-caller-identity")["Account"] == owner.account
    )


def test_it_sends_a_message_through_a_topic_to_a_queue(aws: Cli, owner):
    """The CLI 2 of Debian speaks SQS's query protocol, the CLI 1 of PyPI its JSON, and takes no endpoint of SQS from a
    profile (awscli/customizations/overridesslcommonname.py)."""
    sqs = ("--endpoint-url", owner.printed["endpoint"], "sqs")
    url = aws(*sqs, "create-queue", "--queue-name", "inbox")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{owner.account}:inbox"
    statement = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:*", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    aws(*sqs, "set-queue-attributes", "--queue-url", url, "--attributes", json.dumps({"Policy": policy}))
    topic = aws("sns", "create-topic", "--name", "news")["TopicArn"]
    raw = ("--attributes", "RawMessageDelivery=true")
    aws("sns", "subscribe", "--topic-arn", topic, "--protocol", *sqs, "--notification-endpoint", arn, *raw)
    aws("sns", "publish", "--topic-arn", topic, "--message", "hello")
    [message] = aws(*sqs, "receive-message", "--queue-url", url, "--wait-time-seconds", "10")["Messages"]
    assert message["Body"] == "hello"
    aws(*sqs, "delete-message", "--queue-url", url, "--receipt-handle", message["ReceiptHandle"])
    refused = aws.run(*sqs, "get-queue-url", "--queue-name", "none")
    assert "(AWS.SimpleQueueService.NonExistentQueue)" in refused.stderr
