"""What database machines say of themselves, as they said it last: in memory, for it is said anew every few seconds."""

from threading import Lock
from typing import Any

import msgspec


class Report(msgspec.Struct, frozen=True):
    """A machine's own words. What it does not know is left out."""

    machine: str = ""
    known: str = ""
    applied: str = ""
    """The version of what it was told that it has made so."""
    restarts: int = 0
    error: str = ""
    trouble: str = ""
    ready: bool = False
    settled: bool = False
    role: str = ""
    streaming: bool = False
    synchronous: bool = False
    followers: dict[str, str] = {}
    position: str | None = None
    lag: float | None = None
    server_version: str = ""
    pending_restart: list[str] = []
    replication_error: str = ""
    restorable: float | None = None
    """Unix time up to which all that was committed is archived, 0 where that is not known; nothing where the machine
    knows of no archive."""
    size: int = 0
    free: int = 0
    connections: int | None = None
    """Of clients."""
    memory_free: int | None = None
    """Bytes of the machine's memory that programs could still have."""


class Reports:
    """The last report of each machine, and when it came (seconds of the clock)."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._last: dict[str, tuple[float, Report]] = {}

    def put(self, machine_id: str, at: float, content: dict[str, Any]) -> None:
        report = msgspec.convert(content, Report)
        with self._lock:
            self._last[machine_id] = (at, report)

    def last(self, machine_id: str) -> tuple[float, Report]:
        with self._lock:
            return self._last.get(machine_id, (0.0, Report()))

    def forget(self, machine_id: str) -> None:
        with self._lock:
            self._last.pop(machine_id, None)
