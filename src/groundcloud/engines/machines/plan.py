"""A machine as programs and files of the host: pure, and compared as text in tests."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from groundcloud.engines.machines.wanted import Machine

IDS = 65536
"""Users of each machine. Its root is user `range.first` outside, which is nobody's there."""


class Range(NamedTuple):
    """The users of one machine, as the host sees them."""

    first: int


class Setting(NamedTuple):
    """A file of a cgroup and what to write into it."""

    controller: str
    """Empty on the unified hierarchy."""
    file: str
    value: str


_PERIOD = 100_000
"""Microseconds in which a machine may use its share of the processors."""

_DEVICES = ("c 1:3", "c 1:5", "c 1:7", "c 1:8", "c 1:9", "c 5:0", "c 5:1", "c 5:2", "c 136:*", "c 10:229")
"""null, zero, full, random, urandom, tty, console, ptmx, terminals, fuse."""


def limits(machine: Machine, *, unified: bool) -> list[Setting]:
    """What holds a machine within its size. Source: the kernel's cgroup-v1 and cgroup-v2 documents."""
    memory, quota = machine.memory_mib * 1024 * 1024, max(int(machine.vcpus * _PERIOD), 1000)
    if unified:
        return [
            Setting("", "memory.max", str(memory)),
            Setting("", "cpu.max", f"{quota} {_PERIOD}"),
            share(machine.vcpus, unified=True),
            Setting("", "pids.max", str(machine.tasks)),
        ]
    return [
        Setting("memory", "memory.limit_in_bytes", str(memory)),
        Setting("cpu", "cpu.cfs_period_us", str(_PERIOD)),
        Setting("cpu", "cpu.cfs_quota_us", str(quota)),
        share(machine.vcpus, unified=False),
        Setting("pids", "pids.max", str(machine.tasks)),
        Setting("devices", "devices.deny", "a"),
        *(Setting("devices", "devices.allow", f"{device} rwm") for device in _DEVICES),
    ]


def share(processors: float, *, unified: bool) -> Setting:
    """What a group gets of processors that others want, too: as much as so many processes of the host's own. Without it
    a whole group counts as one of them."""
    if unified:
        return Setting("", "cpu.weight", str(min(max(int(100 * processors), 1), 10_000)))
    return Setting("cpu", "cpu.shares", str(min(max(int(1024 * processors), 2), 262_144)))


def device_rule(major: int, minor: int, *, read_only: bool) -> str:
    """A disk, in the words of cgroup-v1's devices."""
    return f"b {major}:{minor} {'r' if read_only else 'rw'}"


SUPERVISOR = """
for file in $GROUPS_OF; do
    echo 0 >"$file" || exit 1
done
"$@"
echo $? >"$ENDED.new"
mv "$ENDED.new" "$ENDED"
"""
"""What /bin/sh does for each machine: go into its cgroups, run it, and write down how it ended, so that this is known
also when nobody was there to see."""


def command(machine: Machine, users: Range, run: Path) -> list[str]:
    """The machine as a program. Its root is at `run`/root and its mount service's folder at `run`/service in the mount
    namespace that it is started in."""
    return [
        "systemd-nspawn",
        "--quiet",
        "--boot",
        f"--directory={run}/root",
        f"--machine={machine.id}",
        f"--hostname={machine.host_name.partition('.')[0][:63]}",
        f"--private-users={users.first}:{IDS}",
        "--private-users-ownership=off",
        "--private-network",
        "--keep-unit",
        "--register=no",
        "--settings=no",
        "--console=read-only",
        "--link-journal=no",
        "--resolv-conf=off",
        "--timezone=off",
        f"--bind-ro={run}/service:/run/groundcloud",
        f"--setenv=groundcloud_instance={machine.id}",
        "--setenv=groundcloud_fqdn=" + machine.host_name,
    ]


def overlay(layers: Sequence[str]) -> dict[str, str | None]:
    """The options of a root, the topmost layer first; all names are relative to the place where it is put together."""
    return {"lowerdir": ":".join(layers), "upperdir": "volume/upper", "workdir": "volume/work"}


class Place(NamedTuple):
    """A layer and the name under which it is mounted while a root is put together."""

    layer: str
    name: str


def places(layers: Sequence[str]) -> list[Place]:
    """An image's layers are listed from the bottom; the overlay wants the topmost first."""
    return [Place(layer, f"layer{number}") for number, layer in reversed(list(enumerate(layers)))]
