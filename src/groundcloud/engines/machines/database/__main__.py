"""The agent's loop: say how the database is, hear what it should be, make it so."""

import sys
import time
from typing import Any

from . import logs, system
from .mariadb import MariaDb
from .postgres import Postgres

_CALM, _EAGER = 2.0, 0.2
"""Seconds for which the cloud may hold a question back when nothing is new."""


class Agent:
    """What it was told last, and what came of it."""

    def __init__(self) -> None:
        self._server: Postgres | MariaDb | None = None
        self._wanted: dict[str, Any] = {}
        self._applied = ""
        self._error = ""
        self._restarts = 0
        self._again = 0.0
        self._logs = logs.Logs()

    def run(self) -> None:
        while True:
            report = self._report()
            calm = report.get("ready") and report.get("settled") and not self._error and not self._archiving()
            found = system.ask(report, _CALM if calm else _EAGER)
            if found is not None and "question" in found:
                question = found["question"]
                system.tell("/log", {"id": question["id"], **logs.answer(question)})
            elif found is not None:
                self._wanted = found
                self._again = 0.0
            fallen = self._applied and not report.get("ready") and system.fallen()
            news = self._wanted and (self._applied != self._wanted["version"] or self._error or fallen)
            if news and time.monotonic() >= self._again:
                self._apply()
            self._look_after_logs()

    def _look_after_logs(self) -> None:
        if self._server is None or not self._applied:
            return
        try:
            self._logs.look(self._wanted.get("exports", []), self._server.turn_logs)
        except (system.Failed, OSError) as error:
            print(f"database agent: logs: {error}", file=sys.stderr, flush=True)

    def _apply(self) -> None:
        wanted = self._wanted
        try:
            if self._server is None:
                system.mount(wanted["volume"])
                if system.first("machine"):
                    logs.forget()
                self._server = Postgres() if wanted["engine"] == "postgres" else MariaDb()
            restart = self._restarts and self._restarts != wanted["restarts"]
            self._server.apply(wanted, restart=bool(restart))
            self._restarts = wanted["restarts"]
            self._error = ""
            self._applied = wanted["version"]
            self._again = time.monotonic() + 1.0  # a server that falls again at once is not raised more often
        except (system.Failed, OSError) as error:
            self._error = str(error)[-2000:]
            self._again = time.monotonic() + 1.0
            print(f"database agent: {self._error}", file=sys.stderr, flush=True)

    def _archiving(self) -> bool:
        return self._server is not None and self._server.pending(self._wanted)

    def _restorable(self) -> float:
        """Up to when all is in the archive; 0 where that is not known."""
        if self._server is None or self._applied != self._wanted["version"]:
            return 0.0
        try:
            return self._server.archived(self._wanted)
        except (system.Failed, OSError, ValueError) as error:
            print(f"archive: {str(error)[-500:]}", file=sys.stderr, flush=True)
            return 0.0

    def _report(self) -> dict[str, Any]:
        report: dict[str, Any] = {
            "machine": system.machine(),
            "known": self._wanted.get("version", ""),
            "applied": self._applied,
            "restarts": self._restarts,
            "error": self._error,
        }
        if self._server is not None:
            try:
                report.update(self._server.status(self._wanted))
            except (system.Failed, OSError, ValueError) as error:
                report.update(ready=False, settled=False, trouble=str(error)[-500:])
            report["restorable"] = self._restorable() if report.get("ready") else 0.0
            report.update(system.disk(), **system.memory())
        return report


if __name__ == "__main__":
    Agent().run()
