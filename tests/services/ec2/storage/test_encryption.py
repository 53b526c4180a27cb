"""EBS encryption: what is encrypted, under which key, who may open it, and what the engine is given.

Sources: "Amazon EBS encryption" in the EBS user guide, "How Amazon EBS uses AWS KMS" in the KMS developer guide.
"""

import json

import pytest

from groundcloud.controllers import Loop
from groundcloud.engines.machines.wanted import MachineFailed, State
from groundcloud.services.ec2.machines.controller import Instances
from groundcloud.services.ec2.storage.controller import EbsVolumes
from groundcloud.services.ec2.storage.snapshot_controller import EbsSnapshots, Images
from tests.cloud import Keys, TestCloud
from tests.services.ec2.conftest import refused

ZONE = "us-east-1a"


class Engine:
    """Volumes and machines that are remembered: the key of each volume and snapshot, and which are unlocked."""

    def __init__(self):
        self.keys, self.made_of, self.unlocked, self.running, self.attached = {}, {}, set(), set(), set()

    def create(self, volume, size, snapshot="", seal=None):
        if volume not in self.keys:
            self._make(volume, snapshot, seal)

    def create_root(self, volume, size, image, seal=None):
        if volume not in self.keys:
            self._make(volume, image, seal)

    def _make(self, volume, source, seal):
        before = self.keys.get(source)
        if before is not None and (seal is None or before not in (seal.key, seal.source)):
            raise MachineFailed("the key is not the source's")
        self.keys[volume] = seal.key if seal is not None else None
        self.made_of[volume] = source

    def unlock(self, volume, key):
        if self.keys[volume] != key:
            raise MachineFailed("the key is not this volume's")
        self.unlocked.add(volume)

    def snapshot(self, volume, snapshot):
        self.keys[snapshot] = self.keys[volume]

    def image_from_snapshot(self, image, snapshot):
        self.keys[image] = self.keys[snapshot]

    def delete(self, volume):
        self.keys.pop(volume, None)

    delete_snapshot = delete_image = delete

    def start(self, machine):
        assert machine.root in self.unlocked or self.keys[machine.root] is None
        self.running.add(machine.id)
        return self.states()[machine.id]

    def stop(self, machine_id, *, force=False):
        self.running.discard(machine_id)

    def forget(self, machine_id):
        self.unlocked.clear()

    remove = forget

    def states(self):
        return {each: State(each, True) for each in self.running}

    def attach(self, machine_id, disk):
        assert disk.volume in self.unlocked
        self.attached.add(disk.volume)

    def detach(self, machine_id, volume, *, force=False):
        self.attached.discard(volume)

    # -- the network, of which nothing is asked here

    def networks(self):
        return self

    def __contains__(self, network):
        return True

    def answering(self, network):
        return set()

    def plug(self, *_):
        pass

    unplug = plug


@pytest.fixture()
def engine():
    return Engine()


@pytest.fixture()
def cloud(tmp_path, engine):
    made = TestCloud(tmp_path, engines={"machines": engine, "volumes": engine, "network": engine})
    yield made
    made.close()


@pytest.fixture()
def ec2(cloud, engine):
    return cloud.client("ec2")


@pytest.fixture()
def settle(cloud, engine):
    within = cloud.cloud.within_ec2
    loop = Loop(
        cloud.store,
        [
            Instances(cloud.store, engine, engine, engine, cloud.clock, within),
            EbsVolumes(cloud.store, engine, engine, cloud.clock, within),
            EbsSnapshots(cloud.store, engine, cloud.clock, within),
            Images(cloud.store, engine),
        ],
        now=cloud.clock,
        monotonic=lambda: cloud.clock().timestamp(),
    )

    def run():
        for _ in range(4):
            loop.settle()
            cloud.clock.advance(seconds=1)

    return run


@pytest.fixture()
def kms(cloud):
    return cloud.client("kms")


@pytest.fixture()
def key(kms):
    return kms.create_key()["KeyMetadata"]["Arn"]


@pytest.fixture()
def image(ec2):
    return ec2.describe_images(Filters=[{"Name": "name", "Values": ["debian-12-*"]}])["Images"][0]["ImageId"]


def launched(ec2, image, **ebs):
    mapping = {"DeviceName": "/dev/xvda", "Ebs": ebs}
    answer = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, BlockDeviceMappings=[mapping])
    return answer["Instances"][0]["InstanceId"]


