"""Databases as people use them: servers on machines of their own, reached by the usual clients."""

import json
import os
import socket
import subprocess
import threading
import time
from datetime import UTC, datetime
from itertools import pairwise

import boto3
import psycopg
import pymysql
import pytest

from tests.machines.conftest import eventually

pytestmark = pytest.mark.machines

PASSWORD = "it's-a-secret"


class Databases:
    """The databases of a cloud, and how the host reaches them."""

    def __init__(self, ground):
        self.ground = ground
        self.rds = ground.client("rds")
        self.moments = {}
        """Of each database: a moment, what had been written by then, and what was later."""
        self.group = ground.ec2.create_security_group(GroupName="databases", Description="databases")["GroupId"]
        for port in (3306, 5432):
            self.open(port, "0.0.0.0/0")

    def open(self, port, block):
        self.ground.ec2.authorize_security_group_ingress(
            GroupId=self.group, IpProtocol="tcp", FromPort=port, ToPort=port, CidrIp=block
        )

    def create(self, name, engine, **more):
        asked = {
            "DBInstanceIdentifier": name, "Engine": engine, "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20,
            "MasterUsername": "lab", "MasterUserPassword": PASSWORD, "DBName": "app", "PubliclyAccessible": True,
            "VpcSecurityGroupIds": [self.group], "BackupRetentionPeriod": 0,
        }  # fmt: skip
        self.rds.create_db_instance(**{**asked, **more})

    def seen(self, name):
        return self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]

    def available(self, name, seconds=240):
        eventually(lambda: self.seen(name)["DBInstanceStatus"] == "available", seconds)
        return self.seen(name)

    def address(self, name):
        """What the cloud's DNS server answers the host for an endpoint."""
        host, _, port = self.ground.cloud.printed["dns"].rpartition(":")
        endpoint = self.seen(name)["Endpoint"]["Address"]
        wire = b"".join(bytes([len(label)]) + label for label in endpoint.encode().split(b".")) + b"\0"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.settimeout(5)
            asking.sendto(b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0" + wire + b"\0\x01\0\x01", (host, int(port)))
            answer = asking.recv(512)
        assert answer[7] == 1, answer
        return socket.inet_ntoa(answer[-4:])

    def shell(self, *words, code=0):
        """A client on the host, in the shell in which AWS's names are this cloud."""
        return self.ground.run("shell", "--data", self.ground.data, "--", *words, code=code, PGPASSWORD=PASSWORD,
                               MYSQL_PWD=PASSWORD)  # fmt: skip

    def psql(self, name, sql, database="app"):
        endpoint = self.seen(name)["Endpoint"]["Address"]
        where = f"host={endpoint} user=lab dbname={database} connect_timeout=5 sslmode=verify-full"
        return self.shell("psql", f"{where} sslrootcert={self.ground.data}/ca/ca.crt", "-XAtc", sql).out.strip()

    def mysql(self, name, sql):
        endpoint = self.seen(name)["Endpoint"]["Address"]
        ca = f"--ssl-ca={self.ground.data}/ca/ca.crt"
        words = ("mysql", "-h", endpoint, "-u", "lab", "--ssl-verify-server-cert", ca, "-NBe", sql, "app")
        return self.shell(*words).out.strip()

    def postgres(self, name, **more):
        return psycopg.connect(
            host=self.address(name), user="lab", password=PASSWORD, dbname="app", connect_timeout=2, autocommit=True,
            tcp_user_timeout=2000, **more,
        )  # fmt: skip

    def mariadb(self, name, **more):
        return pymysql.connect(
            host=self.address(name), user="lab", password=PASSWORD, database="app", connect_timeout=2, read_timeout=3,
            write_timeout=3, autocommit=True, **more,
        )  # fmt: skip

    def delete_all(self):
        for each in self.rds.describe_db_instances()["DBInstances"]:
            name = each["DBInstanceIdentifier"]
            if each["DeletionProtection"]:
                self.rds.modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=False)
            if each["DBInstanceStatus"] != "deleting":
                self.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
        eventually(lambda: not self.rds.describe_db_instances()["DBInstances"])


@pytest.fixture(scope="module")
def databases(ground):
    ground.run("image", "build", "debian-12-databases")
    made = Databases(ground)
    backed_up = {"BackupRetentionPeriod": 1, "EnableIAMDatabaseAuthentication": True}
    made.create("shop", "postgres", MultiAZ=True, StorageEncrypted=True, **backed_up)
    made.create("awslab", "mysql", MultiAZ=True, **backed_up)
    try:
        yield made
    finally:
        made.delete_all()


