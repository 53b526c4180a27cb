"""What the controller writes down of an instance, step by step. Each reads the record anew."""

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from groundcloud.context import Context
from groundcloud.controllers import Outcome
from groundcloud.services.rds import archives, backups, encryption, faults, sizes
from groundcloud.services.rds.cluster_records import DBCluster
from groundcloud.services.rds.fleet import data_volume
from groundcloud.services.rds.lookup import note
from groundcloud.services.rds.parameters import wanted_values
from groundcloud.services.rds.records import (
    PRIMARY,
    REPLICA,
    STANDBY,
    DBInstance,
    DBMachine,
    DBSecret,
    DBSnapshot,
    DBSubnetGroup,
)
from groundcloud.services.rds.reports import Report
from groundcloud.services.rds.telling import instance_of, leader_of, machines_of
from groundcloud.store import Key, Transaction

if TYPE_CHECKING:
    from groundcloud.services.rds.controller import DBInstances, Seen

LOCKED = "inaccessible-encryption-credentials-recoverable"
"""The status of an instance whose KMS key cannot be used."""
_HEX = "0123456789abcdef"


def first_role(instance: DBInstance) -> str:
    return REPLICA if instance.source_resource_id else PRIMARY


def place(
    self: "DBInstances", ctx: Context, instance: DBInstance, role: str, *, zone: str = "", other_than: str = ""
) -> DBMachine:
    """A machine of an instance, with an interface in a subnet of its group: in the zone asked for, else in any but
    `other_than`. Raises EC2's errors."""
    group = ctx.find(DBSubnetGroup, instance.subnet_group)
    chosen = [each for each in group.subnets if each[1] == zone or (not zone and each[1] != other_than)]
    subnet, zone = chosen[ctx.random(1)[0] % len(chosen)]
    machine_id = f"db-{ctx.random_text(_HEX, 17)}"
    made = self.interfaces.place(
        ctx.tx, instance.account, instance.region, subnet, instance.groups, machine_id, instance.publicly_accessible
    )
    known = machines_of(ctx.tx, instance)
    source_numbers = int.from_bytes(ctx.random(3), "big") << 4
    machine = DBMachine(
        account=instance.account, region=instance.region, machine_id=machine_id,
        dbi_resource_id=instance.dbi_resource_id, role=role, availability_zone=zone, subnet_id=subnet,
        vpc_id=instance.vpc_id, interface_id=made.network_interface_id, private_address=made.private_ip_address,
        public_address=made.association.public_ip if made.association is not None else "",
        number=max((each.number for each in known), default=source_numbers) + 1,
        seed=instance.seed if role != STANDBY else "", db_instance_class=instance.db_instance_class,
        size=instance.allocated_storage, groups=instance.groups,
    )  # fmt: skip
    ctx.put(machine)
    if role != STANDBY:
        instance.availability_zone = zone
        instance.applied_parameters = dict(wanted_values(ctx.tx, instance))
        ctx.put(instance)
    return machine


def follow(self: "DBInstances", seen: "Seen", leader: DBMachine, report: Report) -> Outcome | None:
    """Bring the status on by what the machine that serves reports; None when there is nothing to do."""
    instance, key = seen.instance, seen.instance.key_values()
    done = report.ready and report.restarts == instance.restarts and self.agrees(leader)
    if leader.role == REPLICA and not instance.source_resource_id:
        return Outcome(partial(_promoted, key, leader.machine_id), again=0.05)
    done = done and report.role == ("primary" if leader.role == PRIMARY else "standby")
    done = done and sizes.fits(instance, leader) and sizes.filled(report, leader)
    if done and not leader.served:
        return Outcome(partial(_serves, key, leader.machine_id, report.server_version), again=0.05)
    if done and instance.recovering:
        return Outcome(partial(faults.recovers, self, key, False), again=0.05)
    if (outcome := faults.storage(self, seen, leader, report)) is not None:
        return outcome
    if instance.db_instance_status == "available" or instance.failover_asked:
        return None
    if report.error and not report.ready and leader.served:
        return _refused(self, seen, report.error)
    if report.error and instance.restore_time is not None and not leader.served:
        return _refused(self, seen, report.error, "restore-error")
    if not done or instance.db_instance_status == "backing-up":
        return Outcome(again=0.1)
    if instance.db_instance_status == "creating" and not archives.ready(instance, report.restorable):
        return Outcome(again=0.05)
    standby = seen.standby
    alone = instance.multi_az and (standby is None or not standby.protected)
    if alone and instance.db_instance_status in ("creating", "starting", "modifying"):
        return None  # first the standby
    return Outcome(partial(_up, self, key), again=0.1)


def _refused(self: "DBInstances", seen: "Seen", error: str, status: str = "incompatible-parameters") -> Outcome:
    """The server does not start with the parameters that it was given, or cannot be restored."""
    if seen.instance.db_instance_status == status:
        return Outcome(again=1.0)
    return Outcome(partial(stuck, self, seen.instance.key_values(), error, status), again=1.0)


def stuck(self: "DBInstances", key: Key, error: str, status: str, tx: Transaction) -> None:
    """It cannot be as it was asked for; it is tried again and again."""
    instance = tx.get(DBInstance, *key)
    if instance is None or instance.db_instance_status in (status, "deleting", "stopping", "stopped"):
        return
    instance.db_instance_status = status
    instance.status_infos = [error]
    ctx = self.within(tx, instance.account, instance.region)
    note(ctx, instance, f"Database instance put into {status}. The server does not start.", "failure")
    tx.put(instance)


def _promoted(key: Key, machine_id: str, tx: Transaction) -> None:
    """A read replica is to lead its own database."""
    machine = tx.get(DBMachine, key[0], key[1], machine_id)
    if machine is not None and machine.role == REPLICA:
        machine.role = PRIMARY
        tx.put(machine)


