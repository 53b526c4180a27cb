"""The examples of "The meaning of 'public'" in the S3 User Guide."""

import json

import pytest

from groundcloud.services.s3.rules import acl, errors, public
from groundcloud.services.s3.rules.public import CLOSED, OPEN, PublicAccessBlockConfiguration, is_public_policy


def policy(principal="*", condition=None, effect="Allow", **more):
    statement = {"Effect": effect, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", **more}
    if principal:
        statement["Principal"] = principal
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    "condition",
    [
        None,
        {"StringLike": {"aws:SourceVpc": "vpc-*"}},
        {"StringLike": {"aws:PrincipalOrgID": "*"}},
        {"StringNotEquals": {"aws:SourceVpc": "vpc-91237329"}},
        {"StringEqualsIfExists": {"aws:SourceVpc": "vpc-91237329"}},
        {"StringEquals": {"aws:Referer": "https://example.com/"}},
        {"StringEquals": {"aws:SourceAccount": "${aws:PrincipalAccount}"}},
        {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
        {"IpAddress": {"aws:SourceIp": ["54.240.143.0/24", "128.0.0.0/1"]}},
        {"IpAddress": {"aws:SourceIp": "2001::/16"}},
        {"StringLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-west-2:*:accesspoint/*"}},
    ],
)
def test_everyone_without_a_fixed_value_is_public(condition):
    assert is_public_policy(policy(condition=condition))


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:SourceVpc": "vpc-91237329"}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        {"IpAddress": {"aws:SourceIp": "54.240.143.0/24"}},
        {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8:1234::/48"]}},
        {"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:111122223333:topic"}},
        {"StringLike": {"aws:userid": "AROAEXAMPLEID:*"}},
        {"StringLike": {"s3:DataAccessPointArn": "arn:aws:s3:us-west-2:123456789012:accesspoint/*"}},
        {"StringEquals": {"s3:DataAccessPointAccount": "123456789012"}},
        {"StringEquals": {"aws:SourceAccount": "111122223333"}, "StringLike": {"aws:Referer": "*"}},
    ],
)
def test_everyone_with_a_fixed_value_is_not_public(condition):
    assert not is_public_policy(policy(condition=condition))


def test_principals_decide():
    assert is_public_policy(policy({"AWS": "*"}))
    assert is_public_policy(policy(None, NotPrincipal={"AWS": "arn:aws:iam::111122223333:root"}))
    assert not is_public_policy(policy({"AWS": "arn:aws:iam::111122223333:role/x"}))
    assert not is_public_policy(policy({"Service": "cloudfront.amazonaws.com"}))
    assert not is_public_policy(policy(effect="Deny"))


def test_one_public_statement_makes_the_policy_public():
    first = json.loads(policy(condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}}))
    first["Statement"] += json.loads(policy())["Statement"]
    assert is_public_policy(json.dumps(first))


def test_account_and_bucket_settings_add_up():
    one = PublicAccessBlockConfiguration(block_public_acls=True)
    other = PublicAccessBlockConfiguration(restrict_public_buckets=True)
    assert public.strictest(one, other) == PublicAccessBlockConfiguration(True, False, False, True)
    assert public.strictest(None, None) == OPEN


def test_public_acls_and_policies_are_refused_by_their_settings():
    grants = acl.canned("public-read", owner="a" * 64)
    user, bucket = "arn:aws:iam::111122223333:user/alice", "arn:aws:s3:::b"
    public.check_acl(OPEN, grants, user, bucket)
    public.check_policy(OPEN, policy(), user, bucket)
    with pytest.raises(errors.AccessDeniedBecause, match="blocked by the BlockPublicAcls block public access setting"):
        public.check_acl(CLOSED, grants, user, bucket)
    with pytest.raises(errors.AccessDeniedBecause, match=r"s3:PutBucketPolicy on resource: .* BlockPublicPolicy"):
        public.check_policy(CLOSED, policy(), user, bucket)
    public.check_policy(CLOSED, policy({"AWS": "111122223333"}), user, bucket)
    public.check_acl(CLOSED, acl.canned("private", owner="a" * 64), user, bucket)


def test_a_public_bucket_is_restricted_to_its_account_and_services():
    def out(caller, settings=CLOSED, document=policy(), **options):
        return public.shuts_out(settings, document, caller_account=caller, bucket_account="1" * 12, **options)

    assert out("")
    assert out("2" * 12)
    assert not out("1" * 12)
    assert not out("", is_service=True)
    assert not out("", OPEN)
    assert not out("2" * 12, document=None)
    assert not out("2" * 12, document=policy({"AWS": "222222222222"}))
