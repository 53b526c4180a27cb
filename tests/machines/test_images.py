"""Images that are made of machines, and what snapshots keep."""

import pytest

from tests.machines.conftest import eventually

pytestmark = pytest.mark.machines


def test_an_image_of_a_machine_has_what_was_on_its_disk(ground):
    """The book chapter on boto3 builds images so: launch, change over ssh, `create_image`, launch again."""
    builder = ground.answers(ground.launch())
    ground.ssh(builder, "echo baked | sudo tee /opt/note; sync")
    image = ground.ec2.create_image(InstanceId=builder, Name="baked 1")["ImageId"]
    ground.ec2.get_waiter("image_available").wait(ImageIds=[image], WaiterConfig={"Delay": 1})
    ground.ec2.terminate_instances(InstanceIds=[builder])
    made = ground.answers(ground.launch(ImageId=image))
    assert ground.ssh(made, "cat /opt/note") == "baked\n"
    found = ground.ec2.describe_images(Owners=["self"])["Images"]
    assert [(each["Name"], each["SourceInstanceId"]) for each in found] == [("baked 1", builder)]
    snapshot = found[0]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    ground.ec2.deregister_image(ImageId=image)
    ground.ec2.delete_snapshot(SnapshotId=snapshot)
    assert ground.ssh(made, "cat /opt/note") == "baked\n"
    ground.ec2.terminate_instances(InstanceIds=[made])


def test_a_snapshot_of_a_volume_is_restored_as_it_was(ground):
    machine = ground.answers(ground.launch())
    zone = ground.seen(machine)["Placement"]["AvailabilityZone"]

    def attached(volume, device):
        ground.ec2.get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig={"Delay": 1})
        ground.ec2.attach_volume(VolumeId=volume, InstanceId=machine, Device=device)
        eventually(lambda: ground.ssh(machine, f"ls {device}", check=False).returncode == 0)

    first = ground.ec2.create_volume(AvailabilityZone=zone, Size=1)["VolumeId"]
    attached(first, "/dev/xvdf")
    ground.ssh(
        machine, "sudo mkfs.ext4 -q /dev/xvdf && sudo mount /dev/xvdf /mnt && echo one | sudo tee /mnt/note; sync"
    )
    snapshot = ground.ec2.create_snapshot(VolumeId=first, Description="one")["SnapshotId"]
    ground.ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot], WaiterConfig={"Delay": 1})
    ground.ssh(machine, "echo two | sudo tee /mnt/note; sync")
    second = ground.ec2.create_volume(AvailabilityZone=zone, SnapshotId=snapshot)["VolumeId"]
    attached(second, "/dev/xvdg")
    ground.ssh(machine, "sudo mkdir /old && sudo mount /dev/xvdg /old")
    assert ground.ssh(machine, "cat /mnt/note /old/note") == "two\none\n"
    ground.ssh(machine, "sudo umount /mnt /old")
    ground.ec2.terminate_instances(InstanceIds=[machine])
