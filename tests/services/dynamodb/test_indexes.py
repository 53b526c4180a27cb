import pytest
from botocore.exceptions import ClientError

from tests.services.dynamodb.test_tables import settle


@pytest.fixture()
def songs(dynamodb):
    dynamodb.create_table(
        TableName="songs",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("artist", "title", "genre")]
        + [{"AttributeName": "year_", "AttributeType": "N"}],
        KeySchema=[
            {"AttributeName": "artist", "KeyType": "HASH"},
            {"AttributeName": "title", "KeyType": "RANGE"},
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "by-year",
                "KeySchema": [
                    {"AttributeName": "artist", "KeyType": "HASH"},
                    {"AttributeName": "year_", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-genre",
                "KeySchema": [{"AttributeName": "genre", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["stars"]},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return "songs"


def put(dynamodb, artist, title, **more):
    item = {"artist": {"S": artist}, "title": {"S": title}, **more}
    dynamodb.put_item(TableName="songs", Item=item)
    return item


def by_genre(dynamodb, genre, **options):
    return dynamodb.query(
        TableName="songs",
        IndexName="by-genre",
        KeyConditionExpression="genre = :g",
        ExpressionAttributeValues={":g": {"S": genre}},
        **options,
    )


def test_an_index_shows_what_it_projects(dynamodb, songs):
    put(dynamodb, "a", "x", genre={"S": "rock"}, stars={"N": "5"}, label={"S": "l"})
    put(dynamodb, "b", "y", genre={"S": "jazz"})
    put(dynamodb, "c", "z")
    expected = {"artist": {"S": "a"}, "title": {"S": "x"}, "genre": {"S": "rock"}, "stars": {"N": "5"}}
    assert by_genre(dynamodb, "rock")["Items"] == [expected]
    assert dynamodb.scan(TableName="songs", IndexName="by-genre")["Count"] == 2


def test_an_index_follows_its_items(dynamodb, songs):
    put(dynamodb, "a", "x", genre={"S": "rock"}, stars={"N": "5"})
    dynamodb.update_item(
        TableName="songs",
        Key={"artist": {"S": "a"}, "title": {"S": "x"}},
        UpdateExpression="SET genre = :g, stars = stars - :one",
        ExpressionAttributeValues={":g": {"S": "jazz"}, ":one": {"N": "1"}},
    )
    assert by_genre(dynamodb, "rock")["Items"] == []
    assert by_genre(dynamodb, "jazz")["Items"][0]["stars"] == {"N": "4"}
    dynamodb.delete_item(TableName="songs", Key={"artist": {"S": "a"}, "title": {"S": "x"}})
    assert by_genre(dynamodb, "jazz")["Items"] == []


def test_a_local_index_sorts_by_its_own_key_and_reads_the_rest_from_the_table(dynamodb, songs):
    put(dynamodb, "a", "x", year_={"N": "10"}, label={"S": "l"})
    put(dynamodb, "a", "y", year_={"N": "9"})
    ask = {
        "TableName": "songs",
        "IndexName": "by-year",
        "KeyConditionExpression": "artist = :a",
        "ExpressionAttributeValues": {":a": {"S": "a"}},
    }
    assert [item["title"]["S"] for item in dynamodb.query(**ask)["Items"]] == ["y", "x"]
    whole = dynamodb.query(Select="ALL_ATTRIBUTES", ConsistentRead=True, **ask)["Items"][1]
    assert whole["label"] == {"S": "l"}


def test_pages_of_an_index_tell_items_of_one_key_apart(dynamodb, songs):
    for number in range(5):
        put(dynamodb, "a", str(number), genre={"S": "rock"})
    found, start = [], {}
    while True:
        answer = by_genre(dynamodb, "rock", Limit=2, **start)
        found += [item["title"]["S"] for item in answer["Items"]]
        if "LastEvaluatedKey" not in answer:
            break
        assert answer["LastEvaluatedKey"].keys() == {"artist", "title", "genre"}
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
    assert sorted(found) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ConsistentRead": True}, "Consistent reads are not supported on global secondary indexes"),
        ({"Select": "ALL_ATTRIBUTES"}, "is not supported for global secondary index by-genre because its projection"),
        ({"ProjectionExpression": "label"}, r"Global secondary index by-genre does not project \[label\]"),
    ],
)
def test_what_a_global_index_cannot_show(dynamodb, songs, options, message):
    with pytest.raises(ClientError, match=message):
        by_genre(dynamodb, "rock", **options)


def test_an_index_key_of_another_type_is_refused(dynamodb, songs):
    with pytest.raises(
        ClientError, match="Type mismatch for Index Key genre Expected: S Actual: N IndexName: by-genre"
    ):
        put(dynamodb, "a", "x", genre={"N": "1"})


def test_a_new_index_is_filled(cloud, dynamodb, table):
    for number in range(450):
        dynamodb.put_item(
            TableName=table,
            Item={"pk": {"S": str(number)}, "sk": {"S": "x"}, "kind": {"S": "odd" if number % 2 else "even"}},
        )
    dynamodb.update_table(
        TableName=table,
        AttributeDefinitions=[{"AttributeName": "kind", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "by-kind",
                    "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            }
        ],
    )
    ask = {
        "TableName": table,
        "IndexName": "by-kind",
        "KeyConditionExpression": "kind = :k",
        "ExpressionAttributeValues": {":k": {"S": "odd"}},
    }
    index = dynamodb.describe_table(TableName=table)["Table"]["GlobalSecondaryIndexes"][0]
    assert (index["IndexStatus"], index["Backfilling"]) == ("CREATING", True)
    with pytest.raises(ClientError, match="Cannot read from backfilling global secondary index: by-kind"):
        dynamodb.query(**ask)
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "new"}, "sk": {"S": "x"}, "kind": {"S": "odd"}})
    settle(cloud)
    assert dynamodb.describe_table(TableName=table)["Table"]["TableStatus"] == "ACTIVE"
    assert dynamodb.query(**ask)["Count"] == 226
    dynamodb.update_table(TableName=table, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-kind"}}])
    settle(cloud)
    assert "GlobalSecondaryIndexes" not in dynamodb.describe_table(TableName=table)["Table"]
    with pytest.raises(ClientError, match="The table does not have the specified index: by-kind"):
        dynamodb.query(**ask)
