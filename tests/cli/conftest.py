from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clouds import CommandLine, RunningCloud


@pytest.fixture()
def groundcloud(tmp_path: Path) -> Iterator[CommandLine]:
    """The command line; what it started is ended."""
    command = CommandLine(tmp_path / "home")
    yield command
    command.close()


@pytest.fixture()
def running(groundcloud: CommandLine, tmp_path: Path) -> RunningCloud:
    """A cloud that runs, with data of its own."""
    return groundcloud.up(tmp_path / "cloud")
