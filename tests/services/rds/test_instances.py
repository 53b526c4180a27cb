"""Instances as calls make, change and end them. What machines do is in tests/machines/test_rds.py."""

import json
import re

import pytest


def refused(client, code, match=""):
    """The client's call is refused with a code."""
    return pytest.raises(client.exceptions.ClientError, match=rf"\({re.escape(code)}\).*{match}")


def test_an_instance_is_created_with_aws_s_defaults(rds, create, cloud):
    made = create()
    assert made["DBInstanceStatus"] == "creating"
    assert made["DBInstanceArn"] == f"arn:aws:rds:us-east-1:{cloud.account}:db:shop"
    assert made["DbiResourceId"].startswith("db-")
    assert made["PendingModifiedValues"] == {"MasterUserPassword": "****"}
    assert "Endpoint" not in made
    assert (made["BackupRetentionPeriod"], made["MultiAZ"], made["StorageType"]) == (1, False, "gp2")
    assert made["DBSubnetGroup"]["DBSubnetGroupName"] == "default"
    assert made["DBParameterGroups"][0]["DBParameterGroupName"] == "default.postgres15"
    assert made["OptionGroupMemberships"][0]["OptionGroupName"] == "default:postgres-15"
    assert made["LicenseModel"] == "postgresql-license"
    assert "MasterUserPassword" not in made


def test_the_default_security_group_of_the_vpc_is_the_default(create, ec2):
    groups = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["default"]}])["SecurityGroups"]
    assert [each["VpcSecurityGroupId"] for each in create()["VpcSecurityGroups"]] == [groups[0]["GroupId"]]


def test_the_endpoint_is_shown_once_there_is_one_and_instances_share_its_middle(rds, create, becomes):
    create()
    create("other")
    becomes("available")
    becomes("available", "other")
    names = [each["Endpoint"]["Address"] for each in rds.describe_db_instances()["DBInstances"]]
    assert all(re.fullmatch(r"(shop|other)\.[a-z0-9]{12}\.us-east-1\.rds\.amazonaws\.com", each) for each in names)
    assert len({each.split(".")[1] for each in names}) == 1


def test_names_are_kept_in_lower_case_and_taken_once(rds, create):
    create("Shop")
    assert rds.describe_db_instances(DBInstanceIdentifier="SHOP")["DBInstances"][0]["DBInstanceIdentifier"] == "shop"
    with refused(rds, "DBInstanceAlreadyExists"):
        create("sHOP")


def test_what_is_not_there_is_not_found_by_name_and_by_arn(rds, cloud):
    with refused(rds, "DBInstanceNotFound", "shop not found"):
        rds.describe_db_instances(DBInstanceIdentifier="shop")
    with refused(rds, "DBInstanceNotFound"):
        rds.delete_db_instance(DBInstanceIdentifier="shop", SkipFinalSnapshot=True)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"Engine": "oracle-se2"}, "InvalidParameterValue"),
        ({"Engine": "dbase"}, "InvalidParameterValue"),
        ({"EngineVersion": "9.5.2"}, "InvalidParameterCombination"),
        ({"DBInstanceClass": "db.t99.micro"}, "InvalidParameterValue"),
        ({"MasterUserPassword": "short"}, "InvalidParameterValue"),
        ({"MasterUserPassword": "with/slash-in-it"}, "InvalidParameterValue"),
        ({"MasterUsername": "rdsadmin"}, "InvalidParameterValue"),
        ({"MasterUsername": "1st"}, "InvalidParameterValue"),
        ({"AllocatedStorage": 1}, "InvalidParameterValue"),
        ({"MaxAllocatedStorage": 10}, "InvalidParameterCombination"),
        ({"BackupRetentionPeriod": 36}, "InvalidParameterValue"),
        ({"PreferredBackupWindow": "noon"}, "InvalidParameterValue"),
        ({"DBSubnetGroupName": "mine"}, "DBSubnetGroupNotFoundFault"),
        ({"DBParameterGroupName": "mine"}, "DBParameterGroupNotFound"),
        ({"DBParameterGroupName": "default.mysql8.0"}, "InvalidParameterCombination"),
        ({"VpcSecurityGroupIds": ["sg-0123456789abcdef0"]}, "InvalidParameterValue"),
        ({"Port": 22}, "InvalidParameterValue"),
        ({"DBInstanceIdentifier": "two--hyphens"}, "InvalidParameterValue"),
        ({"KmsKeyId": "alias/mine"}, "InvalidParameterCombination"),
        ({"StorageEncrypted": True, "KmsKeyId": "alias/nothing"}, "KMSKeyNotAccessibleFault"),
        ({"MultiAZ": True, "AvailabilityZone": "us-east-1a"}, "InvalidParameterCombination"),
    ],
)
def test_a_request_that_cannot_be_is_refused_as_aws_refuses_it(rds, create, given, code):
    with refused(rds, code):
        create(**given)


