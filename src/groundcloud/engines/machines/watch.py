"""One thread that waits for the ends of machines and for what they write to their consoles' pipes."""

import contextlib
import os
import select
from collections.abc import Callable
from threading import Lock, Thread

from groundcloud.engines.machines.console import Console


class Watch:
    """`over` is called, in a thread of its own, with the id of each machine whose supervisor has ended."""

    def __init__(self, over: Callable[[str], None]) -> None:
        self._over = over
        self._poll = select.epoll()
        self._lock = Lock()
        self._ends: dict[int, tuple[str, Console | None]] = {}
        self._consoles: dict[int, Console] = {}
        self._open = True
        self._wake, self._waker = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._poll.register(self._wake, select.EPOLLIN)
        self._thread = Thread(target=self._run, name="machines", daemon=True)
        self._thread.start()

    def add(self, machine_id: str, supervisor: int, console: Console | None = None) -> None:
        """Watch a machine until it ends, and its console if that has a pipe. One that has ended already is reported at
        once."""
        try:
            end = os.pidfd_open(supervisor)
        except ProcessLookupError:
            if console is not None:
                console.open()
                console.close()
            self._report(machine_id)
            return
        with self._lock:
            self._ends[end] = (machine_id, console)
        if console is not None:
            reader = console.open()
            with self._lock:
                self._consoles[reader] = console
            self._poll.register(reader, select.EPOLLIN)
        self._poll.register(end, select.EPOLLIN)

    def close(self) -> None:
        self._open = False
        os.write(self._waker, b"x")
        self._thread.join()
        for end, (_, console) in self._ends.items():
            os.close(end)
            if console is not None:
                console.close()
        self._poll.close()
        os.close(self._wake)
        os.close(self._waker)

    def _run(self) -> None:
        while self._open:
            for descriptor, _ in self._poll.poll():
                if descriptor in self._consoles:
                    self._consoles[descriptor].read()
                elif descriptor in self._ends:
                    self._ended(descriptor)

    def _ended(self, end: int) -> None:
        with self._lock:
            machine_id, console = self._ends.pop(end)
        with contextlib.suppress(OSError):
            self._poll.unregister(end)
        if console is not None:
            self._drop(console)
        os.close(end)
        self._report(machine_id)

    def _drop(self, console: Console) -> None:
        with self._lock:
            self._consoles.pop(console.descriptor, None)
        with contextlib.suppress(OSError):
            self._poll.unregister(console.descriptor)
        console.close()

    def _report(self, machine_id: str) -> None:
        Thread(target=self._over, args=(machine_id,), name=f"end of {machine_id}", daemon=True).start()
