"""Multi-AZ: the standby that has every acknowledged commit, and the failover to it.

The one rule: a standby is promoted only while its record says `protected`, and the primary is let go on without it only
after the record says otherwise. The old primary's machine has ended before the new one is told to lead.
"""

from functools import partial
from typing import TYPE_CHECKING

from groundcloud.controllers import Outcome
from groundcloud.errors import AwsError
from groundcloud.services.rds import steps
from groundcloud.services.rds.engines import ENGINES
from groundcloud.services.rds.fleet import data_volume
from groundcloud.services.rds.lookup import note
from groundcloud.services.rds.parameters import wanted_values
from groundcloud.services.rds.records import FAILED, PRIMARY, STANDBY, DBInstance, DBMachine
from groundcloud.services.rds.telling import leader_of, machines_of
from groundcloud.store import Key, Transaction

if TYPE_CHECKING:
    from groundcloud.services.rds.controller import DBInstances, Seen

_SILENT, _LOST, _HOPELESS = 12.0, 3.0, 60.0
"""Seconds: a primary that runs and says nothing; a standby that follows no more; one that never will."""


def fail_over(self: "DBInstances", seen: "Seen") -> Outcome | None:
    """Promote the standby when the primary is dead, or when a failover was asked for."""
    leader, standby = seen.leader, seen.standby
    if leader is None or standby is None or not standby.protected:
        return None
    asked = seen.instance.failover_asked
    if not asked and not dead(self, leader):
        return None
    if not self.fleet.runs(standby):
        return None
    if not self.fleet.ended(leader, force=True):
        return Outcome(again=0.02)
    return Outcome(partial(_promote, self, seen.instance.key_values(), leader.machine_id, standby.machine_id),
                   again=0.02)  # fmt: skip


def dead(self: "DBInstances", leader: DBMachine) -> bool:
    """Whether a machine that has served does so no more."""
    state = self.fleet.state(leader)
    if state is None or not state.running:
        return leader.served
    at, _ = self.reports.last(leader.machine_id)
    return bool(at) and leader.served and self.clock().timestamp() - at > _SILENT


def _promote(self: "DBInstances", key: Key, old_id: str, new_id: str, tx: Transaction) -> None:
    instance = tx.get(DBInstance, *key)
    old, new = (tx.get(DBMachine, key[0], key[1], each) for each in (old_id, new_id))
    if instance is None or old is None or new is None or old.role != PRIMARY or not new.protected:
        return
    old.role, new.role = FAILED, PRIMARY
    new.protected = new.synchronous = new.served = False
    instance.availability_zone, instance.secondary_availability_zone = new.availability_zone, None
    instance.failover_asked = False
    instance.applied_parameters = instance.applied_parameters or dict(wanted_values(tx, instance))
    note(
        self.within(tx, instance.account, instance.region), instance, "Multi-AZ instance failover started.", "failover"
    )
    instance.failing_over = True
    for record in (old, new, instance):
        tx.put(record)


def keep(self: "DBInstances", seen: "Seen") -> Outcome | None:
    """Have a standby that follows, where there should be one; None when all is well."""
    instance, leader, standby = seen.instance, seen.leader, seen.standby
    key = instance.key_values()
    assert leader is not None
    if instance.failing_over and self.report(leader).role == "primary" and self.agrees(leader):
        return Outcome(partial(_over, self, key), again=0.1)
    if not instance.multi_az:
        return None if standby is None else Outcome(partial(_dismiss, key, standby.machine_id), again=0.1)
    if not leader.served:
        return None
    if standby is None:
        return Outcome(partial(_place, self, key), again=0.1)
    if not self.fleet.runs(standby):
        if standby.protected or standby.synchronous:
            return Outcome(partial(_lost, self, key, standby.machine_id), again=0.1)
        return _boot(self, seen, leader, standby)
    return _watch(self, seen, leader, standby)


def _boot(self: "DBInstances", seen: "Seen", leader: DBMachine, standby: DBMachine) -> Outcome:
    """A standby begins with a snapshot of the primary's volume."""
    seed = standby.seed = f"seed-{standby.machine_id}"
    self.fleet.volumes.snapshot(data_volume(leader), seed)
    started = self.fleet.start(standby, self.seal(seen.instance))
    if started:
        self.fleet.volumes.delete_snapshot(seed)
        self.reports.put(standby.machine_id, self.clock().timestamp(), {})
    return Outcome(again=0.1)


