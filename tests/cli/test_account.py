import sqlite3

from tests.clouds import CommandLine, RunningCloud


def test_an_account_has_an_admin_at_once(groundcloud: CommandLine, running: RunningCloud):
    made = groundcloud("account", "create", "Dev Team", "--data", running.data, "--json").json
    caller = running.client("sts", keys=made).get_caller_identity()
    assert caller["Arn"] == f"arn:aws:iam::{made['account_id']}:user/admin"
    running.client("iam", keys=made).create_user(UserName="alice")
    assert [user["UserName"] for user in running.client("iam").list_users()["Users"]] == ["admin"]


def test_accounts_are_listed(groundcloud: CommandLine, running: RunningCloud):
    made = groundcloud("account", "create", "dev", "--email", "dev@example.com", "--data", running.data, "--json").json
    accounts = groundcloud("account", "list", "--data", running.data, "--json").json
    assert {each["account_id"] for each in accounts} == {running.account, made["account_id"]}
    assert [each["email"] for each in accounts if not each["default"]] == ["dev@example.com"]
    assert "dev@example.com" in groundcloud("account", "list", "--data", running.data).out


def test_an_address_is_one_accounts(groundcloud: CommandLine, running: RunningCloud):
    groundcloud("account", "create", "dev", "--data", running.data)
    refused = groundcloud("account", "create", "dev", "--data", running.data, code=1)
    assert "--email ADDRESS" in refused.err


def test_the_keys_of_an_account_are_kept_nowhere(groundcloud: CommandLine, running: RunningCloud):
    made = groundcloud("account", "create", "dev", "--data", running.data, "--json").json
    for path in running.data.rglob("*"):
        if path.is_file():
            assert made["secret_access_key"].encode() not in path.read_bytes(), path


def test_without_a_cloud_there_are_no_accounts(groundcloud: CommandLine, tmp_path):
    assert "groundcloud up" in groundcloud("account", "list", "--data", tmp_path / "none", code=1).err


def test_newer_data_are_left_alone(groundcloud: CommandLine, running: RunningCloud):
    groundcloud("down", "--data", running.data)
    with sqlite3.connect(running.data / "groundcloud.db") as database:
        database.execute("update meta set value = 99 where name = 'format'")
    assert "of a newer version" in groundcloud("account", "list", "--data", running.data, code=1).err
