"""Who may launch an image and make volumes of a snapshot besides their owner."""

import pytest

from groundcloud.services.ec2.storage.records import Snapshot


@pytest.fixture()
def snapshot(cloud, ec2):
    """The id of a snapshot, written by hand: no volume is needed for it."""
    ec2.describe_vpcs()
    made = Snapshot(cloud.account, "us-east-1", "snap-0123456789abcdef0", "vol-ffffffff", 1, cloud.clock())
    cloud.store.write(lambda tx: tx.put(made))
    return made.snapshot_id


@pytest.fixture()
def image(cloud, ec2, machines):
    public = ec2.describe_images(Filters=[{"Name": "name", "Values": ["debian-12-*"]}])["Images"][0]["ImageId"]
    return ec2.copy_image(Name="a copy", SourceImageId=public, SourceRegion="us-east-1")["ImageId"]


def launchers(ec2, image):
    return ec2.describe_image_attribute(ImageId=image, Attribute="launchPermission")["LaunchPermissions"]


def test_an_image_is_shared_by_either_form_of_the_call(ec2, image):
    ec2.modify_image_attribute(
        ImageId=image, LaunchPermission={"Add": [{"UserId": "111122223333"}, {"UserId": "444455556666"}]}
    )
    ec2.modify_image_attribute(ImageId=image, Attribute="launchPermission", OperationType="add", UserGroups=["all"])
    assert launchers(ec2, image) == [{"UserId": "111122223333"}, {"UserId": "444455556666"}, {"Group": "all"}]
    ec2.modify_image_attribute(
        ImageId=image, Attribute="launchPermission", OperationType="remove", UserIds=["111122223333"]
    )
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Remove": [{"Group": "all"}]})
    assert launchers(ec2, image) == [{"UserId": "444455556666"}]
    ec2.reset_image_attribute(ImageId=image, Attribute="launchPermission")
    assert launchers(ec2, image) == []


def test_a_snapshot_is_shared_by_either_form_of_the_call(ec2, snapshot):
    def users():
        found = ec2.describe_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")
        return found["CreateVolumePermissions"]

    ec2.modify_snapshot_attribute(SnapshotId=snapshot, CreateVolumePermission={"Add": [{"UserId": "111122223333"}]})
    ec2.modify_snapshot_attribute(
        SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"]
    )
    assert users() == [{"UserId": "111122223333"}, {"Group": "all"}]
    ec2.modify_snapshot_attribute(
        SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="remove", UserIds=["111122223333"]
    )
    assert users() == [{"Group": "all"}]
    ec2.reset_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")
    assert users() == []
