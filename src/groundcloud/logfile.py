"""A log file that several processes append to, and that begins anew when it is large.

A log that cannot be written (a full disk) stops no call: what does not fit is counted and dropped.
"""

import fcntl
import logging
import os
from pathlib import Path

LARGEST = 64 * 1024 * 1024
"""Bytes of a file before it is put aside."""
KEPT = 4
"""Files put aside: `calls.log.1` is the newest."""


class LogFile:
    """Appends whole lines. `write` and `flush` are what `CallLog` needs of a file."""

    def __init__(self, path: Path, largest: int = LARGEST, kept: int = KEPT) -> None:
        self._path = path
        self._largest = largest
        self._kept = kept
        self.dropped = 0
        """Writes that the disk did not take."""
        self._descriptor = self._open()

    def write(self, lines: bytes | bytearray) -> int:
        try:
            self._turn()
            return os.write(self._descriptor, lines)
        except OSError:
            self.dropped += 1
            return 0

    def flush(self) -> None:
        """Nothing is held back."""

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _turn(self) -> None:
        """Put the file aside when it is large, or follow another process that did so."""
        if self._moved():
            self._reopen()
        if os.fstat(self._descriptor).st_size < self._largest:
            return
        held = self._descriptor
        fcntl.flock(held, fcntl.LOCK_EX)  # one process moves the files; the others then see that it has
        try:
            if not self._moved():
                for number in range(self._kept, 1, -1):
                    older = self._aside(number - 1)
                    if older.exists():
                        older.replace(self._aside(number))
                self._path.replace(self._aside(1))
        finally:
            fcntl.flock(held, fcntl.LOCK_UN)
        self._reopen()

    def _aside(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def _moved(self) -> bool:
        try:
            return not os.path.samestat(os.fstat(self._descriptor), self._path.stat())
        except FileNotFoundError:
            return True

    def _reopen(self) -> None:
        opened = self._open()
        os.close(self._descriptor)
        self._descriptor = opened


class LogHandler(logging.Handler):
    """Writes the records of `logging` to such a file."""

    def __init__(self, file: LogFile) -> None:
        super().__init__()
        self._file = file
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self._file.write(self.format(record).encode() + b"\n")
