"""What a machine tries against the host and its neighbours, and what the host does to machines: contained, and told."""

import base64
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.clouds import CommandLine
from tests.machines.conftest import Ground, eventually
from tests.services.ec2.conftest import refused

pytestmark = pytest.mark.machines

METADATA = "http://169.254.169.254/latest/"


@pytest.fixture(scope="module")
def bad(ground):
    """The machine whose root is up to no good. Its metadata service has tokens optional."""
    return ground.answers(ground.launch(InstanceType="t2.nano"))


@pytest.fixture(scope="module")
def neighbour(ground, bad):
    """A machine beside it, with a role, that nobody may reach but by ssh."""
    iam = ground.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": trust})
    iam.create_role(RoleName="guarded", AssumeRolePolicyDocument=document)
    iam.create_instance_profile(InstanceProfileName="guarded")
    iam.add_role_to_instance_profile(InstanceProfileName="guarded", RoleName="guarded")
    profile, subnet = {"Name": "guarded"}, ground.seen(bad)["SubnetId"]
    return ground.answers(ground.launch(IamInstanceProfile=profile, SubnetId=subnet))


@pytest.fixture()
def unhurt(ground, neighbour):
    """The neighbour and the cloud work after the test as before."""
    yield
    assert ground.ssh(neighbour, "echo well") == "well\n"
    assert ground.client("sts").get_caller_identity()["Account"] == ground.cloud.account


def fails(ground, machine, command):
    """Whether a command of the machine's root fails."""
    return ground.ssh(machine, f"sudo sh -c '{command}'", check=False, timeout=30).returncode != 0


def test_root_of_a_machine_reaches_no_file_disk_or_kernel_of_the_host(ground, bad, unhurt):
    for path in (ground.data, "/var/cache/groundcloud", "/run/groundcloud"):
        assert fails(ground, bad, f"ls {path}/*.db {path}/volumes {path}/images {path}/host.sock")
    loops = ground.ssh(bad, "ls -d /sys/block/loop* 2>/dev/null || true").split()
    for number in (0, 1, len(loops)):
        assert fails(ground, bad, f"mknod /tmp/l{number} b 7 {number} && head -c 1 /tmp/l{number}")
    assert fails(ground, bad, "mknod /tmp/mem c 1 1 && head -c 1 /tmp/mem")
    assert fails(ground, bad, "echo 1 > /proc/sys/kernel/panic")
    assert fails(ground, bad, "echo b > /proc/sysrq-trigger")
    assert fails(ground, bad, "mount -t cgroup -o memory none /mnt && echo > /mnt/release_agent")
    assert fails(ground, bad, "insmod /dev/null")
    assert fails(ground, bad, "dmesg")
    pids = ground.ssh(bad, "sudo ls /proc").split()
    assert len([each for each in pids if each.isdigit()]) < 100


SPOOF = (
    "ip addr add {address}/32 dev eth0; curl -s -m 2 --interface {address} "
    + METADATA
    + "meta-data/iam/security-credentials/guarded; status=$?; ip addr del {address}/32 dev eth0; exit $status"
)


def test_an_address_of_a_neighbour_gets_no_credentials_of_its_role(ground, bad, neighbour, unhurt):
    own = "curl -sf " + METADATA + "meta-data/iam/security-credentials/guarded"
    assert "SecretAccessKey" in eventually(lambda: ground.ssh(neighbour, own, check=False).stdout)
    address = ground.seen(neighbour)["PrivateIpAddress"]
    tried = ground.ssh(bad, f"sudo sh -c '{SPOOF.format(address=address)}'", check=False)
    assert "SecretAccessKey" not in tried.stdout
    assert tried.returncode != 0
    mine, theirs = (ground.seen(each)["NetworkInterfaces"][0]["MacAddress"] for each in (bad, neighbour))
    masked = f"ip link set eth0 address {theirs}; {own} -m 2; ip link set eth0 address {mine}"
    assert "SecretAccessKey" not in ground.ssh(bad, f"sudo sh -c '{masked}'", check=False).stdout
    eventually(lambda: ground.ssh(bad, "true", check=False).returncode == 0)


