from datetime import timedelta

import msgspec
import pytest
from botocore.exceptions import ClientError

from groundcloud.services.dynamodb.history import prefix_of
from groundcloud.services.dynamodb.keys import after
from groundcloud.services.dynamodb.records import Table


@pytest.fixture()
def kept(dynamodb):
    """A table with an index and recovery on, and an item that was there before."""
    dynamodb.create_table(
        TableName="kept",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "city")],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[{
            "IndexName": "by-city", "KeySchema": [{"AttributeName": "city", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }],
        BillingMode="PAY_PER_REQUEST",
    )  # fmt: skip
    put(dynamodb, "old", "Rom")
    recover(dynamodb, PointInTimeRecoveryEnabled=True)
    return "kept"


def recover(dynamodb, **specification):
    answer = dynamodb.update_continuous_backups(TableName="kept", PointInTimeRecoverySpecification=specification)
    return answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]


def put(dynamodb, name, city):
    dynamodb.put_item(TableName="kept", Item={"id": {"S": name}, "city": {"S": city}})


def content(dynamodb, table, **options):
    items = dynamodb.scan(TableName=table, **options)["Items"]
    return {item["id"]["S"]: item["city"]["S"] for item in items}


def restore(dynamodb, target, when):
    dynamodb.restore_table_to_point_in_time(SourceTableName="kept", TargetTableName=target, RestoreDateTime=when)


def test_a_table_is_restored_as_it_was_at_each_second(cloud, dynamodb, kept, settle):
    moments, states = [], []
    steps = [
        lambda: put(dynamodb, "new", "Ulm"),
        lambda: put(dynamodb, "old", "Bonn"),
        lambda: dynamodb.delete_item(TableName="kept", Key={"id": {"S": "old"}}),
        lambda: put(dynamodb, "old", "Rom"),
    ]
    for step in steps:
        cloud.clock.advance(seconds=10)
        step()
        moments.append(cloud.clock())
        states.append(content(dynamodb, "kept"))
    cloud.clock.advance(seconds=10)
    for number, moment in enumerate(moments):
        restore(dynamodb, f"at-{number}", moment)
    restore(dynamodb, "before", moments[0] - timedelta(seconds=1))
    assert dynamodb.describe_table(TableName="before")["Table"]["TableStatus"] == "CREATING"
    settle()
    assert [content(dynamodb, f"at-{number}") for number in range(4)] == states
    assert content(dynamodb, "at-1", IndexName="by-city") == {"new": "Ulm", "old": "Bonn"}
    assert content(dynamodb, "before") == {"old": "Rom"}
    assert content(dynamodb, "kept") == {"old": "Rom", "new": "Ulm"}


def test_the_latest_state_is_everything_that_was_acknowledged(cloud, dynamodb, kept, settle):
    put(dynamodb, "new", "Ulm")
    with pytest.raises(ClientError, match="Exactly one of RestoreDateTime and UseLatestRestorableTime"):
        dynamodb.restore_table_to_point_in_time(SourceTableName="kept", TargetTableName="copy")
    dynamodb.restore_table_to_point_in_time(
        SourceTableName="kept", TargetTableName="copy", UseLatestRestorableTime=True
    )
    cloud.clock.advance(seconds=1)
    put(dynamodb, "late", "Rom")
    settle()
    assert content(dynamodb, "copy") == {"old": "Rom", "new": "Ulm"}


