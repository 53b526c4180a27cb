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
from typing import Any

Work = Coroutine[Any, Any, None]


class _FirstStep:
    """What `current_task()` gives before there is a task: `asyncio.timeout` and `TaskGroup` keep it and cancel it."""

    __slots__ = ("__weakref__", "loop", "rest", "task")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.task: asyncio.Task[None] | None = None
        self.rest: _Rest | None = None

    def cancel(self, msg: object = None) -> bool:
        if self.task is None or self.rest is None:
            return False
        if self.rest.waiting is None:
            return self.task.cancel(msg)
        # The task does not know yet what it waits for, and could not pass the cancellation on.
        self.loop.call_soon(self.task.cancel, msg)
        return True

    def done(self) -> bool:
        return self.task is not None and self.task.done()

    def cancelling(self) -> int:
        return 0 if self.task is None else self.task.cancelling()

    def uncancel(self) -> int:
        return 0 if self.task is None else self.task.uncancel()


class _Rest(Coroutine[Any, Any, None]):
    """A coroutine that has been started: gives the task first what it waits for already."""

    __slots__ = ("waiting", "work")

    def __init__(self, work: Work, waiting: object) -> None:
        self.work = work
        self.waiting: list[object] | None = [waiting]

    def send(self, value: Any) -> Any:
        if self.waiting is not None:
            (first,), self.waiting = self.waiting, None
            return first
        return self.work.send(value)

    def throw(self, *error: Any) -> Any:
        self.waiting = None
        return self.work.throw(*error)

    def close(self) -> None:
        self.work.close()

    def __await__(self) -> Generator[Any, Any, None]:
        return self.work.__await__()


def _start(work: Work, loop: asyncio.AbstractEventLoop) -> asyncio.Task[None] | None:
    if current_task(loop) is not None:
        return asyncio.Task(work, loop=loop)
    context = copy_context()
    first = _FirstStep(loop)
    step: Any = first
    _enter_task(loop, step)
    try:
        waiting = context.run(work.send, None)
    except StopIteration:
        return None
    finally:
        _leave_task(loop, step)
    first.rest = _Rest(work, waiting)
    first.task = asyncio.Task(first.rest, loop=loop, context=context)
    return first.task


def _start_312(work: Work, loop: asyncio.AbstractEventLoop) -> asyncio.Task[None] | None:
    make: Any = asyncio.Task
    task: asyncio.Task[None] = make(work, loop=loop, eager_start=True)
    return None if task.done() else task


start = _start_312 if sys.version_info >= (3, 12) else _start
"""Runs a coroutine up to where it waits; returns its task, or None when it has ended. It must not raise."""
