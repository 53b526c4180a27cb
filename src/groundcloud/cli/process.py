"""The server as a process of its own: start it, find it, end it."""

import json
import os
import pwd
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import groundcloud
from groundcloud.cli.output import NOT_RUNNING, Failure, say
from groundcloud.folder import DataFolder, Running, wait_until
from groundcloud.settings import Settings, server_user

_START = 60.0
_END = 20.0
"""Seconds that a start and an end may take; the server gives requests under way ten."""


def start(settings: Settings, folder: DataFolder) -> Running:
    """Start the server in the background and wait until it answers. Raises `Failure`."""
    user = server_user(settings)
    if user != os.geteuid():
        folder.give_to(user)
    said = launch("groundcloud.serve", {**settings._asdict(), "data": str(settings.data)}, folder.error_log, user)
    if "error" in said:
        raise Failure(said["error"], said["hint"])
    running = folder.running()
    if running is None or not health(running):
        raise Failure("The server started and ended again.", f"{folder.error_log} says why.")
    return running


def launch(module: str, told: dict[str, Any], log: Path, user: int) -> dict[str, Any]:
    """Start a module of this package as a process in the background; the first thing that it says."""
    as_user: dict[str, Any] = {}
    if user != os.geteuid():
        as_user = {"user": user, "group": pwd.getpwuid(user).pw_gid, "extra_groups": []}
    with open(log, "ab") as errors:
        os.fchown(errors.fileno(), user, -1)
        try:
            process = subprocess.Popen(  # noqa: S603 - a module of ours
                [sys.executable, "-P", "-m", module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=log.parent.parent,
                env={**os.environ, "PYTHONPATH": package_path()},
                start_new_session=True,
                **as_user,
            )
        except PermissionError as error:
            raise Failure(
                f"The user {pwd.getpwuid(user).pw_name} cannot run {sys.executable}.",
                "Install Groundcloud where others may read it, or let root run it all: {cli} up --user root",
            ) from error
    assert process.stdin is not None
    process.stdin.write(json.dumps(told).encode())
    process.stdin.close()
    return _first_line(process)


def package_path() -> str:
    """Where processes of this package find it."""
    package = Path(groundcloud.__file__).parent.parent
    known = os.environ.get("PYTHONPATH")
    return f"{package}:{known}" if known else str(package)


def _first_line(process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    assert process.stdout is not None
    begun = time.monotonic()
    while not select.select([process.stdout], [], [], 2.0)[0]:
        waited = time.monotonic() - begun
        if waited > _START:
            process.terminate()
            raise Failure(f"The server did not answer within {_START:.0f} seconds.", "{cli} logs --server says more.")
        say(f"Starting ... {waited:.0f} s")
    line = process.stdout.readline()
    if not line:
        raise Failure(f"The server ended at once (exit code {process.wait()}).", "{cli} logs --server says why.")
    said: dict[str, Any] = json.loads(line)
    return said


def end(folder: DataFolder) -> Running | None:
    """End the server and wait for it; what ran, or None. Raises `Failure`."""
    running = folder.running()
    if running is None:
        return None
    try:
        os.kill(running.pid, signal.SIGTERM)
    except PermissionError as error:
        raise Failure(
            f"The cloud in {folder.data} belongs to another user (process {running.pid}).", "Run it as that user: sudo."
        ) from error
    except ProcessLookupError:  # it has just ended by itself
        return running
    if not wait_until(lambda: folder.running() is None, _END, lambda waited: say(f"Stopping ... {waited:.0f} s")):
        raise Failure(
            f"Process {running.pid} did not end within {_END:.0f} seconds.",
            f"kill -9 {running.pid}  (no acknowledged write is lost)",
        )
    return running


def need_running(folder: DataFolder) -> Running:
    """The cloud that runs here. Raises `Failure`."""
    running = folder.running()
    if running is None:
        raise Failure(f"No cloud runs in {folder.data}.", "Start it: {cli} up", NOT_RUNNING)
    return running


def health(running: Running) -> dict[str, Any] | None:
    """What the cloud says of its health; None when it does not answer."""
    from http.client import HTTPConnection, HTTPException
    from urllib.parse import urlsplit

    address = urlsplit(running.endpoint)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=10)
    try:
        connection.request("GET", "/_groundcloud/health")
        found: dict[str, Any] = json.loads(connection.getresponse().read())
        return found
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        connection.close()