def test_changes_of_batches_transactions_and_updates_are_undone(cloud, dynamodb, kept, settle):
    before = cloud.clock()
    cloud.clock.advance(seconds=5)
    item = {"id": {"S": "a"}, "city": {"S": "Ulm"}}
    dynamodb.batch_write_item(RequestItems={"kept": [{"PutRequest": {"Item": item}}]})
    dynamodb.transact_write_items(TransactItems=[{"Delete": {"TableName": "kept", "Key": {"id": {"S": "old"}}}}])
    dynamodb.update_item(
        TableName="kept", Key={"id": {"S": "b"}}, UpdateExpression="SET city = :c",
        ExpressionAttributeValues={":c": {"S": "Ulm"}},
    )  # fmt: skip
    dynamodb.execute_statement(Statement="INSERT INTO kept VALUE {'id': 'c', 'city': 'Ulm'}")
    assert set(content(dynamodb, "kept")) == {"a", "b", "c"}
    restore(dynamodb, "then", before)
    settle()
    assert content(dynamodb, "then") == {"old": "Rom"}


def test_only_the_recovery_period_can_be_restored_and_is_kept(cloud, dynamodb, kept, settle):
    plane = cloud.cloud.world.plane("dynamodb")
    recover(dynamodb, PointInTimeRecoveryEnabled=True, RecoveryPeriodInDays=1)
    put(dynamodb, "old", "Bonn")
    plane.write(lambda tx: tx.put(msgspec.structs.replace(table_of(tx), history_since=cloud.clock() - timedelta(9))))
    shown = dynamodb.describe_continuous_backups(TableName="kept")["ContinuousBackupsDescription"]
    recovery = shown["PointInTimeRecoveryDescription"]
    assert recovery["RecoveryPeriodInDays"] == 1
    earliest, latest = recovery["EarliestRestorableDateTime"], recovery["LatestRestorableDateTime"]
    assert (earliest, latest) == (cloud.clock() - timedelta(days=1), cloud.clock())
    for moment in (earliest - timedelta(seconds=1), latest + timedelta(seconds=1)):
        with pytest.raises(ClientError, match="InvalidRestoreTimeException"):
            restore(dynamodb, "then", moment)
    settle()
    assert entries(plane) == 1
    cloud.clock.advance(days=3)
    settle()
    assert entries(plane) == 0


def table_of(tx):
    (table,) = tx.scan(Table)
    return table


def entries(plane):
    with plane.snapshot() as tx:
        table = table_of(tx)
        prefix = prefix_of(table.table_id, table.history_number)
        return len(tx.table.range(prefix, after(prefix), 100, False))


def test_recovery_that_is_off_restores_nothing_and_forgets(cloud, dynamodb, kept, settle):
    put(dynamodb, "new", "Ulm")
    assert recover(dynamodb, PointInTimeRecoveryEnabled=False) == {"PointInTimeRecoveryStatus": "DISABLED"}
    settle()
    assert entries(cloud.cloud.world.plane("dynamodb")) == 0
    with pytest.raises(ClientError, match="PointInTimeRecoveryUnavailableException"):
        restore(dynamodb, "then", cloud.clock())
    with pytest.raises(ClientError, match="TableNotFoundException"):
        dynamodb.describe_continuous_backups(TableName="none")


def test_a_deleted_table_with_recovery_leaves_a_system_backup_for_35_days(cloud, dynamodb, kept, settle):
    dynamodb.delete_table(TableName="kept")
    settle()
    (backup,) = dynamodb.list_backups(BackupType="SYSTEM")["BackupSummaries"]
    assert backup["BackupName"] == "kept$DeletedTableBackup"
    dynamodb.restore_table_from_backup(TargetTableName="again", BackupArn=backup["BackupArn"])
    settle()
    assert content(dynamodb, "again") == {"old": "Rom"}
    cloud.clock.advance(days=35)
    settle()
    cloud.clock.advance(days=-35)  # botocore signs by the clock on the wall
    assert dynamodb.list_backups(BackupType="ALL")["BackupSummaries"] == []


def test_a_table_that_is_being_restored_from_is_not_deleted(dynamodb, kept, cloud, settle):
    restore(dynamodb, "then", cloud.clock())
    with pytest.raises(ClientError, match="ResourceInUseException"):
        dynamodb.delete_table(TableName="kept")
    settle()
    dynamodb.delete_table(TableName="kept")
