"""Snapshots by their ids, for those who may use them."""

from groundcloud.context import Context
from groundcloud.services.ec2 import errors
from groundcloud.services.ec2.storage.records import Snapshot


def may_use(ctx: Context, snapshot: Snapshot) -> bool:
    """Whether the caller's account may make volumes of a snapshot."""
    return snapshot.owner_id == ctx.account or bool({ctx.account, "all"} & set(snapshot.create_volume_accounts))


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
