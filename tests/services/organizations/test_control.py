"""Service control policies as they bound the accounts of an organization."""

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from groundcloud import tokens
from groundcloud.context import Facts
from groundcloud.errors import AwsError
from groundcloud.identity import Session
from groundcloud.resource import Resource
from groundcloud.services.iam.identities import root_principal
from groundcloud.services.iam.records import Role
from tests.cloud import Keys
from tests.services.organizations.conftest import ALLOW_ALL

DENY_USERS = {"Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"}


def may_create_users(iam: Any) -> bool:
    """Whether a user can be made; it is gone afterwards."""
    try:
        iam.create_user(UserName="probe")
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDenied"
        return False
    iam.delete_user(UserName="probe")
    return True


def refusal(iam: Any) -> str:
    with pytest.raises(ClientError) as denied:
        iam.create_user(UserName="probe")
    return denied.value.response["Error"]["Message"]


def test_full_access_is_what_an_account_begins_with(controlled):
    account = controlled.make_account("dev")
    attached = controlled.api.list_policies_for_target(TargetId=account, Filter="SERVICE_CONTROL_POLICY")["Policies"]
    assert [each["Id"] for each in attached] == ["p-FullAWSAccess"]
    assert may_create_users(controlled.client(account, "iam"))


def test_a_deny_at_the_root_binds_the_members_administrator(controlled):
    account = controlled.make_account("dev")
    iam = controlled.client(account, "iam")
    controlled.control(controlled.root, "no users", DENY_USERS)
    assert refusal(iam) == (
        f"User: arn:aws:iam::{account}:user/admin is not authorized to perform: iam:CreateUser on resource: "
        f"arn:aws:iam::{account}:user/probe with an explicit deny in a service control policy"
    )
    iam.list_users()


def test_a_deny_binds_the_members_root_user_too(controlled):
    account = controlled.make_account("dev")
    controlled.control(controlled.root, "no users", DENY_USERS)
    cloud = controlled.cloud.cloud
    with pytest.raises(AwsError, match="explicit deny in a service control policy"):
        controlled.cloud.store.write(
            lambda tx: cloud.call(tx, root_principal(account), "iam", "CreateUser", user_name="probe")
        )


def test_what_no_policy_of_a_level_allows_is_refused(controlled):
    account = controlled.make_account("dev")
    iam = controlled.client(account, "iam")
    controlled.control(account, "look", {"Effect": "Allow", "Action": "iam:List*", "Resource": "*"})
    assert may_create_users(iam)
    controlled.api.detach_policy(PolicyId="p-FullAWSAccess", TargetId=account)
    assert refusal(iam).endswith("because no service control policy allows the iam:CreateUser action")
    iam.list_users()


def test_the_management_account_is_not_bound(controlled):
    controlled.control(controlled.root, "no users", DENY_USERS)
    controlled.control(controlled.cloud.account, "no users either", DENY_USERS)
    assert may_create_users(controlled.cloud.client("iam"))


def test_a_unit_binds_the_accounts_below_it_and_no_others(controlled):
    outer = controlled.unit(controlled.root, "outer")
    inner = controlled.unit(outer, "inner")
    account = controlled.make_account("dev")
    iam = controlled.client(account, "iam")
    controlled.control(outer, "no users", DENY_USERS)
    assert may_create_users(iam)
    controlled.api.move_account(AccountId=account, SourceParentId=controlled.root, DestinationParentId=inner)
    assert not may_create_users(iam)
    controlled.api.move_account(AccountId=account, SourceParentId=inner, DestinationParentId=controlled.root)
    assert may_create_users(iam)


def test_every_level_must_allow(controlled):
    unit = controlled.unit(controlled.root, "dev")
    account = controlled.make_account("dev")
    iam = controlled.client(account, "iam")
    controlled.api.move_account(AccountId=account, SourceParentId=controlled.root, DestinationParentId=unit)
    controlled.control(unit, "look", {"Effect": "Allow", "Action": "iam:List*", "Resource": "*"})
    controlled.api.detach_policy(PolicyId="p-FullAWSAccess", TargetId=unit)
    assert not may_create_users(iam)


def test_every_change_of_policies_holds_from_the_next_call_on(controlled):
    account = controlled.make_account("dev")
    iam = controlled.client(account, "iam")
    assert may_create_users(iam)
    policy = controlled.control(account, "no users", DENY_USERS)
    assert not may_create_users(iam)
    content = json.dumps({"Version": "2012-10-17", "Statement": ALLOW_ALL})
    controlled.api.update_policy(PolicyId=policy, Content=content)
    assert may_create_users(iam)
    content = json.dumps({"Version": "2012-10-17", "Statement": DENY_USERS})
    controlled.api.update_policy(PolicyId=policy, Content=content)
    assert not may_create_users(iam)
    controlled.api.detach_policy(PolicyId=policy, TargetId=account)
    assert may_create_users(iam)
    controlled.api.attach_policy(PolicyId=policy, TargetId=account)
    controlled.api.disable_policy_type(RootId=controlled.root, PolicyType="SERVICE_CONTROL_POLICY")
    assert may_create_users(iam)


