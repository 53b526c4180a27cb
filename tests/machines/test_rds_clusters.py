"""Clusters: who writes changes, the names follow, and no acknowledged row is lost."""

import subprocess

import psycopg
import pymysql
import pytest

from tests.machines.conftest import eventually
from tests.machines.test_rds import PASSWORD, Databases, Writer, machine_of

pytestmark = pytest.mark.machines


class Cluster(Databases):
    """A cluster's instances, and connections by its two names."""

    def begin(self, name, engine):
        self.cluster = name
        self.rds.create_db_cluster(
            DBClusterIdentifier=name, Engine=engine, MasterUsername="lab", MasterUserPassword=PASSWORD,
            DatabaseName="app", VpcSecurityGroupIds=[self.group],
        )  # fmt: skip
        self.engine = engine
        for number in (1, 2):
            self.add(f"{name}-{number}")
        for number in (1, 2):
            self.available(f"{name}-{number}")

    def add(self, name):
        self.rds.create_db_instance(
            DBInstanceIdentifier=name, DBClusterIdentifier=self.cluster, Engine=self.engine,
            DBInstanceClass="db.t3.micro", PubliclyAccessible=True,
        )  # fmt: skip

    def shown(self):
        return self.rds.describe_db_clusters(DBClusterIdentifier=self.cluster)["DBClusters"][0]

    def writer(self):
        return next(
            each["DBInstanceIdentifier"] for each in self.shown()["DBClusterMembers"] if each["IsClusterWriter"]
        )

    def seen(self, name):
        """`writes` and `reads` are the cluster's names."""
        if name not in ("writes", "reads"):
            return super().seen(name)
        found = self.shown()
        return {"Endpoint": {"Address": found["Endpoint" if name == "writes" else "ReaderEndpoint"]}}

    def end(self):
        for each in self.shown()["DBClusterMembers"]:
            if not each["IsClusterWriter"]:
                self.rds.delete_db_instance(DBInstanceIdentifier=each["DBInstanceIdentifier"])
        eventually(lambda: len(self.shown()["DBClusterMembers"]) == 1)
        self.delete_all()

    def delete(self):
        self.end()
        self.rds.delete_db_cluster(DBClusterIdentifier=self.cluster, SkipFinalSnapshot=True)
        eventually(lambda: not self.rds.describe_db_clusters()["DBClusters"])


@pytest.fixture(scope="module")
def databases(ground):
    ground.run("image", "build", "debian-12-databases")
    return Cluster(ground)


def writes_through(databases, connect, change):
    """Have a change of who writes under a writer; every acknowledged row is there afterwards."""
    before = databases.writer()
    with connect("writes") as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS written")
        cursor.execute("CREATE TABLE written (number int PRIMARY KEY)")
    writer = Writer(lambda: connect("writes"))
    writer.start()
    eventually(lambda: len(writer.acknowledged) > 20)
    change()
    eventually(lambda: databases.writer() != before)
    written = len(writer.acknowledged)
    eventually(lambda: len(writer.acknowledged) > written + 20)
    writer.stopping = True
    writer.join(10)
    print(f"{databases.cluster}: {writer.longest_gap():.1f} s without a write")
    with connect("writes") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT number FROM written")
        kept = {row[0] for row in cursor.fetchall()}
    assert {number for _, number in writer.acknowledged} <= kept
    eventually(lambda: databases.shown()["Status"] == "available")
    databases.available(before)
    return kept


def counted(connect):
    with connect("reads") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM written")
        return cursor.fetchone()[0]


def protected(databases):
    """Until a reader has every commit: a failover that is asked for waits for it; one by death needs it."""
    databases.rds.failover_db_cluster(DBClusterIdentifier=databases.cluster)


def test_a_cluster_of_postgresql_fails_over_when_it_is_told_to_and_when_its_writer_dies(databases):
    databases.begin("sales", "aurora-postgresql")
    connect = databases.postgres
    kept = writes_through(databases, connect, lambda: protected(databases))
    eventually(lambda: counted(connect) == len(kept))
    with connect("reads") as connection, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        connection.execute("CREATE TABLE no (n int)")
    eventually(lambda: databases.psql(databases.writer(), "SELECT sync_state FROM pg_stat_replication") == "sync")

    def kill():
        subprocess.run(["kill", "-9", str(machine_of(databases, "writes"))], check=True)

    kept = writes_through(databases, connect, kill)
    eventually(lambda: counted(connect) == len(kept))
    assert databases.psql("writes", "SELECT 1") == "1"
    messages = [each["Message"] for each in databases.rds.describe_events(
        SourceType="db-cluster", SourceIdentifier="sales", Duration=60)["Events"]]  # fmt: skip
    assert len([each for each in messages if each.startswith("Completed failover to DB instance")]) == 2
    databases.end()
    databases.add("sales-3")  # the data of a cluster outlive its instances
    databases.available("sales-3")
    assert databases.psql("writes", "SELECT count(*) FROM written") == str(len(kept))
    databases.delete()


def test_a_cluster_of_mariadb_fails_over(databases):
    databases.begin("old", "aurora-mysql")
    connect = databases.mariadb
    kept = writes_through(databases, connect, lambda: protected(databases))
    eventually(lambda: counted(connect) == len(kept))
    with connect("reads") as connection, connection.cursor() as cursor, pytest.raises(pymysql.Error):
        cursor.execute("CREATE TABLE no (n int)")
    databases.delete()
