"""Instances as people use them: real machines behind the API, over ssh."""

import asyncio
import json
import re
import socket
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from groundcloud.engines.host.client import host_engines
from groundcloud.engines.host.places import socket_of
from groundcloud.services.ec2.machines.instance_metrics import InstanceMetrics
from groundcloud.services.ec2.machines.metadata import Accesses
from groundcloud.store import open_store
from tests.machines.conftest import eventually

pytestmark = pytest.mark.machines


@pytest.fixture(scope="module")
def web(ground):
    """An instance that runs, with a user data script behind it."""
    script = "#!/bin/sh\necho hello from user data > /hello\n"
    return ground.answers(ground.launch(UserData=script))


def test_a_machine_takes_ssh_with_its_key_as_the_users_of_the_guides(ground, web):
    assert [ground.ssh(web, "id -un", user=user).strip() for user in ("admin", "ec2-user", "ubuntu")] == [
        "admin",
        "ec2-user",
        "ubuntu",
    ]
    assert ground.ssh(web, "sudo id -u").strip() == "0"
    assert ground.ssh(web, "uname -n").strip() == ground.seen(web)["PrivateDnsName"].partition(".")[0]


def test_status_checks_pass_once_a_machine_answers(ground, web):
    ground.ec2.get_waiter("instance_status_ok").wait(InstanceIds=[web], WaiterConfig={"Delay": 1, "MaxAttempts": 180})
    status = ground.ec2.describe_instance_status(InstanceIds=[web])["InstanceStatuses"][0]
    passed = {"Status": "ok", "Details": [{"Name": "reachability", "Status": "passed"}]}
    assert (status["InstanceStatus"], status["SystemStatus"]) == (passed, passed)


def test_user_data_runs_once(ground, web):
    eventually(lambda: ground.ssh(web, "cat /hello", check=False).returncode == 0)
    assert ground.ssh(web, "cat /hello") == "hello from user data\n"
    ground.ssh(web, "sudo rm /hello")
    ground.ec2.reboot_instances(InstanceIds=[web])
    started = "cat /proc/1/stat | cut -d' ' -f22"
    before = ground.ssh(web, started, check=False).stdout
    eventually(lambda: (now := ground.ssh(web, started, check=False)).returncode == 0 and now.stdout != before)
    assert ground.ssh(web, "ls /hello", check=False).returncode != 0


def test_root_of_a_machine_is_nobody_on_the_host(ground, web):
    assert int(ground.ssh(web, "cat /proc/self/uid_map").split()[1]) >= 65536
    assert ground.ssh(web, f"sudo cat {ground.data}/installation.key", check=False).returncode != 0


