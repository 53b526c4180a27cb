"""Server access logs. Sources: S3 User Guide, "Amazon S3 server access log format", "Enabling Amazon S3 server access
logging"; the seeds' lesson that turns them on for a bucket."""

import re

import pytest

from groundcloud.controllers import Loop
from groundcloud.services.s3.log_controller import AccessLogs
from groundcloud.services.s3.records import PendingLog
from tests.cloud import ENDPOINT
from tests.services.s3.test_access import code_of, policy

FIELD = re.compile(r'\[[^]]*\]|"[^"]*"|\S+')


@pytest.fixture()
def deliver(cloud):
    """Let a minute pass, and the log be delivered."""

    def deliver() -> None:
        cloud.settle()
        cloud.clock.advance(seconds=61)
        found = [each for each in cloud.loops.controllers() if isinstance(each, AccessLogs)]
        Loop(cloud.store, found, now=cloud.clock).settle()

    return deliver


@pytest.fixture()
def logs(cloud, s3, bucket):
    """A bucket that takes logs by its policy, as the console sets it up."""
    s3.create_bucket(Bucket="logs")
    s3.put_bucket_policy(
        Bucket="logs",
        Policy=policy(
            Principal={"Service": "logging.s3.amazonaws.com"},
            Action="s3:PutObject",
            Resource="arn:aws:s3:::logs/*",
            Condition={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::photos"}},
        ),
    )
    cloud.settle()  # what was called before is not of the log
    return "logs"


def turn_on(s3, bucket, **target):
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": {"TargetPrefix": "log/", **target}})


def lines(s3, bucket, prefix="log/"):
    found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    text = "".join(s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].read().decode() for each in found)
    return [FIELD.findall(line) for line in text.splitlines()]


def test_requests_are_logged_in_the_documented_format(cloud, s3, bucket, logs, deliver):
    turn_on(s3, bucket, TargetBucket=logs)
    s3.put_object(Bucket=bucket, Key="a b", Body=b"12345")
    s3.get_object(Bucket=bucket, Key="a b", Range="bytes=0-1")
    assert code_of(lambda: s3.get_object(Bucket=bucket, Key="none"))[0] == "NoSuchKey"
    cloud.request(
        "GET", f"{ENDPOINT}/{bucket}/a%20b?x=%22", {"user-agent": "a reader", "referer": "http://example.com/"}
    )
    deliver()
    found = lines(s3, logs)
    assert all(len(line) == 26 for line in found)
    by_operation = [(line[6], line[7], line[9], line[10]) for line in found]
    assert by_operation == [
        ("REST.PUT.LOGGING_STATUS", "-", "200", "-"),
        ("REST.PUT.OBJECT", "a%20b", "200", "-"),
        ("REST.GET.OBJECT", "a%20b", "206", "-"),
        ("REST.GET.OBJECT", "none", "404", "NoSuchKey"),
        ("REST.GET.OBJECT", "a%20b", "403", "AccessDenied"),
    ]
    put, get, stranger = found[1], found[2], found[4]
    assert put[1] == bucket
    assert len(put[0]) == 64
    assert put[4] == f"arn:aws:iam::{cloud.account}:user/admin"
    assert put[12] == "5"
    assert get[11] == "2"
    assert get[12] == "5"
    assert (get[19], get[21]) == ("SigV4", "AuthHeader")
    assert stranger[4] == "-"
    assert stranger[8] == f'"GET /{bucket}/a%20b?x=%22 HTTP/1.1"'
    assert stranger[15:17] == ['"http://example.com/"', '"a reader"']


def test_the_log_is_one_object_that_the_bucket_s_owner_reads(cloud, s3, bucket, logs, deliver):
    turn_on(s3, bucket, TargetBucket=logs)
    for _ in range(3):
        s3.list_objects_v2(Bucket=bucket)
        cloud.settle()
    deliver()
    found = s3.list_objects_v2(Bucket=logs)["Contents"]
    assert len(found) == 1
    assert re.fullmatch(r"log/\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-[0-9A-F]{16}", found[0]["Key"])
    assert s3.head_object(Bucket=logs, Key=found[0]["Key"])["ContentType"] == "text/plain"
    assert s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"]["TargetBucket"] == logs
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
    s3.list_objects_v2(Bucket=bucket)
    deliver()
    assert len(s3.list_objects_v2(Bucket=logs)["Contents"]) == 1


