"""What databases tell CloudWatch each minute: what their machines have used, and what their servers say of themselves.

Source: "Amazon CloudWatch instance-level metrics for Amazon RDS" in the RDS user guide. What is not measured here
(credits, burst balances, swap) is not told.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from groundcloud.engines.machines.wanted import DiskUse, MachineFailed, Meters, Usage
from groundcloud.engines.network.wanted import Networks, Traffic, Unreachable
from groundcloud.metrics import Datum, publish
from groundcloud.services.rds.engines import class_named
from groundcloud.services.rds.fleet import data_volume
from groundcloud.services.rds.records import DBInstance, DBMachine
from groundcloud.services.rds.reports import Report, Reports
from groundcloud.services.rds.telling import leader_of, machines_of
from groundcloud.store import Store, StoreUnavailable, Transaction

log = logging.getLogger(__name__)

_EVERY = 60.0
_RECENT = 12.0
"""Seconds for which a machine's own words count."""
_PER_SECOND, _BYTES_PER_SECOND = "Count/Second", "Bytes/Second"


class Look(NamedTuple):
    """What was counted of a machine until a moment; it only grows, and begins anew with each life of the machine."""

    at: float
    usage: Usage
    disk: DiskUse
    traffic: Traffic


class Gauges:
    """Publishes for all instances whose machines run, once a minute."""

    def __init__(
        self,
        store: Store,
        metrics: Store,
        machines: Meters,
        networks: Networks,
        reports: Reports,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._machines = machines
        self._networks = networks
        self._reports = reports
        self._clock = clock
        self._looks: dict[str, Look] = {}
        """The last one of each machine."""

    async def run(self) -> None:
        """Until it is cancelled, at the beginning of each minute."""
        while True:
            await asyncio.sleep(_EVERY - self._clock().timestamp() % _EVERY)
            try:
                await self.write()
            except StoreUnavailable as error:
                log.error("metrics of databases are lost: %s", error)

    async def write(self) -> None:
        """Look at all databases, and publish what is known in one transaction."""
        now = self._clock()
        found = await asyncio.to_thread(self._look, now)
        if found:
            await self._metrics.submit(lambda tx: _publish(tx, found, now))

    def _look(self, now: datetime) -> list[tuple[DBInstance, list[Datum]]]:
        with self._store.snapshot() as tx:
            known = [(each, leader_of(machines_of(tx, each))) for each in tx.scan(DBInstance)]
        pairs = [(instance, leader) for instance, leader in known if leader is not None]
        if not pairs:
            return []
        before, self._looks = self._looks, self._counted([leader for _, leader in pairs], now.timestamp())
        found = []
        for instance, leader in pairs:
            at, report = self._reports.last(leader.machine_id)
            data = said(instance, report) if now.timestamp() - at < _RECENT else []
            old, new = (looks.get(leader.machine_id) for looks in (before, self._looks))
            if old is not None and new is not None:
                data += used(instance, old, new)
            found.append((instance, data))
        return found

    def _counted(self, leaders: list[DBMachine], at: float) -> dict[str, Look]:
        """What the engines have counted of machines; less, where they cannot say."""
        try:
            usage: Mapping[str, Usage] = self._machines.usage()
        except MachineFailed as error:
            log.warning("the usage of databases is not known: %s", error)
            return {}
        traffic: dict[str, Traffic] = {}
        for vpc_id in {leader.vpc_id for leader in leaders}:
            try:
                traffic |= self._networks.traffic(vpc_id)
            except Unreachable as error:
                log.warning("the traffic of %s is not known: %s", vpc_id, error)
        return {
            leader.machine_id: Look(at, usage[leader.machine_id], disk, traffic.get(leader.interface_id, Traffic()))
            for leader in leaders
            if leader.machine_id in usage
            and (disk := usage[leader.machine_id].disks.get(data_volume(leader))) is not None
        }


def _publish(tx: Transaction, found: list[tuple[DBInstance, list[Datum]]], now: datetime) -> None:
    for instance, data in found:
        publish(tx, instance.account, instance.region, data, now)


def said(instance: DBInstance, report: Report) -> list[Datum]:
    """What a server's own words give."""
    values: list[tuple[str, float | None, str]] = [
        ("DatabaseConnections", report.connections, "Count"),
        ("FreeStorageSpace", report.free if report.size else None, "Bytes"),
        ("FreeableMemory", report.memory_free, "Bytes"),
        ("ReplicaLag", report.lag if instance.source_resource_id else None, "Seconds"),
    ]
    return [_datum(instance, name, value, unit) for name, value, unit in values if value is not None]


def used(instance: DBInstance, before: Look, now: Look) -> list[Datum]:
    """What two looks at a machine give, where they are of the same life of it."""
    seconds = now.at - before.at
    if before.usage.started != now.usage.started or before.disk.device != now.disk.device or seconds <= 0:
        return []
    processors = class_named(instance.db_instance_class).vcpus
    reads, writes = now.disk.reads - before.disk.reads, now.disk.writes - before.disk.writes
    busy = now.usage.processor_seconds - before.usage.processor_seconds
    values = [
        ("CPUUtilization", min(100.0, 100.0 * busy / (seconds * processors)), "Percent"),
        ("ReadIOPS", reads / seconds, _PER_SECOND),
        ("WriteIOPS", writes / seconds, _PER_SECOND),
        ("ReadThroughput", (now.disk.bytes_read - before.disk.bytes_read) / seconds, _BYTES_PER_SECOND),
        ("WriteThroughput", (now.disk.bytes_written - before.disk.bytes_written) / seconds, _BYTES_PER_SECOND),
        ("ReadLatency", (now.disk.read_seconds - before.disk.read_seconds) / reads if reads else 0.0, "Seconds"),
        ("WriteLatency", (now.disk.write_seconds - before.disk.write_seconds) / writes if writes else 0.0, "Seconds"),
        ("DiskQueueDepth", (now.disk.waited_seconds - before.disk.waited_seconds) / seconds, "Count"),
        ("NetworkReceiveThroughput", (now.traffic.bytes_in - before.traffic.bytes_in) / seconds, _BYTES_PER_SECOND),
        ("NetworkTransmitThroughput", (now.traffic.bytes_out - before.traffic.bytes_out) / seconds, _BYTES_PER_SECOND),
    ]
    return [_datum(instance, name, value, unit) for name, value, unit in values if value >= 0]


def _datum(instance: DBInstance, name: str, value: float, unit: str) -> Datum:
    return Datum("AWS/RDS", name, float(value), (("DBInstanceIdentifier", instance.db_instance_identifier),), unit)