def test_the_console_shows_host_keys_from_which_known_hosts_is_built(ground, web):
    """The book chapter on boto3: the first line that begins with `ssh-rsa`, and login with no other trust."""

    def keys():
        output = ground.ec2.get_console_output(InstanceId=web).get("Output", "")
        return [line for line in output.replace("\r", "").split("\n") if line.startswith("ssh-rsa")]

    line = eventually(keys)[0]
    address = ground.seen(web)["PublicIpAddress"]
    known = ground.home / "known_hosts"
    known.write_text(f"{ground.seen(web)['PublicDnsName']},{address} {line}\n")
    done = subprocess.run(
        ["ssh", "-i", str(ground.key), "-o", f"UserKnownHostsFile={known}", "-o", "BatchMode=yes",
         "-o", "StrictHostKeyChecking=yes", f"admin@{address}", "true"], capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def takes_connections(address, port):
    try:
        socket.create_connection((address, port), timeout=1).close()
    except TimeoutError:
        return False
    return True


def test_nothing_comes_in_until_a_security_group_lets_it(ground):
    closed = ground.ec2.create_security_group(GroupName="closed", Description="closed")["GroupId"]
    instance = ground.launch(SecurityGroupIds=[closed])
    ground.reaches(instance, "running")
    refused = ground.ssh(instance, "true", check=False)
    assert refused.returncode == 255
    assert "timed out" in refused.stderr
    rule = {"GroupId": closed, "IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIp": "0.0.0.0/0"}
    ground.ec2.authorize_security_group_ingress(**rule)
    ground.answers(instance)
    ground.ec2.revoke_security_group_ingress(**rule)
    eventually(lambda: not takes_connections(ground.seen(instance)["PublicIpAddress"], 22))
    ground.ec2.terminate_instances(InstanceIds=[instance])
    ground.reaches(instance, "terminated")


def test_stop_and_start_keep_the_disk_and_change_the_address_that_is_not_elastic(ground):
    instance = ground.answers(ground.launch())
    ground.ssh(instance, "echo kept > note; sync")
    first = ground.seen(instance)
    ground.ec2.stop_instances(InstanceIds=[instance])
    stopped = ground.reaches(instance, "stopped")
    assert "PublicIpAddress" not in stopped
    assert stopped["PrivateIpAddress"] == first["PrivateIpAddress"]
    ground.ec2.start_instances(InstanceIds=[instance])
    ground.answers(instance)
    assert ground.ssh(instance, "cat note") == "kept\n"
    assert ground.seen(instance)["PublicIpAddress"] != first["PublicIpAddress"]
    elastic = ground.ec2.allocate_address()
    ground.ec2.associate_address(AllocationId=elastic["AllocationId"], InstanceId=instance)
    assert ground.seen(instance)["PublicIpAddress"] == elastic["PublicIp"]
    eventually(lambda: ground.ssh(instance, "true", check=False).returncode == 0)
    ground.ec2.stop_instances(InstanceIds=[instance])
    assert ground.reaches(instance, "stopped")["PublicIpAddress"] == elastic["PublicIp"]
    ground.ec2.terminate_instances(InstanceIds=[instance])
    ground.reaches(instance, "terminated")
    ground.ec2.release_address(AllocationId=elastic["AllocationId"])


def test_a_machine_that_shuts_itself_down_is_stopped(ground):
    instance = ground.answers(ground.launch())
    ground.ssh(instance, "sudo systemctl poweroff", check=False)
    stopped = ground.reaches(instance, "stopped")
    assert stopped["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
    ground.ec2.terminate_instances(InstanceIds=[instance])


METADATA = (
    "T=$(curl -sfX PUT http://169.254.169.254/latest/api/token -H 'X-aws-ec2-metadata-token-ttl-seconds: 60');"
    ' curl -sf -H "X-aws-ec2-metadata-token: $T" http://169.254.169.254/latest/'
)


def test_the_metadata_service_tells_a_machine_what_it_is(ground, web):
    seen = ground.seen(web)
    assert ground.ssh(web, METADATA + "meta-data/instance-id") == web
    assert ground.ssh(web, METADATA + "meta-data/public-ipv4") == seen["PublicIpAddress"]
    assert ground.ssh(web, METADATA + "user-data").startswith("#!/bin/sh")
    document = json.loads(ground.ssh(web, METADATA + "dynamic/instance-identity/document"))
    assert (document["instanceId"], document["region"]) == (web, "us-east-1")
    ground.ec2.modify_instance_metadata_options(InstanceId=web, HttpTokens="required")
    plain = "curl -s -o /dev/null -w '%{http_code}' http://169.254.169.254/latest/meta-data/"
    assert ground.ssh(web, plain) == "401"
    ground.ec2.modify_instance_metadata_options(InstanceId=web, HttpTokens="optional")
    assert ground.ssh(web, plain) == "200"


def test_a_role_that_is_attached_to_a_running_machine_works_there_at_once(ground, web):
    path = "meta-data/iam/security-credentials/"
    assert ground.ssh(web, METADATA + path, check=False).returncode != 0
    iam = ground.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(
        RoleName="awslab-ec2-role", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust})
    )
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": allow})
    iam.put_role_policy(RoleName="awslab-ec2-role", PolicyName="s3", PolicyDocument=policy)
    iam.create_instance_profile(InstanceProfileName="awslab")
    iam.add_role_to_instance_profile(InstanceProfileName="awslab", RoleName="awslab-ec2-role")
    ground.ec2.associate_iam_instance_profile(InstanceId=web, IamInstanceProfile={"Name": "awslab"})
    assert ground.ssh(web, METADATA + path).strip() == "awslab-ec2-role"
    found = json.loads(ground.ssh(web, METADATA + path + "awslab-ec2-role"))
    keys = {"access_key_id": found["AccessKeyId"], "secret_access_key": found["SecretAccessKey"]}
    session = boto3.Session(keys["access_key_id"], keys["secret_access_key"], found["Token"], "us-east-1")
    arn = session.client("sts", endpoint_url=ground.cloud.endpoint).get_caller_identity()["Arn"]
    assert arn == f"arn:aws:sts::{ground.cloud.account}:assumed-role/awslab-ec2-role/{web}"


def test_the_names_of_aws_lead_to_this_cloud_over_tls_that_the_machine_trusts(ground, web):
    """A URL that the SDK signs for the real host name of Seoul's S3 is good inside the machine, with no setting."""
    s3 = ground.client("s3")
    s3.create_bucket(Bucket="seoul-notes")
    s3.put_object(Bucket="seoul-notes", Key="a.txt", Body=b"from the bucket")
    there = boto3.client(
        "s3", region_name="us-east-1", aws_access_key_id=ground.cloud.printed["access_key_id"],
        aws_secret_access_key=ground.cloud.printed["secret_access_key"], config=Config(signature_version="s3v4"),
    )  # fmt: skip
    url = there.generate_presigned_url("get_object", {"Bucket": "seoul-notes", "Key": "a.txt"})
    assert url.startswith("https://seoul-notes.s3.amazonaws.com/")
    assert ground.ssh(web, f"curl -sf '{url}'") == "from the bucket"
    assert ground.ssh(web, "curl -s -o /dev/null -w '%{http_code}' https://sts.ap-northeast-2.amazonaws.com/") != "000"


