"""What machines write to their consoles: read from a pipe each, so that a machine that writes too much waits, and the
last 64 KiB kept in a file."""

import contextlib
import os
from pathlib import Path

KEPT = 64 * 1024


class Console:
    """The console of one machine."""

    def __init__(self, run: Path) -> None:
        self._pipe = run / "console.pipe"
        self._log = run / "console.log"
        self.descriptor = -1

    def prepare(self) -> None:
        with contextlib.suppress(FileExistsError):
            os.mkfifo(self._pipe, 0o600)

    def open(self) -> int:
        """The end to read from, for whoever waits for more."""
        self.prepare()
        if self.descriptor < 0:  # for writing as well: it then has no end while nobody writes
            self.descriptor = os.open(self._pipe, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        return self.descriptor

    def read(self) -> None:
        """Take over what has come."""
        try:
            text = os.read(self.descriptor, KEPT)
        except BlockingIOError:
            return
        with open(self._log, "ab") as log:
            log.write(text)
            size = log.tell()
        if size > 2 * KEPT:
            made = self._log.with_suffix(".new")
            made.write_bytes(self.last())
            made.replace(self._log)

    def last(self) -> bytes:
        """The last 64 KiB."""
        try:
            with open(self._log, "rb") as log:
                log.seek(max(0, os.fstat(log.fileno()).st_size - KEPT))
                return log.read(KEPT)
        except FileNotFoundError:
            return b""

    def close(self) -> None:
        if self.descriptor >= 0:
            self.read()
            os.close(self.descriptor)
            self.descriptor = -1
