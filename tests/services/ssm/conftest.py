import pytest

from tests.services.kms.conftest import kms, pass_time, user


@pytest.fixture()
def ssm(cloud):
    return cloud.client("ssm")


__all__ = ["kms", "pass_time", "user"]
