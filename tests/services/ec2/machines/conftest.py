import pytest


@pytest.fixture()
def machines(cloud):
    """Launches are taken, because there is an engine; none is carried out, because no controller runs."""
    cloud.cloud.world.engines.add("machines", object())
