"""RunInstances: what is asked for, what is made of it, and what is refused."""

import base64

import pytest

from tests.services.ec2.conftest import refused

pytestmark = pytest.mark.usefixtures("machines")


@pytest.fixture()
def image(ec2):
    """The id of Debian's public image."""
    found = ec2.describe_images(Owners=["136693071363"], Filters=[{"Name": "name", "Values": ["debian-12-*"]}])
    return found["Images"][0]["ImageId"]


def launched(ec2, image, **more):
    return ec2.run_instances(ImageId=image, InstanceType="t2.micro", MinCount=1, MaxCount=1, **more)["Instances"][0]


def test_a_launch_lands_in_a_default_subnet_with_a_public_address(ec2, image):
    instance = launched(ec2, image)
    assert instance["State"] == {"Code": 0, "Name": "pending"}
    assert instance["PrivateDnsName"] == f"ip-{instance['PrivateIpAddress'].replace('.', '-')}.ec2.internal"
    found = ec2.describe_instances(InstanceIds=[instance["InstanceId"]])["Reservations"][0]["Instances"][0]
    assert found["PublicIpAddress"].startswith("198.18.")
    assert found["SecurityGroups"][0]["GroupName"] == "default"
    assert found["BlockDeviceMappings"][0]["DeviceName"] == "/dev/xvda"


def test_instances_of_one_launch_share_a_reservation(ec2, image):
    answer = ec2.run_instances(ImageId=image, InstanceType="t3.nano", MinCount=2, MaxCount=3)
    assert [each["AmiLaunchIndex"] for each in answer["Instances"]] == [0, 1, 2]
    reservations = ec2.describe_instances()["Reservations"]
    assert [len(each["Instances"]) for each in reservations] == [3]
    assert reservations[0]["ReservationId"] == answer["ReservationId"]


def test_a_launch_with_a_client_token_happens_once(ec2, image):
    first = launched(ec2, image, ClientToken="one")
    assert launched(ec2, image, ClientToken="one")["InstanceId"] == first["InstanceId"]
    with refused("IdempotentParameterMismatch"):
        launched(ec2, image, ClientToken="one", EbsOptimized=True)


def test_launches_are_refused_as_ec2_does(ec2, image):
    with refused("InvalidAMIID.NotFound", "The image id '[ami-0123456789abcdef0]' does not exist"):
        launched(ec2, "ami-0123456789abcdef0")
    with refused("InvalidAMIID.Malformed"):
        launched(ec2, "debian-12")
    with refused("InvalidKeyPair.NotFound", "The key pair 'nobody' does not exist"):
        launched(ec2, image, KeyName="nobody")
    with refused("InvalidParameterValue", "Invalid IAM Instance Profile name"):
        launched(ec2, image, IamInstanceProfile={"Name": "nobody"})
    with refused("InvalidGroup.NotFound"):
        launched(ec2, image, SecurityGroupIds=["sg-0123456789abcdef0"])
    with refused("InvalidParameterValue", "User data is limited to 16384 bytes"):
        launched(ec2, image, UserData="x" * 16385)
    with refused("DryRunOperation"):
        launched(ec2, image, DryRun=True)
    assert ec2.describe_instances()["Reservations"] == []


def test_user_data_comes_back_as_it_was_given(ec2, image):
    instance = launched(ec2, image, UserData="#!/bin/sh\ntrue\n")
    found = ec2.describe_instance_attribute(InstanceId=instance["InstanceId"], Attribute="userData")
    assert base64.b64decode(found["UserData"]["Value"]) == b"#!/bin/sh\ntrue\n"


def test_instances_are_found_by_filters(ec2, image):
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "Web"}]}]
    web, other = launched(ec2, image, TagSpecifications=tags), launched(ec2, image)

    def found(**filters):
        wanted = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
        pages = ec2.get_paginator("describe_instances").paginate(Filters=wanted)
        return {each["InstanceId"] for page in pages for one in page["Reservations"] for each in one["Instances"]}

    both = {web["InstanceId"], other["InstanceId"]}
    assert found(**{"tag:Name": "W*"}) == {web["InstanceId"]}
    assert found(instance_state_name="pending") == both
    assert found(private_ip_address=other["PrivateIpAddress"]) == {other["InstanceId"]}
    assert found(instance_id=other["InstanceId"]) == {other["InstanceId"]}
    with refused("InvalidParameterValue", "The filter 'colour' is invalid"):
        found(colour="red")


def test_the_image_of_the_chapter_is_found_by_its_product_code(cloud):
    """The book chapter on boto3 looks for CentOS's product code and launches `ami-d2c924b2`."""
    ec2 = cloud.client("ec2", region_name="us-west-2")
    filters = [{"Name": "product-code", "Values": ["aw0evgkw8e5c1q413zgy5pjce"]}]
    assert [each["ImageId"] for each in ec2.describe_images(Filters=filters)["Images"]] == ["ami-d2c924b2"]
    assert launched(ec2, "ami-d2c924b2")["RootDeviceName"] == "/dev/sda1"


