"""What time does to keys: rotation, the end of waiting periods, the expiry of imported material."""

from collections.abc import Callable
from datetime import datetime, timedelta

from groundcloud.controllers import Outcome
from groundcloud.sealing import Sealer
from groundcloud.services.kms.imports import forget
from groundcloud.services.kms.making import material_id, purpose
from groundcloud.services.kms.records import Alias, Grant, Key, KeyMaterial, KeyRing, LastUse, RegionSet
from groundcloud.services.kms.rotation import add_material
from groundcloud.store import Key as StoreKey
from groundcloud.store import Transaction

Now = Callable[[], datetime]


def _until(time: datetime, now: datetime) -> float:
    return max(0.0, (time - now).total_seconds())


class Rotations:
    """Gives each key new material on its date, and forgets imported material on its date."""

    name = "kms.rotations"
    kind = KeyRing

    def __init__(self, now: Now, entropy: Callable[[int], bytes], sealer: Sealer) -> None:
        self._now = now
        self._entropy = entropy
        self._sealer = sealer

    def reconcile(self, key: StoreKey, wanted: KeyRing | None) -> Outcome:
        due = _due(wanted) if wanted is not None else None
        if due is None:
            return Outcome()
        now = self._now()
        return Outcome(lambda tx: self._turn(tx, key)) if due <= now else Outcome(again=_until(due, now))

    def _turn(self, tx: Transaction, place: StoreKey) -> None:
        ring = tx.get(KeyRing, *place)
        now = self._now().replace(microsecond=0)
        if ring is None:
            return
        for material in [each for each in ring.materials if each.valid_to is not None and each.valid_to <= now]:
            key = tx.get(Key, ring.account, ring.realm, ring.key_id)
            if material.sealed and key is not None:
                forget(key, ring, material)
                tx.put(key)
        if ring.next_rotation_date is not None and ring.next_rotation_date <= now:
            self._rotate(tx, ring, now)
        tx.put(ring)

    def _rotate(self, tx: Transaction, ring: KeyRing, now: datetime) -> None:
        """A disabled key waits: it is rotated when its date comes again (Developer Guide, "Rotate KMS keys")."""
        secret = self._entropy(32)
        material = KeyMaterial(
            material_id=material_id(ring.key_id, secret), sealed=self._sealer.seal(secret, purpose(ring.key_id))
        )
        if _rotates(tx, ring):
            add_material(ring, material, "AUTOMATIC", now)
        while ring.next_rotation_date is not None and ring.next_rotation_date <= now:
            ring.next_rotation_date += timedelta(days=ring.rotation_period_in_days)


def _due(ring: KeyRing) -> datetime | None:
    """When time next changes a key ring."""
    dates = [each.valid_to for each in ring.materials if each.valid_to is not None and each.sealed]
    if ring.rotation_enabled and ring.next_rotation_date is not None:
        dates.append(ring.next_rotation_date)
    return min(dates, default=None)


def _rotates(tx: Transaction, ring: KeyRing) -> bool:
    """Whether the key behind it is enabled: the primary one, of a multi-Region key."""
    regions = tx.get(RegionSet, ring.account, ring.key_id)
    if regions is not None:
        found = tx.get(Key, ring.account, regions.primary, ring.key_id)
        return found is not None and found.key_state == "Enabled"
    return any(key.key_state == "Enabled" for key in tx.scan(Key, ring.account, ring.key_id, index="by_id"))


class Deletions:
    """Deletes keys whose waiting period is over, with all that is theirs."""

    name = "kms.deletions"
    kind = Key

    def __init__(self, now: Now) -> None:
        self._now = now

    def reconcile(self, key: StoreKey, wanted: Key | None) -> Outcome:
        if wanted is None or wanted.key_state != "PendingDeletion" or wanted.deletion_date is None:
            return Outcome()
        now = self._now()
        if wanted.deletion_date > now:
            return Outcome(again=_until(wanted.deletion_date, now))
        return Outcome(lambda tx: self._delete(tx, key))

    def _delete(self, tx: Transaction, place: StoreKey) -> None:
        key = tx.get(Key, *place)
        if key is None or key.key_state != "PendingDeletion" or key.deletion_date is None:
            return
        if key.deletion_date > self._now():
            return
        for alias in list(tx.scan(Alias, *place, index="by_key")):
            tx.delete(alias)
        for grant in list(tx.scan(Grant, *place)):
            tx.delete(grant)
        last = tx.get(LastUse, *place)
        if last is not None:
            tx.delete(last)
        tx.delete(key)
        if not key.multi_region or self._leave(tx, key):
            ring = tx.get(KeyRing, key.account, key.realm, key.key_id)
            if ring is not None:
                tx.delete(ring)

    def _leave(self, tx: Transaction, key: Key) -> bool:
        """Take a Region out of a multi-Region key; whether its material is nobody's any more. A primary key that waited
        for its last replica begins its own waiting period."""
        regions = tx.get(RegionSet, key.account, key.key_id)
        if regions is None:
            return True
        if regions.primary == key.region:
            tx.delete(regions)
            return True
        regions.replicas = [region for region in regions.replicas if region != key.region]
        tx.put(regions)
        primary = tx.get(Key, key.account, regions.primary, key.key_id)
        if primary is not None and primary.key_state == "PendingReplicaDeletion" and not regions.replicas:
            primary.key_state = "PendingDeletion"
            now = self._now().replace(microsecond=0)
            primary.deletion_date = now + timedelta(days=primary.pending_window_in_days)
            tx.put(primary)
        return key.realm != ""
