"""Disks as block devices of a running machine.

Each device has one node, in a folder that the machine cannot reach, and the machine gets a mount of that node. To take
the device away its node is closed to the machine's root: a mount of it that the machine has made elsewhere opens
nothing any more, also when the host gives the device's number to another volume.
"""

import contextlib
import errno
import os
import stat
from pathlib import Path

from groundcloud.engines.machines import kernel
from groundcloud.engines.machines.entry import Entry
from groundcloud.engines.machines.roots import in_thread
from groundcloud.engines.machines.wanted import Disk, MachineFailed

_DISK_GROUP = 6
"""The group `disk` of Debian's base-passwd."""


def give(entry: Entry, disk: Disk, loop: str) -> None:
    """Show a loop device to a machine as /dev/<name>."""
    number = os.stat(loop).st_rdev
    users = entry.first_user

    def work() -> None:
        outside = _enter_supervisor(entry)
        node = str(entry.run / "devices" / disk.volume)
        try:
            _make_node(node, number, users, disk.read_only)
            mount = kernel.clone_tree(node)
            try:
                enter_machine(entry)
                _place(mount, f"/dev/{disk.device}", users)
            finally:
                os.close(mount)
        finally:
            os.close(outside)

    try:
        in_thread(work)
    except OSError as error:
        raise MachineFailed(f"{disk.volume} cannot be attached as {disk.device}: {error}") from error


def _make_node(node: str, number: int, users: int, read_only: bool) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(node)
    os.mknod(node, stat.S_IFBLK | 0o600, number)
    os.chown(node, users, users + _DISK_GROUP)
    os.chmod(node, 0o440 if read_only else 0o660)


def _place(mount: int, path: str, users: int) -> None:
    with kernel.acting_as(users), contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_WRONLY | os.O_CLOEXEC, 0o600))
    target = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(target).st_mode):
            raise OSError(errno.EEXIST, f"{path} is something else")
        kernel.place_at(mount, target)
    finally:
        os.close(target)


def take(entry: Entry, disk: Disk) -> None:
    """Take a device away from a machine that may run. What has it open keeps it until it closes it."""

    def work() -> None:
        os.close(_enter_supervisor(entry))
        node = str(entry.run / "devices" / disk.volume)
        with contextlib.suppress(FileNotFoundError):
            os.chmod(node, 0)
            os.chown(node, 0, 0)
            os.unlink(node)
        enter_machine(entry)
        path = f"/dev/{disk.device}"
        with contextlib.suppress(OSError):  # whatever the machine has made of it
            kernel.unmount(path)
            os.unlink(path)

    with contextlib.suppress(OSError):  # it has just ended, and its devices with it
        in_thread(work)


def mounted(entry: Entry, loop: str) -> list[str]:
    """Where a machine has mounted a device, as it calls the places."""
    number = os.stat(loop).st_rdev
    wanted = f"{os.major(number)}:{os.minor(number)}"
    try:
        lines = Path(f"/proc/{entry.leader}/mountinfo").read_text().splitlines()
    except OSError:
        return []
    return [fields[4] for fields in map(str.split, lines) if fields[2] == wanted]


def unmount(entry: Entry, places: list[str]) -> None:
    """Unmount in a machine what its root does not."""

    def work() -> None:
        enter_machine(entry)
        for place in reversed(places):
            with contextlib.suppress(OSError):
                kernel.unmount(place)

    in_thread(work)


def _enter_supervisor(entry: Entry) -> int:
    if entry.supervisor is None:
        raise OSError(errno.ESRCH, "the machine does not run")
    return _enter(entry.supervisor.pid)


def enter_machine(entry: Entry) -> None:
    os.close(_enter(entry.leader))


def _enter(pid: int) -> int:
    namespace = os.open(f"/proc/{pid}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
    try:
        kernel.enter(namespace, kernel.CLONE_NEWNS)
    except OSError:
        os.close(namespace)
        raise
    return namespace
