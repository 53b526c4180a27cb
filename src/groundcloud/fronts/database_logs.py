"""The archive of logs, for the machines of databases: each gives to its own, and a restore reads its source's.

`HEAD`, `PUT` and `GET /latest/dynamic/groundcloud/database/archive/NAME`, and `GET .../archive` for the names that a
restore applies. Nothing is ever overwritten: what is there already stays.
"""

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime

from groundcloud.engines.objects import Missing, Objects, Reading, Unavailable
from groundcloud.gateway.http import Request, Response
from groundcloud.sealing import Sealer
from groundcloud.services.rds.backup_records import DBAutomatedBackup, DBLog
from groundcloud.services.rds.records import PRIMARY, STANDBY, DBInstance, DBMachine
from groundcloud.services.rds.telling import instance_of
from groundcloud.store import Store, Transaction

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_LARGEST = 1 << 31
_ZEROS = bytes(1 << 20)
_PURPOSE = "rds.log"


class DatabaseLogs:
    """Keeps and gives back logs. It belongs on one event loop."""

    def __init__(
        self, store: Store, sealer: Sealer, clock: Callable[[], datetime], entropy: Callable[[int], bytes],
        objects: Objects,
    ) -> None:  # fmt: skip
        self._store = store
        self._sealer = sealer
        self._clock = clock
        self._entropy = entropy
        self._objects = objects

    async def handle(self, machine: DBMachine, name: str, request: Request) -> Response:
        """The answer to a machine that is who it says it is. `name` is empty for the list."""
        if name and not _NAME.fullmatch(name):
            return Response(400, [], b"")
        with self._store.snapshot() as tx:
            instance = instance_of(tx, machine.account, machine.region, machine.dbi_resource_id)
            if instance is None:
                return Response(404, [], b"")
            if request.method == "GET" and not name:
                return Response(200, [("Content-Type", "application/json")], _names(tx, instance))
            archive = instance.restore_source if request.method == "GET" else instance.dbi_resource_id
            known = tx.get(DBLog, instance.account, instance.region, archive, name)
            takes = machine.role in (PRIMARY, STANDBY) and _archives(tx, instance)
        if request.method == "GET":
            return self._give(known) if known is not None else Response(404, [], b"")
        if request.method == "HEAD":
            return Response(200 if known is not None else 404, [], b"")
        if request.method != "PUT" or not takes:
            return Response(409, [], b"nothing is archived now")
        return await self._take(instance, name, request) if known is None else Response(204, [], b"")

    def _give(self, log: DBLog) -> Response:
        try:
            reading = self._objects.open(log.blob, self._sealer.open(log.sealed_key, _PURPOSE), log.size)
        except Missing:
            return Response(500, [], b"its bytes are lost")
        return Response(200, [("Content-Length", str(log.length))], _whole(reading, log))

    async def _take(self, instance: DBInstance, name: str, request: Request) -> Response:
        headers = request.headers
        length = int(headers["x-groundcloud-length"])
        begins, closed = (int(float(headers[f"x-groundcloud-{each}"]) * 1e6) for each in ("begins", "closed"))
        if not 0 <= (request.body.length or 0) <= length <= _LARGEST:
            return Response(400, [], b"")
        key = self._entropy(32)
        try:
            stored = await self._objects.put(aiter(request.body), key)
        except Unavailable as error:
            return Response(503, [], str(error).encode())
        archived = int(self._clock().timestamp() * 1e6)
        log = DBLog(
            instance.account, instance.region, instance.dbi_resource_id, name, archived, begins, closed, stored.blob,
            self._sealer.seal(key, _PURPOSE), stored.size, length,
        )  # fmt: skip

        def write(tx: Transaction) -> bool:
            if tx.exists(DBLog, *log.key_values()):
                return False
            tx.put(log)
            return True

        if not await self._store.submit(write):
            await self._objects.delete((stored.blob,))
        return Response(204, [], b"")


def _archives(tx: Transaction, instance: DBInstance) -> bool:
    backup = tx.get(DBAutomatedBackup, instance.account, instance.region, instance.dbi_resource_id)
    return bool(instance.backup_retention_period) and (backup is None or backup.status == "active")


def _names(tx: Transaction, instance: DBInstance) -> bytes:
    """What a restore applies, in the order in which it came."""
    if instance.restore_begins is None or instance.restore_time is None:
        return b"[]"
    begins, ends = (int(each.timestamp() * 1e6) for each in (instance.restore_begins, instance.restore_time))
    logs: Iterator[DBLog] = tx.scan(
        DBLog, instance.account, instance.region, instance.restore_source, index="by_time"
    )  # fmt: skip
    return json.dumps([each.name for each in logs if each.closed >= begins and each.begins < ends]).encode()


async def _whole(reading: Reading, log: DBLog) -> AsyncIterator[bytes | memoryview]:
    """With the zeros at its end, which were not sent."""
    if log.size:
        async for piece in reading.pieces(0, log.size):
            yield piece
    left = log.length - log.size
    while left:
        some = min(left, len(_ZEROS))
        yield _ZEROS[:some]
        left -= some
