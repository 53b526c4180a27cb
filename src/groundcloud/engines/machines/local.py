"""Machines whose first process is one of this host's, whatever has started it: what the engines of such machines have
in common. How a machine is started, given disks, and what its end was, each says itself.
"""

import contextlib
import os
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Lock, Thread

import msgspec

from groundcloud.engines.machines import devices
from groundcloud.engines.machines.broker import Brokers
from groundcloud.engines.machines.console import Console
from groundcloud.engines.machines.entry import Entry, begun, heeds
from groundcloud.engines.machines.names import Folders, checked_device, checked_host_name, checked_id
from groundcloud.engines.machines.volumes import FileVolumes
from groundcloud.engines.machines.wanted import Disk, Machine, MachineFailed, State
from groundcloud.engines.machines.watch import Watch

_POWER_OFF = signal.SIGRTMIN + 4
"""What systemd takes for `systemctl poweroff`. Source: systemd(1), SIGNALS."""

PATIENCE = 20.0
"""Seconds in which a machine's first process must be there."""


class LocalMachines(ABC):
    """The machines of one installation. `again` is called with the id of each machine that has a new first process
    without having been told to start: its network is to be given to it anew."""

    def __init__(self, folders: Folders, volumes: FileVolumes) -> None:
        self._folders = folders
        self._volumes = volumes
        self._entries: dict[str, Entry] = {}
        self._lock = Lock()
        self._watch = Watch(self._over)
        self._brokers = Brokers(volumes, self.entry, self._service)
        self.again: Callable[[str], None] = lambda machine_id: None

    def close(self) -> None:
        """Watch no more; machines go on."""
        self._watch.close()
        self._brokers.close()

    # -- what the contract says

    def start(self, machine: Machine) -> State:
        _check(machine)
        with self._lock:
            entry = self._entries.get(machine.id)
            if entry is None:
                entry = self._entries[machine.id] = Entry(machine, self._folders.run(machine.id))
        with entry.lock:
            if entry.supervisor is None:
                entry.machine = machine
                self._boot(entry)
            return entry.state

    def stop(self, machine_id: str, *, force: bool = False) -> None:
        with self._running(machine_id) as entry:
            if entry is None:
                return
            entry.mark_asked()
            if force:
                self._kill(entry)
            else:
                _signal(entry.leader, _POWER_OFF)

    def reboot(self, machine_id: str) -> None:
        with self._running(machine_id) as entry:
            if entry is None:
                raise MachineFailed(f"{machine_id} does not run")
            _signal(entry.leader, signal.SIGINT)  # what systemd in a container takes for ctrl-alt-del: reboot

    def states(self) -> dict[str, State]:
        with self._lock:
            return {machine_id: entry.state for machine_id, entry in self._entries.items()}

    def forget(self, machine_id: str) -> None:
        with self._lock:
            entry = self._entries.get(checked_id(machine_id))
        if entry is None:
            return
        with entry.lock:
            if entry.supervisor is not None:
                raise MachineFailed(f"{machine_id} runs")
            self._clean(entry)
            empty(entry.run)
        with self._lock:
            self._entries.pop(machine_id, None)

    def remove(self, machine_id: str) -> None:
        self.forget(machine_id)
        run = self._folders.run(machine_id)
        for each in run.glob("console.log*"):
            _delete(each)
        with contextlib.suppress(FileNotFoundError):
            run.rmdir()

    def console(self, machine_id: str) -> bytes:
        return Console(self._folders.run(machine_id)).last()

    def attach(self, machine_id: str, disk: Disk) -> None:
        checked_device(disk.device)
        with self._running(machine_id) as entry:
            if entry is None:
                raise MachineFailed(f"{machine_id} does not run")
            if disk in entry.machine.disks:
                return
            if any(disk.device == other.device for other in entry.machine.disks):
                raise MachineFailed(f"{disk.device} is in use")
            try:
                self._give(entry, disk)
            except MachineFailed:
                self._volumes.let_go(disk.volume)
                raise
            entry.machine = _with_disks(entry.machine, (*entry.machine.disks, disk))
            entry.save()

    def detach(self, machine_id: str, volume: str, *, force: bool = False) -> None:
        with self._running(machine_id) as entry:
            disk = next((each for each in entry.machine.disks if each.volume == volume), None) if entry else None
            if entry is None or disk is None:
                return
            loop = self._volumes.device(volume)
            where = devices.mounted(entry, loop) if loop else []
            if where and not force:
                raise MachineFailed(f"{volume} is mounted at {where[0]}")
            if where:
                devices.unmount(entry, where)
            self._take(entry, disk)
            entry.machine = _with_disks(entry.machine, tuple(each for each in entry.machine.disks if each != disk))
            entry.save()

    # -- how

    def entry(self, machine_id: str) -> Entry:
        """Raises KeyError."""
        return self._entries[machine_id]

    def leader(self, machine_id: str) -> int:
        """The first process of a machine that runs. Raises `MachineFailed`."""
        with self._running(machine_id) as entry:
            if entry is None:
                raise MachineFailed(f"{machine_id} does not run")
            return entry.leader

    @contextlib.contextmanager
    def _running(self, machine_id: str) -> Iterator[Entry | None]:
        entry = self._entries.get(checked_id(machine_id))
        if entry is None:
            yield None
            return
        with entry.lock:
            yield entry if entry.supervisor is not None else None

    def _boot(self, entry: Entry) -> None:
        machine = entry.machine
        entry.run.mkdir(mode=0o700, parents=True, exist_ok=True)
        entry.clear_end()
        try:
            self._launch(entry)
            for disk in machine.disks:
                self._give(entry, disk)
        except (OSError, MachineFailed) as error:
            self._clean(entry)
            if entry.process is not None:
                entry.process.wait()
            entry.supervisor, entry.leader, entry.process = None, 0, None
            entry.ended = "died"
            raise MachineFailed(f"{machine.id} cannot be started: {error}") from error
        self._follow(entry)

    # -- what each engine does in its way

    @abstractmethod
    def adopt(self) -> None:
        """Find the machines that run, and clean up after those that ended while nobody looked."""

    def _service(self, entry: Entry) -> Path:
        """The folder of its mount service's socket, which it sees as /run/groundcloud."""
        return entry.run / "service"

    @abstractmethod
    def _launch(self, entry: Entry) -> None:
        """Start it, and set its supervisor and leader. Raises `MachineFailed` and OSError."""

    @abstractmethod
    def _kill(self, entry: Entry) -> None:
        """End it at once."""

    @abstractmethod
    def _give(self, entry: Entry, disk: Disk) -> None:
        """Show it a disk."""

    @abstractmethod
    def _take(self, entry: Entry, disk: Disk) -> None:
        """Take a disk away that nothing has mounted."""

    @abstractmethod
    def _follow(self, entry: Entry) -> None:
        """Have `_over` called at its end."""

    @abstractmethod
    def _over(self, machine_id: str) -> None:
        """It has ended."""

    @abstractmethod
    def _clean(self, entry: Entry) -> None:
        """Give back what it had of the host."""


def _check(machine: Machine) -> None:
    for each in (machine.id, machine.root, *(disk.volume for disk in machine.disks)):
        checked_id(each)
    checked_host_name(machine.host_name)
    names = [checked_device(disk.device) for disk in machine.disks]
    if len(set(names)) < len(names):
        raise MachineFailed("two disks have the same device name")


def _signal(pid: int, number: int) -> None:
    """Send a signal to a machine's first process, as soon as it takes it."""
    if heeds(pid, number):
        _send(pid, number)
    else:
        Thread(target=_send_later, args=(pid, number), name=f"signal to {pid}", daemon=True).start()


def _send_later(pid: int, number: int) -> None:
    first = begun(pid)
    last = time.monotonic() + PATIENCE
    while not heeds(pid, number) and time.monotonic() < last:
        time.sleep(0.01)
    if begun(pid) == first:
        _send(pid, number)


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _with_disks(machine: Machine, disks: tuple[Disk, ...]) -> Machine:
    return msgspec.structs.replace(machine, disks=disks)


def empty(run: Path) -> None:
    """Forget what is known of a machine, except for its console."""
    for each in run.iterdir():
        if not each.name.startswith("console.log"):
            _delete(each)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        for each in path.iterdir():
            _delete(each)
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
