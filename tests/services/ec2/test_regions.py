"""Regions, zones and what an account has there."""

import pytest

from groundcloud.services.ec2.filters import pattern
from tests.cloud import Keys
from tests.services.ec2.conftest import refused


def test_all_regions_of_aws_are_there(ec2):
    regions = {region["RegionName"]: region for region in ec2.describe_regions()["Regions"]}
    assert regions["ap-northeast-2"]["Endpoint"] == "ec2.ap-northeast-2.amazonaws.com"
    found = ec2.describe_regions(Filters=[{"Name": "region-name", "Values": ["eu-west-*"]}])["Regions"]
    assert [region["RegionName"] for region in found] == ["eu-west-1", "eu-west-2", "eu-west-3"]
    with refused("InvalidParameterValue"):
        ec2.describe_regions(RegionNames=["mars-north-1"])


def test_a_zone_of_the_same_name_is_another_place_for_another_account(cloud, ec2):
    def zones(client):
        return [zone["ZoneId"] for zone in client.describe_availability_zones()["AvailabilityZones"]]

    others = []
    for number in range(4):
        key = cloud.cloud.create_admin(cloud.cloud.create_account(f"a{number}", f"a{number}@example.com"))
        others.append(zones(cloud.client("ec2", Keys(key["access_key_id"], key["secret_access_key"]))))
    assert sorted(zones(ec2)) == [f"use1-az{number}" for number in range(1, 7)]
    assert any(other != zones(ec2) for other in others)
    assert zones(ec2) == zones(cloud.client("ec2"))


@pytest.mark.parametrize(
    ("region", "prefix"),
    [("ap-northeast-2", "apne2"), ("eu-central-1", "euc1"), ("us-west-2", "usw2"), ("ap-southeast-2", "apse2")],
)
def test_zone_ids_are_spelt_as_aws_spells_them(cloud, region, prefix):
    zones = cloud.client("ec2", region_name=region).describe_availability_zones()["AvailabilityZones"]
    assert all(zone["ZoneId"].startswith(f"{prefix}-az") for zone in zones)


def test_attributes_of_an_account_name_its_default_vpc(ec2):
    found = ec2.describe_account_attributes(AttributeNames=["default-vpc"])["AccountAttributes"]
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    assert found == [{"AttributeName": "default-vpc", "AttributeValues": [{"AttributeValue": vpc}]}]


@pytest.mark.parametrize(
    ("value", "text", "matches"),
    [
        ("web", "web", True),
        ("web", "Web", False),
        ("w*b", "wb", True),
        ("w?b", "wb", False),
        ("a.c", "abc", False),
        ("\\*", "*", True),
        ("\\*", "x", False),
        ("line*", "line\nbreak", True),
    ],
)
def test_filters_know_wildcards_and_nothing_else(value, text, matches):
    assert bool(pattern(value)(text)) is matches


def test_more_than_200_values_are_too_many(ec2):
    with refused("FilterLimitExceeded"):
        ec2.describe_vpcs(Filters=[{"Name": "vpc-id", "Values": [f"vpc-{number}" for number in range(201)]}])
