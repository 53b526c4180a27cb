"""The archive of databases' logs as their machines ask it, by the agent's own words where they matter."""

import asyncio
import json
from datetime import timedelta

import pytest

from groundcloud.engines.objects.local import LocalObjects
from groundcloud.fronts.database_logs import DatabaseLogs
from groundcloud.gateway.http import Request
from groundcloud.services.rds.archives import named_by_a_log
from groundcloud.services.rds.backup_records import DBLog
from groundcloud.services.rds.records import PRIMARY, REPLICA, DBInstance, DBMachine
from groundcloud.services.s3.controller import Scrubber
from tests.cloud import WholeBody


def an_instance(cloud, name, **more):
    return DBInstance(
        cloud.account, "us-east-1", name, f"db-{name.upper()}", "db.t3.micro", "postgres", "15.18", "lab", 20, 5432,
        name, "default", "vpc-1", [], "default.postgres15", "default:postgres-15", cloud.clock(), **more,
    )  # fmt: skip


def a_machine(cloud, name, role=PRIMARY):
    return DBMachine(
        cloud.account, "us-east-1", f"db-{name}", f"db-{name.upper()}", role, "us-east-1a", "subnet-1", "vpc-1",
        "eni-1", "10.0.0.5",
    )  # fmt: skip


class Archive:
    """What a machine asks, and what it hears."""

    def __init__(self, cloud, objects):
        self._cloud = cloud
        world = cloud.cloud.world
        self._logs = DatabaseLogs(cloud.store, world.sealer, cloud.clock, world.entropy, objects)

    def ask(self, machine, method, name="", data=b"", length=0, begins=0.0, closed=0.0):
        times = {"x-groundcloud-begins": str(begins), "x-groundcloud-closed": str(closed)}
        headers = {"x-groundcloud-length": str(length or len(data)), **times}
        request = Request(method, "", "", headers, WholeBody(data), "10.0.0.5", secure=False)

        async def handle():
            answer = await self._logs.handle(machine, name, request)
            body = answer.body
            return answer.status, body if isinstance(body, bytes) else b"".join([bytes(each) async for each in body])

        return asyncio.run(handle())

    def put(self, machine, name, data=b"log", **more):
        return self.ask(machine, "PUT", name, data, **more)[0]


@pytest.fixture()
def objects(tmp_path):
    return LocalObjects(tmp_path / "objects")


@pytest.fixture()
def archive(cloud, objects):
    return Archive(cloud, objects)


@pytest.fixture()
def keep(cloud):
    """Write records down."""
    return lambda *records: cloud.store.write(lambda tx: [tx.put(each) for each in records])


@pytest.fixture()
def shop(cloud, keep):
    keep(an_instance(cloud, "shop"))
    return a_machine(cloud, "shop")


def test_a_log_is_kept_once_encrypted_and_is_known_then(cloud, archive, shop, tmp_path):
    assert archive.ask(shop, "HEAD", "000000010000000000000001")[0] == 404
    assert archive.put(shop, "000000010000000000000001", b"secret rows " * 50_000) == 204
    assert archive.ask(shop, "HEAD", "000000010000000000000001")[0] == 200
    assert archive.put(shop, "000000010000000000000001", b"other bytes") == 204
    files = [path for path in (tmp_path / "objects").rglob("*") if path.is_file()]
    assert len(files) == 1
    assert b"secret rows" not in files[0].read_bytes()


def test_a_restore_reads_the_logs_of_its_source_with_the_zeros_that_were_not_sent(cloud, archive, shop, keep):
    archive.put(shop, "000000010000000000000001", b"log" * 100_000, length=1 << 20)
    archive.put(shop, "000000010000000000000002", b"", length=1 << 16)
    keep(an_instance(cloud, "then", restore_source="db-SHOP", restore_time=cloud.clock()))
    then = a_machine(cloud, "then")
    whole = (b"log" * 100_000).ljust(1 << 20, b"\0")
    assert archive.ask(then, "GET", "000000010000000000000001") == (200, whole)
    assert archive.ask(then, "GET", "000000010000000000000002") == (200, bytes(1 << 16))
    assert archive.ask(then, "GET", "000000010000000000000003")[0] == 404
    assert archive.ask(shop, "GET", "000000010000000000000001")[0] == 404  # it restores nothing


def test_a_restore_is_told_which_logs_it_needs_in_the_order_in_which_they_came(cloud, archive, shop, keep):
    base = cloud.clock().timestamp()
    for number in range(6):
        cloud.clock.advance(seconds=10)
        name = f"000000000{1 if number < 3 else 0}-mysql-bin.00000{number}"  # after a failover another one goes on
        archive.put(shop, name, begins=base + 10 * number, closed=base + 10 * (number + 1))
    moments = {
        "restore_begins": cloud.clock() - timedelta(seconds=45),
        "restore_time": cloud.clock() - timedelta(seconds=15),
    }
    keep(an_instance(cloud, "then", restore_source="db-SHOP", **moments))
    status, names = archive.ask(a_machine(cloud, "then"), "GET")
    assert (status, [each[-1] for each in json.loads(names)]) == (200, ["1", "2", "3", "4"])
    assert json.loads(archive.ask(shop, "GET")[1]) == []


def test_nothing_is_archived_for_who_keeps_no_backups_or_follows_another(cloud, archive, shop, keep):
    keep(an_instance(cloud, "copy"), an_instance(cloud, "plain", backup_retention_period=0))
    assert archive.put(a_machine(cloud, "copy", REPLICA), "000000010000000000000001") == 409
    assert archive.put(a_machine(cloud, "plain"), "000000010000000000000001") == 409
    assert archive.put(a_machine(cloud, "nobody"), "000000010000000000000001") == 404
    for name in ("../../etc/passwd", "a" * 101, ".hidden", "a/b"):
        assert archive.put(shop, name) == 400


def test_the_scrubber_leaves_the_bytes_of_logs_alone(cloud, archive, shop, objects):
    archive.put(shop, "000000010000000000000001")
    later = cloud.clock() + timedelta(days=3)
    assert Scrubber(cloud.store, objects, cloud.clock, named_by_a_log).scrub(later) == 0
    cloud.store.write(lambda tx: tx.delete(next(tx.scan(DBLog))))
    assert Scrubber(cloud.store, objects, cloud.clock, named_by_a_log).scrub(later) == 1
