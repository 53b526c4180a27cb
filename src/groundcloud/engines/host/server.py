"""The privileged process's side of the socket: who may ask, and one thread for each connection."""

import contextlib
import logging
import os
import socket
import struct
from collections.abc import Mapping
from pathlib import Path
from threading import Thread
from typing import Any

import msgspec

from groundcloud.engines.host import table, wire

log = logging.getLogger("groundcloud.host")


class Server:
    """Answers calls of one user, and of root."""

    def __init__(self, path: Path, user: int, functions: Mapping[str, Any]) -> None:
        self._path = path
        self._users = {0, user}
        self._functions = functions
        self._open = True
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._listener.bind(str(path))
        finally:
            os.umask(before)
        os.chown(path, user, -1)
        self._listener.listen(64)

    def run(self) -> None:
        """Answer until `close`."""
        while self._open:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                if self._open:
                    raise
                return
            Thread(target=self._serve, args=(connection,), name="calls", daemon=True).start()

    def close(self) -> None:
        self._open = False
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
            if user not in self._users:
                log.warning("a process of user %d was refused", user)
                return
            try:
                while (message := wire.receive(connection)) is not None:
                    content, descriptors = message
                    for descriptor in descriptors:  # nobody sends any
                        os.close(descriptor)
                    self._answer(connection, content)
            except (wire.Broken, OSError) as error:
                log.info("a connection ended: %s", error)

    def _answer(self, connection: socket.socket, content: bytes) -> None:
        name, descriptors = "", list[int]()
        try:
            call = msgspec.json.decode(content, type=wire.Call)
            name = call.name
            given = table.arguments(name, call.arguments)
            result = self._functions[name](*given)
            if table.FUNCTIONS[name].descriptors:
                descriptors = list(result.values())
                answer = wire.Answer(descriptors=list(result))
            else:
                answer = wire.Answer(result)
        except tuple(table.ERRORS.values()) as error:
            answer = wire.Answer(error=type(error).__name__, message=str(error))
        except (table.NoSuchCall, msgspec.DecodeError) as error:
            log.warning("refused: %s", error)
            answer = wire.Answer(error="NoSuchCall", message=str(error))
        except Exception as error:  # a bug must not end the process that others depend on
            log.exception("%s failed", name)
            answer = wire.Answer(error="Failed", message=f"{type(error).__name__}: {error}")
        try:
            wire.send(connection, answer, descriptors)
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
