"""Buckets have Regions. Sources: CreateBucket, GetBucketLocation and HeadBucket in the API reference; S3 User Guide,
"Request redirection and the REST API"; what botocore's S3RegionRedirector expects."""

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.utils import S3RegionRedirectorv2

from tests.cloud import ENDPOINT
from tests.services.s3.test_access import OPEN, code_of, policy


@pytest.fixture()
def seoul(cloud):
    """A bucket of another Region, with an object."""
    client = cloud.client("s3", region_name="ap-northeast-2")
    client.create_bucket(Bucket="seoul", CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"})
    client.put_object(Bucket="seoul", Key="k", Body=b"k")
    return client


def plain(cloud, **options):
    """A client that does not follow redirects."""
    client = cloud.client("s3", **options)
    for event in ("needs-retry.s3", "before-parameter-build.s3", "before-endpoint-resolution.s3"):
        handlers = client.meta.events._emitter._handlers.prefix_search(event)
        for handler in list(handlers):
            if isinstance(getattr(handler, "__self__", None), S3RegionRedirectorv2):
                client.meta.events.unregister(event, handler)
    return client


def test_a_constraint_must_be_that_of_the_endpoint(cloud, s3):
    away = cloud.client("s3", region_name="eu-west-1")
    none = code_of(lambda: away.create_bucket(Bucket="abc"))
    assert none[0] == "IllegalLocationConstraintException"
    assert none[1].startswith("The unspecified location constraint is incompatible")
    other = {"LocationConstraint": "eu-central-1"}
    wrong = code_of(lambda: away.create_bucket(Bucket="abc", CreateBucketConfiguration=other))
    assert wrong[0] == "IllegalLocationConstraintException"
    assert "eu-central-1" in wrong[1]
    for given in ("us-east-1", "atlantis"):
        call = {"Bucket": "abc", "CreateBucketConfiguration": {"LocationConstraint": given}}
        assert code_of(lambda call=call: s3.create_bucket(**call))[0] == "InvalidLocationConstraint"
    s3.create_bucket(Bucket="abc", CreateBucketConfiguration=other)  # us-east-1 makes buckets everywhere
    assert s3.get_bucket_location(Bucket="abc")["LocationConstraint"] == "eu-central-1"


def test_the_old_name_of_ireland_is_kept(cloud, s3):
    s3.create_bucket(Bucket="dublin", CreateBucketConfiguration={"LocationConstraint": "EU"})
    assert s3.get_bucket_location(Bucket="dublin")["LocationConstraint"] == "EU"
    assert cloud.client("s3", region_name="eu-west-1").head_bucket(Bucket="dublin")["BucketRegion"] == "eu-west-1"


def test_making_a_bucket_again_is_no_error_in_us_east_1_only(cloud, s3, bucket, seoul):
    assert s3.create_bucket(Bucket=bucket)["Location"] == f"/{bucket}"
    again = {"Bucket": "seoul", "CreateBucketConfiguration": {"LocationConstraint": "ap-northeast-2"}}
    assert code_of(lambda: seoul.create_bucket(**again))[0] == "BucketAlreadyOwnedByYou"
    assert code_of(lambda: s3.create_bucket(Bucket="seoul"))[0] == "BucketAlreadyOwnedByYou"


def test_us_east_1_has_no_location(s3, bucket):
    assert s3.get_bucket_location(Bucket=bucket)["LocationConstraint"] is None


def test_a_request_to_another_region_is_sent_there(cloud, seoul):
    client = plain(cloud)
    with pytest.raises(ClientError) as refused:
        client.get_object(Bucket="seoul", Key="k")
    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 301
    assert answer["Error"]["Code"] == "PermanentRedirect"
    assert answer["Error"]["Endpoint"] == "seoul.s3.ap-northeast-2.amazonaws.com"
    assert answer["Error"]["Bucket"] == "seoul"
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "ap-northeast-2"
    with pytest.raises(ClientError) as refused:
        client.head_bucket(Bucket="seoul")
    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 301
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "ap-northeast-2"
    for call in (
        lambda: client.put_object(Bucket="seoul", Key="n", Body=b""),
        lambda: client.list_objects_v2(Bucket="seoul"),
        lambda: client.delete_objects(Bucket="seoul", Delete={"Objects": [{"Key": "k"}]}),
        lambda: client.create_multipart_upload(Bucket="seoul", Key="n"),
        lambda: client.delete_bucket(Bucket="seoul"),
    ):
        assert code_of(call)[0] == "PermanentRedirect"
    assert seoul.get_object(Bucket="seoul", Key="k")["Body"].read() == b"k"


def test_whoever_may_not_see_a_bucket_learns_where_it_is(cloud, seoul):
    anonymous = cloud.client("s3", config=Config(signature_version=UNSIGNED))
    with pytest.raises(ClientError) as refused:
        anonymous.head_bucket(Bucket="seoul")
    answer = refused.value.response["ResponseMetadata"]
    assert answer["HTTPStatusCode"] == 403
    assert answer["HTTPHeaders"]["x-amz-bucket-region"] == "ap-northeast-2"


def test_boto3_follows_the_redirect(cloud, seoul, s3):
    assert s3.get_object(Bucket="seoul", Key="k")["Body"].read() == b"k"
    s3.put_object(Bucket="seoul", Key="n", Body=b"n")
    assert s3.head_object(Bucket="seoul", Key="n")["ContentLength"] == 1
    assert s3.head_bucket(Bucket="seoul")["BucketRegion"] == "ap-northeast-2"
    assert cloud.client("s3").get_bucket_location(Bucket="seoul")["LocationConstraint"] == "ap-northeast-2"


def test_a_name_that_leads_to_the_bucket_asks_for_a_signature_of_its_region(cloud, seoul):
    """`<bucket>.s3.amazonaws.com` leads to the bucket's Region, which takes no other Region's signature."""
    client = plain(cloud, endpoint_url="https://s3.amazonaws.com", config=Config(s3={"addressing_style": "virtual"}))
    with pytest.raises(ClientError) as refused:
        client.get_object(Bucket="seoul", Key="k")
    error = refused.value.response["Error"]
    assert error["Code"] == "AuthorizationHeaderMalformed"
    assert error["Message"] == (
        "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'ap-northeast-2'"
    )
    assert error["Region"] == "ap-northeast-2"
    followed = cloud.client(
        "s3", endpoint_url="https://s3.amazonaws.com", config=Config(s3={"addressing_style": "virtual"})
    )
    assert followed.get_object(Bucket="seoul", Key="k")["Body"].read() == b"k"


def test_hosts_name_regions_for_those_who_do_not_sign(cloud, seoul):
    seoul.put_public_access_block(Bucket="seoul", PublicAccessBlockConfiguration=OPEN)
    seoul.put_bucket_policy(
        Bucket="seoul", Policy=policy(Principal="*", Action="s3:GetObject", Resource="arn:aws:s3:::seoul/*")
    )
    for host, status in (
        ("seoul.s3.ap-northeast-2.amazonaws.com", 200),
        ("seoul.s3.amazonaws.com", 200),
        ("seoul.s3.localhost:4566", 200),
        ("seoul.s3.us-west-2.amazonaws.com", 301),
        ("seoul.s3.us-west-2.localhost.localstack.cloud", 301),
    ):
        found, headers, _ = cloud.request("GET", "http://127.0.0.1/k", {"host": host})
        assert (host, found) == (host, status)
        if status == 301:
            assert headers["x-amz-bucket-region"] == "ap-northeast-2"
    assert cloud.request("GET", f"{ENDPOINT}/seoul/k", {})[0] == 200
    anonymous = cloud.client("s3", config=Config(signature_version=UNSIGNED))
    assert anonymous.get_object(Bucket="seoul", Key="k")["Body"].read() == b"k"


def test_objects_are_copied_from_one_region_to_another(s3, bucket, seoul):
    s3.copy_object(Bucket=bucket, Key="copy", CopySource="seoul/k")
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"k"
