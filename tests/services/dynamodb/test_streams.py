import pytest
from botocore.exceptions import ClientError

from tests.services.dynamodb.test_tables import settle


@pytest.fixture()
def streams(cloud):
    return cloud.client("dynamodbstreams")


@pytest.fixture()
def stream(dynamodb, simple):
    """The ARN of a stream that shows both images."""
    described = dynamodb.update_table(
        TableName=simple,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    return described["LatestStreamArn"]


def iterator(streams, stream, kind="TRIM_HORIZON", **options):
    shard = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
    return streams.get_shard_iterator(StreamArn=stream, ShardId=shard, ShardIteratorType=kind, **options)[
        "ShardIterator"
    ]


def records(streams, stream, kind="TRIM_HORIZON", **options):
    return streams.get_records(ShardIterator=iterator(streams, stream, kind, **options))["Records"]


def test_a_stream_tells_every_change_in_order(dynamodb, streams, simple, stream):
    key = {"id": {"S": "1"}}
    dynamodb.put_item(TableName=simple, Item={**key, "v": {"N": "1"}})
    dynamodb.put_item(TableName=simple, Item={**key, "v": {"N": "1"}})  # changes nothing
    dynamodb.update_item(
        TableName=simple, Key=key, UpdateExpression="SET v = :v", ExpressionAttributeValues={":v": {"N": "2"}}
    )
    dynamodb.delete_item(TableName=simple, Key=key)
    found = records(streams, stream)
    assert [record["eventName"] for record in found] == ["INSERT", "MODIFY", "REMOVE"]
    assert found[0]["dynamodb"]["NewImage"] == {**key, "v": {"N": "1"}}
    assert found[1]["dynamodb"]["OldImage"] == {**key, "v": {"N": "1"}}
    assert found[2]["dynamodb"]["Keys"] == key
    assert "NewImage" not in found[2]["dynamodb"]
    numbers = [record["dynamodb"]["SequenceNumber"] for record in found]
    assert numbers == sorted(numbers)
    after = records(streams, stream, "AFTER_SEQUENCE_NUMBER", SequenceNumber=numbers[0])
    assert after == found[1:]


def test_an_iterator_goes_on_where_it_stopped(dynamodb, streams, simple, stream):
    latest = iterator(streams, stream, "LATEST")
    for name in ("a", "b", "c"):
        dynamodb.put_item(TableName=simple, Item={"id": {"S": name}})
    first = streams.get_records(ShardIterator=latest, Limit=2)
    second = streams.get_records(ShardIterator=first["NextShardIterator"])
    names = [record["dynamodb"]["Keys"]["id"]["S"] for record in first["Records"] + second["Records"]]
    assert names == ["a", "b", "c"]


def test_a_transaction_that_fails_leaves_no_record(dynamodb, streams, simple, stream):
    put = {"Put": {"TableName": simple, "Item": {"id": {"S": "1"}}}}
    check = {
        "ConditionCheck": {
            "TableName": simple,
            "Key": {"id": {"S": "2"}},
            "ConditionExpression": "attribute_exists(id)",
        }
    }
    with pytest.raises(ClientError, match="TransactionCanceled"):
        dynamodb.transact_write_items(TransactItems=[put, check])
    assert records(streams, stream) == []


def test_time_to_live_is_the_one_who_removed(cloud, dynamodb, streams, simple, stream):
    """Developer guide, "DynamoDB Streams and Time to Live"."""
    dynamodb.update_time_to_live(TableName=simple, TimeToLiveSpecification={"Enabled": True, "AttributeName": "end"})
    past = int(cloud.clock().timestamp()) - 5
    dynamodb.put_item(TableName=simple, Item={"id": {"S": "1"}, "end": {"N": str(past)}})
    settle(cloud)
    removal = records(streams, stream)[-1]
    assert removal["eventName"] == "REMOVE"
    assert removal["userIdentity"] == {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}


def test_a_closed_stream_ends_and_is_forgotten_after_a_day(cloud, dynamodb, streams, simple, stream):
    dynamodb.put_item(TableName=simple, Item={"id": {"S": "1"}})
    dynamodb.update_table(TableName=simple, StreamSpecification={"StreamEnabled": False})
    dynamodb.put_item(TableName=simple, Item={"id": {"S": "2"}})
    answer = streams.get_records(ShardIterator=iterator(streams, stream))
    assert len(answer["Records"]) == 1
    assert "NextShardIterator" not in answer
    assert streams.describe_stream(StreamArn=stream)["StreamDescription"]["StreamStatus"] == "DISABLED"
    assert len(streams.list_streams(TableName=simple)["Streams"]) == 1
    cloud.clock.advance(hours=25)
    settle(cloud)
    cloud.clock.advance(hours=-25)  # botocore signs by the clock on the wall
    assert streams.list_streams()["Streams"] == []


def test_an_iterator_lasts_fifteen_minutes(cloud, streams, stream):
    cloud.clock.advance(minutes=-10)  # on both sides of the clock on the wall, by which botocore signs
    old = iterator(streams, stream)
    cloud.clock.advance(minutes=14)
    streams.get_records(ShardIterator=old)
    cloud.clock.advance(minutes=2)
    with pytest.raises(ClientError, match="ExpiredIterator"):
        streams.get_records(ShardIterator=old)
