"""Network interfaces."""

import pytest

from groundcloud.services.ec2.common import find
from groundcloud.services.ec2.machines.records import STOPPED, Instance
from groundcloud.services.ec2.network.interfaces import attach, create_interface
from groundcloud.services.ec2.network.records import Subnet
from groundcloud.services.ec2.tokens import ClientToken
from tests.services.ec2.conftest import refused


def _described(ec2, interface):
    return ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]


def test_an_interface_has_an_address_a_mac_and_the_default_group(ec2, subnet):
    made = ec2.create_network_interface(SubnetId=subnet, Description="eth1")["NetworkInterface"]
    assert made["Status"] == "pending"
    found = _described(ec2, made["NetworkInterfaceId"])
    assert found["Status"] == "available"
    assert found["Groups"][0]["GroupName"] == "default"
    assert found["MacAddress"].startswith("02:")
    assert found["PrivateIpAddresses"][0]["Primary"] is True
    ec2.get_waiter("network_interface_available").wait(NetworkInterfaceIds=[made["NetworkInterfaceId"]])


def test_an_address_can_be_wished_for(ec2, subnet):
    made = ec2.create_network_interface(SubnetId=subnet, PrivateIpAddress="10.0.0.10")["NetworkInterface"]
    assert made["PrivateIpAddress"] == "10.0.0.10"
    with refused("InvalidIPAddress.InUse", "Address 10.0.0.10 is in use."):
        ec2.create_network_interface(SubnetId=subnet, PrivateIpAddress="10.0.0.10")
    with refused("InvalidParameterValue", "Address is in subnet's reserved address range"):
        ec2.create_network_interface(SubnetId=subnet, PrivateIpAddress="10.0.0.3")
    with refused("InvalidParameterValue", "Address does not fall within the subnet's address range"):
        ec2.create_network_interface(SubnetId=subnet, PrivateIpAddress="10.0.1.10")


def test_a_full_subnet_says_so(ec2, vpc):
    small = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.9.0/28")["Subnet"]["SubnetId"]
    for _ in range(11):
        ec2.create_network_interface(SubnetId=small)
    with refused("InsufficientFreeAddressesInSubnet"):
        ec2.create_network_interface(SubnetId=small)


def test_the_same_token_makes_one_interface(ec2, subnet):
    first = ec2.create_network_interface(SubnetId=subnet, ClientToken="once")["NetworkInterface"]
    second = ec2.create_network_interface(SubnetId=subnet, ClientToken="once")["NetworkInterface"]
    assert first["NetworkInterfaceId"] == second["NetworkInterfaceId"]
    with refused("IdempotentParameterMismatch"):
        ec2.create_network_interface(SubnetId=subnet, ClientToken="once", Description="other")


def test_a_token_is_forgotten_after_a_day(cloud, ec2, subnet, pass_time):
    first = ec2.create_network_interface(SubnetId=subnet, ClientToken="once")["NetworkInterface"]
    pass_time(hours=25)
    again = ec2.create_network_interface(SubnetId=subnet, ClientToken="once")["NetworkInterface"]
    assert first["NetworkInterfaceId"] != again["NetworkInterfaceId"]
    with cloud.store.snapshot() as tx:
        assert len(list(tx.scan(ClientToken))) == 1


def test_secondary_addresses_come_and_go(ec2, subnet):
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    added = ec2.assign_private_ip_addresses(NetworkInterfaceId=interface, SecondaryPrivateIpAddressCount=2)
    addresses = [each["PrivateIpAddress"] for each in added["AssignedPrivateIpAddresses"]]
    assert [each["PrivateIpAddress"] for each in _described(ec2, interface)["PrivateIpAddresses"]][1:] == addresses
    other = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    with refused("InvalidIPAddress.InUse"):
        ec2.assign_private_ip_addresses(NetworkInterfaceId=other, PrivateIpAddresses=addresses[:1])
    ec2.assign_private_ip_addresses(NetworkInterfaceId=other, PrivateIpAddresses=addresses[:1], AllowReassignment=True)
    assert len(_described(ec2, interface)["PrivateIpAddresses"]) == 2
    ec2.unassign_private_ip_addresses(NetworkInterfaceId=interface, PrivateIpAddresses=addresses[1:])
    with refused("InvalidParameterValue", "Some of the addresses are not assigned to interface"):
        ec2.unassign_private_ip_addresses(NetworkInterfaceId=interface, PrivateIpAddresses=addresses[1:])
    assert ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["AvailableIpAddressCount"] == 248


