"""Reads all bytes at rest again, slowly, and says which of them are no longer those that were written.

A damaged object is never served; that it is damaged is known here before somebody asks for it. Nothing is mended: the
owner deletes the object, or puts its file back from a copy.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from groundcloud.accounts import Installation
from groundcloud.controllers import Outcome
from groundcloud.engines.objects import Damaged, Missing, Objects, chunks
from groundcloud.services.s3.records import Blob, Content, Damage, Layout, Object, Verified, Version
from groundcloud.store import Key, Store, Transaction

RATE = 16 << 20
"""Bytes that are read per second at most."""
_AT_ONCE = 8 << 20
"""Bytes after which others have their turn."""
_BLOBS = 1000
"""Blobs after which others have their turn: small ones cost time, too."""
_EVERY = timedelta(days=7)
"""From the beginning of one round to that of the next."""
_LOOK_AGAIN = 3600.0


class Verifier:
    """Goes through all blobs once a week, in the order of their ids, and goes on where it was after a restart."""

    name = "s3.verifier"
    kind = Installation

    def __init__(self, store: Store, engine: Objects, now: Callable[[], datetime]) -> None:
        self._store = store
        self._engine = engine
        self._now = now

    def reconcile(self, key: Key, wanted: Installation | None) -> Outcome:
        with self._store.snapshot() as tx:
            state = tx.get(Verified, "objects") or Verified(begun=self._now())
            blobs = self._some(tx, state.after)
        if not blobs and state.after and (rest := (state.begun + _EVERY - self._now()).total_seconds()) > 0:
            return Outcome(again=min(rest, _LOOK_AGAIN))
        if not blobs:
            state = Verified(begun=self._now())
            return Outcome(lambda tx: tx.put(state), again=_LOOK_AGAIN)
        damaged = [each for position, blob in blobs if (each := self._damage(blob)) is not None]
        state.after = blobs[-1][0]

        def write(tx: Transaction) -> None:
            tx.put(state)
            for each in damaged:
                if tx.exists(Blob, each.body):
                    tx.put(each)

        return Outcome(write, again=sum(blob.size for _, blob in blobs) / RATE)

    def _some(self, tx: Transaction, after: bytes) -> list[tuple[bytes, Blob]]:
        found, size = [], 0
        for position, blob in tx.scan_from(Blob, after=after):
            found.append((position, blob))
            size += blob.size
            if size >= _AT_ONCE or len(found) >= _BLOBS:
                break
        return found

    def _damage(self, blob: Blob) -> Damage | None:
        try:
            verify(self._engine, blob)
        except (Damaged, Missing) as error:
            with self._store.snapshot() as tx:
                return Damage(body=blob.body, found=self._now(), error=str(error), objects=objects_of(tx, blob.body))
        return None


class DamagedBytes:
    """Shows what the verifier has found, until it is whole again or deleted."""

    name = "s3.damaged"
    kind = Damage

    def __init__(self, store: Store, engine: Objects) -> None:
        self._store = store
        self._engine = engine

    def reconcile(self, key: Key, wanted: Damage | None) -> Outcome:
        """Raises `Damaged` as long as it is so: what a controller raises, `groundcloud status` shows."""
        if wanted is None:
            return Outcome()
        with self._store.snapshot() as tx:
            blob = tx.get(Blob, wanted.body)
        if blob is not None:
            try:
                verify(self._engine, blob)
            except (Damaged, Missing) as error:
                what = ", ".join(wanted.objects) or "an upload that is not completed"
                raise Damaged(
                    f"the bytes of {what} are damaged: {error} (file {blob.file or 'in the store'})"
                ) from error
        return Outcome(lambda tx: tx.delete(wanted) if tx.exists(Damage, wanted.body) else None)


def verify(engine: Objects, blob: Blob) -> None:
    """Raises `Damaged`, `Missing`, `Unavailable`. It may block."""
    if blob.file:
        engine.check(blob.file, blob.size, blob.digest)
    else:
        chunks.check((blob.sealed,), blob.size, blob.digest)


def objects_of(tx: Transaction, body: str) -> list[str]:
    """Which objects a body belongs to: a look at every one, for nothing else asks for this."""
    names = []
    kinds: tuple[type[Content], ...] = (Object, Version)
    for kind in kinds:
        for content in tx.scan(kind):
            if content.body == body or (content.parts and _has(tx, content.body, body)):
                version = "" if content.version_id in ("", "null") else f" (version {content.version_id})"
                names.append(f"s3://{content.bucket}/{content.name}{version}")
    return names


def _has(tx: Transaction, layout: str, body: str) -> bool:
    found = tx.get(Layout, layout)
    return found is not None and any(segment.body == body for segment in found.segments)
