import pytest

from tests.services.kms.conftest import kms, pass_time, refused, user


@pytest.fixture()
def secrets(cloud):
    return cloud.client("secretsmanager")


@pytest.fixture()
def made(secrets):
    """A secret with one version."""
    return secrets.create_secret(Name="shop/db", SecretString='{"password": "one"}')


__all__ = ["kms", "pass_time", "refused", "user"]
