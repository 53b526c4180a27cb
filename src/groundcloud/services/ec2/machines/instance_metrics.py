"""What instances and their volumes tell CloudWatch: every five minutes, or every minute with detailed monitoring.

Source: "List the available CloudWatch metrics for your instances" in the EC2 user guide, and "Amazon CloudWatch metrics
for Amazon EBS" in the EBS user guide. What is not measured here (CPU credits, burst balances) is not told.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from groundcloud.engines.machines.wanted import MachineFailed, Meters, Usage
from groundcloud.engines.network.wanted import Networks, Traffic, Unreachable
from groundcloud.metrics import Datum, Dimensions, publish
from groundcloud.services.ec2.machines.instance_types import instance_types
from groundcloud.services.ec2.machines.metadata import Accesses
from groundcloud.services.ec2.machines.records import RUNNING, Instance
from groundcloud.services.ec2.machines.used import Look, Used, together, used
from groundcloud.store import Store, StoreUnavailable, Transaction

log = logging.getLogger(__name__)

_MINUTE, _BASIC = 60, 300
_AFTER = 0.1
"""Seconds after a minute's end in which it is surely over."""
_EC2, _EBS = "AWS/EC2", "AWS/EBS"


class InstanceMetrics:
    """Publishes for all instances that run, once a minute."""

    def __init__(
        self, store: Store, metrics: Store, machines: Meters, networks: Networks, accesses: Accesses,
        now: Callable[[], datetime],
    ) -> None:  # fmt: skip
        self._store = store
        self._metrics = metrics
        self._machines = machines
        self._networks = networks
        self._accesses = accesses
        self._now = now
        self._looked = now().timestamp()
        """When the machines were looked at last."""
        self._seen: dict[str, Look] = {}
        self._sums: dict[str, Used] = {}
        """What each instance has used since it told last."""

    async def run(self) -> None:
        """Until it is cancelled, at the beginning of each minute."""
        while True:
            await asyncio.sleep(_MINUTE - self._now().timestamp() % _MINUTE + _AFTER)
            try:
                await self.write()
            except StoreUnavailable as error:
                log.error("metrics of instances are lost: %s", error)

    async def write(self) -> None:
        """Look at all machines, and publish what is due in one transaction."""
        now = self._now()
        over = int(now.timestamp()) // _MINUTE * _MINUTE
        five = over // _BASIC > int(self._looked) // _BASIC
        instances, seen = await asyncio.to_thread(self._look)
        data: dict[tuple[str, str], list[Datum]] = {}
        for each in instances:
            told = data.setdefault((each.owner_id, each.region), [])
            told += self._tell(each, (seen or {}).get(each.instance_id), over, due=five or each.monitoring)
        if seen is not None:
            self._seen, self._looked = seen, now.timestamp()
            self._sums = {name: each for name, each in self._sums.items() if name in seen}
            self._accesses.keep(seen.keys())
        if data:
            await self._metrics.submit(lambda tx: _publish(tx, data, now))

    def _look(self) -> tuple[list[Instance], dict[str, Look] | None]:
        """The instances that should run, and what was counted of each; None where the machine engine does not answer:
        then the instances are those that ran before."""
        usage: Mapping[str, Usage] | None
        try:
            usage = self._machines.usage()
        except MachineFailed as error:
            log.warning("the usage of machines is not known: %s", error)
            usage = None
        with self._store.snapshot() as tx:
            ids = self._seen if usage is None else usage
            found = [next(tx.scan(Instance, name, index="by_id"), None) for name in sorted(ids)]
        instances = [each for each in found if each is not None and each.state == RUNNING]
        if usage is None:
            return instances, None
        traffic = {vpc_id: self._traffic(vpc_id) for vpc_id in {each.vpc_id for each in instances}}
        at = self._now().timestamp()
        return instances, {
            each.instance_id: Look(at, usage[each.instance_id], self._own(each, traffic[each.vpc_id]))
            for each in instances
        }

    def _traffic(self, vpc_id: str) -> Mapping[str, Traffic] | None:
        try:
            return self._networks.traffic(vpc_id)
        except Unreachable as error:
            log.warning("the traffic of %s is not known: %s", vpc_id, error)
            return None

    def _own(self, instance: Instance, traffic: Mapping[str, Traffic] | None) -> Mapping[str, Traffic]:
        """An instance's part of its VPC's traffic. What is not known now is told with what is known next."""
        if traffic is None:
            before = self._seen.get(instance.instance_id)
            return before.traffic if before is not None else {}
        return {name: traffic[name] for name in instance.interfaces if name in traffic}

    def _tell(self, instance: Instance, look: Look | None, over: int, *, due: bool) -> list[Datum]:
        """What an instance tells when a minute is over; `due` when it tells of itself, too."""
        name, minute = instance.instance_id, datetime.fromtimestamp(over - _MINUTE, UTC)
        if look is None:
            return _checks(instance, minute, system=True)
        last = used(self._seen.get(name), look, self._looked)
        sum_ = together(self._sums.pop(name, None), last)
        data = _checks(instance, minute, disks=last is not None and last.stalled)
        data += _volumes(last, minute) if last is not None else []
        if not due:
            if sum_ is not None:
                self._sums[name] = sum_
            return data
        period = _MINUTE if instance.monitoring else _BASIC
        start = datetime.fromtimestamp(over // period * period - period, UTC)
        return data + _of_instance(instance, sum_, self._accesses.take(name), start)


def _publish(tx: Transaction, data: Mapping[tuple[str, str], list[Datum]], now: datetime) -> None:
    for (account, region), found in data.items():
        publish(tx, account, region, found, now)


def _checks(instance: Instance, at: datetime, *, system: bool = False, disks: bool = False) -> list[Datum]:
    """The status checks: of the host (its engine answers), of the system inside, and of disks that do nothing though
    they have something to do."""
    failed = instance.reachability == "failed"
    found = {"StatusCheckFailed_System": system, "StatusCheckFailed_Instance": failed}
    if instance_types()[instance.instance_type].hypervisor == "nitro":
        found["StatusCheckFailed_AttachedEBS"] = disks
    found["StatusCheckFailed"] = any(found.values())
    dimensions = (("InstanceId", instance.instance_id),)
    return [Datum(_EC2, name, float(value), dimensions, "Count", at) for name, value in found.items()]


def _volumes(last: Used, at: datetime) -> list[Datum]:
    """What the volumes of an instance have done in a minute."""
    found = []
    for volume, disk in last.disks.items():
        values = {
            "VolumeReadBytes": (disk.bytes_read, "Bytes"),
            "VolumeWriteBytes": (disk.bytes_written, "Bytes"),
            "VolumeReadOps": (disk.reads, "Count"),
            "VolumeWriteOps": (disk.writes, "Count"),
            "VolumeTotalReadTime": (disk.read_seconds, "Seconds"),
            "VolumeTotalWriteTime": (disk.write_seconds, "Seconds"),
            "VolumeIdleTime": (max(last.seconds - disk.busy_seconds, 0.0), "Seconds"),
            "VolumeQueueLength": (disk.waited_seconds / last.seconds, "Count"),
        }
        dimensions = (("VolumeId", volume),)
        found += [Datum(_EBS, name, float(value), dimensions, unit, at) for name, (value, unit) in values.items()]
    return found


def _of_instance(instance: Instance, sum_: Used | None, accesses: tuple[int, int], at: datetime) -> list[Datum]:
    """What an instance has used in its period. With detailed monitoring it counts for its image, for its type and for
    all instances together, too."""
    own: Dimensions = (("InstanceId", instance.instance_id),)
    answered, rejected = accesses
    data = [
        Datum(_EC2, "MetadataNoToken", float(answered), own, "Count", at),
        Datum(_EC2, "MetadataNoTokenRejected", float(rejected), own, "Count", at),
    ]
    if sum_ is None:
        return data
    gathered: list[Dimensions] = [(("ImageId", instance.image_id),), (("InstanceType", instance.instance_type),), ()]
    for dimensions in (own, *(gathered if instance.monitoring else ())):
        data += [Datum(_EC2, name, value, dimensions, unit, at) for name, value, unit in _used_by(instance, sum_)]
    return data


def _used_by(instance: Instance, sum_: Used) -> list[tuple[str, float, str]]:
    kind, traffic, disks = instance_types()[instance.instance_type], sum_.traffic, sum_.disks.values()
    found = [
        ("CPUUtilization", min(100 * sum_.processor_seconds / (sum_.seconds * kind.vcpus), 100.0), "Percent"),
        ("NetworkIn", float(traffic.bytes_in), "Bytes"),
        ("NetworkOut", float(traffic.bytes_out), "Bytes"),
        ("NetworkPacketsIn", float(traffic.packets_in), "Count"),
        ("NetworkPacketsOut", float(traffic.packets_out), "Count"),
    ]
    if kind.hypervisor == "nitro":
        found += [
            ("EBSReadOps", float(sum(each.reads for each in disks)), "Count"),
            ("EBSWriteOps", float(sum(each.writes for each in disks)), "Count"),
            ("EBSReadBytes", float(sum(each.bytes_read for each in disks)), "Bytes"),
            ("EBSWriteBytes", float(sum(each.bytes_written for each in disks)), "Bytes"),
        ]
    return found
