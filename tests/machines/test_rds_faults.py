"""What goes wrong with databases, and how it is told: a full disk, a server that cannot start, machines that die."""

import os
import signal
import subprocess

import psycopg
import pytest

from groundcloud.engines.host.client import Host, HostMachines
from groundcloud.engines.host.places import socket_of
from tests.machines.conftest import eventually
from tests.machines.test_rds import Databases

pytestmark = pytest.mark.machines


@pytest.fixture(scope="module")
def databases(ground):
    ground.run("image", "build", "debian-12-databases")
    made = Databases(ground)
    made.create("frail", "postgres", AllocatedStorage=20)
    made.create("pair", "postgres", MultiAZ=True)
    made.available("frail")
    made.available("pair")
    made.psql("frail", "CREATE TABLE notes (text text)")
    made.psql("frail", "INSERT INTO notes VALUES ('kept')")
    try:
        yield made
    finally:
        made.delete_all()


@pytest.fixture()
def machines(databases):
    """The first processes of the machines of the databases, by their private addresses."""

    def found():
        host = Host(socket_of(databases.ground.data))
        try:
            states = [state for state in HostMachines(host).states().values() if state.running]
        finally:
            host.close()
        return {address_of(state.pid): state.pid for state in states}

    return found


def inside(pid, *words):
    """What a program prints that runs as root in a machine."""
    spaces = ("-m", "-u", "-n", "-p", "-U")
    done = subprocess.run(
        ["nsenter", "-t", str(pid), *spaces, "--", *words], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def address_of(pid):
    return inside(pid, "hostname").strip().removeprefix("ip-").replace("-", ".")


def private_addresses(databases, name):
    """Of the machine that serves, and of all others of the same interfaces' group."""
    serving = databases.ground.ec2.describe_network_interfaces(
        Filters=[{"Name": "association.public-ip", "Values": [databases.address(name)]}]
    )["NetworkInterfaces"][0]["PrivateIpAddress"]
    interfaces = databases.ground.ec2.describe_network_interfaces(
        Filters=[{"Name": "requester-id", "Values": ["amazon-rds"]}]
    )["NetworkInterfaces"]
    return serving, [each["PrivateIpAddress"] for each in interfaces]


def events(databases, name):
    found = databases.rds.describe_events(SourceIdentifier=name, SourceType="db-instance", Duration=60)["Events"]
    return [each["Message"] for each in found]


def fill(pid, free):
    """Leave so many MiB of the data volume free."""
    size, available = map(int, inside(pid, "stat", "-f", "-c", "%S %a", "/rdsdbdata").split())
    length = size * available - free * 1024 * 1024
    inside(pid, "fallocate", "-o", "0", "-l", str(length), f"/rdsdbdata/filler-{free}")


def test_a_full_volume_is_told_and_the_data_are_there_when_it_has_been_enlarged(databases, machines):
    serving, _ = private_addresses(databases, "frail")
    fill(machines()[serving], 1)
    with pytest.raises(psycopg.Error), databases.postgres("frail") as connection:
        connection.execute("CREATE TABLE ballast AS SELECT repeat('x', 900) FROM generate_series(1, 100000)")
    eventually(lambda: databases.seen("frail")["DBInstanceStatus"] == "storage-full")
    assert any(each.startswith("The allocated storage for the DB instance has been consumed.")
               for each in events(databases, "frail"))  # fmt: skip
    databases.rds.modify_db_instance(DBInstanceIdentifier="frail", AllocatedStorage=30, ApplyImmediately=True)
    assert databases.available("frail")["AllocatedStorage"] == 30
    assert databases.psql("frail", "SELECT text FROM notes") == "kept"
    databases.psql("frail", "INSERT INTO notes VALUES ('after')")


def test_a_volume_that_fills_grows_by_itself_as_far_as_it_may(databases, machines):
    """Source: "Managing capacity automatically with Amazon RDS storage autoscaling"."""
    serving, _ = private_addresses(databases, "frail")
    databases.rds.modify_db_instance(DBInstanceIdentifier="frail", MaxAllocatedStorage=45, ApplyImmediately=True)
    fill(machines()[serving], 1500)
    eventually(lambda: databases.seen("frail")["AllocatedStorage"] == 40)
    databases.available("frail")
    serving, _ = private_addresses(databases, "frail")
    inside(machines()[serving], "rm", "/rdsdbdata/filler-1", "/rdsdbdata/filler-1500")
    databases.psql("frail", "INSERT INTO notes VALUES ('grown')")


def test_a_parameter_that_prevents_a_start_is_told_and_its_reset_brings_the_server_back(databases):
    rds = databases.rds
    rds.create_db_parameter_group(DBParameterGroupName="greedy", DBParameterGroupFamily="postgres15", Description="g")
    given = {"ParameterName": "shared_buffers", "ParameterValue": "1073741823", "ApplyMethod": "pending-reboot"}
    rds.modify_db_parameter_group(DBParameterGroupName="greedy", Parameters=[given])
    rds.modify_db_instance(DBInstanceIdentifier="frail", DBParameterGroupName="greedy")
    rds.reboot_db_instance(DBInstanceIdentifier="frail")
    eventually(lambda: databases.seen("frail")["DBInstanceStatus"] == "incompatible-parameters")
    assert "shared memory" in databases.seen("frail")["StatusInfos"][0]["Message"]
    assert any("put into incompatible-parameters" in each for each in events(databases, "frail"))
    rds.reset_db_parameter_group(DBParameterGroupName="greedy", ResetAllParameters=True)
    rds.reboot_db_instance(DBInstanceIdentifier="frail")
    databases.available("frail")
    assert databases.psql("frail", "SELECT count(*) > 0 FROM notes") == "t"


def test_commits_go_on_when_the_standby_is_lost_and_another_one_comes(databases, machines):
    before = databases.available("pair")
    databases.psql("pair", "CREATE TABLE notes (text text)")
    serving, addresses = private_addresses(databases, "pair")
    frail, _ = private_addresses(databases, "frail")
    (standby,) = set(addresses) - {serving, frail}
    os.kill(machines()[standby], signal.SIGKILL)
    databases.psql("pair", "INSERT INTO notes VALUES ('alone')")
    eventually(lambda: "The standby is lost; a new one is being made." in events(databases, "pair"))
    eventually(lambda: "SecondaryAvailabilityZone" in databases.seen("pair"))
    assert databases.seen("pair")["AvailabilityZone"] == before["AvailabilityZone"]
    assert databases.seen("pair")["DBInstanceStatus"] == "available"


def test_a_database_whose_zones_are_both_down_comes_back_with_every_row(databases, machines):
    databases.available("pair")
    databases.psql("pair", "INSERT INTO notes VALUES ('before')")
    frail, addresses = private_addresses(databases, "frail")
    known = machines()
    for address in set(addresses) - {frail}:
        os.kill(known[address], signal.SIGKILL)
    eventually(lambda: "Recovery of the DB instance is complete." in events(databases, "pair"))
    assert databases.psql("pair", "SELECT text FROM notes ORDER BY text") == "alone\nbefore"
    eventually(lambda: "SecondaryAvailabilityZone" in databases.seen("pair"))
