"""A host of its own (a network namespace), a network engine on it, and namespaces that stand in for machines."""

import os
import select
import socket
import subprocess
from pathlib import Path
from typing import Self

from groundcloud.engines.network.apply import NamespaceNetworks
from groundcloud.engines.network.namespaces import Namespace
from groundcloud.engines.network.wanted import Network

SHORT = 0.2
"""Seconds that a packet which is dropped is waited for; one that arrives takes less than a thousandth of it."""

PATIENT = 5.0
"""Seconds that one which should arrive is waited for, on a machine that has much to do."""


POOL = "203.0.113.0/24"


class Machine(Namespace):
    """A process with a network namespace of its own; sockets are opened in it, and used from anywhere."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "ip link set lo up; echo; exec sleep 300"], stdout=subprocess.PIPE
        )
        assert self.process.stdout
        self.process.stdout.readline()
        super().__init__(f"/proc/{self.process.pid}/ns/net")

    def serve(self, port: int, address: str = "0.0.0.0") -> socket.socket:
        return self.do(lambda: socket.create_server((address, port)))

    def connect(self, address: str, port: int, source: str = "", timeout: float = PATIENT) -> socket.socket | None:
        """A connection, or None when nothing answers."""

        def opened() -> socket.socket | None:
            try:
                return socket.create_connection((address, port), timeout, (source, 0) if source else None)
            except TimeoutError:
                return None

        return self.do(opened)

    def udp(self, address: str = "0.0.0.0", port: int = 0) -> socket.socket:
        def opened() -> socket.socket:
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            made.bind((address, port))
            return made

        return self.do(opened)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()


def reaches(machine: Namespace, address: str, port: int, timeout: float = PATIENT) -> bool:
    """Whether a TCP connection can be had from there. Refused is reached: somebody answered."""

    def tried() -> bool:
        try:
            socket.create_connection((address, port), timeout).close()
        except ConnectionRefusedError:
            return True
        except TimeoutError:
            return False
        return True

    return machine.do(tried)


def blocked(machine: Namespace, address: str, port: int) -> bool:
    """Whether nothing comes back. Only what is quick on an idle machine would be missed."""
    return not reaches(machine, address, port, SHORT)


def answers(one: socket.socket, other: socket.socket, timeout: float = PATIENT) -> bool:
    """Whether what is sent on one end of a connection comes out at the other."""
    one.send(b"x")
    return bool(select.select([other], [], [], timeout)[0]) and other.recv(1) == b"x"


def silent(one: socket.socket, other: socket.socket) -> bool:
    """Whether what is sent on one end does not come out at the other."""
    return not answers(one, other, SHORT)


class Host:
    """This thread is in a new network namespace from `enter` to `leave`; the engine's host is that one."""

    def __init__(self, folder: Path, outward: bool = False) -> None:
        self.machines: dict[str, Machine] = {}
        self._ended: list[Machine] = []
        self.tag = f"t{os.getpid()}"
        self._folder = folder
        self._outward = outward
        self.engine = self.new_engine()

    def new_engine(self) -> NamespaceNetworks:
        """As after a start of the host process: it knows nothing but what it finds."""
        return NamespaceNetworks(
            self.tag, self._folder, lambda name: self.machines[name].process.pid, pool=POOL, outward=self._outward
        )

    def __enter__(self) -> Self:
        self._home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        self._here = Machine()
        _setns(os.open(self._here.path, os.O_RDONLY), close=True)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            for name in self.engine.networks():
                self.engine.remove(name)
        finally:
            _setns(self._home, close=True)
            for machine in (self._here, *self._ended, *self.machines.values()):
                machine.end()

    def machine(self, name: str) -> Machine:
        if name in self.machines:
            self._ended.append(self.machines[name])
        self.machines[name] = made = Machine()
        return made

    def internet(self) -> Machine:
        """What lies beyond the host's default route: a namespace with the address 192.0.2.1; the host has 192.0.2.2."""
        made = self.machine("internet")
        Namespace().batch(
            [
                f"link add out type veth peer name in netns {made.path}",
                "addr add 192.0.2.2/24 dev out",
                "link set out up",
                "link set lo up",
            ]
        )
        made.batch(["addr add 192.0.2.1/24 dev in", "link set in up"])
        Namespace().batch(["route add default via 192.0.2.1"])
        return made

    def build(self, network: Network) -> list[Machine]:
        """Reconcile, and a machine for each interface."""
        self.engine.reconcile(network)
        return [self.plug(network, interface.id) for interface in network.interfaces]

    def plug(self, network: Network, interface: str) -> Machine:
        name = f"{network.id}/{interface}"
        made = self.machines.get(name) or self.machine(name)
        self.engine.plug(network.id, interface, name, "eth0")
        return made


def _setns(descriptor: int, close: bool) -> None:
    from groundcloud.engines.network import namespaces

    try:
        assert namespaces._libc.setns(descriptor, 0) == 0
    finally:
        if close:
            os.close(descriptor)
