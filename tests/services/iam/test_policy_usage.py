import pytest

from groundcloud.services.iam.policy_usage import grants
from tests.services.iam.policies import EC2_TRUST, allow, refusal


@pytest.fixture()
def arn(iam):
    made = iam.create_policy(PolicyName="p", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
    for name, path in (("alice", "/x/"), ("bob", "/")):
        iam.create_user(UserName=name, Path=path)
        iam.attach_user_policy(UserName=name, PolicyArn=made)
    iam.create_group(GroupName="devs", Path="/x/")
    iam.attach_group_policy(GroupName="devs", PolicyArn=made)
    iam.create_role(RoleName="web", AssumeRolePolicyDocument=EC2_TRUST, PermissionsBoundary=made)
    return made


def entities(answer):
    groups = [each["GroupName"] for each in answer["PolicyGroups"]]
    users = [each["UserName"] for each in answer["PolicyUsers"]]
    roles = [each["RoleName"] for each in answer["PolicyRoles"]]
    return groups, users, roles


def test_all_who_use_a_policy_are_listed_by_kind(iam, arn):
    found = iam.list_entities_for_policy(PolicyArn=arn)
    assert entities(found) == (["devs"], ["alice", "bob"], ["web"])
    assert found["PolicyUsers"][0]["UserId"] == iam.get_user(UserName="alice")["User"]["UserId"]
    assert not found["IsTruncated"]


def test_who_uses_a_policy_can_be_narrowed_down(iam, arn):
    assert entities(iam.list_entities_for_policy(PolicyArn=arn, EntityFilter="User")) == ([], ["alice", "bob"], [])
    assert entities(iam.list_entities_for_policy(PolicyArn=arn, PathPrefix="/x/")) == (["devs"], ["alice"], [])
    permissions = iam.list_entities_for_policy(PolicyArn=arn, PolicyUsageFilter="PermissionsPolicy")
    assert entities(permissions) == (["devs"], ["alice", "bob"], [])
    boundaries = iam.list_entities_for_policy(PolicyArn=arn, PolicyUsageFilter="PermissionsBoundary")
    assert entities(boundaries) == ([], [], ["web"])


def test_who_uses_a_policy_both_ways_is_listed_once(iam, arn):
    iam.attach_role_policy(RoleName="web", PolicyArn=arn)
    assert entities(iam.list_entities_for_policy(PolicyArn=arn))[2] == ["web"]


def test_who_uses_a_policy_comes_in_pages(iam, arn):
    pages = list(
        iam.get_paginator("list_entities_for_policy").paginate(PolicyArn=arn, PaginationConfig={"PageSize": 1})
    )
    assert len(pages) == 4
    assert [sum(map(len, entities(page))) for page in pages] == [1, 1, 1, 1]
    assert refusal(iam.list_entities_for_policy, PolicyArn=arn, Marker="nonsense")[0] == "ValidationError"


def test_nobody_uses_a_policy_that_is_not_there(iam, cloud):
    arn = f"arn:aws:iam::{cloud.account}:policy/nothing"
    assert refusal(iam.list_entities_for_policy, PolicyArn=arn)[0] == "NoSuchEntity"


def test_policies_that_let_a_user_use_a_service_are_found_in_its_groups_too(iam, cloud, arn):
    """API reference, ListPoliciesGrantingServiceAccess: for a user, also those of its groups."""
    iam.put_user_policy(UserName="alice", PolicyName="mine", PolicyDocument=allow("sqs:SendMessage"))
    iam.create_group(GroupName="ops")
    iam.put_group_policy(GroupName="ops", PolicyName="ours", PolicyDocument=allow("s*:List*"))
    iam.add_user_to_group(GroupName="ops", UserName="alice")
    answer = iam.list_policies_granting_service_access(
        Arn=iam.get_user(UserName="alice")["User"]["Arn"], ServiceNamespaces=["ec2", "s3", "sqs"]
    )
    found = {each["ServiceNamespace"]: each["Policies"] for each in answer["PoliciesGrantingServiceAccess"]}
    ours = {"PolicyName": "ours", "PolicyType": "INLINE", "EntityType": "GROUP", "EntityName": "ops"}
    assert found["ec2"] == []
    assert found["s3"] == [{"PolicyName": "p", "PolicyType": "MANAGED", "PolicyArn": arn}, ours]
    assert found["sqs"] == [
        {"PolicyName": "mine", "PolicyType": "INLINE", "EntityType": "USER", "EntityName": "alice"},
        ours,
    ]


def test_an_entity_that_is_not_there_is_granted_nothing(iam, cloud):
    for arn in (f"arn:aws:iam::{cloud.account}:user/nobody", "arn:aws:s3:::a-bucket-of-no-use"):
        found = refusal(iam.list_policies_granting_service_access, Arn=arn, ServiceNamespaces=["s3"])
        assert found[0] == "NoSuchEntity"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ('"Effect": "Allow", "Action": "s3:Get*"', True),
        ('"Effect": "Allow", "Action": ["sqs:*", "S3:PutObject"]', True),
        ('"Effect": "Allow", "Action": "*"', True),
        ('"Effect": "Allow", "Action": "sqs:*"', False),
        ('"Effect": "Deny", "Action": "s3:*"', False),
        ('"Effect": "Allow", "NotAction": "s3:*"', False),
        ('"Effect": "Allow", "NotAction": "s3:Get*"', True),
        ('"Effect": "Allow", "NotAction": "iam:*"', True),
    ],
)
def test_a_statement_grants_a_service_if_it_allows_any_of_its_actions(statement, expected):
    document = f'{{"Version": "2012-10-17", "Statement": [{{{statement}, "Resource": "*"}}]}}'
    assert grants(document, "s3") is expected
