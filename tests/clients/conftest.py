import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clouds import CommandLine, RunningCloud


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


class S3User:
    """Somebody with programs for S3, a folder to work in, and a cloud that the whole module shares."""

    def __init__(self, command: CommandLine, cloud: RunningCloud, folder: Path) -> None:
        self.cloud = cloud
        self.folder = folder
        self.s3 = cloud.client("s3")
        self.environment = {
            **command.environment,
            "AWS_ACCESS_KEY_ID": cloud.printed["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": cloud.printed["secret_access_key"],
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
        }

    def run(self, *arguments: object, code: int | None = 0, **environment: str) -> str:
        """Run a program in the folder and expect an exit code (None: any); what it printed."""
        done = subprocess.run(
            [str(argument) for argument in arguments],
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        assert code is None or done.returncode == code, f"{done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def tree(self, name: str = "tree") -> Path:
        """A folder with files: a large one (two parts of an upload, or more), a small one, a name that is not ASCII."""
        made = self.folder / name
        (made / "sub folder").mkdir(parents=True)
        (made / "large.bin").write_bytes(os.urandom(6 << 20))
        (made / "sub folder" / "größe +&.txt").write_text("hello")
        (made / "empty").touch()
        return made

    def bytes_of(self, bucket: str, key: str) -> bytes:
        body: bytes = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def keys(self, bucket: str) -> list[str]:
        return [each["Key"] for each in self.s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def contents(folder: Path) -> dict[str, bytes]:
    """The files below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def s3_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[CommandLine, RunningCloud]]:
    folder = tmp_path_factory.mktemp("s3")
    command = CommandLine(folder / "home")
    try:
        yield command, command.up(folder / "cloud", "--no-demo")
    finally:
        command.close()


@pytest.fixture()
def user(s3_cloud: tuple[CommandLine, RunningCloud], tmp_path: Path) -> S3User:
    return S3User(*s3_cloud, tmp_path)
