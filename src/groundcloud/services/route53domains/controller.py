"""Tells the DNS server whose name servers a domain has, renews domains, and lets them go when their time is over."""

from collections.abc import Callable
from datetime import datetime

from groundcloud.controllers import Outcome
from groundcloud.engines.dns.names import to_wire
from groundcloud.engines.dns.zones import Table
from groundcloud.services.route53domains.records import Domain, DomainOperation
from groundcloud.services.route53domains.shared import years_later
from groundcloud.services.route53domains.transfers import LASTS, OUT
from groundcloud.store import Key, Store, Transaction


class Domains:
    """Implements `Controller`."""

    name = "route53domains.domains"
    kind = Domain

    def __init__(self, store: Store, table: Table, now: Callable[[], datetime]) -> None:
        self._store = store
        self._table = table
        self._now = now

    def reconcile(self, key: Key, wanted: Domain | None) -> Outcome:
        with self._store.snapshot() as tx:  # what is gone from here may be another account's now
            owned = wanted or next(tx.scan(Domain, str(key[1]), index="by_name"), None)
        servers = None if owned is None else [each.name for each in owned.nameservers]
        self._table.delegate(to_wire(str(key[1])), servers)
        if wanted is None:
            return Outcome()
        left = (wanted.expiration_date - self._now()).total_seconds()
        return Outcome(again=left) if left > 0 else Outcome(lambda tx: self._expire(tx, key))

    def _expire(self, tx: Transaction, key: Key) -> None:
        found = tx.get(Domain, *key)
        if found is None or found.expiration_date > self._now():
            return
        if not found.auto_renew:
            tx.delete(found)
            return
        found.expiration_date = years_later(found.expiration_date, 1)
        tx.put(found)


class Operations:
    """Implements `Controller`: an operation is done when the DNS server knows the domain as it is now."""

    name = "route53domains.operations"
    kind = DomainOperation

    def __init__(self, domains: Domains, now: Callable[[], datetime]) -> None:
        self._now = now
        self._domains = domains

    def reconcile(self, key: Key, wanted: DomainOperation | None) -> Outcome:
        if wanted is None or wanted.status != "IN_PROGRESS":
            return Outcome()
        if wanted.type == OUT:  # the other account ends it, or time does
            left = (wanted.submitted_date + LASTS - self._now()).total_seconds()
            return Outcome(again=left) if left > 0 else Outcome(lambda tx: self._give_up(tx, key))
        return Outcome(lambda tx: self._finish(tx, key))

    def _give_up(self, tx: Transaction, key: Key) -> None:
        found = tx.get(DomainOperation, *key)
        if found is not None and found.status == "IN_PROGRESS":
            found.status, found.last_updated_date = "FAILED", self._now().replace(microsecond=0)
            tx.put(found)

    def _finish(self, tx: Transaction, key: Key) -> None:
        found = tx.get(DomainOperation, *key)
        if found is not None:
            domain = tx.get(Domain, found.account, found.domain_name)
            self._domains.reconcile((found.account, found.domain_name), domain)
            found.status = "SUCCESSFUL"
            found.last_updated_date = self._now().replace(microsecond=0)
            tx.put(found)
