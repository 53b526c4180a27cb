"""Taking a key to work: is it in a state for it, may it do this, and its material opened. And counting that it did."""

from datetime import datetime
from typing import Any, NamedTuple

from groundcloud.context import Context
from groundcloud.services.kms import errors
from groundcloud.services.kms.making import purpose
from groundcloud.services.kms.records import Key, KeyMaterial, KeyRing, KeyUse, LastUse
from groundcloud.services.kms.specs import SPECS
from groundcloud.store import Transaction

_STATES = {
    "PendingDeletion": "pending deletion",
    "PendingReplicaDeletion": "pending replica deletion",
    "PendingImport": "pending import",
    "Creating": "creating",
    "Unavailable": "unavailable",
}


def check_usable(key: Key, ring: KeyRing | None, now: datetime) -> None:
    """Raises `DisabledException` or `KMSInvalidStateException` unless a key may do cryptography (AWS KMS Developer
    Guide, "Key states of AWS KMS keys")."""
    state = state_of(key, ring, now)
    if state == "Disabled":
        raise errors.Disabled(arn=key.arn)
    if state in _STATES:
        raise errors.InvalidState(arn=key.arn, state=_STATES[state])


def check_manageable(key: Key, *allowed: str) -> None:
    """Raises `KMSInvalidStateException` in a state that the operation does not allow; Enabled always is."""
    if key.key_state not in ("Enabled", *allowed):
        if key.key_state == "Disabled":
            raise errors.Disabled(arn=key.arn)
        raise errors.InvalidState(arn=key.arn, state=_STATES[key.key_state])


def state_of(key: Key, ring: KeyRing | None, now: datetime) -> str:
    """A key whose imported material has expired waits for another import, whether or not that was written down."""
    if key.origin == "EXTERNAL" and key.key_state in ("Enabled", "Disabled") and ring is not None:
        known = [material for material in ring.materials if material.state in ("CURRENT", "NON_CURRENT")]
        if not known or any(missing(material, now) for material in known):
            return "PendingImport"
    return key.key_state


def missing(material: KeyMaterial, now: datetime) -> bool:
    """Whether imported material was deleted, or has expired."""
    return not material.sealed or (material.valid_to is not None and material.valid_to <= now)


class Working(NamedTuple):
    """A key that may work, with the material that a call takes."""

    key: Key
    material: KeyMaterial
    secret: bytes
    """The secret or private key; empty where the public key is enough."""


def ring_of(ctx: Context, key: Key) -> KeyRing:
    ring = ctx.tx.view(KeyRing, key.account, key.realm, key.key_id)
    return ring or KeyRing(account=key.account, realm=key.realm, key_id=key.key_id)


def take(
    ctx: Context,
    key: Key,
    operation: str,
    usage: str,
    *,
    algorithm: str = "",
    public: bool = False,
    material_id: str = "",
) -> Working:
    """A key's material for an operation: today's, or the generation that a ciphertext names.

    Raises the errors of key states, `InvalidKeyUsageException`, and `InvalidCiphertextException` for a generation that
    the key never had.
    """
    ring = ring_of(ctx, key)
    check_usable(key, ring, ctx.now())
    if key.key_usage != usage:
        raise errors.InvalidKeyUsage(arn=key.arn, usage=key.key_usage, operation=operation)
    if algorithm and algorithm not in SPECS[key.key_spec].algorithms[usage]:
        raise errors.IncompatibleAlgorithm(algorithm=algorithm, key_spec=key.key_spec)
    material = ring.material(material_id) if material_id else ring.current
    if material is None:
        raise errors.InvalidCiphertext()
    secret = b"" if public else ctx.open(material.sealed, purpose(key.key_id))
    return Working(key, material, secret)


def done(ctx: Context, key: Key, operation: str, dry_run: bool = False) -> None:
    """Count a use of a key, soon. Raises `DryRunOperationException` for a dry run, which uses nothing."""
    if dry_run:
        raise errors.DryRun()
    ctx.later(write_uses, (key.account, key.region, key.key_id, operation, ctx.now(), ctx.request_id))


def done_again(ctx: Context, arn: str, operation: str) -> None:
    """The same for a key that is known by its ARN: it was used for an answer that is given once more."""
    _, _, _, region, account, name = arn.split(":", 5)
    ctx.later(write_uses, (account, region, name.removeprefix("key/"), operation, ctx.now(), ctx.request_id))


def write_uses(tx: Transaction, items: list[Any]) -> None:
    """Add gathered uses to the counters, and note the last one of each key."""
    counts: dict[tuple[str, str, str, str], dict[str, int]] = {}
    last: dict[tuple[str, str, str], LastUse] = {}
    for (account, region, key_id, operation, time), (number, request_id) in _uses(items).items():
        of_month = counts.setdefault((account, region, key_id, f"{time:%Y-%m}"), {})
        of_month[operation] = of_month.get(operation, 0) + number
        last[account, region, key_id] = LastUse(account, region, key_id, operation, time, request_id)
    for place, added in counts.items():
        use = tx.get(KeyUse, *place) or KeyUse(*place)
        use.counts = {name: use.counts.get(name, 0) + added.get(name, 0) for name in {**use.counts, **added}}
        tx.put(use)
    for record in last.values():
        tx.put(record)


def _uses(items: list[Any]) -> dict[tuple[str, str, str, str, datetime], tuple[int, str]]:
    """How often each key was used for each operation in each second, and the last request of these."""
    found: dict[tuple[str, str, str, str, datetime], tuple[int, str]] = {}
    for *use, request_id in items:
        place = tuple(use)
        known = found.pop(place, None)
        found[place] = (1 if known is None else known[0] + 1, request_id)
    return found
