"""Subnet groups, parameter groups, option groups, snapshots: what needs no machine."""

import pytest

from groundcloud.services.rds.engines import ENGINES
from groundcloud.services.rds.parameters import computed, families
from tests.services.rds.test_instances import refused


@pytest.fixture()
def subnets(ec2):
    found = sorted(ec2.describe_subnets()["Subnets"], key=lambda each: each["AvailabilityZone"])
    return [each["SubnetId"] for each in found]


def test_a_subnet_group_covers_two_zones(rds, subnets):
    made = rds.create_db_subnet_group(DBSubnetGroupName="Mine", DBSubnetGroupDescription="mine", SubnetIds=subnets[:2])[
        "DBSubnetGroup"
    ]
    assert made["DBSubnetGroupName"] == "mine"
    assert [each["SubnetIdentifier"] for each in made["Subnets"]] == subnets[:2]
    with refused(rds, "DBSubnetGroupAlreadyExists"):
        rds.create_db_subnet_group(DBSubnetGroupName="mine", DBSubnetGroupDescription="m", SubnetIds=subnets[:2])
    with refused(rds, "DBSubnetGroupDoesNotCoverEnoughAZs"):
        rds.create_db_subnet_group(DBSubnetGroupName="one", DBSubnetGroupDescription="m", SubnetIds=subnets[:1])
    with refused(rds, "InvalidSubnet"):
        rds.create_db_subnet_group(
            DBSubnetGroupName="none", DBSubnetGroupDescription="m", SubnetIds=["subnet-0123456789abcdef0"]
        )


def test_a_subnet_group_that_is_used_is_not_deleted(rds, create, subnets):
    rds.create_db_subnet_group(DBSubnetGroupName="mine", DBSubnetGroupDescription="mine", SubnetIds=subnets[:2])
    assert create(DBSubnetGroupName="mine")["PubliclyAccessible"] is False
    with refused(rds, "InvalidDBSubnetGroupStateFault"):
        rds.delete_db_subnet_group(DBSubnetGroupName="mine")
    with refused(rds, "DBSubnetGroupNotFoundFault"):
        rds.delete_db_subnet_group(DBSubnetGroupName="other")


def test_parameters_are_checked_against_their_family(rds):
    rds.create_db_parameter_group(DBParameterGroupName="tuned", DBParameterGroupFamily="mysql8.0", Description="t")

    def change(name, value, method="immediate"):
        rds.modify_db_parameter_group(
            DBParameterGroupName="tuned",
            Parameters=[{"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}],
        )

    change("long_query_time", "2")
    change("lower_case_table_names", "1", "pending-reboot")
    own = rds.describe_db_parameters(DBParameterGroupName="tuned", Source="user")["Parameters"]
    assert [(each["ParameterName"], each["ParameterValue"]) for each in own] == [
        ("long_query_time", "2"),
        ("lower_case_table_names", "1"),
    ]
    with refused(rds, "InvalidParameterCombination", "static"):
        change("lower_case_table_names", "0")
    with refused(rds, "InvalidParameterValue", "outside of range"):
        change("general_log", "2")
    with refused(rds, "InvalidParameterValue", "Could not find parameter"):
        change("shared_buffers", "1")
    rds.reset_db_parameter_group(DBParameterGroupName="tuned", ResetAllParameters=True)
    assert rds.describe_db_parameters(DBParameterGroupName="tuned", Source="user")["Parameters"] == []


def test_default_groups_are_there_and_stay_as_they_are(rds, create):
    names = [each["DBParameterGroupName"] for each in rds.describe_db_parameter_groups()["DBParameterGroups"]]
    assert names == [
        "default.aurora-mysql8.0",
        "default.aurora-postgresql15",
        "default.mariadb10.11",
        "default.mysql8.0",
        "default.postgres15",
    ]
    with refused(rds, "InvalidDBParameterGroupState"):
        rds.delete_db_parameter_group(DBParameterGroupName="default.postgres15")
    assert len(rds.describe_option_groups()["OptionGroupsList"]) == len(ENGINES)


def test_a_parameter_group_that_is_used_is_not_deleted(rds, create):
    rds.create_db_parameter_group(DBParameterGroupName="tuned", DBParameterGroupFamily="postgres15", Description="t")
    create(DBParameterGroupName="tuned")
    with refused(rds, "InvalidDBParameterGroupState"):
        rds.delete_db_parameter_group(DBParameterGroupName="tuned")


def test_formulas_follow_the_memory_of_the_class():
    """Source: "DB parameter formulas" in the RDS user guide; a part of the memory is the system's."""
    assert computed("{DBInstanceClassMemory/12582880}", 1024) == str(int(1024**3 * 0.75) // 12582880)
    assert computed("{DBInstanceClassMemory*3/4}", 1024) == str(int(1024**3 * 0.75) * 3 // 4)
    assert computed("LEAST({DBInstanceClassMemory/9531392},5000)", 1024 * 256) == "5000"
    assert computed("GREATEST({DBInstanceClassMemory/63963136*1024},65536)", 1024) == "65536"
    assert computed("utf8mb4", 1024) == "utf8mb4"


def test_every_default_is_a_value_that_its_parameter_may_have():
    from groundcloud.services.rds.parameters import checked

    for family in families().values():
        for parameter in family.values():
            if parameter.default:
                checked(parameter, parameter.default)


def test_a_snapshot_waits_for_an_instance_that_is_there(rds, create, becomes):
    create()
    with refused(rds, "InvalidDBInstanceState"):
        rds.create_db_snapshot(DBSnapshotIdentifier="one", DBInstanceIdentifier="shop")
    becomes("available")
    made = rds.create_db_snapshot(DBSnapshotIdentifier="One", DBInstanceIdentifier="shop")["DBSnapshot"]
    assert (made["DBSnapshotIdentifier"], made["Status"], made["PercentProgress"]) == ("one", "creating", 0)
    with refused(rds, "DBSnapshotAlreadyExists"):
        rds.create_db_snapshot(DBSnapshotIdentifier="one", DBInstanceIdentifier="shop")
    with refused(rds, "InvalidDBSnapshotState"):
        rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="copy", DBSnapshotIdentifier="one")
    with refused(rds, "DBSnapshotNotFound"):
        rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="copy", DBSnapshotIdentifier="two")


def test_a_replica_needs_backups_of_its_source(rds, create, becomes):
    create(BackupRetentionPeriod=0)
    becomes("available")
    with refused(rds, "InvalidDBInstanceState", "backups are not enabled"):
        rds.create_db_instance_read_replica(DBInstanceIdentifier="reads", SourceDBInstanceIdentifier="shop")
    with refused(rds, "InvalidDBInstanceState", "not a read replica"):
        rds.promote_read_replica(DBInstanceIdentifier="shop")
