"""Brings changes to the DNS server's tables, and says INSYNC once it answers by them."""

from collections.abc import Callable
from datetime import datetime, timedelta

from groundcloud.controllers import Outcome
from groundcloud.engines.dns.names import to_wire
from groundcloud.engines.dns.zones import Table
from groundcloud.services.route53.dnssec_controller import Signing
from groundcloud.services.route53.records import (
    INSYNC,
    PENDING,
    ChangeInfo,
    CidrCollection,
    HostedZone,
    RecordSet,
)
from groundcloud.services.route53.zone_data import name_of_order, node_of
from groundcloud.store import Key, Store, Transaction

_KEPT = timedelta(days=7)
"""How long a change that is done can still be asked for."""


def load(store: Store, table: Table, signing: Signing) -> None:
    """All zones, as the records have them now: before the first answer."""
    with store.snapshot() as tx:
        for zone in tx.scan(HostedZone):
            table.add(signing.read(tx, zone))
        for collection in tx.scan(CidrCollection):
            table.set_networks(collection.id, collection.locations)


class Changes:
    """Implements `Controller`: each change tells which names of which zone are to be read anew."""

    name = "route53.changes"
    kind = ChangeInfo

    def __init__(self, store: Store, table: Table, signing: Signing, now: Callable[[], datetime]) -> None:
        self._signing = signing
        self._store = store
        self._table = table
        self._now = now

    def reconcile(self, key: Key, wanted: ChangeInfo | None) -> Outcome:
        if wanted is None:
            return Outcome()
        if wanted.status == PENDING:
            self._apply(wanted)
            return Outcome(lambda tx: self._done(tx, key), again=_KEPT.total_seconds())
        left = (wanted.submitted_at + _KEPT - self._now()).total_seconds()
        return Outcome(again=left) if left > 0 else Outcome(lambda tx: self._forget(tx, key))

    def _apply(self, change: ChangeInfo) -> None:
        if change.names is None:
            self._signing.refresh(change.account, change.zone_id)
        with self._store.snapshot() as tx:
            zone = tx.get(HostedZone, change.account, change.zone_id)
            if zone is None:
                self._table.remove(change.zone_id)
            elif change.names is None or change.zone_id not in self._table.zones:
                self._table.add(self._signing.read(tx, zone))
            else:
                names = {
                    to_wire(name_of_order(order)): node_of(tx.scan(RecordSet, zone.account, zone.id, order))
                    for order in change.names
                }
                self._table.put(zone.id, names, zone.changes)

    def _done(self, tx: Transaction, key: Key) -> None:
        found = tx.get(ChangeInfo, *key)
        if found is not None:
            found.status = INSYNC
            tx.put(found)

    def _forget(self, tx: Transaction, key: Key) -> None:
        found = tx.get(ChangeInfo, *key)
        if found is not None:
            tx.delete(found)


class Collections:
    """Implements `Controller`: the networks of CIDR collections."""

    name = "route53.collections"
    kind = CidrCollection

    def __init__(self, table: Table) -> None:
        self._table = table

    def reconcile(self, key: Key, wanted: CidrCollection | None) -> Outcome:
        self._table.set_networks(str(key[1]), wanted.locations if wanted is not None else {})
        return Outcome()
