"""The loop that empties the outbox, with handlers that tests hold."""

import asyncio

import pytest

from groundcloud.outbox import Parcel
from groundcloud.publishing.publisher import Publisher, Retry


class Handler:
    """Notes what it is given; waits, fails or fulfils as a test says."""

    def __init__(self):
        self.begun = []
        self.done = []
        self.fails = {}
        self.waits = {}

    async def __call__(self, parcel):
        self.begun.append(parcel.target)
        if parcel.target in self.waits:
            await self.waits[parcel.target].wait()
        if self.fails.get(parcel.target):
            raise self.fails[parcel.target].pop(0)
        self.done.append(parcel.target)


@pytest.fixture()
def handler():
    return Handler()


@pytest.fixture()
def publisher(cloud, handler):
    return Publisher(cloud.store, cloud.cloud.invoker, cloud.clock, {"test": handler})


def post(cloud, *targets, lane="", slow=False, after=0):
    """Parcels in the order of their ids."""
    now = int(cloud.clock().timestamp() * 1000)

    def work(tx):
        start = len(list(tx.scan(Parcel)))
        for number, target in enumerate(targets, start):
            tx.put(Parcel(f"{number:08}", "test", target, b"", now + after * 1000, now, lane=lane, slow=slow))

    cloud.store.write(work)


def left(cloud):
    with cloud.store.snapshot() as tx:
        return [(parcel.target, parcel.attempts) for parcel in tx.scan(Parcel)]


def test_what_is_due_is_delivered_and_gone(cloud, publisher, handler):
    post(cloud, "a", "b")
    post(cloud, "later", after=60)
    asyncio.run(publisher.drain())
    assert sorted(handler.done) == ["a", "b"]
    assert left(cloud) == [("later", 0)]


def test_what_failed_comes_again_at_its_time(cloud, publisher, handler):
    handler.fails = {"a": [Retry(30), ValueError("a bug")]}
    post(cloud, "a")
    asyncio.run(publisher.drain())
    assert left(cloud) == [("a", 1)]
    cloud.clock.advance(seconds=29)
    asyncio.run(publisher.drain())
    assert handler.begun == ["a"]
    cloud.clock.advance(seconds=1)
    asyncio.run(publisher.drain())
    assert left(cloud) == [("a", 2)]
    cloud.clock.advance(seconds=2)
    asyncio.run(publisher.drain())
    assert (handler.done, left(cloud)) == (["a"], [])


def test_a_lane_keeps_its_order_also_when_one_fails(cloud, publisher, handler):
    handler.fails = {"1": [Retry(30)]}
    post(cloud, "1", "2", "3", lane="x")
    post(cloud, "other", lane="y")
    asyncio.run(publisher.drain())
    assert handler.done == ["other"]
    cloud.clock.advance(seconds=30)
    asyncio.run(publisher.drain())
    assert handler.done == ["other", "1", "2", "3"]


def test_slow_receivers_keep_no_others_waiting(cloud, publisher, handler):
    async def story():
        gate = asyncio.Event()
        handler.waits = {f"web{number}": gate for number in range(150)}
        draining = asyncio.create_task(publisher.drain())
        while "queue" not in handler.done:
            await asyncio.sleep(0)
        assert len(handler.begun) == 101
        gate.set()
        await draining

    post(cloud, *(f"web{number}" for number in range(150)), slow=True)
    post(cloud, "queue")
    asyncio.run(story())
    assert len(handler.done) == 151
    assert left(cloud) == []


def test_the_loop_is_woken_by_a_commit(cloud, publisher, handler):
    async def story():
        running = asyncio.create_task(publisher.run())
        await asyncio.sleep(0)
        await asyncio.to_thread(post, cloud, "a")
        async with asyncio.timeout(10):
            while not handler.done:
                await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running])

    asyncio.run(story())
    assert handler.done == ["a"]
