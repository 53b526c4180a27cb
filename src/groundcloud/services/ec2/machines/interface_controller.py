"""Plugs network interfaces into instances that run, and pulls them out. A boot plugs in all that an instance has, which
is the instances' controller's work."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from groundcloud.controllers import Outcome
from groundcloud.engines.network.wanted import Networks, Unreachable
from groundcloud.services.ec2.machines.attaching import take_away
from groundcloud.services.ec2.machines.records import RUNNING, STOPPED, TERMINATED, Instance
from groundcloud.services.ec2.network.records import Attachment, NetworkInterface
from groundcloud.store import Key, Store, Transaction

_SOON = 0.05
_CHANGING = 0.5
"""Seconds between two looks at an instance that is on its way to another state."""
_NEW = 3.0
"""Seconds in which the network is expected to learn of an interface; later, that it has not is an error to show."""


class InstanceInterfaces:
    """The controller of interfaces that instances have."""

    name = "ec2.interfaces"
    kind = NetworkInterface

    def __init__(
        self, store: Store, networks: Networks, clock: Callable[[], datetime],
        within: Callable[[Transaction, str, str], Any],
    ) -> None:  # fmt: skip
        self._store = store
        self._networks = networks
        self._clock = clock
        self._within = within

    def reconcile(self, key: Key, wanted: NetworkInterface | None) -> Outcome:
        attachment = wanted.attachment if wanted is not None else None
        if wanted is None or attachment is None or attachment.status == "attached":
            return Outcome()
        with self._store.snapshot() as tx:
            instance = tx.get(Instance, attachment.instance_owner_id, wanted.region, attachment.instance_id or "")
        if instance is not None and instance.state not in (RUNNING, STOPPED, TERMINATED):
            return Outcome(again=_CHANGING)
        runs = instance is not None and instance.state == RUNNING
        if attachment.status == "detaching":
            if runs:
                self._networks.unplug(wanted.vpc_id, wanted.network_interface_id)
            return Outcome(partial(self._pulled, key))
        if runs and not self._plug(wanted, attachment):
            return Outcome(again=_SOON)
        return Outcome(partial(_plugged, key))

    def _plug(self, interface: NetworkInterface, attachment: Attachment) -> bool:
        """False while the network does not know the interface yet."""
        try:
            self._networks.plug(
                interface.vpc_id, interface.network_interface_id, attachment.instance_id or "", link_name(attachment)
            )
        except Unreachable:
            if (self._clock() - attachment.attach_time).total_seconds() > _NEW:
                raise
            return False
        return True

    def _pulled(self, key: Key, tx: Transaction) -> None:
        found = tx.get(NetworkInterface, *key)
        if found is None or found.attachment is None or found.attachment.status != "detaching":
            return
        attachment = found.attachment
        instance = tx.get(Instance, attachment.instance_owner_id, found.region, attachment.instance_id or "")
        take_away(self._within(tx, found.owner_id, found.region), found, instance)


def _plugged(key: Key, tx: Transaction) -> None:
    found = tx.get(NetworkInterface, *key)
    if found is not None and found.attachment is not None and found.attachment.status == "attaching":
        found.attachment.status = "attached"
        tx.put(found)


def link_name(attachment: Attachment) -> str:
    """What an interface is called in its machine."""
    return f"eth{attachment.device_index}"
