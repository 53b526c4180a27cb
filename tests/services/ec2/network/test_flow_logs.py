"""Flow logs: what is delivered where, in which format, and what is said when it cannot be.

Sources: "Flow log records", "Publish flow logs to CloudWatch Logs" and "... to Amazon S3" in the VPC user guide.
"""

import gzip
import json

import pytest

from groundcloud.controllers import Loop
from groundcloud.engines.network.wanted import Flow
from groundcloud.services.ec2.network.changes import network_changed
from groundcloud.services.ec2.network.flow_delivery import FlowLogDeliveries
from groundcloud.services.ec2.network.flow_records import chunks
from groundcloud.services.ec2.network.records import Attachment, NetworkInterface
from tests.cloud import TestCloud
from tests.services.ec2.conftest import refused

FLOWS = "vpc-flow-logs.amazonaws.com"


class Counters:
    """An engine that has counted what a test says."""

    def __init__(self):
        self.counted, self.asked = [], 0

    def flows(self, network_id):
        self.asked += 1
        found, self.counted = self.counted, []
        return found


@pytest.fixture()
def counters():
    return Counters()


@pytest.fixture()
def cloud(tmp_path):
    made = TestCloud(tmp_path)
    yield made
    made.close()


@pytest.fixture()
def pass_time(cloud, counters):
    deliveries = FlowLogDeliveries(cloud.store, counters, cloud.clock, cloud.cloud.act)
    loop = Loop(cloud.store, [deliveries], now=cloud.clock, monotonic=lambda: cloud.clock().timestamp())
    loop.settle()

    def advance(seconds):
        loop.settle()
        cloud.clock.advance(seconds=seconds)
        loop.settle()

    return advance


@pytest.fixture()
def interface(cloud, ec2, subnet):
    """An interface at 10.0.0.10 that an instance has."""
    made = ec2.create_network_interface(SubnetId=subnet, PrivateIpAddress="10.0.0.10")["NetworkInterface"]

    def attach(tx):
        ctx = cloud.cloud.within_ec2(tx, cloud.account, "us-east-1")
        found = ctx.get(NetworkInterface, made["NetworkInterfaceId"])
        found.attachment = Attachment(
            attachment_id="eni-attach-1", attach_time=cloud.clock(), device_index=0, instance_id="i-0123456789abcdef0"
        )
        ctx.put(found)
        network_changed(ctx, found.vpc_id)

    cloud.store.write(attach)
    return made["NetworkInterfaceId"]


def flow(interface, source="10.0.0.20", destination="10.0.0.10", *, accepted=True, port=22, protocol=6):
    return Flow(interface, accepted, source, destination, protocol, 40000, port, 3, 180)


@pytest.fixture()
def role(cloud):
    """Makes the role that delivers, trusted by a service and allowed some actions."""
    iam = cloud.client("iam")

    def make(service=FLOWS, actions=("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")):
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        found = iam.create_role(RoleName="flows", AssumeRolePolicyDocument=_document(trust))["Role"]["Arn"]
        allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        iam.put_role_policy(RoleName="flows", PolicyName="logs", PolicyDocument=_document(allowed))
        return found

    return make


def _document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def to_logs(ec2, resource, role, kind="VPC", **more):
    asked = {
        "TrafficType": "ALL",
        "LogGroupName": "flows",
        "DeliverLogsPermissionArn": role,
        "MaxAggregationInterval": 60,
    }
    return ec2.create_flow_logs(ResourceIds=[resource], ResourceType=kind, **(asked | more))["FlowLogIds"][0]


def to_s3(ec2, resource, destination, **more):
    asked = {
        "TrafficType": "ALL",
        "LogDestinationType": "s3",
        "LogDestination": destination,
        "MaxAggregationInterval": 60,
    }
    return ec2.create_flow_logs(ResourceIds=[resource], ResourceType="VPC", **(asked | more))["FlowLogIds"][0]


def logged(cloud, stream):
    found = cloud.client("logs").get_log_events(logGroupName="flows", logStreamName=stream, startFromHead=True)
    return [each["message"] for each in found["events"]]


def status(ec2, flow_log):
    found = ec2.describe_flow_logs(FlowLogIds=[flow_log])["FlowLogs"][0]
    return found.get("DeliverLogsStatus"), found.get("DeliverLogsErrorMessage")


def test_a_record_has_the_default_fields_and_lies_in_the_interfaces_stream(
    cloud, ec2, vpc, interface, role, counters, pass_time
):
    made = to_logs(ec2, vpc, role())
    counters.counted = [flow(interface), flow(interface, accepted=False, port=23)]
    pass_time(60)
    end = int(cloud.clock().timestamp())
    assert logged(cloud, f"{interface}-all") == [
        f"2 {cloud.account} {interface} 10.0.0.20 10.0.0.10 40000 22 6 3 180 {end - 60} {end} ACCEPT OK",
        f"2 {cloud.account} {interface} 10.0.0.20 10.0.0.10 40000 23 6 3 180 {end - 60} {end} REJECT OK",
    ]
    assert status(ec2, made) == ("SUCCESS", None)
    assert ec2.describe_flow_logs(Filters=[{"Name": "deliver-log-status", "Values": ["SUCCESS"]}])["FlowLogs"]