def test_no_rule_inside_a_machine_opens_what_its_groups_close(ground, bad, neighbour, unhurt):
    closed = ground.seen(neighbour)["PrivateIpAddress"]
    ground.ssh(neighbour, "nohup python3 -m http.server 8080 >/dev/null 2>&1 &")
    eventually(lambda: ground.ssh(neighbour, "curl -sf -o /dev/null localhost:8080", check=False).returncode == 0)
    ground.ssh(neighbour, "sudo nft flush ruleset", check=False)
    ground.ssh(bad, f"sudo ip route add {closed}/32 dev eth0", check=False)
    assert ground.ssh(bad, f"curl -s -m 2 {closed}:8080", check=False).returncode == 28
    public = ground.seen(neighbour)["PublicIpAddress"]
    assert ground.ssh(bad, f"curl -s -m 2 {public}:8080", check=False).returncode == 28


FORKS = "import os,time\ntry:\n  while os.fork(): pass\n  time.sleep(5)\nexcept OSError as error:\n  print(error)\n"


def test_a_machine_that_takes_all_disk_processes_and_memory_takes_its_own(ground, bad, unhurt):
    before = os.statvfs(ground.data).f_bavail
    assert "No space left" in ground.ssh(bad, "sudo fallocate -l 9G /fill", check=False).stderr
    ground.ssh(bad, "sudo rm -f /fill")
    free = os.statvfs(ground.data)
    assert (before - free.f_bavail) * free.f_frsize < 1024**3
    hog = "python3 -c 'x = bytearray(4 << 30); print(len(x))'"
    assert ground.ssh(bad, hog, check=False).returncode != 0
    script = base64.b64encode(FORKS.encode()).decode()
    ground.ssh(bad, f"echo {script} | base64 -d > /tmp/forks; sudo timeout 3 python3 /tmp/forks", check=False)
    assert len(list(Path("/proc").glob("[0-9]*"))) < 10_000
    eventually(lambda: ground.ssh(bad, "true", check=False, timeout=60).returncode == 0)


# -- what happens to machines


def _leader(ground, instance):
    """A machine's first process, as the host sees it."""
    (supervisor,) = (
        json.loads(path.read_bytes())["pid"]
        for path in (ground.data / "machines" / "run" / instance).glob("supervisor.json")
    )
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    (program,) = [each for each in children if "nspawn" in Path(f"/proc/{each}/comm").read_text()]
    return int(Path(f"/proc/{program}/task/{program}/children").read_text().split()[0])


def test_a_machine_whose_first_process_is_killed_is_started_again(ground, neighbour):
    before = _leader(ground, neighbour)
    os.kill(before, signal.SIGKILL)
    eventually(lambda: ground.ssh(neighbour, "true", check=False).returncode == 0 and _leader(ground, neighbour))
    assert _leader(ground, neighbour) != before
    assert ground.seen(neighbour)["State"]["Name"] == "running"


def test_machines_outlive_the_privileged_process_and_a_new_one_finds_them(ground, neighbour):
    before = _leader(ground, neighbour)
    status = ground.run("status", "--data", ground.data, "--json").json
    os.kill(int(status["machines"].split("privileged process ")[1].split(";")[0]), signal.SIGKILL)
    assert ground.ssh(neighbour, "echo there") == "there\n"
    ground.again()
    assert _leader(ground, neighbour) == before
    third = ground.answers(ground.launch())
    ground.ec2.terminate_instances(InstanceIds=[third])
    ground.reaches(third, "terminated")


@pytest.fixture()
def tight(tmp_path):
    """A cloud with 300 KB for disks and two public addresses."""
    machines = tmp_path / "d" / "machines"
    machines.mkdir(mode=0o700, parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=300k,mode=0700", "none", str(machines)], check=True)
    run = CommandLine(tmp_path)
    run.environment["GROUNDCLOUD_PUBLIC_POOL"] = "198.19.77.0/29"
    try:
        yield Ground(run, tmp_path)
    finally:
        run.close()
        subprocess.run(["umount", str(machines)], check=True)


def test_a_launch_without_room_or_addresses_ends_with_the_reason_and_leaves_nothing(tight):
    instance = tight.launch()
    ended = tight.reaches(instance, "terminated")
    assert ended["StateReason"]["Code"] == "Server.InternalError"
    assert "the host's disk is full" in ended["StateReason"]["Message"]
    eventually(lambda: not tight.ec2.describe_volumes()["Volumes"])
    assert tight.ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    assert list((tight.data / "machines" / "volumes").glob("vol-*")) == []
    with refused("InsufficientAddressCapacity"):
        tight.launch(MinCount=9, MaxCount=9)
    assert tight.ec2.describe_network_interfaces()["NetworkInterfaces"] == []
