"""The labs with machines, run as a user runs them: each block in its order, its output checked by the lab."""

import os
import sys
from pathlib import Path

import pytest

from groundcloud.cli.lab import folder, read
from tests.clouds import CommandLine

pytestmark = [pytest.mark.machines, pytest.mark.slow]

LABS = [path.stem for path in sorted(folder().glob("*.md")) if path.stem != "README" and read(path).machines]


@pytest.mark.parametrize("name", LABS)
def test_a_lab_goes_as_it_says(name, tmp_path):
    command = CommandLine(tmp_path / "home")
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    command("image", "build", "debian-12")
    try:
        up = command.up(tmp_path / "cloud", "--machines")
        done = command("lab", "run", name, "--yes", "--data", up.data, PATH=programs, timeout=900)
        assert "done." in done.out
    finally:
        command.close()
