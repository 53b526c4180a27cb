"""What an account has chosen for its new instances, and lists of what there is none of."""

import pytest

from tests.services.ec2.conftest import refused


@pytest.fixture()
def image(cloud, ec2):
    """Launches are taken, because there is an engine; none is carried out, because no controller runs."""
    cloud.cloud.world.engines.add("machines", object())
    return ec2.describe_images(Filters=[{"Name": "name", "Values": ["debian-12-*"]}])["Images"][0]["ImageId"]


def options(ec2, image, **more):
    made = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, **more)["Instances"][0]
    found = made["MetadataOptions"]
    return found["HttpTokens"], found["HttpPutResponseHopLimit"], found["InstanceMetadataTags"]


def test_metadata_options_are_those_of_the_launch_then_of_the_account_then_of_the_image(ec2, image):
    """ "Order of precedence for instance metadata options" in the EC2 user guide."""
    assert options(ec2, image) == ("optional", 1, "disabled")
    ec2.modify_instance_metadata_defaults(HttpTokens="required", InstanceMetadataTags="enabled")
    assert ec2.get_instance_metadata_defaults()["AccountLevel"]["HttpTokens"] == "required"
    assert options(ec2, image) == ("required", 1, "enabled")
    assert options(ec2, image, MetadataOptions={"HttpTokens": "optional"}) == ("optional", 1, "enabled")
    strict = ec2.copy_image(Name="strict", SourceImageId=image, SourceRegion="us-east-1")["ImageId"]
    ec2.modify_image_attribute(ImageId=strict, ImdsSupport={"Value": "v2.0"})
    ec2.modify_instance_metadata_defaults(HttpTokens="optional", InstanceMetadataTags="no-preference")
    assert options(ec2, strict) == ("optional", 2, "disabled")
    ec2.modify_instance_metadata_defaults(HttpTokens="no-preference")
    assert options(ec2, strict) == ("required", 2, "disabled")


def test_metadata_defaults_take_what_ec2_takes(ec2):
    with refused("InvalidParameterValue"):
        ec2.modify_instance_metadata_defaults(HttpTokens="sometimes")
    with refused("InvalidParameterValue"):
        ec2.modify_instance_metadata_defaults(HttpPutResponseHopLimit=65)
    ec2.modify_instance_metadata_defaults(HttpPutResponseHopLimit=3)
    assert ec2.get_instance_metadata_defaults()["AccountLevel"] == {
        "HttpPutResponseHopLimit": 3, "ManagedBy": "account",
    }  # fmt: skip
    ec2.modify_instance_metadata_defaults(HttpPutResponseHopLimit=-1)
    assert ec2.get_instance_metadata_defaults()["AccountLevel"] == {"ManagedBy": "account"}


def test_credits_of_new_instances_are_those_that_the_account_has_chosen_for_their_family(ec2, image):
    ec2.modify_default_credit_specification(InstanceFamily="t3", CpuCredits="standard")
    found = ec2.get_default_credit_specification(InstanceFamily="t3")["InstanceFamilyCreditSpecification"]
    assert found == {"InstanceFamily": "t3", "CpuCredits": "standard"}
    made = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1)["Instances"][0]
    seen = ec2.describe_instance_credit_specifications(InstanceIds=[made["InstanceId"]])
    assert seen["InstanceCreditSpecifications"][0]["CpuCredits"] == "standard"
    with refused("InvalidParameterValue"):
        ec2.get_default_credit_specification(InstanceFamily="m5")


@pytest.mark.parametrize(
    ("operation", "member", "ids", "code"),
    [
        ("describe_vpn_gateways", "VpnGateways", {"VpnGatewayIds": ["vgw-1"]}, "InvalidVpnGatewayID.NotFound"),
        ("describe_vpn_connections", "VpnConnections", {"VpnConnectionIds": ["vpn-1"]},
         "InvalidVpnConnectionID.NotFound"),
        ("describe_customer_gateways", "CustomerGateways", {"CustomerGatewayIds": ["cgw-1"]},
         "InvalidCustomerGatewayID.NotFound"),
        ("describe_transit_gateways", "TransitGateways", {"TransitGatewayIds": ["tgw-1"]},
         "InvalidTransitGatewayID.NotFound"),
        ("describe_hosts", "Hosts", {"HostIds": ["h-1"]}, "InvalidHostID.NotFound"),
        ("describe_reserved_instances", "ReservedInstances", {"ReservedInstancesIds": ["1"]},
         "InvalidReservedInstancesId"),
        ("describe_capacity_reservations", "CapacityReservations", {"CapacityReservationIds": ["cr-1"]},
         "InvalidCapacityReservationId.NotFound"),
        ("describe_spot_fleet_requests", "SpotFleetRequestConfigs", {"SpotFleetRequestIds": ["sfr-1"]},
         "InvalidSpotFleetRequestId.NotFound"),
    ],
)  # fmt: skip
def test_of_what_nobody_can_make_here_there_is_none_and_no_id(ec2, operation, member, ids, code):
    assert getattr(ec2, operation)()[member] == []
    with refused(code):
        getattr(ec2, operation)(**ids)
