"""Who writes in a cluster, and what a full volume or a dead machine makes of an instance, on machines that are only
said to be there."""

import pytest

from groundcloud.services.rds.controller import DBInstances
from groundcloud.services.rds.records import FAILED, PRIMARY, REPLICA, DBInstance, DBMachine
from groundcloud.services.rds.reports import Reports
from groundcloud.services.rds.telling import told
from tests.services.rds.test_failover import Fleet

GIB = 1024**3


class Ground:
    """Instances on machines that run, or not, and say what a test lets them say."""

    def __init__(self, cloud):
        self.cloud = cloud
        self.fleet, self.reports = Fleet(), Reports()
        self.fleet.alive = set()
        self.controller = DBInstances(
            cloud.store, self.fleet, self.reports, None, cloud.cloud.world.sealer, cloud.clock,
            cloud.cloud.within_rds, lambda names: ("certificate", "key"), lambda: "",
        )  # fmt: skip

    def instance(self, name):
        with self.cloud.store.snapshot() as tx:
            return tx.get(DBInstance, self.cloud.account, "us-east-1", name)

    def machine(self, name):
        with self.cloud.store.snapshot() as tx:
            return tx.get(DBMachine, self.cloud.account, "us-east-1", f"db-{name}")

    def place(self, name, **fields):
        instance = self.instance(name)
        role = REPLICA if instance.source_resource_id else PRIMARY
        machine = DBMachine(
            self.cloud.account, "us-east-1", f"db-{name}", instance.dbi_resource_id, role, "us-east-1a", "subnet-1",
            instance.vpc_id, f"eni-{name}", f"10.0.0.{len(self.fleet.alive) + 5}", public_address="198.18.0.9",
            groups=instance.groups, served=True, db_instance_class=instance.db_instance_class,
            size=instance.allocated_storage, **fields,
        )  # fmt: skip
        self.fleet.alive.add(f"db-{name}")

        def work(tx):
            found = tx.get(DBInstance, self.cloud.account, "us-east-1", name)
            found.publicly_accessible = True
            tx.put(found)
            tx.put(machine)

        self.cloud.store.write(work)

    def says(self, name, **more):
        """The machine has made so what it is told, and is well."""
        with self.cloud.store.snapshot() as tx:
            content = told(tx, self.cloud.cloud.world.sealer, self.machine(name), "")
        report = {
            "machine": f"db-{name}", "ready": True, "settled": True, "role": "primary", "restarts": 1,
            "applied": content["version"] if content else "", "size": 20 * GIB, "free": 19 * GIB, **more,
        }  # fmt: skip
        self.reports.put(f"db-{name}", self.cloud.clock().timestamp(), report)

    def look(self, name, times=1):
        for _ in range(times):
            wanted = self.instance(name)
            outcome = self.controller.reconcile(wanted.key_values(), wanted)
            if outcome.write is not None:
                self.cloud.store.write(outcome.write)


@pytest.fixture()
def ground(cloud):
    return Ground(cloud)


@pytest.fixture()
def cluster(cloud, rds, becomes, ground):
    """A cluster of one that writes and two that read."""
    rds.create_db_cluster(
        DBClusterIdentifier="sales", Engine="aurora-postgresql", MasterUsername="lab", MasterUserPassword="not-secret"
    )
    for number, name in enumerate(("one", "two", "three")):
        rds.create_db_instance(
            DBInstanceIdentifier=name, DBClusterIdentifier="sales", Engine="aurora-postgresql",
            DBInstanceClass="db.r6g.large", PromotionTier=number,
        )  # fmt: skip
        becomes("available", name)
        ground.place(name)
    ground.look("one", 2)  # certificates
    ground.look("two")
    ground.look("three")

    def well(**followers):
        ground.says("one", followers=followers)
        for name in ("two", "three"):
            ground.says(name, role="standby", streaming=True)

    well()
    return well


def writer(rds):
    members = rds.describe_db_clusters(DBClusterIdentifier="sales")["DBClusters"][0]["DBClusterMembers"]
    return next(each["DBInstanceIdentifier"] for each in members if each["IsClusterWriter"])


