"""Machines as programs of systemd-nspawn: the embedded machine engine.

Whatever a machine is made of ends with its processes: its mounts are in their namespace, its limits in their cgroups.
A supervisor (a shell of one line) outlives this process, and the next one finds the machine by it.
"""

import contextlib
import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from groundcloud.engines.machines import devices, kernel, users
from groundcloud.engines.machines.cgroups import Cgroups
from groundcloud.engines.machines.console import Console
from groundcloud.engines.machines.entry import Entry, leader_of, load, watched
from groundcloud.engines.machines.local import PATIENCE, LocalMachines, empty
from groundcloud.engines.machines.names import Folders
from groundcloud.engines.machines.plan import SUPERVISOR, Range, Setting, command, device_rule, limits
from groundcloud.engines.machines.roots import in_thread, put_together
from groundcloud.engines.machines.volumes import FileVolumes
from groundcloud.engines.machines.wanted import Disk, MachineFailed

_RESTART = 133
"""How systemd-nspawn ends when the machine wants to be started again."""


class NspawnMachines(LocalMachines):
    """Machines on overlays of this host's files, in control groups of the installation's own."""

    def __init__(self, folders: Folders, volumes: FileVolumes, groups: Cgroups) -> None:
        super().__init__(folders, volumes)
        self._groups = groups

    def adopt(self) -> None:
        """Find the machines that run, and clean up after those that ended while nobody looked."""
        for run in (self._folders.state / "run").iterdir():
            entry = load(run)
            if entry is None:
                continue
            if entry.supervisor is not None:
                self._entries[run.name] = entry
                entry.leader = leader_of(entry.supervisor.pid)
                entry.first_user = users.claim(run).first
                self._follow(entry)
            elif entry.lost:
                empty(run)
            else:
                self._entries[run.name] = entry
                self._settle(entry)
        for stray in self._groups.machines() - self._entries.keys():
            self._groups.remove(stray)
        running = [entry.machine for entry in self._entries.values() if entry.supervisor]
        used = {machine.root for machine in running} | {disk.volume for machine in running for disk in machine.disks}
        self._volumes.let_go_of_all_but(used)

    def _launch(self, entry: Entry) -> None:
        machine = entry.machine
        layers = self._volumes.layers_of(machine.root, machine.image)
        volume = self._volumes.ready_root(machine.root)
        found = users.claim(entry.run)
        entry.first_user = found.first
        groups = self._groups.create(machine.id, limits(machine, unified=self._groups.unified))
        self._brokers.open(entry)
        Console(entry.run).prepare()
        namespace = users.namespace(found)
        try:
            process = in_thread(lambda: _spawn(entry, volume, layers, found, namespace, groups))
        finally:
            os.close(namespace)
        entry.supervisor = watched(process.pid)
        entry.save()
        entry.process = process
        entry.leader = _wait_for_leader(entry, process)

    def _kill(self, entry: Entry) -> None:
        self._groups.kill(entry.machine.id)

    def _give(self, entry: Entry, disk: Disk) -> None:
        loop = self._volumes.hold(disk.volume, read_only=disk.read_only)
        self._allow(entry, disk, loop, "devices.allow")
        devices.give(entry, disk, loop)

    def _take(self, entry: Entry, disk: Disk) -> None:
        loop = self._volumes.device(disk.volume)
        devices.take(entry, disk)
        if loop:
            self._allow(entry, disk, loop, "devices.deny")
            self._volumes.let_go(disk.volume)

    def _allow(self, entry: Entry, disk: Disk, loop: str, file: str) -> None:
        if not self._groups.unified:
            number = os.stat(loop).st_rdev
            rule = device_rule(os.major(number), os.minor(number), read_only=disk.read_only)
            self._groups.put(entry.machine.id, [Setting("devices", file, rule)])

    def _follow(self, entry: Entry) -> None:
        assert entry.supervisor is not None
        self._brokers.open(entry)
        self._watch.add(entry.machine.id, entry.supervisor.pid, Console(entry.run))

    def _over(self, machine_id: str) -> None:
        """A machine's supervisor has ended."""
        entry = self._entries[machine_id]
        with entry.lock:
            again = entry.exit_code() == _RESTART and not entry.asked
            self._settle(entry, again=again)
            if again:
                with contextlib.suppress(MachineFailed):
                    self._boot(entry)
        if again and entry.supervisor is not None:
            self.again(machine_id)

    def _settle(self, entry: Entry, *, again: bool = False) -> None:
        """Note how a machine ended, and clean up, but for what it needs to start again."""
        if entry.process is not None:
            entry.process.wait()
        entry.supervisor, entry.leader, entry.process = None, 0, None
        code = entry.exit_code()
        if code is not None or entry.asked or (entry.run / "supervisor.json").exists():
            died = code not in (0, _RESTART) and not entry.asked
            entry.ended = "died" if died else "reboot" if code == _RESTART and not entry.asked else "shutdown"
        self._clean(entry, again=again)

    def _clean(self, entry: Entry, *, again: bool = False) -> None:
        self._groups.remove(entry.machine.id)
        self._brokers.shut(entry.machine.id)
        if not again:  # nobody brings the keys of encrypted volumes to a machine that restarts by itself
            self._volumes.lock(entry.machine.root)
            for disk in entry.machine.disks:
                self._volumes.let_go(disk.volume)
        users.give_back(entry.run)


def _spawn(
    entry: Entry, volume: Path, layers: Sequence[Path], found: Range, namespace: int, groups: Sequence[Path]
) -> "subprocess.Popen[bytes]":
    """Start a machine from this thread, in whose mount namespace its root is."""
    kernel.own_mounts()
    put_together(entry.run, volume, layers, found, namespace)
    pipe = os.open(entry.run / "console.pipe", os.O_RDWR | os.O_CLOEXEC)
    try:
        with open(entry.run / "nspawn.log", "wb") as log:
            return subprocess.Popen(
                ["/bin/sh", "-c", SUPERVISOR, "sh", *command(entry.machine, found, entry.run)],
                env={
                    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    "GROUPS_OF": " ".join(map(str, groups)),
                    "ENDED": str(entry.run / "ended"),
                },
                stdin=subprocess.DEVNULL,
                stdout=pipe,
                stderr=log,
                cwd="/",
                start_new_session=True,
            )
    finally:
        os.close(pipe)


def _wait_for_leader(entry: Entry, process: "subprocess.Popen[bytes]") -> int:
    last = time.monotonic() + PATIENCE
    while time.monotonic() < last:
        found = leader_of(process.pid)
        if found:
            return found
        if process.poll() is not None:
            break
        time.sleep(0.002)
    else:
        process.kill()
    process.wait()
    said = (entry.run / "nspawn.log").read_text(errors="replace").strip()
    raise MachineFailed(said or "its first process did not start")
