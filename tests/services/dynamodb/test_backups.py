import pytest
from botocore.exceptions import ClientError


@pytest.fixture()
def filled(dynamodb):
    """A table with an index and 450 items."""
    dynamodb.create_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "city")],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[{
            "IndexName": "by-city", "KeySchema": [{"AttributeName": "city", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }],
        BillingMode="PAY_PER_REQUEST",
    )  # fmt: skip
    for start in range(0, 450, 25):
        puts = [
            {"PutRequest": {"Item": {"id": {"S": f"{number}"}, "city": {"S": f"c{number % 3}"}}}}
            for number in range(start, start + 25)
        ]
        dynamodb.batch_write_item(RequestItems={"orders": puts})
    return "orders"


def count(dynamodb, table, **options):
    return dynamodb.scan(TableName=table, Select="COUNT", **options)["Count"]


def test_a_table_is_restored_as_it_was_when_it_was_backed_up(dynamodb, filled, settle):
    made = dynamodb.create_backup(TableName="orders", BackupName="daily")["BackupDetails"]
    assert (made["BackupStatus"], made["BackupType"]) == ("CREATING", "USER")
    settle()
    shown = dynamodb.describe_backup(BackupArn=made["BackupArn"])["BackupDescription"]
    assert shown["BackupDetails"]["BackupStatus"] == "AVAILABLE"
    assert shown["SourceTableDetails"]["ItemCount"] == 450
    dynamodb.delete_item(TableName="orders", Key={"id": {"S": "7"}})
    dynamodb.delete_table(TableName="orders")
    answer = dynamodb.restore_table_from_backup(TargetTableName="again", BackupArn=made["BackupArn"])
    assert answer["TableDescription"]["TableStatus"] == "CREATING"
    assert dynamodb.describe_table(TableName="again")["Table"]["TableStatus"] == "CREATING"
    settle()
    assert dynamodb.describe_table(TableName="again")["Table"]["TableStatus"] == "ACTIVE"
    assert count(dynamodb, "again") == 450
    assert count(dynamodb, "again", IndexName="by-city") == 450
    assert dynamodb.get_item(TableName="again", Key={"id": {"S": "7"}})["Item"]["city"] == {"S": "c1"}


def test_indexes_can_be_left_out(dynamodb, filled, settle):
    arn = dynamodb.create_backup(TableName="orders", BackupName="daily")["BackupDetails"]["BackupArn"]
    settle()
    dynamodb.restore_table_from_backup(TargetTableName="bare", BackupArn=arn, GlobalSecondaryIndexOverride=[])
    settle()
    assert "GlobalSecondaryIndexes" not in dynamodb.describe_table(TableName="bare")["Table"]


def test_backups_are_listed_and_deleted(dynamodb, filled, settle):
    arns = [
        dynamodb.create_backup(TableName="orders", BackupName=f"day{n}")["BackupDetails"]["BackupArn"] for n in "123"
    ]
    settle()
    pages = dynamodb.get_paginator("list_backups").paginate(TableName="orders", PaginationConfig={"PageSize": 2})
    assert [one["BackupArn"] for page in pages for one in page["BackupSummaries"]] == sorted(arns)
    assert dynamodb.delete_backup(BackupArn=arns[0])["BackupDescription"]["BackupDetails"]["BackupStatus"] == "DELETED"
    with pytest.raises(ClientError, match="BackupNotFoundException"):
        dynamodb.describe_backup(BackupArn=arns[0])


def test_what_is_not_there_or_not_ready_is_refused(dynamodb, filled, settle):
    with pytest.raises(ClientError, match="TableNotFoundException"):
        dynamodb.create_backup(TableName="none", BackupName="daily")
    arn = dynamodb.create_backup(TableName="orders", BackupName="daily")["BackupDetails"]["BackupArn"]
    with pytest.raises(ClientError, match="BackupInUseException"):
        dynamodb.restore_table_from_backup(TargetTableName="again", BackupArn=arn)
    settle()
    with pytest.raises(ClientError, match="TableAlreadyExistsException"):
        dynamodb.restore_table_from_backup(TargetTableName="orders", BackupArn=arn)
