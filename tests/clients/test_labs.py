"""Every lab, run as a user runs it: each block in its order against a real server, its output checked by the lab."""

import os
import sys
from pathlib import Path

import pytest

from groundcloud.cli.lab import folder, read
from tests.clouds import CommandLine

pytestmark = [pytest.mark.clients, pytest.mark.slow]

LABS = [path.stem for path in sorted(folder().glob("*.md")) if path.stem != "README" and not read(path).machines]
"""Those with machines are in `tests/machines`."""


@pytest.mark.parametrize("name", LABS)
def test_a_lab_goes_as_it_says(name: str, tmp_path: Path):
    command = CommandLine(tmp_path / "home")
    programs = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    try:
        up = command.up(tmp_path / "cloud")
        done = command("lab", "run", name, "--yes", "--data", up.data, PATH=programs)
        assert "done." in done.out
    finally:
        command.close()


def test_labs_are_listed_with_their_titles(tmp_path: Path):
    command = CommandLine(tmp_path / "home")
    assert "kms-credstash  Secrets with KMS and credstash" in command("lab", "list").out
    assert "kms-credstash" in [lab["name"] for lab in command("lab", "list", "--json").json]


def test_a_lab_asks_before_each_step_and_needs_somebody_to_ask(tmp_path: Path):
    command = CommandLine(tmp_path / "home")
    try:
        up = command.up(tmp_path / "cloud")
        refused = command("lab", "run", "kms-credstash", "--data", up.data, code=2)
        assert "--yes" in refused.err
        assert "no lab" in command("lab", "run", "none", "--yes", "--data", up.data, code=1).err
    finally:
        command.close()


def test_a_lab_that_needs_machines_says_so_before_it_begins(tmp_path: Path):
    command = CommandLine(tmp_path / "home")
    try:
        up = command.up(tmp_path / "cloud")
        assert "needs machines" in command("lab", "run", "boto3-chapter", "--yes", "--data", up.data, code=1).err
    finally:
        command.close()
