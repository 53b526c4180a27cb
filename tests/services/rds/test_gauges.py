"""What databases tell CloudWatch, out of counters of engines and words of servers that a test sets.

Source: "Amazon CloudWatch instance-level metrics for Amazon RDS" in the RDS user guide.
"""

import asyncio
from datetime import timedelta

import pytest

from groundcloud.engines.machines.wanted import DiskUse, MachineFailed, Usage
from groundcloud.engines.network.wanted import Traffic
from groundcloud.services.rds.gauges import Gauges
from groundcloud.services.rds.records import PRIMARY, REPLICA, DBInstance, DBMachine
from groundcloud.services.rds.reports import Reports

GIB = 1024**3


class Engines:
    """Counters that a test sets."""

    def __init__(self):
        self.machines = {}
        self.interfaces = {}
        self.away = False

    def usage(self):
        if self.away:
            raise MachineFailed("away")
        return self.machines

    def traffic(self, network_id):
        return self.interfaces


class Meter:
    """A database on a machine, whose minutes a test lets go by."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.engines, self.reports = Engines(), Reports()
        plane = cloud.cloud.world.plane("cloudwatch")
        self._gauges = Gauges(cloud.store, plane, self.engines, self.engines, self.reports, cloud.clock)

    def place(self, role):
        def work(tx):
            instance = tx.get(DBInstance, self.cloud.account, "us-east-1", "shop")
            instance.source_resource_id = "db-SOURCE" if role == REPLICA else ""
            tx.put(instance)
            tx.put(DBMachine(self.cloud.account, "us-east-1", "db-one", instance.dbi_resource_id, role, "us-east-1a",
                             "subnet-1", instance.vpc_id, "eni-1", "10.0.0.5"))  # fmt: skip

        self.cloud.store.write(work)

    def uses(self, seconds, *, started=1.0, received=0, **disk):
        disks = {"db-one-data": DiskUse("loop1", **disk)}
        self.engines.machines = {"db-one": Usage(started, seconds, disks)}
        self.engines.interfaces = {"eni-1": Traffic(bytes_in=received)}

    def says(self, **report):
        self.reports.put("db-one", self.cloud.clock().timestamp(), report)

    def minute(self):
        self.cloud.clock.advance(minutes=1)
        asyncio.run(self._gauges.write())

    def last(self, name):
        """What CloudWatch has of the last minute; None for nothing."""
        now = self.cloud.clock()
        found = self.cloud.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/RDS", MetricName=name, Dimensions=[{"Name": "DBInstanceIdentifier", "Value": "shop"}],
            StartTime=now - timedelta(seconds=now.second), EndTime=now + timedelta(minutes=1), Period=60,
            Statistics=["Average"],
        )["Datapoints"]  # fmt: skip
        return round(found[0]["Average"], 3) if found else None


@pytest.fixture()
def meter(cloud, create, becomes):
    create()
    becomes("available")
    made = Meter(cloud)
    made.place(PRIMARY)
    return made


def test_two_looks_give_what_was_used_in_between(meter):
    meter.uses(10.0, reads=100, writes=100)
    meter.minute()
    assert meter.last("CPUUtilization") is None
    meter.uses(40.0, reads=160, writes=700, write_seconds=1.2, bytes_written=6_000_000, received=600_000)
    meter.minute()
    assert meter.last("CPUUtilization") == 25.0  # 30 seconds of two processors' 120
    assert (meter.last("ReadIOPS"), meter.last("WriteIOPS")) == (1.0, 10.0)
    assert meter.last("WriteThroughput") == 100_000.0
    assert meter.last("WriteLatency") == 0.002
    assert meter.last("NetworkReceiveThroughput") == 10_000.0


def test_a_machine_that_has_begun_anew_is_not_compared_with_its_former_life(meter):
    meter.uses(100.0, writes=1000)
    meter.minute()
    meter.uses(5.0, started=2.0, writes=10)
    meter.minute()
    assert meter.last("CPUUtilization") is None


def test_the_servers_words_count_while_they_are_fresh(meter, cloud):
    meter.uses(1.0)
    cloud.clock.advance(minutes=1)
    meter.says(ready=True, size=20 * GIB, free=15 * GIB, connections=7, memory_free=GIB // 2, lag=0.0)
    cloud.clock.advance(minutes=-1)
    meter.minute()
    assert meter.last("DatabaseConnections") == 7.0
    assert meter.last("FreeStorageSpace") == 15.0 * GIB
    assert meter.last("FreeableMemory") == 0.5 * GIB
    assert meter.last("ReplicaLag") is None
    meter.minute()
    assert meter.last("DatabaseConnections") is None


def test_a_replica_tells_its_lag(meter, cloud):
    meter.place(REPLICA)
    cloud.clock.advance(minutes=1)
    meter.says(ready=True, lag=2.5)
    cloud.clock.advance(minutes=-1)
    meter.minute()
    assert meter.last("ReplicaLag") == 2.5


def test_an_engine_that_is_away_leaves_the_servers_words(meter, cloud):
    meter.engines.away = True
    cloud.clock.advance(minutes=1)
    meter.says(ready=True, connections=1)
    cloud.clock.advance(minutes=-1)
    meter.minute()
    assert meter.last("DatabaseConnections") == 1.0
