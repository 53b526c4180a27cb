"""Block Public Access of accounts, and access points. Source: S3 User Guide, "Blocking public access to your Amazon S3
storage", "Managing access to shared datasets with access points"."""

import json

import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.cloud import Keys
from tests.services.s3.test_access import OPEN, code_of, policy

CLOSED = dict.fromkeys(OPEN, True)


LOCALHOST = "http://localhost:4566"
"""SDKs put an access point before the endpoint's name, which an address does not have."""


@pytest.fixture()
def s3(cloud):
    return cloud.client("s3", endpoint_url=LOCALHOST)


@pytest.fixture()
def control(cloud):
    return cloud.client("s3control")


@pytest.fixture()
def anonymous(cloud):
    return cloud.client("s3", config=Config(signature_version=UNSIGNED))


@pytest.fixture()
def reader(cloud, iam):
    """A user without permissions."""
    arn = iam.create_user(UserName="reader")["User"]["Arn"]
    keys = Keys.of(iam.create_access_key(UserName="reader")["AccessKey"])
    return arn, cloud.client("s3", keys, endpoint_url=LOCALHOST)


def stranger(cloud):
    """The admin of another account: its number, and a client."""
    account = cloud.cloud.create_account("other", "other@example.com")
    key = cloud.cloud.create_admin(account)
    return account, Keys(key["access_key_id"], key["secret_access_key"])


def test_an_account_blocks_public_access_for_all_its_buckets(cloud, s3, bucket, control, anonymous):
    assert code_of(lambda: control.get_public_access_block(AccountId=cloud.account))[0] == (
        "NoSuchPublicAccessBlockConfiguration"
    )
    s3.put_object(Bucket=bucket, Key="a", Body=b"a")
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=OPEN)
    document = policy(Principal="*", Action="s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/*")
    s3.put_bucket_policy(Bucket=bucket, Policy=document)
    assert anonymous.get_object(Bucket=bucket, Key="a")["Body"].read() == b"a"
    control.put_public_access_block(AccountId=cloud.account, PublicAccessBlockConfiguration=CLOSED)
    assert control.get_public_access_block(AccountId=cloud.account)["PublicAccessBlockConfiguration"] == CLOSED
    assert code_of(lambda: anonymous.get_object(Bucket=bucket, Key="a"))[0] == "AccessDenied"
    assert "BlockPublicPolicy" in code_of(lambda: s3.put_bucket_policy(Bucket=bucket, Policy=document))[1]
    control.delete_public_access_block(AccountId=cloud.account)
    assert anonymous.get_object(Bucket=bucket, Key="a")["Body"].read() == b"a"


def test_s3_control_answers_with_and_without_the_account_in_the_host(cloud, control):
    bare = cloud.client("s3control", config=Config(inject_host_prefix=False))
    aws = cloud.client("s3control", endpoint_url=None)
    for client in (control, bare, aws):
        assert client.list_access_points(AccountId=cloud.account)["AccessPointList"] == []


def test_nobody_sets_the_block_of_another_account(cloud, control):
    account, keys = stranger(cloud)
    other = cloud.client("s3control", keys)
    call = {"AccountId": cloud.account, "PublicAccessBlockConfiguration": CLOSED}
    assert code_of(lambda: other.put_public_access_block(**call))[0] == "AccessDenied"
    assert code_of(lambda: control.get_public_access_block(AccountId=account))[0] == "AccessDenied"


