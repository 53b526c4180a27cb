"""Machines as containers of a cluster whose members run on this host.

A machine is the instance of its root volume, which runs. Its first process is one of this host's, so disks and networks
come to it as they come to every machine here; where LXD has a way of its own (limits, devices) that is taken.
"""

import contextlib
import logging
import os
import shutil
import signal
import time
from pathlib import Path

from groundcloud.engines.machines.console import KEPT
from groundcloud.engines.machines.entry import Entry, load, watched
from groundcloud.engines.machines.local import PATIENCE, LocalMachines, empty
from groundcloud.engines.machines.lxd import plan
from groundcloud.engines.machines.lxd.endings import ending
from groundcloud.engines.machines.lxd.nodes import close_node
from groundcloud.engines.machines.lxd.project import Project
from groundcloud.engines.machines.lxd.volumes import ClusterVolumes
from groundcloud.engines.machines.names import Folders, checked_id
from groundcloud.engines.machines.wanted import Disk, MachineFailed

log = logging.getLogger("groundcloud.host")

_SAID = 2.0
"""Seconds in which liblxc has written down how a first process ended."""
_AWAY = 1.0
"""Seconds between two tries to reach the daemon."""
_RESTART = 60.0
"""Seconds in which a machine that restarts has a new first process."""
_LOOK = 0.05
"""Seconds between two looks for it."""


