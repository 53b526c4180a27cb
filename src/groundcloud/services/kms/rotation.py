"""New material for symmetric keys, by schedule and on demand. What older material encrypted it still decrypts."""

from datetime import datetime, timedelta
from typing import Any

from groundcloud.context import Context
from groundcloud.operation import operation
from groundcloud.paging import Page, page_of
from groundcloud.services.kms import errors
from groundcloud.services.kms.access import key
from groundcloud.services.kms.lookup import own
from groundcloud.services.kms.making import sealed, secret
from groundcloud.services.kms.records import Key, KeyMaterial, KeyRing, RegionSet
from groundcloud.services.kms.use import check_manageable, missing, ring_of

MOST_ON_DEMAND = 25


def _rotating(ctx: Context, key_id: str) -> tuple[Key, KeyRing]:
    """A key that can rotate. Raises `UnsupportedOperationException` for other kinds of keys."""
    found = own(ctx, key_id)
    if found.key_spec != "SYMMETRIC_DEFAULT":
        raise errors.UnsupportedOperation(reason=f"{found.arn} does not support rotation.")
    return found, ring_of(ctx, found)


def _check_primary(ctx: Context, found: Key) -> None:
    """Rotation is a property that replicas share; it is set on the primary key."""
    regions = ctx.get(RegionSet, found.key_id) if found.multi_region else None
    if regions is not None and regions.primary != found.region:
        raise errors.UnsupportedOperation(reason=f"{found.arn} is a replica key; rotate its primary key.")


@operation(on=key, conditions={"kms:RotationPeriodInDays": "rotation_period_in_days"})
def enable_key_rotation(ctx: Context, key_id: str, rotation_period_in_days: int = 365) -> None:
    found, ring = _rotating(ctx, key_id)
    check_manageable(found)
    if found.origin == "EXTERNAL":
        raise errors.UnsupportedOperation(
            reason=f"{found.arn} origin is EXTERNAL which is not valid for this operation."
        )
    _check_primary(ctx, found)
    ring.rotation_enabled = True
    ring.rotation_period_in_days = rotation_period_in_days
    ring.next_rotation_date = ctx.now() + timedelta(days=rotation_period_in_days)
    ctx.put(ring)


@operation(on=key)
def disable_key_rotation(ctx: Context, key_id: str) -> None:
    found, ring = _rotating(ctx, key_id)
    check_manageable(found)
    _check_primary(ctx, found)
    ring.rotation_enabled = False
    ring.next_rotation_date = None
    ctx.put(ring)


@operation(on=key, read=True)
def get_key_rotation_status(ctx: Context, key_id: str) -> object:
    found, ring = _rotating(ctx, key_id)
    on = ring.rotation_enabled
    return {
        "key_rotation_enabled": on and found.key_state != "PendingDeletion",
        "key_id": found.arn,
        "rotation_period_in_days": ring.rotation_period_in_days if on else None,
        "next_rotation_date": ring.next_rotation_date if on else None,
    }


@operation(on=key)
def rotate_key_on_demand(ctx: Context, key_id: str) -> object:
    found, ring = _rotating(ctx, key_id)
    check_manageable(found)
    if found.key_manager == "AWS":
        raise errors.UnsupportedOperation(reason=f"{found.arn} is an AWS managed key.")
    _check_primary(ctx, found)
    if ring.on_demand_rotations >= MOST_ON_DEMAND:
        raise errors.LimitExceeded(reason=f"A KMS key can be rotated on demand at most {MOST_ON_DEMAND} times.")
    ring.on_demand_rotations += 1
    if found.origin == "EXTERNAL":
        _rotate_imported(ctx, found, ring)
    else:
        add_material(ring, sealed(ctx, found.key_id, secret(ctx, 32)), "ON_DEMAND", ctx.now())
    ctx.put(ring)
    return {"key_id": found.arn}


def _rotate_imported(ctx: Context, found: Key, ring: KeyRing) -> None:
    """The material that was imported for it becomes the current one, in every Region of the key."""
    waiting = next((material for material in ring.materials if material.state == "PENDING_ROTATION"), None)
    if waiting is None or missing(waiting, ctx.now()):
        raise errors.InvalidStateFor(reason=f"{found.arn} has no imported key material in the state PENDING_ROTATION.")
    regions = ctx.get(RegionSet, found.key_id) if found.multi_region else None
    rings = [ring]
    for region in regions.replicas if regions is not None else ():
        other = ctx.tx.get(KeyRing, found.account, region, found.key_id)
        material = other.material(waiting.material_id) if other is not None else None
        if other is None or material is None or missing(material, ctx.now()):
            raise errors.InvalidStateFor(
                reason=f"The key material {waiting.material_id} is not imported into {region} yet."
            )
        rings.append(other)
    for each in rings:
        make_current(each, waiting.material_id, "ON_DEMAND", ctx.now())
        ctx.put(each)


def add_material(ring: KeyRing, material: KeyMaterial, rotation_type: str, now: datetime) -> None:
    """New material that encrypts from now on."""
    ring.materials.append(material)
    make_current(ring, material.material_id, rotation_type, now)


def make_current(ring: KeyRing, material_id: str, rotation_type: str, now: datetime) -> None:
    for material in ring.materials:
        if material.material_id == material_id:
            material.state = "CURRENT"
            material.rotation_date = now
            material.rotation_type = rotation_type
        elif material.state == "CURRENT":
            material.state = "NON_CURRENT"


@operation(on=key, read=True, page_size=100)
def list_key_rotations(ctx: Context, key_id: str, include_key_material: str = "ROTATIONS_ONLY") -> dict[str, Page]:
    found, ring = _rotating(ctx, key_id)
    everything = include_key_material == "ALL_KEY_MATERIAL"
    listed = [
        (f"{number:06}", _shown(ctx, found, material))
        for number, material in enumerate(ring.materials)
        if everything or material.rotation_date is not None
    ]
    numbers = {id(item): number for number, item in listed}
    return {"rotations": page_of([item for _, item in listed], key=lambda item: numbers[id(item)])}


def _shown(ctx: Context, found: Key, material: KeyMaterial) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "key_id": found.arn,
        "key_material_id": material.material_id,
        "key_material_state": material.state,
        "rotation_date": material.rotation_date,
        "rotation_type": material.rotation_type or None,
    }
    if found.origin == "EXTERNAL":
        imported = not missing(material, ctx.now())
        shown |= {
            "import_state": "IMPORTED" if imported else "PENDING_IMPORT",
            "key_material_description": material.description or None,
            "expiration_model": material.expiration_model if imported else None,
            "valid_to": material.valid_to if imported else None,
        }
    return shown
