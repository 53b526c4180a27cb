import pytest
from botocore.exceptions import ClientError


def keys(*names):
    return [{"id": {"S": name}} for name in names]


def test_a_batch_writes_and_reads(dynamodb, simple):
    requests = [{"PutRequest": {"Item": {"id": {"S": name}, "v": {"N": "1"}}}} for name in ("a", "b", "c")]
    assert dynamodb.batch_write_item(RequestItems={simple: requests})["UnprocessedItems"] == {}
    dynamodb.batch_write_item(RequestItems={simple: [{"DeleteRequest": {"Key": {"id": {"S": "b"}}}}]})
    answer = dynamodb.batch_get_item(RequestItems={simple: {"Keys": keys("a", "b", "c"), "ProjectionExpression": "id"}})
    assert answer["Responses"] == {simple: keys("a", "c")}
    assert answer["UnprocessedKeys"] == {}


def test_sixteen_megabytes_are_as_much_as_a_batch_reads(dynamodb, simple):
    names = [f"{number:02}" for number in range(50)]
    for name in names:
        dynamodb.put_item(TableName=simple, Item={"id": {"S": name}, "blob": {"S": "x" * 400_000}})
    answer = dynamodb.batch_get_item(RequestItems={simple: {"Keys": keys(*names)}})
    got = [item["id"]["S"] for item in answer["Responses"][simple]]
    left = [key["id"]["S"] for key in answer["UnprocessedKeys"][simple]["Keys"]]
    assert got == names[:41]
    assert left == names[41:]


def test_one_item_twice_is_refused(dynamodb, simple):
    with pytest.raises(ClientError, match="Provided list of item keys contains duplicates"):
        dynamodb.batch_get_item(RequestItems={simple: {"Keys": keys("a", "a")}})
    put = {"PutRequest": {"Item": {"id": {"S": "a"}}}}
    with pytest.raises(ClientError, match="Provided list of item keys contains duplicates"):
        dynamodb.batch_write_item(RequestItems={simple: [put, put]})


def test_a_transaction_is_done_whole_or_not_at_all(dynamodb, simple):
    dynamodb.put_item(TableName=simple, Item={"id": {"S": "taken"}, "v": {"N": "1"}})
    with pytest.raises(ClientError) as caught:
        dynamodb.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": simple, "Item": {"id": {"S": "new"}}}},
                {
                    "Put": {
                        "TableName": simple,
                        "Item": {"id": {"S": "taken"}},
                        "ConditionExpression": "attribute_not_exists(id)",
                        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                    }
                },
            ]
        )
    error = caught.value.response
    assert error["Error"]["Code"] == "TransactionCanceledException"
    assert error["Error"]["Message"] == (
        "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed]"
    )
    assert error["CancellationReasons"] == [
        {"Code": "None"},
        {
            "Code": "ConditionalCheckFailed",
            "Message": "The conditional request failed",
            "Item": {"id": {"S": "taken"}, "v": {"N": "1"}},
        },
    ]
    assert "Item" not in dynamodb.get_item(TableName=simple, Key={"id": {"S": "new"}})


def test_a_token_makes_a_transaction_count_once(cloud, dynamodb, simple):
    add = {
        "Update": {
            "TableName": simple,
            "Key": {"id": {"S": "1"}},
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
    }

    def count():
        return dynamodb.get_item(TableName=simple, Key={"id": {"S": "1"}})["Item"]["n"]["N"]

    for _ in range(3):
        dynamodb.transact_write_items(TransactItems=[add], ClientRequestToken="token")
    assert count() == "1"
    other = {"Delete": {"TableName": simple, "Key": {"id": {"S": "1"}}}}
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        dynamodb.transact_write_items(TransactItems=[other], ClientRequestToken="token")
    cloud.clock.advance(minutes=11)
    dynamodb.transact_write_items(TransactItems=[add], ClientRequestToken="token")
    assert count() == "2"


def test_a_transaction_reads_in_order(dynamodb, simple):
    dynamodb.put_item(TableName=simple, Item={"id": {"S": "a"}})
    gets = [{"Get": {"TableName": simple, "Key": {"id": {"S": name}}}} for name in ("b", "a")]
    assert dynamodb.transact_get_items(TransactItems=gets)["Responses"] == [{}, {"Item": {"id": {"S": "a"}}}]


def test_one_item_has_one_part_in_a_transaction(dynamodb, simple):
    delete = {"Delete": {"TableName": simple, "Key": {"id": {"S": "1"}}}}
    with pytest.raises(ClientError, match="Transaction request cannot include multiple operations on one item"):
        dynamodb.transact_write_items(TransactItems=[delete, delete])
