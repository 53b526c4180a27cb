"""What is known of one machine, and what of it is on disk so that the next process knows it too."""

import contextlib
import os
import subprocess
import time
from pathlib import Path
from threading import RLock

import msgspec
from msgspec import Struct

from groundcloud.engines.machines.wanted import Machine, State


class Supervisor(Struct, frozen=True):
    """The process that waits for a machine's end, which outlives this one."""

    pid: int
    begun: int
    """In the kernel's ticks since the host's start: a number that comes again belongs to another process."""
    started: float
    boot: str = ""
    """The host's start that this was in."""


class Entry:
    """One machine. Whoever changes it holds `lock`."""

    def __init__(self, machine: Machine, run: Path) -> None:
        self.lock = RLock()
        self.machine = machine
        self.run = run
        self.supervisor: Supervisor | None = None
        self.process: subprocess.Popen[bytes] | None = None
        """The supervisor, if this process has started it and so has to ask for its end."""
        self.leader = 0
        self.noted = 0
        """The supervisor that was written down last, also when it lives no more."""
        self.first_user = 0
        self.ended = ""
        self.asked = False
        """Its end was asked for from outside."""
        self.lost = False
        """It ended because its host did: it is one that should run."""

    @property
    def state(self) -> State:
        running = self.supervisor is not None
        started = self.supervisor.started if self.supervisor else 0.0
        return State(self.machine.id, running, self.leader if running else 0, started, self.ended)

    def save(self) -> None:
        """Write down what should run, and by whom it is watched."""
        _write(self.run / "machine.json", msgspec.json.encode(self.machine))
        if self.supervisor is not None:
            _write(self.run / "supervisor.json", msgspec.json.encode(self.supervisor))

    def mark_asked(self) -> None:
        self.asked = True
        (self.run / "asked").touch()

    def exit_code(self) -> int | None:
        """How the machine's program ended, if it could say so."""
        try:
            return int((self.run / "ended").read_text())
        except (FileNotFoundError, ValueError):
            return None

    def clear_end(self) -> None:
        for name in ("ended", "asked", "supervisor.json"):
            (self.run / name).unlink(missing_ok=True)
        self.ended, self.asked = "", False


def load(run: Path) -> Entry | None:
    """A machine of an earlier process; None when its folder is not whole."""
    try:
        machine = msgspec.json.decode((run / "machine.json").read_bytes(), type=Machine)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
    entry = Entry(machine, run)
    entry.asked = (run / "asked").exists()
    with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
        known = msgspec.json.decode((run / "supervisor.json").read_bytes(), type=Supervisor)
        entry.noted = known.pid
        entry.lost = known.boot != boot() and not (run / "ended").exists()
        if not entry.lost and begun(known.pid) == known.begun:
            entry.supervisor = known
    return entry


def watched(pid: int) -> Supervisor:
    return Supervisor(pid, begun(pid) or 0, time.time(), boot())


def boot() -> str:
    """What tells one start of the host from another."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def begun(pid: int) -> int | None:
    """When a process began, in ticks; None when there is none of that number that lives."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def children(pid: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def heeds(pid: int, number: int) -> bool:
    """Whether a machine's first process has got as far as to take a signal; before, the kernel drops it."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return True
    masks = [int(line.split()[1], 16) for line in lines if line.startswith(("SigBlk:", "SigCgt:"))]
    return any(mask >> (number - 1) & 1 for mask in masks)


def leader_of(supervisor: int) -> int:
    """A machine's first process, once it has its network namespace; 0 before."""
    for program in children(supervisor):
        for found in children(program):
            with contextlib.suppress(OSError):
                if os.readlink(f"/proc/{found}/ns/net") != os.readlink("/proc/self/ns/net"):
                    return found
    return 0


def _write(path: Path, content: bytes) -> None:
    made = path.with_suffix(".new")
    made.write_bytes(content)
    made.replace(path)