def test_an_interface_without_traffic_has_a_record_that_says_so(cloud, ec2, vpc, interface, role, pass_time):
    to_logs(ec2, vpc, role())
    pass_time(60)
    end = int(cloud.clock().timestamp())
    assert logged(cloud, f"{interface}-all") == [
        f"2 {cloud.account} {interface} - - - - - - - {end - 60} {end} - NODATA"
    ]


def test_a_flow_log_takes_its_type_of_traffic_and_its_resource_alone(
    cloud, ec2, vpc, subnet, interface, role, counters, pass_time
):
    other = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    arn = role()
    to_logs(ec2, interface, arn, "NetworkInterface", TrafficType="REJECT")
    to_logs(ec2, subnet, arn, "Subnet", TrafficType="ACCEPT")
    to_logs(ec2, other, arn, "Subnet", TrafficType="ALL", LogGroupName="others")
    counters.counted = [flow(interface), flow(interface, accepted=False)]
    pass_time(60)
    assert counters.asked == 1
    rejected, accepted = logged(cloud, f"{interface}-reject"), logged(cloud, f"{interface}-accept")
    assert [each.split()[12] for each in rejected + accepted] == ["REJECT", "ACCEPT"]
    assert cloud.client("logs").describe_log_groups(logGroupNamePrefix="others")["logGroups"] == []


def test_a_format_of_ones_own_has_the_fields_in_its_order(
    cloud, ec2, vpc, subnet, interface, role, counters, pass_time
):
    to_logs(
        ec2, vpc, role(),
        LogFormat="${instance-id} ${version} ${flow-direction} ${traffic-path} ${type} ${az-id} ${region} ${subnet-id} "
        "${pkt-srcaddr} ${tcp-flags} ${sublocation-id}",
    )  # fmt: skip
    counters.counted = [
        flow(interface, "10.0.0.10", "10.0.0.20"),
        flow(interface, "198.51.100.7", "10.0.0.10", protocol=17),
    ]
    pass_time(60)
    zones = {each["ZoneName"]: each["ZoneId"] for each in ec2.describe_availability_zones()["AvailabilityZones"]}
    zone = zones[ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["AvailabilityZone"]]
    assert logged(cloud, f"{interface}-all") == [
        f"i-0123456789abcdef0 5 egress 1 IPv4 {zone} us-east-1 {subnet} 10.0.0.10 - -",
        f"i-0123456789abcdef0 5 ingress - IPv4 {zone} us-east-1 {subnet} 198.51.100.7 0 -",
    ]


def test_a_field_that_is_unknown_is_refused(ec2, vpc, role):
    with refused("InvalidParameter", "Unknown fields provided: colour"):
        to_logs(ec2, vpc, role(), LogFormat="${version} ${colour}")
    with refused("InvalidParameter", "Unknown fields provided"):
        to_logs(ec2, vpc, "arn:aws:iam::123456789012:role/x", LogFormat="version")


def test_the_aggregation_interval_is_ten_minutes_unless_it_is_one(ec2, vpc, interface, role, counters, pass_time):
    to_logs(ec2, vpc, role(), MaxAggregationInterval=600)
    pass_time(540)
    assert counters.asked == 0
    pass_time(60)
    assert counters.asked == 1


def test_a_role_that_does_not_trust_flow_logs_delivers_nothing_and_the_flow_log_says_so(
    cloud, ec2, vpc, interface, role, pass_time
):
    arn = role(service="ec2.amazonaws.com")
    made = to_logs(ec2, vpc, arn)
    pass_time(60)
    assert status(ec2, made) == ("FAILED", "Access error")
    trust = {"Effect": "Allow", "Principal": {"Service": FLOWS}, "Action": "sts:AssumeRole"}
    cloud.client("iam").update_assume_role_policy(RoleName="flows", PolicyDocument=_document(trust))
    pass_time(60)
    assert status(ec2, made) == ("SUCCESS", None)


def test_a_role_may_do_what_its_policies_allow_and_no_more(ec2, vpc, interface, role, pass_time):
    made = to_logs(ec2, vpc, role(actions=["logs:PutLogEvents"]))
    pass_time(60)
    assert status(ec2, made) == ("FAILED", "Access error")


