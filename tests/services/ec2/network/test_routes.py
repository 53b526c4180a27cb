"""Route tables, routes and gateways."""

import pytest

from tests.services.ec2.conftest import refused


@pytest.fixture()
def gateway(ec2, vpc):
    """An internet gateway that is attached to the VPC."""
    made = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=vpc)
    return made


@pytest.fixture()
def table(ec2, vpc):
    return ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]


def _main(ec2, vpc):
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
    return ec2.describe_route_tables(Filters=filters)["RouteTables"][0]


def _routes(ec2, table):
    return ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]


def test_every_table_leads_to_the_vpc_itself(ec2, vpc, table):
    local = {
        "DestinationCidrBlock": "10.0.0.0/16",
        "GatewayId": "local",
        "Origin": "CreateRouteTable",
        "State": "active",
    }
    assert _routes(ec2, table) == [local]
    assert _main(ec2, vpc)["Routes"] == [local]
    with refused("InvalidParameterValue", f"cannot remove local route 10.0.0.0/16 in route table {table}"):
        ec2.delete_route(RouteTableId=table, DestinationCidrBlock="10.0.0.0/16")


def test_a_route_leads_to_the_internet_until_the_gateway_goes(ec2, vpc, gateway, table):
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    assert _routes(ec2, table)[1] == {
        "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway, "Origin": "CreateRoute", "State": "active",
    }  # fmt: skip
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    assert _routes(ec2, table)[1]["State"] == "blackhole"
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    with refused("InvalidInternetGatewayID.NotFound", f"The internetGateway ID '{gateway}' does not exist"):
        ec2.describe_internet_gateways(InternetGatewayIds=[gateway])


def test_a_destination_has_one_route(ec2, gateway, table, subnet):
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    with refused("RouteAlreadyExists", "The route identified by 0.0.0.0/0 already exists."):
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NetworkInterfaceId=interface)
    ec2.replace_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NetworkInterfaceId=interface)
    assert _routes(ec2, table)[1]["State"] == "blackhole"  # nobody has the interface yet
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    words = f"no route with destination-cidr-block 0.0.0.0/0 in route table {table}"
    with refused("InvalidRoute.NotFound", words):
        ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")


def test_a_gateway_of_another_vpc_is_no_target(ec2, table):
    elsewhere = ec2.describe_internet_gateways()["InternetGateways"][0]["InternetGatewayId"]
    with refused("InvalidParameterValue", "belong to different networks"):
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=elsewhere)
    with refused("InvalidGatewayID.NotFound"):
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId="vgw-1")


def test_a_subnet_has_one_table(ec2, subnet, table, vpc):
    association = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
    other = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    with refused("Resource.AlreadyAssociated", "conflicts with an existing association"):
        ec2.associate_route_table(RouteTableId=other, SubnetId=subnet)
    with refused("DependencyViolation", f"The routeTable '{table}' has dependencies and cannot be deleted."):
        ec2.delete_route_table(RouteTableId=table)
    new = ec2.replace_route_table_association(AssociationId=association, RouteTableId=other)["NewAssociationId"]
    found = ec2.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])["RouteTables"]
    assert [each["RouteTableId"] for each in found] == [other]
    ec2.disassociate_route_table(AssociationId=new)
    ec2.delete_route_table(RouteTableId=other)
    ec2.delete_route_table(RouteTableId=table)


def test_another_table_becomes_the_main_one(ec2, vpc, table):
    main = _main(ec2, vpc)
    association = main["Associations"][0]["RouteTableAssociationId"]
    with refused("InvalidParameterValue", "cannot disassociate the main route table association"):
        ec2.disassociate_route_table(AssociationId=association)
    ec2.replace_route_table_association(AssociationId=association, RouteTableId=table)
    assert _main(ec2, vpc)["RouteTableId"] == table
    ec2.delete_route_table(RouteTableId=main["RouteTableId"])


def test_a_vpc_has_one_internet_gateway_and_it_one_vpc(ec2, vpc, gateway):
    other = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    with refused("InvalidParameterValue", f"Network {vpc} already has an internet gateway attached"):
        ec2.attach_internet_gateway(InternetGatewayId=other, VpcId=vpc)
    second = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    words = f"resource {gateway} is already attached to network {vpc}"
    with refused("Resource.AlreadyAssociated", words):
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=second)
    with refused("DependencyViolation"):
        ec2.delete_internet_gateway(InternetGatewayId=gateway)
    with refused("DependencyViolation", f"The vpc '{vpc}' has dependencies and cannot be deleted."):
        ec2.delete_vpc(VpcId=vpc)
    with refused("Gateway.NotAttached"):
        ec2.detach_internet_gateway(InternetGatewayId=other, VpcId=vpc)


def test_a_gateway_stays_while_public_addresses_need_it(ec2, vpc, gateway, subnet):
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    address = ec2.allocate_address()["AllocationId"]
    ec2.associate_address(AllocationId=address, NetworkInterfaceId=interface)
    with refused("DependencyViolation", f"Network {vpc} has some mapped public address(es)."):
        ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)


def test_ipv6_goes_out_by_a_gateway_of_its_own(ec2, vpc, table):
    made = ec2.create_egress_only_internet_gateway(VpcId=vpc)["EgressOnlyInternetGateway"]
    gateway = made["EgressOnlyInternetGatewayId"]
    assert made["Attachments"] == [{"State": "attached", "VpcId": vpc}]
    ec2.create_route(RouteTableId=table, DestinationIpv6CidrBlock="::/0", EgressOnlyInternetGatewayId=gateway)
    assert _routes(ec2, table)[1]["EgressOnlyInternetGatewayId"] == gateway
    assert ec2.delete_egress_only_internet_gateway(EgressOnlyInternetGatewayId=gateway)["ReturnCode"] is True
    assert _routes(ec2, table)[1]["State"] == "blackhole"
    assert ec2.describe_egress_only_internet_gateways()["EgressOnlyInternetGateways"] == []


def test_the_same_token_makes_one_table(ec2, vpc):
    tables = {ec2.create_route_table(VpcId=vpc, ClientToken="a")["RouteTable"]["RouteTableId"] for _ in range(2)}
    assert len(tables) == 1