class LxdMachines(LocalMachines):
    """Machines in a project of the installation's own. `services` is a folder that every user may pass through: the
    mount service's sockets are mounted from there by the machines' own root."""

    def __init__(self, folders: Folders, volumes: ClusterVolumes, project: Project, services: Path) -> None:
        super().__init__(folders, volumes)
        self._project = project
        self._services = services

    def adopt(self) -> None:
        """Find the machines that run, and clean up after those that ended while nobody looked."""
        for run in (self._folders.state / "run").iterdir():
            entry = load(run)
            if entry is None:
                continue
            if entry.lost:
                empty(run)
                continue
            self._entries[run.name] = entry
            if entry.supervisor is not None:
                entry.leader = entry.supervisor.pid
                entry.first_user = _first_user(entry.leader)
                self._follow(entry)
            else:
                entry.leader = entry.noted
                self._over(run.name)
        used = {disk.volume for entry in self._entries.values() if entry.supervisor for disk in entry.machine.disks}
        self._volumes.let_go_of_all_but(used)

    def console(self, machine_id: str) -> bytes:
        run = self._folders.run(checked_id(machine_id))
        text = b""
        for name in ("console.log.1", "console.log"):  # liblxc begins a new file when one is full
            with contextlib.suppress(FileNotFoundError):
                text += (run / name).read_bytes()
        return text[-KEPT:]

    # -- how

    def _launch(self, entry: Entry) -> None:
        machine = entry.machine
        found = self._project.find(machine.root, plan.ROOT)
        if found is None:
            raise MachineFailed(f"there is no volume {machine.root}")
        runs = found["status"] == "Running"
        if runs and plan.machine_of(found) != machine.id:
            raise MachineFailed(f"{machine.root} is in use")
        self._services.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._brokers.open(entry)
        if not runs:
            self._project.move_off(machine.root, found["location"])
            root = {"root": found["devices"]["root"]}
            self._project.change(machine.root, plan.settings(machine, entry.run, self._service(entry)), root)
            self._project.start(machine.root)
        process = self._project.process(machine.root)
        if not process:
            raise MachineFailed("it ended while it started")
        self._found(entry, process)

    def _found(self, entry: Entry, process: int) -> None:
        """Note a machine's first process. Raises `MachineFailed` when it is on another host."""
        try:
            words = Path(f"/proc/{process}/environ").read_bytes().split(b"\0")
            entry.first_user = _first_user(process)
        except (OSError, IndexError) as error:
            raise MachineFailed(f"its first process is not to be seen: {error}") from error
        if f"groundcloud_instance={entry.machine.id}".encode() not in words:
            raise MachineFailed("it runs on a member that is not on this host")
        entry.supervisor = watched(process)
        entry.leader = process
        entry.save()

    def _kill(self, entry: Entry) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(entry.leader, signal.SIGKILL)  # all others go with it, and the daemon cleans up

    def _give(self, entry: Entry, disk: Disk) -> None:
        loop = self._volumes.hold(disk.volume, read_only=disk.read_only)
        found = self._project.lxd.get("instances", entry.machine.root)["devices"]
        self._project.change(entry.machine.root, {}, {**found, disk.volume: plan.block_device(disk, loop)})

    def _take(self, entry: Entry, disk: Disk) -> None:
        found = dict(self._project.lxd.get("instances", entry.machine.root)["devices"])
        if found.pop(disk.volume, None) is not None:
            close_node(entry, disk)
            self._project.change(entry.machine.root, {}, found)
        self._volumes.let_go(disk.volume)

    def _follow(self, entry: Entry) -> None:
        self._brokers.open(entry)
        self._watch.add(entry.machine.id, entry.leader)

    def _over(self, machine_id: str) -> None:
        entry = self._entries[machine_id]
        while True:
            try:
                self._look_after(entry)
            except MachineFailed as error:  # the daemon is away, as while it is upgraded
                log.warning("the end of %s: %s", machine_id, error)
                time.sleep(_AWAY)
            else:
                return

    def _look_after(self, entry: Entry) -> None:
        """A machine's first process has ended: note why, or find the next one."""
        ended, process = "shutdown", 0
        if not entry.asked:
            ended = self._ending(entry) if entry.leader else ""
            process = self._next(entry, restarts=ended == "reboot")
        with entry.lock:
            if process:
                self._found(entry, process)
                self._follow(entry)
            else:
                self._project.settled(entry.machine.root, entry.leader, PATIENCE)
                self._settle(entry, ended)
        if process:
            self.again(entry.machine.id)

    def _next(self, entry: Entry, *, restarts: bool) -> int:
        """The first process of a machine that starts again without having been told to: because it restarts itself, or
        because its member is drained. 0 when there is none."""
        last = time.monotonic() + (_RESTART if restarts else 0)
        while time.monotonic() < last or self._project.members.are_moving():
            if process := self._other_process(entry):
                return process
            time.sleep(_LOOK)
        return self._other_process(entry)

    def _other_process(self, entry: Entry) -> int:
        found = self._project.find(entry.machine.root, plan.ROOT)
        if found is None or plan.machine_of(found) != entry.machine.id:
            return 0
        process = self._project.process(entry.machine.root)
        return 0 if process == entry.leader else process

    def _ending(self, entry: Entry) -> str:
        """How a machine ended whose first process is gone. What a drained member has shut down has not ended by its
        own will (`died`): whoever looks after it starts it again, elsewhere."""
        last = time.monotonic() + _SAID
        while not (found := ending(self._project.log(entry.machine.root), entry.leader)):
            if time.monotonic() > last:
                break
            time.sleep(0.02)
        if found != "reboot" and self._project.members.are_moving():
            return "died"
        return found or "shutdown"

    def _settle(self, entry: Entry, ended: str) -> None:
        entry.supervisor, entry.leader = None, 0
        entry.ended = ended
        self._clean(entry)

    def _service(self, entry: Entry) -> Path:
        return self._services / entry.machine.id

    def _clean(self, entry: Entry) -> None:
        found = self._project.find(entry.machine.root, plan.ROOT)
        ours = found is not None and plan.machine_of(found) == entry.machine.id  # or another one has its root
        if ours and found["status"] != "Stopped":
            self._project.stop(entry.machine.root)
        self._brokers.shut(entry.machine.id)
        shutil.rmtree(self._service(entry), ignore_errors=True)
        for disk in entry.machine.disks:
            self._volumes.let_go(disk.volume)


def _first_user(process: int) -> int:
    """What user 0 of a machine is on this host."""
    return int(Path(f"/proc/{process}/uid_map").read_text().split()[1])
