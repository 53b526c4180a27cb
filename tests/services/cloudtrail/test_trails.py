import base64
import gzip
import hashlib
import json
from datetime import timedelta

import pytest
from awscli.customizations.cloudtrail.validation import create_digest_traverser
from botocore.exceptions import ClientError

from groundcloud.services.cloudtrail.records import (
    AdvancedEventSelector,
    AdvancedFieldSelector,
    DataResource,
    EventSelector,
    Trail,
)
from groundcloud.services.cloudtrail.selectors import takes


@pytest.fixture()
def trail(trail_client, bucket):
    trail_client.create_trail(Name="main", S3BucketName=bucket, EnableLogFileValidation=True)
    trail_client.start_logging(Name="main")
    return "main"


def objects(cloud, bucket, part="/CloudTrail/"):
    s3 = cloud.client("s3")
    found = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {
        one["Key"]: json.loads(gzip.decompress(s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()))
        for one in found
        if part in one["Key"]
    }


def delivered(cloud, bucket):
    return [event["eventName"] for file in objects(cloud, bucket).values() for event in file["Records"]]


def test_a_trail_is_shown_as_it_was_made(cloud, trail_client, trail, bucket):
    (shown,) = trail_client.describe_trails()["trailList"]
    assert shown == {
        "Name": "main", "S3BucketName": bucket, "IncludeGlobalServiceEvents": True, "IsMultiRegionTrail": False,
        "HomeRegion": "us-east-1", "TrailARN": f"arn:aws:cloudtrail:us-east-1:{cloud.account}:trail/main",
        "LogFileValidationEnabled": True, "HasCustomEventSelectors": False, "HasInsightSelectors": False,
        "IsOrganizationTrail": False,
    }  # fmt: skip
    assert trail_client.list_trails()["Trails"][0]["Name"] == "main"
    with pytest.raises(ClientError, match="TrailAlreadyExistsException"):
        trail_client.create_trail(Name="main", S3BucketName=bucket)


def test_a_bucket_must_let_cloudtrail_in(cloud, trail_client, bucket):
    with pytest.raises(ClientError, match="S3 bucket none-such does not exist!"):
        trail_client.create_trail(Name="main", S3BucketName="none-such")
    cloud.client("s3").delete_bucket_policy(Bucket=bucket)
    with pytest.raises(ClientError, match="InsufficientS3BucketPolicyException"):
        trail_client.create_trail(Name="main", S3BucketName=bucket)


def test_another_trail_is_kept_out_by_the_source_arn_of_the_policy(trail_client, bucket):
    with pytest.raises(ClientError, match="InsufficientS3BucketPolicyException"):
        trail_client.create_trail(Name="other", S3BucketName=bucket)


@pytest.mark.parametrize("name", ["ab", "-abc", "a b c", "a..b", "192.168.5.4"])
def test_a_name_that_is_none_is_refused(trail_client, bucket, name):
    with pytest.raises(ClientError, match="InvalidTrailNameException"):
        trail_client.create_trail(Name=name, S3BucketName=bucket)


def test_events_are_delivered_gzipped_to_the_bucket(cloud, trail_client, trail, bucket, iam, work):
    iam.create_user(UserName="alice")
    work(minutes=6)
    ((key, file),) = objects(cloud, bucket).items()
    assert key.startswith(
        f"AWSLogs/{cloud.account}/CloudTrail/us-east-1/{cloud.clock():%Y/%m/%d}/{cloud.account}_CloudTrail_"
    )
    assert "CreateUser" in [event["eventName"] for event in file["Records"]]
    status = trail_client.get_trail_status(Name="main")
    assert status["IsLogging"]
    assert status["LatestDeliveryTime"] == cloud.clock()
    iam.create_user(UserName="bob")
    work(minutes=6)
    users = [event for event in delivered(cloud, bucket) if event == "CreateUser"]
    assert len(users) == 2


def test_nothing_is_delivered_while_logging_is_stopped(cloud, trail_client, trail, bucket, iam, work):
    trail_client.stop_logging(Name="main")
    iam.create_user(UserName="alice")
    work(minutes=6)
    assert delivered(cloud, bucket) == []
    assert not trail_client.get_trail_status(Name="main")["IsLogging"]
    cloud.clock.advance(minutes=1)
    trail_client.start_logging(Name="main")
    iam.create_user(UserName="bob")
    work(minutes=6)
    assert delivered(cloud, bucket).count("CreateUser") == 1