def test_an_access_point_is_made_shown_listed_and_deleted(cloud, s3, bucket, control):
    made = control.create_access_point(AccountId=cloud.account, Name="readers", Bucket=bucket)
    arn = f"arn:aws:s3:us-east-1:{cloud.account}:accesspoint/readers"
    assert made["AccessPointArn"] == arn
    assert made["Alias"].startswith("readers-")
    assert made["Alias"].endswith("-s3alias")
    shown = control.get_access_point(AccountId=cloud.account, Name="readers")
    assert shown["Bucket"] == bucket
    assert shown["NetworkOrigin"] == "Internet"
    assert shown["PublicAccessBlockConfiguration"] == CLOSED
    control.create_access_point(AccountId=cloud.account, Name="writers", Bucket=bucket)
    first = control.list_access_points(AccountId=cloud.account, Bucket=bucket, MaxResults=1)
    rest = control.list_access_points(AccountId=cloud.account, Bucket=bucket, NextToken=first["NextToken"])
    assert [each["Name"] for each in first["AccessPointList"] + rest["AccessPointList"]] == ["readers", "writers"]
    again = {"AccountId": cloud.account, "Name": "readers", "Bucket": bucket}
    assert code_of(lambda: control.create_access_point(**again))[0] == "AccessPointAlreadyOwnedByYou"
    assert code_of(lambda: s3.delete_bucket(Bucket=bucket))[0] == "BucketHasAccessPointsAttached"
    for name in ("readers", "writers"):
        control.delete_access_point(AccountId=cloud.account, Name=name)
    assert code_of(lambda: control.get_access_point(AccountId=cloud.account, Name="readers"))[0] == "NoSuchAccessPoint"
    s3.delete_bucket(Bucket=bucket)


def test_a_point_that_cannot_be_is_refused(cloud, bucket, control):
    for name in ("a", "No", "NoCapitals", "-abc", "abc-s3alias", "x" * 51):
        call = {"AccountId": cloud.account, "Name": name, "Bucket": bucket}
        refused = code_of(lambda call=call: control.create_access_point(**call))[0]
        assert refused in ("InvalidRequest", "InvalidInput")  # by the service, or by the model before it
    gone = {"AccountId": cloud.account, "Name": "abc", "Bucket": "nobodys"}
    assert code_of(lambda: control.create_access_point(**gone))[0] == "NoSuchBucket"
    for_vpc = {"AccountId": cloud.account, "Name": "abc", "Bucket": bucket, "VpcConfiguration": {"VpcId": "vpc-1"}}
    assert code_of(lambda: control.create_access_point(**for_vpc))[0] == "NotImplemented"


def test_objects_are_reached_by_arn_by_alias_and_by_host_name(cloud, s3, bucket, control):
    made = control.create_access_point(AccountId=cloud.account, Name="all", Bucket=bucket)
    for name in (made["AccessPointArn"], made["Alias"]):
        s3.put_object(Bucket=name, Key="a/b c", Body=b"x")
        assert s3.get_object(Bucket=name, Key="a/b c")["Body"].read() == b"x"
        assert [each["Key"] for each in s3.list_objects_v2(Bucket=name)["Contents"]] == ["a/b c"]
        assert s3.head_bucket(Bucket=name)["AccessPointAlias"]
        signing = cloud.client("s3", endpoint_url=LOCALHOST, config=Config(signature_version="s3v4"))
        url = signing.generate_presigned_url("get_object", {"Bucket": name, "Key": "a/b c"})
        assert cloud.request("GET", url, {})[2] == b"x"
        assert s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "a/b c"}]})["Deleted"]
    real = cloud.client("s3", endpoint_url=None)
    real.put_object(Bucket=made["AccessPointArn"], Key="k", Body=b"y")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"y"
    assert code_of(lambda: s3.put_bucket_versioning(
        Bucket=made["Alias"], VersioningConfiguration={"Status": "Enabled"}
    ))[0] == "MethodNotAllowed"  # fmt: skip
    missing = made["AccessPointArn"] + "-none"
    assert code_of(lambda: s3.get_object(Bucket=missing, Key="k"))[0] in ("NoSuchAccessPoint", "NoSuchBucket")


def test_a_bucket_whose_name_looks_like_a_point_is_a_bucket(cloud, s3):
    name = f"all-{cloud.account}"
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="k", Body=b"x")
    assert s3.get_object(Bucket=name, Key="k")["Body"].read() == b"x"