def test_a_role_can_insist_on_the_account_of_its_flow_logs(cloud, ec2, vpc, interface, role, pass_time):
    """Source: "IAM role for publishing flow logs to CloudWatch Logs", the confused deputy."""
    made = to_logs(ec2, vpc, role())
    for account, outcome in ((cloud.account, "SUCCESS"), ("123456789012", "FAILED")):
        source = {"aws:SourceArn": f"arn:aws:ec2:us-east-1:{account}:vpc-flow-log/*"}
        condition = {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": source}
        trust = {"Effect": "Allow", "Principal": {"Service": FLOWS}, "Action": "sts:AssumeRole", "Condition": condition}
        cloud.client("iam").update_assume_role_policy(RoleName="flows", PolicyDocument=_document(trust))
        pass_time(60)
        assert status(ec2, made)[0] == outcome


def test_files_in_s3_have_the_documented_names_and_a_header(cloud, ec2, vpc, interface, counters, pass_time):
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="flows")
    made = to_s3(ec2, vpc, "arn:aws:s3:::flows/vpc/")
    counters.counted = [flow(interface)]
    pass_time(60)
    assert status(ec2, made) == ("SUCCESS", None)
    now, account = cloud.clock(), cloud.account
    (found,) = s3.list_objects_v2(Bucket="flows")["Contents"]
    start = (
        f"vpc/AWSLogs/{account}/vpcflowlogs/us-east-1/{now:%Y/%m/%d}/{account}_vpcflowlogs_us-east-1_{made}_"
        f"{now:%Y%m%dT%H%MZ}_"
    )
    assert found["Key"].startswith(start) and found["Key"].endswith(".log.gz")
    lines = gzip.decompress(s3.get_object(Bucket="flows", Key=found["Key"])["Body"].read()).decode().splitlines()
    assert lines[0].startswith("version account-id interface-id srcaddr") and len(lines) == 2
    assert lines[1].split()[2] == interface


def test_files_can_be_partitioned_as_hive_does(cloud, ec2, vpc, interface, pass_time):
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="flows")
    options = {"HiveCompatiblePartitions": True, "PerHourPartition": True}
    made = to_s3(ec2, vpc, "arn:aws:s3:::flows", DestinationOptions=options)
    pass_time(60)
    (found,) = s3.list_objects_v2(Bucket="flows")["Contents"]
    now = cloud.clock()
    assert found["Key"].startswith(
        f"AWSLogs/aws-account-id={cloud.account}/aws-service=vpcflowlogs/aws-region=us-east-1/year={now:%Y}/"
        f"month={now:%m}/day={now:%d}/hour={now:%H}/"
    )
    shown = ec2.describe_flow_logs(FlowLogIds=[made])["FlowLogs"][0]["DestinationOptions"]
    assert shown == {"FileFormat": "plain-text", **options}
    with refused("UnsupportedOperation"):
        to_s3(ec2, vpc, "arn:aws:s3:::flows/x", DestinationOptions={"FileFormat": "parquet"})


def test_the_buckets_policy_lets_the_delivery_service_in_once_and_nobody_else(cloud, ec2, vpc, interface, pass_time):
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="flows")
    own = {
        "Sid": "mine",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteBucket",
        "Resource": "arn:aws:s3:::flows",
    }
    s3.put_bucket_policy(Bucket="flows", Policy=_document(own))
    made = to_s3(ec2, vpc, "arn:aws:s3:::flows")
    to_s3(ec2, vpc, "arn:aws:s3:::flows", TrafficType="REJECT")
    statements = json.loads(s3.get_bucket_policy(Bucket="flows")["Policy"])["Statement"]
    assert [each["Sid"] for each in statements] == ["mine", "AWSLogDeliveryWrite1", "AWSLogDeliveryAclCheck1"]
    s3.delete_bucket_policy(Bucket="flows")
    pass_time(60)
    assert status(ec2, made) == ("FAILED", "Access error")
    assert s3.list_objects_v2(Bucket="flows").get("Contents") is None


def test_a_bucket_that_is_gone_is_said(cloud, ec2, vpc, interface, pass_time):
    made = to_s3(ec2, vpc, "arn:aws:s3:::nowhere-to-be-found")
    pass_time(60)
    assert status(ec2, made) == ("FAILED", "LogDestination undeliverable")


def test_without_a_flow_log_nothing_is_asked_of_the_engine(ec2, vpc, interface, role, counters, pass_time):
    made = to_logs(ec2, vpc, role())
    pass_time(60)
    ec2.delete_flow_logs(FlowLogIds=[made])
    asked = counters.asked
    pass_time(600)
    assert counters.asked == asked


def test_lines_are_cut_into_calls_that_cloudwatch_logs_takes():
    assert chunks([], 100) == []
    assert [len(each) for each in chunks(["x" * 24] * 10, 100)] == [2] * 5
    assert [len(each) for each in chunks(["x"] * 25_000, 10**9)] == [10_000, 10_000, 5_000]
