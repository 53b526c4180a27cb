"""Who may do what: resources, tags and condition keys of EC2 (service authorization reference)."""

import json

import pytest

from groundcloud.services.ec2.network.records import Vpc
from tests.services.ec2.conftest import refused


@pytest.fixture()
def bob(user):
    """A user with these statements, as an EC2 client."""

    def make(*statements):
        return user("bob", *statements, service="ec2")

    return make


def _allow(action, resource="*", **condition):
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def test_a_denial_names_the_action_and_can_be_decoded(cloud, ec2, vpc, bob):
    client = bob(_allow("ec2:Describe*"))
    with refused("UnauthorizedOperation", "is not authorized to perform: ec2:DeleteVpc on resource: arn:aws:ec2:"):
        client.delete_vpc(VpcId=vpc)
    try:
        client.delete_vpc(VpcId=vpc)
    except client.exceptions.ClientError as error:
        encoded = str(error).rpartition(" ")[2]
    message = json.loads(cloud.client("sts").decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
    assert message["context"]["action"] == "ec2:DeleteVpc"
    assert message["allowed"] is False


def test_a_dry_run_of_what_is_denied_says_so(ec2, vpc, bob):
    client = bob(_allow("ec2:CreateVpc"))
    with refused("DryRunOperation"):
        client.create_vpc(CidrBlock="10.1.0.0/16", DryRun=True)
    with refused("UnauthorizedOperation"):
        client.delete_vpc(VpcId=vpc, DryRun=True)


def test_a_permission_can_be_for_one_vpc(cloud, ec2, vpc, bob):
    arn = f"arn:aws:ec2:us-east-1:{cloud.account}:vpc/{vpc}"
    groups = f"arn:aws:ec2:us-east-1:{cloud.account}:security-group/*"
    client = bob(_allow("ec2:CreateSecurityGroup", [arn, groups]))
    client.create_security_group(GroupName="web", Description="web servers", VpcId=vpc)
    with refused("UnauthorizedOperation"):
        client.create_security_group(GroupName="web", Description="web servers")


def test_a_condition_can_name_the_vpc_of_a_group(cloud, ec2, vpc, bob):
    arn = f"arn:aws:ec2:us-east-1:{cloud.account}:vpc/{vpc}"
    inside = ec2.create_security_group(GroupName="web", Description="web servers", VpcId=vpc)["GroupId"]
    outside = ec2.create_security_group(GroupName="web", Description="web servers")["GroupId"]
    client = bob(_allow("ec2:AuthorizeSecurityGroupIngress", ArnEquals={"ec2:Vpc": arn}))
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
    client.authorize_security_group_ingress(GroupId=inside, **rule)
    with refused("UnauthorizedOperation"):
        client.authorize_security_group_ingress(GroupId=outside, **rule)


def test_a_condition_can_name_a_tag_of_the_resource(ec2, vpc, bob):
    client = bob(_allow("ec2:DeleteVpc", StringEquals={"ec2:ResourceTag/owner": "bob"}))
    with refused("UnauthorizedOperation"):
        client.delete_vpc(VpcId=vpc)
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "owner", "Value": "bob"}])
    client.delete_vpc(VpcId=vpc)


def test_tags_at_creation_need_a_permission_of_their_own(ec2, bob):
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "owner", "Value": "bob"}]}]
    client = bob(
        _allow("ec2:CreateVpc"),
        _allow("ec2:CreateTags", StringEquals={"ec2:CreateAction": "CreateVpc", "aws:RequestTag/owner": "bob"}),
    )
    vpc = client.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags)["Vpc"]["VpcId"]
    tags[0]["Tags"][0]["Value"] = "alice"
    with refused("UnauthorizedOperation", "ec2:CreateTags"):
        client.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags)
    with refused("UnauthorizedOperation"):
        client.create_tags(Resources=[vpc], Tags=[{"Key": "owner", "Value": "bob"}])


def test_tags_of_the_request_belong_to_what_is_made_and_not_to_where(cloud, vpc, bob):
    """Service authorization reference, CreateSubnet: `aws:RequestTag` is a key of `subnet`, not of `vpc`."""
    tags = [{"ResourceType": "subnet", "Tags": [{"Key": "owner", "Value": "bob"}]}]
    tagged = {"StringEquals": {"aws:RequestTag/owner": "bob"}}
    everything = f"arn:aws:ec2:us-east-1:{cloud.account}"
    client = bob(
        _allow(["ec2:CreateSubnet", "ec2:CreateTags"], f"{everything}:subnet/*", **tagged),
        _allow("ec2:CreateSubnet", f"{everything}:vpc/*"),
    )
    client.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", TagSpecifications=tags)
    with refused("UnauthorizedOperation"):
        client.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")


def test_who_is_denied_leaves_no_default_vpc(cloud, bob):
    client = bob(_allow("s3:*"))
    with refused("UnauthorizedOperation"):
        client.describe_vpcs()
    with cloud.store.snapshot() as tx:
        assert list(tx.scan(Vpc)) == []
