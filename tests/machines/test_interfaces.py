"""Network interfaces that come to machines and leave them while they run."""

import subprocess

import pytest

from tests.machines.conftest import LOGIN, eventually

pytestmark = pytest.mark.machines


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
