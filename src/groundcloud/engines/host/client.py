"""The engines of machines, volumes and networks, as the API server has them: calls to the privileged process.

Any number of threads may call; each call takes a connection of its own, which is kept for the next one. A call after
the process was away goes to the new one.
"""

import socket
from collections.abc import Mapping
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec

from groundcloud.engines.host import wire
from groundcloud.engines.host.table import ERRORS, FUNCTIONS
from groundcloud.engines.machines.wanted import Disk, ImageProgress, Machine, MachineFailed, Seal, State, Usage
from groundcloud.engines.network.wanted import PUBLIC_POOL, Flow, Network, Traffic, Unreachable

_SECONDS = 60.0
"""The longest that a call may take; a snapshot of a large volume may take longer, and has no limit."""
_SLOW = {"volumes.snapshot", "volumes.create", "volumes.create_root", "volumes.image_from_snapshot"}


class HostAway(Exception):
    """There is no privileged process."""


class Host:
    """Calls to one privileged process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._idle: list[socket.socket] = []

    def call(self, name: str, *arguments: Any) -> Any:
        """Do one call. Raises the errors of the contract, and `HostAway`."""
        function = FUNCTIONS[name]
        message = wire.Call(name, list(arguments))
        answer, descriptors = self._ask(message, None if name in _SLOW else _SECONDS)
        if answer.error:
            raise ERRORS.get(answer.error, MachineFailed)(answer.message)
        if function.descriptors:
            return dict(zip(answer.descriptors, descriptors, strict=True))
        return None if function.gives is None else msgspec.convert(answer.result, function.gives)

    def close(self) -> None:
        with self._lock:
            for connection in self._idle:
                connection.close()
            self._idle.clear()

    def _ask(self, message: wire.Call, seconds: float | None) -> tuple[wire.Answer, list[int]]:
        """Ask over a connection that is idle; one that has died meanwhile is replaced once."""
        with self._lock:
            kept = self._idle.pop() if self._idle else None
        if kept is not None:
            try:
                return self._exchange(kept, message, seconds)
            except (wire.Broken, OSError) as error:
                kept.close()
                if isinstance(error, TimeoutError):
                    raise HostAway(f"{message.name} took longer than {seconds} seconds") from error
        try:
            fresh = self._connect()
            try:
                return self._exchange(fresh, message, seconds)
            except (wire.Broken, OSError):
                fresh.close()
                raise
        except (wire.Broken, OSError) as error:
            raise HostAway(f"the privileged process does not answer at {self._path}: {error}") from error

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            connection.connect(str(self._path))
        except OSError:
            connection.close()
            raise
        return connection

    def _exchange(
        self, connection: socket.socket, message: wire.Call, seconds: float | None
    ) -> tuple[wire.Answer, list[int]]:
        connection.settimeout(seconds)
        wire.send(connection, message)
        received = wire.receive(connection)
        if received is None:
            raise wire.Broken("it has gone")
        content, descriptors = received
        with self._lock:
            self._idle.append(connection)
        return msgspec.json.decode(content, type=wire.Answer), descriptors


class HostMachines:
    """`Machines`, over the socket."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def _call(self, name: str, *arguments: Any, kind: str = "machines") -> Any:
        try:
            return self._host.call(f"{kind}.{name}", *arguments)
        except HostAway as error:
            raise MachineFailed(str(error)) from error

    def start(self, machine: Machine) -> State:
        found: State = self._call("start", machine)
        return found

    def stop(self, machine_id: str, *, force: bool = False) -> None:
        self._call("stop", machine_id, force)

    def reboot(self, machine_id: str) -> None:
        self._call("reboot", machine_id)

    def states(self) -> dict[str, State]:
        found: dict[str, State] = self._call("states")
        return found

    def forget(self, machine_id: str) -> None:
        self._call("forget", machine_id)

    def remove(self, machine_id: str) -> None:
        self._call("remove", machine_id)

    def console(self, machine_id: str) -> bytes:
        found: bytes = self._call("console", machine_id)
        return found

    def attach(self, machine_id: str, disk: Disk) -> None:
        self._call("attach", machine_id, disk)

    def detach(self, machine_id: str, volume: str, *, force: bool = False) -> None:
        self._call("detach", machine_id, volume, force)

    def usage(self) -> dict[str, Usage]:
        """What machines that run have used since their start."""
        found: dict[str, Usage] = self._call("usage", kind="host")
        return found


