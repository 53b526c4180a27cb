"""MariaDB's binary logs: given to the archive one by one as they are closed, and applied again by a restore."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from . import system
from .archive import Archive
from .marks import Marks

FOLDER = system.DATA + "/binlog"
_FETCHED = system.DATA + "/restore"
_LOOK, _PURGE = 1.0, 60.0
"""Seconds between two looks, and between two times of clearing away."""
_KEPT = 3600.0
"""Seconds for which a file stays here, for who follows and was away."""

Sql = Callable[[str], str]


class BinaryLogs(threading.Thread):
    """Gives closed files to the archive, and removes old ones, beside the agent's loop: a file may be large."""

    def __init__(self, sql: Sql) -> None:
        super().__init__(name="binary-logs", daemon=True)
        self._sql = sql
        self._lock = threading.Lock()
        self._wanted: dict[str, Any] = {}
        self._marks = Marks()
        self._given: set[str] = set()
        self._purged = 0.0

    def keep(self, wanted: dict[str, Any]) -> None:
        """What the machine is told now; the server runs."""
        with self._lock:
            self._wanted = wanted
            if not self._archives():
                self._marks = Marks()
        if not self.is_alive():
            self.start()

    def archived(self) -> float:
        """Up to when all that was committed is in the archive (Unix time); 0 where that is not known."""
        with self._lock:
            return self._marks.last if self._archives() else 0.0

    def pending(self) -> bool:
        """Whether a mark is about to be reached."""
        with self._lock:
            return self._archives() and (self._marks.pending or not self._marks.last)

    def _archives(self) -> bool:
        return bool(self._wanted.get("archive")) and self._wanted.get("role") == "primary"

    def run(self) -> None:
        while True:
            try:
                self._look()
            except (system.Failed, OSError) as error:
                print(f"binary logs: {str(error)[-500:]}", file=sys.stderr, flush=True)
            time.sleep(_LOOK)

    def _look(self) -> None:
        with self._lock:
            wanted, marks, archives = self._wanted, self._marks, self._archives()
        if archives and (marks.pending or marks.due(self._position)):
            at, position = time.time(), self._position()
            if position != marks.position:
                self._sql("FLUSH NO_WRITE_TO_BINLOG BINARY LOGS")
            marks.set(position)
            self._give(wanted)
            marks.reached(at)
        if time.monotonic() - self._purged > _PURGE:
            self._purged = time.monotonic()
            self._purge(archives)

    def _position(self) -> str:
        return self._sql("SELECT @@gtid_binlog_pos").strip() or "nothing"

    def _closed(self) -> list[str]:
        """The files that nothing is written into any more, the oldest first."""
        return [line.split("\t")[0] for line in self._sql("SHOW BINARY LOGS").splitlines()][:-1]

    def _give(self, wanted: dict[str, Any]) -> None:
        archive, begins = Archive(wanted["machine"]), 0.0
        for name in self._closed():
            closed = os.stat(f"{FOLDER}/{name}").st_mtime
            if name not in self._given:
                archive.put(f"{FOLDER}/{name}", f"{wanted['server_id']:010d}-{name}", begins, closed)
                self._given.add(name)
            begins = closed

    def _purge(self, archives: bool) -> None:
        """Remove what is old and, where there is an archive, in it. The server keeps what a follower still reads."""
        old = []
        for name in self._closed():
            young = os.stat(f"{FOLDER}/{name}").st_mtime > time.time() - _KEPT
            if young or (archives and name not in self._given):
                break
            old.append(name)
        if old:
            self._sql(f"PURGE BINARY LOGS TO '{self._after(old[-1])}'")
            self._given.difference_update(old)

    def _after(self, name: str) -> str:
        names = [line.split("\t")[0] for line in self._sql("SHOW BINARY LOGS").splitlines()]
        return names[names.index(name) + 1]


class Replay:
    """Applies archived files to a server that nobody else uses: all in one session, as temporary tables need it."""

    def __init__(self, sql: Sql, client: list[str], machine: str, stop: str) -> None:
        """`client`: the words that start a client of the server; `stop`: the moment, as `2026-01-31 12:00:00` in UTC,
        before which what was begun is applied."""
        self._sql = sql
        self._archive = Archive(machine)
        self._stop = stop
        self._client = client

    def run(self) -> None:
        """All of it; what is there already is left out. Raises `Failed`."""
        system.folder(_FETCHED, "mysql")
        path = _FETCHED + "/log"
        with open(_FETCHED + "/errors", "w+") as errors, subprocess.Popen(
            self._client, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, bufsize=0
        ) as session:  # fmt: skip
            assert session.stdin is not None
            try:
                for number, name in enumerate(self._archive.files()):
                    if not self._archive.get(name, path):
                        raise system.Failed(f"the archive lacks {name}")
                    self._apply(path, session)
                    self._wait(session, f"applied-{number}", errors)
            finally:
                session.stdin.close()
        system.run(["rm", "-r", _FETCHED])

    def _apply(self, path: str, session: "subprocess.Popen[bytes]") -> None:
        position = self._sql("SELECT @@gtid_binlog_pos").strip()
        words = ["mariadb-binlog", "--no-defaults", f"--stop-datetime={self._stop}"]
        words += [f"--start-position={position}"] if position else []
        done = subprocess.run(
            [*words, path], stdout=session.stdin, stderr=subprocess.PIPE, env={**os.environ, "TZ": "UTC"}, check=False
        )
        if done.returncode:
            raise system.Failed(f"mariadb-binlog: {done.stderr.decode(errors='replace').strip()[-500:]}")

    @staticmethod
    def _wait(session: "subprocess.Popen[bytes]", word: str, errors: Any) -> None:
        """Until the session has done all that it was given."""
        assert session.stdin is not None
        assert session.stdout is not None
        try:
            session.stdin.write(f"\nDELIMITER ;\nSELECT '{word}';\n".encode())
            while line := session.stdout.readline():
                if line.strip() == word.encode():
                    return
        except BrokenPipeError:
            pass
        errors.seek(0)
        raise system.Failed(f"a log cannot be applied: {errors.read().strip()[-500:]}")
