"""Backups: the daily snapshots of each instance, those that are too old, and the controller that takes snapshots."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from groundcloud.context import Context
from groundcloud.controllers import Outcome
from groundcloud.services.rds import archives, encryption
from groundcloud.services.rds.fleet import Fleet, data_volume
from groundcloud.services.rds.lookup import note, note_event
from groundcloud.services.rds.records import DBInstance, DBSnapshot
from groundcloud.services.rds.snapshots import new_snapshot
from groundcloud.services.rds.telling import instance_of, leader_of, machines_of
from groundcloud.store import Key, Store, Transaction

if TYPE_CHECKING:
    from groundcloud.services.rds.controller import DBInstances

_DAY = timedelta(hours=20)
"""A backup that is younger than this was today's."""

Within = Callable[[Transaction, str, str], Context]


def begin(ctx: Context, instance: DBInstance) -> None:
    """Ask for an automatic backup."""
    moment = ctx.now()
    name = f"rds:{instance.db_instance_identifier}-{moment:%Y-%m-%d-%H-%M}"
    if not ctx.exists(DBSnapshot, name):
        ctx.put(new_snapshot(ctx, instance, name, "automated"))
    instance.latest_backup = moment
    note(ctx, instance, "Backing up DB instance", "backup")


def daily(self: "DBInstances", instance: DBInstance, restorable: float | None) -> Outcome | None:
    """Once in each backup window, and as soon as logs arrive; None when there is nothing to do."""
    if not archives.ready(instance, restorable):
        return None
    if not instance.backup_retention_period or instance.db_instance_status != "available":
        return None
    now = self.clock()
    if instance.latest_backup is not None and now - instance.latest_backup < _DAY:
        return None
    if instance.latest_backup is not None and not _within(instance.preferred_backup_window, now):
        return None
    return Outcome(partial(_back_up, self.within, instance.key_values()), again=0.1)


def _within(window: str, now: datetime) -> bool:
    begins, _, ends = window.partition("-")
    time = f"{now:%H:%M}"
    return begins <= time < ends if begins < ends else time >= begins or time < ends


def _back_up(within: Within, key: Key, tx: Transaction) -> None:
    instance = tx.get(DBInstance, *key)
    if instance is None or instance.db_instance_status != "available":
        return
    ctx = within(tx, instance.account, instance.region)
    begin(ctx, instance)
    instance.db_instance_status = "backing-up"
    tx.put(instance)


class DBSnapshots:
    """The controller of snapshots."""

    name = "rds.snapshots"
    kind = DBSnapshot

    def __init__(self, store: Store, fleet: Fleet, within: Within, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._fleet = fleet
        self._within = within
        self._clock = clock

    def reconcile(self, key: Key, wanted: DBSnapshot | None) -> Outcome:
        if wanted is None or wanted.status not in ("creating", "deleting"):
            return Outcome()
        if wanted.status == "deleting":
            return self._delete(wanted)
        if wanted.copy_of:
            return self._copy(wanted)
        with self._store.snapshot() as tx:
            instance = instance_of(tx, wanted.account, wanted.region, wanted.dbi_resource_id)
            leader = leader_of(machines_of(tx, instance)) if instance is not None else None
        if instance is None or leader is None:
            return Outcome(partial(_mark, key, "failed"))
        if instance.db_instance_status in ("deleting", "stopping"):
            return Outcome(again=0.5)  # the final one is taken once the server has ended
        self._fleet.volumes.snapshot(data_volume(leader), wanted.engine_snapshot)
        return Outcome(partial(taken, self._within, self._clock(), key))

    def _copy(self, wanted: DBSnapshot) -> Outcome:
        """Encrypt its bytes anew, through a volume that only the copy sees."""
        between, volumes = f"copy-{wanted.engine_snapshot}", self._fleet.volumes
        try:
            with self._store.snapshot() as tx:
                ctx = self._within(tx, wanted.account, wanted.region)
                seal = encryption.opened(ctx, wanted.region, wanted.data_key, wanted.source_key)
        except encryption.KeyNotUsable:
            return Outcome(partial(_mark, wanted.key_values(), "failed"))
        volumes.create(between, wanted.allocated_storage, wanted.copy_of, seal)
        volumes.snapshot(between, wanted.engine_snapshot)
        volumes.delete(between)
        return Outcome(partial(taken, self._within, self._clock(), wanted.key_values()))

    def _delete(self, snapshot: DBSnapshot) -> Outcome:
        with self._store.snapshot() as tx:
            others = list(tx.scan(DBSnapshot, snapshot.engine_snapshot, index="by_bytes"))
            scope = (snapshot.account, snapshot.region, snapshot.dbi_resource_id)
            restores = tx.exists(DBInstance, *scope, index="by_restore")
            restores = restores or tx.exists(DBSnapshot, snapshot.engine_snapshot, index="by_copy")
        if restores:
            return Outcome(again=2.0)  # a restore may be about to begin with it
        if len(others) < 2:
            self._fleet.volumes.delete_snapshot(snapshot.engine_snapshot)
        return Outcome(partial(_forget, snapshot.key_values()))


def taken(within: Within, now: datetime, key: Key, tx: Transaction) -> None:
    """A snapshot is there. What it has was committed before `now`."""
    snapshot = tx.get(DBSnapshot, *key)
    if snapshot is None or snapshot.status != "creating":
        return
    snapshot.status = "available"
    snapshot.snapshot_database_time = now if not snapshot.copy_of else snapshot.snapshot_database_time
    ctx = within(tx, snapshot.account, snapshot.region)
    if snapshot.copy_of:
        encryption.retire(ctx, snapshot)
        snapshot.copy_of, snapshot.source_key = "", None
    tx.put(snapshot)
    automatic = snapshot.snapshot_type == "automated"
    if automatic:
        archives.based(ctx, snapshot)
    text = f"{'Automated' if automatic else 'Manual'} snapshot created"
    note_event(ctx, snapshot.db_snapshot_identifier, "db-snapshot", snapshot.arn, text, ["creation"])
    instance = instance_of(tx, snapshot.account, snapshot.region, snapshot.dbi_resource_id)
    if automatic and instance is not None and instance.db_instance_status == "backing-up":
        instance.db_instance_status = "available"
        note(ctx, instance, "Finished DB Instance backup", "backup")
        tx.put(instance)


def _mark(key: Key, status: str, tx: Transaction) -> None:
    snapshot = tx.get(DBSnapshot, *key)
    if snapshot is not None:
        snapshot.status = status
        tx.put(snapshot)


def _forget(key: Key, tx: Transaction) -> None:
    snapshot = tx.get(DBSnapshot, *key)
    if snapshot is not None and snapshot.status == "deleting":
        tx.delete(snapshot)
