"""Classes, volumes and addresses as they were asked for last. Volumes grow while they are used; a class takes a restart
of the machine, or, with a standby, a failover to one that has it already."""

from functools import partial
from typing import TYPE_CHECKING

from groundcloud.controllers import Outcome
from groundcloud.engines.machines.wanted import MachineFailed
from groundcloud.services.rds.changing import apply_pending
from groundcloud.services.rds.fleet import data_volume
from groundcloud.services.rds.lookup import note
from groundcloud.services.rds.records import STANDBY, DBInstance, DBMachine, Pending
from groundcloud.services.rds.reports import Report
from groundcloud.services.rds.telling import machines_of
from groundcloud.store import Key, Transaction

if TYPE_CHECKING:
    from groundcloud.services.rds.controller import DBInstances, Seen

_GIB = 1024**3
_FULL = 0.10
"""The free part of a volume below which it grows, where it may ("Managing capacity automatically")."""
_FILLED = 0.9
"""A file system takes a little for itself."""


def fits(instance: DBInstance, machine: DBMachine) -> bool:
    return machine.db_instance_class == instance.db_instance_class and machine.size >= instance.allocated_storage


def fit(self: "DBInstances", seen: "Seen", leader: DBMachine) -> Outcome | None:
    """One step towards what was asked for; None when all is so."""
    instance, key = seen.instance, seen.instance.key_values()
    if instance.pending != Pending() and _in_window(self, instance):
        return Outcome(partial(_apply, self, key), again=0.1)
    for machine in seen.machines:
        if machine.size < instance.allocated_storage and leader.served:
            self.fleet.volumes.grow(data_volume(machine), instance.allocated_storage)
            return Outcome(partial(_grown, key, machine.machine_id, instance.allocated_storage), again=0.05)
        if not _grow(self, machine):
            return Outcome(again=0.2)
    if any(_addresses_differ(instance, each) for each in seen.machines):
        return Outcome(partial(_readdress, self, key), again=0.1)
    if _fills(self, instance, leader):
        return Outcome(partial(_more, self, key), again=0.1)
    if leader.db_instance_class == instance.db_instance_class:
        return None
    return _change_class(self, seen, leader)


def _grow(self: "DBInstances", machine: DBMachine) -> bool:
    """Let the file system fill its volume, while it is used; where the host may not, the machine does it at its next
    start, which is now. False while that is under way."""
    report = self.report(machine)
    if not report.size or filled(report, machine):
        return True
    try:
        self.fleet.volumes.grow_file_system(data_volume(machine))
    except MachineFailed:
        self.end(machine)
        return False
    return True


def filled(report: Report, machine: DBMachine) -> bool:
    """Whether the database sees all of its volume."""
    return report.size >= machine.size * _GIB * _FILLED


def _change_class(self: "DBInstances", seen: "Seen", leader: DBMachine) -> Outcome | None:
    instance, standby = seen.instance, seen.standby
    key = instance.key_values()
    if not instance.multi_az:
        if not self.end(leader):
            return Outcome(again=0.2)
        return Outcome(partial(_reclassed, key, leader.machine_id), again=0.05)
    if standby is not None and standby.db_instance_class != instance.db_instance_class:
        if not self.end(standby):
            return Outcome(again=0.2)
        return Outcome(partial(_reclassed, key, standby.machine_id), again=0.05)
    if standby is not None and standby.protected and not instance.failover_asked:
        return Outcome(partial(_ask_failover, key), again=0.05)
    return None


def _in_window(self: "DBInstances", instance: DBInstance) -> bool:
    """Whether it is the time of the weekly maintenance."""
    now = f"{self.clock():%a:%H:%M}".lower()
    begins, _, ends = instance.preferred_maintenance_window.partition("-")
    if begins[:3] == ends[:3] == now[:3]:
        return begins[4:] <= now[4:] < ends[4:]
    return (now[:3] == begins[:3] and now[4:] >= begins[4:]) or (now[:3] == ends[:3] and now[4:] < ends[4:])


def _apply(self: "DBInstances", key: Key, tx: Transaction) -> None:
    instance = tx.get(DBInstance, *key)
    if instance is not None and instance.pending != Pending() and instance.db_instance_status == "available":
        tx.put(apply_pending(self.within(tx, instance.account, instance.region), instance))


def _grown(key: Key, machine_id: str, size: int, tx: Transaction) -> None:
    machine = tx.get(DBMachine, key[0], key[1], machine_id)
    if machine is not None:
        machine.size = max(machine.size, size)
        tx.put(machine)


def _reclassed(key: Key, machine_id: str, tx: Transaction) -> None:
    """It has ended, and starts anew in its new class; a standby then follows anew."""
    instance = tx.get(DBInstance, *key)
    machine = tx.get(DBMachine, key[0], key[1], machine_id)
    if instance is None or machine is None:
        return
    machine.db_instance_class = instance.db_instance_class
    if machine.role == STANDBY:
        machine.synchronous = machine.protected = False
        machine.seed = ""
        instance.secondary_availability_zone = None
    tx.put(machine)
    tx.put(instance)


def _ask_failover(key: Key, tx: Transaction) -> None:
    instance = tx.get(DBInstance, *key)
    if instance is not None:
        instance.failover_asked = True
        tx.put(instance)


def _addresses_differ(instance: DBInstance, machine: DBMachine) -> bool:
    return machine.groups != instance.groups or bool(machine.public_address) != instance.publicly_accessible


def _readdress(self: "DBInstances", key: Key, tx: Transaction) -> None:
    """Security groups and the public address, as ModifyDBInstance has changed them."""
    instance = tx.get(DBInstance, *key)
    for machine in machines_of(tx, instance) if instance is not None else ():
        assert instance is not None
        made = self.interfaces.change(
            tx, machine.account, machine.region, machine.interface_id, instance.groups, instance.publicly_accessible
        )
        if made is not None:
            machine.public_address = made.association.public_ip if made.association is not None else ""
        machine.groups = instance.groups
        tx.put(machine)


def _fills(self: "DBInstances", instance: DBInstance, leader: DBMachine) -> bool:
    most = instance.max_allocated_storage
    report = self.report(leader)
    if most is None or most <= instance.allocated_storage or not report.size:
        return False
    return report.size >= leader.size * _GIB * _FILLED and report.free < _FULL * report.size


def _more(self: "DBInstances", key: Key, tx: Transaction) -> None:
    """A tenth more, 10 GiB at least. Source: "Managing capacity automatically with Amazon RDS storage autoscaling"."""
    instance = tx.get(DBInstance, *key)
    if instance is None or instance.max_allocated_storage is None:
        return
    if instance.db_instance_status not in ("available", "storage-full"):
        return
    instance.db_instance_status = "modifying"
    more = max(10, instance.allocated_storage // 10)
    instance.allocated_storage = min(instance.allocated_storage + more, instance.max_allocated_storage)
    ctx = self.within(tx, instance.account, instance.region)
    note(ctx, instance, "Applying autoscaling-initiated modification to allocated storage.", "configuration change")
    tx.put(instance)
