"""Clusters as calls make, change and end them. What machines do is in tests/machines/test_rds_clusters.py."""

import re

import pytest

from groundcloud.services.rds.cluster_records import DBCluster
from groundcloud.services.rds.names import EndpointNames
from groundcloud.services.rds.records import PRIMARY, REPLICA, DBInstance, DBMachine
from groundcloud.services.rds.roles import DBClusters
from tests.services.rds.test_instances import refused


@pytest.fixture()
def cluster(rds):
    return rds.create_db_cluster(
        DBClusterIdentifier="Sales", Engine="aurora-postgresql", MasterUsername="lab", MasterUserPassword="not-secret",
        DatabaseName="app",
    )["DBCluster"]  # fmt: skip


@pytest.fixture()
def member(rds, cluster):
    def make(name, **more):
        return rds.create_db_instance(
            DBInstanceIdentifier=name, DBClusterIdentifier="sales", Engine="aurora-postgresql",
            DBInstanceClass="db.r6g.large", **more,
        )["DBInstance"]  # fmt: skip

    return make


def shown(rds):
    return rds.describe_db_clusters(DBClusterIdentifier="sales")["DBClusters"][0]


def test_a_cluster_has_a_name_for_who_writes_and_one_for_who_reads(rds, cluster):
    assert cluster["Status"] == "creating"
    found = shown(rds)
    assert (found["Status"], found["Port"], found["DatabaseName"]) == ("available", 5432, "app")
    middle = r"c[a-z0-9]{11}\.us-east-1\.rds\.amazonaws\.com"
    assert re.fullmatch(rf"sales\.cluster-{middle}", found["Endpoint"])
    assert re.fullmatch(rf"sales\.cluster-ro-{middle}", found["ReaderEndpoint"])
    assert found["DBClusterMembers"] == []
    assert "MasterUserPassword" not in found


def test_the_first_instance_writes_and_the_others_read(rds, member):
    first, second = member("one"), member("two", PromotionTier=0)
    assert (first["DBClusterIdentifier"], first["MasterUsername"]) == ("sales", "lab")
    assert "ReadReplicaSourceDBInstanceIdentifier" not in second
    members = shown(rds)["DBClusterMembers"]
    assert [(each["DBInstanceIdentifier"], each["IsClusterWriter"]) for each in members] == [
        ("one", True),
        ("two", False),
    ]
    found = rds.describe_db_instances(Filters=[{"Name": "db-cluster-id", "Values": ["sales"]}])["DBInstances"]
    assert len(found) == 2


def test_the_names_of_a_cluster_lead_to_the_machines_of_its_instances(cloud, rds, member):
    addresses = {"one": "10.0.0.1", "two": "10.0.0.2", "three": "10.0.0.3"}

    def place(tx):
        for name, address in addresses.items():
            instance = tx.get(DBInstance, cloud.account, "us-east-1", name)
            role = REPLICA if instance.source_resource_id else PRIMARY
            tx.put(DBMachine(cloud.account, "us-east-1", f"db-{name}", instance.dbi_resource_id, role, "us-east-1a",
                             "subnet-1", instance.vpc_id, f"eni-{name}", address, served=True))  # fmt: skip

    for name in addresses:
        member(name)
    cloud.store.write(place)
    answers = EndpointNames(cloud.store)

    def asked(name):
        (record,) = answers(f"{shown(rds)[name]}.", 1, None)
        return ".".join(map(str, record.data))

    assert asked("Endpoint") == "10.0.0.1"
    assert {asked("ReaderEndpoint"), asked("ReaderEndpoint")} == {"10.0.0.2", "10.0.0.3"}