def seen(ec2, instance):
    return ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]


def root_of(ec2, instance):
    device = seen(ec2, instance)["BlockDeviceMappings"][0]["Ebs"]
    return ec2.describe_volumes(VolumeIds=[device["VolumeId"]])["Volumes"][0]


def volume_of(ec2, **more):
    return ec2.create_volume(**({"AvailabilityZone": ZONE, "Size": 1} | more))


def snapshot_of(ec2, settle, volume):
    found = ec2.create_snapshot(VolumeId=volume)
    settle()
    return found


def test_an_encrypted_volume_has_the_key_that_aws_manages_for_ebs(ec2, kms, settle, engine):
    made = volume_of(ec2, Encrypted=True)
    assert made["Encrypted"] and made["KmsKeyId"].startswith("arn:aws:kms:us-east-1:")
    assert kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["Arn"] == made["KmsKeyId"]
    settle()
    assert len(engine.keys[made["VolumeId"]]) == 64
    assert ec2.describe_volumes(Filters=[{"Name": "encrypted", "Values": ["true"]}])["Volumes"][0]["State"] == (
        "available"
    )


def test_each_volume_has_a_data_key_of_its_own_under_the_key_that_is_named(ec2, kms, key, settle, engine):
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key)
    volumes = [volume_of(ec2, Encrypted=True, KmsKeyId=name) for name in (key, "alias/mine", key.rpartition("/")[2])]
    settle()
    assert {each["KmsKeyId"] for each in volumes} == {key}
    assert len({engine.keys[each["VolumeId"]] for each in volumes}) == 3
    assert kms.list_grants(KeyId=key)["Grants"] == []


def test_a_key_needs_encryption_to_be_asked_for(ec2, key):
    with refused("InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set."):
        volume_of(ec2, KmsKeyId=key)
    with refused("InvalidParameterDependency"):
        volume_of(ec2, KmsKeyId=key, Encrypted=False)
    ec2.enable_ebs_encryption_by_default()
    assert volume_of(ec2, KmsKeyId=key)["KmsKeyId"] == key


def test_what_is_deleted_before_it_was_made_leaves_no_grant(ec2, kms, key, settle):
    volume = volume_of(ec2, Encrypted=True, KmsKeyId=key)["VolumeId"]
    assert len(kms.list_grants(KeyId=key)["Grants"]) == 1
    ec2.delete_volume(VolumeId=volume)
    settle()
    assert kms.list_grants(KeyId=key)["Grants"] == []


def test_a_volume_whose_key_cannot_be_used_goes_again(ec2, kms, key, settle):
    """Source: CreateVolume in the API reference: the key is looked at later, and the call can appear to complete."""
    kms.disable_key(KeyId=key)
    made = [volume_of(ec2, Encrypted=True, KmsKeyId=name)["VolumeId"] for name in (key, "alias/nobody")]
    settle()
    for volume in made:
        with refused("InvalidVolume.NotFound"):
            ec2.describe_volumes(VolumeIds=[volume])


def test_what_is_made_of_something_encrypted_is_encrypted_under_the_same_key(ec2, key, settle, engine):
    volume = volume_of(ec2, Encrypted=True, KmsKeyId=key)["VolumeId"]
    settle()
    snapshot = snapshot_of(ec2, settle, volume)
    assert (snapshot["Encrypted"], snapshot["KmsKeyId"]) == (True, key)
    with refused("InvalidParameter", "Encrypted flag cannot be false"):
        volume_of(ec2, SnapshotId=snapshot["SnapshotId"], Encrypted=False)
    restored = volume_of(ec2, SnapshotId=snapshot["SnapshotId"])
    settle()
    assert (restored["Encrypted"], restored["KmsKeyId"]) == (True, key)
    assert engine.keys[restored["VolumeId"]] == engine.keys[volume]


