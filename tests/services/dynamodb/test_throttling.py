"""Tables that ask, by a tag, to be held to their capacity. Sources: "Troubleshooting throttling in Amazon DynamoDB",
"Burst capacity", and the API references of the exceptions and of ThrottlingReason."""

import pytest
from botocore.exceptions import ClientError

from tests.services.kms.conftest import refused

ON = [{"Key": "groundcloud:throttling", "Value": "on"}]
KEYS = {
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
}


@pytest.fixture()
def small(dynamodb, cloud):
    """A table with two units a second of each kind."""
    units = {"ReadCapacityUnits": 2, "WriteCapacityUnits": 2}
    made = dynamodb.create_table(TableName="small", ProvisionedThroughput=units, Tags=ON, **KEYS)
    return made["TableDescription"]["TableArn"]


def put(dynamodb, name: str, **more):
    dynamodb.put_item(TableName="small", Item={"id": {"S": name}, **more})


def get(dynamodb, **more):
    return dynamodb.get_item(TableName="small", Key={"id": {"S": "a"}}, **more)


def test_a_table_without_the_tag_takes_what_comes(dynamodb):
    units = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    dynamodb.create_table(TableName="small", ProvisionedThroughput=units, **KEYS)
    for number in range(20):
        put(dynamodb, str(number))


def test_writes_beyond_the_capacity_are_refused_and_change_nothing(dynamodb, small):
    put(dynamodb, "a")
    put(dynamodb, "b")
    with pytest.raises(dynamodb.exceptions.ProvisionedThroughputExceededException) as found:
        put(dynamodb, "c")
    answer = found.value.response
    assert answer["Error"]["Message"].startswith("The level of configured provisioned throughput for the table was")
    assert answer["ThrottlingReasons"] == [{"reason": "TableWriteProvisionedThroughputExceeded", "resource": small}]
    assert dynamodb.scan(TableName="small")["Count"] == 2


def test_reads_count_four_kilobytes_and_half_where_they_need_not_be_consistent(dynamodb, small):
    put(dynamodb, "a")
    for _ in range(4):
        get(dynamodb)
    assert refused(lambda: get(dynamodb))[0] == "ProvisionedThroughputExceededException"


def test_unused_capacity_is_kept_for_five_minutes_and_no_longer(dynamodb, small, cloud):
    put(dynamodb, "a")
    cloud.clock.advance(minutes=10)
    written = 0
    with pytest.raises(ClientError, match="ProvisionedThroughputExceeded"):
        for number in range(1000):
            put(dynamodb, str(number))
            written += 1
    assert written == 600


def test_a_large_item_is_owed(dynamodb, small, cloud):
    put(dynamodb, "a", text={"S": "x" * 10_000})
    cloud.clock.advance(seconds=3)
    assert refused(lambda: put(dynamodb, "b"))[0] == "ProvisionedThroughputExceededException"
    cloud.clock.advance(seconds=2)
    put(dynamodb, "b")


def test_a_batch_gives_back_what_it_had_no_capacity_for(dynamodb, small):
    requests = [{"PutRequest": {"Item": {"id": {"S": str(number)}}}} for number in range(5)]
    answer = dynamodb.batch_write_item(RequestItems={"small": requests})
    assert answer["UnprocessedItems"] == {"small": requests[2:]}
    code, _ = refused(dynamodb.batch_write_item, RequestItems={"small": requests})
    assert code == "ProvisionedThroughputExceededException"
    keys = [{"id": {"S": str(number)}} for number in range(6)]
    found = dynamodb.batch_get_item(RequestItems={"small": {"Keys": keys}})
    assert len(found["Responses"]["small"]) == 2
    assert found["UnprocessedKeys"]["small"]["Keys"] == keys[4:]


def test_a_transaction_without_capacity_is_cancelled_as_a_whole(dynamodb, small):
    steps = [{"Put": {"TableName": "small", "Item": {"id": {"S": str(number)}}}} for number in range(3)]
    with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as found:
        dynamodb.transact_write_items(TransactItems=steps)
    codes = [reason["Code"] for reason in found.value.response["CancellationReasons"]]
    assert codes == ["None", "None", "ProvisionedThroughputExceeded"]
    assert dynamodb.scan(TableName="small")["Count"] == 0


def test_an_index_without_capacity_holds_up_the_table(dynamodb):
    """ "Using Global Secondary Indexes": a write that an index cannot follow is throttled."""
    units = {"ReadCapacityUnits": 9, "WriteCapacityUnits": 9}
    made = dynamodb.create_table(
        TableName="small",
        ProvisionedThroughput=units,
        Tags=ON,
        AttributeDefinitions=[*KEYS["AttributeDefinitions"], {"AttributeName": "at", "AttributeType": "S"}],
        KeySchema=KEYS["KeySchema"],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_at",
                "KeySchema": [{"AttributeName": "at", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
            }
        ],
    )
    put(dynamodb, "a", at={"S": "noon"})
    with pytest.raises(dynamodb.exceptions.ProvisionedThroughputExceededException) as found:
        put(dynamodb, "b", at={"S": "noon"})
    arn = f"{made['TableDescription']['TableArn']}/index/by_at"
    reasons = found.value.response["ThrottlingReasons"]
    assert reasons == [{"reason": "IndexWriteProvisionedThroughputExceeded", "resource": arn}]
    assert dynamodb.scan(TableName="small")["Count"] == 1


def test_an_on_demand_table_is_held_to_its_maximum(dynamodb):
    dynamodb.create_table(
        TableName="small", BillingMode="PAY_PER_REQUEST", Tags=ON,
        OnDemandThroughput={"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": 1}, **KEYS,
    )  # fmt: skip
    put(dynamodb, "a")
    for _ in range(10):
        get(dynamodb)
    with pytest.raises(dynamodb.exceptions.ThrottlingException) as found:
        put(dynamodb, "b")
    assert found.value.response["throttlingReasons"][0]["reason"] == "TableWriteMaxOnDemandThroughputExceeded"


def test_the_tag_may_come_and_go(dynamodb, small, cloud):
    dynamodb.untag_resource(ResourceArn=small, TagKeys=["groundcloud:throttling"])
    for number in range(5):
        put(dynamodb, str(number))
    dynamodb.tag_resource(ResourceArn=small, Tags=ON)
    put(dynamodb, "x")
    put(dynamodb, "y")
    assert refused(lambda: put(dynamodb, "z"))[0] == "ProvisionedThroughputExceededException"
