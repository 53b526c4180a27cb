"""Ranges of users: each machine that runs has one of its own, over all installations of the host."""

import contextlib
import fcntl
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from groundcloud.engines.machines.plan import IDS, Range
from groundcloud.engines.machines.wanted import MachineFailed

_FIRST, _LAST = 524288, 1878982656
"""What systemd sets aside for containers, so that nothing else on the host has these. Source: systemd's document
UIDS-GIDS."""

_CLAIMS = Path("/run/groundcloud/users")
_threads = threading.Lock()


def claim(owner: Path) -> Range:
    """A range that nobody uses, for the machine whose folder `owner` is; the one that it has, if it has one."""
    with _held():
        taken = {int(each.name): Path(each.read_text()) for each in _CLAIMS.iterdir() if each.name.isdigit()}
        for first, other in taken.items():
            if other == owner:
                return Range(first)
            if not other.exists():
                (_CLAIMS / str(first)).unlink()
        for first in range(_FIRST, _LAST, IDS):
            if first not in taken:
                (_CLAIMS / str(first)).write_text(str(owner))
                return Range(first)
    raise MachineFailed("all ranges of users are taken")


def give_back(owner: Path) -> None:
    """The machine has ended: whoever comes next may have its range."""
    with _held():
        for each in _CLAIMS.iterdir():
            if each.name.isdigit() and each.read_text() == str(owner):
                each.unlink()


@contextlib.contextmanager
def _held() -> Iterator[None]:
    _CLAIMS.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _threads, open(_CLAIMS / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def namespace(users: Range) -> int:
    """A user namespace with this range, as a descriptor, for mounts that show its owners."""
    own = os.readlink("/proc/self/ns/user")
    # cat waits in the namespace for the end of its input
    with subprocess.Popen(["/usr/bin/unshare", "--user", "/bin/cat"], stdin=subprocess.PIPE) as holder:
        folder = Path(f"/proc/{holder.pid}")
        last = time.monotonic() + 5
        while os.readlink(folder / "ns/user") == own:
            if holder.poll() is not None or time.monotonic() > last:
                raise MachineFailed("this kernel makes no user namespace")
            time.sleep(0.0005)
        for name in ("uid_map", "gid_map"):
            (folder / name).write_text(f"0 {users.first} {IDS}\n")
        return os.open(folder / "ns/user", os.O_RDONLY | os.O_CLOEXEC)
