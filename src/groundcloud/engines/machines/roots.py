"""A machine's root: read-only layers, and over them its root volume, put together in a mount namespace of its own.

The layers and the volume keep the owners of a usual system; mounts with mapped ids show them as the machine's. All
mounts are in the namespace that the machine's processes have, so that they end with the last of them.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from groundcloud.engines.machines import kernel, loops
from groundcloud.engines.machines.plan import Range, overlay, places

T = TypeVar("T")


def in_thread(work: Callable[[], T]) -> T:
    """Run work in a thread of its own, for it changes namespaces."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.extend((True, work()))
        except BaseException as error:
            outcome.extend((False, error))

    thread = Thread(target=run, name="namespaces")
    thread.start()
    thread.join()
    good, result = outcome
    if not good:
        raise result
    found: T = result
    return found


def put_together(run: Path, volume: Path, layers: Sequence[Path], users: Range, namespace: int) -> None:
    """Mount a root at `run`/root, in this thread's mount namespace. Raises OSError."""
    for name in ("root", "volume", "devices"):
        (run / name).mkdir(exist_ok=True)
    os.chdir(run)
    device = loops.opened(volume)
    try:
        mount = kernel.new_mount("ext4", {"source": loops.path_of(device), "discard": None})
    finally:
        os.close(device)
    _place(mount, namespace, "volume")
    found = places([str(layer) for layer in layers])
    for place in found:
        os.makedirs(place.name, exist_ok=True)
        _place(kernel.clone_tree(place.layer), namespace, place.name, kernel.MOUNT_ATTR_RDONLY)
    with kernel.acting_as(users.first):  # or the overlay cannot write into a volume with mapped ids
        root = kernel.new_mount("overlay", overlay([place.name for place in found]))
    _put(root, "root")
    for name in ("volume", *(place.name for place in found)):
        kernel.unmount(name)
    devices = kernel.new_mount("tmpfs", {"size": "64k", "mode": "0700"})
    _put(devices, "devices")
    _hide_host(run)


def _hide_host(run: Path) -> None:
    """nspawn shows two things of the host to a machine: a folder for mounts, and os-release."""
    if os.path.isdir("/run/systemd"):
        os.makedirs("/run/systemd/nspawn", exist_ok=True)
        _put(kernel.new_mount("tmpfs", {"size": "64k", "mode": "0755"}), "/run/systemd/nspawn")
    release = run / "root/usr/lib/os-release"
    if release.is_file():
        for path in ("/etc/os-release", "/usr/lib/os-release"):
            if os.path.exists(path):
                _put(kernel.clone_tree(str(release)), os.path.realpath(path))


def _place(mount: int, namespace: int, name: str, attributes: int = 0) -> None:
    try:
        kernel.map_ids(mount, namespace, attributes)
    except OSError:
        os.close(mount)
        raise
    _put(mount, name)


def _put(mount: int, path: str) -> None:
    try:
        kernel.place(mount, path)
    finally:
        os.close(mount)
