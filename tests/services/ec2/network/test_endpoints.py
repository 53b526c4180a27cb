"""Gateway endpoints, prefix lists and flow logs."""

import pytest

from tests.services.ec2.conftest import refused

S3 = "com.amazonaws.us-east-1.s3"


@pytest.fixture()
def table(ec2, vpc):
    return ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]


def _routes(ec2, table):
    return ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]


def test_an_endpoint_adds_a_route_to_the_service(ec2, vpc, table):
    made = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=S3, RouteTableIds=[table])["VpcEndpoint"]
    endpoint = made["VpcEndpointId"]
    assert (made["State"], made["VpcEndpointType"]) == ("available", "Gateway")
    route = _routes(ec2, table)[1]
    assert (route["DestinationPrefixListId"], route["GatewayId"]) == ("pl-63a5400a", endpoint)
    with refused("InvalidParameterValue"):
        ec2.delete_route(RouteTableId=table, DestinationPrefixListId="pl-63a5400a")
    with refused("RouteAlreadyExists"):
        ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=S3, RouteTableIds=[table])
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, RemoveRouteTableIds=[table])
    assert len(_routes(ec2, table)) == 1
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddRouteTableIds=[table])
    assert ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint, "vpce-1"])["Unsuccessful"][0]["ResourceId"] == "vpce-1"
    assert len(_routes(ec2, table)) == 1


def test_what_is_no_gateway_endpoint_is_said_plainly(ec2, vpc):
    with refused("InvalidServiceName", "The Vpc Endpoint Service 'com.amazonaws.us-east-1.sqs' does not exist"):
        ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.sqs")
    with refused("NotImplemented", "Groundcloud does not have VPC endpoints of the type Interface yet"):
        ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=S3, VpcEndpointType="Interface")
    assert ec2.describe_vpc_endpoint_services()["ServiceNames"] == ["com.amazonaws.us-east-1.dynamodb", S3]


def test_the_cloud_keeps_lists_of_where_its_services_are(ec2):
    lists = ec2.describe_managed_prefix_lists()["PrefixLists"]
    assert {each["PrefixListName"]: each["OwnerId"] for each in lists} == {
        S3: "AWS", "com.amazonaws.us-east-1.dynamodb": "AWS",
    }  # fmt: skip
    old = ec2.describe_prefix_lists(Filters=[{"Name": "prefix-list-name", "Values": [S3]}])["PrefixLists"]
    assert old == [{"PrefixListId": "pl-63a5400a", "PrefixListName": S3, "Cidrs": ["198.51.100.2/32"]}]
    with refused("OperationNotPermitted"):
        ec2.delete_managed_prefix_list(PrefixListId="pl-63a5400a")


def test_a_list_has_versions(ec2):
    made = ec2.create_managed_prefix_list(
        PrefixListName="office",
        MaxEntries=2,
        AddressFamily="IPv4",
        Entries=[{"Cidr": "10.0.0.0/8", "Description": "a"}],
    )["PrefixList"]
    assert (made["State"], made["Version"]) == ("create-in-progress", 1)
    one = made["PrefixListId"]
    ec2.modify_managed_prefix_list(
        PrefixListId=one,
        CurrentVersion=1,
        AddEntries=[{"Cidr": "192.0.2.0/24"}],
        RemoveEntries=[{"Cidr": "10.0.0.0/8"}],
    )
    assert ec2.get_managed_prefix_list_entries(PrefixListId=one)["Entries"] == [{"Cidr": "192.0.2.0/24"}]
    old = ec2.get_managed_prefix_list_entries(PrefixListId=one, TargetVersion=1)["Entries"]
    assert old == [{"Cidr": "10.0.0.0/8", "Description": "a"}]
    with refused("PrefixListVersionMismatch"):
        ec2.modify_managed_prefix_list(PrefixListId=one, CurrentVersion=1, AddEntries=[{"Cidr": "192.0.2.0/25"}])
    ec2.restore_managed_prefix_list_version(PrefixListId=one, PreviousVersion=1, CurrentVersion=2)
    assert ec2.get_managed_prefix_list_entries(PrefixListId=one)["Entries"] == old
    with refused("PrefixListMaxEntriesExceeded"):
        more = [{"Cidr": "192.0.2.0/25"}, {"Cidr": "192.0.2.128/25"}]
        ec2.modify_managed_prefix_list(PrefixListId=one, CurrentVersion=3, AddEntries=more)


def test_a_list_stays_while_it_is_used(ec2, vpc):
    one = ec2.create_managed_prefix_list(PrefixListName="office", MaxEntries=2, AddressFamily="IPv4")["PrefixList"]
    group = ec2.create_security_group(GroupName="web", Description="web servers", VpcId=vpc)["GroupId"]
    rule = {"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": one["PrefixListId"]}]}
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[rule])
    users = ec2.get_managed_prefix_list_associations(PrefixListId=one["PrefixListId"])["PrefixListAssociations"]
    assert [user["ResourceId"] for user in users] == [group]
    with refused("DependencyViolation"):
        ec2.delete_managed_prefix_list(PrefixListId=one["PrefixListId"])
    ec2.delete_security_group(GroupId=group)
    ec2.delete_managed_prefix_list(PrefixListId=one["PrefixListId"])


def test_flow_logs_are_made_for_each_resource_by_itself(cloud, ec2, vpc):
    made = ec2.create_flow_logs(
        ResourceIds=[vpc, "vpc-1"], ResourceType="VPC", TrafficType="REJECT", LogDestinationType="s3",
        LogDestination="arn:aws:s3:::flows",
    )  # fmt: skip
    assert [each["ResourceId"] for each in made["Unsuccessful"]] == ["vpc-1"]
    log = ec2.describe_flow_logs(FlowLogIds=made["FlowLogIds"])["FlowLogs"][0]
    assert (log["ResourceId"], log["TrafficType"], log["FlowLogStatus"]) == (vpc, "REJECT", "ACTIVE")
    assert log["LogFormat"].startswith("${version} ${account-id} ${interface-id}")
    again = ec2.create_flow_logs(
        ResourceIds=[vpc], ResourceType="VPC", TrafficType="REJECT", LogDestinationType="s3",
        LogDestination="arn:aws:s3:::flows",
    )  # fmt: skip
    assert again["Unsuccessful"][0]["Error"]["Code"] == "FlowLogAlreadyExists"
    ec2.delete_flow_logs(FlowLogIds=made["FlowLogIds"])
    assert ec2.describe_flow_logs()["FlowLogs"] == []


def test_a_flow_log_needs_a_place_to_go(ec2, vpc):
    with refused("MissingParameter", "DeliverLogsPermissionArn"):
        ec2.create_flow_logs(ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", LogGroupName="flows")
    with refused("InvalidParameterValue"):
        ec2.create_flow_logs(ResourceIds=[vpc], ResourceType="Host", TrafficType="ALL", LogGroupName="flows")