def test_another_key_makes_another_data_key_and_the_content_is_encrypted_anew(ec2, kms, key, settle, engine):
    other = kms.create_key()["KeyMetadata"]["Arn"]
    volume = volume_of(ec2, Encrypted=True, KmsKeyId=key)["VolumeId"]
    settle()
    snapshot = snapshot_of(ec2, settle, volume)["SnapshotId"]
    restored = volume_of(ec2, SnapshotId=snapshot, Encrypted=True, KmsKeyId=other)["VolumeId"]
    copy = ec2.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=snapshot, Encrypted=True, KmsKeyId=other)
    settle()
    assert engine.made_of[restored] == snapshot
    assert len({engine.keys[each] for each in (volume, restored, copy["SnapshotId"])}) == 3
    shown = ec2.describe_snapshots(SnapshotIds=[copy["SnapshotId"]])["Snapshots"][0]
    assert (shown["State"], shown["KmsKeyId"]) == ("completed", other)
    kms.disable_key(KeyId=key)  # the copy depends on its own key alone
    again = volume_of(ec2, SnapshotId=copy["SnapshotId"])["VolumeId"]
    settle()
    assert ec2.describe_volumes(VolumeIds=[again])["Volumes"][0]["State"] == "available"


def test_a_copy_of_a_plain_snapshot_is_encrypted_where_that_is_asked_for(ec2, settle, engine):
    volume = volume_of(ec2)["VolumeId"]
    settle()
    snapshot = snapshot_of(ec2, settle, volume)["SnapshotId"]
    plain = ec2.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=snapshot)["SnapshotId"]
    sealed = ec2.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=snapshot, Encrypted=True)["SnapshotId"]
    settle()
    assert engine.keys[plain] is None and engine.keys[sealed]


def test_a_copy_is_under_the_default_key_unless_another_is_named(ec2, key, settle):
    """Source: CopySnapshot in the API reference."""
    volume = volume_of(ec2, Encrypted=True, KmsKeyId=key)["VolumeId"]
    settle()
    snapshot = snapshot_of(ec2, settle, volume)["SnapshotId"]
    copy = ec2.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=snapshot)["SnapshotId"]
    settle()
    shown = ec2.describe_snapshots(SnapshotIds=[copy])["Snapshots"][0]
    assert shown["State"] == "completed" and shown["Encrypted"]
    assert shown["KmsKeyId"] == volume_of(ec2, Encrypted=True)["KmsKeyId"] != key


def test_a_copy_in_another_region_is_under_a_key_of_that_region(cloud, ec2, key, settle, engine):
    volume = volume_of(ec2, Encrypted=True, KmsKeyId=key)["VolumeId"]
    settle()
    snapshot = snapshot_of(ec2, settle, volume)["SnapshotId"]
    there = cloud.client("ec2", region_name="eu-west-1")
    copy = there.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=snapshot)["SnapshotId"]
    settle()
    shown = there.describe_snapshots(SnapshotIds=[copy])["Snapshots"][0]
    assert shown["State"] == "completed" and shown["KmsKeyId"].startswith("arn:aws:kms:eu-west-1:")


def test_encryption_by_default_cannot_be_declined_and_has_a_key_of_its_own(ec2, key):
    assert ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
    assert ec2.enable_ebs_encryption_by_default()["EbsEncryptionByDefault"] is True
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    assert ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)["KmsKeyId"] == key
    made = volume_of(ec2, Encrypted=False)
    assert (made["Encrypted"], made["KmsKeyId"]) == (True, key)
    assert ec2.reset_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    assert volume_of(ec2)["KmsKeyId"] != key
    ec2.disable_ebs_encryption_by_default()
    assert volume_of(ec2)["Encrypted"] is False


def test_a_default_key_that_cannot_be_used_is_found_out_when_it_is(ec2, kms, settle):
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["Arn"]
    assert ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)["KmsKeyId"] == key
    volume = volume_of(ec2, Encrypted=True)["VolumeId"]
    settle()
    with refused("InvalidVolume.NotFound"):
        ec2.describe_volumes(VolumeIds=[volume])


def test_a_running_instance_has_a_grant_for_its_volumes_and_a_stopped_one_has_none(ec2, kms, key, image, settle):
    instance = launched(ec2, image, Encrypted=True, KmsKeyId=key)
    (grant,) = kms.list_grants(KeyId=key)["Grants"]
    assert grant["GranteePrincipal"].endswith(f":assumed-role/aws:ec2-infrastructure/{instance}")
    assert grant["Operations"] == ["Decrypt"]
    settle()
    assert seen(ec2, instance)["State"]["Name"] == "running"
    volume = root_of(ec2, instance)
    assert grant["Constraints"] == {"EncryptionContextSubset": {"aws:ebs:id": volume["VolumeId"]}}
    assert (volume["Encrypted"], volume["KmsKeyId"]) == (True, key)
    ec2.stop_instances(InstanceIds=[instance])
    settle()
    assert kms.list_grants(KeyId=key)["Grants"] == []
    ec2.start_instances(InstanceIds=[instance])
    settle()
    assert len(kms.list_grants(KeyId=key)["Grants"]) == 1
    ec2.terminate_instances(InstanceIds=[instance])
    settle()
    assert kms.list_grants(KeyId=key)["Grants"] == []


