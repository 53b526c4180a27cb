"""Makes the machine engine have the volumes that are asked for, where they are asked for."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from groundcloud.controllers import Outcome
from groundcloud.engines.machines.wanted import Disk, MachineFailed, Machines, Volumes
from groundcloud.services.ec2.machines.records import Instance
from groundcloud.services.ec2.storage.records import Volume, VolumeAttachment
from groundcloud.store import Key, Transaction

_BUSY = 2.0
"""Seconds until a volume that is still mounted is tried to be detached again."""


class EbsVolumes:
    """The controller of volumes."""

    name = "ec2.volumes"
    kind = Volume

    def __init__(self, volumes: Volumes, machines: Machines, clock: Callable[[], datetime]) -> None:
        self._volumes = volumes
        self._machines = machines
        self._clock = clock

    def reconcile(self, key: Key, wanted: Volume | None) -> Outcome:
        if wanted is None or wanted.state == "deleting":
            self._volumes.delete(str(key[2]))
            return Outcome() if wanted is None else Outcome(partial(_deleted, key))
        if wanted.state == "creating":
            return self._create(key, wanted)
        if wanted.modification is not None and wanted.modification.state == "modifying":
            return self._modify(key, wanted)
        for attachment in wanted.attachments:
            if attachment.state == "attaching":
                return self._attach(key, wanted, attachment)
            if attachment.state in ("detaching", "busy"):
                return self._detach(key, wanted, attachment)
        return Outcome()

    def _create(self, key: Key, wanted: Volume) -> Outcome:
        try:
            self._volumes.create(wanted.volume_id, wanted.size, wanted.snapshot_id)
        except MachineFailed:
            return Outcome(partial(_became, key, "error"))
        return Outcome(partial(_became, key, "available"))

    def _modify(self, key: Key, wanted: Volume) -> Outcome:
        try:
            self._volumes.grow(wanted.volume_id, wanted.size)
        except MachineFailed:
            return Outcome(partial(_modified, key, "failed", self._clock()))
        return Outcome(partial(_modified, key, "completed", self._clock()))

    def _running(self, instance_id: str) -> bool:
        state = self._machines.states().get(instance_id)
        return state is not None and state.running

    def _attach(self, key: Key, wanted: Volume, attachment: VolumeAttachment) -> Outcome:
        """To a machine that does not run it is given when that boots."""
        if self._running(attachment.instance_id):
            disk = Disk(wanted.volume_id, attachment.device.removeprefix("/dev/"))
            self._machines.attach(attachment.instance_id, disk)
        return Outcome(partial(_attached, key))

    def _detach(self, key: Key, wanted: Volume, attachment: VolumeAttachment) -> Outcome:
        if self._running(attachment.instance_id):
            try:
                self._machines.detach(attachment.instance_id, wanted.volume_id, force=wanted.forced_detach)
            except MachineFailed:
                return Outcome(partial(_busy, key), again=_BUSY)
        return Outcome(partial(_detached, key))


def _deleted(key: Key, tx: Transaction) -> None:
    found = tx.get(Volume, *key)
    if found is not None and found.state == "deleting":
        tx.delete(found)


def _became(key: Key, state: str, tx: Transaction) -> None:
    found = tx.get(Volume, *key)
    if found is not None and found.state == "creating":
        found.state = state
        tx.put(found)


def _modified(key: Key, state: str, now: datetime, tx: Transaction) -> None:
    found = tx.get(Volume, *key)
    if found is not None and found.modification is not None and found.modification.state == "modifying":
        found.modification.state, found.modification.end_time = state, now.replace(microsecond=0)
        if state == "failed":
            found.size = found.modification.size
        tx.put(found)


def _attached(key: Key, tx: Transaction) -> None:
    found = tx.get(Volume, *key)
    if found is None or not found.attachments or found.attachments[0].state != "attaching":
        return
    found.attachments[0].state = "attached"
    tx.put(found)
    instance = tx.get(Instance, found.owner_id, found.region, found.attachments[0].instance_id)
    for device in instance.block_devices if instance is not None else ():
        if device.volume_id == found.volume_id:
            device.status = "attached"
    if instance is not None:
        tx.put(instance)


def _busy(key: Key, tx: Transaction) -> None:
    found = tx.get(Volume, *key)
    if found is not None and found.attachments and found.attachments[0].state == "detaching":
        found.attachments[0].state = "busy"
        tx.put(found)


def _detached(key: Key, tx: Transaction) -> None:
    found = tx.get(Volume, *key)
    if found is None or not found.attachments or found.attachments[0].state not in ("detaching", "busy"):
        return
    instance = tx.get(Instance, found.owner_id, found.region, found.attachments[0].instance_id)
    if instance is not None:
        instance.block_devices = [each for each in instance.block_devices if each.volume_id != found.volume_id]
        tx.put(instance)
    found.attachments, found.state, found.forced_detach = [], "available", False
    tx.put(found)
