"""The machines of databases as the engines have them: volumes, machines, plugs. It writes no records."""

from collections.abc import Callable, Mapping

from groundcloud.engines.machines.wanted import Disk, Machine, Machines, Seal, State, Volumes
from groundcloud.engines.network.wanted import Networks, Unreachable
from groundcloud.services.rds.engines import class_named
from groundcloud.services.rds.records import DBMachine
from groundcloud.services.rds.telling import DEVICE

IMAGE = "debian-12-databases"
_ROOT_SIZE = 8
"""GiB of the system's own volume, which takes what is written into it."""
_FRESH = 0.2
"""Seconds for which a look at all machines is good."""


def root_volume(machine: DBMachine) -> str:
    return f"{machine.machine_id}-root"


def data_volume(machine: DBMachine) -> str:
    return f"{machine.machine_id}-data"


class Fleet:
    """What the controller does to machines. Every method may be repeated at no harm."""

    def __init__(self, machines: Machines, volumes: Volumes, networks: Networks, seconds: Callable[[], float]) -> None:
        self.machines = machines
        self.volumes = volumes
        self._networks = networks
        self._seconds = seconds
        self._seen: tuple[float, Mapping[str, State]] = (-1e9, {})

    def state(self, machine: DBMachine, *, now: bool = False) -> State | None:
        """What the engine sees of a machine; looked at for all machines at once."""
        looked, found = self._seen
        if now or self._seconds() - looked > _FRESH:
            found = self.machines.states()
            self._seen = (self._seconds(), found)
        return found.get(machine.machine_id)

    def runs(self, machine: DBMachine) -> bool:
        state = self.state(machine)
        return state is not None and state.running

    def start(self, machine: DBMachine, seal: Seal | None = None) -> bool:
        """Boot it and plug it in; its volumes are encrypted where there is a seal. False while its network is being
        made. Raises `MachineFailed`."""
        if machine.vpc_id not in self._networks.networks():
            return False
        self.volumes.create_root(root_volume(machine), _ROOT_SIZE, IMAGE, seal)
        self.volumes.create(data_volume(machine), machine.size, machine.seed, seal)
        if seal is not None:
            self.volumes.unlock(root_volume(machine), seal.key)
            self.volumes.unlock(data_volume(machine), seal.key)
        kind = class_named(machine.db_instance_class)
        self.machines.start(
            Machine(
                id=machine.machine_id,
                image=IMAGE,
                root=root_volume(machine),
                host_name=f"ip-{machine.private_address.replace('.', '-')}",
                vcpus=kind.vcpus,
                memory_mib=kind.memory_mib,
                disks=(Disk(data_volume(machine), DEVICE),),
            )
        )
        self._seen = (-1e9, {})
        try:
            self._networks.plug(machine.vpc_id, machine.interface_id, machine.machine_id, "eth0")
        except Unreachable:
            return False
        return True

    def ended(self, machine: DBMachine, *, force: bool) -> bool:
        """Shut it down; True once it is gone from the host, with its plug."""
        state = self.state(machine, now=True)
        if state is not None and state.running:
            self.machines.stop(machine.machine_id, force=force)
            return False
        self._networks.unplug(machine.vpc_id, machine.interface_id)
        self.machines.forget(machine.machine_id)
        return True

    def clear(self, machine: DBMachine) -> bool:
        """End it by force and delete its volumes; True once that is done."""
        if not self.ended(machine, force=True):
            return False
        self.machines.remove(machine.machine_id)
        self.volumes.delete(root_volume(machine))
        self.volumes.delete(data_volume(machine))
        return True
