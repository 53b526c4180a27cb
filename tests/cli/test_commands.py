"""The command line itself: help, versions, settings, what the machine lacks."""

import json
import subprocess
import sys

import pytest

from tests.clouds import CommandLine

COMMANDS = ("up", "down", "status", "env", "logs", "mail", "account", "reset", "doctor", "config", "version")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(groundcloud: CommandLine, command: str):
    assert f"groundcloud {command}" in groundcloud(command, "--help").out


def test_the_help_names_every_command(groundcloud: CommandLine):
    shown = groundcloud("--help").out
    assert all(command in shown for command in COMMANDS)


def test_an_unknown_setting_is_refused(groundcloud: CommandLine):
    refused = groundcloud("config", "--json", code=2, GROUNDCLOUD_PROT="1")
    assert "Is port meant?" in json.loads(refused.err)["error"]


def test_config_says_where_each_setting_comes_from(groundcloud: CommandLine, tmp_path):
    (tmp_path / "config.toml").write_text('region = "eu-west-1"\n')
    shown = groundcloud(
        "config", "--config", tmp_path / "config.toml", "--port", 5000, "--json", GROUNDCLOUD_WORKERS="2"
    ).json
    assert shown["region"] == {"value": "eu-west-1", "origin": str(tmp_path / "config.toml")}
    assert shown["port"] == {"value": 5000, "origin": "--port"}
    assert shown["workers"] == {"value": 2, "origin": "GROUNDCLOUD_WORKERS"}
    assert shown["host"] == {"value": ["127.0.0.1"], "origin": "default"}


def test_doctor_names_what_is_missing_and_what_to_type(groundcloud: CommandLine, tmp_path):
    found = groundcloud("doctor", "--data", tmp_path, "--json", code=None, PATH="/nowhere").json
    lacking = {each["needs"]: each["command"] for each in found if not each["found"]}
    assert "apt-get install awscli" in lacking["the AWS CLI"]
    assert "apt-get install npm" in lacking["npm"]
    assert not any(each["needed"] for each in found if each["needs"] in lacking and "port" not in each["needs"])


def test_doctor_lists_packages_for_the_package_manager(groundcloud: CommandLine, tmp_path):
    """`./up` installs them before the first start, where root starts it."""
    ours = ("doctor", "--packages", "--data", tmp_path)
    clients = ["awscli", "curl", "openssh-client"]
    assert groundcloud(*ours, GROUNDCLOUD_MACHINES="off", PATH="/nowhere").out.split() == clients
    assert set(groundcloud(*ours, GROUNDCLOUD_MACHINES="on", PATH="/nowhere").out.split()) >= set(clients)


def test_doctor_fails_when_the_cloud_cannot_start(groundcloud: CommandLine, running):
    port = running.endpoint.rpartition(":")[2]
    shown = groundcloud("doctor", "--data", running.data / "other", code=1, GROUNDCLOUD_PORT=port).out
    assert f"port {port}" in next(line for line in shown.splitlines() if line.startswith("MISSING"))


def test_the_command_line_waits_for_nothing_heavy():
    """A start is quick because the command line imports neither AWS's models nor cryptography."""
    code = "import groundcloud.cli, sys; print([m for m in sys.modules if m in ('botocore', 'cryptography', 'uvloop')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_version_is_that_of_the_package(groundcloud: CommandLine):
    import groundcloud as package

    assert groundcloud("version", "--json").json["version"] == package.__version__
