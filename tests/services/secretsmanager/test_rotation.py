import json
from datetime import UTC, datetime

import pytest
from botocore.exceptions import ClientError

from groundcloud.controllers import Loop, troubles
from groundcloud.services.secretsmanager.schedules import BadSchedule, next_after

START = datetime(2024, 2, 14, 10, 30, tzinfo=UTC)  # a Wednesday


@pytest.mark.parametrize(
    ("expression", "following"),
    [
        ("rate(10 days)", datetime(2024, 2, 24, 10, 30)),
        ("rate(4 hours)", datetime(2024, 2, 14, 14, 30)),
        ("cron(0 8 1 * ? *)", datetime(2024, 3, 1, 8, 0)),
        ("cron(0 16 1,15 * ? *)", datetime(2024, 2, 15, 16, 0)),
        ("cron(0 22 ? * FRI *)", datetime(2024, 2, 16, 22, 0)),
        ("cron(0 0/8 * * ? *)", datetime(2024, 2, 14, 16, 0)),
        ("cron(0 4 L * ? *)", datetime(2024, 2, 29, 4, 0)),
        ("cron(0 4 ? * 2#1 *)", datetime(2024, 3, 4, 4, 0)),
        ("cron(0 4 ? * 6L *)", datetime(2024, 2, 23, 4, 0)),
        ("cron(30 9-17/4 ? JAN-MAR MON-FRI *)", datetime(2024, 2, 14, 13, 30)),
    ],
)
def test_a_schedule_says_when_the_next_rotation_is(expression, following):
    assert next_after(expression, START) == following.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "wrong", ["", "rate(1 hour)", "rate(0 days)", "cron(0 8 1 * * *)", "cron(0 8 ? * ? *)", "cron(61 8 1 * ? *)",
              "cron(0 8 1 * ?)", "cron(a 8 1 * ? *)", "cron(0 8 31 2 ? *)"],
)  # fmt: skip
def test_what_is_no_schedule_is_refused(wrong):
    with pytest.raises(BadSchedule):
        next_after(wrong, START)


class Database:
    """A rotator of a database with one user."""

    def __init__(self, password):
        self.password = password
        self.down = False

    def rotates(self, secret):
        return secret.name.startswith("db/")

    def change(self, secret, current, pending):
        if self.down:
            raise ConnectionError("the database does not answer")
        self.password = json.loads(pending)["password"]


@pytest.fixture()
def database(cloud):
    made = Database("first")
    cloud.cloud.world.engines.add("rotators", [made])
    return made


@pytest.fixture()
def secrets(cloud):
    client = cloud.client("secretsmanager")
    client.create_secret(Name="db/app", SecretString='{"username": "app", "password": "first"}')
    return client


@pytest.fixture()
def work(cloud):
    loop = Loop(cloud.store, cloud.loops.controllers(), now=cloud.clock, monotonic=lambda: cloud.clock().timestamp())

    def run(**units):
        cloud.settle()
        cloud.clock.advance(**units)
        loop.settle()

    return run


def password(secrets, **options):
    return json.loads(secrets.get_secret_value(SecretId="db/app", **options)["SecretString"])["password"]


def test_a_rotation_changes_the_database_and_then_the_current_version(secrets, database, work):
    token = secrets.rotate_secret(SecretId="db/app", RotationRules={"AutomaticallyAfterDays": 30})["VersionId"]
    assert password(secrets) == "first"
    work()
    assert password(secrets) == database.password != "first"
    assert password(secrets, VersionStage="AWSPREVIOUS") == "first"
    shown = secrets.describe_secret(SecretId="db/app")
    assert shown["VersionIdsToStages"][token] == ["AWSCURRENT"]
    assert shown["RotationEnabled"]
    assert "LastRotatedDate" in shown


def test_a_rotation_waits_for_a_database_that_does_not_answer(cloud, secrets, database, work):
    database.down = True
    secrets.rotate_secret(SecretId="db/app", RotationRules={"AutomaticallyAfterDays": 30})
    work()
    assert password(secrets) == "first"
    with cloud.store.snapshot() as tx:
        assert [trouble.controller for trouble in troubles(tx)] == ["secretsmanager.rotations"]
    with pytest.raises(ClientError, match="A previous rotation isn't complete"):
        secrets.rotate_secret(SecretId="db/app")
    pending = password(secrets, VersionStage="AWSPENDING")
    database.down = False
    work(minutes=6)
    assert password(secrets) == database.password == pending


def test_secrets_are_rotated_on_their_schedule_until_that_is_cancelled(cloud, secrets, database, work):
    secrets.rotate_secret(
        SecretId="db/app", RotationRules={"ScheduleExpression": "rate(4 hours)"}, RotateImmediately=False
    )
    work(hours=3)
    assert database.password == "first"
    work(hours=1)
    second = database.password
    assert second != "first"
    cloud.clock.advance(hours=-4)  # botocore signs by the clock on the wall
    secrets.cancel_rotate_secret(SecretId="db/app")
    work(hours=12)
    assert database.password == second


def test_a_function_that_is_not_there_and_a_secret_without_rotator_are_refused(cloud, secrets, database):
    arn = f"arn:aws:lambda:us-east-1:{cloud.account}:function:rotate"
    with pytest.raises(ClientError, match="cannot invoke the specified Lambda function"):
        secrets.rotate_secret(SecretId="db/app", RotationLambdaARN=arn)
    secrets.create_secret(Name="other", SecretString="{}")
    with pytest.raises(ClientError, match="No Lambda rotation function ARN"):
        secrets.rotate_secret(SecretId="other")
    with pytest.raises(ClientError, match="Invalid schedule expression"):
        secrets.rotate_secret(SecretId="db/app", RotationRules={"ScheduleExpression": "rate(1 hour)"})