def test_keys_may_be_partitioned(cloud, s3, bucket, logs, deliver):
    turn_on(
        s3, bucket, TargetBucket=logs,
        TargetObjectKeyFormat={"PartitionedPrefix": {"PartitionDateSource": "EventTime"}},
    )  # fmt: skip
    deliver()
    key = s3.list_objects_v2(Bucket=logs)["Contents"][0]["Key"]
    assert re.fullmatch(
        rf"log/{cloud.account}/us-east-1/{bucket}/\d{{4}}/\d\d/\d\d/[0-9-]+-00-00-00-[0-9A-F]{{16}}", key
    )


def test_a_target_that_does_not_let_the_delivery_in_gets_nothing(cloud, s3, bucket, deliver):
    s3.create_bucket(Bucket="closed")
    turn_on(s3, bucket, TargetBucket="closed")
    deliver()
    assert "Contents" not in s3.list_objects_v2(Bucket="closed")
    with cloud.store.snapshot() as tx:
        assert not tx.exists(PendingLog)


def test_lists_let_the_delivery_in_where_they_are_on(cloud, s3, bucket, deliver):
    s3.create_bucket(Bucket="old", ObjectOwnership="ObjectWriter")
    refused = code_of(lambda: turn_on(s3, bucket, TargetBucket="old"))
    assert refused[0] == "InvalidTargetBucketForLogging"
    assert "log-delivery group" in refused[1]
    s3.put_bucket_acl(Bucket="old", ACL="log-delivery-write")
    reader = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"}
    turn_on(s3, bucket, TargetBucket="old", TargetGrants=[{"Grantee": reader, "Permission": "READ"}])
    deliver()
    key = s3.list_objects_v2(Bucket="old")["Contents"][0]["Key"]
    grants = s3.get_object_acl(Bucket="old", Key=key)["Grants"]
    assert [grant["Permission"] for grant in grants] == ["FULL_CONTROL", "READ"]


def test_the_target_is_a_bucket_of_the_same_owner_and_region(cloud, s3, bucket, logs):
    away = cloud.client("s3", region_name="eu-west-1")
    away.create_bucket(Bucket="away", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for target in ("nobodys", "away"):
        assert code_of(lambda t=target: turn_on(s3, bucket, TargetBucket=t))[0] == "InvalidTargetBucketForLogging"
    grants = [
        {"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"}
    ]
    refused = code_of(lambda: turn_on(s3, bucket, TargetBucket=logs, TargetGrants=grants))
    assert refused[0] == "InvalidArgument"


def test_each_object_of_a_delete_of_many_has_its_line(s3, bucket, logs, deliver):
    turn_on(s3, bucket, TargetBucket=logs)
    s3.put_object(Bucket=bucket, Key="a", Body=b"")
    s3.copy_object(Bucket=bucket, Key="b", CopySource=f"{bucket}/a")
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}, {"Key": "b"}]})
    deliver()
    assert [(line[6], line[7], line[9]) for line in lines(s3, logs)][2:] == [
        ("REST.COPY.OBJECT", "b", "200"),
        ("REST.POST.MULTI_OBJECT_DELETE", "-", "200"),
        ("BATCH.DELETE.OBJECT", "a", "204"),
        ("BATCH.DELETE.OBJECT", "b", "204"),
    ]


def test_many_lines_become_several_objects(cloud, s3, bucket, logs, deliver):
    turn_on(s3, bucket, TargetBucket=logs)
    for number in range(40):
        cloud.request("GET", f"{ENDPOINT}/{bucket}/{number}", {"user-agent": "x" * 4000})
    cloud.request("GET", f"{ENDPOINT}/{bucket}/too-long", {"user-agent": "x" * 70_000})
    deliver()
    sizes = [each["Size"] for each in s3.list_objects_v2(Bucket=logs)["Contents"]]
    assert len(sizes) == 3
    assert max(sizes) <= 64 * 1024
    keys = {line[7] for line in lines(s3, logs)}
    assert {str(number) for number in range(40)} <= keys
    assert "too-long" not in keys


def test_a_log_in_the_store_outlives_the_process(cloud, s3, bucket, logs, deliver):
    turn_on(s3, bucket, TargetBucket=logs)
    cloud.settle()
    with cloud.store.snapshot() as tx:
        waiting = list(tx.scan(PendingLog, bucket))
    assert [len(batch.lines) for batch in waiting] == [1]
    deliver()
    deliver()
    assert len(lines(s3, logs)) == 1
