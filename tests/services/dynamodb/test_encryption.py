"""Tables under a key of KMS. Sources: "DynamoDB encryption at rest: how it works" and its usage notes, and "How Amazon
DynamoDB uses AWS KMS": the encryption context, and whose permission is asked for."""

import gzip
import json

import pytest
from botocore.exceptions import ClientError

from tests.services.kms.conftest import kms, refused, user

SIMPLE = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
ITEM = {"id": {"S": "a"}, "word": {"S": "an easily found word"}}


@pytest.fixture()
def key(kms):
    return kms.create_key()["KeyMetadata"]


@pytest.fixture()
def sealed(dynamodb, key):
    """A table under a customer managed key, with an item."""
    wanted = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key["KeyId"]}
    dynamodb.create_table(TableName="sealed", SSESpecification=wanted, **SIMPLE)
    dynamodb.put_item(TableName="sealed", Item=ITEM)
    return "sealed"


def on_the_disk(tmp_path, word: bytes) -> bool:
    return any(word in path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith("dynamodb.db"))


def described(dynamodb, name="sealed"):
    return dynamodb.describe_table(TableName=name)["Table"]


def test_a_table_tells_the_key_that_it_is_under(dynamodb, sealed, key):
    assert described(dynamodb)["SSEDescription"] == {
        "Status": "ENABLED",
        "SSEType": "KMS",
        "KMSMasterKeyArn": key["Arn"],
    }


def test_no_item_is_on_the_disk_in_the_clear(dynamodb, sealed, tmp_path):
    assert dynamodb.get_item(TableName="sealed", Key={"id": {"S": "a"}})["Item"] == ITEM
    assert not on_the_disk(tmp_path, b"easily found")
    dynamodb.create_table(TableName="open", **SIMPLE)
    dynamodb.put_item(TableName="open", Item=ITEM)
    assert on_the_disk(tmp_path, b"easily found")


def test_every_way_to_an_item_opens_it(dynamodb, tmp_path):
    """Without a key's name the key is AWS's own for DynamoDB, `alias/aws/dynamodb`."""
    dynamodb.create_table(
        TableName="sealed",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "at")],
        KeySchema=SIMPLE["KeySchema"],
        BillingMode="PAY_PER_REQUEST",
        SSESpecification={"Enabled": True},
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_at",
                "KeySchema": [{"AttributeName": "at", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    item = {**ITEM, "at": {"S": "noon"}}
    dynamodb.put_item(TableName="sealed", Item=item)
    dynamodb.update_item(
        TableName="sealed",
        Key={"id": {"S": "a"}},
        UpdateExpression="set n = :n",
        ExpressionAttributeValues={":n": {"N": "1"}},
    )
    item["n"] = {"N": "1"}
    assert dynamodb.scan(TableName="sealed")["Items"] == [item]
    assert dynamodb.scan(TableName="sealed", FilterExpression="n = :n", ExpressionAttributeValues={":n": {"N": "1"}})[
        "Items"
    ] == [item]
    found = dynamodb.query(
        TableName="sealed",
        IndexName="by_at",
        KeyConditionExpression="#at = :at",
        ExpressionAttributeNames={"#at": "at"},
        ExpressionAttributeValues={":at": {"S": "noon"}},
    )
    assert found["Items"] == [item]
    batch = dynamodb.batch_get_item(RequestItems={"sealed": {"Keys": [{"id": {"S": "a"}}]}})
    assert batch["Responses"]["sealed"] == [item]
    whole = dynamodb.transact_get_items(TransactItems=[{"Get": {"TableName": "sealed", "Key": {"id": {"S": "a"}}}}])
    assert whole["Responses"] == [{"Item": item}]
    assert dynamodb.execute_statement(Statement="select * from sealed where id = 'a'")["Items"] == [item]
    old = dynamodb.delete_item(TableName="sealed", Key={"id": {"S": "a"}}, ReturnValues="ALL_OLD")["Attributes"]
    assert old == item
    assert not on_the_disk(tmp_path, b"easily found")


def test_a_streams_records_are_encrypted_too_and_outlive_their_table(dynamodb, cloud, key, tmp_path):
    wanted = {"Enabled": True, "KMSMasterKeyId": key["Arn"]}
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    made = dynamodb.create_table(TableName="sealed", SSESpecification=wanted, StreamSpecification=stream, **SIMPLE)
    arn = made["TableDescription"]["LatestStreamArn"]
    dynamodb.put_item(TableName="sealed", Item=ITEM)
    dynamodb.delete_table(TableName="sealed")
    streams = cloud.client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    records = streams.get_records(ShardIterator=start)["Records"]
    assert [record["dynamodb"]["NewImage"] for record in records] == [ITEM]
    assert not on_the_disk(tmp_path, b"easily found")


def test_a_disabled_key_shuts_the_table_at_once_and_enabling_it_opens_it(dynamodb, sealed, key, kms, settle, cloud):
    """Usage notes: the table is INACCESSIBLE_ENCRYPTION_CREDENTIALS until DynamoDB can use the key again."""
    kms.disable_key(KeyId=key["KeyId"])
    for call in (
        lambda: dynamodb.get_item(TableName="sealed", Key={"id": {"S": "a"}}),
        lambda: dynamodb.put_item(TableName="sealed", Item=ITEM),
        lambda: dynamodb.scan(TableName="sealed"),
    ):
        code, message = refused(call)
        assert code == "AccessDeniedException"
        assert message.startswith("KMS key access denied error: ")
    assert described(dynamodb)["TableStatus"] == "INACCESSIBLE_ENCRYPTION_CREDENTIALS"
    settle()
    assert described(dynamodb)["SSEDescription"]["InaccessibleEncryptionDateTime"] == cloud.clock()
    kms.enable_key(KeyId=key["KeyId"])
    assert dynamodb.get_item(TableName="sealed", Key={"id": {"S": "a"}})["Item"] == ITEM
    settle()
    assert described(dynamodb)["TableStatus"] == "ACTIVE"
    assert "InaccessibleEncryptionDateTime" not in described(dynamodb)["SSEDescription"]


def test_a_caller_needs_a_permission_on_a_customers_key(dynamodb, sealed, key, user):
    reading = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}
    alice = user("alice", reading, service="dynamodb")
    assert refused(alice.get_item, TableName="sealed", Key={"id": {"S": "a"}})[0] == "AccessDeniedException"
    named = {
        "kms:ViaService": "dynamodb.us-east-1.amazonaws.com",
        "kms:EncryptionContext:aws:dynamodb:tableName": "sealed",
    }
    via = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key["Arn"], "Condition": {"StringEquals": named}}
    bob = user("bob", reading, via, service="dynamodb")
    assert bob.get_item(TableName="sealed", Key={"id": {"S": "a"}})["Item"] == ITEM