class HostVolumes:
    """`Volumes`, over the socket."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def _call(self, name: str, *arguments: Any) -> Any:
        try:
            return self._host.call(f"volumes.{name}", *arguments)
        except HostAway as error:
            raise MachineFailed(str(error)) from error

    def create_root(self, volume: str, size: int, image: str, seal: Seal | None = None) -> None:
        self._call("create_root", volume, size, image, seal)

    def create(self, volume: str, size: int, snapshot: str = "", seal: Seal | None = None) -> None:
        self._call("create", volume, size, snapshot, seal)

    def unlock(self, volume: str, key: bytes) -> None:
        self._call("unlock", volume, key)

    def grow(self, volume: str, size: int) -> None:
        self._call("grow", volume, size)

    def grow_file_system(self, volume: str) -> None:
        self._call("grow_file_system", volume)

    def delete(self, volume: str) -> None:
        self._call("delete", volume)

    def snapshot(self, volume: str, snapshot: str) -> None:
        self._call("snapshot", volume, snapshot)

    def delete_snapshot(self, snapshot: str) -> None:
        self._call("delete_snapshot", snapshot)

    def image_from_snapshot(self, image: str, snapshot: str) -> None:
        self._call("image_from_snapshot", image, snapshot)

    def delete_image(self, image: str) -> None:
        self._call("delete_image", image)

    def images(self) -> set[str]:
        found: set[str] = self._call("images")
        return found

    def build_image(self, image: str) -> ImageProgress:
        found: ImageProgress = self._call("build_image", image)
        return found

    def building(self) -> dict[str, ImageProgress]:
        found: dict[str, ImageProgress] = self._call("building")
        return found


class HostLoopback:
    """The host's own sockets at AWS's ports."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def listen(self) -> dict[str, int]:
        """Descriptors of listening sockets: `dns-udp`, `dns-tcp`, `http`, `https`."""
        found: dict[str, int] = self._host.call("host.listen")
        return found


class HostNetworks:
    """`Networks`, over the socket."""

    def __init__(self, host: Host, pool: str = PUBLIC_POOL) -> None:
        self._host = host
        self.public_pool = pool
        """Where public addresses come from."""

    def _call(self, name: str, *arguments: Any) -> Any:
        try:
            return self._host.call(f"network.{name}", *arguments)
        except (HostAway, MachineFailed) as error:
            raise Unreachable(str(error)) from error

    def reconcile(self, network: Network) -> None:
        self._call("reconcile", network)

    def remove(self, network_id: str) -> None:
        self._call("remove", network_id)

    def networks(self) -> set[str]:
        found: set[str] = self._call("networks")
        return found

    def plug(self, network_id: str, interface: str, machine: str, name: str) -> None:
        self._call("plug", network_id, interface, machine, name)

    def unplug(self, network_id: str, interface: str) -> None:
        self._call("unplug", network_id, interface)

    def flows(self, network_id: str) -> list[Flow]:
        found: list[Flow] = self._call("flows", network_id)
        return found

    def listen(self, network_id: str) -> dict[str, int]:
        found: dict[str, int] = self._call("listen", network_id)
        return found

    def traffic(self, network_id: str) -> dict[str, Traffic]:
        found: dict[str, Traffic] = self._call("traffic", network_id)
        return found

    def answering(self, network_id: str) -> set[str]:
        found: set[str] = self._call("answering", network_id)
        return found


def host_engines(path: Path) -> Mapping[str, Any]:
    """The engines of the privileged process that listens at a path; none when there is none."""
    host = Host(path)
    try:
        about = host.call("host.about")
    except HostAway:
        return {}
    return {
        "machines": HostMachines(host),
        "volumes": HostVolumes(host),
        "network": HostNetworks(host, about["pool"]),
        "loopback": HostLoopback(host),
    }
