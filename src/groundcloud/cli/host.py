"""The privileged process beside the server: start it before, end it after, and end the machines in between.

A machine that is ended so is one that should run; its controller starts it again when the cloud comes back.
"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from groundcloud.cli import process
from groundcloud.cli.output import say, warn, with_name
from groundcloud.engines.host.client import Host, HostAway, HostMachines, HostNetworks, HostVolumes
from groundcloud.engines.host.places import APART, CACHE, socket_of, tag_of
from groundcloud.engines.host.requirements import missing
from groundcloud.engines.machines.image.build import is_built
from groundcloud.engines.machines.image.progress import building
from groundcloud.engines.machines.wanted import MachineFailed
from groundcloud.engines.network.wanted import Unreachable
from groundcloud.folder import DataFolder, wait_until
from groundcloud.settings import Settings, server_user

FIRST_IMAGE = "debian-12"
_SHUTDOWN = 30.0
"""Seconds in which machines end by themselves."""
_END = 10.0


def start(settings: Settings, folder: DataFolder) -> bool:
    """Start the privileged process, unless it runs; False where this host runs no machines, or should not."""
    if not settings.machines or lacking(settings):
        return False
    if about(folder) is not None:
        return True
    told: dict[str, Any] = {
        "data": str(folder.data),
        "user": server_user(settings),
        "images": settings.images or str(CACHE),
    }
    if settings.machine_cluster:
        told["cluster"] = settings.machine_cluster
    if settings.public_pool:
        told["pool"] = settings.public_pool
    said = process.launch("groundcloud.engines.host.serve", told, folder.host_log, os.geteuid())
    if "error" in said:
        warn(f"no machines: {said['error']}")
        return False
    build_image(settings)
    return True


def build_image(settings: Settings) -> None:
    """Build the image of the first launch in the background, where it is not there: `status` shows how far it is."""
    cache = Path(settings.images or CACHE)
    if os.geteuid() != 0 or is_built(cache, FIRST_IMAGE) or building(cache):
        return
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(cache / f"{FIRST_IMAGE}.log", "ab") as log:
        subprocess.Popen(  # noqa: S603 - a command of ours
            [sys.executable, "-P", "-m", "groundcloud", "image", "build", FIRST_IMAGE],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", start_new_session=True,
            env={**os.environ, "PYTHONPATH": process.package_path(), "GROUNDCLOUD_IMAGES": str(cache)},
        )  # fmt: skip
    say(with_name(f"The image {FIRST_IMAGE} is being built; {{cli}} status shows how far it is."))


def images_being_built(folder: DataFolder) -> list[str]:
    """How far they are, to show."""
    host = Host(socket_of(folder.data))
    try:
        found = HostVolumes(host).building()
    except MachineFailed:
        return []
    finally:
        host.close()
    return [f"{name} {each.done:.0%}, {each.step}" for name, each in sorted(found.items())]


def lacking(settings: Settings) -> list[str]:
    """What keeps this host from running machines."""
    return missing(settings.machine_cluster) if settings.machines else ["the setting `machines` is off"]


def about(folder: DataFolder) -> dict[str, Any] | None:
    """What the privileged process says of itself; None when there is none, or it is not ours to ask."""
    if not socket_of(folder.data).exists():
        return None
    host = Host(socket_of(folder.data))
    try:
        found: dict[str, Any] = host.call("host.about")
        return found
    except HostAway:
        return None
    finally:
        host.close()


def running(folder: DataFolder) -> int:
    """How many machines run."""
    host = Host(socket_of(folder.data))
    try:
        return sum(state.running for state in HostMachines(host).states().values())
    except MachineFailed:
        return 0
    finally:
        host.close()


def end(folder: DataFolder) -> None:
    """End the machines and the networks, then the privileged process."""
    found = about(folder)
    if found is None:
        return
    host = Host(socket_of(folder.data))
    try:
        _end_machines(HostMachines(host))
        clean = _end_networks(HostNetworks(host))
    finally:
        host.close()
    try:
        os.kill(found["pid"], signal.SIGTERM)
    except (ProcessLookupError, PermissionError) as error:
        warn(f"the privileged process {found['pid']} was not ended: {error.strerror}")
        return
    if not wait_until(lambda: not socket_of(folder.data).exists(), _END):
        warn(f"the privileged process {found['pid']} did not end")
    elif clean:
        shutil.rmtree(socket_of(folder.data).parent, ignore_errors=True)


def _end_machines(machines: HostMachines) -> None:
    try:
        known = [state.id for state in machines.states().values() if state.running]
        for machine_id in known:
            machines.stop(machine_id)
        if not wait_until(
            lambda: not any(state.running for state in machines.states().values()),
            _SHUTDOWN,
            lambda waited: say(f"Machines shut down ... {waited:.0f} s"),
        ):
            for machine_id in known:
                machines.stop(machine_id, force=True)
            wait_until(lambda: not any(state.running for state in machines.states().values()), _END)
        for machine_id in known:
            machines.forget(machine_id)
    except MachineFailed as error:
        warn(f"machines were not ended: {error}")


def _end_networks(networks: HostNetworks) -> bool:
    """Whether all are gone."""
    try:
        for network_id in sorted(networks.networks()):
            networks.remove(network_id)
        return True
    except Unreachable as error:
        warn(f"networks were not removed: {error}")
        return False


def delete(settings: Settings, folder: DataFolder) -> None:
    """Delete what the privileged process kept."""
    if settings.machine_cluster:
        _delete_from_cluster(settings.machine_cluster, folder)
    for path in (folder.data / "machines", APART / tag_of(folder.data), socket_of(folder.data).parent):
        if path.is_dir() and not path.is_symlink():
            try:
                shutil.rmtree(path)
            except PermissionError as error:
                warn(f"{path} is root's and stays: {error.strerror}")


def _delete_from_cluster(cluster: str, folder: DataFolder) -> None:
    from groundcloud.engines.machines.lxd.address import address_of
    from groundcloud.engines.machines.lxd.project import Project

    try:
        Project(address_of(cluster), tag_of(folder.data)).remove()
    except MachineFailed as error:
        warn(f"what the cluster has of this installation stays: {error}")
