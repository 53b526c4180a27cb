"""Several processes that answer on one port: started by the first, restarted when they die, ended together."""

import logging
import os
import signal
import time
from collections.abc import Callable
from typing import Any

log = logging.getLogger("groundcloud")

Work = Callable[[int, Callable[[], None], int], None]
"""What a worker does: its number, what to call when it answers, and a pipe that closes when the supervisor is gone."""


def supervise(count: int, work: Work, up: Callable[[], None], lock: int) -> bool:
    """Run `count` workers, numbered from 1, until SIGTERM or SIGINT. `up` is called once all answer.
    False when one of them never did.

    `lock` is the descriptor of the supervisor's own lock, which no worker may keep.
    """
    return _Supervisor(count, work, lock).run(up)


class _Supervisor:
    def __init__(self, count: int, work: Work, lock: int) -> None:
        self._count = count
        self._work = work
        self._lock = lock
        self._workers: dict[int, int] = {}
        """Process id to number."""
        self._started: dict[int, float] = {}
        self._ending = False
        self._alive, self._holds = os.pipe()
        """Nobody writes: the reading end of each worker sees the end when the supervisor's process is gone."""

    def run(self, up: Callable[[], None]) -> bool:
        for ending in (signal.SIGTERM, signal.SIGINT):
            signal.signal(ending, self._end)
        answering, says = os.pipe()
        for number in range(1, self._count + 1):
            self._start(number, says)
        os.close(says)
        answered = _read_all(answering, self._count)
        if answered:
            up()
        else:
            self._end()
        os.close(answering)
        while self._workers:
            pid, status = os.wait()
            number = self._workers.pop(pid)
            if not self._ending:
                log.error("worker %d (process %d) ended with status %d and is started again", number, pid, status)
                time.sleep(max(0.0, self._started[number] + 1 - time.monotonic()))
                if not self._ending:
                    self._start(number, None)
        return answered

    def _end(self, *_: Any) -> None:
        self._ending = True
        for pid in list(self._workers):
            os.kill(pid, signal.SIGTERM)

    def _start(self, number: int, says: int | None) -> None:
        self._started[number] = time.monotonic()
        pid = os.fork()
        if pid:
            self._workers[pid] = number
            return
        status = 1
        try:
            for handled in (signal.SIGTERM, signal.SIGINT):
                signal.signal(handled, signal.SIG_DFL)
            os.close(self._holds)
            os.close(self._lock)
            self._work(number, lambda: _tell(says), self._alive)
            status = 0
        except BaseException as error:  # the process ends here; its last words go to the log
            log.error("worker %d failed", number, exc_info=error)
        finally:
            os._exit(status)


def _tell(says: int | None) -> None:
    if says is not None:
        os.write(says, b"1")
        os.close(says)


def _read_all(answering: int, count: int) -> bool:
    """Wait until every worker has said that it answers; False when they ended before."""
    said = b""
    while len(said) < count:
        more = os.read(answering, count)
        if not more:
            return False
        said += more
    return True
