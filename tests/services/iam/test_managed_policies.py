import json

import pytest

from tests.services.iam.policies import EC2_TRUST, allow, keys_for, refusal

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture()
def arn(iam):
    return iam.create_policy(PolicyName="look", PolicyDocument=allow("iam:GetUser"))["Policy"]["Arn"]


def names(answer):
    return [policy["PolicyName"] for policy in answer["Policies"]]


def test_a_policy_is_found_after_it_was_made(iam, cloud):
    """As recorded on AWS: CreatePolicy answers without the description, GetPolicy with it and always with Tags."""
    made = iam.create_policy(
        PolicyName="look", Path="/team/", PolicyDocument=allow("iam:GetUser"), Description="to look"
    )["Policy"]
    assert made == {
        "PolicyName": "look",
        "PolicyId": made["PolicyId"],
        "Arn": f"arn:aws:iam::{cloud.account}:policy/team/look",
        "Path": "/team/",
        "DefaultVersionId": "v1",
        "AttachmentCount": 0,
        "PermissionsBoundaryUsageCount": 0,
        "IsAttachable": True,
        "CreateDate": made["CreateDate"],
        "UpdateDate": made["CreateDate"],
    }
    assert made["PolicyId"].startswith("ANPA")
    assert iam.get_policy(PolicyArn=made["Arn"])["Policy"] == {**made, "Description": "to look", "Tags": []}
    assert iam.list_policies(Scope="Local")["Policies"] == [made]


def test_a_policys_name_is_taken_whatever_its_path_and_capitals(iam, arn):
    assert refusal(iam.create_policy, PolicyName="Look", Path="/x/", PolicyDocument=allow("s3:*")) == (
        "EntityAlreadyExists",
        "A policy called Look already exists. Duplicate names are not allowed.",
    )


def test_a_policy_of_the_old_version_is_not_managed(iam):
    document = json.loads(allow("s3:*"))
    document["Version"] = "2008-10-17"
    assert refusal(iam.create_policy, PolicyName="old", PolicyDocument=json.dumps(document)) == (
        "MalformedPolicyDocument",
        "Policy document must be version 2012-10-17 or greater.",
    )


def test_a_policy_has_6144_characters_at_most(iam):
    """IAM guide, "IAM and AWS STS quotas": managed policy length, white space aside."""
    long = allow("s3:GetObject", resource="arn:aws:s3:::" + "x" * 6144)
    assert refusal(iam.create_policy, PolicyName="long", PolicyDocument=long) == (
        "LimitExceeded",
        "Cannot exceed quota for PolicySize: 6144",
    )
    iam.create_policy(PolicyName="long", PolicyDocument=allow("s3:*") + " " * 6144)


def test_a_policy_that_is_not_there_is_named(iam, cloud):
    arn = f"arn:aws:iam::{cloud.account}:policy/nothing"
    missing = ("NoSuchEntity", f"Policy {arn} was not found.")
    for call in (iam.get_policy, iam.delete_policy, iam.list_policy_versions):
        assert refusal(call, PolicyArn=arn) == missing


def test_awss_policies_can_be_read_and_not_changed(iam):
    found = iam.get_policy(PolicyArn=READ_ONLY)["Policy"]
    assert found["PolicyName"] == "ReadOnlyAccess"
    assert found["Tags"] == []
    version = iam.get_policy_version(PolicyArn=READ_ONLY, VersionId=found["DefaultVersionId"])["PolicyVersion"]
    assert version["Document"]["Version"] == "2012-10-17"
    assert version["IsDefaultVersion"]
    assert refusal(iam.delete_policy, PolicyArn=READ_ONLY)[0] == "AccessDenied"
    assert refusal(iam.create_policy_version, PolicyArn=READ_ONLY, PolicyDocument=allow("s3:*"))[0] == "AccessDenied"


def test_a_policy_of_another_account_is_not_shown(iam):
    assert refusal(iam.get_policy, PolicyArn="arn:aws:iam::000000000000:policy/look")[0] == "AccessDenied"


