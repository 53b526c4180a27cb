import pytest
from botocore.exceptions import ClientError


def test_an_item_comes_back_as_it_was_put(dynamodb, simple):
    item = {
        "id": {"S": "1"},
        "n": {"N": "3.14"},
        "b": {"B": b"\x00\xff"},
        "flag": {"BOOL": True},
        "nothing": {"NULL": True},
        "names": {"SS": ["a", "b"]},
        "blobs": {"BS": [b"1", b"2"]},
        "list": {"L": [{"S": "x"}, {"M": {"deep": {"N": "1"}}}]},
        "empty": {"S": ""},
    }
    dynamodb.put_item(TableName=simple, Item=item)
    assert dynamodb.get_item(TableName=simple, Key={"id": {"S": "1"}})["Item"] == item


def test_what_is_not_there_is_no_item(dynamodb, simple):
    assert "Item" not in dynamodb.get_item(TableName=simple, Key={"id": {"S": "1"}})


@pytest.mark.parametrize(
    ("given", "kept"),
    [("1.0", "1"), ("1e2", "100"), ("-0", "0"), ("0012", "12"), ("1E-3", "0.001"), ("9" * 38, "9" * 38)],
)
def test_numbers_are_kept_exactly_and_in_plain_form(dynamodb, simple, given, kept):
    dynamodb.put_item(TableName=simple, Item={"id": {"S": "1"}, "n": {"N": given}})
    assert dynamodb.get_item(TableName=simple, Key={"id": {"S": "1"}})["Item"]["n"] == {"N": kept}


def test_a_condition_that_does_not_hold_keeps_the_item(dynamodb, simple):
    dynamodb.put_item(TableName=simple, Item={"id": {"S": "1"}, "v": {"N": "1"}})
    with pytest.raises(ClientError) as caught:
        dynamodb.put_item(
            TableName=simple,
            Item={"id": {"S": "1"}},
            ConditionExpression="attribute_not_exists(id)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert caught.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert caught.value.response["Error"]["Message"] == "The conditional request failed"
    assert caught.value.response["Item"] == {"id": {"S": "1"}, "v": {"N": "1"}}


def test_expected_is_the_older_condition(dynamodb, simple):
    """credstash puts with Expected={"name": {"Exists": False}} (Legacy parameters, developer guide)."""
    put = {"TableName": simple, "Item": {"id": {"S": "1"}}, "Expected": {"id": {"Exists": False}}}
    dynamodb.put_item(**put)
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        dynamodb.put_item(**put)


def test_delete_returns_the_old_item(dynamodb, simple):
    dynamodb.put_item(TableName=simple, Item={"id": {"S": "1"}, "v": {"N": "1"}})
    old = dynamodb.delete_item(TableName=simple, Key={"id": {"S": "1"}}, ReturnValues="ALL_OLD")["Attributes"]
    assert old == {"id": {"S": "1"}, "v": {"N": "1"}}
    assert "Item" not in dynamodb.get_item(TableName=simple, Key={"id": {"S": "1"}})


def test_an_update_makes_the_item_and_returns_what_changed(dynamodb, simple):
    def update(returned, expression="ADD hits :one SET who = :who", **values):
        return dynamodb.update_item(
            TableName=simple,
            Key={"id": {"S": "1"}},
            UpdateExpression=expression,
            ExpressionAttributeValues=values or {":one": {"N": "1"}, ":who": {"S": "me"}},
            ReturnValues=returned,
        ).get("Attributes")

    assert update("UPDATED_OLD") is None
    assert update("UPDATED_NEW") == {"hits": {"N": "2"}, "who": {"S": "me"}}
    assert update("ALL_OLD") == {"id": {"S": "1"}, "hits": {"N": "2"}, "who": {"S": "me"}}
    assert update("ALL_NEW")["hits"] == {"N": "4"}
    assert update("UPDATED_OLD") == {"hits": {"N": "4"}, "who": {"S": "me"}}


def test_the_key_cannot_be_updated(dynamodb, simple):
    with pytest.raises(ClientError, match=r"Cannot update attribute id\. This attribute is part of the key"):
        dynamodb.update_item(
            TableName=simple,
            Key={"id": {"S": "1"}},
            UpdateExpression="SET id = :v",
            ExpressionAttributeValues={":v": {"S": "2"}},
        )


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({}, "One or more parameter values were invalid: Missing the key id in the item"),
        ({"id": {"N": "1"}}, "Type mismatch for key id expected: S actual: N"),
        ({"id": {"S": ""}}, "The AttributeValue for a key attribute cannot contain an empty string value. Key: id"),
        ({"id": {}}, "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"),
        ({"id": {"S": "1", "N": "1"}}, "Supplied AttributeValue has more than one datatypes set"),
        ({"id": {"S": "1"}, "n": {"N": "x"}}, "The parameter cannot be converted to a numeric value: x"),
        ({"id": {"S": "1"}, "n": {"N": "1" * 39}}, "Attempting to store more than 38 significant digits in a Number"),
        ({"id": {"S": "1"}, "n": {"N": "1e126"}}, "Number overflow. Attempting to store a number with magnitude"),
        ({"id": {"S": "1"}, "n": {"N": "1e-131"}}, "Number underflow. Attempting to store a number with magnitude"),
        ({"id": {"S": "1"}, "s": {"SS": []}}, "An string set  may not be empty"),
        ({"id": {"S": "1"}, "s": {"SS": ["a", "a"]}}, r"Input collection \[a, a\] contains duplicates."),
        ({"id": {"S": "1"}, "s": {"S": "x" * 409600}}, "Item size has exceeded the maximum allowed size"),
        ({"id": {"S": "x" * 2049}}, "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
    ],
)
def test_items_that_cannot_be_are_refused_in_the_words_of_aws(dynamodb, simple, item, message):
    with pytest.raises(ClientError, match=message) as caught:
        dynamodb.put_item(TableName=simple, Item=item)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_thirty_two_levels_are_as_deep_as_an_item_goes(dynamodb, simple):
    def nested(levels):
        value = {"S": "bottom"}
        for _ in range(levels):
            value = {"L": [value]}
        return {"id": {"S": "1"}, "v": value}

    dynamodb.put_item(TableName=simple, Item=nested(31))
    with pytest.raises(ClientError, match="Nesting Levels have exceeded supported limits"):
        dynamodb.put_item(TableName=simple, Item=nested(33))


def test_a_table_that_is_not_there_is_named_as_aws_names_it(dynamodb):
    with pytest.raises(ClientError) as caught:
        dynamodb.get_item(TableName="nowhere", Key={"id": {"S": "1"}})
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert caught.value.response["Error"]["Message"] == "Requested resource not found"
