"""Instances on an LXD cluster: the same API, over real sockets, with the machines in containers of LXD."""

from pathlib import Path

import pytest

from groundcloud.engines.host.client import Host, HostMachines
from groundcloud.engines.host.places import socket_of, tag_of
from groundcloud.engines.machines.lxd.address import address_of
from groundcloud.engines.machines.lxd.project import Project
from tests.clouds import CommandLine
from tests.lxd import daemon
from tests.machines.conftest import eventually, grown

__all__ = ["daemon"]

pytestmark = pytest.mark.machines


@pytest.fixture(scope="module")
def ground(tmp_path_factory, daemon):
    home = tmp_path_factory.mktemp("g")
    yield from grown(home, GROUNDCLOUD_MACHINE_CLUSTER=daemon.address)
    project(home / "d", daemon).remove()


def project(data, daemon):
    """What the cloud has on the cluster."""
    return Project(address_of(daemon.address), tag_of(data))


@pytest.fixture(scope="module")
def web(ground):
    return ground.answers(ground.launch(UserData="#!/bin/sh\necho hello from user data > /hello\n"))


def root_volume(ground, instance):
    return ground.seen(instance)["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]


def test_an_instance_is_a_container_that_takes_ssh_and_its_user_data(ground, web, daemon):
    found = project(ground.data, daemon).lxd.get("instances", root_volume(ground, web))
    assert (found["type"], found["status"]) == ("container", "Running")
    assert found["config"]["limits.memory"] == "1024MiB"
    assert ground.ssh(web, "uname -n").strip() == ground.seen(web)["PrivateDnsName"].partition(".")[0]
    assert ground.ssh(web, "id -un; sudo id -u", user="ec2-user").split() == ["ec2-user", "0"]
    eventually(lambda: ground.ssh(web, "cat /hello", check=False).stdout == "hello from user data\n")


def test_its_security_groups_and_its_metadata_are_as_those_of_every_machine(ground, web):
    token = "curl -sfX PUT http://169.254.169.254/latest/api/token -H 'X-aws-ec2-metadata-token-ttl-seconds: 60'"
    said = f'curl -sf -H "X-aws-ec2-metadata-token: $({token})" http://169.254.169.254/latest/meta-data/instance-id'
    assert ground.ssh(web, said) == web
    other = ground.answers(ground.launch(SubnetId=ground.seen(web)["SubnetId"]))
    reached = f"timeout 2 bash -c '</dev/tcp/{ground.seen(other)['PrivateIpAddress']}/%d'; echo $?"
    assert ground.ssh(web, reached % 22).strip() == "0"
    assert ground.ssh(web, reached % 80).strip() == "124"  # dropped, not refused
    ground.ec2.terminate_instances(InstanceIds=[other])
    ground.reaches(other, "terminated")


def test_a_volume_is_a_disk_of_it(ground, web):
    volume = ground.new_volume(web)
    eventually(lambda: ground.ssh(web, "ls /dev/sdf", check=False).returncode == 0)
    ground.ssh(web, "sudo mkfs.ext4 -q /dev/sdf && sudo mount /dev/sdf /mnt && echo note | sudo tee /mnt/note")
    ground.ssh(web, "sudo umount /mnt")
    used = HostMachines(Host(socket_of(ground.data))).usage()[web]
    assert used.processor_seconds > 0
    assert used.disks[volume].bytes_written > 0
    ground.ec2.detach_volume(VolumeId=volume)
    ground.ec2.get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig={"Delay": 1})
    assert ground.ssh(web, "ls /dev/sdf", check=False).returncode != 0
    ground.ec2.delete_volume(VolumeId=volume)


def test_it_outlives_the_server_and_the_privileged_process(ground, web):
    began = "cut -d' ' -f22 /proc/1/stat"
    before = ground.ssh(web, began)
    ground.cloud.kill()
    eventually(lambda: ground.run("status", "--data", ground.data, "--json", code=None).code != 0)
    ground.again()
    assert ground.reaches(web, "running")["InstanceId"] == web
    assert ground.ssh(web, began) == before


def test_a_stop_keeps_its_disk_and_its_end_leaves_nothing(ground, web, daemon):
    volume = root_volume(ground, web)
    ground.ssh(web, "echo kept > note; sync")
    ground.ec2.stop_instances(InstanceIds=[web])
    ground.reaches(web, "stopped")
    ground.ec2.start_instances(InstanceIds=[web])
    ground.answers(web)
    assert ground.ssh(web, "cat note") == "kept\n"
    ground.ec2.terminate_instances(InstanceIds=[web])
    ground.reaches(web, "terminated")
    there = project(ground.data, daemon)
    eventually(lambda: there.lxd.get("instances") == [])
    eventually(lambda: not list(Path("/sys/fs/cgroup").glob(f"*/lxc.*{volume}")))


def test_doctor_says_when_the_daemon_or_its_pool_is_not_there(ground, daemon):
    def lacks(cluster):
        found = ground.run("doctor", "--json", code=None, GROUNDCLOUD_MACHINE_CLUSTER=cluster).json
        return [each["needs"] for each in found if each["feature"] == "machines (EC2)" and not each["found"]]

    assert lacks(daemon.address) == []
    assert lacks(daemon.address.replace("default", "fast")) == ["the storage pool fast of the cluster"]
    assert lacks("lxd:///nowhere/unix.socket") == ["the daemon at /nowhere/unix.socket"]


def test_a_reset_deletes_what_the_cloud_has_on_the_cluster(tmp_path, daemon):
    run = CommandLine(tmp_path)
    run.environment["GROUNDCLOUD_MACHINE_CLUSTER"] = daemon.address
    data = tmp_path / "d"
    run.up(data, "--machines", "--tls-port", 0)
    there = project(data, daemon)
    assert there.shared.find("projects", there.lxd.project) is not None
    run("reset", "--data", data, "--yes")
    assert there.shared.find("projects", there.lxd.project) is None