def _serves(key: Key, machine_id: str, version: str, tx: Transaction) -> None:
    instance = tx.get(DBInstance, *key)
    machine = tx.get(DBMachine, key[0], key[1], machine_id)
    if instance is not None and machine is not None:
        machine.served = True
        instance.server_version = version
        instance.applied_parameters = instance.applied_parameters or dict(wanted_values(tx, instance))
        tx.put(machine)
        tx.put(instance)


_NEWS: dict[str, tuple[str, str]] = {
    "creating": ("DB instance created", "creation"),
    "starting": ("DB instance started", "notification"),
    "rebooting": ("DB instance restarted", "availability"),
    "modifying": ("Finished applying modification to DB instance", "configuration change"),
    "configuring-enhanced-monitoring": ("Finished configuring", "notification"),
}


def _up(self: "DBInstances", key: Key, tx: Transaction) -> None:
    """It serves: what was under way is over. A new instance is backed up at once."""
    instance = tx.get(DBInstance, *key)
    if instance is None or instance.db_instance_status in ("available", "deleting", "stopping", "backing-up"):
        return
    ctx = self.within(tx, instance.account, instance.region)
    before, instance.db_instance_status = instance.db_instance_status, "available"
    instance.status_infos = []
    instance.restore_source, instance.restore_time = "", None
    if not instance.applied_parameters:
        instance.applied_parameters = dict(wanted_values(tx, instance))
    if before in _NEWS:
        text, category = _NEWS[before]
        note(ctx, instance, text, category)
    if before in ("creating", "restore-error") and instance.backup_retention_period:
        reached = _reached(self, tx, instance)
        if reached:
            archives.begin(ctx, instance, datetime.fromtimestamp(reached, UTC))
        backups.begin(ctx, instance)
        instance.db_instance_status = "backing-up"
    tx.put(instance)


def _reached(self: "DBInstances", tx: Transaction, instance: DBInstance) -> float:
    leader = leader_of(machines_of(tx, instance))
    return (self.report(leader).restorable if leader is not None else None) or 0.0


def waits_for(key: Key, what: str, tx: Transaction) -> None:
    instance = tx.get(DBInstance, *key)
    if instance is not None and instance.status_infos != [what]:
        instance.status_infos = [what]
        tx.put(instance)


def failed(self: "DBInstances", key: Key, reason: str, tx: Transaction) -> None:
    """The engine cannot do it now; it is shown, and tried again."""
    instance = tx.get(DBInstance, *key)
    if instance is not None and instance.status_infos != [reason]:
        instance.status_infos = [reason]
        note(self.within(tx, instance.account, instance.region), instance, reason, "failure")
        tx.put(instance)


def stopped(self: "DBInstances", key: Key, tx: Transaction) -> None:
    instance = tx.get(DBInstance, *key)
    if instance is None or instance.db_instance_status != "stopping":
        return
    instance.db_instance_status = "stopped"
    instance.applied_parameters = {}
    for machine in machines_of(tx, instance):
        machine.synchronous = machine.protected = machine.served = False
        tx.put(machine)
    note(self.within(tx, instance.account, instance.region), instance, "DB instance stopped", "notification")
    tx.put(instance)


def source_serves(self: "DBInstances", instance: DBInstance) -> bool:
    """Whether what a replica is to follow has a database that it can begin with."""
    with self.store.snapshot() as tx:
        source = instance_of(tx, instance.account, instance.region, instance.source_resource_id)
        leader = leader_of(machines_of(tx, source)) if source is not None else None
    return leader is None or leader.served


def seed_replica(self: "DBInstances", instance: DBInstance, machine: DBMachine) -> None:
    """A read replica begins with a snapshot of its source's volume, taken when its own is first made."""
    with self.store.snapshot() as tx:
        source = instance_of(tx, instance.account, instance.region, instance.source_resource_id)
        leader = leader_of(machines_of(tx, source)) if source is not None else None
    if leader is not None and not machine.served:
        self.fleet.volumes.snapshot(data_volume(leader), machine.seed)


def final_snapshot(self: "DBInstances", instance: DBInstance, volume: str) -> bool:
    """Take the last snapshot of a server that has ended; True once it is there."""
    with self.store.snapshot() as tx:
        snapshot = tx.get(DBSnapshot, instance.account, instance.region, instance.final_snapshot)
    if snapshot is None or snapshot.status == "available":
        return True
    self.fleet.volumes.snapshot(volume, snapshot.engine_snapshot)
    self.store.write(partial(backups.taken, self.within, self.clock(), snapshot.key_values()))
    return True


def gone(self: "DBInstances", key: Key, tx: Transaction) -> None:
    """The end: its record goes, with its secrets and its automatic backups."""
    instance = tx.get(DBInstance, *key)
    if instance is None:
        return
    ctx = self.within(tx, instance.account, instance.region)
    (archives.retain if instance.keep_backups else archives.end)(ctx, instance)
    secret = ctx.get(DBSecret, instance.dbi_resource_id)
    if secret is not None:
        ctx.delete(secret)
    for replica in list(ctx.scan(DBInstance, instance.dbi_resource_id, index="by_source")):
        replica.source_resource_id = ""
        for machine in machines_of(tx, replica):
            machine.role = PRIMARY if machine.role == REPLICA else machine.role
            ctx.put(machine)
        ctx.put(replica)
    encryption.retire(ctx, instance)
    cluster = ctx.get(DBCluster, instance.db_cluster_identifier)
    if cluster is not None and cluster.writer == instance.dbi_resource_id:
        cluster.writer = ""
        ctx.put(cluster)
    note(ctx, instance, "DB instance deleted", "deletion")
    ctx.delete(instance)
