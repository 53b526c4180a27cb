import pytest
from botocore.exceptions import ClientError


@pytest.fixture()
def versioned(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    return bucket


def test_a_deleted_object_comes_back_when_its_marker_goes(s3, versioned):
    first = s3.put_object(Bucket=versioned, Key="k", Body=b"one")["VersionId"]
    second = s3.put_object(Bucket=versioned, Key="k", Body=b"two")["VersionId"]
    marker = s3.delete_object(Bucket=versioned, Key="k")
    assert marker["DeleteMarker"]
    with pytest.raises(ClientError) as gone:
        s3.get_object(Bucket=versioned, Key="k")
    assert gone.value.response["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"] == "true"
    assert s3.get_object(Bucket=versioned, Key="k", VersionId=first)["Body"].read() == b"one"
    assert s3.list_objects_v2(Bucket=versioned)["KeyCount"] == 0
    listed = s3.list_object_versions(Bucket=versioned)
    assert [each["VersionId"] for each in listed["Versions"]] == [second, first]
    assert [each["IsLatest"] for each in listed["Versions"]] == [False, False]
    assert listed["DeleteMarkers"][0]["IsLatest"]
    s3.delete_object(Bucket=versioned, Key="k", VersionId=marker["VersionId"])
    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == b"two"
    s3.delete_object(Bucket=versioned, Key="k", VersionId=second)
    assert s3.get_object(Bucket=versioned, Key="k")["Body"].read() == b"one"


def test_a_suspended_bucket_keeps_one_null_version(s3, versioned):
    """S3 User Guide, "Adding objects to versioning-suspended buckets"."""
    kept = s3.put_object(Bucket=versioned, Key="k", Body=b"kept")["VersionId"]
    s3.put_bucket_versioning(Bucket=versioned, VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket=versioned, Key="k", Body=b"null 1")
    s3.put_object(Bucket=versioned, Key="k", Body=b"null 2")
    versions = s3.list_object_versions(Bucket=versioned)["Versions"]
    assert [each["VersionId"] for each in versions] == ["null", kept]
    s3.delete_object(Bucket=versioned, Key="k")
    listed = s3.list_object_versions(Bucket=versioned)
    assert [each["VersionId"] for each in listed["Versions"]] == [kept]
    assert [each["VersionId"] for each in listed["DeleteMarkers"]] == ["null"]


def test_versions_come_in_pages(s3, versioned):
    made = {}
    for key in ("a", "b"):
        made[key] = [s3.put_object(Bucket=versioned, Key=key, Body=b"x")["VersionId"] for _ in range(3)]
    found = []
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=versioned, PaginationConfig={"PageSize": 2}):
        found += [(each["Key"], each["VersionId"], each["IsLatest"]) for each in page["Versions"]]
    assert found == [(key, made[key][n], n == 2) for key in ("a", "b") for n in (2, 1, 0)]


def test_a_bucket_with_versions_is_not_empty(s3, versioned):
    s3.put_object(Bucket=versioned, Key="k", Body=b"")
    s3.delete_object(Bucket=versioned, Key="k")
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        s3.delete_bucket(Bucket=versioned)
    for each in s3.list_object_versions(Bucket=versioned)["Versions"]:
        s3.delete_object(Bucket=versioned, Key="k", VersionId=each["VersionId"])
    markers = s3.list_object_versions(Bucket=versioned)["DeleteMarkers"]
    objects = [{"Key": "k", "VersionId": each["VersionId"]} for each in markers]
    assert s3.delete_objects(Bucket=versioned, Delete={"Objects": objects})["Deleted"][0]["DeleteMarker"]
    s3.delete_bucket(Bucket=versioned)


def test_a_locked_version_stays_until_its_time_has_come(cloud, s3):
    s3.create_bucket(Bucket="ledger", ObjectLockEnabledForBucket=True)
    s3.put_object_lock_configuration(
        Bucket="ledger",
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}},
        },
    )
    made = s3.put_object(Bucket="ledger", Key="k", Body=b"x")
    assert s3.get_object_retention(Bucket="ledger", Key="k")["Retention"]["Mode"] == "COMPLIANCE"
    with pytest.raises(ClientError, match="object protected by object lock"):
        s3.delete_object(Bucket="ledger", Key="k", VersionId=made["VersionId"], BypassGovernanceRetention=True)
    s3.delete_object(Bucket="ledger", Key="k")
    assert len(s3.list_object_versions(Bucket="ledger")["Versions"]) == 1
