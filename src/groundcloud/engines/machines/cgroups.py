"""Control groups of machines, on the unified hierarchy and on the older kind with a hierarchy per controller."""

import contextlib
import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path

from groundcloud.engines.machines.plan import Setting, share

_ROOT = Path("/sys/fs/cgroup")
_CONTROLLERS = "+memory +cpu +pids"


class Cgroups:
    """The groups of one installation: `groundcloud/<installation>/<machine>` in each hierarchy."""

    def __init__(self, installation: str, root: Path = _ROOT) -> None:
        self.unified = (root / "cgroup.controllers").exists()
        self._parts = Path("groundcloud", installation)
        self._roots = [root] if self.unified else hierarchies(root)

    def create(self, machine_id: str, limits: Iterable[Setting]) -> list[Path]:
        """Make a machine's groups and set their limits; the files to write a process's number into."""
        folders = self._folders(machine_id)
        for root, folder in folders.items():
            for each in self._path_down(root, folder):
                self._make(each)
                self._weigh(each)
        self.put(machine_id, limits)
        return [folder / "cgroup.procs" for folder in folders.values()]

    def _path_down(self, root: Path, folder: Path) -> list[Path]:
        return [root.joinpath(*self._parts.parts[:1]), root / self._parts, folder]

    def _make(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        if self.unified:
            with contextlib.suppress(OSError):  # one that the host does not pass on
                (folder.parent / "cgroup.subtree_control").write_text(_CONTROLLERS)
        elif (folder / "cpuset.cpus").exists():  # a new group may use no processor and no memory
            for name in ("cpuset.cpus", "cpuset.mems"):
                (folder / name).write_text((folder.parent / name).read_text())

    def _weigh(self, folder: Path) -> None:
        """All machines together are worth the host's processors; a machine's own share is among its limits."""
        setting = share(os.cpu_count() or 1, unified=self.unified)
        if (folder / setting.file).exists():
            (folder / setting.file).write_text(setting.value)

    def put(self, machine_id: str, settings: Iterable[Setting]) -> None:
        """Write settings of controllers that this host has."""
        by_name = {root.name: folder for root, folder in self._folders(machine_id).items()}
        for each in settings:
            folder = next(iter(by_name.values())) if self.unified else by_name.get(each.controller)
            if folder is not None:
                (folder / each.file).write_text(each.value)

    def members(self, machine_id: str) -> set[int]:
        """Every process in a machine's groups."""
        found: set[int] = set()
        for folder in self._folders(machine_id).values():
            for path, _, _ in os.walk(folder):
                with contextlib.suppress(OSError):
                    found.update(map(int, Path(path, "cgroup.procs").read_text().split()))
        return found

    def kill(self, machine_id: str) -> None:
        """End every process of a machine, also one that makes others all the time."""
        if self.unified:
            with contextlib.suppress(OSError):
                (_only(self._folders(machine_id)) / "cgroup.kill").write_text("1")
        for _ in range(200):
            members = self.members(machine_id)
            if not members:
                return
            for pid in members:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.005)

    def remove(self, machine_id: str) -> None:
        """Remove a machine's groups, and the installation's when that was the last. Processes in it are ended."""
        self.kill(machine_id)
        for root, folder in self._folders(machine_id).items():
            for path, _, _ in os.walk(folder, topdown=False):
                _remove(Path(path))
            for parent in reversed(self._path_down(root, folder)[:2]):
                _remove(parent)

    def machines(self) -> set[str]:
        """The machines that have a group."""
        found: set[str] = set()
        for root in self._roots:
            with contextlib.suppress(OSError):
                found.update(each.name for each in (root / self._parts).iterdir() if each.is_dir())
        return found

    def folders(self, machine_id: str) -> list[Path]:
        """A machine's groups."""
        return list(self._folders(machine_id).values())

    def _folders(self, machine_id: str) -> dict[Path, Path]:
        return {root: root / self._parts / machine_id for root in self._roots}


def hierarchies(root: Path) -> list[Path]:
    """Where the hierarchies are, one for each controller; links between them left out."""
    return sorted(each for each in root.iterdir() if each.is_dir() and not each.is_symlink() and _is_group(each))


def _is_group(folder: Path) -> bool:
    return (folder / "cgroup.procs").exists()


def _only(folders: dict[Path, Path]) -> Path:
    (found,) = folders.values()
    return found


def _remove(folder: Path) -> None:
    """A group that still has a member, or a group in it, stays."""
    for _ in range(20):
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            if any(each.is_dir() for each in folder.iterdir()):
                return
            time.sleep(0.002)
        else:
            return