def test_both_the_point_and_the_bucket_must_let_a_caller_in(cloud, s3, bucket, control, reader):
    """Source: S3 User Guide, "Configuring IAM policies for using access points" (delegating access control)."""
    arn, client = reader
    s3.put_object(Bucket=bucket, Key="open/a", Body=b"a")
    point = control.create_access_point(AccountId=cloud.account, Name="readers", Bucket=bucket)["AccessPointArn"]
    get = {"Bucket": point, "Key": "open/a"}
    control.put_access_point_policy(
        AccountId=cloud.account,
        Name="readers",
        Policy=policy(Principal={"AWS": arn}, Action="s3:GetObject", Resource=f"{point}/object/open/*"),
    )
    assert code_of(lambda: client.get_object(**get))[0] == "AccessDenied"
    s3.put_bucket_policy(
        Bucket=bucket,
        Policy=policy(
            Principal={"AWS": "*"},
            Action="*",
            Resource=[f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
            Condition={"StringEquals": {"s3:DataAccessPointAccount": cloud.account}},
        ),
    )
    assert client.get_object(**get)["Body"].read() == b"a"
    assert code_of(lambda: client.get_object(Bucket=point, Key="closed/b"))[0] == "AccessDenied"
    assert code_of(lambda: client.get_object(Bucket=bucket, Key="open/a"))[0] == "AccessDenied"
    assert code_of(lambda: client.delete_object(**get))[0] == "AccessDenied"
    deleted = client.delete_objects(Bucket=point, Delete={"Objects": [{"Key": "open/a"}]})
    assert deleted["Errors"][0]["Code"] == "AccessDenied"
    control.delete_access_point_policy(AccountId=cloud.account, Name="readers")
    assert code_of(lambda: client.get_object(**get))[0] == "AccessDenied"


def test_objects_are_copied_from_one_access_point_to_another(cloud, s3, bucket, control, reader):
    arn, client = reader
    s3.put_object(Bucket=bucket, Key="k", Body=b"k")
    points = {}
    for name, action in (("from-here", "s3:GetObject"), ("to-here", "s3:PutObject")):
        made = control.create_access_point(AccountId=cloud.account, Name=name, Bucket=bucket)
        points[name] = made["AccessPointArn"]
        control.put_access_point_policy(
            AccountId=cloud.account,
            Name=name,
            Policy=policy(Principal={"AWS": arn}, Action=action, Resource=f"{points[name]}/object/*"),
        )
    s3.put_bucket_policy(
        Bucket=bucket,
        Policy=policy(
            Principal={"AWS": "*"},
            Action="*",
            Resource=[f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
            Condition={"StringEquals": {"s3:DataAccessPointAccount": cloud.account}},
        ),
    )
    source = {"Bucket": points["from-here"], "Key": "k"}
    client.copy_object(Bucket=points["to-here"], Key="copy", CopySource=source)
    assert s3.get_object(Bucket=bucket, Key="copy")["Body"].read() == b"k"
    plain = {"Bucket": points["to-here"], "Key": "copy", "CopySource": {"Bucket": bucket, "Key": "k"}}
    assert code_of(lambda: client.copy_object(**plain))[0] == "AccessDenied"
    back = {"Bucket": points["from-here"], "Key": "copy", "CopySource": source}
    assert code_of(lambda: client.copy_object(**back))[0] == "AccessDenied"


def test_a_bucket_may_be_open_through_its_points_only(cloud, s3, bucket, control):
    s3.put_object(Bucket=bucket, Key="k", Body=b"k")
    point = control.create_access_point(AccountId=cloud.account, Name="door", Bucket=bucket)["AccessPointArn"]
    document = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/*",
            "Condition": {"StringNotLike": {"s3:DataAccessPointArn": f"arn:aws:s3:*:{cloud.account}:accesspoint/*"}},
        },
    }
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
    assert code_of(lambda: s3.get_object(Bucket=bucket, Key="k"))[0] == "AccessDenied"
    assert s3.get_object(Bucket=point, Key="k")["Body"].read() == b"k"


def test_a_point_keeps_the_public_out_however_open_its_bucket_is(cloud, s3, bucket, control, anonymous):
    s3.put_object(Bucket=bucket, Key="k", Body=b"k")
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=OPEN)
    s3.put_bucket_policy(
        Bucket=bucket, Policy=policy(Principal="*", Action="s3:GetObject", Resource=f"arn:aws:s3:::{bucket}/*")
    )
    for name, block in (("open", OPEN), ("closed", CLOSED)):
        made = control.create_access_point(
            AccountId=cloud.account, Name=name * 2, Bucket=bucket, PublicAccessBlockConfiguration=block
        )
        document = policy(Principal="*", Action="s3:GetObject", Resource=f"{made['AccessPointArn']}/object/*")
        put = {"AccountId": cloud.account, "Name": name * 2, "Policy": document}
        if block == OPEN:
            control.put_access_point_policy(**put)
            assert json.loads(control.get_access_point_policy(AccountId=cloud.account, Name="openopen")["Policy"])
            status = control.get_access_point_policy_status(AccountId=cloud.account, Name="openopen")
            assert status["PolicyStatus"]["IsPublic"]
            assert anonymous.get_object(Bucket=made["Alias"], Key="k")["Body"].read() == b"k"
        else:
            assert "BlockPublicPolicy" in code_of(lambda put=put: control.put_access_point_policy(**put))[1]
            assert code_of(lambda made=made: anonymous.get_object(Bucket=made["Alias"], Key="k"))[0] == "AccessDenied"


def test_another_account_offers_a_bucket_that_delegates_to_it(cloud, s3, bucket, control):
    account, keys = stranger(cloud)
    theirs = cloud.client("s3control", keys)
    call = {"AccountId": account, "Name": "shared", "Bucket": bucket}
    assert code_of(lambda: theirs.create_access_point(**call))[0] == "AccessDenied"
    point = theirs.create_access_point(**call, BucketAccountId=cloud.account)["AccessPointArn"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"k")
    client = cloud.client("s3", keys, endpoint_url=LOCALHOST)
    assert code_of(lambda: client.get_object(Bucket=point, Key="k"))[0] == "AccessDenied"
    s3.put_bucket_policy(
        Bucket=bucket,
        Policy=policy(
            Principal={"AWS": account},
            Action="s3:GetObject",
            Resource=f"arn:aws:s3:::{bucket}/*",
            Condition={"StringEquals": {"s3:DataAccessPointArn": point}},
        ),
    )
    assert client.get_object(Bucket=point, Key="k")["Body"].read() == b"k"
    assert code_of(lambda: client.get_object(Bucket=bucket, Key="k"))[0] == "AccessDenied"


def test_a_bucket_may_be_called_as_the_paths_of_s3_control_are(cloud, s3):
    s3.create_bucket(Bucket="v20180820")
    s3.put_object(Bucket="v20180820", Key="configuration/publicAccessBlock", Body=b"x")
    status, _, body = cloud.request("GET", s3.generate_presigned_url(
        "get_object", {"Bucket": "v20180820", "Key": "configuration/publicAccessBlock"}
    ), {})  # fmt: skip
    assert (status, body) == (200, b"x")


def test_calls_without_permission_are_refused(cloud, iam, bucket):
    iam.create_user(UserName="nobody")
    keys = Keys.of(iam.create_access_key(UserName="nobody")["AccessKey"])
    control = cloud.client("s3control", keys)
    with pytest.raises(ClientError) as refused:
        control.create_access_point(AccountId=cloud.account, Name="mine", Bucket=bucket)
    assert "s3:CreateAccessPoint" in refused.value.response["Error"]["Message"]


def test_points_are_tagged_by_their_arns(cloud, bucket, control):
    tags = [{"Key": "team", "Value": "web"}]
    point = control.create_access_point(AccountId=cloud.account, Name="tagged", Bucket=bucket, Tags=tags)
    named = {"AccountId": cloud.account, "ResourceArn": point["AccessPointArn"]}
    control.tag_resource(**named, Tags=[{"Key": "team", "Value": "db"}, {"Key": "stage", "Value": "test"}])
    control.untag_resource(**named, TagKeys=["stage"])
    assert control.list_tags_for_resource(**named)["Tags"] == [{"Key": "team", "Value": "db"}]
    wrong = {"AccountId": cloud.account, "ResourceArn": f"arn:aws:s3:us-east-1:{cloud.account}:job/1"}
    assert code_of(lambda: control.list_tags_for_resource(**wrong))[0] == "InvalidRequest"
