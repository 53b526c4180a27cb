"""Clouds as processes of their own, started and ended by the command line, for tests on real sockets."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

import groundcloud

PACKAGE = Path(groundcloud.__file__).parent.parent
"""Where the package is found by the processes of the tests."""


class Answer:
    """What a command printed, and its exit code."""

    def __init__(self, done: "subprocess.CompletedProcess[str]") -> None:
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class CommandLine:
    """`groundcloud` in a home of its own; ends every cloud that it started."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._data: set[Path] = set()
        other = ("AWS_", "GROUNDCLOUD_", "XDG_", "PYTHONUNBUFFERED")
        clean = {k: v for k, v in os.environ.items() if not k.startswith(other)}
        self.environment = {
            **clean,
            "HOME": str(home),
            "PYTHONPATH": str(PACKAGE),
            "AWS_CONFIG_FILE": str(home / "aws" / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(home / "aws" / "credentials"),
            "AWS_EC2_METADATA_DISABLED": "true",
            "GROUNDCLOUD_MACHINES": "off",  # a start is quicker without; --machines turns them on
        }

    def __call__(self, *arguments: object, code: int | None = 0, timeout: float = 120, **environment: str) -> Answer:
        """Run a command and expect an exit code (None: any)."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "groundcloud", *map(str, arguments)],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=300,
            stdin=subprocess.DEVNULL,
        )
        answer = Answer(done)
        if code is not None:
            assert answer.code == code, f"exit code {answer.code}\n{answer.out}\n{answer.err}"
        return answer

    def up(self, data: Path, *arguments: object, **environment: str) -> "RunningCloud":
        """A cloud on free ports."""
        self._data.add(data)
        given = () if "--port" in arguments else ("--port", 0)
        return RunningCloud(self("up", "--data", data, "--json", *given, *arguments, **environment).json)

    def close(self) -> None:
        for data in self._data:
            self("down", "--data", data, code=None)


class RunningCloud:
    """What `up --json` printed, and clients of it."""

    def __init__(self, printed: dict[str, Any]) -> None:
        self.printed = printed
        self.endpoint: str = printed["endpoint"]
        self.tls_endpoint: str = printed["tls_endpoint"]
        self.account: str = printed["account_id"]
        self.data = Path(printed["data"])
        self.pid: int = printed["pid"]

    def client(self, service: str, *, tls: bool = False, keys: dict[str, str] | None = None) -> Any:
        keys = keys or self.printed
        return boto3.client(
            service,
            endpoint_url=self.tls_endpoint if tls else self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=keys["access_key_id"],
            aws_secret_access_key=keys["secret_access_key"],
            verify=self.printed["ca_certificate"] if tls else None,
            config=Config(retries={"max_attempts": 0}),
        )

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


def workers_of(pid: int) -> list[int]:
    """The processes that a process has started."""
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