def test_a_bucket_that_is_gone_is_told_in_the_status(cloud, trail_client, trail, bucket, iam, work):
    cloud.client("s3").delete_bucket(Bucket=bucket)
    work(minutes=6)
    assert trail_client.get_trail_status(Name="main")["LatestDeliveryError"] == "NoSuchBucket"


def test_a_trail_of_all_regions_delivers_those_of_each(cloud, trail_client, bucket, work):
    trail_client.create_trail(Name="main", S3BucketName=bucket, IsMultiRegionTrail=True)
    trail_client.start_logging(Name="main")
    cloud.client("kms", region_name="eu-west-1").create_key()
    work(minutes=6)
    assert [key.split("/")[3] for key in objects(cloud, bucket)] == ["eu-west-1", "us-east-1"]
    elsewhere = cloud.client("cloudtrail", region_name="eu-west-1")
    assert elsewhere.get_trail(Name="main")["Trail"]["HomeRegion"] == "us-east-1"
    with pytest.raises(ClientError, match="InvalidHomeRegionException"):
        elsewhere.stop_logging(Name="main")


def test_digests_are_signed_and_chained(cloud, trail_client, trail, bucket, iam, work):
    iam.create_user(UserName="alice")
    work(minutes=6)
    work(hours=2)
    cloud.clock.advance(hours=-2)  # botocore signs by the clock on the wall
    first, second = objects(cloud, bucket, "/CloudTrail-Digest/").values()
    (file,) = objects(cloud, bucket)
    assert first["logFiles"][0]["s3Object"] == file
    assert first["previousDigestSignature"] is None
    assert second["previousDigestS3Object"] == first["digestS3Object"]
    (key,) = trail_client.list_public_keys(EndTime=cloud.clock() + timedelta(hours=3))["PublicKeyList"]
    assert key["Fingerprint"] == first["digestPublicKeyFingerprint"]


class Buckets:
    """Where the CLI's validator reads objects."""

    def __init__(self, client):
        self._client = client

    def get_client(self, bucket):
        return self._client


class AsTheCliReads:
    """A client that leaves keys as they come over the wire, as the CLI's does."""

    def __init__(self, client):
        self.describe_trails = client.describe_trails
        self._client = client

    def list_public_keys(self, **given):
        found = self._client.list_public_keys(**given)["PublicKeyList"]
        return {"PublicKeyList": [{**key, "Value": base64.b64encode(key["Value"])} for key in found]}


@pytest.mark.parametrize("damaged", [False, True])
def test_the_cli_s_validator_accepts_digests_and_finds_damage(
    cloud, trail_client, trail, bucket, iam, work, damaged
):  # fmt: skip
    start = cloud.clock()
    iam.create_user(UserName="alice")
    work(minutes=6)
    work(hours=3)
    cloud.clock.advance(hours=-3)
    s3 = cloud.client("s3")
    if damaged:
        key = next(iter(objects(cloud, bucket, "/CloudTrail-Digest/")))
        old = s3.get_object(Bucket=bucket, Key=key)
        body = gzip.compress(gzip.decompress(old["Body"].read()).replace(b'"hashValue":"', b'"hashValue":"0'))
        s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata=old["Metadata"])
    trouble = []
    traverser = create_digest_traverser(
        AsTheCliReads(trail_client), None, Buckets(s3), f"arn:aws:cloudtrail:us-east-1:{cloud.account}:trail/main",
        on_invalid=lambda **told: trouble.append(told), on_gap=lambda **told: trouble.append(told),
        on_missing=lambda **told: trouble.append(told),
    )  # fmt: skip
    valid = list(traverser.traverse_digests(start - timedelta(hours=1), start + timedelta(hours=4)))
    assert bool(trouble) is damaged, [told.get("message") for told in trouble]
    if not damaged:
        logs = [log for digest in valid for log in digest["logFiles"]]
        assert len(valid) == 3
        content = gzip.decompress(s3.get_object(Bucket=bucket, Key=logs[0]["s3Object"])["Body"].read())
        assert hashlib.sha256(content).hexdigest() == logs[0]["hashValue"]


def test_data_events_come_only_where_they_are_asked_for(cloud, trail_client, trail, bucket, work):
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="watched")
    s3.put_object(Bucket="watched", Key="early", Body=b"x")
    trail_client.put_event_selectors(TrailName="main", EventSelectors=[{
        "ReadWriteType": "WriteOnly", "IncludeManagementEvents": False,
        "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::watched/"]}],
    }])  # fmt: skip
    cloud.settle()
    s3.put_object(Bucket="watched", Key="a", Body=b"x")
    s3.get_object(Bucket="watched", Key="a")
    s3.put_object(Bucket=bucket, Key="elsewhere", Body=b"x")
    work(minutes=6)
    records = [event for file in objects(cloud, bucket).values() for event in file["Records"]]
    assert [(event["eventName"], event["requestParameters"]["key"]) for event in records] == [("PutObject", "a")]
    names = [event["EventName"] for event in trail_client.lookup_events()["Events"]]
    assert "PutObject" not in names


