"""DynamoDB's item operations against a running server: answers per second and times, at one concurrency.

python benchmarks/dynamodb.py ENDPOINT ACCESS_KEY_ID SECRET [--concurrency 16] [--seconds 4]
"""

import argparse
import json
from urllib.parse import urlsplit

import boto3
from load import run, signed_json

TARGET = "DynamoDB_20120810"
REQUESTS = 4000


def item(number: int) -> dict[str, dict[str, str]]:
    return {
        "pk": {"S": f"p{number % 500}"},
        "sk": {"S": f"{number:06}"},
        "n": {"N": str(number)},
        "text": {"S": "some text of a usual length, as names and addresses have it"},
    }


def key(number: int) -> dict[str, dict[str, str]]:
    made = item(number)
    return {"pk": made["pk"], "sk": made["sk"]}


def bodies() -> dict[str, list[tuple[str, dict[str, object]]]]:
    """What each measured operation sends."""
    numbers = range(REQUESTS)
    return {
        "PutItem": [("PutItem", {"TableName": "bench", "Item": item(n)}) for n in numbers],
        "GetItem": [("GetItem", {"TableName": "bench", "Key": key(n)}) for n in numbers],
        "UpdateItem": [
            (
                "UpdateItem",
                {
                    "TableName": "bench",
                    "Key": key(n),
                    "UpdateExpression": "SET n = n + :one",
                    "ExpressionAttributeValues": {":one": {"N": "1"}},
                },
            )
            for n in numbers
        ],
        "Query of 100": [
            (
                "Query",
                {
                    "TableName": "bench",
                    "KeyConditionExpression": "pk = :p",
                    "ExpressionAttributeValues": {":p": {"S": "hundred"}},
                },
            )
        ],
        "BatchWriteItem of 25": [
            (
                "BatchWriteItem",
                {"RequestItems": {"bench": [{"PutRequest": {"Item": item(n * 25 + i)}} for i in range(25)]}},
            )
            for n in range(REQUESTS // 8)
        ],
    }


def prepare(endpoint: str, access_key: str, secret: str) -> None:
    client = boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=access_key,
        aws_secret_access_key=secret,
    )
    client.create_table(
        TableName="bench",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.get_waiter("table_exists").wait(TableName="bench")
    for number in range(100):
        client.put_item(TableName="bench", Item={**item(number), "pk": {"S": "hundred"}})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("endpoint")
    parser.add_argument("access_key")
    parser.add_argument("secret")
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=4)
    wanted = parser.parse_args()
    prepare(wanted.endpoint, wanted.access_key, wanted.secret)
    port = urlsplit(wanted.endpoint).port or 80
    for name, sent in bodies().items():
        requests = [
            signed_json(
                wanted.endpoint, "dynamodb", f"{TARGET}.{operation}", json.dumps(body),
                wanted.access_key, wanted.secret,
            )
            for operation, body in sent
        ]  # fmt: skip
        found = run(port, requests, wanted.concurrency, wanted.seconds, repeat=True)
        print(f"{name:22} {found.rate:8.0f}/s  p50 {found.p50:6.2f} ms  p99 {found.p99:6.2f} ms  failed {found.failed}")
        if found.failed:
            print(found.first_failure[:300])


if __name__ == "__main__":
    main()
