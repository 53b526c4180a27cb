"""What a call finds is remembered for those after it as long as the data stay the same: here they do not."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.cloud import Keys

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def read(client, bucket, **asked):
    return client.get_object(Bucket=bucket, Key="k", **asked)["Body"].read()


def code_of(call):
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value.response["Error"]["Code"]


@pytest.fixture()
def reader(cloud, iam, s3, bucket):
    """A user who may read, and has read an object twice."""
    s3.put_object(Bucket=bucket, Key="k", Body=b"one", ContentType="text/plain", Metadata={"a": "1"})
    iam.create_user(UserName="reader")
    document = json.dumps({"Version": "2012-10-17", "Statement": READ})
    iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=document)
    client = cloud.client("s3", Keys.of(iam.create_access_key(UserName="reader")["AccessKey"]))
    for _ in range(2):
        assert read(client, bucket) == b"one"
        assert client.head_object(Bucket=bucket, Key="k")["ContentType"] == "text/plain"
    return client


def test_an_object_that_is_replaced_is_read_anew(reader, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"two", ContentType="text/html")
    answer = reader.get_object(Bucket=bucket, Key="k")
    assert (answer["Body"].read(), answer["ContentType"], answer["Metadata"]) == (b"two", "text/html", {})
    assert reader.head_object(Bucket=bucket, Key="k")["ContentType"] == "text/html"


def test_an_object_that_is_deleted_is_gone(reader, s3, bucket):
    s3.delete_object(Bucket=bucket, Key="k")
    assert code_of(lambda: s3.get_object(Bucket=bucket, Key="k")) == "NoSuchKey"
    assert code_of(lambda: read(reader, bucket)) == "AccessDenied"  # who may not list is not told that it is missing


def test_a_deny_on_the_user_counts_at_once(reader, iam, bucket):
    document = json.dumps({"Version": "2012-10-17", "Statement": [READ, {**READ, "Effect": "Deny"}]})
    iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=document)
    assert code_of(lambda: read(reader, bucket)) == "AccessDenied"
    iam.put_user_policy(
        UserName="reader", PolicyName="read", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": READ})
    )
    assert read(reader, bucket) == b"one"
    iam.delete_user_policy(UserName="reader", PolicyName="read")
    assert code_of(lambda: read(reader, bucket)) == "AccessDenied"


def test_a_boundary_counts_at_once(reader, iam, bucket):
    document = json.dumps({"Version": "2012-10-17", "Statement": {**READ, "Action": "ec2:*"}})
    arn = iam.create_policy(PolicyName="limit", PolicyDocument=document)["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName="reader", PermissionsBoundary=arn)
    assert code_of(lambda: read(reader, bucket)) == "AccessDenied"


def test_a_deny_of_the_bucket_counts_at_once_and_for_its_keys_only(reader, s3, bucket):
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/k"}
    s3.put_object(Bucket=bucket, Key="other", Body=b"other")
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": deny}))
    assert code_of(lambda: read(reader, bucket)) == "AccessDenied"
    assert reader.get_object(Bucket=bucket, Key="other")["Body"].read() == b"other"
    s3.delete_bucket_policy(Bucket=bucket)
    assert read(reader, bucket) == b"one"


def test_a_key_that_is_made_inactive_reads_no_more(reader, iam, bucket):
    key_id = iam.list_access_keys(UserName="reader")["AccessKeyMetadata"][0]["AccessKeyId"]
    iam.update_access_key(UserName="reader", AccessKeyId=key_id, Status="Inactive")
    assert code_of(lambda: read(reader, bucket)) == "InvalidAccessKeyId"


def test_who_reads_a_part_or_chooses_headers_does_not_change_the_answer_of_others(reader, bucket):
    assert read(reader, bucket, Range="bytes=1-") == b"ne"
    assert reader.get_object(Bucket=bucket, Key="k", ResponseContentType="text/css")["ContentType"] == "text/css"
    plain = reader.get_object(Bucket=bucket, Key="k")
    assert (plain["ContentType"], plain["Body"].read(), plain["Metadata"]) == ("text/plain", b"one", {"a": "1"})


def test_a_users_own_object_under_a_clients_key_is_never_remembered(s3, bucket):
    secret = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"k" * 32}
    s3.put_object(Bucket=bucket, Key="k", Body=b"one", **secret)
    assert read(s3, bucket, **secret) == b"one"
    assert code_of(lambda: read(s3, bucket)) == "InvalidRequest"
    wrong = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": b"w" * 32}
    assert code_of(lambda: read(s3, bucket, **wrong)) == "AccessDenied"