def test_awss_own_key_is_everybodys_who_may_use_the_table(dynamodb, user, kms):
    dynamodb.create_table(TableName="sealed", SSESpecification={"Enabled": True}, **SIMPLE)
    dynamodb.put_item(TableName="sealed", Item=ITEM)
    alice = user("alice", {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}, service="dynamodb")
    assert alice.get_item(TableName="sealed", Key={"id": {"S": "a"}})["Item"] == ITEM
    arn = described(dynamodb)["SSEDescription"]["KMSMasterKeyArn"]
    assert kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]["Arn"] == arn


def test_a_key_that_cannot_be_used_makes_no_table(dynamodb, kms, key):
    kms.disable_key(KeyId=key["KeyId"])
    wanted = {"Enabled": True, "KMSMasterKeyId": key["KeyId"]}
    code, message = refused(dynamodb.create_table, TableName="sealed", SSESpecification=wanted, **SIMPLE)
    assert (code, "is disabled" in message) == ("ValidationException", True)
    assert dynamodb.list_tables()["TableNames"] == []
    code, _ = refused(
        dynamodb.create_table, TableName="x", SSESpecification={"Enabled": True, "SSEType": "AES256"}, **SIMPLE
    )
    assert code == "ValidationException"


def test_a_table_is_encrypted_later_with_what_it_holds(dynamodb, settle, tmp_path, key):
    dynamodb.create_table(TableName="sealed", **SIMPLE)
    dynamodb.put_item(TableName="sealed", Item=ITEM)
    wanted = {"Enabled": True, "KMSMasterKeyId": key["Arn"]}
    assert dynamodb.update_table(TableName="sealed", SSESpecification=wanted)["TableDescription"]["SSEDescription"][
        "Status"
    ] == ("UPDATING")
    assert dynamodb.get_item(TableName="sealed", Key={"id": {"S": "a"}})["Item"] == ITEM
    settle()
    assert described(dynamodb)["SSEDescription"]["Status"] == "ENABLED"
    assert dynamodb.scan(TableName="sealed")["Items"] == [ITEM]


def test_another_key_takes_over_and_the_old_one_is_needed_no_more(dynamodb, sealed, key, kms):
    other = kms.create_key()["KeyMetadata"]
    wanted = {"Enabled": True, "KMSMasterKeyId": other["KeyId"]}
    dynamodb.update_table(TableName="sealed", SSESpecification=wanted)
    kms.disable_key(KeyId=key["KeyId"])
    assert dynamodb.get_item(TableName="sealed", Key={"id": {"S": "a"}})["Item"] == ITEM
    dynamodb.update_table(TableName="sealed", SSESpecification={"Enabled": False})
    kms.disable_key(KeyId=other["KeyId"])
    assert dynamodb.get_item(TableName="sealed", Key={"id": {"S": "a"}})["Item"] == ITEM
    assert "SSEDescription" not in described(dynamodb)
    dynamodb.update_table(TableName="sealed", SSESpecification={"Enabled": True})
    assert dynamodb.get_item(TableName="sealed", Key={"id": {"S": "a"}})["Item"] == ITEM


