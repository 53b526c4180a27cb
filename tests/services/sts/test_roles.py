import json

import pytest
from botocore.exceptions import ClientError

from groundcloud import totp
from groundcloud.services.iam.records import Role
from tests.cloud import Keys, TestCloud
from tests.services.sts.conftest import People, allow, document, trust


def error_of(raised: pytest.ExceptionInfo[ClientError]) -> dict[str, str]:
    return raised.value.response["Error"]


def test_a_session_acts_as_its_role_and_may_do_what_the_role_may(cloud: TestCloud, people: People):
    arn = people.role("reader", trust(cloud.account), allow("iam:GetUser"))
    made = cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName="alice")
    assert made["AssumedRoleUser"] == {
        "AssumedRoleId": "AROADBQP57FF2AEXAMPLE:alice",
        "Arn": f"arn:aws:sts::{cloud.account}:assumed-role/reader/alice",
    }
    assert made["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert (made["Credentials"]["Expiration"] - cloud.clock()).total_seconds() == 3600
    assert "PackedPolicySize" not in made
    keys = Keys.of(made["Credentials"])
    who = cloud.client("sts", keys).get_caller_identity()
    assert who["Arn"] == made["AssumedRoleUser"]["Arn"]
    assert who["UserId"] == made["AssumedRoleUser"]["AssumedRoleId"]
    assert cloud.client("iam", keys).get_user(UserName="admin")["User"]["UserName"] == "admin"
    with pytest.raises(ClientError) as denied:
        cloud.client("iam", keys).create_user(UserName="eve")
    assert error_of(denied)["Message"] == (
        f"User: arn:aws:sts::{cloud.account}:assumed-role/reader/alice is not authorized to perform: iam:CreateUser on "
        f"resource: arn:aws:iam::{cloud.account}:user/eve because no identity-based policy allows the iam:CreateUser "
        "action"
    )


def test_a_role_that_trusts_a_user_by_name_needs_no_policy_of_the_user(cloud: TestCloud, people: People):
    """IAM guide, "Policy evaluation logic": a trust policy of the same account that names the user is enough."""
    alice = people.user("alice")
    arn = people.role("named", trust(f"arn:aws:iam::{cloud.account}:user/alice"))
    assert (
        cloud.client("sts", people.assume(arn, alice))
        .get_caller_identity()["Arn"]
        .endswith("assumed-role/named/session")
    )


def test_a_role_that_trusts_the_account_leaves_the_choice_to_its_policies(cloud: TestCloud, people: People):
    arn = people.role("open", trust(cloud.account))
    with pytest.raises(ClientError) as denied:
        people.assume(arn, people.user("bob"))
    assert error_of(denied)["Message"].endswith("because no identity-based policy allows the sts:AssumeRole action")
    assert people.assume(arn, people.user("carol", allow("sts:AssumeRole", resource=arn)))


def test_a_role_that_is_not_there_is_a_denial(cloud: TestCloud, people: People):
    with pytest.raises(ClientError) as denied:
        people.assume(f"arn:aws:iam::{cloud.account}:role/nobody")
    assert error_of(denied)["Code"] == "AccessDenied"
    people.role("deep", trust(cloud.account), path="/a/b/")
    with pytest.raises(ClientError, match="AccessDenied"):
        people.assume(f"arn:aws:iam::{cloud.account}:role/deep")


def test_across_accounts_both_sides_must_allow(cloud: TestCloud, people: People):
    """IAM guide, "Cross-account policy evaluation logic"."""
    other = people.account("other")
    other_account = cloud.client("sts", other).get_caller_identity()["Account"]
    closed = people.role("closed", trust(cloud.account))
    with pytest.raises(ClientError, match="no role trust policy allows"):
        people.assume(closed, other)
    opened = people.role("opened", trust(other_account))
    session = people.assume(opened, other)
    assert cloud.client("sts", session).get_caller_identity()["Account"] == cloud.account
    other_iam = cloud.client("iam", other)
    other_iam.create_user(UserName="bob")
    bob = Keys.of(other_iam.create_access_key(UserName="bob")["AccessKey"])
    with pytest.raises(ClientError, match="no identity-based policy allows the sts:AssumeRole"):
        people.assume(opened, bob)


def test_the_root_user_may_not_assume_roles(cloud: TestCloud, people: People):
    arn = people.role("open", trust(cloud.account))
    root = root_keys(cloud)
    with pytest.raises(ClientError, match=r"Roles may not be assumed by root accounts\."):
        people.assume(arn, root)


def root_keys(cloud: TestCloud) -> Keys:
    from groundcloud.services.iam.identities import root_principal

    key = cloud.store.write(lambda tx: cloud.cloud.call(tx, root_principal(cloud.account), "iam", "CreateAccessKey"))[
        "access_key"
    ]
    return Keys(key["access_key_id"], key["secret_access_key"])


def test_an_external_id_must_be_the_one_that_the_role_asks_for(cloud: TestCloud, people: People):
    """IAM guide, "Access to AWS accounts owned by third parties"."""
    arn = people.role("partner", trust(cloud.account, StringEquals={"sts:ExternalId": "12345"}))
    assert people.assume(arn, ExternalId="12345")
    for wrong in ({}, {"ExternalId": "54321"}):
        with pytest.raises(ClientError, match="AccessDenied"):
            people.assume(arn, **wrong)


def test_the_name_of_the_session_is_a_condition_key(cloud: TestCloud, people: People):
    arn = people.role("mine", trust(cloud.account, StringLike={"sts:RoleSessionName": "${aws:username}"}))
    assert people.assume(arn, session="admin")
    with pytest.raises(ClientError, match="AccessDenied"):
        people.assume(arn, session="alice")


def test_a_session_lasts_no_longer_than_the_role_allows(cloud: TestCloud, people: People):
    arn = people.role("long", trust(cloud.account), max_session_duration=7200)
    made = cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName="session", DurationSeconds=7200)
    assert (made["Credentials"]["Expiration"] - cloud.clock()).total_seconds() == 7200
    with pytest.raises(ClientError) as refused:
        people.assume(arn, DurationSeconds=7201)
    assert error_of(refused) == {
        "Type": "Sender",
        "Code": "ValidationError",
        "Message": "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    }


def test_a_chained_session_lasts_an_hour_at_most(cloud: TestCloud, people: People):
    """IAM guide, "Roles terms and concepts", role chaining."""
    first = people.role("first", trust(cloud.account), allow("sts:AssumeRole"))
    second = people.role("second", trust(first), max_session_duration=43200)
    session = people.assume(first)
    with pytest.raises(ClientError, match="exceeds the 1 hour session limit for roles assumed by role chaining"):
        people.assume(second, session, DurationSeconds=3601)
    assert people.assume(second, session, DurationSeconds=3600)


def test_credentials_end_when_they_expire(cloud: TestCloud, people: People):
    session = people.assume(people.role("short", trust(cloud.account)), DurationSeconds=900)
    cloud.clock.advance(seconds=899)
    assert cloud.client("sts", session).get_caller_identity()
    cloud.clock.advance(seconds=1)
    with pytest.raises(ClientError, match="ExpiredToken"):
        cloud.client("sts", session).get_caller_identity()


def test_sessions_of_a_role_that_was_made_anew_do_not_work(cloud: TestCloud, people: People):
    session = people.assume(people.role("again", trust(cloud.account), allow("iam:*")))
    people.role("again", trust(cloud.account), allow("iam:*"), role_id="AROADBQP57FF2AEXAMPL2")
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        cloud.client("iam", session).get_user(UserName="admin")
    cloud.store.write(lambda tx: tx.delete(tx.get(Role, cloud.account, "again")))
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        cloud.client("iam", session).get_user(UserName="admin")


def test_a_session_policy_takes_from_the_role_and_adds_nothing(cloud: TestCloud, people: People):
    """IAM guide, "Session policies": the permissions are the intersection."""
    arn = people.role("wide", trust(cloud.account), allow("iam:GetUser", "iam:ListUsers"))
    made = cloud.client("sts").assume_role(
        RoleArn=arn, RoleSessionName="session", Policy=document(allow("iam:GetUser", "iam:CreateUser"))
    )
    assert 0 < made["PackedPolicySize"] < 100
    iam = cloud.client("iam", Keys.of(made["Credentials"]))
    assert iam.get_user(UserName="admin")
    with pytest.raises(ClientError, match="no session policy allows the iam:ListUsers"):
        iam.list_users()
    with pytest.raises(ClientError, match="no identity-based policy allows the iam:CreateUser"):
        iam.create_user(UserName="eve")


def test_managed_policies_limit_a_session_too(cloud: TestCloud, people: People):
    arn = people.role("wide", trust(cloud.account), allow("iam:*"))
    session = people.assume(arn, PolicyArns=[{"arn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}])
    iam = cloud.client("iam", session)
    assert iam.list_users()["Users"]
    with pytest.raises(ClientError, match="no session policy allows the iam:CreateUser"):
        iam.create_user(UserName="eve")


def test_a_malformed_session_policy_is_refused(cloud: TestCloud, people: People):
    sts = cloud.client("sts")
    arn = people.role("wide", trust(cloud.account))
    with pytest.raises(sts.exceptions.MalformedPolicyDocumentException):
        sts.assume_role(RoleArn=arn, RoleSessionName="session", Policy='{"Statement": 1}')


def test_policies_that_do_not_pack_are_refused(cloud: TestCloud, people: People):
    sts = cloud.client("sts")
    arn = people.role("wide", trust(cloud.account))
    many = [allow(f"iam:{hash_of(number)}", resource=f"arn:aws:iam::*:user/{hash_of(number)}") for number in range(40)]
    with pytest.raises(sts.exceptions.PackedPolicyTooLargeException, match=r"consumes \d{3}% of allotted space"):
        sts.assume_role(RoleArn=arn, RoleSessionName="session", Policy=document(*many))


def hash_of(number: int) -> str:
    import hashlib

    return hashlib.sha256(str(number).encode()).hexdigest()


def test_a_boundary_holds_for_sessions(cloud: TestCloud, people: People):
    boundary = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
    session = people.assume(people.role("bounded", trust(cloud.account), allow("iam:*"), boundary_arn=boundary))
    iam = cloud.client("iam", session)
    assert iam.list_users()
    with pytest.raises(ClientError, match="no permissions boundary allows the iam:CreateUser"):
        iam.create_user(UserName="eve")


def test_session_tags_are_principal_tags_and_win_over_the_roles(cloud: TestCloud, people: People):
    """IAM guide, "Pass session tags in AWS STS": capitals of keys do not matter, the session's tag wins."""
    mine = {"StringEquals": {"aws:PrincipalTag/department": "engineering"}}
    arn = people.role(
        "tagged", trust(cloud.account, "sts:AssumeRole", "sts:TagSession"),
        allow("iam:GetUser", Condition=mine), tags={"Department": "marketing"},
    )  # fmt: skip
    with pytest.raises(ClientError, match="AccessDenied"):
        cloud.client("iam", people.assume(arn)).get_user(UserName="admin")
    session = people.assume(arn, Tags=[{"Key": "department", "Value": "engineering"}])
    assert cloud.client("iam", session).get_user(UserName="admin")


def test_tagging_a_session_takes_a_permission_of_both_sides(cloud: TestCloud, people: People):
    """IAM guide, "Permissions required to add session tags"."""
    tags = [{"Key": "project", "Value": "moon"}]
    closed = people.role("closed", trust(cloud.account))
    with pytest.raises(ClientError, match="not authorized to perform: sts:TagSession"):
        people.assume(closed, Tags=tags)
    opened = people.role(
        "opened",
        trust(cloud.account, "sts:AssumeRole", "sts:TagSession", StringEquals={"aws:RequestTag/Project": "moon"}),
    )
    assert people.assume(opened, Tags=tags)
    with pytest.raises(ClientError, match="AccessDenied"):
        people.assume(opened, Tags=[{"Key": "project", "Value": "mars"}])
    alice = people.user("alice", allow("sts:AssumeRole"))
    with pytest.raises(ClientError, match="no identity-based policy allows the sts:TagSession"):
        people.assume(opened, alice, Tags=tags)


def test_tag_keys_of_a_session_are_unique_and_transitive_ones_are_among_them(cloud: TestCloud, people: People):
    arn = people.role("tagged", trust(cloud.account, "sts:AssumeRole", "sts:TagSession"))
    with pytest.raises(ClientError, match="Duplicate tag keys found"):
        people.assume(arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])
    with pytest.raises(ClientError, match="must be included in the requested tags"):
        people.assume(arn, Tags=[{"Key": "a", "Value": "1"}], TransitiveTagKeys=["b"])


def test_transitive_tags_pass_along_the_chain_and_cannot_be_replaced(cloud: TestCloud, people: People):
    """IAM guide, "Chaining roles with session tags"."""
    both = ("sts:AssumeRole", "sts:TagSession")
    mine = {"StringEquals": {"aws:PrincipalTag/project": "moon"}, "Null": {"aws:PrincipalTag/other": "true"}}
    first = people.role("first", trust(cloud.account, *both), allow(*both))
    second = people.role("second", trust(first, *both), allow("iam:GetUser", Condition=mine))
    session = people.assume(
        first, TransitiveTagKeys=["project"],
        Tags=[{"Key": "project", "Value": "moon"}, {"Key": "other", "Value": "x"}],
    )  # fmt: skip
    assert cloud.client("iam", people.assume(second, session)).get_user(UserName="admin")
    with pytest.raises(ClientError, match="conflicts with a transitive tag key from the calling session"):
        people.assume(second, session, Tags=[{"Key": "Project", "Value": "mars"}])


def test_a_role_that_does_not_let_sessions_be_tagged_refuses_transitive_tags(cloud: TestCloud, people: People):
    both = ("sts:AssumeRole", "sts:TagSession")
    first = people.role("first", trust(cloud.account, *both), allow(*both))
    second = people.role("second", trust(first))
    session = people.assume(first, Tags=[{"Key": "a", "Value": "1"}], TransitiveTagKeys=["a"])
    with pytest.raises(ClientError, match="sts:TagSession"):
        people.assume(second, session)


def test_a_source_identity_is_set_once_and_stays(cloud: TestCloud, people: People):
    """IAM guide, "Monitor and control actions taken with assumed roles"."""
    both = ("sts:AssumeRole", "sts:SetSourceIdentity")
    alice_only = {"StringEquals": {"aws:SourceIdentity": "alice"}}
    first = people.role("first", trust(cloud.account, *both), allow(*both))
    second = people.role("second", trust(first, *both), allow("iam:GetUser", Condition=alice_only))
    made = cloud.client("sts").assume_role(RoleArn=first, RoleSessionName="session", SourceIdentity="alice")
    assert made["SourceIdentity"] == "alice"
    session = Keys.of(made["Credentials"])
    assert cloud.client("iam", people.assume(second, session)).get_user(UserName="admin")
    with pytest.raises(ClientError, match="AccessDenied"):
        people.assume(second, session, SourceIdentity="bob")


def test_a_source_identity_takes_a_permission(cloud: TestCloud, people: People):
    arn = people.role("plain", trust(cloud.account))
    with pytest.raises(ClientError, match="sts:SetSourceIdentity"):
        people.assume(arn, SourceIdentity="alice")


def test_permissions_of_sessions_issued_before_a_time_are_revoked(cloud: TestCloud, people: People):
    """IAM guide, "Revoke IAM role temporary security credentials": AWSRevokeOlderSessions denies by issue time."""
    moment = cloud.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    older = {"DateLessThanEquals": {"aws:TokenIssueTime": moment}}
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": older}
    arn = people.role("revoked", trust(cloud.account), allow("iam:*"), deny)
    before = people.assume(arn)
    cloud.clock.advance(seconds=1)
    after = people.assume(arn)
    with pytest.raises(ClientError, match="explicit deny"):
        cloud.client("iam", before).get_user(UserName="admin")
    assert cloud.client("iam", after).get_user(UserName="admin")


def test_a_token_has_at_least_the_size_that_is_asked_for(cloud: TestCloud, people: People):
    arn = people.role("big", trust(cloud.account))
    made = cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName="session", MinimumSessionTokenSize=4096)
    assert len(made["Credentials"]["SessionToken"]) == made["SessionTokenSize"] >= 4096
    assert made["SessionTokenUtilization"] == 100
    assert cloud.client("sts", Keys.of(made["Credentials"])).get_caller_identity()


def test_a_session_token_of_another_key_is_refused(cloud: TestCloud, people: People):
    arn = people.role("plain", trust(cloud.account))
    one, two = people.assume(arn), people.assume(arn)
    mixed = Keys(one.access_key_id, one.secret_access_key, two.session_token)
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        cloud.client("sts", mixed).get_caller_identity()


def test_the_trust_policy_sees_a_code_of_the_callers_device(cloud: TestCloud, people: People):
    """IAM guide, "Secure API access with MFA": the code is checked for the trust policy; the credentials of the role do
    not say that one was given."""
    present = {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}
    arn = people.role("guarded", trust(cloud.account, **present), allow("iam:GetUser", Condition=present))
    alice = people.user("alice", allow("sts:AssumeRole"))
    serial, seed = people.mfa("alice")
    with pytest.raises(ClientError, match="no role trust policy allows"):
        people.assume(arn, alice)
    code = totp.code_at(seed, totp.counter(cloud.clock()))
    session = people.assume(arn, alice, SerialNumber=serial, TokenCode=code)
    with pytest.raises(ClientError, match="iam:GetUser"):
        cloud.client("iam", session).get_user(UserName="admin")
    with pytest.raises(ClientError, match="invalid MFA one time pass code"):
        people.assume(arn, alice, SerialNumber=serial, TokenCode=code)
    with pytest.raises(ClientError, match="verify your MFA serial number"):
        people.assume(arn, SerialNumber=serial, TokenCode=code)
    with pytest.raises(ClientError, match="must provide both MFA serial number and one time pass code"):
        people.assume(arn, alice, SerialNumber=serial)


def test_the_event_of_a_call_names_the_session(cloud: TestCloud, people: People):
    session = people.assume(people.role("logged", trust(cloud.account), allow("iam:CreateUser")))
    cloud.client("iam", session).create_user(UserName="dave")
    from groundcloud.trail import EventBatch

    with cloud.store.snapshot() as tx:
        events = [json.loads(event) for batch in tx.scan(EventBatch) for event in batch.events]
    made = next(e for e in events if e["eventName"] == "CreateUser" and e["requestParameters"]["userName"] == "dave")
    assert made["userIdentity"]["arn"].endswith("assumed-role/logged/session")
