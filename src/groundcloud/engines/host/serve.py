"""The privileged process: `python -m groundcloud.engines.host.serve`, as root, told by JSON on standard input.

It says `ready` on standard output, or why it is not. Machines and networks go on when it ends, and the next one finds
them.
"""

import fcntl
import json
import logging
import os
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from groundcloud.engines.host.loopback import listen
from groundcloud.engines.host.places import Places, places, shell_address
from groundcloud.engines.host.plugs import PluggedNetworks
from groundcloud.engines.host.requirements import raise_limits
from groundcloud.engines.host.server import Server
from groundcloud.engines.host.table import bound
from groundcloud.engines.machines.cgroups import Cgroups
from groundcloud.engines.machines.images import Images
from groundcloud.engines.machines.local import LocalMachines
from groundcloud.engines.machines.names import Folders
from groundcloud.engines.machines.nspawn import NspawnMachines
from groundcloud.engines.machines.usage import usage
from groundcloud.engines.machines.volumes import FileVolumes
from groundcloud.engines.machines.wanted import MachineFailed
from groundcloud.engines.network.apply import NamespaceNetworks
from groundcloud.engines.network.wanted import PUBLIC_POOL


class Told(Struct, frozen=True, forbid_unknown_fields=True):
    """What it is told when it starts."""

    data: str
    user: int
    """Who may ask, besides root."""
    images: str
    """The folder of built images."""
    pool: str = PUBLIC_POOL
    cluster: str = ""
    """The cluster that runs the machines; empty for systemd-nspawn."""


_LOOK = 10.0
"""Seconds between two looks at whether the data folder is still there."""


class AlreadyThere(Exception):
    """Another privileged process serves this installation."""


def run(told: Told) -> None:
    """Serve until SIGTERM."""
    where = places(Path(told.data), told.user)
    for folder in (where.socket.parent, where.folder):
        folder.mkdir(mode=0o711 if folder == where.socket.parent else 0o700, parents=True, exist_ok=True)
    held = _lock(where.folder)
    raise_limits()
    folders = Folders(where.folder, Path(told.images))
    folders.prepare()
    machines, volumes = _machines(told, where, folders)
    networks = PluggedNetworks(
        NamespaceNetworks(where.tag, where.networks, machines.leader, pool=told.pool),
        machines.leader,
        where.socket.parent / "plugs.json",
    )
    machines.again = networks.plug_again
    machines.adopt()
    address = shell_address(Path(told.data))
    about = {"pid": os.getpid(), "folder": str(where.folder), "images": told.images, "pool": told.pool}
    used = partial(usage, machines, folders.state / "volumes")
    functions = bound(machines, volumes, networks, lambda: about, partial(listen, address), used)
    server = Server(where.socket, told.user, functions)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.close).start())
    watch = (Path(told.data), machines, server)
    threading.Thread(target=_until_abandoned, args=watch, name="abandoned", daemon=True).start()
    _say({"ready": True})
    _let_go()
    server.run()
    machines.close()
    os.close(held)


def _machines(told: Told, where: Places, folders: Folders) -> tuple[LocalMachines, FileVolumes]:
    """The machine engine, and its volumes."""
    images = Images(folders)
    if not told.cluster:
        volumes = FileVolumes(folders, images)
        return NspawnMachines(folders, volumes, Cgroups(where.tag)), volumes
    from groundcloud.engines.machines.lxd.engine import machines_of_a_cluster  # only for those who have one

    return machines_of_a_cluster(told.cluster, where.tag, folders, images, where.socket.parent / "mounts")


def _until_abandoned(data: Path, machines: LocalMachines, server: Server) -> None:
    """End when somebody has deleted the data folder, as the tests of a killed server do, and no machine runs."""
    while data.exists() or any(state.running for state in machines.states().values()):
        time.sleep(_LOOK)
    server.close()


def _lock(folder: Path) -> int:
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise AlreadyThere(f"another process serves {folder}") from error
    return descriptor


def _say(message: dict[str, Any]) -> None:
    print(json.dumps(message), flush=True)


def _let_go() -> None:
    """Of the pipes of whoever started this process."""
    silence = os.open(os.devnull, os.O_RDWR)
    os.dup2(silence, 0)
    os.dup2(silence, 1)
    os.close(silence)


def main() -> int:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        run(msgspec.json.decode(sys.stdin.buffer.read(), type=Told))
    except (AlreadyThere, MachineFailed, OSError, msgspec.DecodeError) as error:
        _say({"error": str(error)})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