def test_the_reader_of_the_lowest_tier_is_waited_for_and_protected_once_the_writer_says_so(ground, cluster):
    ground.look("one")
    assert (ground.machine("two").synchronous, ground.machine("three").synchronous) == (True, False)
    cluster()
    ground.look("one")
    assert not ground.machine("two").protected
    cluster(**{"db-two": "sync"})
    ground.look("one")
    assert ground.machine("two").protected


def protect(ground, cluster):
    ground.look("one")
    cluster(**{"db-two": "sync"})
    ground.look("one")
    assert ground.machine("two").protected
    cluster(**{"db-two": "sync"})


def test_a_reader_that_may_lack_a_commit_is_never_promoted(rds, ground, cluster):
    ground.look("one")
    ground.fleet.alive.discard("db-one")
    ground.look("one", 3)
    assert writer(rds) == "one"
    assert "db-one" in ground.fleet.started


def test_the_protected_reader_takes_over_from_a_writer_that_dies_and_the_others_follow_it(rds, ground, cluster):
    protect(ground, cluster)
    ground.fleet.alive.discard("db-one")
    ground.look("one")
    assert writer(rds) == "two"
    assert (ground.machine("two").role, ground.machine("one").role) == (PRIMARY, FAILED)
    two = ground.instance("two").dbi_resource_id
    assert {ground.instance(name).source_resource_id for name in ("one", "three")} == {two}
    assert ground.instance("two").source_resource_id == ""
    assert ground.fleet.started == []


def test_the_old_writer_has_ended_before_another_one_leads(rds, ground, cluster):
    protect(ground, cluster)
    rds.failover_db_cluster(DBClusterIdentifier="sales")
    ground.look("one")
    assert "db-one" not in ground.fleet.alive
    assert writer(rds) == "two"


def test_another_reader_that_is_asked_for_is_protected_first(rds, ground, cluster):
    protect(ground, cluster)
    rds.failover_db_cluster(DBClusterIdentifier="sales", TargetDBInstanceIdentifier="three")
    ground.look("one")
    assert not ground.machine("two").protected
    cluster()
    ground.look("one")
    assert ground.machine("three").synchronous
    assert writer(rds) == "one"
    cluster(**{"db-three": "sync"})
    ground.look("one", 2)
    assert writer(rds) == "three"


def test_a_reader_that_is_lost_is_let_go_before_the_writer_goes_on_without_it(ground, cluster):
    protect(ground, cluster)
    ground.fleet.alive.discard("db-two")
    ground.look("one")
    assert not ground.machine("two").synchronous
    with ground.cloud.store.snapshot() as tx:
        assert told(tx, ground.cloud.cloud.world.sealer, ground.machine("one"), "")["synchronous"] == []


@pytest.fixture()
def shop(rds, create, becomes, ground):
    create(BackupRetentionPeriod=0)
    becomes("available")
    ground.place("shop")
    ground.look("shop")  # its certificate
    ground.says("shop")
    ground.look("shop")

    def status():
        ground.look("shop", 2)
        return rds.describe_db_instances(DBInstanceIdentifier="shop")["DBInstances"][0]["DBInstanceStatus"]

    return status


def told_of(rds):
    return [each["Message"] for each in rds.describe_events(Duration=60)["Events"]]


def test_a_full_volume_is_shown_until_it_has_been_enlarged(rds, ground, shop):
    ground.says("shop", ready=False, free=1024)
    assert shop() == "storage-full"
    assert any(each.startswith("The allocated storage for the DB instance has been consumed.") for each in told_of(rds))
    ground.says("shop", free=10 * GIB)
    assert shop() == "available"


def test_a_volume_that_fills_is_warned_of_once(rds, ground, shop):
    for _ in range(2):
        ground.says("shop", free=GIB)
        assert shop() == "available"
    assert len([each for each in told_of(rds) if "is low at 5%" in each]) == 1


def test_the_death_of_a_machine_without_a_standby_is_told_with_its_recovery(rds, ground, shop):
    ground.fleet.alive.discard("db-shop")
    assert shop() == "available"
    assert ground.fleet.started == ["db-shop"]
    ground.fleet.alive.add("db-shop")
    ground.says("shop")
    shop()
    assert {each for each in told_of(rds) if each.startswith("Recovery")} == {
        "Recovery of the DB instance has started. Recovery time will vary with the amount of data to be recovered.",
        "Recovery of the DB instance is complete.",
    }
