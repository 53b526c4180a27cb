"""Network ACLs."""

import pytest

from tests.services.ec2.conftest import refused


@pytest.fixture()
def acl(ec2, vpc):
    return ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]


def _entries(ec2, acl):
    found = ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"][0]["Entries"]
    return [(each["Egress"], each["RuleNumber"], each["RuleAction"], each["Protocol"]) for each in found]


def test_a_new_acl_denies_everything_and_the_default_one_allows_it(ec2, vpc, acl):
    assert _entries(ec2, acl) == [(True, 32767, "deny", "-1"), (False, 32767, "deny", "-1")]
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "default", "Values": ["true"]}]
    default = ec2.describe_network_acls(Filters=filters)["NetworkAcls"][0]["NetworkAclId"]
    assert (False, 100, "allow", "-1") in _entries(ec2, default)
    with refused("InvalidParameterValue", f"cannot delete default network ACL {default}"):
        ec2.delete_network_acl(NetworkAclId=default)


def test_entries_are_ordered_by_number_and_replaced_by_it(ec2, acl):
    entry = {"NetworkAclId": acl, "Protocol": "tcp", "Egress": False, "CidrBlock": "0.0.0.0/0"}
    ports = {"From": 80, "To": 80}
    ec2.create_network_acl_entry(RuleNumber=200, RuleAction="allow", PortRange=ports, **entry)
    ec2.create_network_acl_entry(RuleNumber=100, RuleAction="allow", PortRange=ports, **entry)
    assert _entries(ec2, acl)[1:] == [
        (False, 100, "allow", "6"), (False, 200, "allow", "6"), (False, 32767, "deny", "-1"),
    ]  # fmt: skip
    with refused("NetworkAclEntryAlreadyExists", "The network acl entry identified by 100 already exists."):
        ec2.create_network_acl_entry(RuleNumber=100, RuleAction="deny", PortRange=ports, **entry)
    ec2.replace_network_acl_entry(RuleNumber=100, RuleAction="deny", PortRange=ports, **entry)
    assert (False, 100, "deny", "6") in _entries(ec2, acl)
    ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=100, Egress=False)
    with refused("InvalidNetworkAclEntry.NotFound", "The ingress rule number 100 does not exist"):
        ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=100, Egress=False)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"RuleNumber": 0}, "InvalidParameterValue"),
        ({"RuleNumber": 32767}, "InvalidParameterValue"),
        ({"RuleAction": "maybe"}, "InvalidParameterValue"),
        ({"Protocol": "17"}, "MissingParameter"),
        ({"Protocol": "1"}, "MissingParameter"),
        ({"CidrBlock": "10.0.0.0"}, "InvalidParameterValue"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused(ec2, acl, change, code):
    entry = {
        "NetworkAclId": acl, "RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "Egress": True,
        "CidrBlock": "0.0.0.0/0",
    }  # fmt: skip
    with refused(code):
        ec2.create_network_acl_entry(**(entry | change))


def test_a_subnet_moves_to_another_acl(ec2, subnet, acl):
    found = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])["NetworkAcls"]
    association = found[0]["Associations"][0]["NetworkAclAssociationId"]
    ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=acl)
    found = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])["NetworkAcls"]
    assert [each["NetworkAclId"] for each in found] == [acl]
    with refused("DependencyViolation"):
        ec2.delete_network_acl(NetworkAclId=acl)
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_network_acl(NetworkAclId=acl)
