"""Rotates secrets when their time has come: a new value first, then its service, and only then it becomes current.

Each step is written down before the next, and each can be done again, so that a crash in between loses nothing.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from groundcloud.context import Context
from groundcloud.controllers import Outcome
from groundcloud.services.secretsmanager.records import CURRENT, PENDING, Secret, SecretValue, Version
from groundcloud.services.secretsmanager.rotation import Rotator, begin, new_token, next_rotation, rotator_of
from groundcloud.services.secretsmanager.values import move, read, write
from groundcloud.store import Key, Store, Transaction

_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
_LENGTH = 32
Within = Callable[[Transaction, str, str], Context]
"""A context of an account's root user in a Region."""


class NotRotatable(Exception):
    """The secret has no password that could be changed."""


class SecretRotations:
    """Implements `Controller`."""

    name = "secretsmanager.rotations"
    kind = Secret

    def __init__(
        self, store: Store, now: Callable[[], datetime], rotators: Callable[[], Sequence[Rotator]], within: Within
    ) -> None:
        self._store = store
        self._now = now
        self._rotators = rotators
        self._within = within

    def reconcile(self, key: Key, wanted: Secret | None) -> Outcome:
        if wanted is None or not wanted.rotation_enabled or wanted.deleted_date is not None or wanted.is_replica:
            return Outcome()
        pending = wanted.staged(PENDING)
        if pending is not None and CURRENT not in pending.stages:
            self._rotate(key, pending)
            return Outcome()
        if wanted.next_rotation_date is None:
            return Outcome()
        left = (wanted.next_rotation_date - self._now()).total_seconds()
        return Outcome(again=left) if left > 0 else Outcome(lambda tx: self._begin(tx, key))

    def _begin(self, tx: Transaction, key: Key) -> None:
        """Its time has come: the version that is to be current, and when the next one is."""
        found = tx.get(Secret, *key)
        due = found is not None and found.next_rotation_date is not None and found.next_rotation_date <= self._now()
        if found is None or not due or not found.rotation_enabled:
            return
        ctx = self._within(tx, found.account, found.region)
        begin(found, new_token(ctx.random(16).hex()), ctx.now())
        found.next_rotation_date = next_rotation(found, ctx.now())
        tx.put(found)

    def _rotate(self, key: Key, pending: Version) -> None:
        self._store.write(lambda tx: self._create(tx, key, pending.version_id))
        with self._store.snapshot() as tx:
            found = tx.get(Secret, *key)
            if found is None:
                return
            ctx = self._within(tx, found.account, found.region)
            current = found.staged(CURRENT)
            old = read(ctx, found, current.version_id) if current is not None else None
            new = read(ctx, found, pending.version_id)
        rotator = rotator_of(self._rotators(), found)
        if rotator is None or not isinstance(old, str) or not isinstance(new, str):
            raise NotRotatable(found.name)
        rotator.change(found, old, new)
        self._store.write(lambda tx: self._finish(tx, key, pending.version_id))

    def _create(self, tx: Transaction, key: Key, token: str) -> None:
        """The pending value: the current one with another password."""
        found = tx.get(Secret, *key)
        if found is None or tx.get(SecretValue, *key, token) is not None:
            return
        ctx = self._within(tx, found.account, found.region)
        current = found.staged(CURRENT)
        value = read(ctx, found, current.version_id) if current is not None else None
        document = _document(value)
        if "password" not in document:
            raise NotRotatable(f"{found.name} is no JSON object with a password")
        document["password"] = ctx.random_text(_LETTERS, _LENGTH)
        key_arn = write(ctx, found, token, msgspec.json.encode(document).decode(), found.kms_key_id)
        version = found.version_of(token)
        if version is not None:
            version.kms_key_id = key_arn
        tx.put(found)

    def _finish(self, tx: Transaction, key: Key, token: str) -> None:
        found = tx.get(Secret, *key)
        version = found.version_of(token) if found is not None else None
        if found is None or version is None or CURRENT in version.stages:
            return
        move(found, CURRENT, token)
        move(found, PENDING, None)
        found.last_rotated_date = found.last_changed_date = self._now().replace(microsecond=0)
        tx.put(found)


def _document(value: Any) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(value) if isinstance(value, str) else None
    except msgspec.DecodeError:
        found = None
    return found if isinstance(found, dict) else {}