def test_mysql_says_plainly_that_it_is_mariadb(rds, create):
    """The workshop "AWS 101" asks for MySQL 5.7.26."""
    made = create(Engine="mysql", EngineVersion="5.7.26", DBInstanceClass="db.t2.micro")
    assert "mariadb" in made["EngineVersion"]
    shown = rds.describe_db_engine_versions(Engine="mysql")["DBEngineVersions"][0]
    assert "MariaDB" in shown["DBEngineVersionDescription"]
    assert shown["EngineVersion"] == made["EngineVersion"]


def test_without_machines_a_database_says_what_is_missing(tmp_path):
    from tests.cloud import TestCloud

    cloud = TestCloud(tmp_path)
    rds = cloud.client("rds")
    with refused(rds, "InsufficientDBInstanceCapacity"):
        rds.create_db_instance(
            DBInstanceIdentifier="shop", Engine="postgres", DBInstanceClass="db.t3.micro", AllocatedStorage=20,
            MasterUsername="lab", MasterUserPassword="not-so-secret",
        )  # fmt: skip
    cloud.close()


def test_instances_are_filtered_and_come_in_pages(rds, create):
    for name in ("a1", "b1", "c1"):
        create(name, Engine="mariadb" if name == "b1" else "postgres")
    pages = rds.get_paginator("describe_db_instances").paginate(PaginationConfig={"PageSize": 20})
    assert [each["DBInstanceIdentifier"] for page in pages for each in page["DBInstances"]] == ["a1", "b1", "c1"]
    first = rds.describe_db_instances(MaxRecords=20)
    assert "Marker" not in first
    found = rds.describe_db_instances(Filters=[{"Name": "engine", "Values": ["mariadb"]}])["DBInstances"]
    assert [each["DBInstanceIdentifier"] for each in found] == ["b1"]
    with refused(rds, "InvalidParameterValue", "filter"):
        rds.describe_db_instances(Filters=[{"Name": "colour", "Values": ["red"]}])


def test_deletion_needs_a_final_snapshot_or_the_word_that_none_is_wanted(rds, create, becomes):
    create(DeletionProtection=True)
    becomes("available")
    with refused(rds, "InvalidParameterCombination", "protected"):
        rds.delete_db_instance(DBInstanceIdentifier="shop", SkipFinalSnapshot=True)
    rds.modify_db_instance(DBInstanceIdentifier="shop", DeletionProtection=False)
    with refused(rds, "InvalidParameterCombination", "FinalDBSnapshotIdentifier is required"):
        rds.delete_db_instance(DBInstanceIdentifier="shop")
    with refused(rds, "InvalidParameterCombination"):
        rds.delete_db_instance(DBInstanceIdentifier="shop", SkipFinalSnapshot=True, FinalDBSnapshotIdentifier="last")
    deleted = rds.delete_db_instance(DBInstanceIdentifier="shop", FinalDBSnapshotIdentifier="last")["DBInstance"]
    assert deleted["DBInstanceStatus"] == "deleting"
    assert rds.describe_db_snapshots(DBSnapshotIdentifier="last")["DBSnapshots"][0]["SnapshotType"] == "manual"
    with refused(rds, "InvalidDBInstanceState"):
        rds.delete_db_instance(DBInstanceIdentifier="shop", SkipFinalSnapshot=True)


def test_what_waits_for_the_window_is_pending_and_what_does_not_is_so(rds, create, becomes):
    create()
    becomes("available")
    shown = rds.modify_db_instance(
        DBInstanceIdentifier="shop", DBInstanceClass="db.t3.small", BackupRetentionPeriod=7, AllocatedStorage=40
    )["DBInstance"]
    assert shown["PendingModifiedValues"] == {"DBInstanceClass": "db.t3.small", "AllocatedStorage": 40}
    assert (shown["DBInstanceClass"], shown["BackupRetentionPeriod"]) == ("db.t3.micro", 7)
    now = rds.modify_db_instance(DBInstanceIdentifier="shop", MultiAZ=True, ApplyImmediately=True)["DBInstance"]
    assert (now["DBInstanceStatus"], now["DBInstanceClass"], now["MultiAZ"]) == ("modifying", "db.t3.small", True)
    with refused(rds, "InvalidDBInstanceState"):
        rds.modify_db_instance(DBInstanceIdentifier="shop", BackupRetentionPeriod=1)


