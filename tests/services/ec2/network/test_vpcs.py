"""VPCs, the default one, and their attributes."""

import boto3

from tests.services.ec2.conftest import refused


def test_an_account_has_a_default_vpc_before_it_asks_for_anything(ec2):
    vpcs = ec2.describe_vpcs()["Vpcs"]
    assert [(vpc["CidrBlock"], vpc["IsDefault"], vpc["State"]) for vpc in vpcs] == [
        ("172.31.0.0/16", True, "available")
    ]
    assert ec2.describe_vpcs()["Vpcs"] == vpcs


def test_the_default_vpc_has_a_public_subnet_in_each_zone(ec2):
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    assert sorted(subnet["AvailabilityZone"] for subnet in subnets) == zones
    assert all(subnet["MapPublicIpOnLaunch"] and subnet["DefaultForAz"] for subnet in subnets)
    assert sorted(subnet["CidrBlock"] for subnet in subnets)[:2] == ["172.31.0.0/20", "172.31.16.0/20"]
    assert {subnet["AvailableIpAddressCount"] for subnet in subnets} == {4091}


def test_each_region_and_account_has_its_own_default_vpc(cloud, ec2):
    elsewhere = cloud.client("ec2", region_name="eu-west-1")
    assert ec2.describe_vpcs()["Vpcs"][0]["VpcId"] != elsewhere.describe_vpcs()["Vpcs"][0]["VpcId"]
    assert len(elsewhere.describe_subnets()["Subnets"]) == 3


def test_a_read_that_makes_the_default_vpc_is_one_event(cloud, ec2):
    ec2.describe_vpcs()
    assert [event["eventName"] for event in cloud.events() if event["eventSource"] == "ec2.amazonaws.com"] == [
        "DescribeVpcs"
    ]


def test_a_vpc_comes_with_a_group(ec2, vpc):
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
    assert [group["GroupName"] for group in groups] == ["default"]
    group = groups[0]
    assert group["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == group["GroupId"]
    assert group["IpPermissionsEgress"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]


def test_an_interface_takes_an_address_of_its_subnet(ec2, subnet):
    made = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    assert made["PrivateIpAddress"].startswith("10.0.0.")
    assert ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["AvailableIpAddressCount"] == 250
    with refused("DependencyViolation"):
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_network_interface(NetworkInterfaceId=made["NetworkInterfaceId"])
    assert ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["AvailableIpAddressCount"] == 251
    ec2.delete_subnet(SubnetId=subnet)


def test_a_dry_run_does_nothing_and_says_what_would_have_been(ec2):
    with refused("DryRunOperation", "Request would have succeeded, but DryRun flag is set."):
        ec2.create_vpc(CidrBlock="10.0.0.0/16", DryRun=True)
    assert len(ec2.describe_vpcs()["Vpcs"]) == 1
    with refused("InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"):
        ec2.delete_vpc(VpcId="vpc-1", DryRun=True)


def test_waiters_see_what_was_made(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]
    assert vpc["State"] == "pending"
    ec2.get_waiter("vpc_exists").wait(VpcIds=[vpc["VpcId"]])
    ec2.get_waiter("vpc_available").wait(VpcIds=[vpc["VpcId"]])
    group = ec2.create_security_group(GroupName="web", Description="web servers", VpcId=vpc["VpcId"])["GroupId"]
    ec2.get_waiter("security_group_exists").wait(GroupIds=[group])
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.get_waiter("internet_gateway_exists").wait(InternetGatewayIds=[gateway])


def test_resources_of_boto3_find_their_parts(cloud):
    session = boto3.Session("AKIAIOSFODNN7EXAMPLE", "secret", region_name="us-east-1")
    client = cloud.client("ec2")
    resource = session.resource("ec2")
    resource.meta.client = client
    vpc = resource.create_vpc(CidrBlock="10.0.0.0/16")
    vpc.create_subnet(CidrBlock="10.0.0.0/24")
    vpc.create_security_group(GroupName="web", Description="web servers").authorize_ingress(
        IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )
    assert [subnet.cidr_block for subnet in vpc.subnets.all()] == ["10.0.0.0/24"]
    assert sorted(group.group_name for group in vpc.security_groups.all()) == ["default", "web"]
    assert len(list(vpc.network_acls.all())) == 1
    assert next(iter(vpc.route_tables.all())).routes[0].gateway_id == "local"


def test_an_unknown_vpc_is_named(ec2):
    with refused("InvalidVpcID.NotFound", "The vpc ID 'vpc-1' does not exist"):
        ec2.describe_vpcs(VpcIds=["vpc-1"])
    with refused("InvalidVpcID.NotFound", "The vpc IDs 'vpc-1, vpc-2' do not exist"):
        ec2.describe_vpcs(VpcIds=["vpc-1", "vpc-2"])


def test_a_vpc_is_found_by_its_range_under_both_names_of_the_filter(ec2, vpc):
    """`cidr` is the documented one; Ansible's `ec2_vpc_net` asks with `cidr-block`, as AWS's subnets take it."""
    block = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlock"]
    for name in ("cidr", "cidr-block"):
        found = ec2.describe_vpcs(Filters=[{"Name": name, "Values": [block]}])["Vpcs"]
        assert [each["VpcId"] for each in found] == [vpc]
