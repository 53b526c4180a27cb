"""`groundcloud logs`: the line of each call, or what the server itself reports."""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from groundcloud.cli.output import Failure
from groundcloud.folder import DataFolder
from groundcloud.settings import Loaded

_TAIL = 262_144
"""Bytes of the end of a file that are looked at."""


def add(commands: Any, common: argparse.ArgumentParser) -> None:
    parser = commands.add_parser("logs", parents=[common], help="the line of each call")
    parser.add_argument("--follow", "-f", action="store_true", help="wait for more")
    parser.add_argument("--lines", "-n", type=int, default=20, metavar="N", help="how many of the last lines (20)")
    parser.add_argument("--server", action="store_true", help="what the server reports of itself")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, loaded: Loaded) -> int:
    settings = loaded.settings
    path = DataFolder(settings.data).error_log if options.server else settings.call_log
    if not path.exists():
        raise Failure(f"There is no log {path}.", "Start the cloud: {cli} up")
    plain = options.server or options.json
    for line in _lines(path, options.lines, options.follow):
        print(line if plain else _readable(line), flush=options.follow)
    return 0


def _lines(path: Path, last: int, follow: bool) -> Iterator[str]:
    file = path.open("rb")
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    complete, _, rest = file.read().rpartition(b"\n")
    yield from complete.decode(errors="replace").split("\n")[-last:] if complete and last else []
    while follow:
        time.sleep(0.2)
        rest += file.read()
        complete, newline, rest = rest.rpartition(b"\n")
        if newline:
            yield from complete.decode(errors="replace").split("\n")
        elif path.exists() and path.stat().st_ino != Path(f"/proc/self/fd/{file.fileno()}").stat().st_ino:
            file.close()  # the log began anew
            file = path.open("rb")


def _readable(line: str) -> str:
    try:
        call: dict[str, Any] = json.loads(line)
    except ValueError:
        return line
    what = f"{call.get('service') or '-'}:{call.get('operation') or '-'}"
    error = f" {call['error']}" if "error" in call else ""
    who = call.get("principal") or "anonymous"
    return f"{call.get('time', '')[:23]} {call.get('status')} {what}{error} by {who} ({call.get('ms')} ms)"
