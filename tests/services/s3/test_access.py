import json

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.cloud import ENDPOINT, Keys

OPEN = {
    "BlockPublicAcls": False,
    "IgnorePublicAcls": False,
    "BlockPublicPolicy": False,
    "RestrictPublicBuckets": False,
}


def policy(**statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


@pytest.fixture()
def anonymous(cloud):
    return cloud.client("s3", config=Config(signature_version=UNSIGNED))


def code_of(call):
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value.response["Error"]["Code"], refused.value.response["Error"]["Message"]


def test_strangers_read_only_what_a_policy_opens(s3, bucket, anonymous):
    s3.put_object(Bucket=bucket, Key="open/a", Body=b"a")
    s3.put_object(Bucket=bucket, Key="closed/b", Body=b"b")
    assert code_of(lambda: anonymous.get_object(Bucket=bucket, Key="open/a")) == ("AccessDenied", "Access Denied")
    document = policy(Principal="*", Action="s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/open/*")
    refused = code_of(lambda: s3.put_bucket_policy(Bucket=bucket, Policy=document))
    assert refused[0] == "AccessDenied"
    assert "BlockPublicPolicy" in refused[1]
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=OPEN)
    s3.put_bucket_policy(Bucket=bucket, Policy=document)
    assert s3.get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"]
    assert anonymous.get_object(Bucket=bucket, Key="open/a")["Body"].read() == b"a"
    assert code_of(lambda: anonymous.get_object(Bucket=bucket, Key="closed/b"))[0] == "AccessDenied"
    assert code_of(lambda: anonymous.list_objects_v2(Bucket=bucket))[0] == "AccessDenied"
    assert code_of(lambda: anonymous.get_object(Bucket=bucket, Key="open/none"))[0] == "AccessDenied"
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={**OPEN, "RestrictPublicBuckets": True})
    assert code_of(lambda: anonymous.get_object(Bucket=bucket, Key="open/a"))[0] == "AccessDenied"


def test_a_policy_may_ask_where_the_reader_comes_from(cloud, s3, bucket):
    """The seeds' lesson: pictures are shown on the site's own pages only (aws:Referer)."""
    s3.put_object(Bucket=bucket, Key="a.png", Body=b"png")
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=OPEN)
    s3.put_bucket_policy(
        Bucket=bucket,
        Policy=policy(
            Principal="*",
            Action="s3:GetObject",
            Resource=f"arn:aws:s3:::{bucket}/*",
            Condition={"StringLike": {"aws:Referer": "http://example.com/*"}},
        ),
    )
    url = f"{ENDPOINT}/{bucket}/a.png"
    assert cloud.request("GET", url, {"referer": "http://example.com/page"})[2] == b"png"
    assert cloud.request("GET", url, {"referer": "http://example.org/page"})[0] == 403
    assert cloud.request("GET", url, {})[0] == 403


def test_an_access_list_opens_an_object_where_lists_are_on(s3, bucket, anonymous):
    assert code_of(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"", ACL="public-read"))[0] == (
        "AccessControlListNotSupported"
    )
    s3.put_bucket_ownership_controls(
        Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    )
    assert code_of(lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"", ACL="public-read"))[0] == "AccessDenied"
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=OPEN)
    s3.put_object(Bucket=bucket, Key="k", Body=b"open", ACL="public-read")
    s3.put_object(Bucket=bucket, Key="other", Body=b"closed")
    assert anonymous.get_object(Bucket=bucket, Key="k")["Body"].read() == b"open"
    assert code_of(lambda: anonymous.get_object(Bucket=bucket, Key="other"))[0] == "AccessDenied"
    assert len(s3.get_object_acl(Bucket=bucket, Key="k")["Grants"]) == 2
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={**OPEN, "IgnorePublicAcls": True})
    assert code_of(lambda: anonymous.get_object(Bucket=bucket, Key="k"))[0] == "AccessDenied"


def test_who_may_not_list_is_not_told_what_is_missing(cloud, s3, bucket, iam):
    iam.create_user(UserName="alice")
    alice = cloud.client("s3", Keys.of(iam.create_access_key(UserName="alice")["AccessKey"]))
    document = policy(Action="s3:GetObject", Resource="*")
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document)
    found = code_of(lambda: alice.get_object(Bucket=bucket, Key="none"))
    assert found[0] == "AccessDenied"
    assert "s3:ListBucket" in found[1]
    document = policy(
        Action=["s3:GetObject", "s3:ListBucket"], Resource="*", Condition={"StringEquals": {"s3:prefix": "a/"}}
    )
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document)
    assert alice.list_objects_v2(Bucket=bucket, Prefix="a/")["KeyCount"] == 0
    assert code_of(lambda: alice.list_objects_v2(Bucket=bucket, Prefix="b/"))[0] == "AccessDenied"


@pytest.mark.parametrize("version", ["s3v4", "s3"])
@pytest.mark.parametrize("style", ["path", "virtual"])
def test_a_signed_address_works_in_both_forms(cloud, bucket, version, style):
    """Seeds: django-storages signs addresses with V4 and V2 queries."""
    client = cloud.client(
        "s3",
        endpoint_url="http://s3.us-east-1.amazonaws.com",
        config=Config(signature_version=version, s3={"addressing_style": style}),
    )
    client.put_object(Bucket=bucket, Key="a b/ü+?.txt", Body=b"hello")
    url = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b/ü+?.txt"})
    assert (f"//{bucket}.s3" in url) == (style == "virtual")
    status, _, body = cloud.request("GET", url, {})
    assert (status, body) == (200, b"hello")
    status, _, body = cloud.request("GET", url.replace("txt", "png"), {})
    assert status == 403
    assert b"<Code>SignatureDoesNotMatch</Code>" in body
    assert b"<StringToSign>" in body


def test_a_name_is_taken_in_the_whole_cloud(cloud, s3, bucket):
    other = cloud.cloud.create_account("other", "other@example.com")
    key = cloud.cloud.create_admin(other)
    theirs = cloud.client("s3", Keys(key["access_key_id"], key["secret_access_key"]))
    assert code_of(lambda: theirs.create_bucket(Bucket=bucket))[0] == "BucketAlreadyExists"
    assert code_of(lambda: theirs.list_objects_v2(Bucket=bucket)) == ("AccessDenied", "Access Denied")
    assert theirs.list_buckets()["Buckets"] == []
    s3.put_bucket_policy(
        Bucket=bucket,
        Policy=policy(
            Principal={"AWS": f"arn:aws:iam::{other}:root"}, Action="s3:ListBucket", Resource=f"arn:aws:s3:::{bucket}"
        ),
    )
    assert theirs.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.list_objects_v2(Bucket=bucket, ExpectedBucketOwner=other)
