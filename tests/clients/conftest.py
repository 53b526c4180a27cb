from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clouds import CommandLine


class Owner:
    """Somebody with a cloud of their own and the profile that it wrote."""

    def __init__(self, command: CommandLine, settings: dict[str, str]) -> None:
        self.printed = command("up", "--json", **settings).json
        self.account: str = self.printed["account_id"]
        self.environment = {**command.environment, "AWS_PROFILE": self.printed["profile"]}


@pytest.fixture()
def owner(tmp_path: Path) -> Iterator[Owner]:
    command = CommandLine(tmp_path / "home")
    settings = {"GROUNDCLOUD_DATA": str(tmp_path / "cloud"), "GROUNDCLOUD_PORT": "0"}
    try:
        yield Owner(command, settings)
    finally:
        command("down", code=None, **settings)