def _watch(self: "DBInstances", seen: "Seen", leader: DBMachine, standby: DBMachine) -> Outcome | None:
    """Bring a standby that runs to where every commit waits for it, and notice when it is lost."""
    key = seen.instance.key_values()
    at, last = self.reports.last(standby.machine_id)
    if standby.protected or standby.synchronous:
        if seen.now - at > _SILENT or (at and not last.streaming and lasts(standby, seen.now)):
            return Outcome(partial(_lost, self, key, standby.machine_id), again=0.1)
        if last.streaming:
            _since.pop(standby.machine_id, None)
    if standby.protected:
        return None
    if standby.synchronous:
        if waited_for(self, seen.instance, leader, standby):
            return Outcome(partial(_protected, key, standby.machine_id), again=0.1)
        return Outcome(again=0.1)
    if last.streaming and self.agrees(standby):
        return Outcome(partial(_wait_for, key, standby.machine_id), again=0.05)
    if lasts(standby, seen.now, _HOPELESS):
        _since.pop(standby.machine_id, None)
        return Outcome(partial(_dismiss, key, standby.machine_id), again=0.1)
    return Outcome(again=0.2)


_since: dict[str, float] = {}
"""Since when a standby does not follow; forgotten with the process, and then found anew."""


def follows_again(machine: DBMachine) -> None:
    _since.pop(machine.machine_id, None)


def lasts(standby: DBMachine, now: float, seconds: float = _LOST) -> bool:
    """Whether a machine has not followed for so long; the time begins with the first question."""
    return now - _since.setdefault(standby.machine_id, now) > seconds


def waited_for(self: "DBInstances", instance: DBInstance, leader: DBMachine, standby: DBMachine) -> bool:
    """Whether the primary's commits wait for the standby, by its own words."""
    if not self.agrees(leader):
        return False
    report = self.report(leader)
    name = standby.machine_id if ENGINES[instance.engine].server == "postgres" else standby.private_address
    return report.followers.get(name) == "sync"


# -- what is written down


def _place(self: "DBInstances", key: Key, tx: Transaction) -> None:
    instance = tx.get(DBInstance, *key)
    if instance is None or not instance.multi_az:
        return
    machines = machines_of(tx, instance)
    leader = leader_of(machines)
    if leader is None or any(each.role == STANDBY for each in machines):
        return
    ctx = self.within(tx, instance.account, instance.region)
    try:
        steps.place(self, ctx, instance, STANDBY, other_than=leader.availability_zone)
    except AwsError as error:
        if instance.status_infos != [error.message]:
            instance.status_infos = [error.message]
            tx.put(instance)


def _wait_for(key: Key, machine_id: str, tx: Transaction) -> None:
    machine = tx.get(DBMachine, key[0], key[1], machine_id)
    if machine is not None and machine.role == STANDBY:
        machine.synchronous = True
        tx.put(machine)


def _protected(key: Key, machine_id: str, tx: Transaction) -> None:
    instance = tx.get(DBInstance, *key)
    machine = tx.get(DBMachine, key[0], key[1], machine_id)
    if instance is not None and machine is not None and machine.role == STANDBY:
        machine.protected = True
        instance.secondary_availability_zone = machine.availability_zone
        tx.put(machine)
        tx.put(instance)


def _lost(self: "DBInstances", key: Key, machine_id: str, tx: Transaction) -> None:
    """The primary goes on alone; from now on the standby may not be promoted."""
    instance = tx.get(DBInstance, *key)
    machine = tx.get(DBMachine, key[0], key[1], machine_id)
    if instance is not None and machine is not None and machine.role == STANDBY:
        machine.protected = machine.synchronous = False
        machine.role = FAILED
        instance.secondary_availability_zone = None
        ctx = self.within(tx, instance.account, instance.region)
        note(ctx, instance, "The standby is lost; a new one is being made.", "notification")
        tx.put(machine)
        tx.put(instance)


def _dismiss(key: Key, machine_id: str, tx: Transaction) -> None:
    instance = tx.get(DBInstance, *key)
    machine = tx.get(DBMachine, key[0], key[1], machine_id)
    if instance is not None and machine is not None and machine.role == STANDBY:
        machine.role = FAILED
        machine.protected = machine.synchronous = False
        instance.secondary_availability_zone = None
        tx.put(machine)
        tx.put(instance)


def _over(self: "DBInstances", key: Key, tx: Transaction) -> None:
    instance = tx.get(DBInstance, *key)
    if instance is not None and instance.failing_over:
        instance.failing_over = False
        ctx = self.within(tx, instance.account, instance.region)
        note(ctx, instance, "Multi-AZ instance failover completed", "failover")
        tx.put(instance)
