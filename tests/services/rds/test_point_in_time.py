"""Automated backups and restores to a moment, as calls see them. What machines do is in tests/machines/test_rds.py."""

from datetime import timedelta

import pytest

from groundcloud.engines.machines.wanted import State
from groundcloud.services.rds.archives import DBBackups
from groundcloud.services.rds.backup_records import DBAutomatedBackup, DBLog
from groundcloud.services.rds.backups import DBSnapshots
from groundcloud.services.rds.controller import DBInstances
from groundcloud.services.rds.records import PRIMARY, DBInstance, DBMachine, DBSnapshot
from groundcloud.services.rds.reports import Reports
from groundcloud.services.rds.telling import told
from tests.services.rds.test_instances import refused


class Fleet:
    """Machines that run, and volumes of which snapshots are noted."""

    def __init__(self):
        self.volumes = self
        self.taken = []

    def state(self, machine):
        return State(machine.machine_id, True)

    def runs(self, machine):
        return True

    def clear(self, machine):
        return True

    def snapshot(self, volume, snapshot):
        self.taken.append(snapshot)

    def delete_snapshot(self, snapshot):
        self.taken.remove(snapshot)


class Interfaces:
    def remove(self, *arguments):
        pass


class Objects:
    """An engine for bytes that notes what it was told to remove."""

    def __init__(self):
        self.removed = []

    def remove(self, blobs):
        self.removed += blobs


