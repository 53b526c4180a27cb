"""A folder of messages for people to look into: each a file, written whole or not at all, the newest last by name."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Box:
    """A folder whose files end in `suffix`. Each begins with a line of JSON; what follows is bytes."""

    def __init__(self, folder: Path, suffix: str) -> None:
        self._folder = folder
        self._suffix = suffix

    def keep(self, head: dict[str, Any], body: bytes = b"") -> str:
        """Write a message down; when this returns its id, it is on the disk."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{time.time_ns():019d}-{os.urandom(4).hex()}"
        made = self._folder / f".{name}"
        descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(json.dumps(head).encode() + b"\n" + body)
            file.flush()
            os.fsync(descriptor)
        made.replace(self._folder / f"{name}{self._suffix}")
        directory = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        return name

    def list(self) -> Iterator[tuple[str, dict[str, Any], bytes]]:
        """Ids, heads and bodies, the oldest first."""
        for path in sorted(self._folder.glob(f"*{self._suffix}")):
            yield _read(path)

    def get(self, message_id: str) -> tuple[str, dict[str, Any], bytes] | None:
        path = self._folder / f"{message_id}{self._suffix}"
        return _read(path) if "/" not in message_id and path.is_file() else None

    def remove(self, message_id: str) -> None:
        (self._folder / f"{message_id}{self._suffix}").unlink(missing_ok=True)


def _read(path: Path) -> tuple[str, dict[str, Any], bytes]:
    head, _, body = path.read_bytes().partition(b"\n")
    return path.stem, json.loads(head), body
