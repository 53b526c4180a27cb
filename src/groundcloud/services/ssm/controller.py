"""Deletes parameters whose Expiration policy says so."""

from collections.abc import Callable
from datetime import datetime

from groundcloud.controllers import Outcome
from groundcloud.services.ssm.records import Parameter, ParameterVersion
from groundcloud.store import Key, Transaction


class Expirations:
    name = "ssm.expirations"
    kind = Parameter

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def reconcile(self, key: Key, wanted: Parameter | None) -> Outcome:
        if wanted is None or wanted.expires is None:
            return Outcome()
        left = (wanted.expires - self._now()).total_seconds()
        return Outcome(again=left) if left > 0 else Outcome(lambda tx: self._delete(tx, key))

    def _delete(self, tx: Transaction, key: Key) -> None:
        found = tx.get(Parameter, *key)
        if found is None or found.expires is None or found.expires > self._now():
            return
        for version in list(tx.scan(ParameterVersion, *key)):
            tx.delete(version)
        tx.delete(found)
