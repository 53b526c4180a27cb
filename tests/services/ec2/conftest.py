from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError

from tests.services.kms.conftest import pass_time, user


@pytest.fixture()
def ec2(cloud):
    return cloud.client("ec2")


@pytest.fixture()
def vpc(ec2):
    """The id of a VPC 10.0.0.0/16."""
    return ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture()
def subnet(ec2, vpc):
    """The id of a subnet 10.0.0.0/24 of it."""
    return ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]


@contextmanager
def refused(code: str, words: str = ""):
    """The call inside is refused with this code, and its message has these words."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    assert words in error["Message"], error["Message"]


__all__ = ["pass_time", "user"]