def test_attributes_are_changed_one_at_a_time(ec2, vpc, subnet):
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    group = ec2.create_security_group(GroupName="web", Description="web servers", VpcId=vpc)["GroupId"]
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[group])
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck={"Value": False})
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Description={"Value": "nat"})
    found = _described(ec2, interface)
    assert found["Groups"] == [{"GroupId": group, "GroupName": "web"}]
    assert (found["SourceDestCheck"], found["Description"]) == (False, "nat")
    attribute = ec2.describe_network_interface_attribute(NetworkInterfaceId=interface, Attribute="sourceDestCheck")
    assert attribute["SourceDestCheck"] == {"Value": False}
    ec2.reset_network_interface_attribute(NetworkInterfaceId=interface, SourceDestCheck="true")
    assert _described(ec2, interface)["SourceDestCheck"] is True
    with refused("DependencyViolation"):
        ec2.delete_security_group(GroupId=group)


def test_a_group_of_another_network_does_not_fit(ec2, subnet):
    elsewhere = ec2.create_security_group(GroupName="far", Description="elsewhere")["GroupId"]
    words = f"Security group {elsewhere} and subnet {subnet} belong to different networks."
    with refused("InvalidParameter", words):
        ec2.create_network_interface(SubnetId=subnet, Groups=[elsewhere])


def test_interfaces_are_found_by_what_they_have(ec2, subnet):
    made = ec2.create_network_interface(SubnetId=subnet, Description="eth1")["NetworkInterface"]
    ec2.create_network_interface(SubnetId=subnet)
    for name, value in [
        ("description", "eth?"),
        ("mac-address", made["MacAddress"]),
        ("addresses.private-ip-address", made["PrivateIpAddress"]),
        ("network-interface-id", made["NetworkInterfaceId"]),
    ]:
        found = ec2.describe_network_interfaces(Filters=[{"Name": name, "Values": [value]}])["NetworkInterfaces"]
        assert [each["NetworkInterfaceId"] for each in found] == [made["NetworkInterfaceId"]], name
    with refused("InvalidParameterCombination"):
        ec2.describe_network_interfaces(NetworkInterfaceIds=[made["NetworkInterfaceId"]], MaxResults=5)


def test_pages_of_interfaces_hold_what_is_asked_for(ec2, subnet):
    for _ in range(12):
        ec2.create_network_interface(SubnetId=subnet)
    pages = list(ec2.get_paginator("describe_network_interfaces").paginate(PaginationConfig={"PageSize": 5}))
    assert [len(page["NetworkInterfaces"]) for page in pages] == [5, 5, 2]
    with refused("InvalidParameterValue"):
        ec2.describe_network_interfaces(MaxResults=4)
    with refused("InvalidNextToken"):
        ec2.describe_network_interfaces(NextToken="bm8=")


def test_another_account_may_be_let_in(ec2, subnet):
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    made = ec2.create_network_interface_permission(
        NetworkInterfaceId=interface, AwsAccountId="123456789012", Permission="INSTANCE-ATTACH"
    )["InterfacePermission"]
    assert ec2.describe_network_interface_permissions()["NetworkInterfacePermissions"] == [made]
    ec2.delete_network_interface_permission(NetworkInterfacePermissionId=made["NetworkInterfacePermissionId"])
    assert ec2.describe_network_interface_permissions()["NetworkInterfacePermissions"] == []


