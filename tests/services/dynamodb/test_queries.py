import pytest
from botocore.exceptions import ClientError


def fill(dynamodb, table, count=10, **more):
    for number in range(count):
        item = {"pk": {"S": "a"}, "sk": {"S": f"{number:03}"}, "n": {"N": str(number)}, **more}
        dynamodb.put_item(TableName=table, Item=item)


def sort_keys(answer):
    return [item["sk"]["S"] for item in answer["Items"]]


def ask(dynamodb, table, condition="pk = :p", **options):
    values = {":p": {"S": "a"}, **options.pop("values", {})}
    return dynamodb.query(
        TableName=table, KeyConditionExpression=condition, ExpressionAttributeValues=values, **options
    )


@pytest.mark.parametrize(
    ("condition", "values", "expected"),
    [
        ("sk = :a", {":a": "003"}, ["003"]),
        ("sk < :a", {":a": "002"}, ["000", "001"]),
        ("sk <= :a", {":a": "001"}, ["000", "001"]),
        ("sk > :a", {":a": "007"}, ["008", "009"]),
        ("sk >= :a", {":a": "008"}, ["008", "009"]),
        (":a < sk", {":a": "007"}, ["008", "009"]),
        ("sk BETWEEN :a AND :b", {":a": "002", ":b": "004"}, ["002", "003", "004"]),
        ("begins_with(sk, :a)", {":a": "00"}, [f"00{n}" for n in range(10)]),
    ],
)
def test_every_operator_of_a_sort_key(dynamodb, table, condition, values, expected):
    fill(dynamodb, table)
    values = {name: {"S": value} for name, value in values.items()}
    assert sort_keys(ask(dynamodb, table, f"pk = :p AND {condition}", values=values)) == expected


def test_numbers_sort_by_value(dynamodb):
    dynamodb.create_table(
        TableName="numbers",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "n", "AttributeType": "N"},
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    numbers = ["-1000000", "-12", "-1.5", "-0.001", "0", "0.0000001", "1", "1.5", "2", "10", "100", "1000000000000"]
    for number in reversed(numbers):
        dynamodb.put_item(TableName="numbers", Item={"pk": {"S": "a"}, "n": {"N": number}})
    assert [item["n"]["N"] for item in ask(dynamodb, "numbers")["Items"]] == numbers
    found = ask(dynamodb, "numbers", "pk = :p AND n > :n", values={":n": {"N": "1.5"}}, ScanIndexForward=False)
    assert [item["n"]["N"] for item in found["Items"]] == ["1000000000000", "100", "10", "2"]


@pytest.mark.parametrize("forward", [True, False])
def test_pages_follow_one_another(dynamodb, table, forward):
    fill(dynamodb, table)
    found, start = [], {}
    while True:
        answer = ask(dynamodb, table, Limit=3, ScanIndexForward=forward, **start)
        found += sort_keys(answer)
        if "LastEvaluatedKey" not in answer:
            break
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
    assert found == sorted(found, reverse=not forward)
    assert len(found) == 10


def test_a_page_holds_a_megabyte(dynamodb, table):
    fill(dynamodb, table, 12, blob={"S": "x" * 100_000})
    answer = ask(dynamodb, table)
    assert answer["Count"] == 10
    assert answer["LastEvaluatedKey"] == {"pk": {"S": "a"}, "sk": {"S": "009"}}
    assert ask(dynamodb, table, ExclusiveStartKey=answer["LastEvaluatedKey"])["Count"] == 2


def test_a_filter_counts_what_it_leaves_out(dynamodb, table):
    fill(dynamodb, table)
    answer = ask(dynamodb, table, FilterExpression="n > :n", values={":n": {"N": "6"}}, ProjectionExpression="sk")
    assert answer["Items"] == [{"sk": {"S": "007"}}, {"sk": {"S": "008"}}, {"sk": {"S": "009"}}]
    assert (answer["Count"], answer["ScannedCount"]) == (3, 10)


def test_count_shows_no_items(dynamodb, table):
    fill(dynamodb, table)
    answer = ask(dynamodb, table, Select="COUNT")
    assert answer["Count"] == 10
    assert "Items" not in answer


def test_the_older_key_conditions_query_too(dynamodb, table):
    fill(dynamodb, table)
    answer = dynamodb.query(
        TableName=table,
        KeyConditions={
            "pk": {"AttributeValueList": [{"S": "a"}], "ComparisonOperator": "EQ"},
            "sk": {"AttributeValueList": [{"S": "005"}], "ComparisonOperator": "GT"},
        },
        QueryFilter={"n": {"AttributeValueList": [{"N": "8"}], "ComparisonOperator": "LT"}},
        AttributesToGet=["sk"],
    )
    assert answer["Items"] == [{"sk": {"S": "006"}}, {"sk": {"S": "007"}}]


def test_the_segments_of_a_scan_share_the_table(dynamodb, simple):
    for number in range(50):
        dynamodb.put_item(TableName=simple, Item={"id": {"S": str(number)}})
    found = []
    for segment in range(4):
        items = dynamodb.scan(TableName=simple, Segment=segment, TotalSegments=4)["Items"]
        assert items
        found += [item["id"]["S"] for item in items]
    assert sorted(found) == sorted(map(str, range(50)))


@pytest.mark.parametrize(
    ("condition", "values", "message"),
    [
        ("sk = :a", {}, "Query condition missed key schema element: pk"),
        ("pk > :p AND sk = :a", {}, "Query key condition not supported"),
        ("pk = :p OR sk = :a", {}, "Invalid operator used in KeyConditionExpression: OR"),
        ("pk = :p AND elsewhere = :a", {}, "Query condition missed key schema element: sk"),
        ("pk = :p AND sk = :n", {":n": {"N": "1"}}, "Condition parameter type does not match schema type"),
        ("pk = :p AND pk = :a", {}, "KeyConditionExpressions must only contain one condition per key"),
    ],
)
def test_key_conditions_that_no_query_can_follow(dynamodb, table, condition, values, message):
    given = {":p": {"S": "a"}, ":a": {"S": "b"}, **values}
    given = {name: value for name, value in given.items() if name in condition}
    with pytest.raises(ClientError, match=message):
        dynamodb.query(TableName=table, KeyConditionExpression=condition, ExpressionAttributeValues=given)


def test_a_filter_keeps_off_the_key(dynamodb, table):
    with pytest.raises(ClientError, match="can only contain non-primary key attributes: Primary key attribute: sk"):
        ask(dynamodb, table, FilterExpression="sk = :s", values={":s": {"S": "x"}})


def test_unused_placeholders_are_named(dynamodb, table):
    with pytest.raises(ClientError, match=r"ExpressionAttributeValues unused in expressions: keys: \{:z\}"):
        ask(dynamodb, table, values={":z": {"S": "x"}})
    with pytest.raises(ClientError, match=r"ExpressionAttributeNames unused in expressions: keys: \{#z\}"):
        ask(dynamodb, table, ExpressionAttributeNames={"#z": "x"})


def test_capacity_is_counted_as_aws_counts_it(dynamodb, table):
    fill(dynamodb, table, 3, blob={"S": "x" * 3000})

    def units(**options):
        return ask(dynamodb, table, ReturnConsumedCapacity="TOTAL", **options)["ConsumedCapacity"]["CapacityUnits"]

    assert units() == 1.5  # 9 KB: three steps of 4 KB, half price
    assert units(ConsistentRead=True) == 3.0
