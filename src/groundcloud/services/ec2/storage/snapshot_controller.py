"""Makes the machine engine have the snapshots and the images that are asked for, and no others."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from groundcloud.controllers import Outcome
from groundcloud.engines.machines.wanted import MachineFailed, Volumes
from groundcloud.services.ec2.machines.records import Image, StateReason
from groundcloud.services.ec2.storage.controller import Within
from groundcloud.services.ec2.storage.encryption import KeyNotUsable, opened, retire
from groundcloud.services.ec2.storage.records import Snapshot, Volume
from groundcloud.store import Key, Store, Transaction

_SOON = 0.2
_IN_USE = 60.0
"""Seconds until it is looked again at whether machines still lie on an image that is gone."""


class EbsSnapshots:
    """The controller of snapshots."""

    name = "ec2.snapshots"
    kind = Snapshot

    def __init__(self, store: Store, volumes: Volumes, clock: Callable[[], datetime], within: Within) -> None:
        self._store = store
        self._within = within
        self._volumes = volumes
        self._clock = clock

    def reconcile(self, key: Key, wanted: Snapshot | None) -> Outcome:
        if wanted is None or wanted.state == "deleting":
            self._volumes.delete_snapshot(str(key[2]))
            return Outcome() if wanted is None else Outcome(partial(self._deleted, key))
        if wanted.state != "pending":
            return Outcome()
        try:
            if wanted.source:
                self._copy(wanted)
            else:
                self._volumes.snapshot(wanted.volume_id, wanted.snapshot_id)
        except KeyNotUsable as error:
            reason = f"Given key ID is not accessible ({error})"
            return Outcome(partial(self._became, key, "error", reason, self._clock()))
        except MachineFailed as error:
            return Outcome(partial(self._became, key, "error", str(error), self._clock()))
        return Outcome(partial(self._became, key, "completed", "", self._clock()))

    def _copy(self, wanted: Snapshot) -> None:
        """Through a volume that only the copy sees."""
        between = f"copy-{wanted.snapshot_id}"
        with self._store.snapshot() as tx:
            seal = opened(self._within(tx, wanted.owner_id, wanted.region), wanted)
        self._volumes.create(between, wanted.volume_size, wanted.source, seal)
        self._volumes.snapshot(between, wanted.snapshot_id)
        self._volumes.delete(between)

    def _deleted(self, key: Key, tx: Transaction) -> None:
        found = tx.get(Snapshot, *key)
        if found is not None and found.state == "deleting":
            retire(self._within(tx, found.owner_id, found.region), found)
            tx.delete(found)

    def _became(self, key: Key, state: str, message: str, now: datetime, tx: Transaction) -> None:
        found = tx.get(Snapshot, *key)
        if found is not None and found.state == "pending":
            found.state, found.state_message = state, message or None
            found.completion_time = now.replace(microsecond=0)
            retire(self._within(tx, found.owner_id, found.region), found)
            tx.put(found)


class Images:
    """The controller of images that accounts make."""

    name = "ec2.images"
    kind = Image

    def __init__(self, store: Store, volumes: Volumes) -> None:
        self._store = store
        self._volumes = volumes

    def reconcile(self, key: Key, wanted: Image | None) -> Outcome:
        if wanted is None:
            return self._forget(str(key[2]))
        if wanted.state != "pending":
            return Outcome()
        with self._store.snapshot() as tx:
            ids = [each.snapshot_id for each in wanted.devices if each.snapshot_id]
            snapshots = [tx.get(Snapshot, wanted.owner_id, wanted.region, each) for each in ids]
            root = next(each for each in wanted.devices if each.device_name == wanted.root_device_name)
        states = {each.state if each is not None else "error" for each in snapshots}
        if "error" in states:
            return Outcome(partial(_image_became, key, "failed", "A snapshot of the image failed."))
        if states != {"completed"}:
            return Outcome(again=_SOON)
        try:
            self._volumes.image_from_snapshot(wanted.engine_image, root.snapshot_id)
        except MachineFailed as error:
            return Outcome(partial(_image_became, key, "failed", str(error)))
        return Outcome(partial(_image_became, key, "available", ""))

    def _forget(self, image_id: str) -> Outcome:
        """The layers stay as long as a volume or a copy of the image lies on them."""
        with self._store.snapshot() as tx:
            used = tx.exists(Volume, image_id, index="by_engine_image") or tx.exists(
                Image, image_id, index="by_engine_image"
            )
        if used:
            return Outcome(again=_IN_USE)
        self._volumes.delete_image(image_id)
        return Outcome()


def _image_became(key: Key, state: str, message: str, tx: Transaction) -> None:
    found = tx.get(Image, *key)
    if found is not None and found.state == "pending":
        found.state = state
        found.state_reason = StateReason("Server.InternalError", message) if message else None
        tx.put(found)
