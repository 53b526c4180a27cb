"""The archive of logs of each instance: how far it reaches, and what of it is not needed any more.

What is in it comes from the machines themselves (`fronts/database_logs.py`).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from groundcloud.context import Context
from groundcloud.controllers import Outcome
from groundcloud.engines.objects import Objects
from groundcloud.services.rds.backup_records import DBAutomatedBackup, DBLog
from groundcloud.services.rds.records import PRIMARY, DBInstance, DBSecret, DBSnapshot
from groundcloud.services.rds.telling import instance_of
from groundcloud.store import Key, Store, Transaction

if TYPE_CHECKING:
    from groundcloud.services.rds.controller import DBInstances, Seen

_AT_ONCE = 200
_AGAIN = 600.0


def named_by_a_log(tx: Transaction, blob: str) -> bool:
    """Whether a file of the object engine has a log's bytes."""
    return tx.exists(DBLog, blob, index="by_blob")


def window(backup: DBAutomatedBackup | None) -> tuple[datetime, datetime] | None:
    """From when to when an instance can be restored; None while it cannot."""
    if backup is None or backup.earliest is None or backup.latest < backup.earliest or backup.status == "deleting":
        return None
    return backup.earliest, backup.latest


# -- while the instance is there


def ready(instance: DBInstance, restorable: float | None) -> bool:
    """Whether a first backup makes sense: the machine has shown that logs arrive, or knows nothing of logs."""
    return not instance.backup_retention_period or restorable is None or restorable > 0


def keep(self: "DBInstances", seen: "Seen") -> Outcome | None:
    """Note how far the archive reaches, by the words of the machine that serves; None when that is no news."""
    instance, leader = seen.instance, seen.leader
    if not instance.backup_retention_period or leader is None or leader.role != PRIMARY:
        return None
    reached = self.report(leader).restorable
    if not reached:
        return None
    with self.store.snapshot() as tx:
        known = tx.get(DBAutomatedBackup, instance.account, instance.region, instance.dbi_resource_id)
    if known is not None and (known.status != "active" or known.latest.timestamp() >= reached - 0.001):
        return None
    latest = datetime.fromtimestamp(reached, UTC)
    return Outcome(partial(_reach, self, instance.key_values(), latest), again=0.1)


def _reach(self: "DBInstances", key: Key, latest: datetime, tx: Transaction) -> None:
    instance = tx.get(DBInstance, *key)
    if instance is None or not instance.backup_retention_period:
        return
    begin(self.within(tx, instance.account, instance.region), instance, latest)


def begin(ctx: Context, instance: DBInstance, latest: datetime) -> None:
    """Have the record of an archive that reaches up to a moment."""
    backup = ctx.get(DBAutomatedBackup, instance.dbi_resource_id)
    if backup is None:
        backup = DBAutomatedBackup(
            ctx.account, ctx.region, instance.dbi_resource_id, instance.db_instance_identifier,
            f"ab-{ctx.random_text('abcdefghijklmnopqrstuvwxyz234567', 39)}", ctx.world.clock(), latest,
        )  # fmt: skip
    if backup.status == "active":
        backup.latest = max(backup.latest, latest)
        backup.db_instance_identifier = instance.db_instance_identifier
        ctx.put(backup)


def based(ctx: Context, snapshot: DBSnapshot) -> None:
    """An automated snapshot is there, with which a restore can begin."""
    backup = ctx.get(DBAutomatedBackup, snapshot.dbi_resource_id)
    if backup is not None and backup.earliest is None and snapshot.snapshot_database_time is not None:
        backup.earliest = snapshot.snapshot_database_time
        ctx.put(backup)


def end(ctx: Context, instance: DBInstance) -> None:
    """Automated backups are turned off, or their instance goes without them: nothing of them stays."""
    backup = ctx.get(DBAutomatedBackup, instance.dbi_resource_id)
    if backup is not None:
        expire(ctx.tx, backup)
    _forget_snapshots(ctx.tx, instance.account, instance.region, instance.dbi_resource_id)


def retain(ctx: Context, instance: DBInstance) -> None:
    """The instance goes, and its automated backups stay until they are too old."""
    backup = ctx.get(DBAutomatedBackup, instance.dbi_resource_id)
    secret = ctx.get(DBSecret, instance.dbi_resource_id)
    if backup is not None and secret is not None and backup.status == "active":
        backup.status, backup.kept, backup.secrets = "retained", instance, secret.sealed
        ctx.put(backup)


