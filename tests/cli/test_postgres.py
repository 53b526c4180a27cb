"""A cloud whose store is PostgreSQL; its password is known to nobody who lists processes."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.clouds import CommandLine
from tests.postgres import server

PASSWORD = "not-to-be-seen"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A database and a user with a password."""
    with tempfile.TemporaryDirectory(prefix="gc-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        with server(Path(folder) / "cluster") as address:
            with psycopg.connect(address.format("postgres"), autocommit=True) as connection:
                connection.execute(f"create role cloud login password '{PASSWORD}'")
                connection.execute("create database cloud owner cloud")
            _, _, place = address.format("cloud").partition("://")
            yield f"postgresql://cloud:{PASSWORD}@{place.replace('&user=postgres', '')}"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_cloud_keeps_everything_in_postgresql(groundcloud: CommandLine, tmp_path, url, workers):
    settings = {"GROUNDCLOUD_STORE": url, "GROUNDCLOUD_WORKERS": workers}
    cloud = groundcloud.up(tmp_path / "cloud", **settings)
    name = f"alice{workers}"
    cloud.client("iam").create_user(UserName=name)
    made = groundcloud("account", "create", name, "--data", cloud.data, "--json", **settings).json
    assert cloud.client("sts", keys=made).get_caller_identity()["Account"] == made["account_id"]
    cloud.kill()
    again = groundcloud.up(cloud.data, **settings)
    assert again.client("iam").get_user(UserName=name)["User"]["UserName"] == name
    status = groundcloud("status", "--data", cloud.data, "--json", **settings)
    assert status.json["store"] == {"kind": "postgresql", "state": "available"}
    assert not (cloud.data / "groundcloud.db").exists()
    for shown in (status.out, groundcloud("config", **settings).out, Path(f"/proc/{again.pid}/cmdline").read_text()):
        assert PASSWORD not in shown


def test_a_store_that_is_away_is_named_without_its_password(groundcloud: CommandLine, tmp_path):
    store = f"postgresql://cloud:{PASSWORD}@127.0.0.1:1/cloud"
    refused = groundcloud("up", "--data", tmp_path / "cloud", "--port", 0, code=1, GROUNDCLOUD_STORE=store)
    assert "postgresql://cloud:***@127.0.0.1:1/cloud cannot be opened" in refused.err
    assert PASSWORD not in refused.err