def test_storage_never_shrinks(rds, create, becomes):
    create()
    becomes("available")
    with refused(rds, "InvalidParameterCombination"):
        rds.modify_db_instance(DBInstanceIdentifier="shop", AllocatedStorage=10)


def test_a_new_name_is_a_new_endpoint_of_the_same_instance(rds, create, becomes):
    before = create()
    becomes("available")
    rds.modify_db_instance(DBInstanceIdentifier="shop", NewDBInstanceIdentifier="store", ApplyImmediately=True)
    after = rds.describe_db_instances(DBInstanceIdentifier="store")["DBInstances"][0]
    assert after["DbiResourceId"] == before["DbiResourceId"]
    assert after["Endpoint"]["Address"].startswith("store.")
    with refused(rds, "DBInstanceNotFound"):
        rds.describe_db_instances(DBInstanceIdentifier="shop")


def test_a_failover_needs_a_standby(rds, create, becomes):
    create()
    becomes("available")
    with refused(rds, "InvalidParameterCombination", "Single-AZ"):
        rds.reboot_db_instance(DBInstanceIdentifier="shop", ForceFailover=True)
    assert rds.reboot_db_instance(DBInstanceIdentifier="shop")["DBInstance"]["DBInstanceStatus"] == "rebooting"
    with refused(rds, "InvalidDBInstanceState"):
        rds.stop_db_instance(DBInstanceIdentifier="shop")


def test_a_managed_master_password_lies_in_secrets_manager(cloud, rds, create):
    made = create(MasterUserPassword="", ManageMasterUserPassword=True)
    arn = made["MasterUserSecret"]["SecretArn"]
    assert ":secret:rds!db-" in arn
    value = json.loads(cloud.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    assert value["username"] == "lab"
    assert len(value["password"]) >= 20


def test_no_secret_is_in_the_store_in_the_clear(cloud, create, tmp_path):
    create(MasterUserPassword="not-so-secret-at-all")
    assert not [path for path in tmp_path.glob("groundcloud.db*") if b"not-so-secret-at-all" in path.read_bytes()]


def test_events_tell_what_happened_to_whom(rds, create, becomes):
    create()
    becomes("available")
    rds.delete_db_instance(DBInstanceIdentifier="shop", SkipFinalSnapshot=True)
    found = rds.describe_events(SourceIdentifier="shop", SourceType="db-instance")["Events"]
    assert [each["EventCategories"] for each in found] == [["deletion"]]
    assert found[0]["SourceArn"].endswith(":db:shop")
    with refused(rds, "InvalidParameterCombination"):
        rds.describe_events(SourceIdentifier="shop")


def test_tags_are_put_read_and_taken_away_by_arn(rds, create):
    arn = create(Tags=[{"Key": "team", "Value": "lab"}])["DBInstanceArn"]
    rds.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "stage", "Value": "test"}])
    rds.remove_tags_from_resource(ResourceName=arn, TagKeys=["team"])
    assert rds.list_tags_for_resource(ResourceName=arn)["TagList"] == [{"Key": "stage", "Value": "test"}]
    with refused(rds, "DBInstanceNotFound"):
        rds.list_tags_for_resource(ResourceName=arn + "x")


def test_a_policy_decides_by_the_instance_and_its_engine(cloud, iam, rds, create):
    create("dev-one")
    iam.create_user(UserName="dev")
    statement = [
        {"Effect": "Allow", "Action": "rds:DescribeDBInstances", "Resource": f"arn:aws:rds:*:{cloud.account}:db:dev-*"}
    ]
    iam.put_user_policy(
        UserName="dev", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statement})
    )
    from tests.cloud import Keys

    dev = cloud.client("rds", Keys.of(iam.create_access_key(UserName="dev")["AccessKey"]))
    assert dev.describe_db_instances(DBInstanceIdentifier="dev-one")["DBInstances"]
    with refused(dev, "AccessDenied"):
        dev.describe_db_instances(DBInstanceIdentifier="shop")
    with refused(dev, "AccessDenied"):
        dev.delete_db_instance(DBInstanceIdentifier="dev-one", SkipFinalSnapshot=True)
