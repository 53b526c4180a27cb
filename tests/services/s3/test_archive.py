"""Archived objects, and objects that come under another key. Sources: RestoreObject, UpdateObjectEncryption in the API
reference; S3 User Guide, "Restoring an archived object"."""

from datetime import timedelta

from groundcloud.services.s3.archive import readable_until
from groundcloud.services.s3.records import Object
from tests.services.s3.test_access import code_of


def put(s3, bucket, storage_class="GLACIER", key="k"):
    s3.put_object(Bucket=bucket, Key=key, Body=b"cold", StorageClass=storage_class)


def restore(s3, bucket, days=2, key="k", tier="Standard"):
    request = {"Days": days, "GlacierJobParameters": {"Tier": tier}}
    return s3.restore_object(Bucket=bucket, Key=key, RestoreRequest=request)["ResponseMetadata"]["HTTPStatusCode"]


def test_an_archived_object_is_read_once_it_is_restored(cloud, s3, bucket):
    put(s3, bucket)
    assert code_of(lambda: s3.get_object(Bucket=bucket, Key="k")) == (
        "InvalidObjectState",
        "The operation is not valid for the object's storage class",
    )
    assert "Restore" not in s3.head_object(Bucket=bucket, Key="k")
    assert restore(s3, bucket) == 202
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"cold"
    midnight = (cloud.clock() + timedelta(days=3)).strftime("%d %b %Y 00:00:00 GMT")
    shown = s3.head_object(Bucket=bucket, Key="k")["Restore"]
    assert shown.startswith('ongoing-request="false", expiry-date="')
    assert shown.endswith(f'{midnight}"')
    assert restore(s3, bucket, days=5) == 200  # it only lasts longer


def test_a_restored_object_is_archived_again_after_its_days(cloud, s3, bucket):
    put(s3, bucket)
    restore(s3, bucket, days=1)
    with cloud.store.snapshot() as tx:
        found = tx.get(Object, bucket, "k")
    assert readable_until(found, cloud.clock() + timedelta(days=1)) == found.restored_until
    assert readable_until(found, cloud.clock() + timedelta(days=2)) is None


def test_what_cannot_be_restored_is_refused(s3, bucket):
    put(s3, bucket, "STANDARD_IA", "warm")
    put(s3, bucket, "GLACIER_IR", "instant")
    put(s3, bucket, "DEEP_ARCHIVE", "deep")
    assert s3.get_object(Bucket=bucket, Key="instant")["Body"].read() == b"cold"
    assert code_of(lambda: restore(s3, bucket, key="warm")) == (
        "InvalidObjectState",
        "Restore is not allowed for the object's current storage class",
    )
    assert code_of(lambda: restore(s3, bucket, key="deep", tier="Expedited"))[0] == "InvalidArgument"
    assert code_of(lambda: restore(s3, bucket, key="none"))[0] == "NoSuchKey"
    assert code_of(lambda: s3.restore_object(Bucket=bucket, Key="deep"))[0] == "MalformedXML"
    copy = {"Bucket": bucket, "Key": "copy", "CopySource": f"{bucket}/deep"}
    assert code_of(lambda: s3.copy_object(**copy))[0] == "ObjectNotInActiveTierError"
    restore(s3, bucket, key="deep")
    s3.copy_object(**copy)
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"cold"


def test_an_object_comes_under_a_key_of_kms_without_being_written_again(cloud, s3, bucket):
    kms = cloud.client("kms")
    first, second = (kms.create_key()["KeyMetadata"] for _ in range(2))
    made = s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 100_000)
    for key in (first, second):
        encryption = {"SSEKMS": {"KMSKeyArn": key["Arn"], "BucketKeyEnabled": key is second}}
        s3.update_object_encryption(Bucket=bucket, Key="k", ObjectEncryption=encryption)
        found = s3.get_object(Bucket=bucket, Key="k")
        assert found["Body"].read() == b"x" * 100_000
        assert (found["ServerSideEncryption"], found["SSEKMSKeyId"]) == ("aws:kms", key["Arn"])
        assert found["ETag"] == made["ETag"]
    kms.disable_key(KeyId=first["KeyId"])
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read()
    kms.disable_key(KeyId=second["KeyId"])
    assert code_of(lambda: s3.get_object(Bucket=bucket, Key="k"))[0] == "KMS.DisabledException"
    alias = {"SSEKMS": {"KMSKeyArn": "alias/aws/s3"}}
    refused = code_of(lambda: s3.update_object_encryption(Bucket=bucket, Key="k", ObjectEncryption=alias))
    assert refused[0] == "InvalidRequest"
