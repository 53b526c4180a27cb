"""Who writes in a cluster: one reader has every acknowledged commit, and takes over when the writer dies or is told to.

The rule is that of standbys: only a `protected` reader is promoted, the writer goes on without it only after its record
says otherwise, and the old writer's machine has ended before the new one leads. The old writer then begins anew as a
reader.
"""

from functools import partial
from typing import TYPE_CHECKING

from groundcloud.controllers import Outcome
from groundcloud.engines.machines.wanted import Volumes
from groundcloud.services.rds.cluster_records import DBCluster
from groundcloud.services.rds.lookup import note_cluster
from groundcloud.services.rds.parameters import wanted_values
from groundcloud.services.rds.records import FAILED, PRIMARY, DBInstance, DBMachine
from groundcloud.services.rds.standbys import dead, follows_again, lasts, waited_for
from groundcloud.services.rds.telling import instance_of, leader_of, machines_of, readers_of
from groundcloud.store import Key, Transaction

if TYPE_CHECKING:
    from groundcloud.services.rds.controller import DBInstances, Seen

_LOST, _HOPELESS = 3.0, 60.0
"""Seconds: a reader that follows no more; one that never will."""
_SILENT = 12.0

Reader = tuple[DBInstance, DBMachine]


def fail_over(self: "DBInstances", seen: "Seen") -> Outcome | None:
    """For the writer: let a reader take over when it is dead, or when that was asked for."""
    cluster, readers = _around(self, seen.instance)
    leader = seen.leader
    if cluster is None or leader is None:
        return None
    ready = next((each for each in readers if each[1].protected and self.fleet.runs(each[1])), None)
    if ready is None:
        return None
    asked = cluster.target in ("any", ready[0].dbi_resource_id)
    if not asked and not dead(self, leader):
        return None
    if not self.fleet.ended(leader, force=True):
        return Outcome(again=0.02)
    return Outcome(partial(_swap, self, cluster.key_values(), ready[0].dbi_resource_id), again=0.02)


def keep(self: "DBInstances", seen: "Seen") -> Outcome | None:
    """For the writer: have one reader that has every commit. None when all is well."""
    cluster, readers = _around(self, seen.instance)
    leader = seen.leader
    if cluster is None or leader is None or not leader.served:
        return None
    if cluster.status == "failing-over" and not cluster.target and self.agrees(leader):
        return Outcome(partial(_over, self, cluster.key_values()), again=0.1)
    if cluster.target and cluster.target not in ("any", *(each.dbi_resource_id for each, _ in readers)):
        return Outcome(partial(_give_up, cluster.key_values()), again=0.1)
    for instance, machine in readers:
        if self.report(machine).streaming:
            follows_again(machine)
        if (machine.synchronous or machine.protected) and _gone(self, cluster, instance, machine, seen.now):
            return Outcome(partial(_let_go, machine.key_values()), again=0.05)
        if not machine.synchronous and machine.served and _hopeless(self, machine, seen.now):
            return Outcome(partial(_anew, self, instance.key_values(), machine.key_values()), again=0.1)
    chosen = next((each for each in readers if each[1].synchronous), None)
    if chosen is None:
        return _choose(self, cluster, readers)
    agreed = all(self.agrees(machine) for _, machine in readers if self.fleet.runs(machine))
    if not chosen[1].protected and agreed and waited_for(self, seen.instance, leader, chosen[1]):
        return Outcome(partial(_mark, chosen[1].key_values(), "protected"), again=0.05)
    return None if chosen[1].protected else Outcome(again=0.1)


def _around(self: "DBInstances", instance: DBInstance) -> tuple[DBCluster | None, list[Reader]]:
    with self.store.snapshot() as tx:
        cluster = tx.get(DBCluster, instance.account, instance.region, instance.db_cluster_identifier)
        if cluster is None or cluster.writer != instance.dbi_resource_id:
            return None, []
        return cluster, readers_of(tx, instance)


def _choose(self: "DBInstances", cluster: DBCluster, readers: list[Reader]) -> Outcome | None:
    """The reader that was asked for, else the one of the lowest tier, among those that follow."""
    following = [
        each
        for each in readers
        if each[1].served and self.report(each[1]).streaming and self.agrees(each[1])
        and cluster.target in ("", "any", each[0].dbi_resource_id)
    ]  # fmt: skip
    if not following:
        return None
    best = min(following, key=lambda each: 1 if each[0].promotion_tier is None else each[0].promotion_tier)
    return Outcome(partial(_mark, best[1].key_values(), "synchronous"), again=0.05)


def _gone(self: "DBInstances", cluster: DBCluster, instance: DBInstance, machine: DBMachine, now: float) -> bool:
    """Whether commits are to wait for this reader no more: it is lost, it ends, or another one is to take over."""
    at, last = self.reports.last(machine.machine_id)
    if cluster.target not in ("", "any", instance.dbi_resource_id) or instance.db_instance_status == "deleting":
        return True
    if not self.fleet.runs(machine) or now - at > _SILENT:
        return True
    return bool(at) and not last.streaming and lasts(machine, now, _LOST)


def _hopeless(self: "DBInstances", machine: DBMachine, now: float) -> bool:
    at, last = self.reports.last(machine.machine_id)
    return bool(at) and last.ready and not last.streaming and lasts(machine, now, _HOPELESS)


# -- what outlives the instances


