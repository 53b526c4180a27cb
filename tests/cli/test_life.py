"""A cloud's life as its owner sees it: up, status, env, down, reset."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from groundcloud.controllers import Trouble
from groundcloud.folder import DataFolder
from groundcloud.store import open_store
from groundcloud.store.keys import pack
from tests.clouds import CommandLine, RunningCloud


def test_up_starts_a_cloud_that_answers(running):
    assert running.client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{running.account}:user/admin"
    assert running.printed["region"] == "us-east-1"


def test_tls_answers_with_a_certificate_of_the_installation(running):
    assert running.client("sts", tls=True).get_caller_identity()["Account"] == running.account


def test_up_again_changes_nothing(groundcloud: CommandLine, running: RunningCloud):
    assert groundcloud("up", "--data", running.data, "--json").json == running.printed
    assert "runs already" in groundcloud("up", "--data", running.data).out


def test_down_ends_it_and_up_finds_everything_again(groundcloud: CommandLine, running: RunningCloud):
    running.client("iam").create_user(UserName="alice")
    assert groundcloud("down", "--data", running.data, "--json").json["stopped"]
    assert groundcloud("status", "--data", running.data, code=3).out.startswith("No cloud runs")
    again = groundcloud.up(running.data)
    assert again.client("iam").get_user(UserName="alice")["User"]["UserName"] == "alice"
    assert again.printed["secret_access_key"] == running.printed["secret_access_key"]


def test_down_without_a_cloud_says_so(groundcloud, tmp_path):
    assert groundcloud("down", "--data", tmp_path / "none").out.startswith("No cloud runs")


def test_nothing_is_lost_when_it_is_killed(groundcloud: CommandLine, running: RunningCloud):
    running.client("iam").create_user(UserName="alice")
    running.kill()
    assert groundcloud("status", "--data", running.data, code=3)
    again = groundcloud.up(running.data)
    assert again.pid != running.pid
    assert [user["UserName"] for user in again.client("iam").list_users()["Users"]] == ["admin", "alice"]


def test_two_clouds_run_beside_one_another(groundcloud: CommandLine, running: RunningCloud, tmp_path):
    second = groundcloud.up(tmp_path / "second")
    assert second.account != running.account
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        second.client("sts", keys=running.printed).get_caller_identity()
    groundcloud("down", "--data", second.data)
    assert running.client("sts").get_caller_identity()["Account"] == running.account


def test_a_port_that_is_taken_is_named_with_what_to_type(groundcloud: CommandLine, running: RunningCloud, tmp_path):
    port = running.endpoint.rpartition(":")[2]
    refused = groundcloud("up", "--data", tmp_path / "second", "--port", port, code=1)
    assert f"Another program listens on 127.0.0.1 port {port}." in refused.err
    assert "groundcloud up --port N" in refused.err


def test_newer_data_are_refused_and_left_alone(groundcloud: CommandLine, running: RunningCloud):
    groundcloud("down", "--data", running.data)
    with sqlite3.connect(running.data / "groundcloud.db") as database:
        database.execute("update meta set value = 99 where name = 'format'")
    refused = groundcloud("up", "--data", running.data, "--port", 0, "--json", code=1)
    said = json.loads(refused.err.splitlines()[-1])  # a slow start says so before it
    assert "of a newer version" in said["error"]
    assert "format 99" in said["error"]
    assert not refused.out


def test_status_tells_what_runs(groundcloud: CommandLine, running: RunningCloud):
    status = groundcloud("status", "--data", running.data, "--json").json
    assert status["running"]
    assert status["pid"] == running.pid
    assert status["services"]["iam"] == "available"
    assert status["store"] == {"kind": "sqlite", "state": "available"}
    assert status["troubles"] == []
    assert running.endpoint in groundcloud("status", "--data", running.data).out


@pytest.mark.parametrize("place", ["groundcloud.db", "dynamodb.db", "logs.db", "sqs.db"])
def test_status_shows_what_is_not_yet_what_it_should_be_and_why(
    groundcloud: CommandLine, running: RunningCloud, place: str
):
    now = datetime.now(UTC)
    trouble = Trouble(
        controller="tests.things", packed=pack(("a", place)), error="No: never", attempts=3, since=now, next_attempt=now
    )
    store = open_store(str(Path(running.data) / place))
    store.write(lambda tx: tx.put(trouble))
    try:
        (shown,) = groundcloud("status", "--data", running.data, "--json").json["troubles"]
        assert shown["error"] == "No: never"
        lines = groundcloud("status", "--data", running.data).out
        assert f"tests.things a/{place}: No: never (3 attempts since " in lines
    finally:
        store.write(lambda tx: tx.delete(trouble))
        store.close()


def test_env_points_the_tools_of_a_shell_here(groundcloud: CommandLine, running: RunningCloud):
    exports = groundcloud("env", "--data", running.data).out
    shown = subprocess.run(
        ["bash", "-c", f"{exports}\nenv"], env={"AWS_SESSION_TOKEN": "old"}, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    variables = dict(line.split("=", 1) for line in shown if "=" in line)
    assert variables["AWS_ENDPOINT_URL"] == running.endpoint
    assert variables["AWS_SECRET_ACCESS_KEY"] == running.printed["secret_access_key"]
    assert variables["AWS_CA_BUNDLE"] == running.printed["ca_certificate"]
    assert "AWS_SESSION_TOKEN" not in variables
    assert groundcloud("env", "--data", running.data, "--json").json["AWS_REGION"] == "us-east-1"


def test_env_without_a_cloud_says_how_to_start_one(groundcloud, tmp_path):
    assert "groundcloud up" in groundcloud("env", "--data", tmp_path / "none", code=3).err


def test_logs_show_each_call(groundcloud: CommandLine, running: RunningCloud):
    running.client("iam").create_user(UserName="alice")
    groundcloud("down", "--data", running.data)
    call = json.loads(groundcloud("logs", "--data", running.data, "--json", "-n", 1).out)
    assert (call["service"], call["operation"], call["status"]) == ("iam", "CreateUser", 200)
    assert call["decision"] == "allowed"
    assert "200 iam:CreateUser by arn:aws:iam::" in groundcloud("logs", "--data", running.data).out
    assert "ready at" in groundcloud("logs", "--server", "--data", running.data).out


def test_logs_can_be_followed(groundcloud: CommandLine, running: RunningCloud):
    following = subprocess.Popen(
        [sys.executable, "-P", "-m", "groundcloud", "logs", "--follow", "--json", "-n", "0", "--data", running.data],
        env=groundcloud.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        called = threading.Timer(1.0, running.client("sts").get_caller_identity)
        called.start()
        assert json.loads(following.stdout.readline())["operation"] == "GetCallerIdentity"
        called.join()
    finally:
        following.terminate()
        following.communicate()


def test_reset_leaves_a_cluster_of_bytes_alone(groundcloud: CommandLine, running: RunningCloud):
    """The records would go, and nobody could say any more whose the bytes there are."""
    environment = {"GROUNDCLOUD_OBJECTS": "s3://bytes?endpoint=http://127.0.0.1:9"}
    refused = groundcloud("reset", "--data", running.data, "--yes", code=1, **environment)
    assert "Empty s3://bytes yourself" in refused.err
    assert (running.data / "admin.json").exists()


def test_reset_asks_and_then_forgets(groundcloud: CommandLine, running: RunningCloud):
    (running.data / "notes.txt").write_text("the owner's own")
    s3 = running.client("s3")
    s3.create_bucket(Bucket="large-things")
    s3.put_object(Bucket="large-things", Key="thing", Body=bytes(200_000))
    assert "Nothing was deleted" in groundcloud("reset", "--data", running.data, code=1).err
    groundcloud("reset", "--data", running.data, "--yes")
    assert os.listdir(running.data) == ["notes.txt"]
    assert groundcloud.up(running.data).account != running.account


def test_any_key_is_trusted_only_when_that_is_switched_on(groundcloud: CommandLine, tmp_path):
    trusting = groundcloud("up", "--data", tmp_path / "open", "--port", 0, "--trust-any-key", "--json")
    cloud = groundcloud.up(tmp_path / "open")
    assert "trust_any_key is on" in trusting.err
    test = {"access_key_id": "test", "secret_access_key": "test"}
    assert cloud.client("sts", keys=test).get_caller_identity()["Arn"] == f"arn:aws:iam::{cloud.account}:root"


def test_a_demo_that_cannot_be_made_is_said_so_and_the_cloud_runs(groundcloud: CommandLine, tmp_path):
    groundcloud.up(tmp_path / "cloud", "--no-machines")
    refused = groundcloud("up", "--data", tmp_path / "cloud", "--no-machines", "--demo", code=1)
    assert "Groundcloud runs already." in refused.out
    assert "The demo needs machines" in refused.err


def test_in_the_foreground_it_stays_until_it_is_interrupted(groundcloud: CommandLine, tmp_path):
    arguments = ["up", "--foreground", "--json", "--port", "0", "--data", tmp_path / "cloud"]
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "groundcloud", *arguments],
        env=groundcloud.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        cloud = RunningCloud(json.loads(process.stdout.readline()))
        assert cloud.pid == process.pid
        assert cloud.client("sts").get_caller_identity()["Account"] == cloud.account
    finally:
        process.terminate()
        assert process.wait(20) == 0
        process.communicate()


def test_a_start_that_ended_before_it_wrote_the_keys_is_made_up(groundcloud: CommandLine, running: RunningCloud):
    groundcloud("down", "--data", running.data)
    (running.data / "admin.json").unlink()
    again = groundcloud.up(running.data)
    assert again.account == running.account
    assert again.printed["access_key_id"] != running.printed["access_key_id"]
    assert again.client("sts").get_caller_identity()["Arn"].endswith(":user/admin")


def test_no_secret_is_in_the_arguments_or_in_the_log(groundcloud: CommandLine, running: RunningCloud):
    running.client("iam").create_access_key(UserName="admin")
    groundcloud("down", "--data", running.data)
    running = groundcloud.up(running.data)
    secret = running.printed["secret_access_key"]
    with open(f"/proc/{running.pid}/cmdline") as arguments:
        assert secret not in arguments.read()
    for log in (running.data / "log").iterdir():
        assert secret not in log.read_text()


def test_a_password_in_a_flag_is_refused(groundcloud, tmp_path):
    refused = groundcloud("up", "--data", tmp_path, "--store", "postgresql://me:secret@db/cloud", code=2)
    assert "secret" not in refused.err
    shown = groundcloud("config", GROUNDCLOUD_STORE="postgresql://me:secret@db/cloud").out
    assert "secret" not in shown
    assert "GROUNDCLOUD_STORE" in shown


def test_only_its_owner_reads_what_is_secret(running):
    assert running.data.stat().st_mode & 0o777 == 0o700
    for name in ("admin.json", "installation.key", "lock"):
        assert (running.data / name).stat().st_mode & 0o777 == 0o600


def test_the_lock_is_free_when_nobody_runs_it(tmp_path):
    folder = DataFolder(tmp_path)
    assert folder.running() is None
    held = folder.lock()
    os.close(held)
    assert folder.running() is None
