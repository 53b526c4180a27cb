import json

from tests.cloud import TestCloud
from tests.services.iam.test_mfa_devices import Device

READ = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}],
    }
)


def fill(iam) -> None:
    iam.create_user(UserName="alice", Tags=[{"Key": "a", "Value": "1"}])
    iam.create_group(GroupName="team")
    iam.add_user_to_group(GroupName="team", UserName="alice")
    iam.put_group_policy(GroupName="team", PolicyName="own", PolicyDocument=DOCUMENT)
    iam.create_role(RoleName="machine", AssumeRolePolicyDocument=TRUST)
    iam.create_instance_profile(InstanceProfileName="machine")
    iam.add_role_to_instance_profile(InstanceProfileName="machine", RoleName="machine")
    iam.create_policy(PolicyName="mine", PolicyDocument=DOCUMENT)
    iam.attach_role_policy(RoleName="machine", PolicyArn=READ)


def test_the_summary_counts_what_there_is(iam, cloud: TestCloud):
    fill(iam)
    Device(cloud, iam).enable()
    found = iam.get_account_summary()["SummaryMap"]
    counted = ("Users", "Groups", "Roles", "Policies", "InstanceProfiles", "MFADevices", "MFADevicesInUse")
    assert [found[name] for name in counted] == [2, 1, 1, 1, 1, 1, 1]
    assert found["UsersQuota"] == 5000
    assert found["AccountMFAEnabled"] == 0
    assert found["AccountAccessKeysPresent"] == 0


def test_the_version_of_tokens_is_kept(iam):
    assert iam.get_account_summary()["SummaryMap"]["GlobalEndpointTokenVersion"] == 1
    iam.set_security_token_service_preferences(GlobalEndpointTokenVersion="v2Token")
    assert iam.get_account_summary()["SummaryMap"]["GlobalEndpointTokenVersion"] == 2


def test_the_details_have_everything_with_its_policies(iam):
    fill(iam)
    found = iam.get_account_authorization_details()
    users = {each["UserName"]: each for each in found["UserDetailList"]}
    assert users["alice"]["GroupList"] == ["team"]
    assert users["alice"]["Tags"] == [{"Key": "a", "Value": "1"}]
    assert found["GroupDetailList"][0]["GroupPolicyList"][0]["PolicyDocument"] == json.loads(DOCUMENT)
    role = found["RoleDetailList"][0]
    assert role["AssumeRolePolicyDocument"] == json.loads(TRUST)
    assert role["InstanceProfileList"][0]["InstanceProfileName"] == "machine"
    assert role["AttachedManagedPolicies"] == [{"PolicyName": "IAMReadOnlyAccess", "PolicyArn": READ}]
    policies = {each["PolicyName"]: each for each in found["Policies"]}
    assert policies["mine"]["PolicyVersionList"][0]["Document"] == json.loads(DOCUMENT)
    assert policies["IAMReadOnlyAccess"]["AttachmentCount"] == 1


def test_a_filter_chooses_kinds(iam):
    fill(iam)
    found = iam.get_account_authorization_details(Filter=["Group", "LocalManagedPolicy"])
    assert [each["GroupName"] for each in found["GroupDetailList"]] == ["team"]
    assert [each["PolicyName"] for each in found["Policies"]] == ["mine"]
    assert found["UserDetailList"] == found["RoleDetailList"] == []


def test_details_come_in_pages_over_all_kinds(iam):
    fill(iam)
    pages = list(iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 2}))
    kinds = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
    sizes = [sum(len(page[kind]) for kind in kinds) for page in pages]
    assert max(sizes) <= 2
    arns = [each["Arn"] for page in pages for kind in kinds for each in page[kind]]
    assert len(arns) == len(set(arns)) == 7
