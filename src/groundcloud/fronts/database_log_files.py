"""Log files of database machines: answers to questions about them, and entries that go to CloudWatch Logs."""

import asyncio
import json
import logging
from collections.abc import Callable
from functools import partial

from groundcloud.errors import AwsError
from groundcloud.gateway.http import Request, Response
from groundcloud.services.rds.log_questions import answered
from groundcloud.services.rds.records import PRIMARY, REPLICA, DBInstance, DBMachine
from groundcloud.services.rds.telling import instance_of
from groundcloud.store import Store

log = logging.getLogger(__name__)

Export = Callable[[DBInstance, str, list[tuple[int, str]]], None]
"""Lets CloudWatch Logs have entries (milliseconds, text) of a kind of log of an instance. It blocks."""
_MOST = 8_000_000
_DONE, _LATER, _NO = Response(200, [], b""), Response(503, [], b""), Response(404, [], b"")


class DatabaseLogFiles:
    """Takes what machines tell of their log files."""

    def __init__(self, store: Store, export: Export) -> None:
        self._store = store
        self._export = export

    async def answer(self, machine: DBMachine, request: Request) -> Response:
        """To a question that its agent was asked. Raises `ValueError`, `KeyError` for what is none."""
        content = json.loads(await request.body.read(_MOST))
        await self._store.submit(partial(answered, machine, content))
        return _DONE

    async def entries(self, machine: DBMachine, request: Request) -> Response:
        """For CloudWatch Logs; the agent tries again what is not taken now. Raises `ValueError`, `KeyError`."""
        content = json.loads(await request.body.read(_MOST))
        with self._store.snapshot() as tx:
            instance = instance_of(tx, machine.account, machine.region, machine.dbi_resource_id)
        if instance is None or machine.role not in (PRIMARY, REPLICA):
            return _NO
        try:
            await asyncio.to_thread(self._export, instance, str(content["kind"]), content["events"])
        except AwsError as error:
            log.error("logs of %s are not exported: %s", instance.arn, error)
            return _LATER
        return _DONE
