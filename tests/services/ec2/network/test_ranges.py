"""Ranges of VPCs and subnets, DHCP options and attributes."""

import pytest

from tests.services.ec2.conftest import refused


@pytest.mark.parametrize("block", ["10.0.0.0/15", "10.0.0.0/29", "2001:db8::/56"])
def test_a_vpc_is_between_a_16_and_a_28(ec2, block):
    with refused("InvalidVpc.Range", f"The CIDR '{block}' is invalid."):
        ec2.create_vpc(CidrBlock=block)


def test_what_is_no_range_is_refused(ec2):
    words = "Value (10.0.0.0) for parameter cidrBlock is invalid. This is not a valid CIDR block."
    with refused("InvalidParameterValue", words):
        ec2.create_vpc(CidrBlock="10.0.0.0")


def test_bits_below_the_mask_are_dropped(ec2):
    """CreateVpc, API reference: 100.68.0.18/18 becomes 100.68.0.0/18."""
    assert ec2.create_vpc(CidrBlock="100.68.0.18/18")["Vpc"]["CidrBlock"] == "100.68.0.0/18"


def test_subnets_lie_in_the_vpc_and_apart(ec2, vpc, subnet):
    with refused("InvalidSubnet.Conflict", "The CIDR '10.0.0.128/25' conflicts with another subnet"):
        ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.128/25")
    with refused("InvalidSubnet.Range", "The CIDR '10.1.0.0/24' is invalid."):
        ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/24")
    with refused("InvalidParameterValue", "Value (us-east-1x) for parameter availabilityZone is invalid."):
        ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="us-east-1x")
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="us-east-1b")["Subnet"]
    assert made["AvailabilityZone"] == "us-east-1b"
    ec2.get_waiter("subnet_available").wait(SubnetIds=[made["SubnetId"]])


def test_a_subnet_can_give_public_addresses(ec2, subnet):
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    assert ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["MapPublicIpOnLaunch"] is True
    with refused("InvalidParameterCombination"):
        ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True}, EnableDns64={"Value": True})


def test_a_vpc_grows_by_a_second_range_and_all_tables_lead_there(ec2, vpc):
    made = ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.1.0.0/16")["CidrBlockAssociation"]
    assert made["CidrBlockState"] == {"State": "associating"}
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"]
    assert [route["DestinationCidrBlock"] for route in tables[0]["Routes"]] == ["10.0.0.0/16", "10.1.0.0/16"]
    second = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/24")["Subnet"]["SubnetId"]
    with refused("InvalidVpc.Conflict"):
        ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.1.128.0/17")
    with refused("InvalidCidrBlock.InUse"):
        ec2.disassociate_vpc_cidr_block(AssociationId=made["AssociationId"])
    ec2.delete_subnet(SubnetId=second)
    ec2.disassociate_vpc_cidr_block(AssociationId=made["AssociationId"])
    found = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlockAssociationSet"]
    assert [each["CidrBlock"] for each in found] == ["10.0.0.0/16"]
    with refused("OperationNotPermitted", "It is the primary IPv4 CIDR block of the VPC"):
        ec2.disassociate_vpc_cidr_block(AssociationId=found[0]["AssociationId"])


def test_ipv6_reaches_the_interfaces_of_a_subnet(ec2):
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    block = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    assert block.endswith("/56")
    first = block.replace("/56", "/64")
    subnet = ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.0.0.0/24", Ipv6CidrBlock=first)["Subnet"]["SubnetId"]
    with refused("InvalidSubnet.Conflict"):
        ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.0.1.0/24", Ipv6CidrBlock=first)
    ec2.modify_subnet_attribute(SubnetId=subnet, AssignIpv6AddressOnCreation={"Value": True})
    made = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    assert len(made["Ipv6Addresses"]) == 1
    interface = made["NetworkInterfaceId"]
    more = ec2.assign_ipv6_addresses(NetworkInterfaceId=interface, Ipv6AddressCount=1)["AssignedIpv6Addresses"]
    assert ec2.unassign_ipv6_addresses(NetworkInterfaceId=interface, Ipv6Addresses=more) is not None
    association = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["Ipv6CidrBlockAssociationSet"][0]
    with refused("InvalidCidrBlock.InUse"):
        ec2.disassociate_subnet_cidr_block(AssociationId=association["AssociationId"])
    ec2.delete_network_interface(NetworkInterfaceId=interface)
    ec2.disassociate_subnet_cidr_block(AssociationId=association["AssociationId"])
    ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=first)


def test_attributes_of_a_vpc_are_changed_one_at_a_time(ec2, vpc):
    attribute = ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
    assert attribute["EnableDnsHostnames"] == {"Value": False}
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    attribute = ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
    assert attribute["EnableDnsHostnames"] == {"Value": True}
    with refused("InvalidParameterValue"):
        ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableMagic")


def test_the_default_vpc_and_its_subnets_can_be_made_again(ec2):
    with refused("DefaultVpcAlreadyExists"):
        ec2.create_default_vpc()
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    for subnet in ec2.describe_subnets()["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    made = ec2.create_default_subnet(AvailabilityZone="us-east-1b")["Subnet"]
    assert (made["DefaultForAz"], made["CidrBlock"]) == (True, "172.31.0.0/20")
    with refused("DefaultSubnetAlreadyExistsInAvailabilityZone"):
        ec2.create_default_subnet(AvailabilityZone="us-east-1b")
    ec2.delete_subnet(SubnetId=made["SubnetId"])
    gateway = ec2.describe_internet_gateways()["InternetGateways"][0]["InternetGatewayId"]
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.delete_vpc(VpcId=vpc)
    assert ec2.describe_vpcs()["Vpcs"] == []  # and it does not come back by itself
    with refused("VPCIdNotSpecified", "No default VPC for this user"):
        ec2.create_security_group(GroupName="web", Description="web servers")
    assert ec2.create_default_vpc()["Vpc"]["IsDefault"] is True


def test_options_tell_machines_their_resolver(ec2, vpc):
    default = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["DhcpOptionsId"]
    found = ec2.describe_dhcp_options(DhcpOptionsIds=[default])["DhcpOptions"][0]["DhcpConfigurations"]
    assert found == [
        {"Key": "domain-name", "Values": [{"Value": "ec2.internal"}]},
        {"Key": "domain-name-servers", "Values": [{"Value": "AmazonProvidedDNS"}]},
    ]
    made = ec2.create_dhcp_options(DhcpConfigurations=[{"Key": "domain-name", "Values": ["example.com"]}])
    options = made["DhcpOptions"]["DhcpOptionsId"]
    ec2.associate_dhcp_options(DhcpOptionsId=options, VpcId=vpc)
    with refused("DependencyViolation", f"The dhcpOptions '{options}' has dependencies and cannot be deleted."):
        ec2.delete_dhcp_options(DhcpOptionsId=options)
    ec2.associate_dhcp_options(DhcpOptionsId="default", VpcId=vpc)
    ec2.delete_dhcp_options(DhcpOptionsId=options)
    with refused("InvalidParameterValue", "Unknown DHCP option"):
        ec2.create_dhcp_options(DhcpConfigurations=[{"Key": "colour", "Values": ["red"]}])