class Machine:
    """An instance's machine that agrees with all that it is told, and the controllers that look at it."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.fleet, self.reports, self.objects = Fleet(), Reports(), Objects()
        world, within = cloud.cloud.world, cloud.cloud.within_rds
        self.instances = DBInstances(
            cloud.store, self.fleet, self.reports, Interfaces(), world.sealer, cloud.clock, within,
            lambda name: ("certificate", "key"), lambda: "",
        )  # fmt: skip
        self.snapshots = DBSnapshots(cloud.store, self.fleet, within, cloud.clock)
        self.backups = DBBackups(cloud.store, self.objects, cloud.clock)

    def put(self, name="shop"):
        def work(tx):
            instance = tx.get(DBInstance, self.cloud.account, "us-east-1", name)
            tx.put(
                DBMachine(
                    self.cloud.account, "us-east-1", "db-one", instance.dbi_resource_id, PRIMARY, "us-east-1a",
                    "subnet-1", instance.vpc_id, "eni-1", "10.0.0.5", public_address="198.18.0.9",
                    groups=instance.groups, db_instance_class=instance.db_instance_class,
                    size=instance.allocated_storage,
                )
            )  # fmt: skip

        self.cloud.store.write(work)

    def says(self, restorable):
        """That it serves as it was told, and how far its archive reaches."""
        with self.cloud.store.snapshot() as tx:
            machine = tx.get(DBMachine, self.cloud.account, "us-east-1", "db-one")
            content = told(tx, self.cloud.cloud.world.sealer, machine, "")
        report = {
            "machine": "db-one", "ready": True, "settled": True, "role": "primary", "restarts": 1,
            "applied": content["version"] if content else "", "restorable": restorable, "size": 20 << 30,
            "free": 19 << 30,
        }  # fmt: skip
        self.reports.put("db-one", self.cloud.clock().timestamp(), report)

    def look(self, restorable=None, times=6):
        """Let the controllers look; the machine has archived all up to now, unless it is said otherwise."""
        for _ in range(times):
            with self.cloud.store.snapshot() as tx:
                found = [*tx.scan(DBInstance), *tx.scan(DBSnapshot), *tx.scan(DBAutomatedBackup)]
                alive = any(tx.scan(DBMachine))
            if alive:
                self.says(self.cloud.clock().timestamp() if restorable is None else restorable)
            kinds = {DBInstance: self.instances, DBSnapshot: self.snapshots, DBAutomatedBackup: self.backups}
            for record in found:
                outcome = kinds[type(record)].reconcile(record.key_values(), record)
                if outcome.write is not None:
                    self.cloud.store.write(outcome.write)

    def archive(self, name, closed):
        def work(tx):
            instance = next(tx.scan(DBAutomatedBackup))
            moment = int(closed.timestamp() * 1e6)
            scope = (instance.account, instance.region, instance.dbi_resource_id)
            tx.put(DBLog(*scope, name, moment, moment, moment, f"blob-{name}", b"", 1, 1))

        self.cloud.store.write(work)

    def archived(self):
        with self.cloud.store.snapshot() as tx:
            return [each.name for each in tx.scan(DBLog)]


@pytest.fixture()
def machine(cloud, create):
    """An instance that serves and whose backups are kept for two days; a day and some has gone by."""
    create(BackupRetentionPeriod=2, PreferredBackupWindow="00:00-23:59")
    made = Machine(cloud)
    made.put()
    made.look()
    cloud.clock.advance(seconds=30)
    made.look()
    return made


def seen(rds, name="shop"):
    return rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]


def automated(rds):
    return rds.describe_db_snapshots(SnapshotType="automated")["DBSnapshots"]


def restore(rds, **more):
    asked = {"SourceDBInstanceIdentifier": "shop", "TargetDBInstanceIdentifier": "then"}
    asked |= {} if "RestoreTime" in more else {"UseLatestRestorableTime": True}
    return rds.restore_db_instance_to_point_in_time(**asked | more)["DBInstance"]


def test_a_new_instance_is_backed_up_once_its_logs_arrive(cloud, rds, create):
    create(BackupRetentionPeriod=1)
    machine = Machine(cloud)
    machine.put()
    machine.look(restorable=0.0)
    assert seen(rds)["DBInstanceStatus"] == "creating"
    machine.look()
    assert seen(rds)["DBInstanceStatus"] == "available"
    assert [each["DBSnapshotIdentifier"][:9] for each in automated(rds)] == ["rds:shop-"]
    assert len(machine.fleet.taken) == 1


def test_what_can_be_restored_reaches_as_far_as_the_machine_says(cloud, rds, machine):
    latest = seen(rds)["LatestRestorableTime"]
    assert latest == cloud.clock()
    cloud.clock.advance(minutes=2)
    machine.look()
    assert seen(rds)["LatestRestorableTime"] - latest == timedelta(minutes=2)
    backup = rds.describe_db_instance_automated_backups(DBInstanceIdentifier="shop")["DBInstanceAutomatedBackups"][0]
    assert backup["Status"] == "active"
    assert backup["DBInstanceAutomatedBackupsArn"].partition(":auto-backup:ab-")[1]
    assert backup["RestoreWindow"] == {
        "EarliestTime": automated(rds)[0]["SnapshotDatabaseTime"], "LatestTime": cloud.clock(),
    }  # fmt: skip


def test_a_restore_begins_with_the_last_snapshot_before_the_moment(cloud, rds, machine):
    cloud.clock.advance(minutes=5)
    machine.look()
    moment = cloud.clock()
    cloud.clock.advance(minutes=5)
    rds.create_db_snapshot(DBSnapshotIdentifier="later", DBInstanceIdentifier="shop")
    machine.look()
    made = restore(rds, RestoreTime=moment)
    assert (made["DBInstanceStatus"], made["Engine"], made["MasterUsername"]) == ("creating", "postgres", "lab")
    assert (made["DBInstanceClass"], made["AllocatedStorage"], made["BackupRetentionPeriod"]) == ("db.t3.micro", 20, 2)
    restore(rds, TargetDBInstanceIdentifier="now")
    with cloud.store.snapshot() as tx:
        first, second = (tx.get(DBInstance, cloud.account, "us-east-1", each) for each in ("then", "now"))
        snapshots = {each.engine_snapshot: each.db_snapshot_identifier for each in tx.scan(DBSnapshot)}
    assert snapshots[first.seed].startswith("rds:shop-")
    assert snapshots[second.seed] == "later"
    assert first.restore_time == moment


@pytest.mark.parametrize("seconds", [-3600, 1])
def test_a_moment_outside_the_window_is_refused_with_the_window(cloud, rds, machine, seconds):
    with refused(rds, "InvalidParameterValue", "later than .* or earlier than"):
        restore(rds, RestoreTime=cloud.clock() + timedelta(seconds=seconds))


def test_one_moment_and_one_source_must_be_named(cloud, rds, machine):
    with refused(rds, "InvalidParameterCombination"):
        restore(rds, RestoreTime=cloud.clock(), UseLatestRestorableTime=True)
    with refused(rds, "InvalidParameterCombination"):
        restore(rds, UseLatestRestorableTime=False)
    with refused(rds, "InvalidParameterCombination"):
        restore(rds, SourceDbiResourceId="db-X")
    with refused(rds, "DBInstanceNotFound"):
        restore(rds, SourceDBInstanceIdentifier="nothing")
    with refused(rds, "DBInstanceAlreadyExists"):
        restore(rds, TargetDBInstanceIdentifier="shop")
    with refused(rds, "InvalidRestoreFault"):
        restore(rds, AllocatedStorage=5)


def test_an_instance_without_backups_cannot_be_restored_to_a_moment(rds, create, becomes):
    create(BackupRetentionPeriod=0)
    becomes("available")
    with refused(rds, "PointInTimeRestoreNotEnabled"):
        restore(rds)
    assert "LatestRestorableTime" not in seen(rds)


def test_backups_end_when_the_retention_period_becomes_nothing(rds, machine):
    machine.archive("000000010000000000000001", machine.cloud.clock())
    rds.modify_db_instance(DBInstanceIdentifier="shop", BackupRetentionPeriod=0, ApplyImmediately=True)
    with refused(rds, "PointInTimeRestoreNotEnabled"):
        restore(rds)
    machine.look()
    assert (automated(rds), machine.archived(), machine.fleet.taken) == ([], [], [])
    assert machine.objects.removed == ["blob-000000010000000000000001"]
    assert rds.describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"] == []


def test_each_day_has_a_backup_and_old_ones_go_with_the_logs_that_only_they_need(cloud, rds, machine):
    for day in range(5):
        machine.archive(f"00000001000000000000000{day}", cloud.clock())
        machine.archive(f"0000000{day + 2}.history", cloud.clock())
        cloud.clock.advance(hours=23)
        machine.look(times=8)
    now = cloud.clock()
    cloud.clock.advance(hours=-5 * 23)  # botocore signs by the clock on the wall
    found = automated(rds)
    assert len(found) == 4
    oldest = min(each["SnapshotDatabaseTime"] for each in found)
    assert now - oldest >= timedelta(days=2)  # so that all of the period can be restored
    assert rds.describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"][0]["RestoreWindow"][
        "EarliestTime"
    ] == oldest  # fmt: skip
    segments = [each for each in machine.archived() if not each.endswith(".history")]
    assert segments == [f"00000001000000000000000{day}" for day in (2, 3, 4)]
    assert len(machine.archived()) == 3 + 5
    assert len(machine.fleet.taken) == 4


def test_backups_outlive_their_instance_where_that_is_asked_for(cloud, rds, machine):
    resource_id = seen(rds)["DbiResourceId"]
    latest = seen(rds)["LatestRestorableTime"]
    rds.delete_db_instance(DBInstanceIdentifier="shop", SkipFinalSnapshot=True, DeleteAutomatedBackups=False)
    machine.look()
    backup = rds.describe_db_instance_automated_backups(DbiResourceId=resource_id)["DBInstanceAutomatedBackups"][0]
    assert (backup["Status"], backup["DBInstanceIdentifier"]) == ("retained", "shop")
    with refused(rds, "DBInstanceNotFound"):
        restore(rds)
    arn = backup["DBInstanceAutomatedBackupsArn"]
    made = rds.restore_db_instance_to_point_in_time(
        SourceDBInstanceAutomatedBackupsArn=arn, TargetDBInstanceIdentifier="then", UseLatestRestorableTime=True
    )["DBInstance"]
    assert made["MasterUsername"] == "lab"
    with cloud.store.snapshot() as tx:
        assert tx.get(DBInstance, cloud.account, "us-east-1", "then").restore_time == latest
    rds.delete_db_instance(DBInstanceIdentifier="then", SkipFinalSnapshot=True)
    machine.look()
    assert rds.delete_db_instance_automated_backup(DbiResourceId=resource_id)["DBInstanceAutomatedBackup"][
        "Status"
    ] == "deleting"  # fmt: skip
    machine.look()
    with refused(rds, "DBInstanceAutomatedBackupNotFound"):
        rds.describe_db_instance_automated_backups(DbiResourceId=resource_id)
    assert machine.fleet.taken == []


def test_retained_backups_go_when_they_are_too_old(cloud, rds, machine):
    rds.delete_db_instance(DBInstanceIdentifier="shop", SkipFinalSnapshot=True, DeleteAutomatedBackups=False)
    machine.look()
    cloud.clock.advance(days=3)
    machine.look()
    cloud.clock.advance(days=-3)  # botocore signs by the clock on the wall
    assert rds.describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"] == []
    assert (automated(rds), machine.fleet.taken) == ([], [])


def test_an_instance_takes_its_backups_with_it_by_default(rds, machine):
    rds.delete_db_instance(DBInstanceIdentifier="shop", SkipFinalSnapshot=True)
    machine.look()
    assert rds.describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"] == []
    assert (automated(rds), machine.fleet.taken) == ([], [])


def test_the_backup_of_an_instance_that_is_there_is_not_deleted_alone(rds, machine):
    with refused(rds, "InvalidDBInstanceAutomatedBackupState"):
        rds.delete_db_instance_automated_backup(DbiResourceId=seen(rds)["DbiResourceId"])


def test_nothing_is_removed_while_a_restore_reads_it(cloud, rds, machine):
    machine.archive("000000010000000000000001", cloud.clock())
    restore(rds)
    rds.modify_db_instance(DBInstanceIdentifier="shop", BackupRetentionPeriod=0, ApplyImmediately=True)
    with cloud.store.snapshot() as tx:
        wanted = next(tx.scan(DBAutomatedBackup))
        snapshot = next(tx.scan(DBSnapshot))
    assert machine.backups.reconcile(wanted.key_values(), wanted).write is None
    assert machine.snapshots.reconcile(snapshot.key_values(), snapshot).write is None
    assert machine.archived() == ["000000010000000000000001"]
