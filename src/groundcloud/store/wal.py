"""What SQLite's shared WAL index tells: whether anybody has committed, and how long the log is. It changes nothing."""

import mmap
import os
import sys
from pathlib import Path

_maps: dict[tuple[int, int], mmap.mmap] = {}
"""Maps of WAL indexes by device and inode, never closed: closing any descriptor of a file gives up all POSIX locks that
this process has on it, SQLite's among them (sqlite.org/howtocorrupt.html, 2.2)."""


class WalIndex:
    """Tells whether anybody, in any process, has committed: the head of SQLite's shared WAL index says so.

    Source: "The WAL-Index File Format" (sqlite.org/walformat.html): the first 48 bytes change with every commit.
    """

    __slots__ = ("_map",)

    def __init__(self, database: Path) -> None:
        path = f"{database}-shm"
        found = os.stat(path)
        known = _maps.get((found.st_dev, found.st_ino))
        if known is None:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            known = _maps[found.st_dev, found.st_ino] = mmap.mmap(descriptor, 48, prot=mmap.PROT_READ)
        self._map = known

    def state(self) -> bytes:
        return self._map[:48]

    def frames(self) -> int:
        """Pages in the log; it begins at none again after all of it was moved into the database."""
        return int.from_bytes(self._map[16:20], sys.byteorder)
