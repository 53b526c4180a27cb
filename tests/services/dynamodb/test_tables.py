import json

import pytest
from botocore.exceptions import ClientError

from tests.cloud import Keys

SIMPLE = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def test_a_table_is_described_as_it_was_made(cloud, dynamodb):
    made = dynamodb.create_table(
        TableName="music",
        AttributeDefinitions=[
            {"AttributeName": "Artist", "AttributeType": "S"},
            {"AttributeName": "SongTitle", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "Artist", "KeyType": "HASH"},
            {"AttributeName": "SongTitle", "KeyType": "RANGE"},
        ],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 6},
    )["TableDescription"]
    assert made["TableStatus"] == "CREATING"
    dynamodb.get_waiter("table_exists").wait(TableName="music")
    found = dynamodb.describe_table(TableName="music")["Table"]
    assert found["TableStatus"] == "ACTIVE"
    assert found["TableArn"] == f"arn:aws:dynamodb:us-east-1:{cloud.account}:table/music"
    assert found["ProvisionedThroughput"]["WriteCapacityUnits"] == 6
    assert found["KeySchema"] == made["KeySchema"]


def test_a_name_is_taken_once(dynamodb, simple):
    with pytest.raises(ClientError) as caught:
        dynamodb.create_table(TableName="simple", **SIMPLE)
    assert caught.value.response["Error"]["Code"] == "ResourceInUseException"
    assert caught.value.response["Error"]["Message"] == "Table already exists: simple"


def test_a_deleted_table_leaves_nothing(cloud, dynamodb, simple):
    dynamodb.put_item(TableName=simple, Item={"id": {"S": "1"}})
    assert dynamodb.delete_table(TableName=simple)["TableDescription"]["TableStatus"] == "DELETING"
    with pytest.raises(ClientError, match="Requested resource not found: Table: simple not found"):
        dynamodb.describe_table(TableName=simple)
    settle(cloud)
    with cloud.cloud.planes["dynamodb"].snapshot() as tx:
        assert tx.table.range(b"\x02dynamodb.item", b"\x02dynamodb.iten", 10, False) == []
    dynamodb.create_table(TableName=simple, **SIMPLE)
    assert dynamodb.scan(TableName=simple)["Count"] == 0


def settle(cloud):
    from groundcloud.controllers import Loop

    for store, controllers in cloud.loops.plane_controllers():
        Loop(store, controllers, now=cloud.clock, monotonic=lambda: 0.0).settle()


def test_tables_are_listed_by_name_in_pages(dynamodb):
    for name in ("ccc", "aaa", "bbb"):
        dynamodb.create_table(TableName=name, **SIMPLE)
    first = dynamodb.list_tables(Limit=2)
    assert first["TableNames"] == ["aaa", "bbb"]
    assert first["LastEvaluatedTableName"] == "bbb"
    assert dynamodb.list_tables(ExclusiveStartTableName="bbb")["TableNames"] == ["ccc"]
    pages = dynamodb.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 1})
    assert [name for page in pages for name in page["TableNames"]] == ["aaa", "bbb", "ccc"]


def test_what_is_not_under_a_key_of_kms_is_not_said_to_be(dynamodb):
    dynamodb.create_table(TableName="plain", SSESpecification={"Enabled": False}, **SIMPLE)
    assert "SSEDescription" not in dynamodb.describe_table(TableName="plain")["Table"]


def test_point_in_time_recovery_is_off_at_first(dynamodb, simple):
    found = dynamodb.describe_continuous_backups(TableName=simple)["ContinuousBackupsDescription"]
    assert found["ContinuousBackupsStatus"] == "ENABLED"
    assert found["PointInTimeRecoveryDescription"] == {"PointInTimeRecoveryStatus": "DISABLED"}


def test_limits_and_endpoints_are_told(dynamodb):
    assert dynamodb.describe_limits()["TableMaxReadCapacityUnits"] == 40_000
    assert dynamodb.describe_endpoints()["Endpoints"][0]["Address"] == "dynamodb.us-east-1.amazonaws.com"


def test_a_protected_table_is_not_deleted(dynamodb, simple):
    dynamodb.update_table(TableName=simple, DeletionProtectionEnabled=True)
    with pytest.raises(ClientError, match="currently protected against deletion"):
        dynamodb.delete_table(TableName=simple)


