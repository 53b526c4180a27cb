"""An instance whose volumes are encrypted: what is on the host's disk is worth nothing without the key."""

import os
import signal
import subprocess

import pytest

from tests.machines.conftest import eventually

pytestmark = pytest.mark.machines

WORDS = "nobody reads this on the host"


@pytest.fixture(scope="module")
def key(ground):
    return ground.client("kms").create_key()["KeyMetadata"]["Arn"]


@pytest.fixture(scope="module")
def instance(ground, key):
    ebs = {"Encrypted": True, "KmsKeyId": key}
    found = ground.launch(
        BlockDeviceMappings=[
            {"DeviceName": "/dev/xvda", "Ebs": ebs},
            {"DeviceName": "/dev/sdf", "Ebs": {**ebs, "VolumeSize": 1}},
        ]
    )
    ground.answers(found)
    ground.ssh(
        found,
        "sudo mkfs.ext4 -q /dev/sdf && sudo mkdir /data && sudo mount /dev/sdf /data && "
        f"for i in $(seq 1000); do echo {WORDS}; done | sudo tee /data/words | sudo tee /srv/words >/dev/null && "
        "echo '/dev/sdf /data ext4 defaults,nofail 0 2' | sudo tee -a /etc/fstab >/dev/null && sync",
    )
    return found


def volumes(ground, instance):
    return [each["Ebs"]["VolumeId"] for each in ground.seen(instance)["BlockDeviceMappings"]]


def reads(ground, instance):
    return ground.ssh(instance, "sort -u /data/words /srv/words").strip() == WORDS


def on_the_host(ground, name, words=WORDS):
    """Whether a file of the engine's folder has these words."""
    file = next((ground.data / "machines").rglob(name))
    os.sync()
    return (
        subprocess.run(["grep", "--quiet", "--recursive", "--fixed-strings", words, str(file)], check=False).returncode
        == 0
    )


def test_what_a_machine_writes_is_not_readable_in_the_hosts_files(ground, instance):
    assert reads(ground, instance)
    assert [on_the_host(ground, each) for each in volumes(ground, instance)] == [False, False]
    seen = ground.ec2.describe_volumes(VolumeIds=volumes(ground, instance))["Volumes"]
    assert [each["Encrypted"] for each in seen] == [True, True]


def test_it_goes_on_when_the_cloud_is_killed_and_when_it_restarts_by_itself(ground, instance):
    started = "cut -d' ' -f22 /proc/1/stat"
    before = ground.ssh(instance, started)
    ground.cloud.kill()
    eventually(lambda: ground.run("status", "--data", ground.data, "--json", code=None).code != 0)
    ground.again()
    status = ground.run("status", "--data", ground.data, "--json").json
    os.kill(int(status["machines"].split("privileged process ")[1].split(";")[0]), signal.SIGKILL)
    ground.again()
    assert ground.ssh(instance, started) == before
    assert reads(ground, instance)
    ground.ssh(instance, "sudo systemctl reboot", check=False)
    eventually(lambda: (now := ground.ssh(instance, started, check=False)).returncode == 0 and now.stdout != before)
    eventually(lambda: ground.ssh(instance, "mountpoint -q /data", check=False).returncode == 0)
    assert reads(ground, instance)


def test_a_disabled_key_keeps_it_from_starting_and_an_enabled_one_brings_all_back(ground, instance, key):
    kms = ground.client("kms")
    ground.ec2.stop_instances(InstanceIds=[instance])
    ground.reaches(instance, "stopped")
    kms.disable_key(KeyId=key)
    ground.ec2.start_instances(InstanceIds=[instance])
    stopped = eventually(lambda: (found := ground.seen(instance))["State"]["Name"] == "stopped" and found)
    assert "Client.InvalidKMSKey.InvalidState" in stopped["StateReason"]["Message"]
    kms.enable_key(KeyId=key)
    ground.ec2.start_instances(InstanceIds=[instance])
    ground.answers(instance)
    eventually(lambda: ground.ssh(instance, "mountpoint -q /data", check=False).returncode == 0)
    assert reads(ground, instance)


def test_an_image_of_it_is_encrypted_and_boots(ground, instance):
    image = ground.ec2.create_image(InstanceId=instance, Name="encrypted", NoReboot=True)["ImageId"]
    found = eventually(lambda: (seen := ground.ec2.describe_images(ImageIds=[image])["Images"][0])["State"] ==
                       "available" and seen)  # fmt: skip
    snapshots = [each["Ebs"]["SnapshotId"] for each in found["BlockDeviceMappings"]]
    assert not any(on_the_host(ground, each) for each in (*snapshots, f"of-{image}"))
    second = ground.answers(ground.launch(ImageId=image))
    eventually(lambda: ground.ssh(second, "mountpoint -q /data", check=False).returncode == 0)
    assert reads(ground, second)
    assert all(each["Encrypted"] for each in ground.ec2.describe_volumes(VolumeIds=volumes(ground, second))["Volumes"])


def test_a_volume_that_is_attached_while_it_runs_is_encrypted_too(ground, instance, key):
    zone = ground.seen(instance)["Placement"]["AvailabilityZone"]
    volume = ground.ec2.create_volume(AvailabilityZone=zone, Size=1, Encrypted=True, KmsKeyId=key)["VolumeId"]
    eventually(lambda: ground.ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["State"] == "available")
    ground.ec2.attach_volume(InstanceId=instance, VolumeId=volume, Device="/dev/sdg")
    eventually(lambda: ground.ssh(instance, "test -b /dev/sdg", check=False).returncode == 0)
    ground.ssh(instance, f"echo {WORDS} | sudo dd of=/dev/sdg conv=fsync 2>/dev/null")
    assert ground.ssh(instance, f"sudo head -c {len(WORDS)} /dev/sdg") == WORDS
    assert not on_the_host(ground, volume)
