import json

import pytest

from tests.cloud import Keys
from tests.services.organizations.conftest import ALLOW_ALL


def test_everything_in_an_organization_has_tags(company):
    for resource in (
        company.root,
        company.unit(company.root, "dev"),
        company.make_account("dev"),
        company.policy("all", ALLOW_ALL),
    ):
        company.api.tag_resource(ResourceId=resource, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
        company.api.tag_resource(ResourceId=resource, Tags=[{"Key": "b", "Value": "3"}])
        company.api.untag_resource(ResourceId=resource, TagKeys=["a", "c"])
        assert company.api.list_tags_for_resource(ResourceId=resource)["Tags"] == [{"Key": "b", "Value": "3"}]


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ([{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}], "DUPLICATE_TAG_KEY"),
        ([{"Key": "aws:a", "Value": "1"}], "INVALID_SYSTEM_TAGS_PARAMETER"),
    ],
)
def test_tags_that_cannot_be_are_refused(company, tags, reason):
    with pytest.raises(company.api.exceptions.InvalidInputException) as refused:
        company.api.tag_resource(ResourceId=company.root, Tags=tags)
    assert refused.value.response["Reason"] == reason


def test_fifty_tags_are_the_most(company):
    company.api.tag_resource(ResourceId=company.root, Tags=[{"Key": f"k{n}", "Value": ""} for n in range(50)])
    with pytest.raises(company.api.exceptions.ConstraintViolationException):
        company.api.tag_resource(ResourceId=company.root, Tags=[{"Key": "one more", "Value": ""}])


def test_a_resource_of_nobody_is_not_found(company):
    with pytest.raises(company.api.exceptions.TargetNotFoundException):
        company.api.list_tags_for_resource(ResourceId="123456789012")


def test_a_permission_can_be_bound_to_the_tags_of_an_account(company):
    mine, other = company.make_account("mine"), company.make_account("other")
    company.api.tag_resource(ResourceId=mine, Tags=[{"Key": "team", "Value": "web"}])
    iam = company.cloud.client("iam")
    iam.create_user(UserName="bob")
    condition = {"StringEquals": {"aws:ResourceTag/team": "web"}}
    statement = {"Effect": "Allow", "Action": "organizations:DescribeAccount", "Resource": "*", "Condition": condition}
    document = {"Version": "2012-10-17", "Statement": statement}
    iam.put_user_policy(UserName="bob", PolicyName="mine", PolicyDocument=json.dumps(document))
    bob = company.cloud.client("organizations", Keys.of(iam.create_access_key(UserName="bob")["AccessKey"]))
    assert bob.describe_account(AccountId=mine)["Account"]["Id"] == mine
    with pytest.raises(bob.exceptions.AccessDeniedException):
        bob.describe_account(AccountId=other)