def test_a_public_parameter_names_the_latest_image(cloud, ec2):
    """The AWS CLI's `resolve:ssm:` and CloudFormation's parameter types read these."""
    ssm = cloud.client("ssm")
    for name, words in (
        ("/aws/service/debian/release/12/latest/amd64", "Debian 12"),
        ("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64", "in the place of Amazon Linux 2023"),
    ):
        found = ssm.get_parameter(Name=name)["Parameter"]["Value"]
        assert words in ec2.describe_images(ImageIds=[found])["Images"][0]["Description"]
    below = ssm.get_parameters_by_path(Path="/aws/service/ami-amazon-linux-latest")["Parameters"]
    assert len(below) == 5


def test_a_launch_template_says_what_a_launch_leaves_open(ec2, image):
    data = {
        "ImageId": image,
        "InstanceType": "t3.small",
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "of the template"}]}],
        "UserData": base64.b64encode(b"#!/bin/sh\n").decode(),
    }
    made = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)["LaunchTemplate"]
    assert (made["DefaultVersionNumber"], made["LatestVersionNumber"]) == (1, 1)
    instance = ec2.run_instances(MinCount=1, MaxCount=1, LaunchTemplate={"LaunchTemplateName": "web"})["Instances"][0]
    assert instance["InstanceType"] == "t3.small"
    assert instance["Tags"] == [{"Key": "Name", "Value": "of the template"}]
    second = ec2.create_launch_template_version(
        LaunchTemplateId=made["LaunchTemplateId"], SourceVersion="1", LaunchTemplateData={"InstanceType": "t3.nano"}
    )["LaunchTemplateVersion"]
    assert second["LaunchTemplateData"]["ImageId"] == image
    latest = {"LaunchTemplateId": made["LaunchTemplateId"], "Version": "$Latest"}
    own = ec2.run_instances(MinCount=1, MaxCount=1, LaunchTemplate=latest, InstanceType="t2.micro")["Instances"][0]
    assert own["InstanceType"] == "t2.micro"
    versions = ec2.describe_launch_template_versions(LaunchTemplateName="web")["LaunchTemplateVersions"]
    assert [(each["VersionNumber"], each["DefaultVersion"]) for each in versions] == [(2, False), (1, True)]
    with refused("InvalidLaunchTemplateId.VersionNotFound"):
        ec2.run_instances(MinCount=1, MaxCount=1, LaunchTemplate={**latest, "Version": "7"})
    ec2.delete_launch_template(LaunchTemplateName="web")
    with refused("InvalidLaunchTemplateName.NotFoundException"):
        ec2.describe_launch_templates(LaunchTemplateNames=["web"])


def test_an_instance_gets_the_ipv6_addresses_that_its_launch_asks_for(ec2, image):
    block = ec2.create_vpc(CidrBlock="10.9.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]["VpcId"]
    six = ec2.describe_vpcs(VpcIds=[block])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    subnet = ec2.create_subnet(VpcId=block, CidrBlock="10.9.0.0/24", Ipv6CidrBlock=six.replace("/56", "/64"))["Subnet"]
    made = launched(ec2, image, SubnetId=subnet["SubnetId"], Ipv6AddressCount=2)
    addresses = [each["Ipv6Address"] for each in made["NetworkInterfaces"][0]["Ipv6Addresses"]]
    assert len(set(addresses)) == 2
    assert made["Ipv6Address"] == addresses[0]
    named = six.replace("::/56", "::77")
    made = launched(ec2, image, SubnetId=subnet["SubnetId"], Ipv6Addresses=[{"Ipv6Address": named}])
    assert made["Ipv6Address"] == named
    with refused("InvalidParameterValue", "does not have an associated Ipv6 CIDR block"):
        launched(ec2, image, Ipv6AddressCount=1)
    with refused("InvalidParameterCombination"):
        launched(ec2, image, Ipv6AddressCount=1, NetworkInterfaces=[{"DeviceIndex": 0}])


def test_a_launch_may_say_what_every_instance_has_and_nothing_else(ec2, image):
    made = launched(
        ec2, image, HibernationOptions={"Configured": False}, MaintenanceOptions={"AutoRecovery": "default"},
        EnclaveOptions={"Enabled": False}, PrivateDnsNameOptions={"HostnameType": "ip-name"},
    )  # fmt: skip
    assert made["HibernationOptions"] == {"Configured": False}
    with refused("UnsupportedOperation", "hibernation options"):
        launched(ec2, image, HibernationOptions={"Configured": True})
    with refused("UnsupportedOperation", "private dns name options"):
        launched(ec2, image, PrivateDnsNameOptions={"HostnameType": "resource-name"})
