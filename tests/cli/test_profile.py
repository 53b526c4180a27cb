"""The profile in the AWS configuration files: written once, never over another."""

import boto3
import pytest

from groundcloud.cli.profile import Profile
from tests.clouds import CommandLine

CONFIG = {"region": "us-east-1", "endpoint_url": "http://127.0.0.1:4566"}
KEYS = {
    "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}


@pytest.fixture()
def profile(tmp_path):
    return Profile(
        "groundcloud",
        {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials")},
    )


def test_it_is_added_behind_what_is_there(profile):
    profile.config.write_text("# mine\n[default]\nregion = eu-west-1\n")
    profile.write(CONFIG, KEYS)
    assert profile.config.read_text() == (
        "# mine\n[default]\nregion = eu-west-1\n\n"
        "[profile groundcloud]\nregion = us-east-1\nendpoint_url = http://127.0.0.1:4566\n"
    )
    assert profile.access_key_id() == "AKIAIOSFODNN7EXAMPLE"
    assert profile.endpoint_url() == "http://127.0.0.1:4566"


def test_only_the_owner_reads_the_files(profile):
    profile.write(CONFIG, KEYS)
    assert profile.credentials.stat().st_mode & 0o777 == 0o600
    assert profile.config.stat().st_mode & 0o777 == 0o600


def test_removing_it_leaves_the_others(profile):
    before = "[profile one]\nregion = a\n\n"
    profile.config.write_text(before)
    profile.write(CONFIG, KEYS)
    with profile.config.open("a") as file:
        file.write("[profile two]\nregion = b\n")
    profile.remove()
    assert profile.config.read_text() == f"{before}[profile two]\nregion = b\n"
    assert not profile.exists()


def test_either_file_makes_it_exist(profile):
    profile.credentials.write_text("[ groundcloud ]\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\n")
    assert profile.exists()
    assert profile.access_key_id() == "AKIAIOSFODNN7EXAMPLE"


def test_a_linked_file_stays_a_link(profile, tmp_path):
    (tmp_path / "elsewhere").write_text("[default]\n")
    profile.config.symlink_to(tmp_path / "elsewhere")
    profile.write(CONFIG, KEYS)
    assert profile.config.is_symlink()
    assert "[profile groundcloud]" in (tmp_path / "elsewhere").read_text()


def settings_of(command: CommandLine, data) -> dict[str, str]:
    """The owner's own cloud: its folder is a setting, not a flag."""
    return {"GROUNDCLOUD_DATA": str(data), "GROUNDCLOUD_PORT": "0"}


@pytest.fixture()
def own(groundcloud: CommandLine, tmp_path):
    """The variables of a cloud that is its owner's usual one."""
    settings = settings_of(groundcloud, tmp_path / "cloud")
    yield settings
    groundcloud("down", code=None, **settings)


def session(command: CommandLine, monkeypatch) -> boto3.Session:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, command.environment[name])
    return boto3.Session(profile_name="groundcloud")


def test_the_first_start_writes_it_and_tools_find_the_cloud(groundcloud: CommandLine, own, monkeypatch):
    printed = groundcloud("up", "--json", **own).json
    assert printed["profile"] == "groundcloud"
    caller = session(groundcloud, monkeypatch).client("sts").get_caller_identity()
    assert caller["Account"] == printed["account_id"]
    assert "export AWS_PROFILE=groundcloud" in groundcloud("env", **own).out


def test_a_profile_that_is_there_stays_and_is_named(groundcloud: CommandLine, own):
    config = groundcloud.home / "aws" / "config"
    config.parent.mkdir(parents=True)
    config.write_text("[profile groundcloud]\nregion = eu-west-1\n")
    done = groundcloud("up", "--json", **own)
    assert done.json["profile"] is None
    assert "up --profile NAME" in done.err
    assert config.read_text() == "[profile groundcloud]\nregion = eu-west-1\n"
    assert groundcloud("up", "--profile", "mine", "--json", **own).json["profile"] == "mine"
    assert "[profile mine]" in config.read_text()


def test_a_cloud_of_a_script_leaves_the_files_alone(groundcloud: CommandLine, tmp_path):
    assert groundcloud.up(tmp_path / "cloud").printed["profile"] is None
    assert not (groundcloud.home / "aws").exists()


def test_reset_takes_its_own_profile_away(groundcloud: CommandLine, own):
    groundcloud("up", **own)
    assert groundcloud("reset", "--yes", "--json", **own).json["profile"] == "groundcloud"
    assert "groundcloud" not in (groundcloud.home / "aws" / "config").read_text()
    assert groundcloud("up", "--json", **own).json["profile"] == "groundcloud"
