"""Starts a coroutine at once, and makes a task only for one that has to wait.

Python 3.12 has `eager_start` for this. Before, a task always costs a turn of the event loop, which for a call that
never waits is most of its time; this module does the same with the hooks that asyncio documents for other task
implementations (Extending asyncio: `_enter_task`, `_leave_task`).
"""

import asyncio
import sys
from asyncio import current_task
from asyncio.tasks import _enter_task, _leave_task
from collections.abc import Coroutine, Generator
from contextvars import copy_context
from types import coroutine
from typing import Any

Work = Coroutine[Any, Any, None]


class _FirstStep:
    """What `current_task()` gives before there is a task: `asyncio.timeout` and `TaskGroup` keep it and cancel it."""

    __slots__ = ("__weakref__", "task")

    def __init__(self) -> None:
        self.task: asyncio.Task[None] | None = None

    def cancel(self, msg: object = None) -> bool:
        return self.task is not None and self.task.cancel(msg)

    def cancelling(self) -> int:
        return 0 if self.task is None else self.task.cancelling()

    def uncancel(self) -> int:
        return 0 if self.task is None else self.task.uncancel()


@coroutine
def _rest(work: Work, waiting: object) -> Generator[object, Any, None]:
    """Goes on with a coroutine that has been started and now waits for `waiting`."""
    try:
        while True:
            try:
                value = yield waiting
            except GeneratorExit:
                work.close()
                raise
            except BaseException as error:
                waiting = work.throw(error)
            else:
                waiting = work.send(value)
    except StopIteration:
        return


async def _continue(work: Work, waiting: object) -> None:
    await _rest(work, waiting)


def _start(work: Work, loop: asyncio.AbstractEventLoop) -> asyncio.Task[None] | None:
    if current_task(loop) is not None:
        return asyncio.Task(work, loop=loop)
    context = copy_context()
    step: Any = _FirstStep()
    _enter_task(loop, step)
    try:
        waiting = context.run(work.send, None)
    except StopIteration:
        return None
    finally:
        _leave_task(loop, step)
    task = step.task = asyncio.Task(_continue(work, waiting), loop=loop, context=context)
    return task


def _start_312(work: Work, loop: asyncio.AbstractEventLoop) -> asyncio.Task[None] | None:
    make: Any = asyncio.Task
    task: asyncio.Task[None] = make(work, loop=loop, eager_start=True)
    return None if task.done() else task


start = _start_312 if sys.version_info >= (3, 12) else _start
"""Runs a coroutine up to where it waits; returns its task, or None when it has ended. It must not raise."""