def test_selectors_are_shown_and_checked(trail_client, trail):
    (usual,) = trail_client.get_event_selectors(TrailName="main")["EventSelectors"]
    assert (usual["ReadWriteType"], usual["IncludeManagementEvents"]) == ("All", True)
    advanced = [{"Name": "s3", "FieldSelectors": [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
    ]}]  # fmt: skip
    trail_client.put_event_selectors(TrailName="main", AdvancedEventSelectors=advanced)
    assert trail_client.get_event_selectors(TrailName="main")["AdvancedEventSelectors"] == advanced
    for wrong in (
        {}, {"EventSelectors": [{"DataResources": [{"Type": "AWS::Lambda::Function", "Values": ["x"]}]}]},
        {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "readOnly", "Equals": ["true"]}]}]},
    ):  # fmt: skip
        with pytest.raises(ClientError, match="InvalidEventSelectorsException"):
            trail_client.put_event_selectors(TrailName="main", **wrong)
    with pytest.raises(ClientError, match="InsightNotEnabledException"):
        trail_client.get_insight_selectors(TrailName="main")


def test_tags_come_and_go(cloud, trail_client, trail):
    arn = f"arn:aws:cloudtrail:us-east-1:{cloud.account}:trail/main"
    trail_client.add_tags(ResourceId=arn, TagsList=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    trail_client.remove_tags(ResourceId=arn, TagsList=[{"Key": "a"}])
    assert trail_client.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"] == [
        {"Key": "b", "Value": "2"}
    ]
    trail_client.delete_trail(Name="main")
    with pytest.raises(ClientError, match="TrailNotFoundException"):
        trail_client.get_trail_status(Name="main")


PUT = {
    "eventSource": "s3.amazonaws.com", "eventName": "PutObject", "readOnly": False, "managementEvent": False,
    "requestParameters": {"bucket": "b", "key": "logs/a"},
}  # fmt: skip
GET_ITEM = {
    "eventSource": "dynamodb.amazonaws.com", "eventName": "GetItem", "readOnly": True, "managementEvent": False,
    "requestParameters": {"tableName": "t"}, "recipientAccountId": "1", "awsRegion": "r",
}  # fmt: skip
LIST = {"eventSource": "kms.amazonaws.com", "eventName": "ListKeys", "readOnly": True, "managementEvent": True}


def field(name, **tests):
    return AdvancedFieldSelector(field=name, **tests)


@pytest.mark.parametrize(
    ("selector", "taken"),
    [
        (EventSelector(), [LIST]),
        (EventSelector(exclude_management_event_sources=["kms.amazonaws.com"]), []),
        (EventSelector(read_write_type="WriteOnly"), []),
        (EventSelector(data_resources=[DataResource("AWS::S3::Object", ["arn:aws:s3"])]), [PUT, LIST]),
        (EventSelector(data_resources=[DataResource("AWS::S3::Object", ["arn:aws:s3:::b/log"])]), [PUT, LIST]),
        (EventSelector(data_resources=[DataResource("AWS::S3::Object", ["arn:aws:s3:::c/"])]), [LIST]),
        (
            EventSelector(data_resources=[DataResource("AWS::DynamoDB::Table", ["arn:aws:dynamodb:r:1:table/t"])]),
            [GET_ITEM, LIST],
        ),
        ([field("eventCategory", equals=["Data"])], [PUT, GET_ITEM]),
        ([field("eventCategory", equals=["Data"]), field("readOnly", equals=["true"])], [GET_ITEM]),
        ([field("resources.ARN", starts_with=["arn:aws:s3:::b/"], not_ends_with=["/z"])], [PUT]),
        ([field("eventName", not_starts_with=["Put", "Get"])], [LIST]),
        ([field("eventName", ends_with=["Item", "Keys"], not_equals=["GetItem"])], [LIST]),
    ],
)
def test_what_selectors_take(selector, taken):
    basic = [selector] if isinstance(selector, EventSelector) else []
    advanced = [] if basic else [AdvancedEventSelector(selector)]
    trail = Trail("1", "r", "n", "b", event_selectors=basic, advanced_event_selectors=advanced)
    assert [event for event in (PUT, GET_ITEM, LIST) if takes(trail, event)] == taken
