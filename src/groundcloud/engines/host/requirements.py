"""What machines need of their host: programs, features of the kernel, and limits that are too low on many hosts."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

_PROGRAMS = {
    "systemd-nspawn": "systemd-container",
    "mmdebstrap": "mmdebstrap",
    "nft": "nftables",
    "ip": "iproute2",
    "conntrack": "conntrack",
    "pasta": "passt",
    "mkfs.ext4": "e2fsprogs",
    "unshare": "util-linux",
}
_LIMITS = {"fs/inotify/max_user_instances": 8192, "fs/inotify/max_user_watches": 524288, "kernel/keys/maxkeys": 2000}
"""systemd in each machine takes inotify instances, and they count as the host root's, too."""


class Need(NamedTuple):
    """Something that must be there."""

    what: str
    found: bool
    package: str = ""
    """The package of Debian that has it."""
    command: str = ""
    """What to type, where no package is all."""


def needs(cluster: str = "") -> Iterator[Need]:
    """Everything that machines need, those of a cluster or the host's own."""
    yield Need("to run as root", os.geteuid() == 0)
    for program, package in _PROGRAMS.items():
        if cluster and program == "systemd-nspawn":
            continue
        yield Need(program, find(program) is not None, package)
    yield Need("loop devices", Path("/dev/loop-control").exists())
    yield Need("user namespaces", _makes_user_namespaces())
    yield Need("overlayfs", "overlay" in _file_systems() or Path("/sys/module/overlay").exists() or _has_modules())
    yield Need("Linux 5.19 or later (overlayfs on mapped owners)", _kernel() >= (5, 19))
    yield Need("control groups", any(Path("/sys/fs/cgroup").glob("**/cgroup.procs")))
    if cluster:
        yield from _of_a_cluster(cluster)


def _of_a_cluster(cluster: str) -> Iterator[Need]:
    from groundcloud.engines.machines.lxd.address import address_of
    from groundcloud.engines.machines.lxd.client import Lxd
    from groundcloud.engines.machines.wanted import MachineFailed

    kind, socket, pool = address_of(cluster)
    lxd = Lxd(socket, "default")
    try:
        lxd.get()
        found = lxd.find("storage-pools", pool) is not None
    except MachineFailed:
        yield Need(f"the daemon at {socket}", False, kind)
        return
    program = {"lxd": "lxc", "incus": "incus"}[kind]
    yield Need(f"the storage pool {pool} of the cluster", found, "", f"{program} storage create {pool} btrfs")


def missing(cluster: str = "") -> list[str]:
    """What is not there."""
    return [each.what for each in needs(cluster) if not each.found]


def find(program: str) -> str | None:
    """A program, also where only root looks."""
    return shutil.which(program, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin:/usr/bin:/bin")


def raise_limits() -> None:
    """Raise limits of the host that many machines reach; never lower one."""
    for name, wanted in _LIMITS.items():
        if 0 <= _number(name) < wanted:
            with contextlib.suppress(OSError):
                Path("/proc/sys", name).write_text(str(wanted))


@cache
def _makes_user_namespaces() -> bool:
    """Tried, since more than one thing forbids it: limits, security modules, a changed root (user_namespaces(7))."""
    program = find("unshare")
    if program is None:
        return False
    done = subprocess.run([program, "--user", "/bin/true"], stderr=subprocess.DEVNULL, check=False)  # noqa: S603 - ours
    return done.returncode == 0


def _number(name: str) -> int:
    try:
        return int(Path("/proc/sys", name).read_text())
    except (OSError, ValueError):
        return -1


def _file_systems() -> list[str]:
    return Path("/proc/filesystems").read_text().split()


def _has_modules() -> bool:
    """Whether the kernel may still load it."""
    return Path("/lib/modules", os.uname().release, "kernel/fs/overlayfs").is_dir()


def _kernel() -> tuple[int, ...]:
    return tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2] if part.isdigit())
