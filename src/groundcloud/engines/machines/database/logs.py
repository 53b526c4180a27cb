"""The log files of the server: read for who asks, shipped to the cloud's logs, turned and thrown away in time."""

import datetime
import json
import os
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from . import system

_FILES = {
    "postgresql": "error/postgresql.log",
    "error": "error/mysql-error.log",
    "slowquery": "slowquery/mysql-slowquery.log",
    "general": "general/mysql-general.log",
}
"""Kinds of logs, and how the names of their files begin."""
FOLDERS = ("error", "slowquery", "general")
_DAYS = {"postgresql": 3, "error": 30, "slowquery": 1, "general": 1}
"""For how long they are kept. Source: "PostgreSQL database log files", "MariaDB database log files"."""
_STATE = system.DATA + "/.exported.json"
_MOST = 1_000_000
"""Bytes of a portion."""
_BATCH = 256 * 1024
"""Bytes shipped at once."""
_EVERY = 1.0
_TURN = 3600.0
_BEGINS = {
    "postgresql": re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) "),
    "error": re.compile(r"(\d{4}-\d\d-\d\d) +(\d+:\d\d:\d\d) "),
    "slowquery": re.compile(r"# (?:Time|User@Host):"),
    "general": re.compile(r""),
}
"""What the first line of an entry looks like, with the date and time where it has them."""


def listed() -> list[dict[str, Any]]:
    """Every log file: name, size, when it was last written (milliseconds)."""
    found = []
    for folder, _, names in os.walk(system.LOGS):
        for name in names:
            path = os.path.join(folder, name)
            try:
                about = os.stat(path)
            except FileNotFoundError:
                continue
            found.append({"name": os.path.relpath(path, system.LOGS), "size": about.st_size,
                          "written": int(about.st_mtime * 1000)})  # fmt: skip
    return sorted(found, key=lambda each: str(each["name"]))


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """What a question of the cloud is answered with: the list of files, or a portion of one."""
    if not question["file"]:
        return {"files": listed()}
    path = os.path.realpath(os.path.join(system.LOGS, question["file"]))
    if not path.startswith(system.LOGS + "/") or not os.path.isfile(path):
        return {"missing": True}
    with open(path, "rb") as file:
        return _portion(file, question["place"], question["lines"])


def _portion(file: Any, place: int, lines: int) -> dict[str, Any]:
    """Lines from a place on; with a negative place, the last ones."""
    size = file.seek(0, os.SEEK_END)
    if place < 0:
        file.seek(max(0, size - _MOST))
        kept = file.read(_MOST).splitlines(keepends=True)
        if size > _MOST:
            kept = kept[1:]  # the first is not whole
        content = b"".join(kept[-lines:])
        return {"text": content.decode(errors="replace"), "place": size, "more": False}
    file.seek(min(place, size))
    begun, content = file.tell(), file.read(_MOST)
    kept = content.splitlines(keepends=True)[:lines]
    if len(kept) > 1 and not kept[-1].endswith(b"\n") and begun + len(content) < size:
        kept.pop()
    content = b"".join(kept)
    ends = begun + len(content)
    return {"text": content.decode(errors="replace"), "place": ends, "more": ends < size}


class Logs:
    """Ships what is asked for, and keeps the files from growing for ever."""

    def __init__(self) -> None:
        self._next = 0.0
        self._turned = time.monotonic()

    def look(self, exports: list[str], turn: Callable[[], None]) -> None:
        """`turn` lets the server begin its files anew, where it does not do so itself. Raises OSError."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY
        if exports:
            self._ship(exports)
        if now - self._turned > _TURN:
            self._turned = now
            turn()
            _throw_away()

    def _ship(self, exports: list[str]) -> None:
        here = {str(os.stat(path).st_ino) for kind in exports for path in _files(kind)}
        places = {key: place for key, place in _places().items() if key in here}
        for kind in exports:
            for path in _files(kind):
                about = os.stat(path)
                key = str(about.st_ino)
                if about.st_size <= places.get(key, 0):
                    continue
                with open(path, "rb") as file:
                    file.seek(places.get(key, 0))
                    content = file.read(_BATCH)
                whole = content[: content.rfind(b"\n") + 1]
                if not whole and len(content) == _BATCH:
                    whole = content  # one line that is longer than a batch
                events = list(entries(kind, whole.decode(errors="replace"), int(time.time() * 1000)))
                if events and not system.tell("/events", {"kind": kind, "events": events}):
                    return
                places[key] = places.get(key, 0) + len(whole)
                system.write(_STATE, json.dumps(places))


def _places() -> dict[str, int]:
    try:
        with open(_STATE) as file:
            found: dict[str, int] = json.load(file)
            return found
    except (FileNotFoundError, ValueError):
        return {}


def _files(kind: str) -> list[str]:
    """The files of a kind, the oldest first."""
    folder, _, name = f"{system.LOGS}/{_FILES[kind]}".rpartition("/")
    found = (
        [f"{folder}/{each}" for each in os.listdir(folder) if each.startswith(name)] if os.path.isdir(folder) else []
    )
    return sorted(found, key=lambda path: os.stat(path).st_mtime)


def entries(kind: str, text: str, now: int) -> Iterator[tuple[int, str]]:
    """Entries with their times in milliseconds; lines that begin none belong to the one before."""
    begins = _BEGINS[kind]
    at, lines = now, list[str]()
    for line in text.splitlines():
        found = begins.match(line)
        if found and lines and not (len(lines) == 1 and lines[0].startswith("# Time:")):
            yield at, "\n".join(lines)
            lines = []
        if found and found.groups():
            moment = datetime.datetime.fromisoformat(f"{found[1]} {found[2].rjust(8, '0')}+00:00")
            at = int(moment.timestamp() * 1000)
        lines.append(line)
    if any(lines):
        yield at, "\n".join(lines)


def forget() -> None:
    """A copied volume has the files of another machine."""
    for each in listed():
        os.unlink(os.path.join(system.LOGS, each["name"]))
    if os.path.exists(_STATE):
        os.unlink(_STATE)


def turn(names: tuple[str, ...]) -> None:
    """Give files another name, with the hour: the server begins new ones when it is told to."""
    hour = time.strftime("%Y-%m-%d.%H", time.gmtime())
    for name in names:
        path = f"{system.LOGS}/{name}"
        if os.path.exists(path) and os.stat(path).st_size:
            os.rename(path, f"{path}.{hour}")


def _throw_away() -> None:
    for kind, days in _DAYS.items():
        for path in _files(kind):
            if time.time() - os.stat(path).st_mtime > days * 86400:
                os.unlink(path)
