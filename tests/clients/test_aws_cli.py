"""The AWS CLI, unmodified, with the profile that the first start writes: version 1 from PyPI, version 2 of Debian."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import S3User, contents

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
            [self._program, *arguments], env=self._environment, capture_output=True, text=True, timeout=25
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


def test_it_puts_a_metric_and_sees_an_alarm(aws: Cli):
    """The CLI 2 of Debian speaks CloudWatch's query protocol, the CLI 1 of PyPI its CBOR."""
    datum = '[{"MetricName": "load", "Values": [1, 2], "Counts": [3, 4], "Unit": "Count"}]'
    aws("cloudwatch", "put-metric-data", "--namespace", "Site", "--metric-data", datum)
    [metric] = aws("cloudwatch", "list-metrics", "--namespace", "Site")["Metrics"]
    assert metric["MetricName"] == "load"
    now = datetime.now(UTC)
    times = ("--start-time", f"{now - timedelta(hours=1):%FT%TZ}", "--end-time", f"{now + timedelta(minutes=5):%FT%TZ}")
    one = ("--namespace", "Site", "--metric-name", "load", "--period", "60")
    found = aws("cloudwatch", "get-metric-statistics", *one, *times, "--statistics", "Sum", "Average")
    assert [point["Sum"] for point in found["Datapoints"]] == [11]
    rule = ("--evaluation-periods", "1", "--threshold", "1", "--comparison-operator", "GreaterThanThreshold")
    aws("cloudwatch", "put-metric-alarm", "--alarm-name", "busy", *one, "--statistic", "Sum", *rule)
    aws("cloudwatch", "set-alarm-state", "--alarm-name", "busy", "--state-value", "ALARM", "--state-reason", "a test")
    [alarm] = aws("cloudwatch", "describe-alarms", "--alarm-names", "busy")["MetricAlarms"]
    assert (alarm["StateValue"], alarm["StateReason"]) == ("ALARM", "a test")
    refused = aws.run(
        "cloudwatch", "set-alarm-state", "--alarm-name", "none", "--state-value", "OK", "--state-reason", "x"
    )
    assert "(ResourceNotFound)" in refused.stderr


def test_it_asks_for_an_identity_of_ses(aws: Cli):
    aws("ses", "verify-email-identity", "--email-address", "ann@example.com")
    assert aws("ses", "list-identities")["Identities"] == ["ann@example.com"]
    assert (
        aws("sesv2", "get-email-identity", "--email-identity", "ann@example.com")["VerifiedForSendingStatus"] is False
    )
    message = ("--subject", "hi", "--text", "hello", "--to", "bob@example.org")
    refused = aws.run("ses", "send-email", "--from", "ann@example.com", *message)
    assert "(MessageRejected)" in refused.stderr


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
    aws("sns", "subscribe", "--topic-arn", topic, "--protocol", "sqs", "--notification-endpoint", arn, *raw)
    aws("sns", "publish", "--topic-arn", topic, "--message", "hello")
    [message] = aws(*sqs, "receive-message", "--queue-url", url, "--wait-time-seconds", "10")["Messages"]
    assert message["Body"] == "hello"
    aws(*sqs, "delete-message", "--queue-url", url, "--receipt-handle", message["ReceiptHandle"])
    refused = aws.run(*sqs, "get-queue-url", "--queue-name", "none")
    assert "(AWS.SimpleQueueService.NonExistentQueue)" in refused.stderr


def shared(version: str, user: S3User) -> Cli:
    """The program with the cloud that the module shares; it has no profile, so that the environment says where."""
    environment = {**user.environment, "AWS_ENDPOINT_URL": user.cloud.endpoint}
    return Cli(PROGRAMS[version], environment, user.cloud.endpoint)


def test_it_syncs_a_folder_with_a_bucket(version: str, user: S3User):
    aws = shared(version, user)
    bucket = version.replace("/", "-")
    tree = user.tree()
    done = aws.run("s3", "mb", f"s3://{bucket}")
    assert done.returncode == 0, done.stderr
    (tree / "huge.bin").write_bytes(os.urandom(9 << 20))  # above 8 MiB it goes in parts
    done = aws.run("s3", "sync", str(tree), f"s3://{bucket}/tree")
    assert done.returncode == 0, done.stderr
    assert aws.run("s3", "sync", str(tree), f"s3://{bucket}/tree").stdout == ""
    (tree / "empty").unlink()
    done = aws.run("s3", "sync", "--delete", str(tree), f"s3://{bucket}/tree")
    assert f"delete: s3://{bucket}/tree/empty" in done.stdout
    done = aws.run("s3", "sync", f"s3://{bucket}/tree", str(user.folder / "back"))
    assert done.returncode == 0, done.stderr
    assert contents(user.folder / "back") == contents(tree)
    done = aws.run("s3", "rb", "--force", f"s3://{bucket}")
    assert done.returncode == 0, done.stderr


def test_it_calls_operations_of_s3_one_by_one(version: str, user: S3User):
    aws = shared(version, user)
    bucket = version.replace("/", "-api-")
    place = ("--bucket", bucket)
    aws("s3api", "create-bucket", *place)
    aws("s3api", "put-bucket-versioning", *place, "--versioning-configuration", "Status=Enabled")
    file = user.folder / "file"
    file.write_text("first")
    first = aws("s3api", "put-object", *place, "--key", "k", "--body", str(file), "--metadata", "team=blue")
    file.write_text("second")
    aws("s3api", "put-object", *place, "--key", "k", "--body", str(file))
    got = aws("s3api", "get-object", *place, "--key", "k", "--version-id", first["VersionId"], str(file))
    assert (file.read_text(), got["Metadata"]) == ("first", {"team": "blue"})
    aws("s3api", "delete-object", *place, "--key", "k")
    listed = aws("s3api", "list-object-versions", *place)
    assert (len(listed["Versions"]), len(listed["DeleteMarkers"])) == (2, 1)
    refused = aws.run("s3api", "head-object", *place, "--key", "k")
    assert "(404)" in refused.stderr
