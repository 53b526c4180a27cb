"""What machines use of their host, as the kernel counts it: their processors' time and their disks' work.

All of it is read from outside the machine. What goes over its network is counted by the network engine.
"""

import os
from pathlib import Path
from typing import Protocol

from groundcloud.engines.machines import loops, sealed
from groundcloud.engines.machines.entry import Entry
from groundcloud.engines.machines.wanted import DiskUse, State, Usage

_GROUPS = Path("/sys/fs/cgroup")
_BLOCKS = Path("/sys/block")
_SECTOR = 512
"""Bytes of the sectors that are counted, whatever the device's own are. Source: Documentation/block/stat.rst."""


class Seen(Protocol):
    """What a machine engine knows of machines whose first process is one of this host's."""

    def states(self) -> dict[str, State]: ...
    def entry(self, machine_id: str) -> Entry: ...


def usage(machines: Seen, volumes: Path) -> dict[str, Usage]:
    """What each machine that runs has used since its start. `volumes` is the folder of the volumes' files."""
    inner = sealed.unlocked()
    devices = {file.name: inner.get(device, device) for file, device in loops.all_found() if file.parent == volumes}
    found = {}
    for machine_id, state in machines.states().items():
        if not state.running:
            continue
        try:
            machine = machines.entry(machine_id).machine
            seconds = processor_seconds(Path(f"/proc/{state.pid}/cgroup").read_text())
            names = (machine.root, *(disk.volume for disk in machine.disks))
            disks = {name: disk_use(devices[name]) for name in names if name in devices}
        except (OSError, KeyError):  # it has just ended
            continue
        found[machine_id] = Usage(state.started, seconds, disks)
    return found


def processor_seconds(membership: str, root: Path = _GROUPS) -> float:
    """The processors' time of the group of a machine's first process, and all below, on either kind of hierarchy.
    `membership` is what /proc/PID/cgroup says (cgroups(7)). Raises OSError when the group is gone."""
    path = ""
    for line in membership.splitlines():
        _, controllers, group = line.split(":", 2)
        if not controllers:
            path = group
        elif "cpuacct" in controllers.split(","):
            folder = _whole(root / controllers, group)
            return int((folder / "cpuacct.usage").read_text()) / 1e9
    counted = (_whole(root, path) / "cpu.stat").read_text().split()
    return int(counted[counted.index("usage_usec") + 1]) / 1e6


def _whole(hierarchy: Path, group: str) -> Path:
    """The group of the whole machine: its systemd keeps itself in one of its own below."""
    return hierarchy / group.removesuffix("/init.scope").lstrip("/")


def disk_use(device: str) -> DiskUse:
    """What a block device has done since it is there. Raises OSError."""
    name = os.path.basename(device)
    fields = [int(each) for each in (_BLOCKS / name / "stat").read_text().split()]
    return DiskUse(
        device=name, reads=fields[0], bytes_read=fields[2] * _SECTOR, read_seconds=fields[3] / 1000, writes=fields[4],
        bytes_written=fields[6] * _SECTOR, write_seconds=fields[7] / 1000, in_flight=fields[8],
        busy_seconds=fields[9] / 1000, waited_seconds=fields[10] / 1000,
    )  # fmt: skip
