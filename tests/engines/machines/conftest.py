from collections.abc import Iterator

import pytest

from tests.engines.machines.ground import Ground
from tests.lxd import Daemon, daemon

__all__ = ["daemon"]


@pytest.fixture(scope="module")
def engine() -> str:
    """The engine of a file's tests: `nspawn`, unless they are parametrized with ENGINES."""
    return "nspawn"


@pytest.fixture(scope="module")
def cluster(engine: str, request: pytest.FixtureRequest) -> str:
    """The address of the cluster, if that is the engine."""
    if engine != "lxd":
        return ""
    found: Daemon = request.getfixturevalue("daemon")
    return found.address


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, cluster: str) -> Iterator[Ground]:
    """An engine that a file's tests share; what it leaves behind is an error."""
    made = Ground(tmp_path_factory.mktemp("ground"), cluster)
    try:
        yield made
    finally:
        made.close()


@pytest.fixture()
def fresh(tmp_path_factory: pytest.TempPathFactory, cluster: str) -> Iterator[Ground]:
    """An engine of one test's own."""
    made = Ground(tmp_path_factory.mktemp("fresh"), cluster)
    try:
        yield made
    finally:
        made.close()