def test_psql_and_psycopg_reach_postgresql_under_its_endpoint(databases):
    seen = databases.available("shop")
    assert seen["Endpoint"]["Port"] == 5432
    databases.psql("shop", "CREATE TABLE notes (id serial PRIMARY KEY, text text)")
    with databases.postgres("shop") as connection:
        connection.execute("INSERT INTO notes (text) VALUES ('kept')")
    assert databases.psql("shop", "SELECT text FROM notes") == "kept"
    assert databases.psql("shop", "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == "t"
    databases.psql("shop", "CREATE ROLE django LOGIN PASSWORD 'guess-me-not'")
    databases.psql("shop", "CREATE DATABASE coralnet", "postgres")
    databases.psql("shop", "CREATE EXTENSION pgcrypto")


def test_mysql_and_pymysql_reach_mariadb_under_its_endpoint(databases):
    databases.available("awslab")
    databases.mysql("awslab", "CREATE TABLE notes (id int AUTO_INCREMENT PRIMARY KEY, text varchar(100))")
    with databases.mariadb("awslab") as connection, connection.cursor() as cursor:
        cursor.execute("INSERT INTO notes (text) VALUES ('kept')")
    assert databases.mysql("awslab", "SELECT text FROM notes") == "kept"
    databases.mysql("awslab", "CREATE USER form_user@'%' IDENTIFIED BY 'asdf1234'; GRANT ALL ON app.* TO form_user@'%'")


def test_a_machine_inside_reaches_a_database_by_its_private_address_where_the_group_lets_it(databases, ground):
    machine = ground.answers(ground.launch())
    endpoint = databases.available("awslab")["Endpoint"]["Address"]
    inside = ground.ssh(machine, f"getent ahostsv4 {endpoint}").split()[0]
    assert inside.startswith("172.31.")
    assert inside != databases.address("awslab")
    greeting = f"timeout 3 bash -c 'head -c 60 </dev/tcp/{endpoint}/3306' | tr -cd '[:print:]'"
    assert "MariaDB" in ground.ssh(machine, greeting)
    rule = {"GroupId": databases.group, "IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "CidrIp": "0.0.0.0/0"}
    ground.ec2.revoke_security_group_ingress(**rule)
    eventually(lambda: "MariaDB" not in ground.ssh(machine, greeting, check=False).stdout)
    source = {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, "UserIdGroupPairs": [{"GroupId": ground.web}]}
    ground.ec2.authorize_security_group_ingress(GroupId=databases.group, IpPermissions=[source])
    eventually(lambda: "MariaDB" in ground.ssh(machine, greeting, check=False).stdout)
    databases.open(3306, "0.0.0.0/0")
    ground.ec2.terminate_instances(InstanceIds=[machine])


def test_an_instance_is_shown_by_its_interface_and_not_as_an_instance_of_ec2(databases, ground):
    found = ground.ec2.describe_network_interfaces(Filters=[{"Name": "requester-id", "Values": ["amazon-rds"]}])
    interfaces = found["NetworkInterfaces"]
    assert {each["Description"] for each in interfaces} == {"RDSNetworkInterface"}
    assert all(each["RequesterManaged"] for each in interfaces)
    shown = [each for one in ground.ec2.describe_instances()["Reservations"] for each in one["Instances"]]
    assert not [each for each in shown if each["InstanceId"].startswith("db-")]


class Writer(threading.Thread):
    """Inserts numbers one after the other, with new connections as it loses them, and notes which were acknowledged."""

    def __init__(self, connect):
        super().__init__(daemon=True)
        self._connect = connect
        self.acknowledged = []
        self.stopping = False

    def run(self):
        number = 0
        while not self.stopping:
            try:
                with self._connect() as connection, connection.cursor() as cursor:
                    while not self.stopping:
                        number += 1
                        cursor.execute(f"INSERT INTO written VALUES ({number})")
                        self.acknowledged.append((time.monotonic(), number))
                        time.sleep(0.01)
            except (psycopg.Error, pymysql.Error, OSError):
                time.sleep(0.1)

    def longest_gap(self):
        times = [at for at, _ in self.acknowledged]
        return max(after - before for before, after in pairwise(times))


def fails_over(databases, name, connect, kill):
    """Have a failover under a writer; True when every acknowledged row is there afterwards."""
    before = databases.available(name)
    assert before["SecondaryAvailabilityZone"] != before["AvailabilityZone"]
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS written")
        cursor.execute("CREATE TABLE written (number int PRIMARY KEY)")
    writer = Writer(connect)
    writer.start()
    eventually(lambda: len(writer.acknowledged) > 50)
    kill()
    eventually(lambda: databases.seen(name)["AvailabilityZone"] == before["SecondaryAvailabilityZone"])
    written = len(writer.acknowledged)
    eventually(lambda: len(writer.acknowledged) > written + 50)
    databases.moments[name] = a_moment(writer)
    writer.stopping = True
    writer.join(10)
    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT number FROM written")
        kept = {row[0] for row in cursor.fetchall()}
    assert {number for _, number in writer.acknowledged} <= kept
    print(f"{name}: {writer.longest_gap():.1f} s without a write")
    messages = [each["Message"] for each in databases.rds.describe_events(Duration=60)["Events"]]
    assert "Multi-AZ instance failover started." in messages
    eventually(lambda: "SecondaryAvailabilityZone" in databases.seen(name), 240)


def a_moment(writer):
    """A whole second in the middle of a writer's work; the numbers that had been written before, and those after."""
    moment = int(time.time()) + 2
    ends = time.monotonic() + moment - time.time()
    eventually(lambda: len([at for at, _ in writer.acknowledged if at > ends]) > 20)
    seen = list(writer.acknowledged)
    before = {number for at, number in seen if at < ends}
    after = {number for (begun, _), (_, number) in pairwise(seen) if begun > ends}
    return datetime.fromtimestamp(moment, UTC), before, after


def machine_of(databases, name):
    """The first process of the machine behind an endpoint, on the host."""
    address = databases.address(name)
    found = databases.ground.ec2.describe_network_interfaces(
        Filters=[{"Name": "association.public-ip", "Values": [address]}]
    )["NetworkInterfaces"][0]
    host_name = "ip-" + found["PrivateIpAddress"].replace(".", "-")
    return int(subprocess.run(["pgrep", "-f", f"^systemd-nspawn.*--hostname={host_name} "],
                              capture_output=True, text=True, check=True).stdout.split()[0])  # fmt: skip


def test_no_acknowledged_row_is_lost_when_the_machine_of_postgresql_dies(databases):
    def kill():
        subprocess.run(["kill", "-9", str(machine_of(databases, "shop"))], check=True)

    fails_over(databases, "shop", lambda: databases.postgres("shop"), kill)


def test_a_reboot_with_failover_changes_the_zone_and_loses_no_row(databases):
    """The workshop "AWS 101": reboot with failover, and see the AZ change."""

    def reboot():
        databases.rds.reboot_db_instance(DBInstanceIdentifier="awslab", ForceFailover=True)

    fails_over(databases, "awslab", lambda: databases.mariadb("awslab"), reboot)


@pytest.mark.parametrize("name", ["shop", "awslab"])
def test_a_database_is_restored_to_the_second_also_over_a_failover(databases, name):
    rds = databases.rds
    moment, before, after = databases.moments[name]
    eventually(lambda: databases.seen(name).get("LatestRestorableTime", moment) > moment)
    rds.restore_db_instance_to_point_in_time(
        SourceDBInstanceIdentifier=name, TargetDBInstanceIdentifier="then", RestoreTime=moment,
        PubliclyAccessible=True, VpcSecurityGroupIds=[databases.group], BackupRetentionPeriod=0,
    )  # fmt: skip
    databases.available("then")
    connect = databases.postgres if name == "shop" else databases.mariadb
    with connect("then") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT number FROM written")
        kept = {row[0] for row in cursor.fetchall()}
        cursor.execute("SELECT text FROM notes")
        assert cursor.fetchone() == ("kept",)
        cursor.execute("INSERT INTO notes (text) VALUES ('its own')")
    assert before <= kept
    assert not after & kept
    assert len(after) > 10
    rds.delete_db_instance(DBInstanceIdentifier="then", SkipFinalSnapshot=True)
    rds.get_waiter("db_instance_deleted").wait(DBInstanceIdentifier="then", WaiterConfig={"Delay": 1})


def lies_in(file, text):
    """Whether bytes are found where a sparse file has data."""
    with open(file, "rb") as data:
        end, position = data.seek(0, os.SEEK_END), 0
        while position < end:
            try:
                position = data.seek(position, os.SEEK_DATA)
            except OSError:  # only a hole is left
                return False
            piece = data.read((1 << 20) + len(text))
            if text in piece:
                return True
            position += 1 << 20
    return False


def test_what_an_encrypted_database_has_is_not_to_be_read_on_the_host_s_disk(databases):
    rows = "md5(n::text) || ' lies on no disk' FROM generate_series(1, 1000) n"
    databases.psql("shop", f"CREATE TABLE secrets AS SELECT {rows}")
    databases.psql("shop", "CHECKPOINT")
    databases.mysql("awslab", "CREATE TABLE plain AS SELECT CONCAT(seq, ' is easily read') text FROM seq_1_to_1000")
    os.sync()
    volumes = list((databases.ground.data / "machines" / "volumes").glob("db-*-data"))
    assert not [each.name for each in volumes if lies_in(each, b" lies on no disk")]
    eventually(lambda: [each.name for each in volumes if lies_in(each, b" is easily read")])
    shown = databases.available("shop")
    assert shown["StorageEncrypted"]
    assert shown["KmsKeyId"].startswith("arn:aws:kms:")


class Token:
    """The tokens of a role that may connect as `jane_doe`, as an application on a machine has them."""

    def __init__(self, databases):
        self._databases = databases
        ground = databases.ground
        iam, sts = ground.client("iam"), ground.client("sts")
        account = sts.get_caller_identity()["Account"]
        trust = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
        arn = iam.create_role(RoleName="app", AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
        users = f"arn:aws:rds-db:us-east-1:{account}:dbuser:*/jane_doe"
        allowed = {"Effect": "Allow", "Action": "rds-db:connect", "Resource": users}
        iam.put_role_policy(RoleName="app", PolicyName="p", PolicyDocument=_policy(allowed))
        keys = sts.assume_role(RoleArn=arn, RoleSessionName="app")["Credentials"]
        session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], "us-east-1")
        self._rds = session.client("rds")

    def __call__(self, name, user="jane_doe"):
        endpoint = self._databases.seen(name)["Endpoint"]
        return self._rds.generate_db_auth_token(endpoint["Address"], endpoint["Port"], user)


def _policy(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def token(databases):
    return Token(databases)


def test_who_has_rds_iam_logs_in_to_postgresql_with_a_token_by_tls_and_not_otherwise(databases, token):
    databases.available("shop")
    databases.psql("shop", "CREATE USER jane_doe PASSWORD 'a-password'; CREATE USER jim PASSWORD 'a-password'")
    databases.psql("shop", "GRANT rds_iam TO jane_doe, jim")

    def connect(user, password, mode="require"):
        return psycopg.connect(
            host=databases.address("shop"), user=user, password=password, dbname="app", sslmode=mode
        )  # fmt: skip

    with connect("jane_doe", token("shop")) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("jane_doe",)
    for user, password, mode in (
        ("jane_doe", "a-password", "require"),
        ("jane_doe", token("shop", "jim"), "require"),
        ("jim", token("shop", "jim"), "require"),
        ("jane_doe", token("shop"), "disable"),
    ):
        with pytest.raises(psycopg.OperationalError):
            connect(user, password, mode)


def test_who_was_made_with_aws_s_plugin_logs_in_to_mariadb_with_a_token(databases, token):
    databases.available("awslab")
    databases.mysql(
        "awslab", "CREATE USER jane_doe IDENTIFIED WITH AWSAuthenticationPlugin AS 'RDS' REQUIRE SSL; "
        "GRANT SELECT ON app.* TO jane_doe",
    )  # fmt: skip
    endpoint, ca = databases.seen("awslab")["Endpoint"]["Address"], f"--ssl-ca={databases.ground.data}/ca/ca.crt"

    def connect(password, code=0):
        words = ("mysql", "-h", endpoint, "-u", "jane_doe", "--ssl-verify-server-cert", ca, "-NBe",
                 "SELECT text FROM notes", "app")  # fmt: skip
        return databases.ground.run("shell", "--data", databases.ground.data, "--", *words, code=code,
                                    MYSQL_PWD=password).out  # fmt: skip

    assert "kept" in connect(token("awslab"))
    assert connect(token("awslab", "jim"), 1) == ""
    assert connect("a-password", 1) == ""


def test_a_snapshot_becomes_another_database_that_grows_rests_and_ends_with_a_last_snapshot(databases):
    rds = databases.rds
    databases.available("shop")
    rds.create_db_snapshot(DBSnapshotIdentifier="before", DBInstanceIdentifier="shop")
    rds.get_waiter("db_snapshot_completed").wait(DBSnapshotIdentifier="before", WaiterConfig={"Delay": 1})
    databases.psql("shop", "INSERT INTO notes (text) VALUES ('later')")
    rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier="copy", DBSnapshotIdentifier="before", PubliclyAccessible=True,
        VpcSecurityGroupIds=[databases.group], BackupRetentionPeriod=0,
    )  # fmt: skip
    databases.available("copy")
    assert databases.psql("copy", "SELECT text FROM notes") == "kept"
    rds.modify_db_instance(
        DBInstanceIdentifier="copy", DBInstanceClass="db.t3.small", AllocatedStorage=30, ApplyImmediately=True,
        MasterUserPassword="another-secret", DeletionProtection=True,
    )  # fmt: skip
    changed = databases.available("copy")
    assert (changed["DBInstanceClass"], changed["AllocatedStorage"]) == ("db.t3.small", 30)
    with psycopg.connect(host=databases.address("copy"), user="lab", password="another-secret", dbname="app") as opened:
        assert opened.execute("SHOW shared_buffers").fetchone() == ("384MB",)
    with pytest.raises(rds.exceptions.ClientError, match="protected"):
        rds.delete_db_instance(DBInstanceIdentifier="copy", SkipFinalSnapshot=True)
    rds.stop_db_instance(DBInstanceIdentifier="copy")
    eventually(lambda: databases.seen("copy")["DBInstanceStatus"] == "stopped")
    rds.start_db_instance(DBInstanceIdentifier="copy")
    databases.available("copy")
    rds.modify_db_instance(DBInstanceIdentifier="copy", DeletionProtection=False)
    rds.delete_db_instance(DBInstanceIdentifier="copy", FinalDBSnapshotIdentifier="last")
    rds.get_waiter("db_instance_deleted").wait(DBInstanceIdentifier="copy", WaiterConfig={"Delay": 1})
    assert rds.describe_db_snapshots(DBSnapshotIdentifier="last")["DBSnapshots"][0]["Status"] == "available"


def test_a_read_replica_follows_and_is_promoted(databases):
    rds = databases.rds
    rds.create_db_instance_read_replica(DBInstanceIdentifier="reads", SourceDBInstanceIdentifier="awslab")
    seen = databases.available("reads")
    assert seen["ReadReplicaSourceDBInstanceIdentifier"] == "awslab"
    databases.mysql("awslab", "INSERT INTO notes (text) VALUES ('seen by all')")
    eventually(lambda: "seen by all" in databases.mysql("reads", "SELECT text FROM notes"))
    with databases.mariadb("reads") as connection, connection.cursor() as cursor, pytest.raises(pymysql.Error):
        cursor.execute("INSERT INTO notes (text) VALUES ('no')")
    rds.promote_read_replica(DBInstanceIdentifier="reads", BackupRetentionPeriod=0)
    assert "ReadReplicaSourceDBInstanceIdentifier" not in databases.available("reads")
    databases.mysql("reads", "INSERT INTO notes (text) VALUES ('its own')")
    rds.delete_db_instance(DBInstanceIdentifier="reads", SkipFinalSnapshot=True)


def test_static_parameters_wait_for_a_restart_and_dynamic_ones_do_not(databases):
    rds = databases.rds
    rds.create_db_parameter_group(
        DBParameterGroupName="tuned", DBParameterGroupFamily="postgres15", Description="tuned"
    )
    rds.modify_db_instance(DBInstanceIdentifier="shop", DBParameterGroupName="tuned", ApplyImmediately=True)
    given = [
        {"ParameterName": "work_mem", "ParameterValue": "8192", "ApplyMethod": "immediate"},
        {"ParameterName": "max_connections", "ParameterValue": "77", "ApplyMethod": "pending-reboot"},
    ]
    rds.modify_db_parameter_group(DBParameterGroupName="tuned", Parameters=given)
    eventually(lambda: databases.psql("shop", "SHOW work_mem") == "8MB")
    assert databases.psql("shop", "SHOW max_connections") != "77"
    assert databases.seen("shop")["DBParameterGroups"][0]["ParameterApplyStatus"] == "pending-reboot"
    rds.reboot_db_instance(DBInstanceIdentifier="shop")
    databases.available("shop")
    assert databases.psql("shop", "SHOW max_connections") == "77"
    assert databases.seen("shop")["DBParameterGroups"][0]["ParameterApplyStatus"] == "in-sync"


def test_databases_outlive_the_server_and_are_found_again(databases, ground):
    with databases.postgres("shop") as connection:
        ground.cloud.kill()
        eventually(lambda: ground.run("status", "--data", ground.data, "--json", code=None).code != 0)
        assert connection.execute("SELECT count(*) > 0 FROM notes").fetchone() == (True,)
        ground.again()
        databases.rds = ground.client("rds")
        assert databases.available("shop")["DBInstanceStatus"] == "available"
        assert connection.execute("SELECT 1").fetchone() == (1,)
    eventually(lambda: "kept" in databases.psql("shop", "SELECT text FROM notes"))