def test_what_happens_by_itself_uses_the_grant(dynamodb, sealed, key, kms, settle, cloud):
    """Time to live and new indexes need nobody's call; the grant is for one table's key alone."""
    grants = kms.list_grants(KeyId=key["KeyId"])["Grants"]
    assert [grant["GranteeServicePrincipal"] for grant in grants] == ["dynamodb.us-east-1.amazonaws.com"]
    assert grants[0]["Constraints"]["EncryptionContextSubset"]["aws:dynamodb:tableName"] == "sealed"
    dynamodb.update_table(
        TableName="sealed",
        AttributeDefinitions=[{"AttributeName": "word", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "by_word",
                    "KeySchema": [{"AttributeName": "word", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            }
        ],
    )
    dynamodb.update_time_to_live(TableName="sealed", TimeToLiveSpecification={"Enabled": True, "AttributeName": "end"})
    end = {"N": str(int(cloud.clock().timestamp()) - 10)}
    dynamodb.put_item(TableName="sealed", Item={"id": {"S": "b"}, "end": end})
    settle()
    assert dynamodb.scan(TableName="sealed", IndexName="by_word")["Items"] == [ITEM]
    assert dynamodb.scan(TableName="sealed")["Items"] == [ITEM]


def test_a_backup_is_restored_and_exported_under_its_key(dynamodb, sealed, key, settle, cloud, kms, tmp_path):
    arn = dynamodb.create_backup(TableName="sealed", BackupName="one")["BackupDetails"]["BackupArn"]
    settle()
    dynamodb.delete_table(TableName="sealed")
    dynamodb.restore_table_from_backup(TargetTableName="again", BackupArn=arn)
    settle()
    assert described(dynamodb, "again")["SSEDescription"]["KMSMasterKeyArn"] == key["Arn"]
    assert dynamodb.scan(TableName="again")["Items"] == [ITEM]
    assert not on_the_disk(tmp_path, b"easily found")
    dynamodb.update_continuous_backups(
        TableName="again", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="exported")
    dynamodb.export_table_to_point_in_time(TableArn=described(dynamodb, "again")["TableArn"], S3Bucket="exported")
    settle()
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket="exported")["Contents"] if one["Key"].endswith(".json.gz")]
    lines = gzip.decompress(s3.get_object(Bucket="exported", Key=keys[0])["Body"].read())
    assert json.loads(lines) == {"Item": ITEM}


def test_a_restored_table_may_have_another_key_or_none(dynamodb, sealed, kms, key, settle):
    arn = dynamodb.create_backup(TableName="sealed", BackupName="one")["BackupDetails"]["BackupArn"]
    settle()
    other = kms.create_key()["KeyMetadata"]
    wanted = {"Enabled": True, "KMSMasterKeyId": other["KeyId"]}
    dynamodb.restore_table_from_backup(TargetTableName="other", BackupArn=arn, SSESpecificationOverride=wanted)
    dynamodb.restore_table_from_backup(
        TargetTableName="none", BackupArn=arn, SSESpecificationOverride={"Enabled": False}
    )
    settle()
    assert described(dynamodb, "other")["SSEDescription"]["KMSMasterKeyArn"] == other["Arn"]
    kms.disable_key(KeyId=key["KeyId"])
    for name in ("other", "none"):
        assert dynamodb.scan(TableName=name)["Items"] == [ITEM]
    assert "SSEDescription" not in described(dynamodb, "none")
    kms.disable_key(KeyId=other["KeyId"])
    assert refused(dynamodb.scan, TableName="other")[0] == "AccessDeniedException"


def test_an_imported_table_is_encrypted_from_its_first_item_on(dynamodb, key, settle, cloud, tmp_path):
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="source")
    s3.put_object(Bucket="source", Key="data.json", Body=json.dumps({"Item": ITEM}).encode())
    wanted = {"Enabled": True, "KMSMasterKeyId": key["KeyId"]}
    dynamodb.import_table(
        S3BucketSource={"S3Bucket": "source"},
        InputFormat="DYNAMODB_JSON",
        TableCreationParameters={"TableName": "sealed", "SSESpecification": wanted, **SIMPLE},
    )
    settle()
    assert dynamodb.scan(TableName="sealed")["Items"] == [ITEM]
    assert described(dynamodb)["SSEDescription"]["KMSMasterKeyArn"] == key["Arn"]
    assert not on_the_disk(tmp_path, b"easily found")


def test_an_update_without_change_of_the_table_is_none(dynamodb, sealed):
    with pytest.raises(ClientError, match="At least one of"):
        dynamodb.update_table(TableName="sealed")


__all__ = ["kms", "user"]
