"""Who may launch an image and make volumes of a snapshot besides their owner."""

import pytest

from groundcloud.services.ec2.storage.records import Snapshot
from tests.cloud import Keys
from tests.services.ec2.conftest import refused


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
    ec2.disable_image_block_public_access()
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


def test_images_become_public_only_where_the_account_has_said_so(ec2, image):
    """New accounts block it: "Block public access to your AMIs" in the EC2 user guide."""
    public = {"Add": [{"Group": "all"}]}
    assert ec2.get_image_block_public_access_state()["ImageBlockPublicAccessState"] == "block-new-sharing"
    with refused("OperationNotPermitted", "block public access"):
        ec2.modify_image_attribute(ImageId=image, LaunchPermission=public)
    ec2.disable_image_block_public_access()
    ec2.modify_image_attribute(ImageId=image, LaunchPermission=public)
    answer = ec2.enable_image_block_public_access(ImageBlockPublicAccessState="block-new-sharing")
    assert answer["ImageBlockPublicAccessState"] == "block-new-sharing"
    assert launchers(ec2, image) == [{"Group": "all"}]


def test_a_disabled_image_is_nobody_elses_and_is_not_launched(ec2, image):
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"UserId": "111122223333"}]})
    ec2.disable_image(ImageId=image)
    assert ec2.describe_images(Owners=["self"])["Images"] == []
    seen = ec2.describe_images(Owners=["self"], IncludeDisabled=True)["Images"][0]
    assert (seen["State"], launchers(ec2, image)) == ("disabled", [])
    with refused("InvalidAMIID.Unavailable"):
        ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)
    ec2.enable_image(ImageId=image)
    assert ec2.describe_images(Owners=["self"])["Images"][0]["State"] == "available"


def test_a_protected_image_is_not_deregistered_before_its_cooldown_is_over(ec2, image, pass_time):
    ec2.enable_image_deregistration_protection(ImageId=image, WithCooldown=True)
    with refused("OperationNotPermitted", "protected"):
        ec2.deregister_image(ImageId=image)
    ec2.disable_image_deregistration_protection(ImageId=image)
    with refused("OperationNotPermitted", "protected"):
        ec2.deregister_image(ImageId=image)
    pass_time(hours=25)
    ec2.deregister_image(ImageId=image)


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


def test_public_snapshots_are_private_while_the_account_blocks_all_sharing(cloud, ec2, snapshot):
    ec2.modify_snapshot_attribute(
        SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"]
    )
    key = cloud.cloud.create_admin(cloud.cloud.create_account("other", "other@example.com"))
    other = cloud.client("ec2", Keys(key["access_key_id"], key["secret_access_key"]))
    other.describe_vpcs()
    assert other.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"]
    ec2.enable_snapshot_block_public_access(State="block-all-sharing")
    assert ec2.get_snapshot_block_public_access_state()["State"] == "block-all-sharing"
    with refused("InvalidSnapshot.NotFound"):
        other.describe_snapshots(SnapshotIds=[snapshot])
    with refused("OperationNotPermitted"):
        ec2.modify_snapshot_attribute(
            SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"]
        )
    ec2.disable_snapshot_block_public_access()
    assert other.describe_snapshots(SnapshotIds=[snapshot])["Snapshots"]