def keep_data(self: "DBInstances", instance: DBInstance, volume: str) -> None:
    """Keep what the last instance leaves, once its server has ended: the next first instance begins with it."""
    with self.store.snapshot() as tx:
        cluster = tx.get(DBCluster, instance.account, instance.region, instance.db_cluster_identifier)
    if cluster is None or cluster.writer != instance.dbi_resource_id:
        return
    seed = f"rds-kept-{instance.dbi_resource_id}".lower()
    self.fleet.volumes.snapshot(volume, seed)
    self.store.write(partial(_kept, cluster.key_values(), seed, instance.allocated_storage))
    if cluster.seed not in ("", seed):
        self.fleet.volumes.delete_snapshot(cluster.seed)


def _kept(key: Key, seed: str, storage: int, tx: Transaction) -> None:
    cluster = tx.get(DBCluster, *key)
    if cluster is not None:
        cluster.seed, cluster.storage = seed, storage
        tx.put(cluster)


class DBClusters:
    """The controller of clusters: what is left of one that is deleted goes."""

    name = "rds.clusters"
    kind = DBCluster

    def __init__(self, volumes: Volumes) -> None:
        self._volumes = volumes

    def reconcile(self, key: Key, wanted: DBCluster | None) -> Outcome:
        if wanted is None or wanted.status != "deleting":
            return Outcome()
        if wanted.seed:
            self._volumes.delete_snapshot(wanted.seed)
        return Outcome(partial(_gone_for_good, key))


def _gone_for_good(key: Key, tx: Transaction) -> None:
    cluster = tx.get(DBCluster, *key)
    if cluster is not None and cluster.status == "deleting":
        tx.delete(cluster)


# -- what is written down


def _instance(tx: Transaction, cluster: DBCluster, resource_id: str) -> DBInstance | None:
    return instance_of(tx, cluster.account, cluster.region, resource_id)


def _mark(key: Key, what: str, tx: Transaction) -> None:
    machine = tx.get(DBMachine, *key)
    if machine is not None and machine.role != FAILED:
        machine.synchronous = True
        machine.protected = machine.protected or what == "protected"
        tx.put(machine)


def _give_up(key: Key, tx: Transaction) -> None:
    """Who was to write next is gone."""
    cluster = tx.get(DBCluster, *key)
    if cluster is not None:
        cluster.target, cluster.status = "", "available"
        tx.put(cluster)


def _let_go(key: Key, tx: Transaction) -> None:
    machine = tx.get(DBMachine, *key)
    if machine is not None:
        machine.synchronous = machine.protected = False
        tx.put(machine)


def _swap(self: "DBInstances", key: Key, target_id: str, tx: Transaction) -> None:
    """The reader writes, the others follow it, and the old writer begins anew."""
    cluster = tx.get(DBCluster, *key)
    old = _instance(tx, cluster, cluster.writer) if cluster is not None else None
    new = _instance(tx, cluster, target_id) if cluster is not None else None
    machine = leader_of(machines_of(tx, new)) if new is not None else None
    if cluster is None or old is None or new is None or machine is None or not machine.protected:
        return
    ctx = self.within(tx, cluster.account, cluster.region)
    note_cluster(ctx, cluster, f"Started failover to DB instance: {new.db_instance_identifier}", "failover")
    for reader, _ in readers_of(tx, old):
        if reader.dbi_resource_id != target_id:
            reader.source_resource_id = target_id
            tx.put(reader)
    former = leader_of(machines_of(tx, old))
    new.source_resource_id = ""
    new.applied_parameters = new.applied_parameters or dict(wanted_values(tx, new))
    machine.role = PRIMARY
    machine.synchronous = machine.protected = machine.served = False
    old.source_resource_id = target_id
    cluster.writer, cluster.target, cluster.status = target_id, "", "failing-over"
    for record in (machine, new, cluster):
        tx.put(record)
    if former is not None:
        _begin_anew(self, tx, old, former, new)


def _anew(self: "DBInstances", key: Key, machine_key: Key, tx: Transaction) -> None:
    """A reader that cannot follow gets another machine."""
    instance, machine = tx.get(DBInstance, *key), tx.get(DBMachine, *machine_key)
    source = (
        instance_of(tx, instance.account, instance.region, instance.source_resource_id)
        if instance is not None
        else None
    )
    if instance is not None and machine is not None and source is not None:
        _begin_anew(self, tx, instance, machine, source)


def _begin_anew(
    self: "DBInstances", tx: Transaction, instance: DBInstance, machine: DBMachine, source: DBInstance
) -> None:
    """It gets another machine, with the data of the one that it follows."""
    instance.allocated_storage = max(instance.allocated_storage, source.allocated_storage)
    ctx = self.within(tx, instance.account, instance.region)
    machine.role = FAILED
    machine.synchronous = machine.protected = False
    instance.seed = ctx.new_id("rds-replica")
    instance.applied_parameters = {}
    if instance.db_instance_status == "available":
        instance.db_instance_status = "rebooting"
    tx.put(machine)
    tx.put(instance)


def _over(self: "DBInstances", key: Key, tx: Transaction) -> None:
    cluster = tx.get(DBCluster, *key)
    writer = _instance(tx, cluster, cluster.writer) if cluster is not None else None
    if cluster is None or writer is None or cluster.status != "failing-over":
        return
    cluster.status = "available"
    ctx = self.within(tx, cluster.account, cluster.region)
    note_cluster(ctx, cluster, f"Completed failover to DB instance: {writer.db_instance_identifier}", "failover")
    tx.put(cluster)
