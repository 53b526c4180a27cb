"""Makes the machine engine have what instances should be, and writes down what became of them.

Everything is decided from the record and from what the engine sees, so that a crash at any moment is survived by
looking again: a machine that still runs is kept, one that should run is booted.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from groundcloud.controllers import Outcome
from groundcloud.engines.machines.wanted import Disk, Machine, MachineFailed, Machines, Seal, State, Volumes
from groundcloud.engines.network.wanted import Networks, Unreachable
from groundcloud.services.ec2.machines.ending import end, stop
from groundcloud.services.ec2.machines.instance_types import instance_types
from groundcloud.services.ec2.machines.interface_controller import link_name
from groundcloud.services.ec2.machines.records import (
    PENDING,
    RUNNING,
    SHUTTING_DOWN,
    STOPPED,
    STOPPING,
    TERMINATED,
    Instance,
    StateReason,
)
from groundcloud.services.ec2.machines.status_checks import StatusChecks
from groundcloud.services.ec2.network.names import private_name
from groundcloud.services.ec2.network.records import NetworkInterface
from groundcloud.services.ec2.storage.encryption import KeyNotUsable, opened
from groundcloud.services.ec2.storage.records import Volume
from groundcloud.store import Key, Store, Transaction

_LOOK = 1.0
"""Seconds between two looks at whether a machine still runs."""
_SOON = 0.05
_PATIENCE = 60.0
"""Seconds that a system has to shut down before it is ended by force."""
_SHOWN = timedelta(hours=1)
"""How long an instance that has ended is still shown. Source: "Terminate your instance" in the EC2 user guide."""


class ImageIsBeingBuilt(Exception):
    """A launch waits for its image; the message says how far that is."""


class Instances:
    """The controller of instances."""

    name = "ec2.instances"
    kind = Instance

    def __init__(
        self, store: Store, machines: Machines, volumes: Volumes, networks: Networks, clock: Callable[[], datetime],
        within: Callable[[Transaction, str, str], Any],
    ) -> None:  # fmt: skip
        self._store = store
        self._machines = machines
        self._volumes = volumes
        self._networks = networks
        self._clock = clock
        self._within = within
        self._seen: tuple[float, Mapping[str, State]] = (0.0, {})
        self._asked: dict[str, float] = {}
        """When a machine was asked to shut down."""
        self._checks = StatusChecks(networks)

    def reconcile(self, key: Key, wanted: Instance | None) -> Outcome:
        if wanted is None:
            self._machines.remove(str(key[2]))
            return Outcome()
        return self._STEPS[wanted.state](self, wanted)

    def _now(self) -> float:
        return self._clock().timestamp()

    def _state(self, instance_id: str, age: float = _LOOK / 2) -> State | None:
        """What the engine sees of a machine; looked at for all machines at once."""
        looked, found = self._seen
        if self._now() - looked > age:
            found = self._machines.states()
            self._seen = (self._now(), found)
        return found.get(instance_id)

    # -- one step for each state

    def _boot(self, instance: Instance) -> Outcome:
        try:
            ready = self._start(instance)
        except ImageIsBeingBuilt as waits:
            return Outcome(partial(_waits, instance.key_values(), str(waits)), again=_LOOK)
        except (MachineFailed, KeyNotUsable) as error:
            return Outcome(partial(self._failed, instance.key_values(), error))
        if not ready:
            return Outcome(again=_SOON)
        return Outcome(partial(self._running, instance.key_values()), again=_LOOK)

    def _start(self, instance: Instance) -> bool:
        """Boot a machine and plug it in. False while its network is not there yet."""
        if instance.vpc_id not in self._networks.networks():
            return False
        with self._store.snapshot() as tx:
            volumes = [
                tx.get(Volume, instance.owner_id, instance.region, each.volume_id) for each in instance.block_devices
            ]
            interfaces = [
                tx.get(NetworkInterface, instance.owner_id, instance.region, each) for each in instance.interfaces
            ]
            found = [each for each in volumes if each is not None]
            ctx = self._within(tx, instance.owner_id, instance.region)
            seals = {each.volume_id: opened(ctx, each, instance.instance_id) for each in found}
        root = next(each for each in found if each.attachments[0].device == instance.root_device_name)
        for volume in found:
            seal = seals[volume.volume_id]
            self._make_volume(volume, seal)
            if seal is not None:
                self._volumes.unlock(volume.volume_id, seal.key)
        kind = instance_types()[instance.instance_type]
        primary = next(each for each in interfaces if each is not None)
        machine = Machine(
            id=instance.instance_id,
            image=root.engine_image,
            root=root.volume_id,
            host_name=private_name(instance.region, primary.private_ip_address).partition(".")[0],
            vcpus=kind.vcpus,
            memory_mib=kind.memory_mib,
            disks=tuple(
                Disk(each.volume_id, each.attachments[0].device.removeprefix("/dev/"))
                for each in found
                if each is not root
            ),
        )
        self._machines.start(machine)
        self._seen = (0.0, {})
        try:
            for each in interfaces:
                if each is not None and each.attachment is not None:
                    name = link_name(each.attachment)
                    self._networks.plug(instance.vpc_id, each.network_interface_id, instance.instance_id, name)
        except Unreachable:
            return False  # the network is being made: the machine waits for its links
        return True

    def _make_volume(self, volume: Volume, seal: Seal | None) -> None:
        if not volume.engine_image:
            self._volumes.create(volume.volume_id, volume.size, volume.snapshot_id, seal)
            return
        try:
            self._volumes.create_root(volume.volume_id, volume.size, volume.engine_image, seal)
        except MachineFailed as error:
            progress = self._volumes.building().get(volume.engine_image)
            if progress is None:
                raise
            step = f"the image {volume.engine_image} is being built: {progress.done:.0%}, {progress.step}"
            raise ImageIsBeingBuilt(step) from error

    def _keep(self, instance: Instance) -> Outcome:
        """A machine that should run: boot it where it does not, and notice when it has shut itself down."""
        if instance.boots != instance.booted:
            self._machines.reboot(instance.instance_id)
            return Outcome(partial(self._rebooted, instance.key_values(), instance.boots), again=_LOOK)
        state = self._state(instance.instance_id)
        if state is None or not state.running:
            state = self._state(instance.instance_id, 0)
        if state is not None and state.running:
            return self._check(instance)
        if state is not None and state.ended == "shutdown":
            return Outcome(partial(self._shut_itself_down, instance.key_values()))
        try:
            ready = self._start(instance)
        except (MachineFailed, KeyNotUsable) as error:
            return Outcome(partial(self._failed, instance.key_values(), error))
        return Outcome(again=_LOOK if ready else _SOON)

    def _check(self, instance: Instance) -> Outcome:
        found = self._checks.result(instance, self._now())
        if found == instance.reachability:
            return Outcome(again=_LOOK)
        return Outcome(partial(self._checked, instance.key_values(), found), again=_LOOK)

    def _stop(self, instance: Instance) -> Outcome:
        if not self._ended(instance):
            return Outcome(again=_SOON)
        return Outcome(partial(self._stopped, instance.key_values()))

    def _ended(self, instance: Instance) -> bool:
        """Shut a machine down; True once it is gone from the host."""
        state = self._state(instance.instance_id, _SOON / 2)
        if state is not None and state.running:
            asked = self._asked.setdefault(instance.instance_id, self._now())
            force = instance.forced or self._now() - asked > _PATIENCE
            if force or self._now() - asked < _SOON:
                self._machines.stop(instance.instance_id, force=force)
            return False
        self._asked.pop(instance.instance_id, None)
        self._checks.forget(instance.instance_id)
        for interface in instance.interfaces:
            self._networks.unplug(instance.vpc_id, interface)
        self._machines.forget(instance.instance_id)
        self._seen = (0.0, {})
        return True

    def _end(self, instance: Instance) -> Outcome:
        if not self._ended(instance):
            return Outcome(again=_SOON)
        return Outcome(partial(self._terminated, instance.key_values()))

    def _rest(self, instance: Instance) -> Outcome:
        return Outcome()

    def _show(self, instance: Instance) -> Outcome:
        """An instance that has ended is shown for a while, and then forgotten."""
        ended = instance.terminated or instance.launch_time
        left = (ended + _SHOWN - self._clock()).total_seconds()
        if left > 0:
            return Outcome(again=left)
        return Outcome(partial(self._gone, instance.key_values()))

    _STEPS: Mapping[int, Callable[["Instances", Instance], Outcome]] = {
        PENDING: _boot,
        RUNNING: _keep,
        STOPPING: _stop,
        STOPPED: _rest,
        SHUTTING_DOWN: _end,
        TERMINATED: _show,
    }

    # -- what is written down; each reads the record anew, for a call may have changed it since

    def _running(self, key: Key, tx: Transaction) -> None:
        found = tx.get(Instance, *key)
        if found is not None and found.state == PENDING:
            found.state = RUNNING
            found.state_reason = None
            found.booted = found.boots
            tx.put(found)

    def _rebooted(self, key: Key, boots: int, tx: Transaction) -> None:
        found = tx.get(Instance, *key)
        if found is not None:
            found.booted = boots
            tx.put(found)

    def _checked(self, key: Key, result: str, tx: Transaction) -> None:
        found = tx.get(Instance, *key)
        if found is not None and found.state == RUNNING:
            found.reachability = result
            found.impaired_since = self._clock() if result == "failed" else None
            tx.put(found)

    def _failed(self, key: Key, error: Exception, tx: Transaction) -> None:
        """A launch that failed ends; an instance that was there before is stopped, with its volumes."""
        found = tx.get(Instance, *key)
        if found is None or found.state not in (PENDING, RUNNING):
            return
        found.state_reason = StateReason("Server.InternalError", f"Server.InternalError: {error}")
        if isinstance(error, KeyNotUsable):
            found.state_reason = StateReason(
                "Client.InternalError",
                f"Client.InvalidKMSKey.InvalidState: The KMS key provided is in an incorrect state ({error})",
            )
        found.state_transition_reason = "Server.InternalError"
        found.forced = True
        found.state = SHUTTING_DOWN if found.state == PENDING and not found.boots else STOPPING
        tx.put(found)

    def _shut_itself_down(self, key: Key, tx: Transaction) -> None:
        found = tx.get(Instance, *key)
        if found is None or found.state != RUNNING:
            return
        found.state = SHUTTING_DOWN if found.shutdown_behavior == "terminate" else STOPPING
        code = "Client.InstanceInitiatedShutdown"
        found.state_reason = StateReason(code, f"{code}: Instance initiated shutdown")
        found.state_transition_reason = "Instance initiated shutdown"
        tx.put(found)

    def _stopped(self, key: Key, tx: Transaction) -> None:
        found = tx.get(Instance, *key)
        if found is not None and found.state == STOPPING:
            stop(self._within(tx, found.owner_id, found.region), found)

    def _terminated(self, key: Key, tx: Transaction) -> None:
        found = tx.get(Instance, *key)
        if found is not None and found.state == SHUTTING_DOWN:
            end(self._within(tx, found.owner_id, found.region), found)

    def _gone(self, key: Key, tx: Transaction) -> None:
        found = tx.get(Instance, *key)
        if found is not None and found.state == TERMINATED:
            tx.delete(found)


def _waits(key: Key, why: str, tx: Transaction) -> None:
    """Say why an instance stays pending."""
    found = tx.get(Instance, *key)
    reason = StateReason("pending", f"pending: {why}")
    if found is not None and found.state == PENDING and found.state_reason != reason:
        found.state_reason = reason
        tx.put(found)
