"""Deletes secrets whose recovery window is over."""

from collections.abc import Callable
from datetime import datetime

from groundcloud.controllers import Outcome
from groundcloud.services.secretsmanager.records import LastAccess, Secret, SecretValue
from groundcloud.store import Key, Transaction


class Recoveries:
    """The end of recovery windows."""

    name = "secretsmanager.recoveries"
    kind = Secret

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def reconcile(self, key: Key, wanted: Secret | None) -> Outcome:
        if wanted is None or wanted.deletion_date is None:
            return Outcome()
        left = (wanted.deletion_date - self._now()).total_seconds()
        return Outcome(again=left) if left > 0 else Outcome(lambda tx: self._delete(tx, key))

    def _delete(self, tx: Transaction, key: Key) -> None:
        secret = tx.get(Secret, *key)
        if secret is None or secret.deletion_date is None or secret.deletion_date > self._now():
            return
        for value in list(tx.scan(SecretValue, *key)):
            tx.delete(value)
        access = tx.get(LastAccess, *key)
        if access is not None:
            tx.delete(access)
        tx.delete(secret)