def test_an_instance_whose_key_is_disabled_does_not_start_and_says_why(ec2, kms, key, image, settle):
    """Source: packer's issue 12683 has the reason's words."""
    instance = launched(ec2, image, Encrypted=True, KmsKeyId=key)
    settle()
    ec2.stop_instances(InstanceIds=[instance])
    settle()
    kms.disable_key(KeyId=key)
    ec2.start_instances(InstanceIds=[instance])
    settle()
    found = seen(ec2, instance)
    assert found["State"]["Name"] == "stopped"
    assert found["StateReason"]["Code"] == "Client.InternalError"
    assert (
        "Client.InvalidKMSKey.InvalidState: The KMS key provided is in an incorrect state"
        in (found["StateReason"]["Message"])
    )
    kms.enable_key(KeyId=key)
    ec2.start_instances(InstanceIds=[instance])
    settle()
    assert seen(ec2, instance)["State"]["Name"] == "running"


def test_a_launch_under_a_key_that_is_not_there_ends(ec2, image, settle):
    instance = launched(ec2, image, Encrypted=True, KmsKeyId="alias/nobody")
    settle()
    found = seen(ec2, instance)
    assert found["State"]["Name"] == "terminated"
    assert "Client.InvalidKMSKey.InvalidState" in found["StateReason"]["Message"]


def test_a_volume_is_unlocked_where_it_is_attached_and_not_attached_when_its_key_is_disabled(
    ec2, kms, key, image, settle, engine
):
    instance = launched(ec2, image)
    zone = seen(ec2, instance)["Placement"]["AvailabilityZone"]
    volume = volume_of(ec2, AvailabilityZone=zone, Encrypted=True, KmsKeyId=key)["VolumeId"]
    settle()
    attach = {"InstanceId": instance, "VolumeId": volume, "Device": "/dev/sdf"}
    ec2.attach_volume(**attach)
    settle()
    assert volume in engine.attached
    ec2.detach_volume(VolumeId=volume)
    settle()
    assert kms.list_grants(KeyId=key)["Grants"] == []
    kms.disable_key(KeyId=key)
    ec2.attach_volume(**attach)
    settle()
    assert volume not in engine.attached
    assert ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["State"] == "available"
    assert len(seen(ec2, instance)["BlockDeviceMappings"]) == 1


def test_whoever_may_not_use_the_key_gets_no_volume(cloud, ec2, key, settle):
    iam = cloud.client("iam")
    iam.create_user(UserName="bob")
    policy = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}}'
    iam.put_user_policy(UserName="bob", PolicyName="ec2", PolicyDocument=policy)
    bob = cloud.client("ec2", Keys.of(iam.create_access_key(UserName="bob")["AccessKey"]))
    volume = volume_of(bob, Encrypted=True, KmsKeyId=key)["VolumeId"]
    managed = volume_of(bob, Encrypted=True)["VolumeId"]
    settle()
    with refused("InvalidVolume.NotFound"):
        ec2.describe_volumes(VolumeIds=[volume])
    assert ec2.describe_volumes(VolumeIds=[managed])["Volumes"][0]["State"] == "available"


