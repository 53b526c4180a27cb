"""Makes the machine engine have the volumes that are asked for, where they are asked for."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial

from groundcloud.context import Context
from groundcloud.controllers import Outcome
from groundcloud.engines.machines.wanted import Disk, MachineFailed, Machines, Seal, Volumes
from groundcloud.services.ec2.machines.records import Instance
from groundcloud.services.ec2.storage.encryption import KeyNotUsable, opened, retire
from groundcloud.services.ec2.storage.records import Volume, VolumeAttachment
from groundcloud.store import Key, Store, Transaction

log = logging.getLogger(__name__)

Within = Callable[[Transaction, str, str], Context]
"""The context of EC2 for an account in a Region."""

_BUSY = 2.0
"""Seconds until a volume that is still mounted is tried to be detached again."""


class EbsVolumes:
    """The controller of volumes."""

    name = "ec2.volumes"
    kind = Volume

    def __init__(
        self, store: Store, volumes: Volumes, machines: Machines, clock: Callable[[], datetime], within: Within
    ) -> None:
        self._store = store
        self._within = within
        self._volumes = volumes
        self._machines = machines
        self._clock = clock

    def reconcile(self, key: Key, wanted: Volume | None) -> Outcome:
        if wanted is None or wanted.state == "deleting":
            self._volumes.delete(str(key[2]))
            return Outcome() if wanted is None else Outcome(partial(self._deleted, key))
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
            seal = self._opened(wanted)
            self._volumes.create(wanted.volume_id, wanted.size, wanted.snapshot_id, seal)
        except MachineFailed:
            return Outcome(partial(self._became, key, "error"))
        except KeyNotUsable as error:
            log.warning("%s goes, for its key cannot be used: %s", wanted.volume_id, error)
            return Outcome(partial(self._became, key, "deleting"))
        return Outcome(partial(self._became, key, "available"))

    def _opened(self, wanted: Volume, instance_id: str = "") -> Seal | None:
        if not wanted.encrypted:
            return None
        with self._store.snapshot() as tx:
            return opened(self._within(tx, wanted.owner_id, wanted.region), wanted, instance_id)

    def _became(self, key: Key, state: str, tx: Transaction) -> None:
        """It is there, or it failed, or it goes again: what AWS does with a volume whose key it cannot use."""
        found = tx.get(Volume, *key)
        if found is not None and found.state == "creating":
            found.state = state
            retire(self._within(tx, found.owner_id, found.region), found)
            tx.put(found)

    def _deleted(self, key: Key, tx: Transaction) -> None:
        found = tx.get(Volume, *key)
        if found is not None and found.state == "deleting":
            retire(self._within(tx, found.owner_id, found.region), found)
            tx.delete(found)

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
            try:
                seal = self._opened(wanted, attachment.instance_id)
            except KeyNotUsable as error:
                log.warning("%s is not attached, for its key cannot be used: %s", wanted.volume_id, error)
                return Outcome(partial(self._detached, key, ("attaching",)))
            if seal is not None:
                self._volumes.unlock(wanted.volume_id, seal.key)
            disk = Disk(wanted.volume_id, attachment.device.removeprefix("/dev/"))
            self._machines.attach(attachment.instance_id, disk)
        return Outcome(partial(_attached, key))

    def _detach(self, key: Key, wanted: Volume, attachment: VolumeAttachment) -> Outcome:
        if self._running(attachment.instance_id):
            try:
                self._machines.detach(attachment.instance_id, wanted.volume_id, force=wanted.forced_detach)
            except MachineFailed:
                return Outcome(partial(_busy, key), again=_BUSY)
        return Outcome(partial(self._detached, key, ("detaching", "busy")))

    def _detached(self, key: Key, before: tuple[str, ...], tx: Transaction) -> None:
        found = tx.get(Volume, *key)
        if found is None or not found.attachments or found.attachments[0].state not in before:
            return
        instance = tx.get(Instance, found.owner_id, found.region, found.attachments[0].instance_id)
        if instance is not None:
            instance.block_devices = [each for each in instance.block_devices if each.volume_id != found.volume_id]
            tx.put(instance)
        found.attachments, found.state, found.forced_detach = [], "available", False
        retire(self._within(tx, found.owner_id, found.region), found)
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
