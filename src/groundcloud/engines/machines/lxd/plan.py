"""A machine in the words of LXD: pure, and compared as text in tests.

A root volume is an instance of the cluster that does not run; a machine is the root volume's instance while it does.
Source of the keys: "Instance options" in LXD's documentation, lxc.container.conf(5) for `raw.lxc`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from groundcloud.engines.machines.console import KEPT
from groundcloud.engines.machines.wanted import Disk, Machine

KIND = "user.groundcloud.kind"
"""What an instance is: one of the following."""
ROOT, SNAPSHOT, IMAGE = "root", "snapshot", "image"
_GUEST = {"lxd": "security.devlxd", "incus": "security.guestapi"}
_DISK_GROUP = "6"
"""The group `disk` of Debian's base-passwd."""


def stored(kind: str, guest: str) -> dict[str, str]:
    """What an instance says of itself from its making on. A root's users are its own (no other instance has them), it
    has no socket of the daemon, and only this engine starts it."""
    return {
        KIND: kind,
        "security.privileged": "false",
        "security.nesting": "false",
        "security.idmap.isolated": "true" if kind == ROOT else "false",  # ranges of users are few
        _GUEST[guest]: "false",
        "boot.autostart": "false",
    }


def root_device(pool: str, size: int) -> dict[str, str]:
    """`size`: GiB."""
    return {"type": "disk", "path": "/", "pool": pool, "size": f"{size}GiB"}


def size_of(instance: Mapping[str, Any]) -> int:
    """Of the root of an instance, in GiB."""
    return int(instance["devices"]["root"]["size"].removesuffix("GiB"))


def settings(machine: Machine, run: Path, service: Path) -> dict[str, str]:
    """What holds a machine within its size, and what it is told. Its console is written into `run`, and the folder
    `service` is seen in it."""
    words = [
        f"lxc.uts.name = {machine.host_name.partition('.')[0][:63]}",
        "lxc.log.level = INFO",  # it says how the first process ended
        f"lxc.console.logfile = {run}/console.log",
        "lxc.console.rotate = 1",
        f"lxc.console.size = {2 * KEPT}",
        "lxc.mount.entry = tmpfs run tmpfs rw,nosuid,nodev,mode=755,create=dir 0 0",
        f"lxc.mount.entry = {_quoted(service)} run/groundcloud none bind,ro,create=dir 0 0",
    ]
    return {
        "limits.cpu.allowance": f"{max(int(machine.vcpus * 100), 1)}ms/100ms",
        "limits.memory": f"{machine.memory_mib}MiB",
        "limits.memory.swap": "false",
        "limits.processes": str(machine.tasks),
        "environment.groundcloud_instance": machine.id,
        "environment.groundcloud_fqdn": machine.host_name,
        "raw.lxc": "\n".join(words) + "\n",
    }


def machine_of(instance: Mapping[str, Any]) -> str:
    """The machine that an instance was last."""
    return str(instance["config"].get("environment.groundcloud_instance", ""))


def _quoted(path: Path) -> str:
    """A path in a line of the form of fstab(5)."""
    return str(path).replace("\\", "\\134").replace(" ", "\\040").replace("\t", "\\011")


def block_device(disk: Disk, loop: str) -> dict[str, str]:
    """A disk of this host as a device of an instance."""
    mode = "0440" if disk.read_only else "0660"
    return {"type": "unix-block", "source": loop, "path": f"/dev/{disk.device}", "mode": mode, "gid": _DISK_GROUP}