def test_a_policy_can_deny_volumes_that_are_not_encrypted(cloud, ec2, image):
    """Source: "ec2:Encrypted" in "Actions, resources, and condition keys for Amazon EC2"."""
    iam = cloud.client("iam")
    iam.create_user(UserName="bob")
    allow = {"Effect": "Allow", "Action": ["ec2:*", "kms:*"], "Resource": "*"}
    plain = {"Bool": {"ec2:Encrypted": "false"}}
    deny = {"Effect": "Deny", "Action": "ec2:*", "Resource": "arn:aws:ec2:*:*:volume/*", "Condition": plain}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow, deny]})
    iam.put_user_policy(UserName="bob", PolicyName="it", PolicyDocument=policy)
    bob = cloud.client("ec2", Keys.of(iam.create_access_key(UserName="bob")["AccessKey"]))
    with refused("UnauthorizedOperation", "explicit deny"):
        volume_of(bob)
    with refused("UnauthorizedOperation", "explicit deny"):
        bob.run_instances(ImageId=image, MinCount=1, MaxCount=1)
    more = [
        {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True}},
        {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1}},
    ]
    with refused("UnauthorizedOperation", "explicit deny"):
        bob.run_instances(ImageId=image, MinCount=1, MaxCount=1, BlockDeviceMappings=more)
    assert volume_of(bob, Encrypted=True)["Encrypted"]
    launched(bob, image, Encrypted=True)
    ec2.enable_ebs_encryption_by_default()
    assert volume_of(bob)["Encrypted"]


def test_an_image_of_an_encrypted_instance_is_encrypted_and_so_is_what_is_launched_of_it(
    ec2, kms, key, image, settle, engine
):
    instance = launched(ec2, image, Encrypted=True, KmsKeyId=key)
    settle()
    made = ec2.create_image(InstanceId=instance, Name="mine", NoReboot=True)["ImageId"]
    settle()
    shown = ec2.describe_images(ImageIds=[made])["Images"][0]
    assert shown["State"] == "available" and shown["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    second = launched(ec2, made, DeleteOnTermination=True)
    other = kms.create_key()["KeyMetadata"]["Arn"]
    third = launched(ec2, made, Encrypted=True, KmsKeyId=other)
    settle()
    roots = [root_of(ec2, each) for each in (instance, second, third)]
    assert [each["KmsKeyId"] for each in roots] == [key, key, other]
    assert [seen(ec2, each)["State"]["Name"] for each in (second, third)] == ["running", "running"]
    keys = [engine.keys[each["VolumeId"]] for each in roots]
    assert keys[0] == keys[1] != keys[2]
    with refused("InvalidParameter", "Encrypted flag cannot be false"):
        launched(ec2, made, Encrypted=False)


def test_an_image_takes_the_encryption_of_its_volumes_and_brings_new_ones_as_they_are_asked_for(
    ec2, key, image, settle, engine
):
    """Source: CreateImage in the API reference, `BlockDeviceMapping`."""
    instance = launched(ec2, image)
    settle()
    root = {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True}}
    with refused("InvalidBlockDeviceMapping", "use CopyImage"):
        ec2.create_image(InstanceId=instance, Name="mine", BlockDeviceMappings=[root])
    more = [
        {"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": False}},
        {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 3, "Encrypted": True, "KmsKeyId": key}},
    ]
    made = ec2.create_image(InstanceId=instance, Name="mine", NoReboot=True, BlockDeviceMappings=more)["ImageId"]
    settle()
    shown = [each["Ebs"] for each in ec2.describe_images(ImageIds=[made])["Images"][0]["BlockDeviceMappings"]]
    assert [(each["DeleteOnTermination"], each["Encrypted"]) for each in shown] == [(False, False), (True, True)]
    second = launched(ec2, made)
    settle()
    found = [each["Ebs"]["VolumeId"] for each in seen(ec2, second)["BlockDeviceMappings"]]
    volumes = {each["VolumeId"]: each for each in ec2.describe_volumes(VolumeIds=found)["Volumes"]}
    assert [volumes[each].get("KmsKeyId") for each in found] == [None, key]


def test_a_registered_image_is_encrypted_as_its_snapshot_is(ec2, key, image, settle, engine):
    instance = launched(ec2, image, Encrypted=True, KmsKeyId=key)
    settle()
    snapshot = snapshot_of(ec2, settle, root_of(ec2, instance)["VolumeId"])["SnapshotId"]
    device = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}
    wrong = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot, "Encrypted": False}}
    with refused("InvalidBlockDeviceMapping"):
        ec2.register_image(Name="mine", BlockDeviceMappings=[wrong])
    made = ec2.register_image(Name="mine", BlockDeviceMappings=[device])["ImageId"]
    settle()
    second = launched(ec2, made, DeleteOnTermination=True)
    settle()
    assert seen(ec2, second)["State"]["Name"] == "running"
    assert engine.keys[root_of(ec2, second)["VolumeId"]] == engine.keys[snapshot]


