"""The data folder of one cloud: what lies where, who runs it, and the keys of its first user.

It opens no database and no socket, so that the command line can look into it at no cost.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple


class Admin(NamedTuple):
    """The first account's admin user, as kept in the data folder."""

    account_id: str
    user_name: str
    access_key_id: str
    secret_access_key: str


class Running(NamedTuple):
    """What a running cloud says of itself."""

    pid: int
    endpoint: str
    tls_endpoint: str
    region: str
    started: float
    """Unix time."""
    dns: str = ""
    """Address and port of DNS, over UDP and TCP."""


class InUse(Exception):
    """Another process runs this cloud."""


class DataFolder:
    """Paths and small files of a data folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.ca_certificate = data / "ca" / "ca.crt"
        self.error_log = data / "log" / "server.log"
        self.host_log = data / "log" / "host.log"
        """Of the privileged process."""
        self.database = data / "groundcloud.db"
        self.stores = [data / f"{name}.db" for name in ("groundcloud", "cloudwatch", "dynamodb", "logs", "sqs")]
        self.demo = data / "demo"
        """Of the example application: its ssh key, and what its deployment has found."""
        self._lock = data / "lock"
        self._admin = data / "admin.json"

    def prepare(self) -> None:
        """Make the folders. Raises OSError."""
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        (self.data / "log").mkdir(mode=0o700, exist_ok=True)

    def everything(self) -> list[Path]:
        """What a cloud makes in its folder, and nothing else that may lie there."""
        stores = [f"{path.name}{part}" for path in self.stores for part in ("", "-wal", "-shm")]
        names = (*stores, "objects", "mail", "phones", "installation.key", "admin.json")
        return [self.data / name for name in (*names, "lock", "ca", "log", "metrics", "demo")]

    def give_to(self, user: int) -> None:
        """Let another user have all of it, but what is root's alone. Raises OSError."""
        for path in (self.data, *self.everything()):
            if path.is_symlink() or not path.exists():
                continue
            found = (each for top, names, files in os.walk(path) for each in (top, *(f"{top}/{f}" for f in files)))
            for each in [str(path)] if path == self.data or path.is_file() else found:
                os.chown(each, user, -1, follow_symlinks=False)

    # -- the first user

    def admin(self) -> Admin | None:
        try:
            return Admin(**json.loads(self._admin.read_text()))
        except FileNotFoundError:
            return None

    def keep_admin(self, admin: Admin) -> None:
        write_whole(self._admin, json.dumps(admin._asdict(), indent=2).encode() + b"\n")

    # -- the lock: held by the server's process as long as it lives, however it ends

    def lock(self, patience: float = 5.0) -> int:
        """Take the lock, and keep the descriptor that is returned. A server that is just ending is waited for.

        Raises `InUse`.
        """
        descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        last = time.monotonic() + patience
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.truncate(descriptor, 0)
                return descriptor
            except BlockingIOError as error:
                if time.monotonic() > last:
                    os.close(descriptor)
                    raise InUse(str(self.data)) from error
                time.sleep(0.02)

    def announce(self, descriptor: int, running: Running) -> None:
        """Write down, in the lock, where the cloud answers."""
        os.pwrite(descriptor, json.dumps(running._asdict()).encode(), 0)

    def running(self) -> Running | None:
        """The cloud that runs on this folder and answers, if there is one."""
        try:
            descriptor = os.open(self._lock, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                text = os.pread(descriptor, 4096, 0)
                return Running(**json.loads(text)) if text else None
            return None
        finally:
            os.close(descriptor)


def wait_until(done: Callable[[], Any], seconds: float, say: Callable[[float], None] = lambda waited: None) -> bool:
    """Ask again and again until `done`; each two seconds, `say` how long that takes. False when time is up."""
    start = time.monotonic()
    told = 0.0
    while not done():
        waited = time.monotonic() - start
        if waited > seconds:
            return False
        if waited - told >= 2:
            told = waited
            say(waited)
        time.sleep(0.02)
    return True


def write_whole(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file whole or not at all; nobody but its owner reads it unless `mode` says so."""
    made = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    made.replace(path)
