"""Questions about log files on the machine that serves: written down, heard by its agent, answered, and gone.

Calls and machines may be in different processes of the cloud: what they share is the store.
"""

import asyncio
from typing import Any

import msgspec

from groundcloud.context import Context
from groundcloud.services.rds import errors
from groundcloud.services.rds.records import DBInstance, DBMachine
from groundcloud.services.rds.telling import leader_of, machines_of
from groundcloud.store import Record, Transaction

_PATIENCE = 10.0
"""Seconds that a machine has for its answer."""
_EVERY = 0.02
_OLD = 60_000
"""Milliseconds after which nobody waits for an answer any more."""


class LogQuestion(Record):
    """What a call wants to read of a machine's log files, and the answer: both are gone when the call has it."""

    table = "rds.log_question"
    key = ("question_id",)
    indexes = {"by_machine": ("machine_id",)}
    watched = False

    question_id: str
    machine_id: str
    asked: int
    """Milliseconds since 1970."""
    file: str = ""
    """Empty for the list of all."""
    place: int = 0
    """The first byte; negative for the last lines."""
    lines: int = 0
    answer: bytes | None = None
    """JSON, once the machine has given it."""


async def ask(ctx: Context, instance: DBInstance, file: str = "", place: int = 0, lines: int = 0) -> dict[str, Any]:
    """What the agent says. Raises `DBInstanceNotReady` for a machine that does not answer."""
    with ctx.snapshot() as view:
        leader = leader_of(machines_of(view.tx, instance))
    if leader is None:
        raise errors.DBInstanceNotReady(db_instance_identifier=instance.db_instance_identifier)
    question = LogQuestion(ctx.new_id("log"), leader.machine_id, ctx.milliseconds, file, place, lines)
    await ctx.submit(lambda within: within.put(question))
    try:
        for _ in range(int(_PATIENCE / _EVERY)):
            with ctx.snapshot() as view:
                found = view.tx.get(LogQuestion, question.question_id)
            if found is not None and found.answer is not None:
                answer: dict[str, Any] = msgspec.json.decode(found.answer)
                return answer
            await asyncio.sleep(_EVERY)
    finally:
        await ctx.submit(lambda within: _forget(within.tx, question.question_id))
    raise errors.DBInstanceNotReady(db_instance_identifier=instance.db_instance_identifier)


def _forget(tx: Transaction, question_id: str) -> None:
    found = tx.get(LogQuestion, question_id)
    if found is not None:
        tx.delete(found)


def asked_of(tx: Transaction, machine_id: str) -> dict[str, Any] | None:
    """The next question for a machine, as its agent gets it."""
    for each in tx.scan(LogQuestion, machine_id, index="by_machine"):
        if each.answer is None:
            return {"question": {"id": each.question_id, "file": each.file, "place": each.place, "lines": each.lines}}
    return None


def answered(machine: DBMachine, content: dict[str, Any], tx: Transaction) -> None:
    """Keep an answer for who waits for it; what nobody waits for any more is thrown away."""
    found = tx.get(LogQuestion, content.pop("id"))
    if found is None or found.machine_id != machine.machine_id:
        return
    found.answer = msgspec.json.encode(content)
    tx.put(found)
    for each in list(tx.scan(LogQuestion, machine.machine_id, index="by_machine")):
        if each.asked < found.asked - _OLD:
            tx.delete(each)
