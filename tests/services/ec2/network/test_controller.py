"""What the network engine is told of a VPC, and what becomes of what waits for it."""

import pytest

from groundcloud.controllers import Loop
from groundcloud.engines.network.wanted import Acl, AclEntry, Address, Endpoint, GroupRule, NatGateway, Peering, Route
from groundcloud.services.ec2.network.controller import VpcNetworks
from groundcloud.services.ec2.network.records import interface_at, interface_behind
from tests.cloud import Keys, TestCloud
from tests.services.ec2.conftest import refused


class Engine:
    """A network engine that remembers what it was told."""

    def __init__(self):
        self.told = {"vpc-of-a-cloud-before": None}

    def reconcile(self, network):
        self.told[network.id] = network

    def remove(self, network_id):
        self.told.pop(network_id, None)

    def networks(self):
        return set(self.told)


@pytest.fixture()
def engine():
    return Engine()


@pytest.fixture()
def cloud(tmp_path, engine):
    made = TestCloud(tmp_path, engines={"network": engine})
    yield made
    made.close()


@pytest.fixture()
def settled(cloud, engine):
    """Lets the controllers work, and gives what the engine was told of a VPC."""
    networks = VpcNetworks(cloud.store, engine, cloud.clock, cloud.cloud.within_ec2)
    controllers = [*cloud.loops.controllers(), networks]
    loop = Loop(cloud.store, controllers, now=cloud.clock, monotonic=lambda: cloud.clock().timestamp())

    def settle(vpc=None):
        loop.settle()
        return engine.told.get(vpc)

    return settle


def _group(network, group):
    return next(each for each in network.groups if each.id == group)


def test_the_default_vpc_leads_to_the_internet(ec2, settled):
    network = settled(ec2.describe_vpcs()["Vpcs"][0]["VpcId"])
    assert network.blocks == ("172.31.0.0/16",)
    assert len(network.subnets) == 6
    assert network.subnets[0].routes == (Route("172.31.0.0/16", "local"), Route("0.0.0.0/0", "internet"))
    anything = (AclEntry(True, -1, "0.0.0.0/0"), AclEntry(False, -1, "0.0.0.0/0"))
    assert network.acls == (Acl(network.subnets[0].acl, anything, anything),)
    group = network.groups[0]
    assert group.inbound == (GroupRule(-1, group=group.id),)
    assert group.outbound == (GroupRule(-1, blocks=("0.0.0.0/0",)),)


def test_a_rule_reaches_the_engine_and_goes_again(ec2, vpc, settled):
    group = ec2.create_security_group(GroupName="web", Description="web servers", VpcId=vpc)["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 81, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    assert _group(settled(vpc), group).inbound == (GroupRule(6, 80, 81, blocks=("0.0.0.0/0",)),)
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[rule])
    assert _group(settled(vpc), group).inbound == ()


def test_a_prefix_list_becomes_its_ranges_and_follows_them(ec2, vpc, settled):
    made = ec2.create_managed_prefix_list(
        PrefixListName="office", MaxEntries=5, AddressFamily="IPv4", Entries=[{"Cidr": "198.51.100.0/24"}]
    )["PrefixList"]
    group = ec2.create_security_group(GroupName="web", Description="web servers", VpcId=vpc)["GroupId"]
    rule = {
        "IpProtocol": "udp",
        "FromPort": 53,
        "ToPort": 53,
        "PrefixListIds": [{"PrefixListId": made["PrefixListId"]}],
    }
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    assert _group(settled(vpc), group).inbound == (GroupRule(17, 53, 53, blocks=("198.51.100.0/24",)),)
    ec2.modify_managed_prefix_list(
        PrefixListId=made["PrefixListId"], CurrentVersion=1, AddEntries=[{"Cidr": "192.0.2.0/24"}]
    )
    blocks = ("198.51.100.0/24", "192.0.2.0/24")
    assert _group(settled(vpc), group).inbound == (GroupRule(17, 53, 53, blocks=blocks),)


def test_an_interface_has_its_addresses_and_is_found_by_them(cloud, ec2, settled):
    subnet = ec2.describe_subnets()["Subnets"][0]
    made = ec2.create_network_interface(SubnetId=subnet["SubnetId"])["NetworkInterface"]
    address = ec2.allocate_address()
    ec2.associate_address(AllocationId=address["AllocationId"], NetworkInterfaceId=made["NetworkInterfaceId"])
    interface = settled(subnet["VpcId"]).interfaces[0]
    assert interface.addresses == (Address(made["PrivateIpAddress"], address["PublicIp"]),)
    assert (interface.id, interface.mac) == (made["NetworkInterfaceId"], made["MacAddress"])
    with cloud.store.snapshot() as tx:
        assert interface_at(tx, subnet["VpcId"], made["PrivateIpAddress"]).network_interface_id == interface.id
        assert interface_behind(tx, address["PublicIp"]).network_interface_id == interface.id
        assert interface_at(tx, subnet["VpcId"], "172.31.255.250") is None