def test_what_is_a_clusters_is_not_done_to_its_instances(rds, member, becomes):
    member("one")
    becomes("available", "one")
    with refused(rds, "InvalidDBInstanceState"):
        rds.stop_db_instance(DBInstanceIdentifier="one")
    with refused(rds, "InvalidDBInstanceState"):
        rds.create_db_snapshot(DBInstanceIdentifier="one", DBSnapshotIdentifier="s")
    with refused(rds, "InvalidDBInstanceState"):
        rds.modify_db_instance(DBInstanceIdentifier="one", MasterUserPassword="another-one")
    rds.modify_db_instance(DBInstanceIdentifier="one", DBInstanceClass="db.r6g.xlarge")
    rds.modify_db_cluster(DBClusterIdentifier="sales", MasterUserPassword="another-one")


def test_a_failover_needs_a_reader(rds, member, becomes):
    member("one")
    becomes("available", "one")
    with refused(rds, "InvalidDBClusterStateFault"):
        rds.failover_db_cluster(DBClusterIdentifier="sales")
    member("two")
    becomes("available", "two")
    with refused(rds, "InvalidDBInstanceState"):
        rds.failover_db_cluster(DBClusterIdentifier="sales", TargetDBInstanceIdentifier="one")
    asked = rds.failover_db_cluster(DBClusterIdentifier="sales", TargetDBInstanceIdentifier="two")
    assert asked["DBCluster"]["Status"] == "failing-over"


def test_a_cluster_ends_after_its_instances_and_the_writer_last(rds, member):
    member("one")
    member("two")
    with refused(rds, "InvalidDBClusterStateFault", "still contains DB instances"):
        rds.delete_db_cluster(DBClusterIdentifier="sales", SkipFinalSnapshot=True)
    with refused(rds, "InvalidDBInstanceState", "fail over first"):
        rds.delete_db_instance(DBInstanceIdentifier="one", SkipFinalSnapshot=True)
    assert rds.delete_db_instance(DBInstanceIdentifier="two")["DBInstance"]["DBInstanceStatus"] == "deleting"


class Volumes:
    """Snapshots that a test can look at."""

    def __init__(self):
        self.deleted = []

    def delete_snapshot(self, snapshot):
        self.deleted.append(snapshot)


def test_an_empty_cluster_ends_with_the_data_that_its_last_instance_has_left(cloud, rds, cluster):
    def seeded(tx):
        found = tx.get(DBCluster, cloud.account, "us-east-1", "sales")
        found.seed = "rds-seed"
        tx.put(found)

    cloud.store.write(seeded)
    ended = rds.delete_db_cluster(DBClusterIdentifier="sales", SkipFinalSnapshot=True)["DBCluster"]
    assert ended["Status"] == "deleting"
    with refused(rds, "InvalidDBClusterStateFault", "is being deleted"):
        rds.delete_db_cluster(DBClusterIdentifier="sales", SkipFinalSnapshot=True)
    volumes = Volumes()
    with cloud.store.snapshot() as tx:
        found = tx.get(DBCluster, cloud.account, "us-east-1", "sales")
    cloud.store.write(DBClusters(volumes).reconcile(found.key_values(), found).write)
    assert volumes.deleted == ["rds-seed"]
    with refused(rds, "DBClusterNotFoundFault"):
        rds.describe_db_clusters(DBClusterIdentifier="sales")


def test_what_cannot_be_a_cluster_is_refused(rds, cluster):
    asked = {"MasterUsername": "lab", "MasterUserPassword": "not-secret"}
    with refused(rds, "DBClusterAlreadyExistsFault"):
        rds.create_db_cluster(DBClusterIdentifier="SALES", Engine="aurora-postgresql", **asked)
    with refused(rds, "InvalidParameterCombination", "Multi-AZ DB clusters"):
        rds.create_db_cluster(DBClusterIdentifier="other", Engine="postgres", **asked)
    with refused(rds, "InvalidParameterCombination", "DBClusterIdentifier must be provided"):
        rds.create_db_instance(DBInstanceIdentifier="one", Engine="aurora-postgresql", DBInstanceClass="db.r6g.large")
    with refused(rds, "InvalidParameterCombination", "does not match"):
        rds.create_db_instance(
            DBInstanceIdentifier="one", Engine="aurora-mysql", DBInstanceClass="db.r6g.large",
            DBClusterIdentifier="sales",
        )  # fmt: skip
