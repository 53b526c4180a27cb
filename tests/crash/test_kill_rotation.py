"""`kill -9` at every step of a rotation: the database's password and the current version of the secret agree again.

A child process rotates a secret and is killed before, or behind, one of its commits and its changes of the database;
another child is killed at the next step, until one comes to the end. After each, a new start does what is left."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from groundcloud.controllers import Loop
from groundcloud.loops import Loops
from groundcloud.main import Cloud, open_cloud
from groundcloud.services.secretsmanager.rotation_controller import SecretRotations
from tests.clouds import PACKAGE

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
NAME = "db/app"
MOST_STEPS = 40


class Database:
    """A user's password in a file; whoever changes it has to know the one that is there, as with a real database."""

    def __init__(self, file: Path, step: Callable[[], None] = lambda: None) -> None:
        self._file = file
        self._step = step

    @property
    def password(self) -> str:
        return self._file.read_text()

    def rotates(self, secret: Any) -> bool:
        return secret.name == NAME

    def change(self, secret: Any, current: str, pending: str) -> None:
        old, new = json.loads(current)["password"], json.loads(pending)["password"]
        if self.password not in (old, new):
            raise PermissionError("password authentication failed")
        self._step()
        made = self._file.with_suffix(".new")
        made.write_text(new)
        made.replace(self._file)
        self._step()


class Life:
    """One start of a cloud with that database; `at` is the step at which it is killed."""

    def __init__(self, folder: Path, at: int = 0) -> None:
        self._left = at
        self.cloud: Cloud = open_cloud(folder / "data", call_log=(folder / "log").open("ab"))
        self.database = Database(folder / "password", self.step)
        self.cloud.world.engines.add("rotators", [self.database])  # type: ignore[attr-defined]  # main's Engines
        self._write = self.cloud.store.write
        self.cloud.store.write = self.write  # type: ignore[method-assign]  # each commit is a step
        within = Loops(self.cloud)._within_secretsmanager
        rotations = SecretRotations(self.cloud.store, self.cloud.world.clock, lambda: [self.database], within)
        self._loop = Loop(self.cloud.store, [rotations], now=self.cloud.world.clock)

    def step(self) -> None:
        if self._left:
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)

    def write(self, work: Any) -> Any:
        self.step()
        result = self._write(work)
        self.step()
        return result

    def call(self, operation: str, **arguments: Any) -> Any:
        account = self.cloud.default_account
        return self.cloud.store.write(
            lambda tx: self.cloud.call_as_root(tx, account, "secretsmanager", operation, **arguments)
        )

    def settle(self) -> None:
        self._loop.settle()

    def current(self) -> str:
        return str(json.loads(self.call("GetSecretValue", secret_id=NAME)["secret_string"])["password"])

    def close(self) -> None:
        self.cloud.close()


def rotate(folder: Path, at: int) -> None:
    """What a child does."""
    life = Life(folder, at)
    life.call("RotateSecret", secret_id=NAME)
    life.settle()
    life.close()


def begin(folder: Path) -> None:
    folder.mkdir()
    (folder / "password").write_text("first")
    life = Life(folder)
    life.call("CreateSecret", name=NAME, secret_string='{"username": "app", "password": "first"}')
    life.close()


def test_a_rotation_that_is_killed_anywhere_ends_with_one_password(tmp_path: Path) -> None:
    outcomes = []
    for at in range(1, MOST_STEPS):
        folder = tmp_path / str(at)
        begin(folder)
        code = f"from pathlib import Path; from {__name__} import rotate; rotate(Path({str(folder)!r}), {at})"
        environment = {**os.environ, "PYTHONPATH": f"{PACKAGE}{os.pathsep}{ROOT}"}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, timeout=120)
        life = Life(folder)
        outcomes.append((life.database.password != "first", life.current() != "first"))
        life.settle()
        assert life.database.password == life.current(), f"killed at step {at}"
        before = life.current()
        life.call("RotateSecret", secret_id=NAME)
        life.settle()
        assert life.database.password == life.current() != before
        life.close()
        if done.returncode == 0:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    else:
        raise AssertionError("the rotation never came to its end")
    assert set(outcomes) == {(False, False), (True, False), (True, True)}  # before, amid and behind the change
