import pytest


@pytest.fixture()
def kms(cloud):
    return cloud.client("kms")


@pytest.fixture()
def key_id(kms):
    """A symmetric key with the default policy."""
    return kms.create_key()["KeyMetadata"]["KeyId"]
