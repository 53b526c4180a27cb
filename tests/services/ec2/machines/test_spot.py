"""Spot requests, which are fulfilled at once, and launches that ask for spot instances."""

import pytest

from groundcloud.services.ec2.machines.ending import end
from groundcloud.services.ec2.machines.records import Instance
from tests.services.ec2.conftest import refused

pytestmark = pytest.mark.usefixtures("machines")


@pytest.fixture()
def image(ec2):
    return ec2.describe_images(Filters=[{"Name": "name", "Values": ["debian-12-*"]}])["Images"][0]["ImageId"]


def ask(ec2, image, **more):
    specification = {"ImageId": image, "InstanceType": "t3.micro"}
    return ec2.request_spot_instances(LaunchSpecification=specification, **more)["SpotInstanceRequests"]


def described(ec2, request):
    return ec2.describe_spot_instance_requests(SpotInstanceRequestIds=[request])["SpotInstanceRequests"][0]


def test_a_request_is_fulfilled_by_an_instance_that_names_it(ec2, image):
    tags = [{"ResourceType": "spot-instances-request", "Tags": [{"Key": "team", "Value": "web"}]}]
    made = ask(ec2, image, InstanceCount=2, SpotPrice="0.05", TagSpecifications=tags)
    assert [each["State"] for each in made] == ["active", "active"]
    first = described(ec2, made[0]["SpotInstanceRequestId"])
    assert (first["Status"]["Code"], first["SpotPrice"], first["Type"]) == ("fulfilled", "0.05", "one-time")
    assert first["Tags"] == [{"Key": "team", "Value": "web"}]
    assert first["LaunchSpecification"]["ImageId"] == image
    instance = ec2.describe_instances(InstanceIds=[first["InstanceId"]])["Reservations"][0]["Instances"][0]
    assert instance["InstanceLifecycle"] == "spot"
    assert instance["SpotInstanceRequestId"] == first["SpotInstanceRequestId"]
    ec2.get_waiter("spot_instance_request_fulfilled").wait(SpotInstanceRequestIds=[first["SpotInstanceRequestId"]])


def test_a_launch_that_asks_for_spot_has_a_request_too(ec2, image):
    made = ec2.run_instances(
        ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1,
        InstanceMarketOptions={"MarketType": "spot", "SpotOptions": {"MaxPrice": "0.1"}},
    )["Instances"][0]  # fmt: skip
    found = ec2.describe_spot_instance_requests(
        Filters=[{"Name": "instance-id", "Values": [made["InstanceId"]]}, {"Name": "state", "Values": ["active"]}]
    )["SpotInstanceRequests"]
    assert [each["SpotPrice"] for each in found] == ["0.1"]


def test_a_cancelled_request_leaves_its_instance_alone(ec2, image):
    made = ask(ec2, image)[0]
    answer = ec2.cancel_spot_instance_requests(SpotInstanceRequestIds=[made["SpotInstanceRequestId"]])
    assert answer["CancelledSpotInstanceRequests"][0]["State"] == "cancelled"
    assert described(ec2, made["SpotInstanceRequestId"])["Status"]["Code"] == "request-canceled-and-instance-running"
    assert (
        ec2.describe_instances(InstanceIds=[made["InstanceId"]])["Reservations"][0]["Instances"][0]["State"]["Code"]
        == 0
    )


def test_a_request_is_closed_once_its_instance_has_ended(cloud, ec2, image):
    made = ask(ec2, image)[0]

    def work(tx):
        end(
            cloud.cloud.within_ec2(tx, cloud.account, "us-east-1"),
            tx.get(Instance, cloud.account, "us-east-1", made["InstanceId"]),
        )

    cloud.store.write(work)
    found = described(ec2, made["SpotInstanceRequestId"])
    assert (found["State"], found["Status"]["Code"]) == ("closed", "instance-terminated-by-user")


def test_the_same_token_asks_once(ec2, image):
    first = ask(ec2, image, ClientToken="one")
    assert ask(ec2, image, ClientToken="one")[0]["InstanceId"] == first[0]["InstanceId"]
    with refused("IdempotentParameterMismatch"):
        ask(ec2, image, ClientToken="one", InstanceCount=2)


def test_what_would_be_launched_again_is_refused(ec2, image):
    with refused("UnsupportedOperation", "one-time"):
        ask(ec2, image, Type="persistent")
    with refused("UnsupportedOperation"):
        ask(ec2, image, InstanceInterruptionBehavior="stop")
    with refused("InvalidSpotInstanceRequestID.NotFound"):
        described(ec2, "sir-0123456789abcdef0")


def test_who_asks_needs_the_permission_for_the_image(user, image):
    resource = "arn:aws:ec2:*:*:spot-instances-request/*"
    mallory = user(
        "mallory", {"Effect": "Allow", "Action": "ec2:RequestSpotInstances", "Resource": resource}, service="ec2"
    )
    with refused("UnauthorizedOperation"):
        ask(mallory, image)


def test_a_launch_template_is_made_of_an_instance(ec2, image):
    made = ec2.run_instances(
        ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, UserData="#!/bin/sh\n", EbsOptimized=True,
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}],
    )["Instances"][0]  # fmt: skip
    data = ec2.get_launch_template_data(InstanceId=made["InstanceId"])["LaunchTemplateData"]
    assert (data["ImageId"], data["InstanceType"], data["EbsOptimized"]) == (image, "t3.micro", True)
    assert data["BlockDeviceMappings"][0]["Ebs"]["VolumeSize"] == 8
    assert data["NetworkInterfaces"][0]["SubnetId"] == made["SubnetId"]
    assert data["UserData"] == "IyEvYmluL3NoCg=="
    assert data["TagSpecifications"] == [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]}]


def test_a_machine_has_no_screen(ec2, image):
    made = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)["Instances"][0]
    with refused("UnsupportedOperation", "has no screen"):
        ec2.get_console_screenshot(InstanceId=made["InstanceId"])
