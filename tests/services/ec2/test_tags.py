"""Tags of resources of every kind."""

import pytest

from tests.services.ec2.conftest import refused


def _tags(**tags):
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def test_tags_are_set_listed_and_removed(ec2, vpc, subnet):
    ec2.create_tags(Resources=[vpc, subnet], Tags=_tags(Name="shop", stage="test"))
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Tags"] == _tags(Name="shop", stage="test")
    found = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [subnet]}])["Tags"]
    assert found == [
        {"Key": "Name", "Value": "shop", "ResourceId": subnet, "ResourceType": "subnet"},
        {"Key": "stage", "Value": "test", "ResourceId": subnet, "ResourceType": "subnet"},
    ]
    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "Name"}, {"Key": "stage", "Value": "production"}])
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Tags"] == _tags(stage="test")
    ec2.delete_tags(Resources=[vpc])
    assert "Tags" not in ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]


def test_resources_are_found_by_their_tags(ec2, vpc):
    ec2.create_tags(Resources=[vpc], Tags=_tags(Name="shop-1"))
    for filters in (
        [{"Name": "tag:Name", "Values": ["shop-*"]}],
        [{"Name": "tag-key", "Values": ["Name"]}],
        [{"Name": "tag:Name", "Values": ["other", "shop-?"]}, {"Name": "cidr", "Values": ["10.0.0.0/16"]}],
    ):
        assert [each["VpcId"] for each in ec2.describe_vpcs(Filters=filters)["Vpcs"]] == [vpc]
    assert ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["shop-\\*"]}])["Vpcs"] == []
    assert ec2.describe_vpcs(Filters=[{"Name": "tag:name", "Values": ["shop-*"]}])["Vpcs"] == []


def test_tags_come_with_what_is_made(ec2):
    specification = [{"ResourceType": "vpc", "Tags": _tags(Name="shop")}]
    made = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=specification)["Vpc"]
    assert made["Tags"] == _tags(Name="shop")
    with refused("InvalidParameterValue", "'subnet' is not a valid taggable resource type for this operation."):
        ec2.create_vpc(
            CidrBlock="10.1.0.0/16", TagSpecifications=[{"ResourceType": "subnet", "Tags": _tags(Name="shop")}]
        )


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        (_tags(**{"aws:owner": "me"}), "Tag keys starting with 'aws:' are reserved for internal use"),
        (_tags(**{"": "x"}), "Tag key cannot be empty."),
        (_tags(**{"k" * 129: "x"}), "Tag key exceeds the maximum length of 127 characters"),
        (_tags(k="v" * 257), "Tag value exceeds the maximum length of 256 characters"),
        (_tags(a="1") + _tags(a="2"), "Duplicate tag key 'a' specified."),
    ],
)
def test_a_tag_that_aws_does_not_take_is_refused(ec2, vpc, tags, words):
    with refused("InvalidParameterValue", words):
        ec2.create_tags(Resources=[vpc], Tags=tags)


def test_a_resource_has_at_most_fifty_tags(ec2, vpc):
    ec2.create_tags(Resources=[vpc], Tags=_tags(**{f"key{number}": "x" for number in range(50)}))
    with refused("TagLimitExceeded"):
        ec2.create_tags(Resources=[vpc], Tags=_tags(one="more"))


def test_what_is_not_there_has_no_tags(ec2, vpc):
    with refused("InvalidSubnetID.NotFound", "The subnet ID 'subnet-1' does not exist"):
        ec2.create_tags(Resources=[vpc, "subnet-1"], Tags=_tags(Name="x"))
    assert "Tags" not in ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]
    with refused("InvalidID", "The ID 'thing-1' is not valid"):
        ec2.create_tags(Resources=["thing-1"], Tags=_tags(Name="x"))


def test_all_tags_of_an_account_come_in_pages(ec2, vpc, subnet):
    ec2.create_tags(Resources=[vpc, subnet], Tags=_tags(a="1", b="2", c="3", d="4"))
    pages = list(ec2.get_paginator("describe_tags").paginate(PaginationConfig={"PageSize": 5}))
    assert [len(page["Tags"]) for page in pages] == [5, 3]
    only = ec2.describe_tags(
        Filters=[{"Name": "resource-type", "Values": ["vpc"]}, {"Name": "key", "Values": ["b", "c"]}]
    )["Tags"]
    assert [(tag["ResourceId"], tag["Key"]) for tag in only] == [(vpc, "b"), (vpc, "c")]
