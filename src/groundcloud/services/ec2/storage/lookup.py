"""Snapshots by their ids, for those who may use them."""

from groundcloud.context import Context
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.account_settings import ALL, AccountSettings
from groundcloud.services.ec2.storage.records import Snapshot


def may_use(ctx: Context, snapshot: Snapshot) -> bool:
    """Whether the caller's account may make volumes of a snapshot."""
    if ctx.account in (snapshot.owner_id, *snapshot.create_volume_accounts):
        return True
    if "all" not in snapshot.create_volume_accounts:
        return False
    settings = ctx.tx.get(AccountSettings, snapshot.owner_id, snapshot.region)
    return settings is None or settings.public_snapshots != ALL


def snapshot_of(ctx: Context, snapshot_id: str) -> Snapshot | None:
    """A snapshot by its id, whoever owns it; the caller says whether it may be used."""
    return next(ctx.tx.scan(Snapshot, snapshot_id, index="by_id"), None)


def usable_snapshot(ctx: Context, snapshot_id: str) -> Snapshot:
    """A completed snapshot that volumes may be made of. Raises `InvalidSnapshot.NotFound`, `IncorrectState`."""
    found = snapshot_of(ctx, snapshot_id)
    if found is None or found.region != ctx.region or not may_use(ctx, found):
        raise errors.NoSuchSnapshot(named=f" '{snapshot_id}' does")
    if found.state != "completed":
        raise errors.IncorrectState(reason=f"Snapshot {snapshot_id} is not yet completed.")
    return found