@pytest.fixture()
def instance(cloud, ec2, subnet):
    """The id of an instance that has its first interface, as RunInstances gives it one."""

    def launch(tx):
        ctx = cloud.cloud.within_ec2(tx, cloud.account, "us-east-1")
        place = find(ctx, Subnet, subnet)
        first = attach(ctx, create_interface(ctx, place), "i-0123456789abcdef0", 0)
        ctx.put(
            Instance(
                owner_id=cloud.account, region="us-east-1", instance_id="i-0123456789abcdef0", reservation_id="r-1",
                image_id="ami-1", instance_type="t2.micro", launch_time=ctx.now(), state=STOPPED,
                availability_zone=place.availability_zone, subnet_id=subnet, vpc_id=place.vpc_id,
                interfaces=[first.network_interface_id],
            )
        )  # fmt: skip

    cloud.store.write(launch)
    return "i-0123456789abcdef0"


def test_an_interface_moves_between_machines_and_routes_follow_it(ec2, vpc, subnet, instance):
    second = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NetworkInterfaceId=second)
    attached = ec2.attach_network_interface(NetworkInterfaceId=second, InstanceId=instance, DeviceIndex=1)
    found = _described(ec2, second)
    assert (found["Status"], found["Attachment"]["DeviceIndex"]) == ("in-use", 1)
    assert found["Attachment"]["AttachmentId"] == attached["AttachmentId"]
    route = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"][1]
    assert (route["State"], route["InstanceId"]) == ("active", instance)
    with refused("InvalidParameterValue", "is currently in use."):
        ec2.delete_network_interface(NetworkInterfaceId=second)
    third = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    with refused("InvalidParameterValue", "already has an interface attached at device index '1'"):
        ec2.attach_network_interface(NetworkInterfaceId=third, InstanceId=instance, DeviceIndex=1)
    with refused("InvalidNetworkInterface.InUse"):
        ec2.attach_network_interface(NetworkInterfaceId=second, InstanceId=instance, DeviceIndex=2)
    ec2.detach_network_interface(AttachmentId=attached["AttachmentId"])
    assert _described(ec2, second)["Status"] == "available"
    assert ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"][1]["State"] == "blackhole"


def test_the_first_interface_of_a_machine_stays(ec2, instance):
    filters = [{"Name": "attachment.instance-id", "Values": [instance]}]
    first = ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"][0]
    with refused("OperationNotPermitted", "The network interface at device index 0"):
        ec2.detach_network_interface(AttachmentId=first["Attachment"]["AttachmentId"])
    ec2.modify_network_interface_attribute(
        NetworkInterfaceId=first["NetworkInterfaceId"],
        Attachment={"AttachmentId": first["Attachment"]["AttachmentId"], "DeleteOnTermination": True},
    )
    assert _described(ec2, first["NetworkInterfaceId"])["Attachment"]["DeleteOnTermination"] is True
    with refused("InvalidInstanceID.NotFound", "The instance ID 'i-1' does not exist"):
        ec2.attach_network_interface(NetworkInterfaceId=first["NetworkInterfaceId"], InstanceId="i-1", DeviceIndex=1)


def test_an_interface_in_another_zone_does_not_fit(ec2, vpc, subnet, instance):
    zone = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["AvailabilityZone"]
    other = "us-east-1b" if zone == "us-east-1a" else "us-east-1a"
    far = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.7.0/24", AvailabilityZone=other)["Subnet"]["SubnetId"]
    interface = ec2.create_network_interface(SubnetId=far)["NetworkInterface"]["NetworkInterfaceId"]
    with refused("InvalidParameterCombination", "not in the same availability zone"):
        ec2.attach_network_interface(NetworkInterfaceId=interface, InstanceId=instance, DeviceIndex=1)


def test_an_elastic_address_goes_to_the_only_interface_of_a_machine(ec2, vpc, subnet, instance):
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    address = ec2.allocate_address()
    ec2.associate_address(AllocationId=address["AllocationId"], InstanceId=instance)
    assert ec2.describe_addresses()["Addresses"][0]["InstanceId"] == instance
    second = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    ec2.attach_network_interface(NetworkInterfaceId=second, InstanceId=instance, DeviceIndex=1)
    with refused("InvalidInstanceID", "There are multiple interfaces attached to instance"):
        ec2.associate_address(AllocationId=address["AllocationId"], InstanceId=instance, AllowReassociation=True)
