"""What the agents of database machines ask of the metadata service: one question that also tells how it is there.

`PUT /latest/dynamic/groundcloud/database` with a report; the answer is what the database should be, if the machine does
not know it yet (200), or a question about its log files, else nothing (204) after the time that the machine is ready to
wait. It has passwords: it goes to the machine whose address the question comes from, and nowhere else. Below it, `/log`
takes the answer to a question, and `/events` what is to go to CloudWatch Logs.
"""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from groundcloud.fronts.database_log_files import DatabaseLogFiles
from groundcloud.fronts.database_logins import DatabaseLogins
from groundcloud.fronts.database_logs import DatabaseLogs
from groundcloud.gateway.http import Request, Response
from groundcloud.sealing import Sealer
from groundcloud.services.rds.log_questions import asked_of
from groundcloud.services.rds.records import DBMachine
from groundcloud.services.rds.reports import Reports
from groundcloud.services.rds.telling import machine_at, told
from groundcloud.store import Store

PATH = "/latest/dynamic/groundcloud/database"
_MOST = 65536
_LONGEST_WAIT = 20.0
_LOOK = 0.05
"""Seconds between two looks at the records, however much is committed."""


class Databases:
    """Answers database machines. It belongs on one event loop."""

    def __init__(
        self, store: Store, sealer: Sealer, clock: Callable[[], datetime], reports: Reports, ca: str,
        logs: DatabaseLogs, logins: DatabaseLogins, files: DatabaseLogFiles,
    ) -> None:  # fmt: skip
        self._files = files
        self._store = store
        self._sealer = sealer
        self._clock = clock
        self._reports = reports
        self._ca = ca
        self._archive = logs
        self._logins = logins
        self._news: asyncio.Event | None = None

    async def handle(self, vpc_id: str, request: Request) -> Response:
        """The answer to a machine of a VPC, for `PATH` and what lies below it."""
        kind, _, name = request.path[len(PATH) :].lstrip("/").partition("/")
        if not kind:
            return await self._told(vpc_id, request)
        machine = self._machine(vpc_id, request)
        if machine is None:
            return Response(404, [], b"")
        try:
            match kind:
                case "login":
                    return await self._logins.handle(machine, request)
                case "archive":
                    return await self._archive.handle(machine, name, request)
                case "log":
                    return await self._files.answer(machine, request)
                case "events":
                    return await self._files.entries(machine, request)
            return Response(404, [], b"")
        except (ValueError, KeyError):
            return Response(400, [], b"")

    def _machine(self, vpc_id: str, request: Request) -> DBMachine | None:
        """Who asks: by the address, and by its own word, for the address was another one's a moment ago."""
        with self._store.snapshot() as tx:
            found = machine_at(tx, vpc_id, request.client)
        return found if found and found.machine_id == request.headers.get("x-groundcloud-machine") else None

    async def _told(self, vpc_id: str, request: Request) -> Response:
        if request.method != "PUT":
            return Response(405, [], b"")
        content = await request.body.read(_MOST)
        try:
            report: dict[str, Any] = json.loads(content)
            wait = min(float(request.headers.get("x-groundcloud-wait", "0")), _LONGEST_WAIT)
            return await self._answer(vpc_id, request.client, report, wait)
        except (ValueError, msgspec.ValidationError):
            return Response(400, [], b"")

    async def _answer(self, vpc_id: str, address: str, report: dict[str, Any], wait: float) -> Response:
        loop = asyncio.get_running_loop()
        ends = loop.time() + wait
        first = True
        while True:
            news = self._listen(loop)
            with self._store.snapshot() as tx:
                machine = machine_at(tx, vpc_id, address)
                content = told(tx, self._sealer, machine, self._ca) if machine is not None else None
                question = asked_of(tx, machine.machine_id) if machine is not None else None
            if machine is None or machine.machine_id != report.get("machine"):
                return Response(404, [], b"")  # the address was another one's a moment ago
            if first:
                self._reports.put(machine.machine_id, self._clock().timestamp(), report)
                first = False
            if content is not None and content["version"] != report.get("known"):
                return Response(200, [("Content-Type", "application/json")], json.dumps(content).encode())
            if question is not None:
                return Response(200, [("Content-Type", "application/json")], json.dumps(question).encode())
            left = ends - loop.time()
            if left <= 0:
                return Response(204, [], b"")
            try:
                async with asyncio.timeout(left):
                    await news.wait()
                    await asyncio.sleep(_LOOK)
            except TimeoutError:
                return Response(204, [], b"")

    def _listen(self, loop: asyncio.AbstractEventLoop) -> asyncio.Event:
        """An event that the next commit sets."""
        if self._news is None:
            self._store.on_commit(partial(self._tell, loop))
        if self._news is None or self._news.is_set():
            self._news = asyncio.Event()
        return self._news

    def _tell(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.call_soon_threadsafe(self._committed)

    def _committed(self) -> None:
        if self._news is not None:
            self._news.set()
