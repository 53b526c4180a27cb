"""A cloud with machines, for the tests of a module: it needs root on Linux, and Debian's image, which is built once."""

import os
import subprocess
import time
from functools import cached_property

import pytest

from tests.clouds import CommandLine

LOGIN = ("-o", "BatchMode=yes", "-o", "UserKnownHostsFile=/dev/null", "-o", "StrictHostKeyChecking=no",
         "-o", "ConnectTimeout=2", "-o", "LogLevel=ERROR")  # fmt: skip


def eventually(found, seconds=180, every=0.1):
    """What `found` gives, once that is something."""
    end = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < end, f"still {value!r} after {seconds} s"
        time.sleep(every)
    return value


class Ground:
    """A running cloud with machines, and how a person works with it."""

    def __init__(self, run, home):
        self.run = run
        self.home = home
        self.data = home / "d"
        self.cloud = run.up(self.data, "--machines", "--tls-port", 0)
        self.ec2 = self.client("ec2")
        self.key = home / "lab.pem"
        self.key.touch(0o600)
        self.key.write_text(self.ec2.create_key_pair(KeyName="lab", KeyType="ed25519")["KeyMaterial"] + "\n")

    def client(self, service, **more):
        return self.cloud.client(service, **more)

    def again(self):
        """Start the cloud again on the same ports."""
        ports = [each.rpartition(":")[2] for each in (self.cloud.endpoint, self.cloud.tls_endpoint)]
        self.cloud = self.run.up(self.data, "--machines", "--port", ports[0], "--tls-port", ports[1])

    @cached_property
    def image(self):
        found = self.ec2.describe_images(Filters=[{"Name": "name", "Values": ["debian-12-*"]}])["Images"]
        return found[0]["ImageId"]

    @cached_property
    def web(self):
        """A security group that lets ssh in."""
        group = self.ec2.create_security_group(GroupName="web", Description="web")["GroupId"]
        self.ec2.authorize_security_group_ingress(
            GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
        )
        return group

    def launch(self, **more):
        asked = {"ImageId": self.image, "InstanceType": "t2.micro", "KeyName": "lab", "MinCount": 1, "MaxCount": 1}
        if not {"SecurityGroupIds", "NetworkInterfaces"} & more.keys():
            asked["SecurityGroupIds"] = [self.web]
        return self.ec2.run_instances(**(asked | more))["Instances"][0]["InstanceId"]

    def seen(self, instance):
        return self.ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]

    def reaches(self, instance, state, seconds=180):
        eventually(lambda: self.seen(instance)["State"]["Name"] == state, seconds)
        return self.seen(instance)

    def ssh(self, instance, command, *, user="admin", check=True, timeout=60):
        """A command's output, by ssh to the public address."""
        address = self.seen(instance)["PublicIpAddress"]
        done = subprocess.run(
            ["ssh", "-i", str(self.key), *LOGIN, f"{user}@{address}", command],
            capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if check:
            assert done.returncode == 0, f"{done.stdout}{done.stderr}"
        return done.stdout if check else done

    def new_volume(self, instance):
        """A volume of 1 GiB, attached as /dev/sdf."""
        zone = self.seen(instance)["Placement"]["AvailabilityZone"]
        volume = self.ec2.create_volume(AvailabilityZone=zone, Size=1)["VolumeId"]
        self.ec2.get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig={"Delay": 1})
        self.ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
        self.ec2.get_waiter("volume_in_use").wait(VolumeIds=[volume], WaiterConfig={"Delay": 1})
        return volume

    def answers(self, instance, seconds=180):
        """The instance, once it takes ssh."""
        self.reaches(instance, "running")
        eventually(lambda: self.ssh(instance, "true", check=False).returncode == 0, seconds)
        return instance


@pytest.fixture(scope="module")
def ground(tmp_path_factory):
    yield from grown(tmp_path_factory.mktemp("g"))


def grown(home, **environment):
    """A cloud with machines, and its end."""
    assert os.geteuid() == 0, "machines need root"
    run = CommandLine(home)
    run.environment.update(environment)
    run("image", "build", "debian-12")
    ground = Ground(run, home)
    try:
        yield ground
    finally:
        instances = [each["InstanceId"] for page in ground.ec2.get_paginator("describe_instances").paginate()
                     for one in page["Reservations"] for each in one["Instances"]]  # fmt: skip
        alive = [each for each in instances if ground.seen(each)["State"]["Name"] != "terminated"]
        if alive:
            ground.ec2.terminate_instances(InstanceIds=alive, Force=True)
            for each in alive:
                ground.reaches(each, "terminated")
        run.close()
