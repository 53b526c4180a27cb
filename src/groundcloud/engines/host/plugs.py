"""Networks of machines that may restart by themselves: what was plugged in is plugged in again.

A machine that reboots has a new network namespace; its interfaces went with the old one.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path
from threading import Lock

import msgspec
from msgspec import Struct

from groundcloud.engines.machines.wanted import MachineFailed
from groundcloud.engines.network.wanted import CountingNetworks, Flow, Network, Traffic, Unreachable


class Plug(Struct, frozen=True):
    """An interface that a machine has."""

    network: str
    interface: str
    machine: str
    name: str
    process: int
    """The machine's first process at that time."""


class PluggedNetworks:
    """The network engine, and a memory of what it plugged in where."""

    def __init__(self, networks: CountingNetworks, process_of: Callable[[str], int], file: Path) -> None:
        self._networks = networks
        self._process_of = process_of
        self._file = file
        self._lock = Lock()
        self._plugs: dict[str, Plug] = {}
        with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
            self._plugs = msgspec.json.decode(file.read_bytes(), type=dict[str, Plug])

    def reconcile(self, network: Network) -> None:
        self._networks.reconcile(network)

    def remove(self, network_id: str) -> None:
        self._networks.remove(network_id)
        with self._lock:
            self._plugs = {key: each for key, each in self._plugs.items() if each.network != network_id}
            self._save()

    def networks(self) -> set[str]:
        return self._networks.networks()

    def plug(self, network_id: str, interface: str, machine: str, name: str) -> None:
        wanted = Plug(network_id, interface, machine, name, self._process(machine))
        with self._lock:
            before = self._plugs.get(interface)
        if before is not None and before != wanted:  # what is left of another life of the machine
            self._networks.unplug(before.network, interface)
        self._networks.plug(network_id, interface, machine, name)
        with self._lock:
            self._plugs[interface] = wanted
            self._save()

    def unplug(self, network_id: str, interface: str) -> None:
        self._networks.unplug(network_id, interface)
        with self._lock:
            if self._plugs.pop(interface, None) is not None:
                self._save()

    def listen(self, network_id: str) -> dict[str, int]:
        return self._networks.listen(network_id)

    def flows(self, network_id: str) -> list[Flow]:
        return self._networks.flows(network_id)

    def traffic(self, network_id: str) -> dict[str, Traffic]:
        return self._networks.traffic(network_id)

    def answering(self, network_id: str) -> set[str]:
        return self._networks.answering(network_id)

    def plug_again(self, machine: str) -> None:
        """A machine has restarted by itself: give it its interfaces. What fails, its controller tries again."""
        with self._lock:
            found = [each for each in self._plugs.values() if each.machine == machine]
        for each in sorted(found, key=lambda plug: plug.name):
            with contextlib.suppress(Unreachable):
                self.plug(each.network, each.interface, machine, each.name)

    def _process(self, machine: str) -> int:
        try:
            return self._process_of(machine)
        except MachineFailed as error:
            raise Unreachable(str(error)) from error

    def _save(self) -> None:
        made = self._file.with_suffix(".new")
        made.write_bytes(msgspec.json.encode(self._plugs))
        made.replace(self._file)
