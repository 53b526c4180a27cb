"""What must be made so for S3: bytes that nobody names go away."""

from collections.abc import Callable
from datetime import datetime, timedelta

from groundcloud.accounts import Installation
from groundcloud.controllers import Outcome
from groundcloud.engines.objects import Objects
from groundcloud.services.s3.bodies import discard_some
from groundcloud.services.s3.records import Blob, Condemned
from groundcloud.store import Key, Store, Transaction

_AT_ONCE = 200
_SCRUB_EVERY = 24 * 3600.0
GRACE = timedelta(hours=24)
"""Age from which a file that no record names is an orphan: before, its upload may be about to write the record."""


class CondemnedBytes:
    """Removes the bytes of large objects bit by bit."""

    name = "s3.condemned"
    kind = Condemned

    def __init__(self, store: Store, engine: Objects) -> None:
        self._store = store
        self._engine = engine

    def reconcile(self, key: Key, wanted: Condemned | None) -> Outcome:
        """The files first: the records say which they are for as long as any is there."""
        if wanted is None:
            return Outcome()
        some = wanted.bodies[:_AT_ONCE]
        with self._store.snapshot() as tx:
            blobs = [tx.get(Blob, body) for body in some]
        self._engine.remove([blob.file for blob in blobs if blob is not None and blob.file])

        def write(tx: Transaction) -> None:
            discard_some(tx, wanted.body, some)

        return Outcome(write)


class Scrubber:
    """Once a day, removes the files that no record names."""

    name = "s3.scrubber"
    kind = Installation

    def __init__(
        self, store: Store, engine: Objects, now: Callable[[], datetime],
        named: Callable[[Transaction, str], bool] = lambda tx, blob: False,
    ) -> None:  # fmt: skip
        """`named`: whether a record of another service names a file."""
        self._store = store
        self._engine = engine
        self._now = now
        self._named = named

    def reconcile(self, key: Key, wanted: Installation | None) -> Outcome:
        self.scrub(self._now())
        return Outcome(again=_SCRUB_EVERY)

    def scrub(self, now: datetime) -> int:
        """How many orphans were removed."""
        orphans = []
        for found in self._engine.scan():
            if found.written < now - GRACE:
                with self._store.snapshot() as tx:
                    if not tx.exists(Blob, found.blob, index="by_file") and not self._named(tx, found.blob):
                        orphans.append(found.blob)
        self._engine.remove(orphans)
        return len(orphans)
