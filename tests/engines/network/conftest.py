from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.network.world import Host


@pytest.fixture()
def host(tmp_path: Path) -> Iterator[Host]:
    """A host that nothing is on, and whose engine does not lead to the internet."""
    with Host(tmp_path / "state") as made:
        yield made