def test_a_copy_of_an_image_is_encrypted_where_that_is_asked_for(ec2, key, image, settle, engine):
    instance = launched(ec2, image)
    settle()
    made = ec2.create_image(InstanceId=instance, Name="mine", NoReboot=True)["ImageId"]
    settle()
    copy = ec2.copy_image(Name="copy", SourceImageId=made, SourceRegion="us-east-1", Encrypted=True, KmsKeyId=key)
    settle()
    shown = ec2.describe_images(ImageIds=[copy["ImageId"]])["Images"][0]
    assert shown["State"] == "available" and shown["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    assert engine.keys[copy["ImageId"]] and engine.keys[made] is None
    second = launched(ec2, copy["ImageId"], DeleteOnTermination=True)
    settle()
    assert seen(ec2, second)["State"]["Name"] == "running"
    assert root_of(ec2, second)["KmsKeyId"] == key


def test_an_encrypted_snapshot_is_shared_under_a_customers_key_and_copied_under_ones_own(
    cloud, ec2, kms, key, settle, engine
):
    account = cloud.cloud.create_account("other", "other@example.com")
    other = Keys(**{name: value for name, value in cloud.cloud.create_admin(account).items()
                    if name in ("access_key_id", "secret_access_key")})  # fmt: skip
    volume = volume_of(ec2, Encrypted=True, KmsKeyId=key)["VolumeId"]
    managed = volume_of(ec2, Encrypted=True)["VolumeId"]
    settle()
    shared, kept = (snapshot_of(ec2, settle, each)["SnapshotId"] for each in (volume, managed))
    give = {"Attribute": "createVolumePermission", "OperationType": "add"}
    with refused("OperationNotPermitted", "Encrypted snapshots with EBS default key cannot be shared"):
        ec2.modify_snapshot_attribute(SnapshotId=kept, UserIds=[account], **give)
    with refused("OperationNotPermitted"):
        ec2.modify_snapshot_attribute(SnapshotId=shared, GroupNames=["all"], **give)
    ec2.modify_snapshot_attribute(SnapshotId=shared, UserIds=[account], **give)
    there = cloud.client("ec2", other)
    refused_copy = there.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=shared)["SnapshotId"]
    settle()
    assert there.describe_snapshots(SnapshotIds=[refused_copy])["Snapshots"][0]["State"] == "error"
    policy = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
    policy["Statement"].append(
        {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "kms:ReEncrypt*", "Resource": "*"}
    )
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
    copy = there.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=shared)["SnapshotId"]
    settle()
    shown = there.describe_snapshots(SnapshotIds=[copy])["Snapshots"][0]
    assert shown["State"] == "completed" and shown["KmsKeyId"] != key
    assert engine.keys[copy] not in (None, engine.keys[shared])


def test_an_image_is_shared_as_its_encrypted_snapshots_can_be(cloud, ec2, key, image, settle):
    account = cloud.cloud.create_account("other", "other@example.com")
    images = []
    for number, more in enumerate(({}, {"KmsKeyId": key})):
        instance = launched(ec2, image, Encrypted=True, **more)
        settle()
        made = ec2.create_image(InstanceId=instance, Name=f"image-{number}", NoReboot=True)["ImageId"]
        settle()
        images.append(made)
    managed, own = images
    with refused("InvalidParameter", "Snapshots encrypted with the AWS Managed CMK can't be shared."):
        ec2.modify_image_attribute(ImageId=managed, LaunchPermission={"Add": [{"UserId": account}]})
    ec2.disable_image_block_public_access()
    with refused("InvalidParameter", "Creating Public AMIs with encrypted snapshots is not supported."):
        ec2.modify_image_attribute(ImageId=own, LaunchPermission={"Add": [{"Group": "all"}]})
    ec2.modify_image_attribute(ImageId=own, LaunchPermission={"Add": [{"UserId": account}]})


def test_no_data_key_is_in_an_answer_or_a_log(cloud, ec2, settle, engine):
    volume = volume_of(ec2, Encrypted=True)["VolumeId"]
    settle()
    shown = str(ec2.describe_volumes(VolumeIds=[volume])) + str(cloud.events()) + str(cloud.calls())
    assert engine.keys[volume].hex() not in shown and "data_key" not in shown and "DataKey'" not in shown
