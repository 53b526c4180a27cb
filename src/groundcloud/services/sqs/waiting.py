"""Who waits for a message: a receive that found nothing is woken when one comes, one waiter for each message.

What other processes of this cloud send, and what becomes visible by time, is found by looking again.
"""

import asyncio
from collections import defaultdict, deque
from weakref import WeakKeyDictionary

from groundcloud.store import Store

LOOK_AGAIN = 0.5
"""Seconds after which a waiter looks without having been woken."""


class Bells:
    """The waiters of one store's queues, in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: dict[int, deque[asyncio.Future[None]]] = defaultdict(deque)

    def ring(self, queue: int, count: int = 1) -> None:
        """Wake as many as there are new messages."""
        waiting = self._waiting.get(queue)
        while waiting and count:
            future = waiting.popleft()
            if not future.done():
                future.set_result(None)
                count -= 1

    async def wait(self, queue: int, seconds: float) -> None:
        """Until the bell rings, or the time is over."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = self._waiting[queue]
        waiting.append(future)
        timer = asyncio.get_running_loop().call_later(max(0.0, seconds), _end, future)
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():  # woken, but gone: the next one may have the message
                self.ring(queue)
            raise
        finally:
            timer.cancel()
            if future in waiting:
                waiting.remove(future)
            if not waiting:
                self._waiting.pop(queue, None)


def _end(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


_bells: "WeakKeyDictionary[Store, Bells]" = WeakKeyDictionary()


def bells(store: Store) -> Bells:
    """Those of a store; all of an event loop use the same."""
    found = _bells.get(store)
    if found is None:
        found = _bells[store] = Bells()
    return found
