import base64
import gzip
import hashlib
import json

import pytest
from botocore.exceptions import ClientError

ITEM = {"id": {"S": "a"}, "n": {"N": "1.5"}, "b": {"B": b"\x00\x01"}, "tags": {"SS": ["x"]}}


@pytest.fixture()
def s3(cloud):
    client = cloud.client("s3")
    client.create_bucket(Bucket="dump")
    return client


@pytest.fixture()
def arn(dynamodb, simple):
    dynamodb.update_continuous_backups(
        TableName=simple, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    return dynamodb.describe_table(TableName=simple)["Table"]["TableArn"]


def export(dynamodb, arn, **options):
    return dynamodb.export_table_to_point_in_time(TableArn=arn, S3Bucket="dump", **options)["ExportDescription"]


def body(s3, key):
    return s3.get_object(Bucket="dump", Key=key)["Body"].read()


def test_a_table_is_exported_as_it_was_with_manifests_that_check(cloud, dynamodb, s3, arn, settle):
    """Form of the files: "DynamoDB table export output format" in the developer guide."""
    dynamodb.put_item(TableName="simple", Item=ITEM)
    moment = cloud.clock()
    cloud.clock.advance(seconds=10)
    dynamodb.put_item(TableName="simple", Item={"id": {"S": "later"}})
    begun = export(dynamodb, arn, ExportTime=moment, S3Prefix="backup")
    assert begun["ExportStatus"] == "IN_PROGRESS"
    settle()
    done = dynamodb.describe_export(ExportArn=begun["ExportArn"])["ExportDescription"]
    assert (done["ExportStatus"], done["ItemCount"], done["ExportTime"]) == ("COMPLETED", 1, moment)
    folder = f"backup/AWSDynamoDB/{begun['ExportArn'].rpartition('/')[2]}"
    assert done["ExportManifest"] == f"{folder}/manifest-summary.json"
    summary = json.loads(body(s3, done["ExportManifest"]))
    assert (summary["itemCount"], summary["outputFormat"], summary["s3Prefix"]) == (1, "DYNAMODB_JSON", "backup")
    listed = body(s3, summary["manifestFilesS3Key"])
    assert base64.b64decode(body(s3, f"{folder}/manifest-files.checksum")) == hashlib.md5(listed).digest()
    (entry,) = map(json.loads, listed.splitlines())
    data = body(s3, entry["dataFileS3Key"])
    assert base64.b64decode(entry["md5Checksum"]) == hashlib.md5(data).digest()
    assert entry["etag"] == s3.head_object(Bucket="dump", Key=entry["dataFileS3Key"])["ETag"].strip('"')
    (line,) = gzip.decompress(data).splitlines()
    assert json.loads(line) == {"Item": ITEM | {"b": {"B": "AAE="}}}
    assert body(s3, f"{folder}/_started") == b""


def test_an_empty_table_has_one_empty_file(dynamodb, s3, arn, settle):
    begun = export(dynamodb, arn)
    settle()
    summary = dynamodb.describe_export(ExportArn=begun["ExportArn"])["ExportDescription"]["ExportManifest"]
    listed = body(s3, json.loads(body(s3, summary))["manifestFilesS3Key"])
    (entry,) = map(json.loads, listed.splitlines())
    assert (entry["itemCount"], gzip.decompress(body(s3, entry["dataFileS3Key"]))) == (0, b"")


def test_an_export_to_a_bucket_that_is_not_there_fails_and_says_why(dynamodb, arn, settle):
    failed = export(dynamodb, arn)
    settle()
    shown = dynamodb.describe_export(ExportArn=failed["ExportArn"])["ExportDescription"]
    assert (shown["ExportStatus"], shown["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    (listed,) = dynamodb.list_exports(TableArn=arn)["ExportSummaries"]
    assert listed["ExportArn"] == failed["ExportArn"]


def test_the_same_client_token_begins_one_export(dynamodb, s3, arn):
    first = export(dynamodb, arn, ClientToken="one")
    assert export(dynamodb, arn, ClientToken="one")["ExportArn"] == first["ExportArn"]
    with pytest.raises(ClientError, match="ExportConflictException"):
        export(dynamodb, arn, ClientToken="one", S3Prefix="elsewhere")
    assert len(dynamodb.list_exports()["ExportSummaries"]) == 1


def test_an_export_needs_recovery_and_a_moment_inside_it(cloud, dynamodb, s3, arn):
    with pytest.raises(ClientError, match="InvalidExportTimeException"):
        export(dynamodb, arn, ExportTime=cloud.clock().replace(year=2020))
    dynamodb.update_continuous_backups(
        TableName="simple", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )
    with pytest.raises(ClientError, match="PointInTimeRecoveryUnavailableException"):
        export(dynamodb, arn)
    with pytest.raises(ClientError, match="does not support the parameter ExportFormat ION"):
        export(dynamodb, arn, ExportFormat="ION")