def test_names_of_machines_resolve_inside(ground, web):
    seen = ground.seen(web)
    asked = f"getent ahostsv4 {seen['PrivateDnsName']} {seen['PublicDnsName']}"
    assert set(re.findall(r"^\d+\.\d+\.\d+\.\d+", ground.ssh(web, asked), re.M)) <= {
        seen["PrivateIpAddress"],
        "127.0.1.1",
    }


def test_a_volume_is_attached_formatted_mounted_and_moved_to_another_machine(ground, web):
    subnet = ground.seen(web)["SubnetId"]
    volume = ground.new_volume(web)
    device = eventually(lambda: ground.ssh(web, "ls /dev/sdf /dev/xvdf 2>/dev/null", check=False).stdout.split())[0]
    ground.ssh(web, f"sudo mkfs.ext4 -q {device} && sudo mkdir -p /data && sudo mount {device} /data")
    ground.ssh(web, "echo moved | sudo tee /data/note && sudo umount /data")
    ground.ec2.detach_volume(VolumeId=volume)
    ground.ec2.get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig={"Delay": 1})
    other = ground.answers(ground.launch(SubnetId=subnet))
    ground.ec2.attach_volume(VolumeId=volume, InstanceId=other, Device="/dev/sdf")
    eventually(lambda: ground.ssh(other, f"ls {device}", check=False).returncode == 0)
    assert ground.ssh(other, f"sudo mkdir -p /data && sudo mount {device} /data && cat /data/note") == "moved\n"
    ground.ssh(other, "sudo umount /data")
    ground.ec2.terminate_instances(InstanceIds=[other])
    ground.reaches(other, "terminated")
    eventually(lambda: ground.ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["State"] == "available")
    ground.ec2.delete_volume(VolumeId=volume)


def test_a_machine_tells_cloudwatch_what_it_uses(ground, web):
    """The chore of the server, with a test's clock: its minute is over once the machine has done its work."""
    minute = [datetime.now(UTC).replace(second=0, microsecond=0)]
    engines = host_engines(socket_of(ground.data))
    stores = [open_store(str(ground.data / name)) for name in ("groundcloud.db", "cloudwatch.db")]
    metrics = InstanceMetrics(*stores, engines["machines"], engines["network"], Accesses(), lambda: minute[0])
    ground.ec2.monitor_instances(InstanceIds=[web])
    try:
        asyncio.run(metrics.write())
        ground.ssh(web, "python3 -c 'import time\nwhile time.process_time() < 2: pass'", timeout=120)
        ground.ssh(web, "sudo dd if=/dev/zero of=/var/tmp/metrics bs=1M count=8 conv=fsync && echo ok")
        minute[0] += timedelta(minutes=1)
        asyncio.run(metrics.write())
    finally:
        for store in stores:
            store.close()

    def told(name, namespace="AWS/EC2", key="InstanceId", value=web):
        points = ground.client("cloudwatch").get_metric_statistics(
            Namespace=namespace, MetricName=name, Dimensions=[{"Name": key, "Value": value}], Period=60,
            StartTime=minute[0] - timedelta(minutes=1), EndTime=minute[0], Statistics=["Maximum"],
        )["Datapoints"]  # fmt: skip
        return points[0]["Maximum"]

    used = told("CPUUtilization")
    assert 3 < used <= 100  # two of sixty seconds of one processor's time
    assert told("NetworkIn") > 2000
    assert told("NetworkOut") > 2000
    assert told("NetworkPacketsIn") > 10
    assert told("StatusCheckFailed") == 0
    root = ground.seen(web)["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    assert told("VolumeWriteBytes", "AWS/EBS", "VolumeId", root) >= 8 * 1024**2


def test_machines_outlive_the_server_and_are_found_again(ground, web):
    began = "cut -d' ' -f22 /proc/1/stat"
    before = ground.ssh(web, began)
    ground.cloud.kill()
    eventually(lambda: ground.run("status", "--data", ground.data, "--json", code=None).code != 0)
    ground.again()
    assert ground.reaches(web, "running")["InstanceId"] == web
    assert ground.ssh(web, began) == before
    assert ground.ssh(web, METADATA + "meta-data/instance-id") == web


def test_what_is_terminated_leaves_nothing_on_the_host(ground):
    instance = ground.answers(ground.launch())
    volume = ground.seen(instance)["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    interface = ground.seen(instance)["NetworkInterfaces"][0]["NetworkInterfaceId"]
    ground.ec2.terminate_instances(InstanceIds=[instance])
    ended = ground.reaches(instance, "terminated")
    assert ended["BlockDeviceMappings"] == []

    def left():
        volumes = [each["VolumeId"] for each in ground.ec2.describe_volumes()["Volumes"]]
        interfaces = [
            each["NetworkInterfaceId"] for each in ground.ec2.describe_network_interfaces()["NetworkInterfaces"]
        ]
        processes = subprocess.run(["pgrep", "-f", instance], capture_output=True, text=True).stdout
        mounts = [line for line in Path("/proc/mounts").read_text().split("\n") if instance in line or volume in line]
        return volume in volumes or interface in interfaces or processes or mounts

    eventually(lambda: not left())
