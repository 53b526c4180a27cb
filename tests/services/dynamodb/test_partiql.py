"""Source of the examples: "PartiQL statements for DynamoDB" in the developer guide."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.cloud import Keys


@pytest.fixture()
def run(dynamodb):
    def execute(statement, *parameters, **options):
        if parameters:
            options["Parameters"] = list(parameters)
        return dynamodb.execute_statement(Statement=statement, **options)["Items"]

    return execute


@pytest.fixture()
def music(run, table):
    for number in range(5):
        run(f"INSERT INTO things VALUE {{'pk': 'a', 'sk': 's{number}', 'n': {number}, 'tags': <<'x'>>}}")
    run("INSERT INTO things VALUE {'pk': 'b', 'sk': 's0', 'n': 10}")


def refused(code, call, *arguments, **options):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **options)
    assert caught.value.response["Error"]["Code"] == code
    return caught.value.response


def keys(items):
    return [item["sk"]["S"] for item in items]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("pk = 'a'", ["s0", "s1", "s2", "s3", "s4"]),
        ("pk = 'a' AND sk > 's2'", ["s3", "s4"]),
        ("pk = 'a' AND sk BETWEEN 's1' AND 's2'", ["s1", "s2"]),
        ("pk = 'a' AND begins_with(\"sk\", 's3')", ["s3"]),
        ("pk = 'a' AND n >= 3", ["s3", "s4"]),
        ("pk = 'a' AND (n = 0 OR n = 4)", ["s0", "s4"]),
        ("pk = 'a' AND sk <> 's1' AND n < 3", ["s0", "s2"]),
        ("pk = 'a' AND NOT n IN [0, 1, 2]", ["s3", "s4"]),
        ("pk = 'a' AND contains(tags, 'x') AND size(tags) = 1 AND n = 2", ["s2"]),
        ("tags IS MISSING", ["s0"]),
        ("n = 10 OR n = 10 AND pk = 'b'", ["s0"]),
        ("pk = 'b' AND 's0' <= sk", ["s0"]),
        ("tags IS NOT MISSING AND n IN (1)", ["s1"]),
    ],
)
def test_a_select_finds_what_its_conditions_say(run, music, where, found):
    assert keys(run(f"SELECT * FROM things WHERE {where}")) == found


def test_a_select_shows_what_it_names_in_the_order_that_it_wants(run, music):
    found = run('SELECT n FROM "things" WHERE pk = ? ORDER BY sk DESC', {"S": "a"})
    assert [item["n"]["N"] for item in found] == ["4", "3", "2", "1", "0"]
    assert found[0].keys() == {"n"}


def test_pages_follow_one_another(dynamodb, music):
    statement = {"Statement": "SELECT * FROM things WHERE pk = 'a'", "Limit": 2}
    first = dynamodb.execute_statement(**statement)
    second = dynamodb.execute_statement(**statement, NextToken=first["NextToken"])
    assert keys(first["Items"] + second["Items"]) == ["s0", "s1", "s2", "s3"]
    refused(
        "ValidationException",
        dynamodb.execute_statement,
        Statement="SELECT * FROM things",
        NextToken=first["NextToken"],
    )


def test_an_item_is_inserted_once(dynamodb, run, music):
    insert = "INSERT INTO things VALUE {'pk': 'b', 'sk': 's0', 'n': 11}"
    error = refused("DuplicateItemException", run, insert)
    assert error["Error"]["Message"] == "Duplicate primary key exists in table"
    assert run("SELECT n FROM things WHERE pk = 'b'") == [{"n": {"N": "10"}}]


def test_an_update_sets_removes_and_calculates(run, music):
    changed = run(
        "UPDATE things SET n = n + 5 SET list = list_append([1], [2]) SET tags = set_add(tags, <<'y'>>) REMOVE gone "
        "WHERE pk = 'a' AND sk = 's1' RETURNING ALL NEW *"
    )
    (item,) = changed
    assert (item["n"], sorted(item["tags"]["SS"]), len(item["list"]["L"])) == ({"N": "6"}, ["x", "y"], 2)
    assert run("UPDATE things SET n=1 WHERE pk='a' AND sk='s1' RETURNING MODIFIED OLD *") == [{"n": {"N": "6"}}]


def test_an_update_needs_the_whole_key_and_an_item_that_is_there(run, music):
    refused("ValidationException", run, "UPDATE things SET n = 1 WHERE pk = 'a'")
    refused("ConditionalCheckFailedException", run, "UPDATE things SET n = 1 WHERE pk = 'a' AND sk = 'none'")
    refused("ConditionalCheckFailedException", run, "UPDATE things SET n = 1 WHERE pk = 'a' AND sk = 's1' AND n > 50")


def test_a_delete_returns_what_was_there(run, music):
    assert run("DELETE FROM things WHERE pk = 'b' AND sk = 's0' RETURNING ALL OLD *") == [
        {"pk": {"S": "b"}, "sk": {"S": "s0"}, "n": {"N": "10"}}
    ]
    assert run("DELETE FROM things WHERE pk = 'b' AND sk = 's0'") == []
    assert run("SELECT * FROM things WHERE pk = 'b'") == []


def test_each_statement_of_a_batch_has_its_own_answer(dynamodb, music):
    answers = dynamodb.batch_execute_statement(Statements=[
        {"Statement": "INSERT INTO things VALUE {'pk': 'c', 'sk': '1'}"},
        {"Statement": "INSERT INTO things VALUE {'pk': 'a', 'sk': 's0'}"},
        {"Statement": "UPDATE things SET n = 7 WHERE pk = ? AND sk = 's9'", "Parameters": [{"S": "a"}]},
        {"Statement": "DELETE FROM none WHERE id = '1'"},
    ])["Responses"]  # fmt: skip
    assert [answer.get("Error", {}).get("Code") for answer in answers] == [
        None, "DuplicateItem", "ConditionalCheckFailed", "ResourceNotFound",
    ]  # fmt: skip
    read = dynamodb.batch_execute_statement(Statements=[
        {"Statement": "SELECT sk FROM things WHERE pk = 'c' AND sk = '1'"},
        {"Statement": "SELECT * FROM things WHERE pk = 'c' AND sk = '2'"},
        {"Statement": "SELECT * FROM things WHERE pk = 'c'"},
    ])["Responses"]  # fmt: skip
    assert read[0]["Item"] == {"sk": {"S": "1"}}
    assert "Item" not in read[1]
    assert read[2]["Error"]["Code"] == "ValidationError"


def test_a_transaction_is_done_whole_or_not_at_all(dynamodb, run, music):
    good = [
        {"Statement": "UPDATE things SET n = 100 WHERE pk = 'a' AND sk = 's0'"},
        {"Statement": "EXISTS(SELECT * FROM things WHERE pk = 'b' AND sk = 's0' AND n = 10)"},
    ]
    bad = [{"Statement": "DELETE FROM things WHERE pk = 'a' AND sk = 's1'"},
           {"Statement": "INSERT INTO things VALUE {'pk': 'a', 'sk': 's2'}"}]  # fmt: skip
    error = refused("TransactionCanceledException", dynamodb.execute_transaction, TransactStatements=bad)
    assert [reason["Code"] for reason in error["CancellationReasons"]] == ["None", "ConditionalCheckFailed"]
    assert len(run("SELECT * FROM things WHERE pk = 'a' AND sk = 's1'")) == 1
    for _ in range(2):
        dynamodb.execute_transaction(TransactStatements=good, ClientRequestToken="token")
    read = [{"Statement": "SELECT n FROM things WHERE pk = 'a' AND sk = 's0'"}]
    assert dynamodb.execute_transaction(TransactStatements=read)["Responses"] == [{"Item": {"n": {"N": "100"}}}]


def test_statements_need_permissions_of_their_own(cloud, iam, music):
    iam.create_user(UserName="reader")
    arn = f"arn:aws:dynamodb:us-east-1:{cloud.account}:table/things"
    allowed = {"Effect": "Allow", "Action": "dynamodb:PartiQLSelect", "Resource": arn}
    iam.put_user_policy(
        UserName="reader", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    )
    reader = cloud.client("dynamodb", Keys.of(iam.create_access_key(UserName="reader")["AccessKey"]))
    assert reader.execute_statement(Statement="SELECT * FROM things WHERE pk = 'b'")["Items"]
    insert = "INSERT INTO things VALUE {'pk': 'x', 'sk': 'y'}"
    error = refused("AccessDeniedException", reader.execute_statement, Statement=insert)
    assert f"dynamodb:PartiQLInsert on resource: {arn}" in error["Error"]["Message"]
