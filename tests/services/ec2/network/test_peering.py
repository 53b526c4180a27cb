"""The life of peering connections. What the network engine is told of them is in `test_controller.py`."""

import pytest

from tests.services.ec2.conftest import refused


@pytest.fixture()
def other(ec2):
    return ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture()
def peering(ec2, vpc, other):
    made = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=other)["VpcPeeringConnection"]
    assert made["Status"]["Code"] == "initiating-request"
    return made["VpcPeeringConnectionId"]


def _status(ec2, peering):
    found = ec2.describe_vpc_peering_connections(VpcPeeringConnectionIds=[peering])["VpcPeeringConnections"]
    return found[0]["Status"]["Code"]


def test_a_connection_waits_is_accepted_and_ends(ec2, vpc, other, peering):
    assert _status(ec2, peering) == "pending-acceptance"
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    found = ec2.describe_vpc_peering_connections(Filters=[{"Name": "status-code", "Values": ["active"]}])
    side = found["VpcPeeringConnections"][0]["AccepterVpcInfo"]
    assert (side["VpcId"], side["CidrBlock"]) == (other, "10.9.0.0/16")
    with refused("InvalidStateTransition"):
        ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="10.9.0.0/16", VpcPeeringConnectionId=peering)
    ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=peering)
    assert _status(ec2, peering) == "deleted"
    assert ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"][1]["State"] == "blackhole"
    ec2.get_waiter("vpc_peering_connection_deleted").wait(VpcPeeringConnectionIds=[peering])


def test_a_request_can_be_refused(ec2, peering):
    ec2.reject_vpc_peering_connection(VpcPeeringConnectionId=peering)
    assert _status(ec2, peering) == "rejected"
    with refused("InvalidStateTransition"):
        ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=peering)


def test_a_request_that_nobody_answers_expires_and_is_forgotten(ec2, peering, pass_time):
    pass_time(days=7, minutes=1)
    assert _status(ec2, peering) == "expired"
    pass_time(hours=2)
    with refused("InvalidVpcPeeringConnectionID.NotFound"):
        _status(ec2, peering)


def test_ranges_that_overlap_cannot_be_joined(ec2, vpc):
    same = ec2.create_vpc(CidrBlock="10.0.128.0/17")["Vpc"]["VpcId"]
    made = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=same)["VpcPeeringConnection"]
    assert _status(ec2, made["VpcPeeringConnectionId"]) == "failed"


def test_names_can_be_resolved_across_when_both_say_so(ec2, peering):
    options = {"AllowDnsResolutionFromRemoteVpc": True}
    with refused("OperationNotPermitted"):
        ec2.modify_vpc_peering_connection_options(
            VpcPeeringConnectionId=peering, RequesterPeeringConnectionOptions=options
        )
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    ec2.modify_vpc_peering_connection_options(VpcPeeringConnectionId=peering, RequesterPeeringConnectionOptions=options)
    found = ec2.describe_vpc_peering_connections()["VpcPeeringConnections"][0]["RequesterVpcInfo"]
    assert found["PeeringOptions"]["AllowDnsResolutionFromRemoteVpc"] is True


def test_a_vpc_ends_its_connections_with_it(ec2, other, peering):
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    ec2.delete_vpc(VpcId=other)
    assert _status(ec2, peering) == "deleted"
