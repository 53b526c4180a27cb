"""SSE-KMS: the KMS service keeps the keys, and decides who may use them."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.cloud import Keys


def test_the_managed_key_is_made_at_its_first_use(cloud, s3, bucket):
    made = s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 100_000, ServerSideEncryption="aws:kms")
    assert made["ServerSideEncryption"] == "aws:kms"
    assert made["SSEKMSKeyId"].startswith(f"arn:aws:kms:us-east-1:{cloud.account}:key/")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x" * 100_000
    aliases = {each["AliasName"] for each in cloud.client("kms").list_aliases()["Aliases"]}
    assert "alias/aws/s3" in aliases


def test_who_may_not_use_the_key_reads_nothing(cloud, s3, bucket, iam):
    kms = cloud.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    s3.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key},
                    "BucketKeyEnabled": True,
                }
            ]
        },
    )
    made = s3.put_object(Bucket=bucket, Key="k", Body=b"secret")
    assert (made["SSEKMSKeyId"], made["BucketKeyEnabled"]) == (key, True)
    iam.create_user(UserName="alice")
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document)
    alice = cloud.client("s3", Keys.of(iam.create_access_key(UserName="alice")["AccessKey"]))
    assert alice.head_object(Bucket=bucket, Key="k")["SSEKMSKeyId"] == key
    with pytest.raises(ClientError) as refused:
        alice.get_object(Bucket=bucket, Key="k")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
    assert "kms:Decrypt" in refused.value.response["Error"]["Message"]
    with pytest.raises(ClientError, match="AccessDenied"):
        alice.put_object(Bucket=bucket, Key="k2", Body=b"")
    kms.disable_key(KeyId=key)
    with pytest.raises(ClientError, match="Disabled"):
        s3.get_object(Bucket=bucket, Key="k")
