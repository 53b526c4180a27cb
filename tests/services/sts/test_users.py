import pytest
from botocore.exceptions import ClientError

from groundcloud import totp
from tests.cloud import Keys, TestCloud
from tests.services.sts.conftest import People, allow, document
from tests.services.sts.test_roles import root_keys


def test_a_session_of_a_user_is_that_user(cloud: TestCloud, people: People):
    cloud.client("organizations").create_organization()
    alice = people.user("alice", allow("organizations:DescribeOrganization"), allow("iam:GetUser"))
    made = cloud.client("sts", alice).get_session_token()["Credentials"]
    assert (made["Expiration"] - cloud.clock()).total_seconds() == 12 * 3600
    session = Keys.of(made)
    assert cloud.client("sts", session).get_caller_identity()["Arn"].endswith(":user/alice")
    assert cloud.client("organizations", session).describe_organization()


def test_a_session_without_a_code_does_not_call_iam(cloud: TestCloud, people: People):
    """STS API reference, GetSessionToken: no IAM operation unless MFA authentication information is included."""
    alice = people.user("alice", allow("iam:GetUser"))
    session = Keys.of(cloud.client("sts", alice).get_session_token()["Credentials"])
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        cloud.client("iam", session).get_user(UserName="alice")


def test_a_federated_user_does_not_call_iam(cloud: TestCloud, people: People):
    """STS API reference, GetFederationToken: the credentials cannot call any IAM operation."""
    made = cloud.client("sts").get_federation_token(Name="bob", Policy=document(allow("*")))
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        cloud.client("iam", Keys.of(made["Credentials"])).list_users()


def test_only_long_lived_keys_make_sessions_of_users(cloud: TestCloud):
    session = Keys.of(cloud.client("sts").get_session_token()["Credentials"])
    with pytest.raises(ClientError, match="Cannot call GetSessionToken with session credentials"):
        cloud.client("sts", session).get_session_token()
    with pytest.raises(ClientError, match="Cannot call GetFederationToken with session credentials"):
        cloud.client("sts", session).get_federation_token(Name="bob")


def test_a_session_of_the_root_user_lasts_an_hour(cloud: TestCloud):
    """STS API reference, GetSessionToken: root credentials are restricted to 3,600 seconds."""
    made = cloud.client("sts", root_keys(cloud)).get_session_token(DurationSeconds=7200)["Credentials"]
    assert (made["Expiration"] - cloud.clock()).total_seconds() == 3600
    assert cloud.client("sts", Keys.of(made)).get_caller_identity()["Arn"].endswith(":root")


def test_a_session_made_with_a_code_opens_what_asks_for_one(cloud: TestCloud, people: People):
    """IAM guide, "Secure API access with MFA": GetSessionToken keeps that a code was given, and when."""
    recent = {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "NumericLessThan": {"aws:MultiFactorAuthAge": "600"}}
    alice = people.user("alice", allow("iam:GetUser", Condition=recent))
    serial, seed = people.mfa("alice")
    sts = cloud.client("sts", alice)
    plain = Keys.of(sts.get_session_token()["Credentials"])
    for keys, refusal in ((alice, "AccessDenied"), (plain, "InvalidClientTokenId")):
        with pytest.raises(ClientError, match=refusal):
            cloud.client("iam", keys).get_user(UserName="alice")
    code = totp.code_at(seed, totp.counter(cloud.clock()))
    session = Keys.of(sts.get_session_token(SerialNumber=serial, TokenCode=code)["Credentials"])
    assert cloud.client("iam", session).get_user(UserName="alice")
    cloud.clock.advance(seconds=600)
    with pytest.raises(ClientError, match="AccessDenied"):
        cloud.client("iam", session).get_user(UserName="alice")


def test_a_wrong_code_is_refused(cloud: TestCloud, people: People):
    alice = people.user("alice")
    serial, seed = people.mfa("alice")
    right = totp.code_at(seed, totp.counter(cloud.clock()))
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    with pytest.raises(ClientError, match="invalid MFA one time pass code"):
        cloud.client("sts", alice).get_session_token(SerialNumber=serial, TokenCode=wrong)


def test_a_federated_user_may_do_what_both_policies_allow(cloud: TestCloud, people: People):
    """IAM guide, "Session policies": GetFederationToken without one gives no permissions of the user."""
    cloud.client("organizations").create_organization()
    alice = people.user("alice", allow("sts:GetFederationToken", "organizations:DescribeOrganization"))
    sts = cloud.client("sts", alice)
    made = sts.get_federation_token(
        Name="bob", Policy=document(allow("organizations:DescribeOrganization", "organizations:ListRoots"))
    )
    arn = f"arn:aws:sts::{cloud.account}:federated-user/bob"
    assert made["FederatedUser"] == {"FederatedUserId": f"{cloud.account}:bob", "Arn": arn}
    assert made["PackedPolicySize"] > 0
    session = Keys.of(made["Credentials"])
    assert cloud.client("sts", session).get_caller_identity()["Arn"] == arn
    assert cloud.client("organizations", session).describe_organization()
    with pytest.raises(ClientError, match="AccessDenied"):
        cloud.client("organizations", session).list_roots()
    bare = Keys.of(sts.get_federation_token(Name="bob")["Credentials"])
    with pytest.raises(ClientError, match="no session policy allows"):
        cloud.client("organizations", bare).describe_organization()


def test_a_federated_user_takes_a_permission_and_assumes_no_role(cloud: TestCloud, people: People):
    with pytest.raises(ClientError, match=r"sts:GetFederationToken on resource: .*:federated-user/bob"):
        cloud.client("sts", people.user("alice")).get_federation_token(Name="bob")
    made = cloud.client("sts").get_federation_token(Name="bob", Policy=document(allow("*")))
    with pytest.raises(ClientError, match="AccessDenied"):
        people.assume(f"arn:aws:iam::{cloud.account}:role/any", Keys.of(made["Credentials"]))


def test_tags_of_a_federated_user_take_a_permission_and_show_in_policies(cloud: TestCloud, people: People):
    cloud.client("organizations").create_organization()
    mine = {"StringEquals": {"aws:PrincipalTag/team": "moon"}}
    everything = document(allow("organizations:DescribeOrganization"))
    tags = [{"Key": "team", "Value": "moon"}]
    alice = people.user(
        "alice", allow("sts:GetFederationToken"), allow("organizations:DescribeOrganization", Condition=mine)
    )
    with pytest.raises(ClientError, match="sts:TagSession"):
        cloud.client("sts", alice).get_federation_token(Name="bob", Policy=everything, Tags=tags)
    people.iam.put_user_policy(UserName="alice", PolicyName="tag", PolicyDocument=document(allow("sts:TagSession")))
    made = cloud.client("sts", alice).get_federation_token(Name="bob", Policy=everything, Tags=tags)
    assert cloud.client("organizations", Keys.of(made["Credentials"])).describe_organization()


def test_a_session_ends_with_its_user(cloud: TestCloud, people: People):
    session = Keys.of(cloud.client("sts", people.user("alice")).get_session_token()["Credentials"])
    for key in people.iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]:
        people.iam.delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
    people.iam.delete_user(UserName="alice")
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        cloud.client("sts", session).get_caller_identity()
