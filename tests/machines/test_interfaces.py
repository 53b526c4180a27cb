"""Network interfaces that come to machines and leave them while they run, and the log of what goes by them."""

import gzip
import json
import socket
import subprocess

import pytest

from tests.machines.conftest import LOGIN, eventually

pytestmark = pytest.mark.machines


@pytest.fixture(scope="module", autouse=True)
def logged(ground):
    """The default VPC is logged to a log group and a bucket from the first test on: a record takes a minute."""
    trust = {"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole"}
    allowed = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    iam = ground.client("iam")
    role = iam.create_role(RoleName="flows", AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="flows", PolicyName="logs", PolicyDocument=policy(allowed))
    ground.client("s3").create_bucket(Bucket="flows")
    vpc = ground.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    every = {"ResourceIds": [vpc], "ResourceType": "VPC", "TrafficType": "ALL", "MaxAggregationInterval": 60}
    ground.ec2.create_flow_logs(LogGroupName="flows", DeliverLogsPermissionArn=role, **every)
    ground.ec2.create_flow_logs(LogDestinationType="s3", LogDestination="arn:aws:s3:::flows", **every)
    machine = ground.answers(ground.launch())
    return machine, ground.seen(machine)


def policy(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def links(ground, instance):
    return set(ground.ssh(instance, "ls /sys/class/net").split())


def interface_of(ground, interface):
    return ground.ec2.describe_network_interfaces(NetworkInterfaceIds=[interface])["NetworkInterfaces"][0]


def test_an_interface_is_plugged_into_a_running_machine_answers_there_and_is_pulled_out_again(ground):
    machine = ground.answers(ground.launch())
    subnet = ground.seen(machine)["SubnetId"]
    made = ground.ec2.create_network_interface(SubnetId=subnet, Groups=[ground.web])["NetworkInterface"]
    second, private = made["NetworkInterfaceId"], made["PrivateIpAddress"]
    attachment = ground.ec2.attach_network_interface(NetworkInterfaceId=second, InstanceId=machine, DeviceIndex=1)
    eventually(lambda: interface_of(ground, second)["Attachment"]["Status"] == "attached")
    assert "eth1" in links(ground, machine)
    assert f"inet {private}/" in ground.ssh(machine, "/sbin/ip -4 addr show dev eth1")
    assert [each["NetworkInterfaceId"] for each in ground.seen(machine)["NetworkInterfaces"]][1:] == [second]

    elastic = ground.ec2.allocate_address()
    ground.ec2.associate_address(AllocationId=elastic["AllocationId"], NetworkInterfaceId=second)

    def logged_in():
        words = ["ssh", "-i", str(ground.key), *LOGIN, f"admin@{elastic['PublicIp']}", "uname -n"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        return done.stdout

    assert eventually(logged_in) == ground.ssh(machine, "uname -n")

    ground.ec2.detach_network_interface(AttachmentId=attachment["AttachmentId"])
    eventually(lambda: interface_of(ground, second)["Status"] == "available")
    assert "eth1" not in links(ground, machine)
    assert len(ground.seen(machine)["NetworkInterfaces"]) == 1
    ground.ec2.terminate_instances(InstanceIds=[machine])
    ground.reaches(machine, "terminated")
    ground.ec2.delete_network_interface(NetworkInterfaceId=second)
    ground.ec2.release_address(AllocationId=elastic["AllocationId"])


def test_a_machine_that_is_started_has_the_interfaces_that_it_got_while_stopped(ground):
    machine = ground.answers(ground.launch())
    ground.ec2.stop_instances(InstanceIds=[machine])
    subnet = ground.reaches(machine, "stopped")["SubnetId"]
    second = ground.ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    ground.ec2.attach_network_interface(NetworkInterfaceId=second, InstanceId=machine, DeviceIndex=2)
    ground.ec2.start_instances(InstanceIds=[machine])
    ground.answers(machine)
    assert "eth2" in links(ground, machine)
    ground.ec2.terminate_instances(InstanceIds=[machine])
    ground.reaches(machine, "terminated")
    assert interface_of(ground, second)["Status"] == "available"
    ground.ec2.delete_network_interface(NetworkInterfaceId=second)


def test_flow_logs_have_what_was_let_through_and_what_was_not(ground, logged):
    machine, seen = logged
    interface, address = seen["NetworkInterfaces"][0]["NetworkInterfaceId"], seen["PrivateIpAddress"]
    stream = {"logGroupName": "flows", "logStreamName": f"{interface}-all"}

    def flows():
        """Until both are there: packets are sent again and again."""
        assert ground.ssh(machine, "true") == ""
        with socket.socket() as refused:
            refused.settimeout(0.2)
            assert refused.connect_ex((seen["PublicIpAddress"], 4444)) != 0
        try:
            events = ground.client("logs").get_log_events(startFromHead=True, **stream)["events"]
        except ground.client("logs").exceptions.ResourceNotFoundException:
            return []
        found = [each["message"].split() for each in events]
        into = {(each[6], each[12]) for each in found if each[4] == address and each[7] == "6"}
        return found if {("22", "ACCEPT"), ("4444", "REJECT")} <= into else []

    for record in eventually(flows, every=2):
        assert record[0] == "2" and record[2] == interface and record[13] in ("OK", "NODATA")
        assert int(record[11]) - int(record[10]) >= 60
    answers = [each for each in flows() if each[3] == address and each[5] == "22"]
    assert answers and all(int(each[9]) >= int(each[8]) * 40 for each in answers)
    s3 = ground.client("s3")
    files = eventually(lambda: s3.list_objects_v2(Bucket="flows").get("Contents"))
    whole = "".join(
        gzip.decompress(s3.get_object(Bucket="flows", Key=each["Key"])["Body"].read()).decode() for each in files
    )
    assert f"{interface} " in whole and " 22 " in whole
