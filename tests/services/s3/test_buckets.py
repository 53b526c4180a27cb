"""Making buckets, and what errors tell besides their message. Sources: CreateBucket and "Error responses" in the API
reference."""

import base64
import hashlib

import pytest
from botocore.exceptions import ClientError

from tests.cloud import ENDPOINT, Keys, TestCloud
from tests.services.s3.test_access import code_of, policy


def error_of(call):
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value.response["Error"]


def test_a_bucket_is_made_with_grants(cloud, s3):
    other = cloud.cloud.create_account("other", "other@example.com")
    key = cloud.cloud.create_admin(other)
    theirs = cloud.client("s3", Keys(key["access_key_id"], key["secret_access_key"]))
    owner = theirs.list_buckets()["Owner"]["ID"]
    s3.create_bucket(Bucket="shared", ObjectOwnership="ObjectWriter", GrantRead=f"id={owner}", GrantWrite=f"id={owner}")
    theirs.put_object(Bucket="shared", Key="k", Body=b"k")
    assert [each["Key"] for each in theirs.list_objects_v2(Bucket="shared")["Contents"]] == ["k"]
    grants = s3.get_bucket_acl(Bucket="shared")["Grants"]
    assert sorted(each["Permission"] for each in grants) == ["READ", "WRITE"]
    both = {"Bucket": "both", "ObjectOwnership": "ObjectWriter", "GrantRead": f"id={owner}", "ACL": "private"}
    assert code_of(lambda: s3.create_bucket(**both))[0] == "InvalidRequest"
    without = {"Bucket": "none", "GrantRead": f"id={owner}"}
    assert code_of(lambda: s3.create_bucket(**without))[0] == "InvalidBucketAclWithObjectOwnership"
    for_all = {"Bucket": "all", "ObjectOwnership": "ObjectWriter", "ACL": "public-read"}
    assert code_of(lambda: s3.create_bucket(**for_all))[0] == "AccessDenied"


def test_a_bucket_is_made_with_object_lock_and_ownership(s3):
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True, ObjectOwnership="BucketOwnerPreferred")
    assert s3.get_bucket_versioning(Bucket="locked")["Status"] == "Enabled"
    found = s3.get_object_lock_configuration(Bucket="locked")["ObjectLockConfiguration"]
    assert found["ObjectLockEnabled"] == "Enabled"
    controls = s3.get_bucket_ownership_controls(Bucket="locked")["OwnershipControls"]
    assert controls["Rules"] == [{"ObjectOwnership": "BucketOwnerPreferred"}]


def test_what_a_new_bucket_is_given_takes_its_own_permission(cloud, iam, s3):
    iam.create_user(UserName="bob")
    iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=policy(Action="s3:CreateBucket", Resource="*"))
    bob = cloud.client("s3", Keys.of(iam.create_access_key(UserName="bob")["AccessKey"]))
    bob.create_bucket(Bucket="plain")
    for extra, action in (
        ({"ObjectLockEnabledForBucket": True}, "s3:PutBucketObjectLockConfiguration"),
        ({"ObjectOwnership": "ObjectWriter"}, "s3:PutBucketOwnershipControls"),
        ({"CreateBucketConfiguration": {"Tags": [{"Key": "a", "Value": "b"}]}}, "s3:TagResource"),
    ):
        refused = code_of(lambda extra=extra: bob.create_bucket(Bucket="more", **extra))
        assert refused[0] == "AccessDenied"
        assert action in refused[1]


def test_errors_tell_the_facts_that_they_have(cloud, s3, bucket):
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    error = error_of(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"body", ContentMD5=wrong))
    assert error["ExpectedDigest"] == hashlib.md5(b"other").hexdigest()
    assert error["CalculatedDigest"] == base64.b64encode(hashlib.md5(b"body").digest()).decode()
    s3.put_object(Bucket=bucket, Key="k", Body=b"body")
    error = error_of(lambda: s3.get_object(Bucket=bucket, Key="k", PartNumber=3))
    assert (error["ActualPartCount"], error["PartNumberRequested"]) == ("1", "3")
    error = error_of(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"", Metadata={"a": "x" * 3000}))
    assert (error["Size"], error["MaxSizeAllowed"]) == ("3001", "2048")
    error = error_of(lambda: s3.put_object_acl(Bucket=bucket, Key="k"))
    assert error["MissingHeaderName"] == "x-amz-acl"
    error = error_of(
        lambda: s3.create_bucket(Bucket="x-y-z", CreateBucketConfiguration={"LocationConstraint": "atlantis"})
    )
    assert error["LocationConstraint"] == "atlantis"


def test_an_object_that_has_not_changed_is_answered_without_a_body(cloud, s3, bucket):
    e_tag = s3.put_object(Bucket=bucket, Key="k", Body=b"body")["ETag"]
    url = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"})
    status, headers, body = cloud.request("GET", url, {"if-none-match": e_tag})
    assert (status, body, headers["etag"]) == (304, b"", e_tag)


def test_buckets_are_hosts_of_the_owner_s_domains(tmp_path):

    cloud = TestCloud(tmp_path, domains=("s3.example.com",))
    client = cloud.client("s3")
    client.create_bucket(Bucket="photos")
    client.put_object(Bucket="photos", Key="k", Body=b"k")
    virtual = cloud.client("s3", endpoint_url="https://s3.example.com")
    assert virtual.get_object(Bucket="photos", Key="k")["Body"].read() == b"k"
    assert cloud.request("GET", f"{ENDPOINT}/k", {"host": "photos.s3.example.com"})[0] == 403
    assert cloud.request("GET", f"{ENDPOINT}/k", {"host": "photos.s3.example.org"})[0] == 404
    cloud.close()