def test_a_nat_gateway_becomes_available_and_goes(cloud, ec2, settled, pass_time):
    subnet = ec2.describe_subnets()["Subnets"][0]
    address = ec2.allocate_address()
    made = ec2.create_nat_gateway(SubnetId=subnet["SubnetId"], AllocationId=address["AllocationId"])["NatGateway"]
    assert made["State"] == "pending"
    nat = made["NatGatewayId"]
    table = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [subnet["VpcId"]]}])["RouteTables"][0]
    ec2.create_route(RouteTableId=table["RouteTableId"], DestinationCidrBlock="192.0.2.0/24", NatGatewayId=nat)
    network = settled(subnet["VpcId"])
    private = made["NatGatewayAddresses"][0]["PrivateIp"]
    assert network.nat_gateways == (NatGateway(nat, subnet["SubnetId"], private, address["PublicIp"]),)
    assert Route("192.0.2.0/24", "nat", nat) in network.subnets[0].routes
    assert network.interfaces == ()  # its own is not told twice
    ec2.get_waiter("nat_gateway_available").wait(NatGatewayIds=[nat])
    with refused("AuthFailure"):
        ec2.disassociate_address(PublicIp=address["PublicIp"])
    interface = made["NatGatewayAddresses"][0]["NetworkInterfaceId"]
    with refused("OperationNotPermitted"):
        ec2.delete_network_interface(NetworkInterfaceId=interface)
    ec2.delete_nat_gateway(NatGatewayId=nat)
    assert Route("192.0.2.0/24", "blackhole") in settled(subnet["VpcId"]).subnets[0].routes
    ec2.get_waiter("nat_gateway_deleted").wait(NatGatewayIds=[nat])
    assert settled(subnet["VpcId"]).nat_gateways == ()
    ec2.release_address(AllocationId=address["AllocationId"])
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    pass_time(hours=2)
    with refused("NatGatewayNotFound"):
        ec2.describe_nat_gateways(NatGatewayIds=[nat])


def test_an_endpoint_serves_the_subnets_of_its_tables(ec2, vpc, subnet, settled):
    table = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]["RouteTableId"]
    made = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=[table])
    endpoint = made["VpcEndpoint"]["VpcEndpointId"]
    network = settled(vpc)
    assert network.endpoints == (Endpoint(endpoint, "s3", (subnet,)),)
    assert network.subnets[0].routes == (Route("10.0.0.0/16", "local"),)


def test_a_flow_log_has_the_traffic_of_its_interfaces_counted(ec2, vpc, subnet, settled):
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    assert settled(vpc).logged == ()
    log = ec2.create_flow_logs(
        ResourceIds=[subnet], ResourceType="Subnet", TrafficType="ALL", LogDestinationType="s3",
        LogDestination="arn:aws:s3:::flows",
    )["FlowLogIds"]  # fmt: skip
    assert settled(vpc).logged == (interface,)
    ec2.delete_flow_logs(FlowLogIds=log)
    assert settled(vpc).logged == ()


def test_peers_know_the_ranges_and_members_of_one_another(ec2, vpc, subnet, settled):
    default = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    peering = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=default)["VpcPeeringConnection"]
    peering_id = peering["VpcPeeringConnectionId"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering_id)
    source = ec2.create_security_group(GroupName="app", Description="applications", VpcId=vpc)["GroupId"]
    database = ec2.create_security_group(GroupName="db", Description="databases")["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=database, IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": source}]}]
    )
    settled()
    made = ec2.create_network_interface(SubnetId=subnet, Groups=[source])["NetworkInterface"]
    network = settled(default)
    assert network.peerings == (Peering(peering_id, vpc, ("10.0.0.0/16",)),)
    assert network.group_members == {source: (made["PrivateIpAddress"],)}
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=peering_id)
    network = settled(default)
    assert (network.peerings, network.group_members) == ((), {})
    stale = ec2.describe_stale_security_groups(VpcId=default)["StaleSecurityGroupSet"]
    assert [group["GroupId"] for group in stale] == [database]


def test_a_vpc_that_is_gone_is_removed(ec2, vpc, settled):
    assert settled(vpc).id == vpc
    ec2.delete_vpc(VpcId=vpc)
    assert settled(vpc) is None


def test_what_a_crash_left_is_swept_away(ec2, engine, settled):
    ec2.describe_vpcs()
    settled()
    assert "vpc-of-a-cloud-before" not in engine.told


def test_without_an_engine_a_nat_gateway_fails_and_says_why(tmp_path):
    cloud = TestCloud(tmp_path)
    ec2 = cloud.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    address = ec2.allocate_address()["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    Loop(cloud.store, cloud.loops.controllers(), now=cloud.clock).settle()
    found = ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]
    assert found["State"] == "failed"
    assert "no network engine" in found["FailureMessage"]
    ec2.release_address(AllocationId=address)
    cloud.close()


def test_two_accounts_peer_when_the_other_accepts(cloud, ec2, vpc, settled, engine):
    key = cloud.cloud.create_admin(cloud.cloud.create_account("other", "other@example.com"))
    theirs = cloud.client("ec2", Keys(key["access_key_id"], key["secret_access_key"]))
    their_vpc = theirs.describe_vpcs()["Vpcs"][0]
    made = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=their_vpc["VpcId"], PeerOwnerId=their_vpc["OwnerId"])[
        "VpcPeeringConnection"
    ]
    peering = made["VpcPeeringConnectionId"]
    with refused("OperationNotPermitted"):
        ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    found = theirs.describe_vpc_peering_connections()["VpcPeeringConnections"]
    assert [each["Status"]["Code"] for each in found] == ["pending-acceptance"]
    theirs.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    ec2.get_waiter("vpc_peering_connection_exists").wait(VpcPeeringConnectionIds=[peering])
    settled()
    assert [each.network for each in engine.told[their_vpc["VpcId"]].peerings] == [vpc]
    assert [each.network for each in engine.told[vpc].peerings] == [their_vpc["VpcId"]]
