"""Elastic addresses."""

import pytest

from groundcloud.services.ec2.common import find
from groundcloud.services.ec2.network.interfaces import assign_public
from groundcloud.services.ec2.network.records import NetworkInterface
from tests.cloud import Keys
from tests.services.ec2.conftest import refused


@pytest.fixture()
def interface(ec2):
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    return ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]


def _interface(ec2, interface):
    return ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]


def test_an_address_comes_from_the_pool_and_goes_back(ec2):
    made = ec2.allocate_address(Domain="vpc")
    assert made["PublicIp"].startswith("198.18.")
    assert made["AllocationId"].startswith("eipalloc-")
    assert ec2.describe_addresses(PublicIps=[made["PublicIp"]])["Addresses"][0]["AllocationId"] == made["AllocationId"]
    ec2.release_address(AllocationId=made["AllocationId"])
    assert ec2.describe_addresses()["Addresses"] == []
    with refused("InvalidAllocationID.NotFound", f"The allocation ID '{made['AllocationId']}' does not exist"):
        ec2.release_address(AllocationId=made["AllocationId"])


def test_two_accounts_never_have_the_same_address(cloud, ec2):
    other = cloud.cloud.create_account("other", "other@example.com")
    key = cloud.cloud.create_admin(other)
    theirs = cloud.client("ec2", Keys(key["access_key_id"], key["secret_access_key"]))
    addresses = [client.allocate_address()["PublicIp"] for client in (ec2, theirs) for _ in range(20)]
    assert len(set(addresses)) == 40


def test_an_empty_pool_is_said_plainly(ec2, monkeypatch):
    monkeypatch.setattr("groundcloud.services.ec2.network.pool.PUBLIC_POOL", "198.18.0.0/28")
    for _ in range(13):  # of 16, less the network's, the host's and the broadcast address
        ec2.allocate_address()
    with refused("InsufficientAddressCapacity"):
        ec2.allocate_address()


def test_an_address_stands_for_an_interface(ec2, interface):
    address = ec2.allocate_address()
    association = ec2.associate_address(AllocationId=address["AllocationId"], NetworkInterfaceId=interface)
    found = _interface(ec2, interface)
    assert found["Association"]["PublicIp"] == address["PublicIp"]
    name = f"ec2-{address['PublicIp'].replace('.', '-')}.compute-1.amazonaws.com"
    assert found["Association"]["PublicDnsName"] == name
    assert found["PrivateDnsName"] == f"ip-{found['PrivateIpAddress'].replace('.', '-')}.ec2.internal"
    shown = ec2.describe_addresses()["Addresses"][0]
    assert shown["AssociationId"] == association["AssociationId"]
    assert shown["PrivateIpAddress"] == found["PrivateIpAddress"]
    with refused("InvalidIPAddress.InUse"):
        ec2.release_address(AllocationId=address["AllocationId"])
    ec2.disassociate_address(AssociationId=association["AssociationId"])
    assert "Association" not in _interface(ec2, interface)
    ec2.release_address(AllocationId=address["AllocationId"])


def test_an_address_moves_only_when_it_may(ec2, interface):
    subnet = _interface(ec2, interface)["SubnetId"]
    second = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    address = ec2.allocate_address()["AllocationId"]
    ec2.associate_address(AllocationId=address, NetworkInterfaceId=interface)
    with refused("Resource.AlreadyAssociated", f"resource {address} is already associated with associate-id eipassoc-"):
        ec2.associate_address(AllocationId=address, NetworkInterfaceId=second)
    ec2.associate_address(AllocationId=address, NetworkInterfaceId=second, AllowReassociation=True)
    assert "Association" not in _interface(ec2, interface)
    assert _interface(ec2, second)["Association"]["AllocationId"] == address


def test_an_address_leaves_with_the_interface_and_stays_allocated(ec2, interface):
    address = ec2.allocate_address()["AllocationId"]
    ec2.associate_address(AllocationId=address, NetworkInterfaceId=interface)
    ec2.delete_network_interface(NetworkInterfaceId=interface)
    assert "AssociationId" not in ec2.describe_addresses(AllocationIds=[address])["Addresses"][0]


def test_without_an_internet_gateway_there_is_nothing_to_associate_with(ec2, subnet):
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    address = ec2.allocate_address()["AllocationId"]
    with refused("Gateway.NotAttached"):
        ec2.associate_address(AllocationId=address, NetworkInterfaceId=interface)


def test_an_address_can_have_a_reverse_name(ec2):
    address = ec2.allocate_address()["AllocationId"]
    ec2.modify_address_attribute(AllocationId=address, DomainName="mail.example.com")
    found = ec2.describe_addresses_attribute(AllocationIds=[address], Attribute="domain-name")["Addresses"]
    assert found[0]["PtrRecord"] == "mail.example.com."
    ec2.reset_address_attribute(AllocationId=address, Attribute="domain-name")
    assert ec2.describe_addresses_attribute()["Addresses"] == []


def test_a_machine_has_a_public_address_again_when_its_elastic_one_leaves(cloud, ec2, interface):
    """Source: "Amazon EC2 instance IP addressing", on disassociating an elastic address."""

    def launch(tx):
        ctx = cloud.cloud.within_ec2(tx, cloud.account, "us-east-1")
        assign_public(ctx, find(ctx, NetworkInterface, interface))

    cloud.store.write(launch)
    assigned = _interface(ec2, interface)["Association"]
    assert assigned["IpOwnerId"] == "amazon"
    address = ec2.allocate_address()
    ec2.associate_address(AllocationId=address["AllocationId"], NetworkInterfaceId=interface)
    assert _interface(ec2, interface)["Association"]["PublicIp"] == address["PublicIp"]
    ec2.disassociate_address(PublicIp=address["PublicIp"])
    again = _interface(ec2, interface)["Association"]
    assert again["IpOwnerId"] == "amazon"
    assert again["PublicIp"] != address["PublicIp"]