def test_an_account_that_left_is_free(controlled):
    account = controlled.make_account("dev")
    iam = controlled.client(account, "iam")
    controlled.control(controlled.root, "no users", DENY_USERS)
    assert not may_create_users(iam)
    controlled.api.remove_account_from_organization(AccountId=account)
    assert may_create_users(iam)


def test_a_change_that_was_rolled_back_is_not_remembered(controlled):
    """What a transaction that failed has seen must not answer for the ones after it."""
    account = controlled.make_account("dev")
    iam = controlled.client(account, "iam")
    policy = controlled.policy("no users", DENY_USERS)
    cloud = controlled.cloud.cloud
    management = root_principal(controlled.cloud.account)

    def attach_look_and_fail(tx):
        cloud.call(tx, management, "organizations", "AttachPolicy", policy_id=policy, target_id=account)
        with pytest.raises(AwsError):
            cloud.call(tx, root_principal(account), "iam", "CreateUser", user_name="probe")
        raise OSError("the disk is full")

    with pytest.raises(OSError):
        controlled.cloud.store.write(attach_look_and_fail)
    assert may_create_users(iam)


def role_keys(controlled: Any, account: str, name: str, path: str) -> Keys:
    """A session of a role that may do everything."""
    cloud = controlled.cloud
    arn = f"arn:aws:iam::{account}:role{path}{name}"
    role = Role(
        account=account,
        role_name=name,
        role_id=f"AROA{name.upper():0<17.17}",
        arn=arn,
        create_date=cloud.clock(),
        assume_role_policy_document="{}",
        path=path,
        attached_policies=["arn:aws:iam::aws:policy/AdministratorAccess"],
    )
    cloud.store.write(lambda tx: tx.put(role))
    session = Session(name="s", issued=cloud.clock(), expires=cloud.clock() + timedelta(hours=1))
    token = tokens.SessionToken(
        access_key_id="ASIAIOSFODNN7EXAMPLE", secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", kind="AssumedRole",
        account=account, session=session, entity=name, entity_id=role.role_id,
    )  # fmt: skip
    return Keys(token.access_key_id, token.secret, tokens.issue(token, cloud.cloud.world.sealer))


def test_service_linked_roles_are_not_bound(controlled):
    account = controlled.make_account("dev")
    controlled.control(controlled.root, "no users", DENY_USERS)
    common = role_keys(controlled, account, "common", "/")
    linked = role_keys(controlled, account, "AWSServiceRoleForX", "/aws-service-role/x.amazonaws.com/")
    assert not may_create_users(controlled.cloud.client("iam", common))
    assert may_create_users(controlled.cloud.client("iam", linked))


def test_a_policy_can_ask_for_the_callers_organization(controlled):
    account = controlled.make_account("dev")
    admin = controlled.client(account, "iam")
    organization = controlled.api.describe_organization()["Organization"]["Id"]
    admin.create_user(UserName="alice")
    alice = controlled.cloud.client("iam", Keys.of(admin.create_access_key(UserName="alice")["AccessKey"]))
    for asked, allowed in ((organization, True), ("o-otherorgan", False)):
        condition = {"StringEquals": {"aws:PrincipalOrgID": asked}}
        document = {"Version": "2012-10-17", "Statement": {**ALLOW_ALL, "Condition": condition}}
        admin.put_user_policy(UserName="alice", PolicyName="mine", PolicyDocument=json.dumps(document))
        assert may_create_users(alice) is allowed


def test_a_trust_policy_can_let_in_the_whole_organization(controlled):
    """IAM guide, "AWS global condition context keys", aws:PrincipalOrgID: members are in, everybody else is not."""
    inside = controlled.make_account("inside")
    owner = controlled.make_account("owner")
    outside = controlled.cloud.cloud.create_account("outside", "outside@example.com")
    organization = controlled.api.describe_organization()["Organization"]["Id"]
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:PrincipalOrgID": organization}},
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": statement})
    role = Resource(f"arn:aws:iam::{owner}:role/shared", owner, policy=trust, policy_required=True)
    cloud = controlled.cloud.cloud
    assert may_assume(cloud, inside, role)
    assert not may_assume(cloud, outside, role)


def may_assume(cloud: Any, account: str, role: Resource) -> bool:
    caller = root_principal(account)
    operation = cloud.services["sts"].operation("GetCallerIdentity")
    with cloud.store.snapshot() as tx:
        ctx = cloud.invoker.context(operation, caller, cloud.region, "test", Facts(), tx)
        try:
            ctx.authorize("sts:AssumeRole", role)
        except AwsError:
            return False
        return True
