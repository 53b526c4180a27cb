"""Under which address a machine's call comes, and what policies know of its way."""

import pytest

from groundcloud.services.ec2.network.ways import way_of


@pytest.fixture()
def interface(ec2, vpc, subnet):
    """The id of an interface in a VPC that has an internet gateway."""
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    return ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]


def test_a_public_address_is_the_source(cloud, ec2, interface):
    private = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]
    address = ec2.allocate_address()
    ec2.associate_address(AllocationId=address["AllocationId"], NetworkInterfaceId=interface)
    way = way_of(cloud.cloud.store, private["VpcId"], private["PrivateIpAddress"], "sts.amazonaws.com")
    assert (way.address, way.known) == (address["PublicIp"], {})


def test_an_endpoint_tells_the_vpc_instead_of_an_address(cloud, ec2, interface):
    """AWS global condition keys: aws:SourceIp is absent for what comes through a VPC endpoint."""
    private = ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]
    vpc, address = private["VpcId"], private["PrivateIpAddress"]
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
    table = ec2.describe_route_tables(Filters=filters)["RouteTables"][0]["RouteTableId"]
    endpoint = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=[table])
    endpoint_id = endpoint["VpcEndpoint"]["VpcEndpointId"]
    way = way_of(cloud.cloud.store, vpc, address, "notes.s3.us-east-1.amazonaws.com")
    assert way.address == ""
    assert way.known == {"aws:sourcevpc": vpc, "aws:sourcevpce": endpoint_id, "aws:vpcsourceip": address}
    assert way_of(cloud.cloud.store, vpc, address, "dynamodb.us-east-1.amazonaws.com").known == {}
