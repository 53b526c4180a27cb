import gzip
import json

import pytest
from botocore.exceptions import ClientError

CREATION = {
    "TableName": "made",
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "N"}, {"AttributeName": "city", "AttributeType": "S"},
    ],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
    "GlobalSecondaryIndexes": [{
        "IndexName": "by-city", "KeySchema": [{"AttributeName": "city", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }],
}  # fmt: skip


@pytest.fixture()
def s3(cloud):
    client = cloud.client("s3")
    client.create_bucket(Bucket="source")
    return client


def begin(dynamodb, input_format, **options):
    answer = dynamodb.import_table(
        S3BucketSource={"S3Bucket": "source", "S3KeyPrefix": "in/"}, InputFormat=input_format,
        TableCreationParameters=CREATION, **options,
    )  # fmt: skip
    return answer["ImportTableDescription"]


def after(dynamodb, begun):
    return dynamodb.describe_import(ImportArn=begun["ImportArn"])["ImportTableDescription"]


def test_a_table_is_made_of_lines_of_items(dynamodb, s3, settle):
    lines = [json.dumps({"Item": {"id": {"N": f"{n}"}, "city": {"S": f"c{n % 3}"}}}) for n in range(450)]
    s3.put_object(Bucket="source", Key="in/1.json.gz", Body=gzip.compress("\n".join(lines).encode()))
    broken = '{"Item": {"id": {"S": "no number"}}}\nno json\n{"Item": {"id": {"N": "7"}, "city": {"S": "Rom"}}}\n'
    s3.put_object(Bucket="source", Key="in/2.json.gz", Body=gzip.compress(broken.encode()))
    s3.put_object(Bucket="source", Key="other/3.json.gz", Body=b"not looked at")
    begun = begin(dynamodb, "DYNAMODB_JSON", InputCompressionType="GZIP")
    assert begun["ImportStatus"] == "IN_PROGRESS"
    assert dynamodb.describe_table(TableName="made")["Table"]["TableStatus"] == "CREATING"
    settle()
    done = after(dynamodb, begun)
    assert done["ImportStatus"] == "COMPLETED"
    assert (done["ProcessedItemCount"], done["ImportedItemCount"], done["ErrorCount"]) == (453, 451, 2)
    assert dynamodb.scan(TableName="made", Select="COUNT")["Count"] == 450
    assert dynamodb.scan(TableName="made", IndexName="by-city", Select="COUNT")["Count"] == 450
    assert dynamodb.get_item(TableName="made", Key={"id": {"N": "7"}})["Item"]["city"] == {"S": "Rom"}


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ('id,city,note\n1,"Ulm, Donau",5\n2,Bonn\n', {}),
        ("1;Ulm, Donau;5\n2;Bonn\n", {"Delimiter": ";", "HeaderList": ["id", "city", "note"]}),
    ],
)
def test_rows_of_csv_are_items_of_strings_besides_the_keys(dynamodb, s3, settle, text, options):
    s3.put_object(Bucket="source", Key="in/rows.csv", Body=text.encode())
    begun = begin(dynamodb, "CSV", InputFormatOptions={"Csv": options})
    settle()
    assert dynamodb.scan(TableName="made")["Items"] == [
        {"id": {"N": "1"}, "city": {"S": "Ulm, Donau"}, "note": {"S": "5"}}
    ]
    assert after(dynamodb, begun)["ErrorCount"] == 1


def test_what_was_exported_is_imported_again(cloud, dynamodb, s3, simple, settle):
    dynamodb.update_continuous_backups(
        TableName=simple, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    item = {"id": {"S": "a"}, "b": {"B": b"\x00"}, "deep": {"M": {"l": {"L": [{"NULL": True}, {"NS": ["1", "2"]}]}}}}
    dynamodb.put_item(TableName=simple, Item=item)
    arn = dynamodb.describe_table(TableName=simple)["Table"]["TableArn"]
    made = dynamodb.export_table_to_point_in_time(TableArn=arn, S3Bucket="source")["ExportDescription"]
    settle()
    folder = dynamodb.describe_export(ExportArn=made["ExportArn"])["ExportDescription"]["ExportManifest"]
    dynamodb.import_table(
        S3BucketSource={"S3Bucket": "source", "S3KeyPrefix": folder.replace("manifest-summary.json", "data/")},
        InputFormat="DYNAMODB_JSON", InputCompressionType="GZIP",
        TableCreationParameters={
            "TableName": "copy", "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST",
        },
    )  # fmt: skip
    settle()
    assert dynamodb.scan(TableName="copy")["Items"] == [item]


def test_an_import_from_a_bucket_that_is_not_there_fails_and_makes_no_table(dynamodb, settle):
    begun = begin(dynamodb, "CSV")
    settle()
    assert (begun["ImportStatus"], begun["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    assert dynamodb.list_tables()["TableNames"] == []
    with pytest.raises(ClientError, match="ImportNotFoundException"):
        dynamodb.describe_import(ImportArn=begun["ImportArn"] + "0")


def test_imports_are_listed_in_pages_and_once_for_a_token(dynamodb, s3, settle):
    s3.put_object(Bucket="source", Key="in/rows.csv", Body=b"id,city\n")
    first = begin(dynamodb, "CSV", ClientToken="one")
    assert begin(dynamodb, "CSV", ClientToken="one")["ImportArn"] == first["ImportArn"]
    with pytest.raises(ClientError, match="ResourceInUseException"):
        begin(dynamodb, "CSV")
    settle()
    dynamodb.delete_table(TableName="made")
    second = begin(dynamodb, "CSV")
    page = dynamodb.list_imports(PageSize=1)
    rest = dynamodb.list_imports(NextToken=page["NextToken"])
    listed = [one["ImportArn"] for one in page["ImportSummaryList"] + rest["ImportSummaryList"]]
    assert sorted(listed) == sorted([first["ImportArn"], second["ImportArn"]])
