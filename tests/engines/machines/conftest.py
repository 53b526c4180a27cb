from collections.abc import Iterator

import pytest

from tests.engines.machines.ground import Ground


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """An engine that a file's tests share; what it leaves behind is an error."""
    made = Ground(tmp_path_factory.mktemp("ground"))
    try:
        yield made
    finally:
        made.close()


@pytest.fixture()
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """An engine of one test's own."""
    made = Ground(tmp_path_factory.mktemp("fresh"))
    try:
        yield made
    finally:
        made.close()
