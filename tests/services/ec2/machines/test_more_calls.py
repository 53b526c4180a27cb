"""Calls that tools make beside a launch: CPU credits, placement groups, and attributes of volumes."""

import pytest

from tests.services.ec2.conftest import refused
from tests.services.ec2.machines.test_launching import image, launched

assert image

pytestmark = pytest.mark.usefixtures("machines")


def test_cpu_credits_are_those_of_the_family_until_others_are_chosen(ec2, image):
    """Source: "Key concepts for burstable performance instances": T2 is standard by default, T3 unlimited."""
    t2 = launched(ec2, image)["InstanceId"]
    t3 = ec2.run_instances(ImageId=image, InstanceType="t3.nano", MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    told = ec2.describe_instance_credit_specifications()["InstanceCreditSpecifications"]
    assert told == [{"InstanceId": t3, "CpuCredits": "unlimited"}]
    change = {"InstanceId": t2, "CpuCredits": "unlimited"}
    unknown = {"InstanceId": "i-0123456789abcdef0", "CpuCredits": "standard"}
    answer = ec2.modify_instance_credit_specification(InstanceCreditSpecifications=[change, unknown])
    assert answer["SuccessfulInstanceCreditSpecifications"] == [{"InstanceId": t2}]
    assert answer["UnsuccessfulInstanceCreditSpecifications"][0]["Error"]["Code"] == "InvalidInstanceID.NotFound"
    told = ec2.describe_instance_credit_specifications(InstanceIds=[t2])["InstanceCreditSpecifications"]
    assert told == [{"InstanceId": t2, "CpuCredits": "unlimited"}]


def test_an_instance_that_is_not_burstable_has_no_credits(ec2, image):
    made = ec2.run_instances(ImageId=image, InstanceType="m5.large", MinCount=1, MaxCount=1)["Instances"][0]
    with refused("InvalidInstanceCreditSpecification"):
        ec2.describe_instance_credit_specifications(InstanceIds=[made["InstanceId"]])


def test_a_placement_group_is_named_by_launches_and_stays_while_one_of_them_runs(ec2, image):
    tags = [{"ResourceType": "placement-group", "Tags": [{"Key": "team", "Value": "a"}]}]
    made = ec2.create_placement_group(GroupName="near", Strategy="cluster", TagSpecifications=tags)["PlacementGroup"]
    assert made["GroupArn"].endswith(":placement-group/near")
    assert ec2.describe_placement_groups(GroupNames=["near"])["PlacementGroups"] == [made]
    with refused("InvalidPlacementGroup.Duplicate"):
        ec2.create_placement_group(GroupName="near", Strategy="spread")
    with refused("InvalidPlacementGroup.Unknown", "'far' is unknown"):
        launched(ec2, image, Placement={"GroupName": "far"})
    assert launched(ec2, image, Placement={"GroupName": "near"})["Placement"]["GroupName"] == "near"
    with refused("InvalidPlacementGroup.InUse"):
        ec2.delete_placement_group(GroupName="near")
    ec2.create_placement_group(GroupName="apart", Strategy="partition", PartitionCount=3)
    ec2.delete_placement_group(GroupName="apart")
    with refused("InvalidPlacementGroup.Unknown"):
        ec2.delete_placement_group(GroupName="apart")


@pytest.mark.parametrize(
    "more", [{"Strategy": "cluster", "PartitionCount": 2}, {"Strategy": "cluster", "SpreadLevel": "rack"}]
)
def test_a_placement_group_takes_what_goes_with_its_strategy(ec2, more):
    with refused("InvalidParameterCombination"):
        ec2.create_placement_group(GroupName="near", **more)


def test_attributes_of_a_volume_are_read_and_changed(ec2):
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    ec2.modify_volume_attribute(VolumeId=volume, AutoEnableIO={"Value": True})
    assert ec2.describe_volume_attribute(VolumeId=volume, Attribute="autoEnableIO")["AutoEnableIO"] == {"Value": True}
    assert ec2.describe_volume_attribute(VolumeId=volume, Attribute="productCodes")["ProductCodes"] == []
    ec2.enable_volume_io(VolumeId=volume)
    with refused("InvalidVolume.NotFound"):
        ec2.enable_volume_io(VolumeId="vol-0123456789abcdef0")
