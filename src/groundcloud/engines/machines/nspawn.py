"""Machines as programs of systemd-nspawn: the embedded machine engine.

Whatever a machine is made of ends with its processes: its mounts are in their namespace, its limits in their cgroups.
A supervisor (a shell of one line) outlives this process, and the next one finds the machine by it.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Lock, Thread

import msgspec

from groundcloud.engines.machines import devices, kernel, users
from groundcloud.engines.machines.broker import Brokers
from groundcloud.engines.machines.cgroups import Cgroups
from groundcloud.engines.machines.console import Console
from groundcloud.engines.machines.entry import Entry, begun, heeds, leader_of, load, watched
from groundcloud.engines.machines.names import Folders, checked_device, checked_host_name, checked_id
from groundcloud.engines.machines.plan import SUPERVISOR, Range, Setting, command, device_rule, limits
from groundcloud.engines.machines.roots import in_thread, put_together
from groundcloud.engines.machines.volumes import FileVolumes
from groundcloud.engines.machines.wanted import Disk, Machine, MachineFailed, State
from groundcloud.engines.machines.watch import Watch

_RESTART = 133
"""How systemd-nspawn ends when the machine wants to be started again."""

_POWER_OFF = signal.SIGRTMIN + 4
"""What systemd takes for `systemctl poweroff`. Source: systemd(1), SIGNALS."""

_PATIENCE = 20.0
"""Seconds in which a machine's first process must be there."""


class NspawnMachines:
    """The machines of one installation. `again` is called with the id of each machine that has a new first process
    without having been told to start: its network is to be given to it anew."""

    def __init__(self, folders: Folders, volumes: FileVolumes, groups: Cgroups) -> None:
        self._folders = folders
        self._volumes = volumes
        self._groups = groups
        self._entries: dict[str, Entry] = {}
        self._lock = Lock()
        self._watch = Watch(self._over)
        self._brokers = Brokers(volumes, self.entry)
        self.again: Callable[[str], None] = lambda machine_id: None

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
                _empty(run)
            else:
                self._entries[run.name] = entry
                self._settle(entry)
        for stray in self._groups.machines() - self._entries.keys():
            self._groups.remove(stray)
        running = [entry.machine for entry in self._entries.values() if entry.supervisor]
        used = {machine.root for machine in running} | {disk.volume for machine in running for disk in machine.disks}
        self._volumes.let_go_of_all_but(used)

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
                self._groups.kill(machine_id)
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
            _empty(entry.run)
        with self._lock:
            self._entries.pop(machine_id, None)

    def remove(self, machine_id: str) -> None:
        self.forget(machine_id)
        run = self._folders.run(machine_id)
        _delete(run / "console.log")
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


def _check(machine: Machine) -> None:
    for each in (machine.id, machine.root, *(disk.volume for disk in machine.disks)):
        checked_id(each)
    checked_host_name(machine.host_name)
    names = [checked_device(disk.device) for disk in machine.disks]
    if len(set(names)) < len(names):
        raise MachineFailed("two disks have the same device name")


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
    last = time.monotonic() + _PATIENCE
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


def _signal(pid: int, number: int) -> None:
    """Send a signal to a machine's first process, as soon as it takes it."""
    if heeds(pid, number):
        _send(pid, number)
    else:
        Thread(target=_send_later, args=(pid, number), name=f"signal to {pid}", daemon=True).start()


def _send_later(pid: int, number: int) -> None:
    first = begun(pid)
    last = time.monotonic() + _PATIENCE
    while not heeds(pid, number) and time.monotonic() < last:
        time.sleep(0.01)
    if begun(pid) == first:
        _send(pid, number)


def _send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _with_disks(machine: Machine, disks: tuple[Disk, ...]) -> Machine:
    return msgspec.structs.replace(machine, disks=disks)


def _empty(run: Path) -> None:
    """Forget what is known of a machine, except for its console."""
    for each in run.iterdir():
        if each.name != "console.log":
            _delete(each)


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        for each in path.iterdir():
            _delete(each)
        path.rmdir()
    else:
        path.unlink(missing_ok=True)
