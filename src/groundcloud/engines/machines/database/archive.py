"""The archive of logs, which the cloud keeps: one file after another is given to it, and fetched again by a restore.

As a program it is PostgreSQL's `archive_command` and `restore_command`. What is archived already is not sent again, so
that a standby may offer the same files as its primary.
"""

import http.client
import json
import os
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

from . import system

_PATH = system.PATH + "/archive"
_PIECE = 1 << 20
_SECONDS = 60
_NO_SUCH_FILE, _ABORT = 1, 200
"""How `restore_command` ends: PostgreSQL takes the first for the end of the archive, and stops at the second. Source:
"Archive Recovery" in its manual."""


class Archive:
    """The archive of the instance to which a machine belongs; a restore reads that of its source."""

    def __init__(self, machine: str) -> None:
        self._machine = machine

    def put(self, path: str, name: str, begins: float, closed: float) -> None:
        """Give a file to the archive, where it lacks it. The times are the first and the last of what is in it (Unix
        time). Raises `Failed`."""
        if self._ask("HEAD", name)[0] == 200:
            return
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            used = _used(file, size)
            file.seek(0)
            status, answer = self._ask("PUT", name, _Beginning(file, used), {
                "Content-Length": str(used),
                "X-Groundcloud-Length": str(size),
                "X-Groundcloud-Begins": str(begins),
                "X-Groundcloud-Closed": str(closed),
            })  # fmt: skip
        if status not in (200, 204):
            raise system.Failed(f"{name} is not archived: {status} {answer[:200].decode(errors='replace')}")

    def get(self, name: str, path: str) -> bool:
        """Fetch a file from the archive; False where there is none of this name. Raises `Failed`."""
        made = path + ".part"

        def keep(answer: http.client.HTTPResponse) -> bytes:
            with open(made, "wb") as file:
                while piece := answer.read(_PIECE):
                    file.write(piece)
            return b""

        status, _ = self._ask("GET", name, taking=keep)
        if status == 404:
            return False
        if status != 200:
            raise system.Failed(f"{name} cannot be fetched: {status}")
        os.rename(made, path)
        return True

    def files(self) -> list[str]:
        """The names of what a restore is to apply, in order. Raises `Failed`."""
        status, answer = self._ask("GET", "")
        if status != 200:
            raise system.Failed(f"the archive does not answer: {status}")
        found: list[str] = json.loads(answer)
        return found

    def _ask(
        self, method: str, name: str, body: Any = None, headers: dict[str, str] | None = None,
        taking: Callable[[http.client.HTTPResponse], bytes] = http.client.HTTPResponse.read,
    ) -> tuple[int, bytes]:  # fmt: skip
        connection = http.client.HTTPConnection(system.ADDRESS, timeout=_SECONDS, blocksize=_PIECE)
        try:
            given = {"X-Groundcloud-Machine": self._machine, **(headers or {})}
            connection.request(method, f"{_PATH}/{name}".rstrip("/"), body, given)
            answer = connection.getresponse()
            return answer.status, taking(answer) if answer.status == 200 else answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise system.Failed(f"the archive does not answer: {type(error).__name__}") from error
        finally:
            connection.close()


def _used(file: BinaryIO, size: int) -> int:
    """How many bytes are before the zeros at the end: a segment that was closed early is mostly zeros."""
    while size:
        start = max(0, size - _PIECE)
        file.seek(start)
        piece = file.read(size - start).rstrip(b"\0")
        if piece:
            return start + len(piece)
        size = start
    return 0


class _Beginning:
    """The first bytes of a file, for a client that reads to the end."""

    def __init__(self, file: BinaryIO, count: int) -> None:
        self._file = file
        self._left = count

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(piece)
        return piece


def main(machine: str, action: str, *words: str) -> int:
    """`MACHINE put PATH NAME` or `MACHINE get NAME PATH`; the code to exit with."""
    try:
        if action == "get":
            return 0 if Archive(machine).get(*words) else _NO_SUCH_FILE
        closed = os.stat(words[0]).st_mtime
        Archive(machine).put(words[0], words[1], closed, closed)
    except (system.Failed, OSError) as error:
        print(error, file=sys.stderr)
        return _ABORT if action == "get" else 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