def _automated(tx: Transaction, account: str, region: str, resource_id: str) -> list[DBSnapshot]:
    """The automated snapshots of an instance that are there, the oldest first."""
    found = tx.scan(DBSnapshot, account, region, resource_id, index="by_instance")
    alive = [each for each in found if each.snapshot_type == "automated" and each.status != "deleting"]
    return sorted(alive, key=lambda each: each.snapshot_create_time)


def _forget_snapshots(tx: Transaction, account: str, region: str, resource_id: str) -> None:
    for snapshot in _automated(tx, account, region, resource_id):
        snapshot.status = "deleting"
        tx.put(snapshot)


# -- what is too old


class DBBackups:
    """The controller of archives: removes what no restore needs any more."""

    name = "rds.backups"
    kind = DBAutomatedBackup

    def __init__(self, store: Store, objects: Objects, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._objects = objects
        self._clock = clock

    def reconcile(self, key: Key, wanted: DBAutomatedBackup | None) -> Outcome:
        if wanted is None:
            return Outcome()
        with self._store.snapshot() as tx:
            restores = tx.exists(DBInstance, *key, index="by_restore")
            snapshots = _automated(tx, wanted.account, wanted.region, wanted.dbi_resource_id)
            instance = instance_of(tx, wanted.account, wanted.region, wanted.dbi_resource_id) or wanted.kept
        if restores:
            return Outcome(again=5.0)  # it reads what might be too old
        if wanted.status == "deleting":
            return self._remove(wanted, None)
        if instance is None:
            return Outcome(again=_AGAIN)
        limit = self._clock() - timedelta(days=instance.backup_retention_period)
        old = [each for each, after in pairwise(snapshots) if _there(after) < limit]
        if wanted.status == "retained" and wanted.latest < limit:
            return Outcome(partial(_expire, key), again=0.1)
        if old:
            return Outcome(partial(_forget, key, [each.key_values() for each in old]), again=0.1)
        needed = min((each.snapshot_create_time for each in snapshots), default=wanted.since)
        return self._remove(wanted, needed)

    def _remove(self, backup: DBAutomatedBackup, before: datetime | None) -> Outcome:
        """Some of the logs that were closed before a moment, or of all; then the record itself."""
        scope = (backup.account, backup.region, backup.dbi_resource_id)
        limit = int(before.timestamp() * 1e6) if before is not None else 1 << 62
        found: list[DBLog] = []
        with self._store.snapshot() as tx:
            for log in tx.scan(DBLog, *scope, index="by_time"):
                if log.archived >= limit or len(found) == _AT_ONCE:
                    break
                if before is None or (log.closed < limit and not log.name.endswith(".history")):
                    found.append(log)
        if not found:
            return Outcome(partial(_gone, scope)) if before is None else Outcome(again=_AGAIN)
        self._objects.remove([each.blob for each in found])
        return Outcome(partial(_removed, [each.key_values() for each in found]), again=0.05)


def _there(snapshot: DBSnapshot) -> datetime:
    return snapshot.snapshot_database_time or snapshot.snapshot_create_time


def expire(tx: Transaction, backup: DBAutomatedBackup) -> None:
    """Have all of it removed."""
    backup.status = "deleting"
    tx.put(backup)
    _forget_snapshots(tx, backup.account, backup.region, backup.dbi_resource_id)


def _expire(key: Key, tx: Transaction) -> None:
    backup = tx.get(DBAutomatedBackup, *key)
    if backup is not None and backup.status == "retained":
        expire(tx, backup)


def _forget(key: Key, snapshots: list[Key], tx: Transaction) -> None:
    """Snapshots that are too old; a restore begins with the first one that is left."""
    for each in snapshots:
        snapshot = tx.get(DBSnapshot, *each)
        if snapshot is not None:
            snapshot.status = "deleting"
            tx.put(snapshot)
    backup = tx.get(DBAutomatedBackup, *key)
    if backup is not None:
        left = _automated(tx, backup.account, backup.region, backup.dbi_resource_id)
        backup.earliest = min((_there(each) for each in left if each.status == "available"), default=None)
        tx.put(backup)


def _removed(logs: list[Key], tx: Transaction) -> None:
    for each in logs:
        log = tx.get(DBLog, *each)
        if log is not None:
            tx.delete(log)


def _gone(key: Key, tx: Transaction) -> None:
    backup = tx.get(DBAutomatedBackup, *key)
    if backup is not None and backup.status == "deleting":
        tx.delete(backup)