def test_policies_are_listed_by_who_made_them(iam, arn):
    assert names(iam.list_policies(Scope="Local")) == ["look"]
    of_aws = iam.list_policies(Scope="AWS", MaxItems=1000)
    assert "look" not in names(of_aws)
    assert names(of_aws) == sorted(names(of_aws))
    everything = [name for page in iam.get_paginator("list_policies").paginate(MaxItems=50) for name in names(page)]
    assert everything == ["look", *names(of_aws)]


def test_policies_are_listed_below_a_path(iam):
    for name, path in (("a", "/x/"), ("b", "/x/y/"), ("c", "/")):
        iam.create_policy(PolicyName=name, Path=path, PolicyDocument=allow("s3:*"))
    assert names(iam.list_policies(PathPrefix="/x/")) == ["a", "b"]
    job_functions = names(iam.list_policies(PathPrefix="/job-function/"))
    assert "ViewOnlyAccess" in job_functions
    assert "ReadOnlyAccess" not in job_functions


def test_policies_are_listed_by_their_use(iam, arn):
    """API reference, ListPolicies: OnlyAttached and PolicyUsageFilter."""
    edge = iam.create_policy(PolicyName="edge", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    iam.create_user(UserName="alice", PermissionsBoundary=edge)
    iam.attach_user_policy(UserName="alice", PolicyArn=arn)
    assert names(iam.list_policies(OnlyAttached=True)) == ["look", "AdministratorAccess"]
    assert names(iam.list_policies(PolicyUsageFilter="PermissionsPolicy", Scope="Local")) == ["look"]
    assert names(iam.list_policies(PolicyUsageFilter="PermissionsBoundary")) == ["edge"]


def test_a_policy_counts_who_uses_it(iam, arn):
    iam.create_group(GroupName="devs")
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=EC2_TRUST, PermissionsBoundary=arn)
    iam.attach_group_policy(GroupName="devs", PolicyArn=arn)
    iam.attach_role_policy(RoleName="web", PolicyArn=arn)
    found = iam.get_policy(PolicyArn=arn)["Policy"]
    assert (found["AttachmentCount"], found["PermissionsBoundaryUsageCount"]) == (2, 1)
    assert iam.list_policies(Scope="Local")["Policies"][0]["AttachmentCount"] == 2


def test_a_policy_in_use_is_not_deleted(iam, arn):
    conflict = ("DeleteConflict", "Cannot delete a policy attached to entities.")
    iam.create_user(UserName="alice", PermissionsBoundary=arn)
    assert refusal(iam.delete_policy, PolicyArn=arn) == conflict
    iam.delete_user_permissions_boundary(UserName="alice")
    iam.attach_user_policy(UserName="alice", PolicyArn=arn)
    assert refusal(iam.delete_policy, PolicyArn=arn) == conflict
    iam.detach_user_policy(UserName="alice", PolicyArn=arn)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow("s3:*"))
    code, message = refusal(iam.delete_policy, PolicyArn=arn)
    assert code == "DeleteConflict"
    assert message.startswith("This policy has more than one version.")
    iam.delete_policy_version(PolicyArn=arn, VersionId="v2")
    iam.delete_policy(PolicyArn=arn)
    assert names(iam.list_policies(Scope="Local")) == []


def test_an_attached_policy_decides(iam, cloud, arn):
    iam.create_user(UserName="alice")
    alice = keys_for(cloud, iam, "alice")
    assert refusal(alice.get_user)[0] == "AccessDenied"
    iam.attach_user_policy(UserName="alice", PolicyArn=arn)
    assert alice.get_user()["User"]["UserName"] == "alice"


def test_to_list_policies_takes_a_permission_on_the_path(iam, cloud):
    """AWS words the denial "on resource: policy path /"."""
    iam.create_user(UserName="alice")
    code, message = refusal(keys_for(cloud, iam, "alice").list_policies)
    assert code == "AccessDenied"
    assert "iam:ListPolicies on resource: policy path / " in message
