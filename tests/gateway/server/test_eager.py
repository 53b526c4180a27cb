"""Coroutines that start at once behave as in a task: cancellation, time-outs, groups, context."""

import asyncio
from contextvars import ContextVar

import pytest

from groundcloud.gateway.server import eager
from tests.gateway.server.http_wire import run

variable = ContextVar("variable", default="outside")


def from_callback(work):
    """Starts `work` as the server does, from a callback of the loop; gives back what `start` returned."""

    async def script():
        loop = asyncio.get_running_loop()
        started = loop.create_future()

        def start():
            # In one step, so that what is cancelled before its task begins is seen too.
            started.set_result((eager.start(work, loop), variable.get()))

        loop.call_soon(start)
        task, outside = await started
        assert outside == "outside"
        if task is not None:
            await asyncio.gather(task, return_exceptions=True)
        return task

    return run(script())


def test_what_does_not_wait_ends_at_once_without_a_task():
    seen = []

    async def work():
        seen.append(asyncio.current_task() is not None)

    assert from_callback(work()) is None
    assert seen == [True]


def test_what_waits_goes_on_in_a_task():
    seen = []

    async def work():
        for turn in range(3):
            await asyncio.sleep(0)
            future = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(future.set_result, turn)
            seen.append(await future)

    assert from_callback(work()).done()
    assert seen == [0, 1, 2]


def test_a_timeout_entered_before_the_first_wait_still_fires():
    seen = []

    async def work():
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            seen.append("late")
        await asyncio.sleep(0)
        seen.append("goes on")

    from_callback(work())
    assert seen == ["late", "goes on"]


def test_a_failing_task_group_ends_the_others():
    seen = []

    async def fails():
        raise KeyError

    async def work():
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(fails())
                await asyncio.Event().wait()
        except* KeyError:
            seen.append("failed")

    from_callback(work())
    assert seen == ["failed"]


def test_cancelling_reaches_the_coroutine_and_its_finally():
    seen = []

    async def work():
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            seen.append("clean")

    async def script():
        loop = asyncio.get_running_loop()
        started = loop.create_future()
        loop.call_soon(lambda: started.set_result(eager.start(work(), loop)))
        task = await started
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(script())
    assert seen == ["clean"]


def test_cancelling_reaches_what_the_coroutine_waits_for():
    seen = []

    async def inner():
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            seen.append("inner")
            raise

    async def work():
        try:
            async with asyncio.timeout(0):
                await asyncio.create_task(inner())
        except TimeoutError:
            seen.append("outer")

    from_callback(work())
    assert seen == ["inner", "outer"]


def test_context_variables_stay_with_the_coroutine():
    seen = []

    async def work():
        variable.set("inside")
        await asyncio.sleep(0)
        seen.append(variable.get())

    from_callback(work())
    assert seen == ["inside"]


def test_inside_a_task_a_task_is_made():
    async def script():
        async def work():
            await asyncio.sleep(0)

        task = eager.start(work(), asyncio.get_running_loop())
        await task

    run(script())
