"""Work in a network namespace: a thread enters it, runs a program, opens a socket or sets a parameter there, and ends.

The namespaces are `ip netns`' named ones, so that `ip netns exec` looks into them. Needs root.
"""

import ctypes
import os
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

import msgspec

from groundcloud.engines.network.wanted import Unreachable

NAMED = Path("/run/netns")
_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)
_FORWARD = Path("/proc/sys/net/ipv4/ip_forward")
_GONE = 911
_SECONDS = 20
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}

T = TypeVar("T")


def named(prefix: str) -> set[str]:
    """What follows the prefix in the names of namespaces."""
    found = NAMED.glob(f"{prefix}*") if NAMED.is_dir() else ()
    return {path.name.removeprefix(prefix) for path in found}


class Namespace:
    """A network namespace by its path: a named one, or that of a process. An empty path is the caller's own."""

    def __init__(self, path: str = "") -> None:
        self.path = path

    def exists(self) -> bool:
        """Whether it can be entered. A name without a namespace is what a crash leaves of `ip netns add`."""
        with suppress(Unreachable):
            self.do(int)
            return True
        return False

    def become_router(self, parameters: dict[str, str], lines: list[str]) -> None:
        """Make it, if need be, with parameters and lines of `ip`. That it forwards comes last, and says that all is
        done. There may be a name of it already."""
        if not self.exists():
            self.destroy()
            run(["ip", "netns", "add", Path(self.path).name])
        if self.do(_FORWARD.read_text) != "1\n":
            self.set(**parameters)
            self.batch(["link set lo up", *lines])
            self.do(lambda: _FORWARD.write_text("1"))

    def links(self) -> set[str]:
        """The names of its links."""
        return self.do(lambda: {name for _, name in socket.if_nameindex()})

    def destroy(self) -> None:
        """Remove it by its name, and its links at once: a socket that somebody has open in it would keep them."""
        if self.path and self.exists():
            gone = cutting(self.links() - {"lo"})
            self.run(["ip", "-force", "-batch", "-"], "\n".join(gone) + "\n", empty=1)
        if Path(self.path).exists():
            run(["ip", "netns", "delete", Path(self.path).name])

    def do(self, work: Callable[[], T]) -> T:
        """Call a function in the namespace, in a thread of its own, and give what it gives or raises. Raises
        `Unreachable` when there is no such namespace."""
        if not self.path:
            return work()
        done: list[T] = []
        failed: list[BaseException] = []

        def enter() -> None:
            try:
                _enter(self.path)
                done.append(work())
            except BaseException as error:  # It is raised again where it is waited for.
                failed.append(error)

        thread = Thread(target=enter)
        thread.start()
        thread.join()
        if failed:
            raise failed[0]
        return done[0]

    def run(self, arguments: list[str], text: str = "", empty: int = 0) -> str:
        """Run a program there, with a text as its input; give its output. Raises `Unreachable` with its complaint."""
        return self.do(lambda: run(arguments, text, empty))

    def batch(self, lines: list[str], *options: str) -> None:
        """Run lines of `ip`, in one go; the first that fails ends it."""
        if lines:
            self.run(["ip", *options, "-batch", "-"], "\n".join(lines) + "\n")

    def show(self, lines: list[str], *options: str) -> list[list[dict[str, Any]]]:
        """What lines of `ip` show, one list for each."""
        text = self.run(["ip", "-json", "-Numeric", *options, "-batch", "-"], "\n".join(lines) + "\n")
        return [msgspec.json.decode(line) for line in _documents(text)]

    def set(self, **values: str) -> None:
        """Set parameters of the kernel: their paths below /proc/sys/net with `__` for `/`."""

        def write() -> None:
            for name, value in values.items():
                Path("/proc/sys/net", *name.split("__")).write_text(value)

        self.do(write)


def cutting(links: set[str]) -> list[str]:
    """Lines of `ip` that delete links all at once, as a group: the kernel waits for each deletion."""
    grouped = [f"link set {link} group {_GONE}" for link in sorted(links)]
    return [*grouped, f"link delete group {_GONE}"] if links else []


def run(arguments: list[str], text: str = "", empty: int = 0) -> str:
    """Run a program in the caller's namespace. `empty` is the code with which it says that there was nothing to do."""
    try:
        done = subprocess.run(  # noqa: S603  (arguments are built here from checked values)
            arguments, input=text, capture_output=True, text=True, timeout=_SECONDS, check=False, env=_ENVIRONMENT
        )
    except FileNotFoundError:
        raise Unreachable(f"the program {arguments[0]} is not there") from None
    except subprocess.TimeoutExpired:
        raise Unreachable(f"{arguments[0]} has not ended in {_SECONDS} s") from None
    if done.returncode not in (0, empty):
        said = " ".join(done.stderr.split())[:500]
        raise Unreachable(f"{' '.join(arguments[:3])}: {said or f'ended with {done.returncode}'}")
    return done.stdout


def _enter(path: str) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise Unreachable(f"{path}: {error.strerror}") from None
    try:
        if _libc.setns(descriptor, _NEWNET):
            raise Unreachable(f"{path}: {os.strerror(ctypes.get_errno())}")
    finally:
        os.close(descriptor)


def _documents(text: str) -> list[str]:
    """`ip -json -batch` writes a document for each line, one after another."""
    return [line for line in text.splitlines() if line.strip()]
