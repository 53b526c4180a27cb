"""What all calls of EC2 share: the first one of an account, and those that only try."""

from groundcloud.services.ec2.network.records import Vpc
from tests.services.ec2.conftest import refused


def test_a_call_that_waits_can_be_the_first_one(cloud, ec2):
    """CreateKeyPair opens its own transactions; the default VPC is made before it."""
    ec2.create_key_pair(KeyName="mine", KeyType="ed25519")
    with cloud.store.snapshot() as tx:
        assert [vpc.is_default for vpc in tx.scan(Vpc)] == [True]


def test_a_dry_run_of_a_call_that_waits_does_not_begin(ec2):
    with refused("DryRunOperation"):
        ec2.create_key_pair(KeyName="mine", KeyType="ed25519", DryRun=True)
    assert ec2.describe_key_pairs()["KeyPairs"] == []


def test_a_parameter_that_is_not_supported_is_named(ec2):
    with refused("NotImplemented", "Groundcloud does not support the parameter Ipv4IpamPoolId of ec2:CreateVpc yet."):
        ec2.create_vpc(CidrBlock="10.0.0.0/16", Ipv4IpamPoolId="ipam-pool-1")


def test_a_member_that_must_be_there_is_named(ec2):
    with refused("MissingParameter", "The request must contain the parameter VpcId"):
        ec2.create_route_table()