def test_who_may_not_tag_may_not_make_a_tagged_table(cloud, dynamodb):
    """Service authorization reference: CreateTable with tags depends on dynamodb:TagResource."""
    iam = cloud.client("iam")
    iam.create_user(UserName="writer")
    iam.put_user_policy(
        UserName="writer",
        PolicyName="setup",
        PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Resource":"*",'
        '"Action":["dynamodb:CreateTable","dynamodb:DescribeTable"]}]}',
    )
    keys = Keys.of(iam.create_access_key(UserName="writer")["AccessKey"])
    mine = cloud.client("dynamodb", keys)
    with pytest.raises(ClientError, match="not authorized to perform: dynamodb:TagResource") as caught:
        mine.create_table(TableName="tagged", Tags=[{"Key": "a", "Value": "b"}], **SIMPLE)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    mine.create_table(TableName="plain", **SIMPLE)


def test_tags_come_and_go(cloud, dynamodb, simple):
    arn = f"arn:aws:dynamodb:us-east-1:{cloud.account}:table/simple"
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    dynamodb.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_leading_keys_limit_a_caller_to_their_own_items(cloud, dynamodb, simple):
    """Developer guide, "Using IAM policy conditions for fine-grained access control"."""
    for name in ("alice", "bob"):
        dynamodb.put_item(TableName=simple, Item={"id": {"S": name}})
    iam = cloud.client("iam")
    iam.create_user(UserName="alice")
    iam.put_user_policy(
        UserName="alice",
        PolicyName="own",
        PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",'
        '"Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["${aws:username}"]}}}]}',
    )
    mine = cloud.client("dynamodb", Keys.of(iam.create_access_key(UserName="alice")["AccessKey"]))
    assert mine.get_item(TableName=simple, Key={"id": {"S": "alice"}})["Item"]
    query = {"TableName": simple, "KeyConditionExpression": "id = :i"}
    assert mine.query(ExpressionAttributeValues={":i": {"S": "alice"}}, **query)["Count"] == 1
    for refused in (
        lambda: mine.get_item(TableName=simple, Key={"id": {"S": "bob"}}),
        lambda: mine.query(ExpressionAttributeValues={":i": {"S": "bob"}}, **query),
        lambda: mine.put_item(TableName=simple, Item={"id": {"S": "bob"}}),
        lambda: mine.batch_get_item(RequestItems={simple: {"Keys": [{"id": {"S": "bob"}}]}}),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            refused()


def test_a_resource_policy_lets_another_account_in(cloud, dynamodb, simple):
    other = cloud.cloud.create_account("other", "other@example.com")
    keys = cloud.cloud.create_admin(other)
    theirs = cloud.client("dynamodb", Keys(keys["access_key_id"], keys["secret_access_key"]))
    arn = f"arn:aws:dynamodb:us-east-1:{cloud.account}:table/simple"
    with pytest.raises(ClientError, match="AccessDenied"):
        theirs.put_item(TableName=arn, Item={"id": {"S": "theirs"}})
    dynamodb.put_resource_policy(
        ResourceArn=arn,
        Policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": other},
                        "Action": "dynamodb:PutItem",
                        "Resource": arn,
                    }
                ],
            }
        ),
    )
    theirs.put_item(TableName=arn, Item={"id": {"S": "theirs"}})
    assert dynamodb.get_item(TableName=simple, Key={"id": {"S": "theirs"}})["Item"]


def test_items_end_when_their_time_comes(cloud, dynamodb, simple):
    soon = int(cloud.clock().timestamp()) + 60
    dynamodb.put_item(TableName=simple, Item={"id": {"S": "before"}, "end": {"N": str(soon)}})
    dynamodb.update_time_to_live(TableName=simple, TimeToLiveSpecification={"Enabled": True, "AttributeName": "end"})
    dynamodb.put_item(TableName=simple, Item={"id": {"S": "after"}, "end": {"N": str(soon)}})
    dynamodb.put_item(TableName=simple, Item={"id": {"S": "stays"}, "end": {"S": "never"}})
    settle(cloud)
    assert dynamodb.scan(TableName=simple)["Count"] == 3
    cloud.clock.advance(seconds=61)
    settle(cloud)
    assert [item["id"]["S"] for item in dynamodb.scan(TableName=simple)["Items"]] == ["stays"]
    ttl = dynamodb.describe_time_to_live(TableName=simple)["TimeToLiveDescription"]
    assert ttl == {"TimeToLiveStatus": "ENABLED", "AttributeName": "end"}


def test_items_are_counted_every_six_hours(cloud, dynamodb, simple):
    dynamodb.put_item(TableName=simple, Item={"id": {"S": "1"}})
    cloud.clock.advance(hours=7)
    settle(cloud)
    cloud.clock.advance(hours=-7)  # botocore signs by the clock on the wall
    found = dynamodb.describe_table(TableName=simple)["Table"]
    assert (found["ItemCount"], found["TableSizeBytes"]) == (1, 3)
