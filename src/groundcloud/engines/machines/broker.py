"""Mounts that a machine's root asks for: the kernel mounts block devices only for the host's root.

Each machine has a socket of its own, in a folder that only it sees. It takes one request, mounts one of that machine's
own disks in that machine's mount namespace, and answers. What this risks is written down in docs/decisions/0010.
"""

import contextlib
import os
import select
import socket
import struct
from collections.abc import Callable
from pathlib import Path
from threading import Lock, Thread

from groundcloud.engines.machines import mounting
from groundcloud.engines.machines.entry import Entry
from groundcloud.engines.machines.volumes import FileVolumes
from groundcloud.engines.machines.wanted import MachineFailed

_MOST = 4096
_SECONDS = 10.0


class Brokers:
    """The sockets of all machines, served by one thread. `folder_of` says in which folder a machine's own is."""

    def __init__(self, volumes: FileVolumes, entry: Callable[[str], Entry], folder_of: Callable[[Entry], Path]) -> None:
        self._folder_of = folder_of
        self._volumes = volumes
        self._entry = entry
        self._lock = Lock()
        self._poll = select.epoll()
        self._listeners: dict[int, tuple[str, socket.socket]] = {}
        self._open = True
        self._wake, self._waker = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self._poll.register(self._wake, select.EPOLLIN)
        self._thread = Thread(target=self._run, name="mounts", daemon=True)
        self._thread.start()

    def open(self, entry: Entry) -> None:
        """Listen for a machine."""
        if any(machine_id == entry.machine.id for machine_id, _ in self._listeners.values()):
            return
        folder = self._folder_of(entry)
        folder.mkdir(mode=0o755, exist_ok=True)
        folder.chmod(0o755)
        path = folder / "mount"
        path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK)
        parent = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:  # a socket's path has 107 bytes at most; the folder's may have more
            listener.bind(f"/proc/self/fd/{parent}/mount")
        finally:
            os.close(parent)
        path.chmod(0o666)  # whoever asks is looked at
        listener.listen(8)
        with self._lock:
            self._listeners[listener.fileno()] = (entry.machine.id, listener)
        self._poll.register(listener, select.EPOLLIN)

    def shut(self, machine_id: str) -> None:
        with self._lock:
            for descriptor, (owner, listener) in list(self._listeners.items()):
                if owner == machine_id:
                    del self._listeners[descriptor]
                    self._poll.unregister(descriptor)
                    listener.close()

    def close(self) -> None:
        self._open = False
        os.write(self._waker, b"x")
        self._thread.join()
        for machine_id in {owner for owner, _ in self._listeners.values()}:
            self.shut(machine_id)
        self._poll.close()
        os.close(self._wake)
        os.close(self._waker)

    def _run(self) -> None:
        while self._open:
            for descriptor, _ in self._poll.poll():
                with self._lock:
                    known = self._listeners.get(descriptor)
                if known is None:
                    continue
                with contextlib.suppress(OSError):
                    connection, _ = known[1].accept()
                    Thread(target=self._serve, args=(known[0], connection), name="mount", daemon=True).start()

    def _serve(self, machine_id: str, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, KeyError):
            connection.settimeout(_SECONDS)
            entry = self._entry(machine_id)
            _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
            if user != entry.first_user:
                connection.sendall(b"error only root can do that\n")
                return
            request = b""
            while not request.endswith(b"\n") and len(request) < _MOST:
                more = connection.recv(_MOST)
                if not more:
                    return
                request += more
            try:
                mounting.answer(entry, self._volumes, request)
                connection.sendall(b"ok\n")
            except (MachineFailed, OSError) as error:
                connection.sendall(f"error {error}\n".replace("\n", " ").encode() + b"\n")
